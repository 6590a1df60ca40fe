package redisboard

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/laurel-engine/laurel/leaderboards"
)

var (
	//go:embed table.lua
	tableLua string
	//go:embed put.lua
	putLua string
	//go:embed read.lua
	readLua string
	//go:embed about.lua
	aboutLua string
	//go:embed begin.lua
	beginLua string
	//go:embed swap.lua
	swapLua string
	//go:embed abandon.lua
	abandonLua string

	putScript     = redis.NewScript(tableLua + putLua)
	readScript    = redis.NewScript(tableLua + readLua)
	aboutScript   = redis.NewScript(tableLua + aboutLua)
	beginScript   = redis.NewScript(beginLua)
	swapScript    = redis.NewScript(tableLua + swapLua)
	abandonScript = redis.NewScript(abandonLua)
)

// putBatch is the most scores that one run of put.lua writes: a few milliseconds, for which Redis does nothing else, and
// well below the 8,000 arguments that Lua can unpack.
const putBatch = 250

// put writes scores, for a rebuild if token is not empty.
func (b *Board) put(ctx context.Context, t tables, rules leaderboards.Rules, token string, scores []leaderboards.Score) error {
	for len(scores) > 0 {
		batch := scores[:min(putBatch, len(scores))]
		scores = scores[len(batch):]
		args := append(make([]any, 0, 4+3*len(batch)), layout(rules), token, b.mark, leaderboards.Latest(batch))
		for _, s := range newest(batch) {
			args = append(args, s.Member, encodeVersion(s.Version), encodePlace(rules.Order, s))
		}
		if err := putScript.Run(ctx, b.client, t.keys(), args...).Err(); err != nil {
			return failure("put", err)
		}
	}
	return nil
}

// newest returns the scores with the greatest version of each member, as put.lua takes no member twice.
func newest(scores []leaderboards.Score) []leaderboards.Score {
	seen := make(map[string]int, len(scores))
	kept := make([]leaderboards.Score, 0, len(scores))
	for _, s := range scores {
		i, known := seen[s.Member]
		switch {
		case !known:
			seen[s.Member] = len(kept)
			kept = append(kept, s)
		case s.Version > kept[i].Version:
			kept[i] = s
		}
	}
	return kept
}

// read runs read.lua and returns its rows and how many members are ranked.
func (b *Board) read(ctx context.Context, key leaderboards.Key, rules leaderboards.Rules, first int64, limit int,
	member ...any) ([]leaderboards.Standing, int64, error) {
	args := append([]any{layout(rules), rules.Ties.String(), first, limit, b.mark}, member...)
	reply, err := readScript.Run(ctx, b.client, newTables(key).shown.keys(), args...).Slice()
	if err != nil {
		return nil, 0, failure("read", err)
	}
	if err := b.fits(reply[3]); err != nil {
		return nil, 0, failure("read", err)
	}
	var rows []leaderboards.Standing
	for _, entry := range reply[4:] {
		row, err := decodeRow(rules.Order, entry.(string))
		if err != nil {
			return nil, 0, failure("read", err)
		}
		rows = append(rows, row)
	}
	total, position, rank := reply[0].(int64), reply[1].(int64), reply[2].(int64)
	rules.Ties.Number(rows, position+1, rank)
	return rows, total, nil
}

// about runs about.lua.
func (b *Board) about(ctx context.Context, key leaderboards.Key) (version uint64, size int64, err error) {
	reply, err := aboutScript.Run(ctx, b.client, newTables(key).shown.keys(), b.mark).Slice()
	if err != nil {
		return 0, 0, failure("read", err)
	}
	if err := b.fits(reply[2]); err != nil {
		return 0, 0, failure("read", err)
	}
	if version, err = strconv.ParseUint(reply[0].(string), 10, 64); err != nil {
		return 0, 0, fmt.Errorf("redisboard: a version %q: %w", reply[0], leaderboards.ErrDamaged)
	}
	return version, reply[1].(int64), nil
}

// fits refuses a ranking that was told of events that the caller has not: those of another store, or of this one before it was restored.
func (b *Board) fits(mark any) error {
	if b.last == nil {
		return nil
	}
	text, _ := mark.(string)
	if n, err := strconv.ParseUint(text, 10, 64); err != nil || n > b.last() {
		return errors.New("DAMAGED")
	}
	return nil
}

// failure names the operation in an error and turns the refusals of the scripts into the errors of leaderboards. A key
// of another type than the scripts expect was put there by somebody else. All else is a Redis that does not serve us.
func failure(operation string, err error) error {
	if err == nil {
		return nil
	}
	switch text := err.Error(); {
	case strings.HasPrefix(text, "LAYOUT"):
		err = leaderboards.ErrRules
	case strings.HasPrefix(text, "SUPERSEDED"):
		err = leaderboards.ErrSuperseded
	case strings.HasPrefix(text, "DAMAGED"), strings.Contains(text, "WRONGTYPE"):
		err = leaderboards.ErrDamaged
	default:
		err = fmt.Errorf("%w: %w", leaderboards.ErrUnavailable, err)
	}
	return fmt.Errorf("redisboard: %s: %w", operation, err)
}

package jobs

import (
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
)

// spread is the row that says which news the members have been told: the news, and after a NUL the last member told while
// some are left.
const spread = "c/news"

// Spread tells one page of members of news: a version of the ruleset, a promotion that was opened or closed by a call. So the
// timers of those who send nothing are set anew. Each is told under an id of its own, so starting again after a crash tells
// nobody twice. Members who join later know the latest and need not be told.
func Spread(p *program.Program) (done int, err error) {
	news := p.News()
	stored, err := p.Store().Get(spread)
	if err != nil {
		return 0, err
	}
	told, after, some := strings.Cut(string(stored), "\x00")
	switch {
	case told == news.String() && !some:
		return 0, nil
	case told != news.String():
		after = ""
		if err := p.Flush(); err != nil { // members in memory alone would not be found
			return 0, err
		}
	}
	var ticks []*engine.Event
	if !news.None {
		err = engine.Spread(p.Store(), news, after, func(tick *engine.Event) bool {
			ticks = append(ticks, tick)
			after = tick.Member
			return len(ticks) < page
		})
	}
	if done, err = submit(p, ticks, err); err != nil {
		return done, err
	}
	mark := news.String()
	if len(ticks) == page {
		mark += "\x00" + after
	}
	return done, p.Put(engine.Row{Key: spread, Value: []byte(mark)})
}

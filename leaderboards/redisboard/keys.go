package redisboard

import (
	"strconv"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/leaderboards"
)

// prefix is the common beginning of the names of all keys.
const prefix = "laurel:"

// probeKey is written to find out whether writes are taken, and goes by itself.
const (
	probeKey  = prefix + "probe"
	probeTime = time.Minute
)

// table is the beginning of the names of the four keys of a table, which table.lua describes.
type table string

func (t table) order() string { return string(t) + ":order" }
func (t table) meta() string  { return string(t) + ":meta" }

// keys are in the order in which the scripts take them.
func (t table) keys() []string {
	return []string{t.order(), string(t) + ":members", string(t) + ":values", t.meta()}
}

// tables are those of one ranking: the one that readers see, and the one that a rebuild fills.
type tables struct {
	shown, next table
}

func newTables(key leaderboards.Key) tables {
	name := prefix + tag(key.Program, key.Board, key.Season, key.Split)
	return tables{shown: table(name), next: table(name + ":next")}
}

func (t tables) keys() []string { return append(t.shown.keys(), t.next.keys()...) }

// KeysOf are the names of all keys in which a ranking is kept.
func KeysOf(key leaderboards.Key) []string { return newTables(key).keys() }

// EpochKeyOf is the name of the key of a program's epoch.
func EpochKeyOf(program string) string { return epochKey(program) }

func epochKey(program string) string { return prefix + tag(program) + ":epoch" }

// tag joins names, each behind its length, in braces. A name with a brace of its own may end the part that a cluster
// hashes early, but does so alike for all keys of the ranking.
func tag(names ...string) string {
	var b strings.Builder
	b.WriteByte('{')
	for _, name := range names {
		b.WriteString(strconv.Itoa(len(name)))
		b.WriteByte(':')
		b.WriteString(name)
	}
	b.WriteByte('}')
	return b.String()
}

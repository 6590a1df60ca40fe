package jobs

import (
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
)

// swept is the row that says how far the members have been told of a version: its number, and after a NUL the last member
// told while some are left.
const swept = "c/swept"

// Sweep tells one page of members of a new version of the ruleset, so that its timers begin for those who send nothing. Each
// is told under an id of its own, so starting again after a crash tells nobody twice. Members who join later know only the
// new version and need not be told.
func Sweep(p *program.Program) (done int, err error) {
	all, _ := p.Rulesets()
	version := all[len(all)-1]
	stored, err := p.Store().Get(swept)
	if err != nil {
		return 0, err
	}
	number, after, some := strings.Cut(string(stored), "\x00")
	present := strconv.Itoa(version.Number)
	switch {
	case number == present && !some:
		return 0, nil
	case number != present:
		after = ""
		if err := p.Flush(); err != nil { // members in memory alone would not be found
			return 0, err
		}
	}
	var ticks []*engine.Event
	if version.Rules.HasTimers() {
		err = engine.Sweep(p.Store(), version, after, func(tick *engine.Event) bool {
			ticks = append(ticks, tick)
			after = tick.Member
			return len(ticks) < page
		})
	}
	if done, err = submit(p, ticks, err); err != nil {
		return done, err
	}
	mark := present
	if len(ticks) == page {
		mark += "\x00" + after
	}
	return done, p.Put(engine.Row{Key: swept, Value: []byte(mark)})
}

package lint

import (
	"strings"

	"github.com/laurel-engine/laurel/rulesets/document"
)

// sharedLimits finds limits that count by fields of the event alone: all members share them, and the first one takes what was
// perhaps meant for each.
func (l *linter) sharedLimits() {
	l.each(func(_ string, rec *document.Record) {
		for _, n := range rec.List("limit") {
			g := document.Limit.Match(n.Text)
			if !g.Has(6) {
				continue
			}
			keys, ofEvent := document.LimitKeys(g.Get(6)), 0
			for _, k := range keys {
				if strings.HasPrefix(k.Text, "event.") {
					ofEvent++
				}
			}
			if ofEvent < len(keys) {
				continue
			}
			by := g.Get(6)
			l.say(n, "write by member and "+by+" to count each member, or by everyone and "+by+" where all together are meant",
				"this counts all members together: for each %s only the first of all gets anything", strings.TrimPrefix(keys[0].Text, "event."))
		}
	}, "rules") // the others are not asked about events
}

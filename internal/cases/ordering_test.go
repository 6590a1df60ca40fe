package cases

import (
	"fmt"

	"github.com/laurel-engine/laurel/engine"
)

// ordering translates what happens out of order, under clocks that go wrong and rulesets that change.
type ordering struct{ *ledger }

func newOrdering(c *semanticCase, _ func() *world) family {
	var config struct {
		ledgerConfig
		ParkDays int `json:"park_days"`
	}
	c.configure(&config)
	if config.ParkDays > 0 {
		cannot("an event that another one has to come before is refused, and can be sent again: nothing is parked")
	}
	o := ordering{&ledger{config: config.ledgerConfig}}
	o.prepare(c)
	return o
}

func (o ordering) step(w *world, s *step) {
	switch s.Action {
	case "publish_rules":
		o.rules = lines("  per_event:", "    when: earning", "    if: not has(event.points) and not has(event.amount)",
			fmt.Sprintf("    give: {stars: %s}", *s.PerEvent))
		w.publish(o.ruleset())
	case "event":
		o.earn(w, s, map[string]any{}, 0)
	case "replay_log":
		replay(w)
	default:
		o.ledger.step(w, s)
	}
}

// replay applies the whole journal again, which must give what is stored, and goes on from what is stored.
func replay(w *world) {
	w.commit(true)
	r, err := engine.Replay(w.store, w.processor.Versions())
	must(err)
	if r.Stored != r.Hash {
		cannot("a replay of the journal gives another state: %v", r.Differs)
	}
	w.restart()
}

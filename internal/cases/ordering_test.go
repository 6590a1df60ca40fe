package cases

import (
	"encoding/json"
	"fmt"

	"github.com/laurel-engine/laurel/engine"
)

// ordering translates what happens out of order, under changing clocks and rulesets.
type ordering struct {
	*ledger
	perEvent json.Number
	replayed bool
}

type orderingConfig struct {
	ledgerConfig
	ParkDays int `json:"park_days"`
}

func newOrdering(c *semanticCase, _ func() *world) family {
	var config orderingConfig
	c.configure(&config)
	o := &ordering{ledger: &ledger{config: config.ledgerConfig}}
	o.prepare(c.Timeline)
	for _, s := range c.Timeline {
		if s.Action == "publish_rules" && s.At <= c.Timeline[0].At {
			o.perEvent = *s.PerEvent // the first version
		}
	}
	return o
}

func (o *ordering) ruleset() string {
	text := o.ledger.ruleset()
	if o.perEvent == "" {
		return text
	}
	return text + o.constant()
}

// constant gives the same for each event, in a ruleset of its own where a version says how much.
func (o *ordering) constant() string { return "" }

func (o *ordering) step(w *world, s *step) {
	switch s.Action {
	case "publish_rules":
		o.perEvent = *s.PerEvent
		w.publish(o.ruleset())
	case "event":
		o.ledger.earn(w, s, map[string]any{})
	case "replay_log":
		o.replay(w)
	default:
		o.ledger.step(w, s)
	}
}

// replay applies the whole journal again, which must give what is stored, and goes on from what is stored.
func (o *ordering) replay(w *world) {
	w.commit(true)
	r, err := engine.Replay(w.store, w.processor.Versions())
	must(err)
	if r.Stored != r.Hash {
		cannot("a replay of the journal gives another state: %v", r.Differs)
	}
	w.restart()
}

func (o *ordering) look(w *world, key string, want any) any {
	switch key {
	case "parked", "dead_letters":
		cannot("an event that another one has to come before is refused, and nothing is parked")
	}
	return o.ledger.look(w, key, want)
}

var _ = fmt.Sprint

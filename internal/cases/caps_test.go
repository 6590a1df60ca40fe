package cases

import (
	"fmt"

	"github.com/laurel-engine/laurel/engine"
)

// caps translates caps on points: one rule with limits on what it gives.
type caps struct{ *ledger }

// capsConfig says how many points may be earned in a period.
type capsConfig struct {
	ledgerConfig
	PerHour    int64  `json:"per_hour"`
	PerDay     int64  `json:"per_day"`
	PerWeek    int64  `json:"per_week"`
	PerMonth   int64  `json:"per_month"`
	PerYear    int64  `json:"per_year"`
	PerMember  int64  `json:"per_member"`
	PerProgram int64  `json:"per_program"`
	Mode       string `json:"mode"`
}

func newCaps(c *semanticCase, _ func() *world) family {
	var config capsConfig
	c.configure(&config)
	f := caps{&ledger{config: config.ledgerConfig}}
	f.prepare(c)
	nothing := ""
	switch config.Mode {
	case "", "clip":
	case "all_or_nothing":
		nothing = " or nothing"
	default:
		unknown("mode", config.Mode)
	}
	list := ""
	for _, cap := range []struct {
		points int64
		phrase string
	}{{config.PerHour, "per hour"}, {config.PerDay, "per day"}, {config.PerWeek, "per week"}, {config.PerMonth, "per month"},
		{config.PerYear, "per year"}, {config.PerMember, "ever"}, {config.PerProgram, "ever by everyone"}} {
		if cap.points > 0 {
			list += fmt.Sprintf(", %d stars %s%s", cap.points, cap.phrase, nothing)
		}
	}
	f.limit = "[" + list[min(2, len(list)):] + "]"
	return f
}

func (f caps) step(w *world, s *step) {
	if s.Action == "set_zone" {
		w.rezone(s.member(), f.config.Zone, s.Zone)
		return
	}
	f.ledger.step(w, s)
}

// rezone changes a member's time zone.
func (w *world) rezone(member, from, to string) {
	w.join(member, from)
	w.accepted(w.send(engine.NewProfile(fmt.Sprintf("zone/%d", w.processor.Last()), member, engine.Profile{Timezone: &to})))
}

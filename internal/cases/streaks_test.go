package cases

import (
	"encoding/json"
	"fmt"

	"github.com/laurel-engine/laurel/engine"
)

// streak translates days, weeks and months in a row.
type streak struct {
	config struct {
		Period    string `json:"period"`
		Zone      string `json:"tz"`
		LateHours int    `json:"late_hours"`
		Freezes   int    `json:"freezes"`
		WeekStart int    `json:"week_start"`
		Milestone *struct {
			Days   int         `json:"days"`
			Points json.Number `json:"points"`
		} `json:"milestone"`
	}
	answers []*answer
}

func newStreak(c *semanticCase, _ func() *world) family {
	f := &streak{}
	c.configure(&f.config)
	return f
}

// weekdays are the days on which a week can start, from Monday, 0.
var weekdays = [...]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

func (f *streak) ruleset() string {
	late := f.config.LateHours
	if late == 0 {
		late = 72
	}
	every := map[string]string{"daily": "day", "weekly": "week", "monthly": "month"}[f.config.Period]
	if every == "" {
		unknown("period", f.config.Period)
	}
	text := lines("program: worked_case", "clock: member", "week_starts: "+weekdays[f.config.WeekStart], fmt.Sprintf("late: %d hours", late),
		"events: {checkin: {}}", "points: {stars: {}}",
		"streaks:", "  run:", "    when: checkin", "    every: "+every,
		// A stock of freezes that never grows: an allowance of the year.
		line(f.config.Freezes > 0, "    freeze: %d per year", f.config.Freezes))
	if m := f.config.Milestone; m != nil {
		text += lines(fmt.Sprintf("    goal: %d", m.Days), fmt.Sprintf("    give: {stars: %s}", m.Points))
	}
	return text
}

func (f *streak) begin(*world, []*step) {}

func (f *streak) step(w *world, s *step) {
	switch s.Action {
	case "checkin":
		w.join(s.member(), f.config.Zone)
		f.answers = append(f.answers, w.happen(s.name(), "checkin", s.member(), s.Occurred, map[string]any{}))
	case "set_zone":
		w.rezone(s.member(), f.config.Zone, s.Zone)
	default:
		unknown("action", s.Action)
	}
}

func (f *streak) look(w *world, key string, _ any) any {
	standing := w.progress(soleMember).Streaks["run"]
	switch key {
	case "current":
		return standing.Length
	case "longest":
		return standing.Longest
	case "state":
		return standing.State
	case "freezes_left":
		return f.config.Freezes - standing.Frozen
	case "available":
		return w.balance(soleMember, "stars").Spendable
	case "awards":
		n := 0
		for _, e := range w.ledger(soleMember) {
			if e.Kind == engine.EntryIssued {
				n++
			}
		}
		return n
	}
	return unknown("expectation", key)
}

package cases

import (
	"encoding/json"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// challenge translates a goal within a window. What a member brings is an earning's points, or an amount in minor units.
type challenge struct {
	*ledger
	config challengeConfig
}

type challengeConfig struct {
	ledgerConfig
	Starts      *calendar.Instant `json:"starts_at"`
	Ends        *calendar.Instant `json:"ends_at"`
	Local       []string          `json:"local_window"`
	Target      json.Number       `json:"target"`
	TargetMinor json.Number       `json:"target_minor"`
	MaxWinners  int               `json:"max_winners"`
	Reward      json.Number       `json:"reward_points"`
}

func newChallenge(c *semanticCase, _ func() *world) family {
	f := &challenge{ledger: &ledger{}}
	c.configure(&f.config)
	f.ledger.config = f.config.ledgerConfig
	f.prepare(c)
	add, goal := "event.points ?? 0", f.config.Target
	if f.config.TargetMinor != "" {
		add, goal = "(event.amount ?? 0) * 100", f.config.TargetMinor
	}
	gift := "badge: winner"
	if f.config.Reward != "" {
		gift += ", stars: " + f.config.Reward.String()
	}
	f.more = lines("badges: {winner: {}}", "challenges:", "  target:", "    during: "+f.window(), "    when: earning", "    add: "+add,
		"    goal: "+goal.String(), "    give: {"+gift+"}", line(f.config.MaxWinners > 0, "    winners: %d", f.config.MaxWinners))
	return f
}

// window writes a window of whole days, as which the language has it.
func (f *challenge) window() string {
	if len(f.config.Local) == 2 {
		return f.config.Local[0] + " to " + f.config.Local[1]
	}
	zone := zoneOf(f.config.Zone)
	from, until := zone.Date(*f.config.Starts), zone.Date(*f.config.Ends)
	if zone.Start(from) != *f.config.Starts || zone.Start(until) != *f.config.Ends {
		cannot("a window is of whole days: the language has no instants for it")
	}
	return from.String() + " to " + until.AddDays(-1).String()
}

func zoneOf(name string) *calendar.Zone {
	if name == "" {
		return nil
	}
	zone, err := calendar.LoadZone(name)
	if err != nil {
		cannot("%v", err)
	}
	return zone
}

func (f *challenge) step(w *world, s *step) {
	if s.Action != "event" {
		f.ledger.step(w, s)
		return
	}
	value := json.Number("1")
	if s.Value != nil {
		value = *s.Value
	}
	f.earn(w, s, map[string]any{"points": value, "wait": "counted only"}, 0)
}

func (f *challenge) look(w *world, key string, want any) any {
	switch key {
	case "progress":
		return w.progress(soleMember).Challenges["target"].Shown
	case "completed":
		if _, several := want.([]any); !several {
			return w.progress(soleMember).Challenges["target"].Done
		}
		return f.completed(w)
	case "winners":
		return f.winners(w)
	case "reward_net":
		return f.net(w)
	case "windows":
		out := map[string]any{}
		for member := range asObject(want) {
			c := w.progress(member).Challenges["target"]
			out[member] = []any{c.Starts, c.Ends}
		}
		return out
	}
	return f.ledger.look(w, key, want)
}

// members are those who sent something, in order of their first event.
func (f *challenge) members(w *world) (list []string) {
	seen := map[string]bool{}
	for _, rec := range w.records {
		if m := rec.Event.Member; !seen[m] {
			seen[m] = true
			list = append(list, m)
		}
	}
	return list
}

func (f *challenge) completed(w *world) []string {
	list := []string{}
	for _, m := range f.members(w) {
		if w.progress(m).Challenges["target"].Done {
			list = append(list, m)
		}
	}
	return list
}

// winners are those who were given what the challenge gives, in that order.
func (f *challenge) winners(w *world) []string {
	list := []string{}
	for _, rec := range w.records {
		for _, e := range rec.Outcome.Effects {
			if e.Kind == engine.BadgeEffect && e.Source.String() == "challenges/target" && !e.Revoked {
				list = append(list, rec.Event.Member)
			}
		}
	}
	return list
}

// net is what the challenge has given, less what was taken back of that.
func (f *challenge) net(w *world) (sum decimal.Decimal) {
	for _, rec := range w.records {
		for _, e := range rec.Outcome.Effects {
			if e.Kind == engine.PointsEffect && e.Source.String() == "challenges/target" {
				sum += e.Amount
			}
		}
	}
	return sum
}

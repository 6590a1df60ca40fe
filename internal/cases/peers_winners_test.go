package cases

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
)

// winners translates a challenge whose first so many qualifying events win. Where each member wins at most once and all win
// the same it is a challenge with winners, else a rule with a limit for everyone.
type winners struct {
	*peerCase
	rule struct {
		Kind   string `json:"kind"`
		Event  string `json:"event"`
		Filter string `json:"filter"`
		Scope  struct {
			Type    string        `json:"type"`
			Target  json.Number   `json:"targetId"`
			Targets []json.Number `json:"targetIds"`
		} `json:"scope"`
		Start  int      `json:"start_at"`
		Expire int      `json:"expire_at"`
		Count  int      `json:"winner_count"`
		Flags  []string `json:"flags"`
		Points any      `json:"points"`
	}
	rows []map[string]any
	over []map[string]any
}

func newWinners(c *peerCase) peerFamily {
	f := &winners{peerCase: c}
	c.decode(&f.rule)
	if slices.Contains(f.rule.Flags, "OUT_OF_ORDER_WINNERS") {
		return newLateWinners(f)
	}
	return f
}

// newRankedWinners translates the cases that are told in words.
func newRankedWinners(c *peerCase) peerFamily {
	f := &winners{peerCase: c}
	if strings.Contains(c.Area, "out-of-order") {
		f.rule.Event, f.rule.Filter, f.rule.Scope.Type, f.rule.Scope.Target, f.rule.Count = "event.a", "value >= 50", "TEAM", "2", 3
		return newLateWinners(f)
	}
	m := c.find(`first (\d+) distinct members with (value>=\d+) win (.*?)\.`)
	if m == nil {
		cannot("the challenge is not understood")
	}
	f.rule.Event, f.rule.Filter, f.rule.Points, f.rule.Count = "event.a", m[2], m[3], number(json.Number(m[1]))
	return f
}

func (f *winners) play(w *world) {
	r := &f.rule
	when := eventName(r.Event)
	points := regexp.MustCompile(`\brank\b`).ReplaceAllString(fmt.Sprint(r.Points), "(member.counter.won + 1)")
	conditions := condition(r.Filter) + f.scope()
	during, promotion := f.window()
	text := f.header("value: number, team: integer", when) + "points: {stars: {}}\n" + promotion
	for_ := line(r.Scope.Type == "USER", "    for: member.id == \"%s\"", r.Scope.Target)
	var repeat bool
	if repeat = slices.Contains(r.Flags, "REPEATABLE_WINNERS"); !repeat && !strings.Contains(points, "member.") {
		text += lines("challenges:", "  won:", "    when: "+when, "    if: "+conditions, for_, "    during: "+during, "    goal: 1",
			fmt.Sprintf("    winners: %d", r.Count), "    give: {stars: "+points+"}")
	} else {
		text += lines("badges: {winner: {}}", "counters:", `  won: {when: badge_earned, by: everyone}`,
			"rules:", "  won:", "    when: "+when, "    if: "+conditions, for_, "    during: "+during,
			"    give:", "      badge: winner", "      stars: "+condition(points), "    limit:",
			fmt.Sprintf("      - %d ever by everyone", r.Count), line(!repeat, "      - 1 ever"))
	}
	w.publish(text)
	f.feed(w, 24*time.Hour, func(e *peerEvent) map[string]any {
		team := json.Number("0")
		if n, ok := e.Team.(json.Number); ok {
			team = n
		}
		return map[string]any{"value": e.number(), "team": team}
	}, f.note)
}

// scope is the condition that only events of some teams count.
func (f *winners) scope() string {
	s := &f.rule.Scope
	teams := s.Targets
	if s.Type == "TEAM" && len(teams) == 0 {
		teams = append(teams, s.Target)
	}
	if len(teams) == 0 {
		return ""
	}
	var list []string
	for _, t := range teams {
		list = append(list, t.String())
	}
	return " and event.team in [" + strings.Join(list, ", ") + "]"
}

// window is in days where times are small numbers; else from one instant to another that the words name.
func (f *winners) window() (during, promotion string) {
	if m := f.find(`(\d{4}-\d\d-\d\dT[\d:]+Z)\.\.(\d{4}-\d\d-\d\dT[\d:]+Z)`); m != nil {
		return "exactly", opening("exactly", moment(m[1], 0), moment(m[2], 0))
	}
	day := func(n int) string { return zoneOf("").Date(beginning).AddDays(n).String() }
	return day(f.rule.Start) + " to " + day(f.rule.Expire), ""
}

func (f *winners) note(e *peerEvent, a *answer) {
	for _, x := range a.effects("") {
		if x.Kind == engine.PointsEffect {
			n := len(f.rows) + 1
			f.rows = append(f.rows, map[string]any{"position": n, "rank": n, "member": e.Of, "event_index": e.index, "points": x.Amount})
		}
	}
	full := slices.ContainsFunc(a.trace, func(s engine.TraceStep) bool {
		return s.Definition == "rules/won" && s.Reason == engine.LimitReached && strings.Contains(s.Detail, "everyone")
	})
	for _, rec := range a.records {
		full = full || slices.ContainsFunc(rec.Outcome.Notes, func(n engine.Note) bool { return n.Definition == "challenges/won" })
	}
	if full {
		f.over = append(f.over, map[string]any{"event_index": e.index, "reason": "ALL_WINNERS_FOUND"})
	}
}

func (f *winners) look(w *world, key string, want any) any {
	switch key {
	case "winners", "awards":
		return pair(want, f.rows)
	case "challenge_over":
		return pair(want, f.over)
	case "points":
		out := map[string]any{}
		for member := range asObject(want) {
			out[member] = w.balance(member, "stars").Spendable
		}
		return out
	}
	return unknown("expectation", key)
}

package engine_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// happening is one event of a random history, as it was sent and as it is in the end.
type happening struct {
	id, member, kind, data string
	at                     calendar.Instant
	gone                   bool
	amended                string
}

func history(r *rand.Rand, start calendar.Instant) []happening {
	list := make([]happening, 50)
	for i := range list {
		h := happening{id: fmt.Sprintf("r%02d", i), member: fmt.Sprint("m", r.Intn(3)), kind: "visit", data: "{}",
			at: start.Add(time.Duration(r.Intn(9*24)) * time.Hour)}
		if r.Intn(2) == 0 {
			h.kind, h.data = "buy", fmt.Sprintf(`{"amount":%d,"sku":"s%d"}`, r.Intn(8)*10, r.Intn(6))
		}
		switch r.Intn(5) {
		case 0:
			h.gone = true
		case 1:
			if h.kind == "buy" {
				h.amended = fmt.Sprintf(`{"amount":%d}`, r.Intn(8)*10)
			}
		}
		list[i] = h
	}
	return list
}

// final is the event as it would have been sent if it had always been what it is in the end.
// No more is given than was given, so the amount does not rise.
func (h *happening) final(t testing.TB) string {
	if h.amended == "" {
		return h.data
	}
	var data, patch map[string]any
	require.NoError(t, json.Unmarshal([]byte(h.data), &data))
	require.NoError(t, json.Unmarshal([]byte(h.amended), &patch))
	data["amount"] = min(patch["amount"].(float64), data["amount"].(float64))
	b, err := json.Marshal(data)
	require.NoError(t, err)
	return string(b)
}

// A voided event is as if it had never been, and an amended one as if it had been what it is: counters of every fold,
// streaks, challenges, badges, tiers and boards end like those of a program that never knew better.
func TestAVoidIsAsIfTheEventHadNeverBeen(t *testing.T) {
	r := random(t)
	// A group's goal stays reached, which is not as if nothing had been.
	text := strings.Replace(scarce, "  team: {when: buy, add: event.amount, by: member.team, goal: 200, each_needs: 30, give: {badge: none}}\n", "", 1)
	// A void can give back a freeze and so join two runs; but no reversal gives anything.
	text = strings.Replace(text, "freeze: 1 per month, goal: 3, give: {badge: none}", "freeze: 1 per month", 1)
	text = strings.Replace(text, "leaderboards:", boards, 1)
	for round := range 40 {
		start := moment(t, "2026-10-22T00:00:00Z")
		list := history(r, start)
		real, ideal := program(t, text), program(t, text)
		for _, w := range []*world{real, ideal} {
			w.at("2026-11-01T00:00:00Z")
			for i := range 3 {
				w.set(fmt.Sprint("m", i), "team", fmt.Sprintf(`"t%d"`, i%2))
			}
		}
		var late []func()
		for i := range list {
			h := &list[i]
			send := func(w *world, data string) {
				e := w.as(h.id).event(h.member, h.kind, data)
				e.Time, e.Timed = h.at, true
				w.accept(e)
			}
			if final := h.final(t); h.amended != "" {
				h.amended = final
			}
			send(real, h.data)
			if !h.gone {
				data := h.data
				if h.amended != "" {
					data = h.amended
				}
				send(ideal, data)
			}
			reverse := func() {
				if h.amended != "" {
					if r.Intn(2) == 0 {
						real.amend(h.id, h.data)
					}
					real.amend(h.id, h.amended)
				}
				if h.gone {
					real.void(h.id)
				}
				if r.Intn(4) == 0 {
					real.restart(r.Intn(2) == 0)
				}
			}
			if r.Intn(2) == 0 {
				late = append(late, reverse)
			} else {
				reverse()
			}
			step := time.Duration(r.Intn(60)) * time.Second
			real.after(step)
			ideal.after(step)
		}
		r.Shuffle(len(late), func(i, j int) { late[i], late[j] = late[j], late[i] })
		for _, reverse := range late {
			reverse()
		}
		real.at("2026-11-02T12:00:00Z").jobs()
		ideal.at("2026-11-02T12:00:00Z").jobs()
		require.Equal(t, ideal.lasting(), real.lasting(), "round %d", round)
	}
}

// boards are more boards: of groups, with other folds, and an average.
const boards = `leaderboards:
  teams: {counter: spent, by: member.team}
  bests: {counter: best, by: member.team}
  kinds: {counter: skus, by: member.team}
  newest: {counter: newest, by: member.team}
  average: {counter: spent, by: member.team, score: average, at_least: 2}
  stores: {counter: spent, split: event.sku}`

// lasting is what progress came to: of members, groups and boards.
func (w *world) lasting() string {
	b := ""
	for _, id := range []string{"m0", "m1", "m2"} {
		p := w.progress(id)
		tiers := map[string]string{}
		for name, t := range p.Tiers {
			tiers[name] = t.Level
		}
		badges := w.badges(id)
		b += fmt.Sprintln(id, p.Counters, len(badges), tiers, p.Points["stars"].Spendable)
		for name, s := range p.Streaks {
			s.AtRiskAt, s.BreaksAt = nil, nil
			p.Streaks[name] = s
		}
		b += fmt.Sprintln(p.Streaks)
		for _, name := range []string{"week", "once"} {
			c := p.Challenges[name]
			b += fmt.Sprintln(name, c.Progress, c.Done, c.Times)
		}
	}
	for _, board := range []string{"spent", "best", "skus", "days", "teams", "bests", "kinds", "newest", "average"} {
		b += fmt.Sprintln(board, w.standings(board, "all", ""))
	}
	for sku := range 6 {
		b += fmt.Sprintln("stores", w.standings("stores", "all", fmt.Sprint("s", sku)))
	}
	return b + fmt.Sprintln(w.standings("cheapest", "2026-W44", ""), w.standings("cheapest", "2026-W43", ""))
}

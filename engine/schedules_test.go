package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// Promise P6: balances, streaks and tiers depend on the log alone, however often jobs run.
func TestJobSchedulesDoNotMatter(t *testing.T) {
	r := random(t)
	for round := range 30 {
		steps := make([]time.Duration, 40)
		kinds := make([]string, len(steps))
		for i := range steps {
			steps[i] = time.Duration(r.Intn(60)) * time.Hour
			kinds[i] = []string{"visit", "buy", "buy", "spend", "claim", "claim", "confirm", "return"}[r.Intn(8)]
		}
		rest := time.Duration(r.Intn(10)) * time.Hour
		var results []engine.Progress
		var decisions [3][]string
		for schedule := range 3 { // no jobs, jobs now and then, jobs at every chance
			w, last := program(t, perishable), ""
			for i, step := range steps {
				for end := w.now.Add(step); w.now < end; {
					w.now = min(end, w.now.Add(time.Duration(1+r.Intn(20))*time.Hour))
					if schedule == 2 || schedule == 1 && r.Intn(2) == 0 {
						w.jobs()
					}
				}
				decisions[schedule] = append(decisions[schedule], w.shop(kinds[i], i, &last))
			}
			w.after(rest)
			results = append(results, w.progress("m1"))
			w.jobs()
			after := w.progress("m1")
			require.Equal(t, results[schedule].Points, after.Points, "what a job writes down was true before: round %d", round)
		}
		require.Equal(t, decisions[0], decisions[1], "round %d", round)
		require.Equal(t, decisions[0], decisions[2], "round %d", round)
		for _, other := range results[1:] {
			require.Equal(t, results[0].Points, other.Points, "round %d", round)
			require.Equal(t, results[0].Streaks, other.Streaks, "round %d", round)
			require.Equal(t, results[0].Tiers, other.Tiers, "round %d", round)
		}
	}
}

// shop sends an event, or a command about a reward that two members compete for, or about the last claim of it, and tells
// what was decided.
func (w *world) shop(kind string, i int, last *string) string {
	w.t.Helper()
	id, member := fmt.Sprint("r", i), fmt.Sprint("m", 1+i%3/2)
	e := w.as(id).event(member, kind)
	switch kind {
	case "claim":
		e = engine.NewClaim(id, member, "mug", 0)
	case "confirm":
		e = engine.NewConfirm(id, *last, 0)
	case "return":
		e = engine.NewReturn(id, *last, 0)
	}
	_, refusal, err := w.p.Process(w.dated(e))
	require.NoError(w.t, err)
	if refusal != nil {
		return kind + " " + refusal.Code
	}
	if kind == "claim" {
		*last = id
	}
	return kind
}

// perishable is a program in which time does much.
const perishable = `
timezone: Europe/Berlin
events: {visit: {}, buy: {}, spend: {}}
points:
  stars: {expire: [20 days after earning, 6 days after last visit], pending: 2 days}
  gems: {expire: 36 hours after earning}
  tokens: {expire: 12 days after earning}
rules:
  buy: {when: buy, give: {stars: 10, gems: 5, tokens: 3}}
  spend: {when: spend, take: {stars: 7}}
streaks: {days: {when: visit, every: day, freeze: 1 per month}}
tiers: {club: {earned: stars, last: 8 days, levels: {basic: 0, silver: 30, gold: 60}, keep: 4 days, grace: 36 hours}}
rewards: {mug: {cost: {tokens: 2}, hold: 40 hours, stock: 3, limit: [1 per week, 2 per month by everyone]}}
`

// TestAHundredJobSchedules plays one log of events under a hundred schedules of the work of time: at every chance, seldom, never
// until the end. What members have, what was decided, and what the world outside is told with its instants, is the same
// (promise P6).
func TestAHundredJobSchedules(t *testing.T) {
	r := random(t)
	steps, kinds := make([]time.Duration, 60), make([]string, 60)
	for i := range steps {
		steps[i] = time.Duration(r.Intn(70*60)) * time.Minute
		kinds[i] = []string{"visit", "buy", "buy", "spend", "claim", "confirm", "return"}[r.Intn(7)]
	}
	type result struct {
		Members   []engine.Progress
		Decisions []string
		Told      []string
	}
	var first result
	for schedule := range 100 {
		w, last := program(t, perishable), ""
		start := w.now
		often := []int{1, 3, 20, 1000}[schedule%4]
		var got result
		for i, step := range steps {
			for end := w.now.Add(step); w.now < end; {
				w.now = min(end, w.now.Add(time.Duration(1+r.Intn(12))*time.Hour))
				if r.Intn(often) == 0 {
					w.jobs()
				}
			}
			got.Decisions = append(got.Decisions, w.shop(kinds[i], i, &last))
		}
		w.after(100 * 24 * time.Hour)
		w.jobs()
		got.Members = []engine.Progress{w.progress("m1"), w.progress("m2")}
		require.NoError(t, w.store.Records(1, func(_ uint64, b []byte) bool {
			rec, err := engine.DecodeRecord(b)
			require.NoError(t, err)
			for _, x := range rec.Outcome.Notifications {
				got.Told = append(got.Told, fmt.Sprint(rec.Event.Member, " ", x.At, " ", x.Type, " ", x.Fields))
			}
			return true
		}))
		slices.Sort(got.Told)
		if schedule == 0 {
			first = got
			require.Greater(t, w.now, start)
			require.NotEmpty(t, got.Told)
			continue
		}
		require.Equal(t, first.Decisions, got.Decisions, "schedule %d", schedule)
		require.Equal(t, first.Told, got.Told, "schedule %d", schedule)
		for i := range first.Members {
			require.Equal(t, first.Members[i].Points, got.Members[i].Points, "schedule %d", schedule)
			require.Equal(t, first.Members[i].Streaks, got.Members[i].Streaks, "schedule %d", schedule)
			require.Equal(t, first.Members[i].Tiers, got.Members[i].Tiers, "schedule %d", schedule)
		}
	}
}

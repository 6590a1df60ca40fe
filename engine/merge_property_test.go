package engine_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// united is a program in which nothing that is compared depends on what was paid before two members were merged: stars are given an event,
// coins a goal.
const united = `
late: 3 days
member: {team?: text}
events: {buy: {amount: number, sku: text}, visit: {}}
points:
  stars: {expire: 20 days after earning, negative: debt}
  coins: {}
rules: {per_unit: {when: buy, give: {stars: event.amount}}}
counters:
  spent: {when: buy, add: event.amount, public: true}
  week: {when: buy, add: event.amount, every: week, public: true}
  days: {when: visit, every: week, at_most: 1 per day, public: true}
  best: {when: buy, highest: event.amount, public: true}
  last: {when: buy, latest: event.amount, public: true}
  recent: {when: buy, add: event.amount, last: 5 days, public: true}
  skus: {when: buy, distinct: event.sku, public: true}
  earned: {earned: stars, public: true}
  team: {when: buy, add: event.amount, by: member.team, public: true}
  team_skus: {when: buy, distinct: event.sku, by: member.team, public: true}
  everyone: {when: buy, highest: event.amount, by: everyone, every: week, public: true}
streaks:
  daily: {when: visit, every: day, goals: [{at: 3, give: {coins: 3}}, {at: 5, give: {badge: loyal}}]}
  buys: {when: buy, every: day, at_least: 2, freeze: {free: 1 per month}}
challenges:
  big: {when: buy, add: event.amount, goal: 100, give: {badge: big}}
  weekly: {when: buy, add: event.amount, every: week, goals: [{at: 40, give: {coins: 1}}, {at: 80, give: {coins: 1}}]}
  first: {steps: {visit: {when: visit, goal: 3}, buy: {when: buy, add: event.amount, goal: 50}}, give: {coins: 9}}
  joined: {when: visit, join: opt_in, goal: 4, give: {coins: 2}}
  ours: {when: buy, add: event.amount, by: everyone, goal: 300, each_needs: 30, give: {badge: ours}}
badges:
  big: {}
  loyal: {}
  ours: {}
  shopper: {counter: spent, levels: {bronze: 50, silver: 120, gold: 200}}
tiers:
  club: {counter: spent, levels: {basic: 0, silver: 60, gold: 150}}
  weekly: {counter: week, levels: {basic: 0, silver: 50}}
leaderboards:
  top: {counter: spent}
  week: {counter: week}
  teams: {counter: team}
  average: {counter: spent, by: member.team, score: average, at_least: 1}
`

// pair is a program in which a guest and an account are merged at some time, and one in which both were the account from the start.
type pair struct {
	two, one *world
	merged   bool
	r        *rand.Rand
	sent     []string
}

// who sends an event in the program with two members.
func (p *pair) who(guest bool) string {
	if guest && !p.merged {
		return "guest"
	}
	return "ann"
}

func (p *pair) each(do func(w *world, as func(guest bool) string)) {
	do(p.two, p.who)
	do(p.one, func(bool) string { return "ann" })
}

func (p *pair) send() {
	guest, r := p.r.Intn(2) == 0, p.r
	kind, data := "visit", "{}"
	if r.Intn(2) == 0 {
		kind, data = "buy", fmt.Sprintf(`{"amount":%d,"sku":"s%d"}`, 1+r.Intn(20), r.Intn(6))
	}
	late := time.Duration(0)
	if r.Intn(3) == 0 {
		late = time.Duration(r.Intn(71*60)) * time.Minute
	}
	id := fmt.Sprintf("x%d", len(p.sent))
	p.sent = append(p.sent, id)
	p.each(func(w *world, as func(bool) string) {
		e := &event.Event{ID: id, Type: kind, Member: as(guest), Time: w.now.Add(-late), Timed: true, Arrived: w.now, Data: []byte(data)}
		w.accept(e)
	})
}

// reverse voids or amends an event of either.
func (p *pair) reverse() {
	if len(p.sent) == 0 {
		return
	}
	id, amend, amount := p.sent[p.r.Intn(len(p.sent))], p.r.Intn(2) == 0, 1+p.r.Intn(30)
	codes := []string{}
	p.each(func(w *world, _ func(bool) string) {
		e := engine.NewVoid(id)
		if amend {
			e = engine.NewAmend(id, json.RawMessage(fmt.Sprintf(`{"amount":%d}`, amount)))
		}
		_, refusal, err := w.p.Process(w.dated(e))
		require.NoError(w.t, err)
		code := ""
		if refusal != nil {
			code = refusal.Code
		}
		codes = append(codes, code)
	})
	require.Equal(p.two.t, codes[1], codes[0], "%s amend %v", id, amend)
}

func (p *pair) step() {
	switch n := p.r.Intn(20); {
	case n < 14:
		p.send()
	case n < 16:
		p.reverse()
	case n == 16:
		guest := p.r.Intn(2) == 0
		if p.two.p.Member(p.who(guest)) != nil {
			p.each(func(w *world, as func(bool) string) { w.enroll(as(guest), "joined") })
		}
	case n == 17:
		team := fmt.Sprintf(`"t%d"`, p.r.Intn(2))
		p.each(func(w *world, _ func(bool) string) { w.set("ann", "team", team) })
	case n == 18:
		data := fmt.Sprintf(`{"amount":%d,"sku":"s%d"}`, 1+p.r.Intn(20), p.r.Intn(6))
		p.each(func(w *world, _ func(bool) string) {
			w.set("bob", "team", `"t0"`)
			w.send("bob", "buy", data)
		})
	default:
		restart := p.r.Intn(2) == 0
		p.each(func(w *world, _ func(bool) string) { w.restart(restart) })
	}
	if p.r.Intn(3) == 0 {
		pass := time.Duration(p.r.Intn(30*60)) * time.Minute
		p.each(func(w *world, _ func(bool) string) { w.after(pass) })
	}
}

// merge merges the two, if both are.
func (p *pair) merge() {
	if p.two.p.Member("guest") == nil || p.two.p.Member("ann") == nil {
		return
	}
	p.each(func(w *world, _ func(bool) string) { w.after(time.Minute) })
	p.two.merge("ann", "guest")
	p.one.sent++
	p.one.accept(&event.Event{ID: "tick", Type: "time.passed", Kind: event.Tick, Member: "ann", Time: p.one.now, Timed: true, Arrived: p.one.now})
	p.merged = true
}

// compare requires that both programs tell the same of the account.
func (p *pair) compare() {
	t := p.two.t
	two, one := p.two.progress("ann"), p.one.progress("ann")
	require.Equal(t, one.Counters, two.Counters, "counters")
	require.Equal(t, one.Streaks, two.Streaks, "streaks")
	for id, x := range one.Challenges {
		y := two.Challenges[id]
		require.Equal(t, []any{x.Progress, x.Goal, x.Done, x.Joined, x.Mine, x.Steps}, []any{y.Progress, y.Goal, y.Done, y.Joined, y.Mine, y.Steps}, id)
	}
	for id, x := range one.Tiers {
		y := two.Tiers[id]
		require.Equal(t, []any{x.Level, x.Value, x.Missing}, []any{y.Level, y.Value, y.Missing}, id)
	}
	require.Equal(t, badgesOf(one), badgesOf(two), "badges")
	require.Equal(t, one.Points["stars"], two.Points["stars"], "stars")
	for _, board := range []string{"top", "teams", "average"} {
		require.Equal(t, p.one.standings(board, "all", ""), p.two.standings(board, "all", ""), board)
	}
	cal := p.one.p.Rules().Calendar
	week := cal.Label(calendar.Week, cal.Key(calendar.Week, p.one.now)) // closed seasons stay as they were
	require.Equal(t, p.one.standings("week", week, ""), p.two.standings("week", week, ""), week)
	require.Equal(t, p.one.everyone(), p.two.everyone(), "everyone")
}

// everyone is what counts of everyone came to that an event can still reach.
func (w *world) everyone() (list []engine.PeriodTally) {
	rules := w.p.Rules()
	for _, t := range w.p.Group(engine.CountID{Name: "counters/everyone"}).Count.Periods {
		if rules.Calendar.End(calendar.Week, t.Key) > rules.Calendar.Before(w.now, rules.Late) {
			list = append(list, t)
		}
	}
	return list
}

func badgesOf(p engine.Progress) (list []string) {
	for _, b := range p.Badges {
		list = append(list, b.Badge+" "+b.Level)
	}
	slices.Sort(list)
	return list
}

func TestAMergeIsAsIfAllHadBeenTheSurvivors(t *testing.T) {
	histories := 60
	if testing.Short() {
		histories = 10
	}
	r := random(t)
	for range histories {
		seed := r.Int63()
		t.Run(fmt.Sprint(seed), func(t *testing.T) { mergeAtRandom(t, seed) })
		if t.Failed() {
			return
		}
	}
}

func mergeAtRandom(t *testing.T, seed int64) {
	p := &pair{two: program(t, united), one: program(t, united), r: rand.New(rand.NewSource(seed))}
	for range p.r.Intn(40) {
		p.step()
	}
	p.merge()
	if p.merged {
		p.compare()
	}
	for range p.r.Intn(25) {
		p.step()
		if p.merged {
			p.compare()
		}
	}
}

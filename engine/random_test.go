package engine_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// nasty is a program in which much competes: shared limits, transfers, chains, rolling times, groups, repeated goals.
const nasty = `
program: nasty
timezone: America/New_York
clock: member
currency: EUR
member: {team?: text, friend?: member}
events:
  buy: {order: text, amount: money, sku?: text}
  visit: {}
  gift: {to: member, coins: integer}
points:
  stars: {expire: [40 days after earning, 10 days after last visit], decimals: 1, rounding: nearest}
  coins: {expire: end of this month, spend: oldest}
  slow: {pending: 3 days, expire: 20 days after earning}
rules:
  spend: {when: buy, give: {stars: event.amount / 3}, limit: [1 ever by event.order, 40 stars in last 5 days]}
  coin: {when: [buy, visit], give: {coins: 10}, limit: 2000 coins per month by everyone}
  slow: {when: buy, give: {slow: event.amount}, limit: 100 slow per week by member.team}
  gift: {when: gift, take: {coins: event.coins}, give: {coins: event.coins}, to: event.to}
  refer: {when: buy, to: member.friend, give: {stars: 5}, limit: 3 per month}
  cheer: {when: challenge_completed, give: {coins: 1}}
  fall: {when: tier_lost, give: {badge: fallen}}
  broke: {when: streak_broken, if: event.length >= 3, give: {badge: broke}}
  prize: {when: tier_reached, give: {reward: mug}, limit: 2 per week}
  swap: {when: visit, if: event.is_first, take: {coins: 1}, give: {reward: card}}
  claimed: {when: reward_claimed, give: {coins: 1}, limit: 3 per week}
  confirmed: {when: reward_confirmed, to: member.friend, give: {stars: 0.5}}
  used: {when: reward_used, give: {stars: 2, reward: give}, limit: 2 per day}
  given: {when: points_given, if: event.points == "coins", give: {slow: event.amount / 4}, limit: 20 slow per day}
  presented: {when: reward_given, if: event.reward == "card", give: {stars: 0.5, reward: mug}, limit: 3 per week}
  lost: {when: [reward_expired, reward_returned, claim_cancelled], give: {badge: fallen}}
boosts:
  double: {of: stars, times: 2, during: {days: [saturday, sunday]}, limit: 30 stars per week}
  plus: {of: slow, plus: 3, stacks: true}
counters:
  spent: {when: buy, add: event.amount}
  week: {when: visit, every: week, at_most: 1 per day}
  best: {when: buy, highest: event.amount, every: month}
  last: {when: buy, latest: event.amount}
  recent: {when: buy, add: event.amount, last: 7 days}
  skus: {when: buy, distinct: event.sku}
  ours: {when: buy, add: event.amount, by: everyone, public: true}
  gifts: {when: points_given, if: event.definition == "rules/slow", add: event.amount, public: true}
  handed: {when: [reward_given, reward_returned, claim_cancelled], public: true}
  lapsed: {when: reward_expired, public: true}
  bought: {when: reward_confirmed, if: event.points == "stars", add: event.amount, public: true}
streaks:
  days:
    when: visit
    every: day
    freeze: {free: 1 per month, hold: 2, cost: {coins: 3}}
    repair: {within: 3 days, cost: {coins: 4, stars: 1}}
    goals: [{at: 3, give: {coins: 5}}, {at: 6, give: {badge: loyal}}]
challenges:
  weekly: {when: buy, add: event.amount, every: week, goals: [{at: 50, give: {coins: 5}}, {at: 100, give: {stars: 5}}]}
  again: {when: visit, goal: 4, again: true, give: {coins: 2}}
  team: {when: buy, add: event.amount, by: member.team, every: month, goal: 300, each_needs: 20, give: {coins: 9}}
  first: {when: buy, goal: 3, winners: 2, give: {badge: first}}
  user: {when: reward_used, goal: 2, again: true, give: {coins: 3}}
  shopper: {when: reward_claimed, goal: 3, again: true, give: {reward: card}}
badges: {loyal: {}, first: {}, fallen: {}, broke: {}, spender: {counter: spent, levels: {bronze: 100, silver: 300}}}
tiers:
  club: {earned: stars, last: 10 days, levels: {basic: 0, silver: 15, gold: 30}, keep: 5 days, grace: 2 days}
leaderboards:
  best: {counter: best}
  teams: {counter: spent, by: member.team, score: average, at_least: 2, ties: dense}
  weekly: {counter: week}
rewards:
  mug: {cost: {stars: 2.5}, for: member.counter.spent > 20, limit: [2 per day, 60 ever by everyone], stock: 40, codes: generated, hold: 6 hours, valid: 20 days}
  card: {cost: {coins: 3, stars: 1.5 or more}, stock: 50, hold: 3 days, codes: pool, limit: [1 in last 2 days by member.team, 30 stars per week]}
  give: {cost: {coins: 2 or more}, hold: 30 minutes, during: {days: [monday, tuesday, friday, saturday, sunday]}, limit: 100 coins per week by everyone}
`

// sample makes a random event of one program.
type sample func(r *rand.Rand) (kind, data string)

func text(format string, args ...any) func(string) (string, string) {
	return func(kind string) (string, string) { return kind, fmt.Sprintf(format, args...) }
}

var samples = map[string]sample{
	"nasty": func(r *rand.Rand) (string, string) {
		switch r.Intn(5) {
		case 0, 1:
			return text(`{"order":"o%d","amount":%d.%02d,"sku":"s%d"}`, r.Intn(60), r.Intn(60), r.Intn(100), r.Intn(5))("buy")
		case 2:
			return text(`{"to":"m%d","coins":%d}`, r.Intn(6), r.Intn(30))("gift")
		default:
			return "visit", "{}"
		}
	},
	"coffee": func(r *rand.Rand) (string, string) {
		if r.Intn(2) == 0 {
			return "visit", `{"store":"x"}`
		}
		return text(`{"order_id":"o%d","amount":%d.50,"items":[{"sku":"s%d","category":"coffee","qty":1,"price":3}]}`, r.Intn(80), r.Intn(90), r.Intn(12))("purchase")
	},
	"fashion": func(r *rand.Rand) (string, string) {
		switch r.Intn(4) {
		case 0:
			return text(`{"sku":"s%d","stars":4,"photo":%t}`, r.Intn(5), r.Intn(2) == 0)("review")
		case 1:
			return "newsletter_signup", "{}"
		default:
			return text(`{"order_id":"o%d","amount":%d,"channel":"app","items":[{"sku":"a","category":"silk","qty":1,"price":9}]}`, r.Intn(80), r.Intn(90))("purchase")
		}
	},
	"fitness": func(r *rand.Rand) (string, string) {
		return text(`{"km":%d.%d,"minutes":%d}`, r.Intn(20), r.Intn(10), r.Intn(120))("run")
	},
	"sales": func(r *rand.Rand) (string, string) {
		switch r.Intn(3) {
		case 0:
			return text(`{"course":"%s","score":%d}`, []string{"basics", "compliance", "extra"}[r.Intn(3)], r.Intn(101))("training_completed")
		case 1:
			return text(`{"from":"m%d","coins":%d}`, r.Intn(6), r.Intn(120))("kudos")
		default:
			return text(`{"deal_id":"d%d","amount":%d,"product":"p","new_customer":%t}`, r.Intn(60), r.Intn(40000), r.Intn(2) == 0)("sale")
		}
	},
	"stampcard": func(r *rand.Rand) (string, string) { return text(`{"cups":%d}`, r.Intn(6))("coffee") },
}

func source(t *testing.T, name string) string {
	t.Helper()
	if name == "nasty" {
		return nasty
	}
	b, err := os.ReadFile("../rulesets/examples/" + name + "/ruleset.yaml")
	require.NoError(t, err)
	return string(b)
}

// profiles gives the members of a program what its conditions ask for.
func (w *world) profiles(name string, r *rand.Rand) {
	zones := []string{"America/New_York", "Europe/Berlin", "Asia/Tokyo", "Pacific/Auckland"}
	for i := range 6 {
		member := fmt.Sprint("m", i)
		switch name {
		case "nasty":
			w.moves(member, zones[r.Intn(len(zones))])
			w.set(member, "team", fmt.Sprintf(`"t%d"`, i%2))
			w.set(member, "friend", fmt.Sprintf(`"m%d"`, r.Intn(6)))
		case "fitness":
			w.moves(member, zones[r.Intn(len(zones))])
			w.set(member, "team", fmt.Sprintf(`"t%d"`, i%2))
		case "sales":
			fields := map[string]json.RawMessage{"region": json.RawMessage(`"r1"`), "role": json.RawMessage(`"rep"`)}
			w.put(member, engine.Profile{Fields: fields})
		default:
			w.moves(member, "Europe/Berlin")
		}
	}
}

// In any sequence of events, with duplicates, restarts and dry runs in between, the invariants hold.
func TestTheInvariantsHoldWhateverHappens(t *testing.T) {
	for name := range samples {
		t.Run(name, func(t *testing.T) {
			w := program(t, source(t, name))
			w.listens = everything
			w.p.Listen(w.listens)
			w.story(name, random(t), 400)
			w.remembers()
			w.recomputes()
		})
	}
}

// The same holds where members are merged in between.
func TestTheInvariantsHoldWhereMembersAreMerged(t *testing.T) {
	for _, name := range []string{"nasty", "fitness"} {
		t.Run(name, func(t *testing.T) {
			w := program(t, source(t, name))
			w.merges = 3
			w.story(name, random(t), 120)
			w.remembers()
		})
	}
}

// nowOf is the member that one is now.
func (w *world) nowOf(member string) string {
	if now := w.p.Merged(member); now != "" {
		return now
	}
	return member
}

// anyone is one of the members that there are.
func (w *world) anyone(r *rand.Rand) string { return w.nowOf(fmt.Sprint("m", r.Intn(6))) }

// mergeSome merges two members now and then.
func (w *world) mergeSome(r *rand.Rand) {
	w.t.Helper()
	if w.merges == 0 || r.Intn(25) > 0 {
		return
	}
	into, from := w.anyone(r), w.anyone(r)
	if into != from {
		w.merges--
		w.merge(into, from)
	}
}

// story lets some weeks of one of the programs happen, with all that can disturb them.
func (w *world) story(name string, r *rand.Rand, events int) {
	w.t.Helper()
	w.at("2026-11-28T12:00:00Z").profiles(name, r)
	var sent []*event.Event
	var shopping shopping
	for i := range events {
		w.after(time.Duration(r.Intn(8*3600)) * time.Second)
		w.mergeSome(r)
		member := w.anyone(r)
		kind, data := samples[name](r)
		e := w.as(fmt.Sprint("r", i)).event(member, kind, data)
		if r.Intn(3) == 0 {
			e.Time, e.Timed = e.Arrived.Add(-time.Duration(r.Intn(70*3600))*time.Second), true
		}
		w.dryRun(e, r)
		first := engine.AppendAnswer(nil, w.accept(e))
		sent = append(sent, e)
		w.disturb(r)
		w.reverse(r, sent, samples[name])
		shopping.step(w, r)
		if again := *sent[r.Intn(len(sent))]; r.Intn(3) == 0 {
			again.Arrived = w.now
			require.True(w.t, w.accept(&again).Duplicate)
		}
		if r.Intn(10) == 0 {
			again := *e
			out := w.accept(&again)
			out.Duplicate = false
			require.Equal(w.t, string(first), string(engine.AppendAnswer(nil, out)), "the first answer, byte for byte")
		}
	}
	w.handOut()
}

// shopping sends random commands about rewards and streaks, with amounts and claims that need not fit.
type shopping struct {
	sent   []*event.Event
	claims []string
	n      int
}

func (s *shopping) step(w *world, r *rand.Rand) {
	w.t.Helper()
	if r.Intn(2) > 0 {
		return
	}
	w.after(time.Duration(r.Intn(3600)) * time.Second)
	e := s.event(w, r)
	if e == nil {
		return
	}
	if e.Time, e.Arrived = w.now, w.now; r.Intn(4) == 0 {
		e.Time, e.Timed = w.now.Add(-time.Duration(r.Intn(70*3600))*time.Second), true
	}
	w.dryRun(e, r)
	_, refusal, err := w.p.Process(e)
	require.NoError(w.t, err)
	remembered := refusal == nil || !slices.Contains([]string{"does_not_fit", "not_for_sale", "unknown_claim", "member_unknown", "not_found", "known_code"},
		refusal.Code)
	again := *e
	second, refusedAgain, err := w.p.Process(&again)
	require.NoError(w.t, err)
	require.Equal(w.t, remembered, second != nil && second.Duplicate, "%s %v", e.ID, refusal)
	require.Equal(w.t, refusal == nil, refusedAgain == nil)
	if remembered {
		s.sent = append(s.sent, e)
	}
}

func (s *shopping) event(w *world, r *rand.Rand) *event.Event {
	rules := w.p.Rules()
	member, some := w.anyone(r), decimal.Decimal(0)
	if r.Intn(3) == 0 {
		some = decimal.Decimal(1+r.Intn(20)) * decimal.One / 2
	}
	s.n++
	id := fmt.Sprint("k", s.n)
	claim := "unknown"
	if n := len(s.claims); n > 0 && r.Intn(20) > 0 {
		claim = s.claims[max(0, n-1-r.Intn(12))]
	}
	switch r.Intn(16) {
	case 12, 13, 14:
		if len(rules.Rewards) == 0 {
			return nil
		}
		s.claims = append(s.claims, id)
		return engine.NewUse(id, member, engine.Use{Reward: rules.Rewards[r.Intn(len(rules.Rewards))].ID, Hold: r.Intn(3) == 0})
	case 15:
		return engine.NewConfirmation(id, claim, some, true, "till")
	case 0, 1, 2, 3:
		if len(rules.Rewards) == 0 {
			return nil
		}
		s.claims = append(s.claims, id)
		return engine.NewClaim(id, member, rules.Rewards[r.Intn(len(rules.Rewards))].ID, some)
	case 4, 5, 6:
		return engine.NewConfirm(id, claim, some)
	case 7:
		return engine.NewCancel(id, claim)
	case 8:
		return engine.NewReturn(id, claim, some)
	case 9:
		for _, reward := range rules.Rewards {
			if reward.Codes == engine.PoolCodes {
				return engine.NewCodes(id, reward.ID, []string{fmt.Sprint("code", r.Intn(100)), fmt.Sprint("code", r.Intn(100)+50)})
			}
		}
		return nil
	default:
		if len(rules.Streaks) == 0 {
			return nil
		}
		streak := rules.Streaks[r.Intn(len(rules.Streaks))].ID
		if r.Intn(2) == 0 {
			return engine.NewRepair(id, member, streak)
		}
		return engine.NewFreeze(id, member, streak)
	}
}

// reverse sends a random command about one of the events sent, or about a balance.
func (w *world) reverse(r *rand.Rand, sent []*event.Event, sample sample) {
	w.t.Helper()
	if r.Intn(4) > 0 {
		return
	}
	w.after(time.Duration(r.Intn(7200)) * time.Second)
	target := sent[r.Intn(len(sent))]
	var e *event.Event
	switch r.Intn(9) {
	case 0, 1, 2:
		e = engine.NewVoid(target.ID)
	case 3, 4:
		kind, data := sample(r)
		for kind != target.Type {
			kind, data = sample(r)
		}
		e = engine.NewAmend(target.ID, json.RawMessage(data))
		if r.Intn(2) == 0 {
			w.sent++
			e.Keyed(fmt.Sprint("amend", w.sent))
		}
	case 5:
		e = engine.NewRelease(target.ID)
	case 6:
		e = engine.NewRefuse(target.ID)
	default:
		points := w.p.Rules().Points
		e = w.adjust(w.nowOf(target.Member), points[r.Intn(len(points))].ID, fmt.Sprint(r.Intn(60)-30), r.Intn(2) == 0)
	}
	e.Time, e.Arrived = w.now, w.now
	w.dryRun(e, r)
	before := w.everything()
	out, refusal, err := w.p.Process(e)
	require.NoError(w.t, err)
	if refusal != nil {
		require.Contains(w.t, []string{engine.CodeEventVoided, engine.CodeEventRefused, engine.CodeInsufficient, engine.CodeDoesNotFit, engine.CodeMemberErased,
			engine.CodeNothingPending}, refusal.Code)
		return
	}
	again := *e
	second, _, err := w.p.Process(&again)
	require.NoError(w.t, err)
	require.True(w.t, second.Duplicate)
	if strings.HasPrefix(e.Type, "event.") && e.Type != "event.amend" {
		after := w.everything()
		byTime := map[string]decimal.Decimal{} // what timers gave meanwhile
		for _, effect := range out.Effects {
			if effect.Cause > 0 && effect.Amount > 0 {
				byTime[effect.ID] += effect.Amount
			}
		}
		for id, p := range before {
			for points := range p.Points {
				require.LessOrEqual(w.t, after[id].Points[points].Issued, p.Points[points].Issued+byTime[points], "%s issues nothing: %+v", e.ID, out.Effects)
			}
		}
	}
}

// recomputes requires that the progress of all members is what looking at their events again gives.
func (w *world) recomputes() {
	w.t.Helper()
	w.jobs()
	for i := range 6 {
		id := fmt.Sprint("m", i)
		if w.p.Member(id) == nil {
			continue
		}
		for _, fromSnapshot := range []bool{false, true} {
			m, fell, err := w.p.Recomputed(id, w.now, fromSnapshot)
			require.NoError(w.t, err)
			require.Equal(w.t, w.p.Member(id).Progress(w.p.Rules(), w.now, nil), m.Progress(w.p.Rules(), w.now, nil), "%s, from a snapshot: %t", id, fromSnapshot)
			require.Zero(w.t, fell, "awards of %s that would fall", id)
		}
	}
}

// disturb restarts, runs jobs, or does nothing.
func (w *world) disturb(r *rand.Rand) {
	w.t.Helper()
	switch r.Intn(20) {
	case 0, 1:
		before := w.everything()
		w.restart(r.Intn(2) == 0)
		require.Equal(w.t, before, w.everything(), "a restart changes nothing")
	case 2:
		w.jobs()
	case 3:
		w.handOut()
	case 4:
		w.commit(r.Intn(3) == 0)
	}
}

func (w *world) dryRun(e *event.Event, r *rand.Rand) {
	w.t.Helper()
	if r.Intn(8) != 0 {
		return
	}
	before, last := w.everything(), w.p.Last()
	try := *e
	_, _, err := w.p.DryRun(&try, nil)
	require.NoError(w.t, err)
	require.Equal(w.t, before, w.everything(), "a dry run changes nothing")
	require.Equal(w.t, last, w.p.Last())
}

// everything is the progress of all members.
func (w *world) everything() map[string]engine.Progress {
	all := map[string]engine.Progress{}
	for i := range 6 {
		id := fmt.Sprint("m", i)
		if m := w.p.Member(id); m != nil {
			p := m.Progress(w.p.Rules(), w.now, w.p.Group)
			p.Groups = nil
			all[id] = p
		}
	}
	return all
}

// scarce is a program without anything scarce, whose progress therefore depends on what happened and not on when it arrived.
const scarce = `
program: scarce
late: 10 days
timezone: Europe/Berlin
member: {team?: text}
events: {buy: {amount: money, sku: text}, visit: {}}
currency: EUR
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
counters:
  spent: {when: buy, add: event.amount, public: true}
  days: {when: visit, at_most: 1 per day, public: true}
  twice: {when: buy, add: event.amount, at_most: 2 per day, every: week, public: true}
  best: {when: buy, highest: event.amount, public: true}
  cheapest: {when: buy, lowest: event.amount, every: week, public: true}
  newest: {when: buy, latest: event.amount, public: true}
  skus: {when: buy, distinct: event.sku, public: true}
  recent: {when: buy, add: event.amount, last: 3 days, public: true}
  stars: {earned: stars, every: week, public: true}
  ours: {when: buy, add: event.amount, by: everyone, public: true}
streaks:
  daily: {when: visit, every: day, freeze: 1 per month, goal: 3, give: {badge: none}}
  weekly: {when: buy, every: week, add: event.amount, at_least: 60}
challenges:
  week: {when: buy, add: event.amount, every: week, goals: [{at: 50, give: {badge: none}}, {at: 100, give: {badge: none}}]}
  once: {when: visit, goal: 5, give: {badge: none}}
  team: {when: buy, add: event.amount, by: member.team, goal: 200, each_needs: 30, give: {badge: none}}
badges: {spender: {counter: spent, levels: {bronze: 100, silver: 300}}, none: {}}
tiers: {club: {counter: spent, levels: {basic: 0, silver: 200, gold: 400}}}
leaderboards:
  spent: {counter: spent}
  best: {counter: best}
  skus: {counter: skus, ties: share}
  days: {counter: days}
  cheapest: {counter: cheapest, order: lowest}
`

// Permuting arrivals inside the late window leaves counters, streaks, challenges, badges and boards as they are.
func TestTheOrderOfArrivalLeavesProgressAsItIs(t *testing.T) {
	r := random(t)
	for round := range 25 {
		start := moment(t, "2026-10-22T00:00:00Z") // over the end of summer time
		type happening struct {
			id, member, kind, data string
			at                     calendar.Instant
		}
		list := make([]happening, 60)
		for i := range list {
			h := happening{id: fmt.Sprintf("r%02d", i), member: fmt.Sprint("m", r.Intn(3)), kind: "visit", data: "{}",
				at: start.Add(time.Duration(r.Intn(9*24)) * time.Hour)}
			if r.Intn(2) == 0 {
				h.kind, h.data = "buy", fmt.Sprintf(`{"amount":%d,"sku":"s%d"}`, r.Intn(4)*10, r.Intn(6))
			}
			list[i] = h
		}
		var results []string
		for range 3 {
			w := program(t, scarce)
			w.at("2026-11-01T00:00:00Z")
			for i := range 3 {
				w.set(fmt.Sprint("m", i), "team", fmt.Sprintf(`"t%d"`, i%2))
			}
			for _, h := range list {
				e := w.as(h.id).event(h.member, h.kind, h.data)
				e.Time, e.Timed = h.at, true
				w.accept(e)
				w.after(time.Duration(r.Intn(60)) * time.Second)
			}
			w.handOut()
			w.at("2026-11-02T12:00:00Z").jobs()
			results = append(results, w.outcome())
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
		require.Equal(t, results[0], results[1], "round %d", round)
		require.Equal(t, results[0], results[2], "round %d", round)
	}
}

// outcome is what progress came to, as text.
func (w *world) outcome() string {
	b := ""
	for _, id := range []string{"m0", "m1", "m2"} {
		p := w.progress(id)
		tiers := map[string]string{}
		for name, t := range p.Tiers {
			tiers[name] = t.Level
		}
		badges := w.badges(id)
		slices.Sort(badges)
		b += fmt.Sprintln(id, p.Counters, badges, tiers)
		for name, s := range p.Streaks {
			s.AtRiskAt, s.BreaksAt = nil, nil
			p.Streaks[name] = s
		}
		b += fmt.Sprintln(p.Streaks)
		for _, name := range []string{"week", "once", "team"} {
			c := p.Challenges[name]
			b += fmt.Sprintln(name, c.Progress, c.Done, c.Times)
		}
	}
	for _, board := range []string{"spent", "best", "skus", "days"} {
		b += fmt.Sprintln(board, w.standings(board, "all", ""))
	}
	return b + fmt.Sprintln(w.standings("cheapest", "2026-W44", ""))
}

package engine_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
)

// merge merges a member into another.
func (w *world) merge(into, from string) *engine.Outcome {
	w.t.Helper()
	w.sent++
	return w.accept(w.dated(engine.NewMerge("merge-"+into+"-"+from, into, from)))
}

const mergers = `
member: {team?: text, referrer?: member}
events:
  buy: {order?: text, amount: number}
  visit: {}
  gift: {to: member}
points:
  stars: {expire: 30 days after last buy}
  coins: {}
rules:
  per_unit: {when: buy, give: {stars: event.amount}}
  once: {when: buy, give: {coins: 1}, limit: 1 ever by member and event.order}
  daily: {when: visit, give: {coins: 1}, limit: 2 per day}
  refer: {when: buy, to: member.referrer, give: {coins: 10}}
  gifted: {when: gift, to: event.to, give: {coins: 5}}
  level: {when: tier_reached, if: event.level != "basic", give: {coins: 100}}
counters:
  spent: {when: buy, add: event.amount, public: true}
  spent_week: {when: buy, add: event.amount, every: week}
  days: {when: visit, every: week, at_most: 1 per day}
  team: {when: buy, add: event.amount, by: member.team, public: true}
streaks:
  daily: {when: visit, every: day, goals: [{at: 3, give: {coins: 3}}]}
challenges:
  big: {when: buy, add: event.amount, goal: 100, give: {coins: 50}}
  tens: {when: buy, add: event.amount, goal: 10, again: true, give: {coins: 1}}
  ours: {when: buy, add: event.amount, by: everyone, goal: 90, each_needs: 60, give: {coins: 7}}
badges:
  shopper: {counter: spent, levels: {bronze: 20, gold: 90}}
tiers:
  club: {counter: spent, levels: {basic: 0, silver: 50, gold: 100}}
leaderboards:
  top: {counter: spent}
  week: {counter: spent_week}
  teams: {counter: team}
rewards:
  mug: {cost: {stars: 10}, limit: 2 ever, hold: 2 days}
`

func TestWhatTwoMembersHaveIsOneMembersAfterAMerge(t *testing.T) {
	w := program(t, mergers)
	w.put("ann", engine.Profile{Name: ptr("Ann")})
	w.send("guest", "buy", "amount", 60, "order", "o1")
	w.send("ann", "buy", "amount", 45, "order", "o2")
	w.send("guest", "visit")
	w.after(24*time.Hour).send("guest", "visit")
	w.claim("guest", "mug", "c1", "")
	w.claim("guest", "mug", "c2", "")
	w.confirm("c2", "")
	w.after(24*time.Hour).send("ann", "visit")
	for _, restart := range []bool{false, true} {
		if restart {
			w.restart(false)
			continue
		}
		out := w.merge("ann", "guest")
		require.Equal(t, []engine.Moved{{Points: "coins", Amount: amountOf("109")}, {Points: "stars", Amount: amountOf("50")}}, out.Merge.Moved)
	}
	w.has("ann", "stars", "85") // 45 + 60 - 20, of which c1 holds 10 back
	w.reached("ann", "big", "100", true, 1)
	w.reached("ann", "tens", "5", true, 10)
	require.Equal(t, "105", w.counter("ann", "spent"))
	require.Equal(t, "gold", w.tier("ann", "club"))
	require.Equal(t, []string{"shopper gold"}, w.badges("ann"))
	require.Equal(t, 3, w.streak("ann", "daily").Length)
	require.Equal(t, []string{"1 ann 105"}, w.standings("top", "all", ""))
	require.Nil(t, w.p.Member("guest"))
	require.Equal(t, "ann", w.p.Merged("guest"))
	// ann: 1 order, 4 tens, 1 visit; guest: 1 order, 6 tens, 2 visits, 100 silver; together: streak 3, big 50, gold 100, ours 7
	w.has("ann", "coins", "275")
	w.handOut()
	w.has("ann", "coins", "275")
	w.send("ann", "buy", "amount", 1, "order", "o1")
	w.has("ann", "coins", "275")
	w.send("ann", "buy", "amount", 1, "order", "o3")
	w.has("ann", "coins", "276")
	w.decidedAgainst("limit", engine.NewClaim("c3", "ann", "mug", 0))
	w.cancel("c1")
	w.has("ann", "stars", "97")
	w.refused("merged", w.event("guest", "visit"))
}

func ptr[T any](v T) *T { return &v }

func TestWhoCannotBeMerged(t *testing.T) {
	w := program(t, mergers)
	w.send("ann", "visit")
	w.send("guest", "visit")
	w.send("bob", "visit")
	w.refused("does_not_fit", w.dated(engine.NewMerge("m1", "ann", "ann")))
	w.refused("does_not_fit", w.dated(engine.NewMerge("m1", "ann", "")))
	w.refused("member_unknown", w.dated(engine.NewMerge("m1", "ann", "nobody")))
	w.refused("member_unknown", w.dated(engine.NewMerge("m1", "nobody", "ann")))
	e := w.event("guest", "visit")
	again, other := *e, *e
	w.accept(e)
	out := w.accept(w.dated(engine.NewMerge("m1", "ann", "guest")))
	twice := w.accept(w.dated(engine.NewMerge("m1", "ann", "guest")))
	require.True(t, twice.Duplicate)
	require.Equal(t, out.Seq, twice.Seq)
	w.refused("merged", w.dated(engine.NewMerge("m2", "ann", "guest")))
	w.refused("merged", w.dated(engine.NewMerge("m2", "guest", "bob")))
	w.refused("event_conflict", w.dated(engine.NewMerge("m1", "ann", "bob")))
	require.True(t, w.accept(&again).Duplicate, "an event accepted before stays a duplicate")
	other.ID = "new"
	_, refusal, err := w.p.Process(&other)
	require.NoError(t, err)
	require.Equal(t, "ann", refusal.Member)
	w.accept(w.dated(engine.NewMerge("m3", "bob", "ann")))
	_, refusal, err = w.p.Process(&other)
	require.NoError(t, err)
	require.Equal(t, "bob", refusal.Member, "chains lead to the last")
	w.p.SealCodes([]byte("secret"))
	w.accept(engineErasure(w, "bob"))
	for _, id := range []string{"bob", "ann", "guest"} {
		w.refused("member_erased", w.event(id, "visit"))
	}
	w.restart(true)
	w.p.SealCodes([]byte("secret"))
	for _, id := range []string{"bob", "ann", "guest"} {
		w.refused("member_erased", w.event(id, "visit"))
	}
}

func engineErasure(w *world, member string) *event.Event { return w.dated(engine.NewErasure(member)) }

func TestLaterVoidsAndAmendsActOnTheSurvivor(t *testing.T) {
	w := program(t, mergers)
	w.as("g1").send("guest", "buy", "amount", 60, "order", "o1")
	w.as("a1").send("ann", "buy", "amount", 45, "order", "o2")
	w.merge("ann", "guest")
	w.has("ann", "stars", "105")
	require.Equal(t, "gold", w.tier("ann", "club"))
	w.accept(w.dated(engine.NewAmend("g1", json.RawMessage(`{"amount": 40}`))))
	w.has("ann", "stars", "85")
	require.Equal(t, "85", w.counter("ann", "spent"))
	require.Equal(t, "silver", w.tier("ann", "club"))
	require.Equal(t, []string{"1 ann 85"}, w.standings("top", "all", ""))
	w.accept(w.dated(engine.NewAmend("g1", json.RawMessage(`{"amount": 70}`))))
	w.has("ann", "stars", "115")
	w.restart(true)
	w.accept(w.dated(engine.NewVoid("g1")))
	w.has("ann", "stars", "45")
	require.Equal(t, "45", w.counter("ann", "spent"))
	require.Equal(t, "basic", w.tier("ann", "club"))
	w.restart(false)
	w.accept(w.dated(engine.NewVoid("a1")))
	w.has("ann", "stars", "0")
	require.Equal(t, "0", w.counter("ann", "spent"))
	require.Empty(t, w.standings("top", "all", ""))

}

func TestWhatNamesAMergedMemberIsTheSurvivors(t *testing.T) {
	w := program(t, mergers)
	w.send("guest", "visit")
	w.send("bob", "visit")
	w.set("bob", "referrer", `"guest"`)
	w.as("b1").send("bob", "buy", "amount", 1)
	w.send("ann", "visit")
	w.merge("ann", "guest")
	w.has("ann", "coins", "12")
	w.send("bob", "buy", "amount", 1)
	w.has("ann", "coins", "22")
	w.send("bob", "gift", "to", "guest")
	w.has("ann", "coins", "27")
	w.accept(w.dated(engine.NewVoid("b1")))
	w.has("ann", "coins", "17")
	require.Equal(t, []string{"not_given rules/gifted"}, notes(w.send("ann", "gift", "to", "guest")), "it is the member's own old id")
	w.set("ann", "referrer", `"bob"`)
	require.Equal(t, []string{"not_given rules/refer"}, notes(w.send("ann", "buy", "amount", 1)), "they refer one another")
}

func TestGroupsCountAMergedMembersShareOnce(t *testing.T) {
	w := program(t, mergers)
	w.set("ann", "team", `"red"`)
	w.set("guest", "team", `"red"`)
	w.set("carl", "team", `"blue"`)
	w.send("guest", "buy", "amount", 30)
	w.as("a1").send("ann", "buy", "amount", 20)
	w.as("c1").send("carl", "buy", "amount", 5)
	require.Equal(t, []string{"1 red 50", "2 blue 5"}, w.standings("teams", "all", ""))
	w.merge("ann", "guest")
	require.Equal(t, []string{"1 red 50", "2 blue 5"}, w.standings("teams", "all", ""))
	w.merge("ann", "carl")
	require.Equal(t, []string{"1 red 55"}, w.standings("teams", "all", ""), "as if the survivor had bought it")
	w.accept(w.dated(engine.NewVoid("c1")))
	require.Equal(t, []string{"1 red 50"}, w.standings("teams", "all", ""))
	w.restart(true)
	w.accept(w.dated(engine.NewVoid("a1")))
	require.Equal(t, []string{"1 red 30"}, w.standings("teams", "all", ""))
}

func TestDebtAndWhatPaysIt(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}, visit: {}}
points: {stars: {negative: debt, expire: [20 days after last visit, 40 days after last buy]}}
rules: {per_unit: {when: buy, give: {stars: event.amount}}}
rewards: {mug: {cost: {stars: 30}}}
`)
	w.as("g1").send("guest", "buy", "amount", 30)
	w.claim("guest", "mug", "c1", "")
	w.confirm("c1", "")
	w.accept(w.dated(engine.NewVoid("g1")))
	w.as("a1").send("ann", "buy", "amount", 50)
	w.merge("ann", "guest")
	w.has("ann", "stars", "20")
	w.restart(true)
	w.giveBack("r1", "c1", "")
	w.has("ann", "stars", "50")
	w.accept(w.dated(engine.NewVoid("a1")))
	w.has("ann", "stars", "0")
	require.Zero(t, w.progress("ann").Points["stars"].Debt)
}

func TestNothingIsLeftOfWhoWasMergedIntoAnErasedMember(t *testing.T) {
	w := program(t, mergers)
	w.p.SealCodes([]byte("secret"))
	w.send("carl", "buy", "amount", 7)
	w.set("first-guest", "team", `"red"`)
	w.send("first-guest", "buy", "amount", 30)
	w.claim("first-guest", "mug", "c1", "")
	w.confirm("c1", "")
	w.send("second-guest", "buy", "amount", 70)
	w.set("annabel", "team", `"red"`)
	w.send("annabel", "buy", "amount", 5)
	w.merge("second-guest", "first-guest")
	w.merge("annabel", "second-guest")
	w.send("annabel", "buy", "amount", 1)
	w.restart(true)
	w.p.SealCodes([]byte("secret"))
	w.erase("annabel")
	w.redact(4)
	for _, id := range []string{"annabel", "first-guest", "second-guest"} {
		require.Empty(t, w.found(id), id)
	}
	w.restart(true)
	w.p.SealCodes([]byte("secret"))
	for _, id := range []string{"annabel", "first-guest", "second-guest"} {
		w.refused("member_erased", w.event(id, "visit"))
	}
	require.Equal(t, []string{"1 carl 7"}, w.standings("top", "all", ""))
}

func TestAMemberIsErasedBeforeTheirGuestIsMerged(t *testing.T) {
	w := program(t, mergers)
	w.p.SealCodes([]byte("secret"))
	w.send("ann", "visit")
	w.send("guest", "visit")
	w.erase("ann")
	w.refused("member_erased", w.dated(engine.NewMerge("m1", "guest", "ann")))
	w.refused("member_erased", w.dated(engine.NewMerge("m1", "ann", "guest")))
}

func TestTheLedgerAndThePastOfASurvivor(t *testing.T) {
	w := program(t, mergers)
	w.as("g1").send("guest", "buy", "amount", 60)
	w.after(time.Hour).as("a1").send("ann", "buy", "amount", 45)
	before := w.now
	w.after(time.Hour).merge("ann", "guest")
	w.commit(true)
	kinds := []string{}
	require.NoError(t, engine.LedgerBack(w.store, "ann", 0, func(rec *engine.Record) bool {
		for i := range rec.Outcome.Entries {
			e := engine.NewLedgerEntry(rec, &rec.Outcome.Entries[i], "ann")
			if e.Points == "stars" {
				kinds = append(kinds, string(e.Kind)+" "+e.Amount.String()+" "+e.Balance.String()+" "+e.From)
			}
		}
		return true
	}))
	require.Equal(t, []string{"merged 60 105 guest", "issued 45 45 ", "issued 60 60 guest"}, kinds)
	for id, spent := range map[string]string{"ann": "45", "guest": "60"} {
		m, err := engine.MemberAt(w.store, w.versions, id, before)
		require.NoError(t, err)
		require.Equal(t, spent, m.Progress(w.p.Rules(), before, nil).Counters["spent"].String(), "each as it was")
	}
	m, err := engine.MemberAt(w.store, w.versions, "ann", w.now)
	require.NoError(t, err)
	require.Equal(t, "105", m.Progress(w.p.Rules(), w.now, nil).Counters["spent"].String())
	x, err := engine.Explain(w.store, w.versions, "laurel:key/merge-ann-guest")
	require.NoError(t, err)
	require.Equal(t, "105", x.After.Counters["spent"].String())
	x, err = engine.Explain(w.store, w.versions, "g1")
	require.NoError(t, err)
	require.Equal(t, "60", x.After.Counters["spent"].String())
}

func TestALevelThatEitherKeepsLongerIsKept(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
rules: {reached: {when: tier_reached, if: event.level == "gold", give: {stars: 10}}}
counters: {year: {when: buy, add: event.amount, every: year}}
tiers: {club: {counter: year, levels: {basic: 0, gold: 100}, keep: 12 months}}
`)
	w.at("2026-01-10T12:00:00Z").as("a1").send("ann", "buy", "amount", 90)
	w.at("2026-06-10T12:00:00Z").send("guest", "buy", "amount", 20)
	w.at("2026-12-10T12:00:00Z").send("guest", "buy", "amount", 80)
	w.at("2026-12-11T12:00:00Z").merge("ann", "guest")
	require.Equal(t, "gold", w.tier("ann", "club"))
	w.has("ann", "stars", "10")
	w.restart(true)
	w.at("2027-09-01T12:00:00Z").jobs()
	require.Equal(t, "gold", w.tier("ann", "club"), "the guest had reached it in December")
	w.accept(w.dated(engine.NewVoid("a1")))
	require.Equal(t, "gold", w.tier("ann", "club"), "a reversal leaves it")
	w.at("2027-12-11T12:00:00Z")
	require.Equal(t, "basic", w.tier("ann", "club"))
}

func TestLotsExpireByTheRulesThatTheyWereGivenUnder(t *testing.T) {
	const rest = `
events: {buy: {amount: number}, visit: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
rewards: {mug: {cost: {stars: 10}, hold: 2 days}}
`
	w := program(t, "points: {stars: {expire: 10 days after last visit, negative: floor}}"+rest)
	w.as("g1").send("guest", "buy", "amount", 30)
	w.activate("points: {stars: {expire: 20 days after last buy, negative: floor}}" + rest)
	w.after(time.Hour).as("a1").send("ann", "buy", "amount", 30)
	w.claim("guest", "mug", "c1", "")
	w.claim("guest", "mug", "c2", "")
	w.confirm("c2", "")
	w.merge("ann", "guest")
	w.has("ann", "stars", "40")
	w.cancel("c1")
	w.has("ann", "stars", "50")
	w.giveBack("r1", "c2", "")
	w.has("ann", "stars", "60")
	w.restart(true)
	w.after(5*24*time.Hour).send("ann", "visit")
	w.after(9 * 24 * time.Hour)
	w.has("ann", "stars", "60")
	w.after(2 * 24 * time.Hour)
	w.has("ann", "stars", "30")
	w.after(5 * 24 * time.Hour)
	w.has("ann", "stars", "0")
}

func TestAMergeWithOpenHoldsAndWhatTheyEndAs(t *testing.T) {
	w := program(t, mergers)
	w.send("guest", "buy", "amount", 30)
	w.send("ann", "buy", "amount", 5)
	w.claim("guest", "mug", "c1", "")
	w.claim("guest", "mug", "c2", "")
	w.merge("ann", "guest")
	w.has("ann", "stars", "15")
	w.decidedAgainst("limit", engine.NewClaim("c3", "ann", "mug", 0))
	w.confirm("c1", "")
	w.restart(true)
	w.after(80 * time.Hour).jobs()
	w.has("ann", "stars", "25")
	w.claim("ann", "mug", "c4", "")
	w.has("ann", "stars", "15")
}

func TestCardsOfAMergedMemberFindTheSurvivor(t *testing.T) {
	w := program(t, mergers)
	w.send("ann", "visit")
	w.send("guest", "visit")
	guests, anns := engine.CardNumber([16]byte{1}), engine.CardNumber([16]byte{2})
	w.accept(w.dated(engine.NewCard("c1", "guest", guests)))
	w.accept(w.dated(engine.NewCard("c2", "ann", anns)))
	w.merge("ann", "guest")
	w.restart(true)
	for _, number := range []string{guests, anns} {
		card, err := w.p.FindCard(number)
		require.NoError(t, err)
		require.Equal(t, []string{"ann", engine.CardActive}, []string{card.Member, card.State})
	}
	cards, err := w.p.Cards("ann")
	require.NoError(t, err)
	require.Len(t, cards, 2)
	w.accept(w.dated(engine.NewCardBlock("c3", "ann", guests)))
	card, err := w.p.FindCard(guests)
	require.NoError(t, err)
	require.Equal(t, engine.CardBlocked, card.State)
	w.p.SealCodes([]byte("secret"))
	w.erase("ann")
	card, err = w.p.FindCard(guests)
	require.NoError(t, err)
	require.Nil(t, card)
}

func TestARankingOfTheTimeBeforeAMerge(t *testing.T) {
	w := program(t, mergers)
	w.send("ann", "buy", "amount", 5)
	w.send("guest", "buy", "amount", 7)
	before := w.now
	w.after(time.Hour).merge("ann", "guest")
	w.commit(true)
	b := w.p.Rules().Leaderboard("top")
	past, err := engine.ScoresAt(w.store, leaderboards.Key{Board: b.Key, Season: "all"}, 0, before, 1000)
	require.NoError(t, err)
	require.Equal(t, "5", past["ann"].Value.String())
	require.Equal(t, "7", past["guest"].Value.String())
}

func TestWhatTogetherCannotBeCountedIsNotMerged(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}, visit: {}}
points: {stars: {}}
rules: {visit: {when: visit, give: {stars: 8000000000000}}}
counters: {spent: {when: buy, add: event.amount, public: true}}
`)
	w.send("guest", "buy", "amount", 5_000_000_000_000)
	w.send("ann", "buy", "amount", 5_000_000_000_000)
	w.send("bob", "visit")
	w.send("cem", "visit")
	for range 2 {
		_, refusal, err := w.p.Process(w.dated(engine.NewMerge("m1", "ann", "guest")))
		require.NoError(t, err)
		require.Equal(t, engine.CodeOverflow, refusal.Code)
	}
	require.Equal(t, "5000000000000", w.counter("guest", "spent"))
	w.refused("overflow", w.dated(engine.NewMerge("m2", "bob", "cem")))
}

func TestAPrizeOnItsWayToAMergedMemberIsTheSurvivors(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}}
points: {coins: {}}
counters: {week: {when: buy, add: event.amount, every: week}}
leaderboards: {weekly: {counter: week, prizes: [{ranks: 1, give: {coins: 100}}]}}
`)
	w.at("2026-05-06T12:00:00Z").send("guest", "buy", "amount", 30)
	w.send("ann", "buy", "amount", 20)
	w.at("2026-05-15T12:00:00Z").send("ann", "buy", "amount", 1)
	w.merge("ann", "guest")
	h := &enginetest.Runtime{S: w.store, P: w.p, At: w.now}
	w.commit(false)
	require.NoError(t, h.CloseSeasons())
	w.has("ann", "coins", "100")
	require.Equal(t, []string{"1 ann 1"}, w.standings("weekly", "2026-W20", ""))
}

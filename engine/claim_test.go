package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// sells is a program whose events give points of one phrase of expiry, and which sells rewards.
func sells(t *testing.T, points, rewards string) *world {
	return program(t, `
member: {region?: text, vip?: boolean}
events: {award: {points: number}, visit: {}, gift: {}, bye: {to: member}}
points:
  stars: `+points+`
  gems: {}
rules:
  award: {when: award, give: {stars: event.points}}
rewards:
  `+strings.ReplaceAll(strings.TrimSpace(rewards), "\n", "\n  ")+"\n")
}

func amountOf(s string) decimal.Decimal {
	if s == "" {
		return 0
	}
	d, err := decimal.Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

// dated is a command of now.
func (w *world) dated(e *event.Event) *event.Event {
	e.Time, e.Arrived = w.now, w.now
	return e
}

func (w *world) claim(member, reward, id, amount string) *engine.Outcome {
	w.t.Helper()
	return w.accept(w.dated(engine.NewClaim(id, member, reward, amountOf(amount))))
}

func (w *world) confirm(claim, amount string) *engine.Outcome {
	w.t.Helper()
	return w.accept(w.dated(engine.NewConfirm("", claim, amountOf(amount))))
}

func (w *world) cancel(claim string) *engine.Outcome {
	w.t.Helper()
	return w.accept(w.dated(engine.NewCancel("", claim)))
}

func (w *world) giveBack(id, claim, amount string) *engine.Outcome {
	w.t.Helper()
	return w.accept(w.dated(engine.NewReturn(id, claim, amountOf(amount))))
}

// decidedAgainst requires that the state refuses a command, and that the refusal is remembered under its id.
func (w *world) decidedAgainst(code string, e *event.Event) {
	w.t.Helper()
	w.dated(e)
	again := *e
	for _, e := range []*event.Event{e, &again} {
		out, refusal, err := w.p.Process(e)
		require.NoError(w.t, err)
		require.NotNil(w.t, refusal, "%s is accepted", e.ID)
		require.Equal(w.t, code, refusal.Code)
		require.Equal(w.t, e == &again, out.Duplicate, "it is remembered")
	}
}

// balance requires spendable, held, spent, expired and debt.
func (w *world) balance(member string, want ...int64) {
	w.t.Helper()
	b := w.progress(member).Points["stars"]
	var got []int64
	for _, d := range []decimal.Decimal{b.Spendable, b.Held, b.Spent, b.Expired, b.Debt}[:len(want)] {
		got = append(got, int64(d/decimal.One))
	}
	require.Equal(w.t, want, got, "spendable, held, spent, expired and debt of %s at %s", member, w.now)
}

// claims are the states of a member's claims: "c1 open 100".
func (w *world) claims(member string) []string {
	list := []string{}
	for _, c := range w.p.Member(member).ClaimsAt(w.now) {
		list = append(list, strings.TrimSpace(c.Claim+" "+c.State+" "+c.Points["stars"].String()))
	}
	return list
}

// holds are the rewards that a member holds.
func (w *world) holds(member string) []string {
	list := []string{}
	for _, r := range w.progress(member).Rewards {
		list = append(list, strings.TrimSpace(r.Reward+" "+r.Code))
	}
	return list
}

func TestAClaimHoldsAndAConfirmationSpends(t *testing.T) {
	w := sells(t, "{expire: 30 days after earning}", "mug: {cost: {stars: 100}, valid: 10 days}")
	w.send("ann", "award", "points", 250)
	out := w.claim("ann", "mug", "c1", "")
	require.Equal(t, "open", out.Effects[0].State)
	w.balance("ann", 150, 100, 0)
	require.Equal(t, []string{"c1 open 100"}, w.claims("ann"))
	require.Empty(t, w.holds("ann"), "a reward is received when its claim is confirmed")
	require.Equal(t, []string{"2026-06-01T00:00:00Z 150"}, w.expires("ann"), "what is held is not about to expire")

	w.after(time.Minute)
	require.Contains(t, gave(w.confirm("c1", "")), "rewards/mug -100 stars")
	w.balance("ann", 150, 0, 100)
	require.Equal(t, []string{"c1 confirmed 100"}, w.claims("ann"))
	require.True(t, w.confirm("c1", "").Duplicate, "repeating it is harmless")
	require.Equal(t, []string{"mug"}, w.holds("ann"))
	w.at("2026-05-11T23:59:59Z")
	require.Equal(t, []string{"mug"}, w.holds("ann"))
	w.at("2026-05-12T00:00:00Z")
	require.Empty(t, w.holds("ann"), "valid until the end of the tenth local day")
}

func TestPEN08_AHoldIsOverAtItsInstantWhetherOrNotAJobRan(t *testing.T) {
	for _, job := range []bool{false, true} {
		w := sells(t, "{}", "mug: {cost: {stars: 300}}")
		w.send("ann", "award", "points", 500)
		w.claim("ann", "mug", "c1", "")
		w.after(14*time.Minute+59*time.Second).balance("ann", 200, 300)
		require.Equal(t, []string{"c1 open 300"}, w.claims("ann"))
		w.after(time.Second).balance("ann", 500, 0)
		require.Equal(t, []string{"c1 timed_out 0"}, w.claims("ann"))
		if job {
			w.jobs()
			w.balance("ann", 500, 0)
		}
		w.decidedAgainst("hold_released", engine.NewConfirm("k1", "c1", 0))
		w.decidedAgainst("hold_released", engine.NewCancel("k2", "c1"))
		w.decidedAgainst("hold_released", engine.NewReturn("k3", "c1", 0))
		w.balance("ann", 500, 0, 0)
	}
}

func TestPEN09_WhatIsHeldDoesNotExpire(t *testing.T) {
	w := sells(t, "{expire: 30 days after earning}", "mug: {cost: {stars: 60}, hold: 30 minutes}").at("2026-05-01T00:00:00Z")
	w.send("ann", "award", "points", 100)
	w.at("2026-05-31T23:50:00Z").claim("ann", "mug", "c1", "")
	w.at("2026-06-01T00:10:00Z").balance("ann", 0, 60, 0, 40)
	w.confirm("c1", "")
	w.balance("ann", 0, 0, 60, 40)
}

func TestPEN10_WhatComesBackAfterItsExpiryIsExpired(t *testing.T) {
	for _, phrase := range []string{"30 days after earning", "30 days after last visit"} {
		for _, cancel := range []bool{false, true} {
			w := sells(t, "{expire: "+phrase+"}", "mug: {cost: {stars: 100}, hold: 30 minutes}").at("2026-05-01T00:00:00Z")
			w.send("ann", "visit")
			w.send("ann", "award", "points", 100)
			w.at("2026-05-31T23:50:00Z").claim("ann", "mug", "c1", "")
			w.at("2026-06-01T00:05:00Z").send("ann", "visit") // too late to keep what had expired
			w.balance("ann", 0, 100, 0, 0)
			if w.at("2026-06-01T00:10:00Z"); cancel {
				w.cancel("c1")
			} else {
				w.at("2026-06-01T00:20:00Z").balance("ann", 0, 0, 0, 100)
				w.jobs()
			}
			w.balance("ann", 0, 0, 0, 100)
			var dated []string
			w.ledger("ann", func(e engine.Entry) {
				if e.Kind == engine.EntryExpired || e.Kind == engine.EntryFreed {
					dated = append(dated, string(e.Kind)+" "+e.At.String())
				}
			})
			at := map[bool]string{true: "2026-06-01T00:10:00Z", false: "2026-06-01T00:20:00Z"}[cancel]
			require.Equal(t, []string{"freed " + at, "expired " + at}, dated, "at once")
		}
	}
}

// A late visit shows that what was held had not expired.
func TestALateEventKeepsWhatIsHeld(t *testing.T) {
	w := sells(t, "{expire: 30 days after last visit}", "mug: {cost: {stars: 100}, hold: 2 hours}").at("2026-05-01T00:00:00Z")
	w.send("ann", "visit")
	w.send("ann", "award", "points", 100)
	w.at("2026-05-31T23:50:00Z").claim("ann", "mug", "c1", "")
	w.at("2026-06-01T00:10:00Z").jobs()
	w.late("2026-05-31T20:00:00Z").send("ann", "visit")
	w.cancel("c1")
	w.balance("ann", 100, 0, 0, 0)
}

func TestPEN12_AHoldResolvesOnce(t *testing.T) {
	w := sells(t, "{}", "mug: {cost: {stars: 100}}")
	w.send("ann", "award", "points", 500)
	w.claim("ann", "mug", "h1", "")
	w.decidedAgainst("exceeds_hold", engine.NewConfirm("c1", "h1", amountOf("101")))
	w.confirm("h1", "100")
	w.decidedAgainst("hold_captured", engine.NewConfirm("c3", "h1", amountOf("100")))
	w.decidedAgainst("hold_captured", engine.NewCancel("c4", "h1"))
	w.balance("ann", 400, 0, 100)
}

func TestConfirmingLessSpendsTheFirstLotsAndFreesTheLast(t *testing.T) {
	w := sells(t, "{expire: 10 days after earning}", "give: {cost: {stars: 50 or more}}")
	w.at("2026-05-01T00:00:00Z").send("ann", "award", "points", 100)
	w.at("2026-05-03T00:00:00Z").send("ann", "award", "points", 100)
	w.at("2026-05-05T00:00:00Z").claim("ann", "give", "c1", "180")
	w.balance("ann", 20, 180)
	w.confirm("c1", "130")
	w.balance("ann", 70, 0, 130)
	require.Equal(t, []string{"2026-05-14T00:00:00Z 70"}, w.expires("ann"))
}

func TestTheAmountOfAClaim(t *testing.T) {
	w := sells(t, "{}", `
give: {cost: {stars: 50 or more}}
mug: {cost: {stars: 100}}
both: {cost: {stars: 10, gems: 5}}
only_given: {}`)
	w.send("ann", "award", "points", 500)
	for _, test := range []struct{ reward, amount, code string }{
		{"give", "49", "does_not_fit"},
		{"give", "50.5", "does_not_fit"},
		{"mug", "99", "does_not_fit"},
		{"mug", "101", "does_not_fit"},
		{"both", "10", "does_not_fit"},
		{"only_given", "", "not_for_sale"},
		{"cup", "", "not_found"},
	} {
		w.refused(test.code, w.dated(engine.NewClaim("x", "ann", test.reward, amountOf(test.amount))))
	}
	w.refused("member_unknown", w.dated(engine.NewClaim("x", "bob", "mug", 0)))
	w.refused("unknown_claim", w.dated(engine.NewConfirm("", "x", 0)))
	w.claim("ann", "give", "x", "")
	w.claim("ann", "mug", "y", "100")
	w.balance("ann", 350, 150)
	w.decidedAgainst("insufficient", engine.NewClaim("z", "ann", "both", 0)) // there are no gems
	w.refused("does_not_fit", w.dated(engine.NewConfirm("", "y", amountOf("0.5"))))
	w.refused("event_conflict", w.dated(engine.NewClaim("y", "ann", "give", 0)))
}

func TestIDM05_ARefusalIsRemembered(t *testing.T) {
	w := sells(t, "{}", "mug: {cost: {stars: 50}}")
	w.send("ann", "visit")
	w.decidedAgainst("insufficient", engine.NewClaim("s1", "ann", "mug", 0))
	w.send("ann", "award", "points", 100)
	w.decidedAgainstAgain("insufficient", engine.NewClaim("s1", "ann", "mug", 0))
	w.refused("unknown_claim", w.dated(engine.NewConfirm("", "s1", 0)))
	w.claim("ann", "mug", "s2", "")
	w.balance("ann", 50, 50)
	w.restart(true)
	w.decidedAgainstAgain("insufficient", engine.NewClaim("s1", "ann", "mug", 0))
}

// decidedAgainstAgain requires that an earlier refusal stands.
func (w *world) decidedAgainstAgain(code string, e *event.Event) {
	w.t.Helper()
	out, refusal, err := w.p.Process(w.dated(e))
	require.NoError(w.t, err)
	require.NotNil(w.t, refusal)
	require.Equal(w.t, []any{code, true}, []any{refusal.Code, out.Duplicate})
}

// twoLots are 50 stars until March and 50 until June, of which 80 are spent.
func twoLots(t *testing.T) *world {
	w := program(t, `
events: {early: {}, late: {}}
points: {stars: {expire: 59 days after earning}, june: {}}
rules:
  early: {when: early, give: {stars: 50}}
  late: {when: late, give: {stars: 50}, pending: 92 days}
rewards: {give: {cost: {stars: 10 or more}}}
`)
	w.at("2026-01-01T00:00:00Z").send("ann", "late") // available from 4 April until 2 June
	w.at("2026-03-01T00:00:00Z").send("ann", "early")
	w.at("2026-04-10T00:00:00Z").claim("ann", "give", "s1", "80")
	w.confirm("s1", "")
	return w
}

func TestREF13_AReturnGoesBackToTheLotsItCameFrom(t *testing.T) {
	w := twoLots(t)
	w.at("2026-04-20T00:00:00Z")
	out := w.giveBack("v1", "s1", "")
	require.Equal(t, []string{"rewards/give 80 stars", "rewards/give reward give"}, gave(out))
	require.Equal(t, []string{"2026-04-30T00:00:00Z 50", "2026-06-03T00:00:00Z 50"}, w.expires("ann"))
	w.at("2026-04-30T00:00:00Z").balance("ann", 50, 0, 0, 50)
	require.Equal(t, []string{"s1 returned 0"}, w.claims("ann"))
	require.Empty(t, w.holds("ann"))
}

func TestREF14_AReturnAfterALotHasExpired(t *testing.T) {
	w := twoLots(t)
	out := w.at("2026-05-15T00:00:00Z").giveBack("v1", "s1", "")
	require.Equal(t, []string{"30", "80"}, []string{out.Effects[0].Amount.String(), out.Effects[0].Wanted.String()}, "restored, of what came back")
	w.balance("ann", 50, 0, 0, 50)
}

func TestREF16_APartialReturnGoesToTheLatestExpiryFirst(t *testing.T) {
	w := twoLots(t)
	w.at("2026-04-12T00:00:00Z").giveBack("v1", "s1", "30")
	require.Equal(t, []string{"2026-06-03T00:00:00Z 50"}, w.expires("ann"))
	require.Equal(t, []string{"give"}, w.holds("ann"), "part of it is still spent")
	require.Equal(t, []string{"s1 confirmed 50"}, w.claims("ann"))
	w.decidedAgainst("return_too_large", engine.NewReturn("v2", "s1", amountOf("51")))
	out := w.giveBack("v3", "s1", "")
	require.Equal(t, "50", out.Effects[0].Amount.String())
	w.balance("ann", 100, 0, 0, 0)
	w.decidedAgainst("return_too_large", engine.NewReturn("v4", "s1", 0))
	require.True(t, w.giveBack("v3", "s1", "").Duplicate)
}

func TestAReturnNeedsAConfirmation(t *testing.T) {
	w := sells(t, "{}", "mug: {cost: {stars: 50}}")
	w.send("ann", "award", "points", 100)
	w.claim("ann", "mug", "c1", "")
	w.decidedAgainst("not_confirmed", engine.NewReturn("r1", "c1", 0))
	w.cancel("c1")
	w.balance("ann", 100, 0, 0)
	require.Equal(t, []string{"c1 cancelled 0"}, w.claims("ann"))
	require.True(t, w.cancel("c1").Duplicate)
	w.decidedAgainst("hold_released", engine.NewConfirm("k", "c1", 0))
}

// What had been spent of a lot that expired for want of visits does not come alive again because of a visit long after.
func TestAReturnToALotThatExpiredMeanwhile(t *testing.T) {
	w := sells(t, "{expire: 10 days after last visit}", "mug: {cost: {stars: 100}}").at("2026-05-01T00:00:00Z")
	w.send("ann", "visit")
	w.send("ann", "award", "points", 100)
	w.claim("ann", "mug", "c1", "")
	w.confirm("c1", "")
	w.at("2026-07-01T00:00:00Z").send("ann", "visit")
	w.giveBack("r1", "c1", "")
	w.balance("ann", 0, 0, 0, 100)
}

func TestREF19_WhatComesBackPaysDebtFirst(t *testing.T) {
	for _, how := range []string{"return", "cancel", "timeout"} {
		w := sells(t, "{}", "mug: {cost: {stars: 100}}")
		w.as("p1").send("ann", "award", "points", 100)
		w.claim("ann", "mug", "c1", "")
		if how == "return" {
			w.confirm("c1", "")
		}
		w.amend("p1", `{"points":60}`)
		require.Equal(t, "40", w.progress("ann").Points["stars"].Debt.String(), "held points are not touched: %s", how)
		w.has("ann", "stars", "0")
		switch how {
		case "return":
			w.giveBack("r1", "c1", "")
		case "cancel":
			w.cancel("c1")
		default:
			w.after(15*time.Minute).balance("ann", 60, 0, 0, 0, 0)
			w.jobs()
		}
		w.balance("ann", 60, 0, 0, 0, 0)
	}
}

// Debt that a given-back hold pays is paid before the lot expires, whether or not anybody wrote it down in between.
func TestAHoldThatIsOverPaysDebtBeforeItsLotExpires(t *testing.T) {
	w := sells(t, "{expire: 2 hours after earning}", "mug: {cost: {stars: 100}}")
	w.as("p1").send("ann", "award", "points", 100)
	w.claim("ann", "mug", "c1", "")
	w.amend("p1", `{"points":60}`)
	w.after(3*time.Hour).balance("ann", 0, 0, 0, 60, 0)
	w.jobs()
	w.balance("ann", 0, 0, 0, 60, 0)
}

func TestEventsOfClaims(t *testing.T) {
	w := program(t, `
events: {award: {}}
points: {stars: {}, gems: {}, thanks: {}}
rules:
  award: {when: award, give: {stars: 100, gems: 100}}
  claimed: {when: reward_claimed, if: event.points == "stars" and event.claim == "c1", give: {thanks: event.amount}}
  confirmed: {when: reward_confirmed, if: event.kind == "donation" and event.points == "gems", give: {thanks: event.amount}}
counters:
  given: {when: reward_confirmed, if: event.reward == "give" and event.points == "stars", add: event.amount, public: true}
challenges:
  thrice: {when: reward_confirmed, if: event.points == "gems", goal: 2, give: {thanks: 1000}}
rewards:
  give: {kind: donation, cost: {stars: 10 or more, gems: 5}}
`)
	w.as("e1").send("ann", "award")
	w.claim("ann", "give", "c1", "30")
	w.has("ann", "thanks", "30")
	require.Equal(t, "0", w.counter("ann", "given"))
	w.confirm("c1", "20")
	w.has("ann", "thanks", "35")
	require.Equal(t, "20", w.counter("ann", "given"), "what was spent")
	w.claim("ann", "give", "c2", "")
	w.confirm("c2", "")
	require.Equal(t, "30", w.counter("ann", "given"))
	w.has("ann", "thanks", "1040")
	w.giveBack("r1", "c2", "")
	require.Equal(t, "20", w.counter("ann", "given"), "what came back counts no more")
	w.reached("ann", "thrice", "1", false, 0)
	w.has("ann", "thanks", "40") // what the rule gave stays
	w.void("e1")
	require.Equal(t, "20", w.counter("ann", "given"), "the void of what paid for it undoes no claim")
	w.reached("ann", "thrice", "1", false, 0)
}

func TestTheRewardsThatAMemberHoldsCanBeAskedFor(t *testing.T) {
	w := program(t, `
events: {award: {}, ask: {}}
points: {stars: {}, yes: {}}
rules:
  award: {when: award, give: {stars: 100}}
  ask: {when: ask, give: {yes: member.rewards.mug}}
rewards: {mug: {cost: {stars: 10}}}
`)
	w.send("ann", "award")
	w.claim("ann", "mug", "c1", "")
	w.send("ann", "ask")
	w.has("ann", "yes", "0")
	w.confirm("c1", "")
	w.claim("ann", "mug", "c2", "")
	w.confirm("c2", "")
	w.send("ann", "ask")
	w.has("ann", "yes", "2")
	w.giveBack("r1", "c1", "")
	w.send("ann", "ask")
	w.has("ann", "yes", "3")
}

// The past is as it was: a hold is open while it was, and over from its instant on.
func TestClaimsInThePast(t *testing.T) {
	w := sells(t, "{}", "mug: {cost: {stars: 100}, stock: 1, codes: generated}")
	w.at("2026-05-01T12:00:00Z").send("ann", "award", "points", 250)
	w.at("2026-05-01T13:00:00Z").claim("ann", "mug", "c1", "")
	w.at("2026-05-01T14:00:00Z").claim("ann", "mug", "c2", "")
	w.decidedAgainst("stock", engine.NewClaim("c3", "ann", "mug", 0))
	w.at("2026-05-01T14:01:00Z").confirm("c2", "")
	w.at("2026-05-01T15:00:00Z").giveBack("r1", "c2", "40")
	w.commit(false)
	stars := w.p.Rules().PointsType("stars")
	for _, test := range []struct {
		at     string
		want   []string
		claims string
	}{
		{"2026-05-01T12:59:00Z", []string{"250", "0", "0"}, "[]"},
		{"2026-05-01T13:14:59Z", []string{"150", "100", "0"}, "[open]"},
		{"2026-05-01T13:15:00Z", []string{"250", "0", "0"}, "[timed_out]"},
		{"2026-05-01T14:00:30Z", []string{"150", "100", "0"}, "[timed_out open]"},
		{"2026-05-01T14:59:00Z", []string{"150", "0", "100"}, "[timed_out confirmed]"},
		{"2026-05-01T15:00:00Z", []string{"190", "0", "60"}, "[timed_out confirmed]"},
	} {
		at := moment(t, test.at)
		m, err := engine.MemberAt(w.store, w.versions, "ann", at)
		require.NoError(t, err)
		b := m.Balance(w.p.Rules(), stars, at)
		require.Equal(t, test.want, []string{b.Spendable.String(), b.Held.String(), b.Spent.String()}, test.at)
		var states []string
		for _, c := range m.ClaimsAt(at) {
			states = append(states, c.State)
		}
		require.Equal(t, test.claims, fmt.Sprint(states), test.at)
	}
	last, err := engine.MemberAt(w.store, w.versions, "ann", w.now)
	require.NoError(t, err)
	require.Equal(t, w.p.Member("ann").RewardsHeld(w.now), last.RewardsHeld(w.now), "with their codes")
}

func TestAHoldOfDaysEndsWithALocalDay(t *testing.T) {
	w := program(t, `
timezone: America/New_York
events: {award: {}}
points: {stars: {}}
rules: {award: {when: award, give: {stars: 10}}}
rewards: {mug: {cost: {stars: 10}, hold: 2 days}}
`).at("2026-05-01T12:00:00Z")
	w.send("ann", "award")
	w.claim("ann", "mug", "c1", "")
	require.Equal(t, "2026-05-04T04:00:00Z", w.progress("ann").Claims[0].Until.String())
	w.at("2026-05-04T03:59:59Z")
	require.Len(t, w.progress("ann").Claims, 1)
	w.at("2026-05-04T04:00:00Z")
	require.Empty(t, w.progress("ann").Claims)
}

// A version without the reward still knows what to do with its claims, and new ones are refused.
func TestAClaimOutlivesItsReward(t *testing.T) {
	text := "events: {award: {}}\npoints: {stars: {}}\nrules: {award: {when: award, give: {stars: 50}}}\n"
	w := program(t, text+"rewards: {mug: {cost: {stars: 10}}}\n")
	w.send("ann", "award")
	w.claim("ann", "mug", "c1", "")
	w.claim("ann", "mug", "c2", "")
	w.after(time.Minute).activate(text + "rewards: {cup: {cost: {stars: 10}}}\n")
	w.after(time.Minute).confirm("c1", "")
	w.cancel("c2")
	w.refused("not_found", w.dated(engine.NewClaim("c3", "ann", "mug", 0)))
	w.balance("ann", 40, 0, 10)
	w.giveBack("r1", "c1", "")
	w.balance("ann", 50, 0, 0)
}

// Old claims leave the member's state; they can be returned all the same.
func TestVeryManyClaims(t *testing.T) {
	w := sells(t, "{}", "mug: {cost: {stars: 1}}")
	w.send("ann", "award", "points", 1000)
	for i := range engine.MaxClaims + 50 {
		id := fmt.Sprint("c", i)
		w.claim("ann", "mug", id, "")
		if i != 1 {
			w.confirm(id, "")
		}
	}
	require.Len(t, w.p.Member("ann").Claims, engine.MaxClaims)
	w.restart(true)
	w.giveBack("r0", "c0", "")
	w.restart(false)
	w.decidedAgainst("return_too_large", engine.NewReturn("r1", "c0", 0))
	w.confirm("c1", "")
	w.balance("ann", 1000-engine.MaxClaims-49, 0, engine.MaxClaims+49)
	m, err := engine.MemberAt(w.store, w.versions, "ann", w.now)
	require.NoError(t, err)
	require.True(t, m.Accounts[0].Proved())
}

// What is confirmed of a hold is what the reward costs at least: a fixed price whole, `N or more` N of it.
func TestAConfirmationIsNotBelowThePrice(t *testing.T) {
	w := sells(t, "{}", `
give: {cost: {stars: 50 or more}}
mug: {cost: {stars: 100}}`)
	w.send("ann", "award", "points", 500)
	w.claim("ann", "mug", "m", "")
	w.refused("does_not_fit", w.dated(engine.NewConfirm("m1", "m", amountOf("1"))))
	w.refused("does_not_fit", w.dated(engine.NewConfirmation("m2", "m", amountOf("99"), true, "")))
	w.accept(w.dated(engine.NewConfirm("m3", "m", amountOf("100"))))
	w.claim("ann", "give", "g", "80")
	w.refused("does_not_fit", w.dated(engine.NewConfirm("g1", "g", amountOf("49"))))
	w.accept(w.dated(engine.NewConfirm("g2", "g", amountOf("50"))))
}

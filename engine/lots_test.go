package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// awards is a program whose events give, and take, points of one phrase of expiry.
func awards(t *testing.T, zone, points string) *world {
	return program(t, `
timezone: `+zone+`
events:
  award: {points: number}
  spend: {points: number}
  visit: {}
points:
  stars: `+points+`
rules:
  award: {when: award, give: {stars: event.points}}
  spend: {when: spend, take: {stars: event.points}}
`)
}

func (w *world) expires(member string) []string {
	list := []string{}
	for _, e := range w.progress(member).Points["stars"].Expiring {
		list = append(list, e.At.String()+" "+e.Amount.String())
	}
	return list
}

func TestWhenLotsExpire(t *testing.T) {
	tests := []struct{ name, zone, phrase, earned, expires string }{
		{"LOT-01 months end with the local day", "Europe/Berlin", "12 months after earning", "2026-01-15T10:00:00Z", "2027-01-15T23:00:00Z"},
		{"LOT-03 months clamp to the month's end", "America/New_York", "12 months after earning", "2028-02-29T17:00:00Z", "2029-03-01T05:00:00Z"},
		{"LOT-04 a month from 31 January is 28 February", "UTC", "1 month after earning", "2026-01-31T12:00:00Z", "2026-03-01T00:00:00Z"},
		{"LOT-05 days end on the short day of spring", "Europe/Berlin", "30 days after earning", "2026-02-27T08:00:00Z", "2026-03-29T22:00:00Z"},
		{"LOT-07 hours are exact", "Europe/Berlin", "24 hours after earning", "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"},
		{"LOT-16 next year's end, earned before midnight", "Asia/Tokyo", "end of next year", "2026-12-31T14:59:59Z", "2027-12-31T15:00:00Z"},
		{"LOT-16 next year's end, earned after midnight", "Asia/Tokyo", "end of next year", "2026-12-31T15:00:00Z", "2028-12-31T15:00:00Z"},
		{"end of this month", "Europe/Berlin", "end of this month", "2026-05-31T21:59:59Z", "2026-05-31T22:00:00Z"},
		{"end of next quarter", "UTC", "end of next quarter", "2026-05-01T00:00:00Z", "2026-10-01T00:00:00Z"},
		{"end of the month, some time after earning", "UTC", `"end of month, 12 months after earning"`, "2026-05-10T00:00:00Z", "2027-06-01T00:00:00Z"},
		{"the first of several", "UTC", "[12 months after earning, end of this quarter]", "2026-05-10T00:00:00Z", "2026-07-01T00:00:00Z"},
		{"weeks", "UTC", "2 weeks after earning", "2026-05-10T12:00:00Z", "2026-05-25T00:00:00Z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := awards(t, test.zone, "{expire: "+test.phrase+"}")
			out := w.at(test.earned).send("ann", "award", "points", 100)
			require.Equal(t, test.expires, out.Effects[0].Expires.String())
			require.Equal(t, []string{test.expires + " 100"}, w.expires("ann"))
			w.at(test.expires).after(-time.Millisecond).has("ann", "stars", "100")
			w.at(test.expires).has("ann", "stars", "0")
			require.Equal(t, "100", w.progress("ann").Points["stars"].Expired.String(), "whether or not a job ran")
			w.jobs()
			w.has("ann", "stars", "0")
			require.Equal(t, "100", w.progress("ann").Points["stars"].Expired.String())
		})
	}
}

// Of two lots, the one given first is held back and so expires last.
func TestLOT08_SpendingOrder(t *testing.T) {
	tests := []struct{ name, spend, left string }{
		{"what expires first is spent first", "", "2026-03-04T00:00:00Z 30"},
		{"spend: oldest goes by age alone", ", spend: oldest", "2026-02-20T00:00:00Z 30"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := program(t, `
events: {slow: {}, fast: {}, spend: {}}
points:
  stars: {expire: 30 days after earning`+test.spend+`}
rules:
  slow: {when: slow, give: {stars: 100}, pending: 30 days}
  fast: {when: fast, give: {stars: 50}}
  spend: {when: spend, take: {stars: 120}}
`)
			w.at("2026-01-01T00:00:00Z").send("ann", "slow")
			w.at("2026-01-20T00:00:00Z").send("ann", "fast")
			w.at("2026-02-02T00:00:00Z").send("ann", "spend")
			w.has("ann", "stars", "30")
			require.Equal(t, []string{test.left}, w.expires("ann"))
			w.at("2026-03-04T00:00:00Z").has("ann", "stars", "0")
			require.Equal(t, "30", w.progress("ann").Points["stars"].Expired.String())
		})
	}
}

func TestAPendingLotThatExpiresSoonerIsNotSpentBeforeItIsAvailable(t *testing.T) {
	w := program(t, `
events: {hold: {}, buy: {}, spend: {points: number}}
points:
  stars: {expire: end of this month}
rules:
  hold: {when: hold, give: {stars: 10}, pending: 2 days}
  buy: {when: buy, give: {stars: 10}}
  spend: {when: spend, take: {stars: event.points}}
`)
	w.at("2026-05-29T12:00:00Z").send("ann", "hold")
	w.send("ann", "buy")
	require.Empty(t, gave(w.send("ann", "spend", "points", 11)), "pending points cannot be spent")
	require.Equal(t, map[string]engine.Reason{"rules/spend": engine.BalanceShort}, w.whyNot(w.event("ann", "spend", "points", 11)))
	require.Equal(t, []string{"rules/spend -10 stars"}, gave(w.send("ann", "spend", "points", 10)))
	w.at("2026-06-01T00:00:00Z").has("ann", "stars", "10")
	require.Equal(t, []string{"2026-07-01T00:00:00Z 10"}, w.expires("ann"), "after earning counts from the day it is available")
}

func TestLOT11_OfTwoThatExpireTogetherTheOlderIsSpentFirst(t *testing.T) {
	w := awards(t, "UTC", "{expire: end of this year}")
	w.at("2026-01-01T00:00:00Z").send("ann", "award", "points", 30)
	w.at("2026-01-02T00:00:00Z").send("ann", "award", "points", 30)
	w.at("2026-01-03T00:00:00Z").send("ann", "spend", "points", 30)
	lots := w.p.Member("ann").Accounts[0].Lots()
	require.Equal(t, []string{"0", "30"}, []string{lots[0].Remaining.String(), lots[1].Remaining.String()})
}

func TestLOT12_NothingIsSpendableAtTheInstantOfExpiry(t *testing.T) {
	w := awards(t, "Europe/Berlin", "{expire: 12 months after earning}")
	w.at("2026-01-15T10:00:00Z").send("ann", "award", "points", 100)
	require.Equal(t, []string{"rules/spend -60 stars"}, gave(w.at("2027-01-15T22:59:59.999Z").send("ann", "spend", "points", 60)))
	require.Empty(t, gave(w.at("2027-01-15T23:00:00Z").send("ann", "spend", "points", 40)))
	balance := w.progress("ann").Points["stars"]
	require.Equal(t, []string{"0", "40"}, []string{balance.Spendable.String(), balance.Expired.String()})
}

func TestLOT14_ActivityMovesTheExpiryOfAllLots(t *testing.T) {
	w := awards(t, "UTC", "{expire: 6 months after last award}")
	w.at("2026-01-10T09:00:00Z").send("ann", "award", "points", 100)
	w.at("2026-03-01T09:00:00Z").send("ann", "award", "points", 5)
	w.at("2026-09-01T23:59:59Z").has("ann", "stars", "105")
	require.Equal(t, []string{"2026-09-02T00:00:00Z 105"}, w.expires("ann"))
	w.at("2026-09-02T00:00:00Z").has("ann", "stars", "0")
}

func TestLOT15_ActivityAfterTheExpiryBringsNothingBack(t *testing.T) {
	for _, job := range []bool{false, true} {
		w := awards(t, "UTC", "{expire: 6 months after last award}")
		w.at("2026-01-10T09:00:00Z").send("ann", "award", "points", 100)
		w.at("2026-07-11T00:00:00Z")
		if job {
			w.jobs()
		}
		w.send("ann", "award", "points", 5)
		w.has("ann", "stars", "5")
		require.Equal(t, "100", w.progress("ann").Points["stars"].Expired.String())
	}
}

func TestALateActivityRestoresWhatHadExpiredInBetween(t *testing.T) {
	for _, job := range []bool{false, true} {
		w := awards(t, "UTC", "{expire: 6 months after last visit}")
		w.at("2026-01-10T09:00:00Z").send("ann", "visit")
		w.send("ann", "award", "points", 100)
		w.at("2026-07-11T10:00:00Z")
		if job {
			w.jobs()
		}
		w.has("ann", "stars", "0")
		out := w.late("2026-07-10T20:00:00Z").send("ann", "visit")
		w.has("ann", "stars", "100")
		require.Equal(t, []string{"2027-01-11T00:00:00Z 100"}, w.expires("ann"))
		last := out.Entries[len(out.Entries)-1]
		require.Equal(t, engine.EntryRestored, last.Kind)
		require.Equal(t, "2026-07-11T00:00:00Z", last.At.String(), "dated at the expiry that was none")
		w.at("2027-01-11T00:00:00Z").jobs()
		w.has("ann", "stars", "0")
	}
}

func TestIdleTimeCountsFromTheLaterOfActivityAndAvailability(t *testing.T) {
	w := awards(t, "UTC", "{expire: 10 days after last visit, pending: 14 days}")
	w.at("2026-05-01T12:00:00Z").send("ann", "visit")
	w.send("ann", "award", "points", 10)
	w.at("2026-05-16T00:00:00Z").has("ann", "stars", "10")
	require.Equal(t, []string{"2026-05-27T00:00:00Z 10"}, w.expires("ann"))
}

func TestPEN01_PendingPointsAreShownAndNotSpendable(t *testing.T) {
	w := awards(t, "UTC", "{pending: 9 days, expire: 30 days after earning}")
	out := w.at("2026-05-10T10:00:00Z").send("ann", "award", "points", 100)
	require.Equal(t, "2026-05-20T00:00:00Z", out.Effects[0].Available.String())
	require.Empty(t, gave(w.send("ann", "spend", "points", 1)))
	require.Equal(t, "100", w.progress("ann").Points["stars"].Pending.String())
	w.at("2026-05-20T00:00:00Z").has("ann", "stars", "100")
	require.Equal(t, []string{"2026-06-20T00:00:00Z 100"}, w.expires("ann"), "PEN-05: the expiry counts from the release")
	w.jobs()
	var kinds []engine.EntryKind
	w.ledger("ann", func(e engine.Entry) { kinds = append(kinds, e.Kind) })
	require.Equal(t, []engine.EntryKind{engine.EntryIssued, engine.EntryReleased}, kinds)
}

func (w *world) ledger(member string, yield func(engine.Entry)) {
	w.t.Helper()
	w.commit(false)
	require.NoError(w.t, engine.Ledger(w.store, member, 0, func(_ uint64, _ calendar.Instant, entries []engine.Entry) bool {
		for _, e := range entries {
			yield(e)
		}
		return true
	}))
}

func TestPendingUntilConfirmedWaitsForEver(t *testing.T) {
	w := awards(t, "UTC", "{pending: until confirmed, expire: [10 days after earning, 10 days after last visit]}")
	w.send("ann", "visit")
	w.send("ann", "award", "points", 100)
	w.at("2030-01-01T00:00:00Z").jobs()
	require.Equal(t, []string{"0", "100"}, []string{w.progress("ann").Points["stars"].Spendable.String(), w.progress("ann").Points["stars"].Pending.String()})
}

func TestARuleMayReleaseAtOnceWhatItsPointsHoldBack(t *testing.T) {
	w := program(t, `
events: {a: {}, b: {}}
points: {stars: {pending: 14 days}}
rules:
  a: {when: a, give: {stars: 1}, pending: none}
  b: {when: b, give: {stars: 1}, pending: 3 hours}
`)
	w.send("ann", "a")
	w.send("ann", "b")
	w.has("ann", "stars", "1")
	w.after(3*time.Hour).has("ann", "stars", "2")
}

func TestTakeNeverMakesDebtAndTakesAllOrNothing(t *testing.T) {
	w := program(t, `
events: {earn: {}, fee: {}}
points: {stars: {}, gems: {}}
rules:
  earn: {when: earn, give: {stars: 10, gems: 1}}
  fee: {when: fee, take: {stars: 6, gems: 1}}
`)
	w.send("ann", "earn")
	require.ElementsMatch(t, []string{"rules/fee -6 stars", "rules/fee -1 gems"}, gave(w.send("ann", "fee")))
	require.Empty(t, gave(w.send("ann", "fee")))
	w.has("ann", "stars", "4")
	w.has("ann", "gems", "0")
}

func TestExpiredPointsAreToldOnceAnInstant(t *testing.T) {
	w := program(t, `
events: {buy: {}}
points: {stars: {expire: 10 days after earning}, sorry: {}}
rules:
  buy: {when: buy, give: {stars: 10}}
  comfort: {when: points_expired, if: event.points == "stars", give: {sorry: event.amount}}
`)
	w.at("2026-05-01T08:00:00Z").send("ann", "buy")
	w.at("2026-05-01T20:00:00Z").send("ann", "buy")
	w.at("2026-05-03T08:00:00Z").send("ann", "buy")
	w.at("2026-05-20T00:00:00Z").jobs()
	w.has("ann", "sorry", "30")
	var dated []string
	w.ledger("ann", func(e engine.Entry) {
		if e.Kind == engine.EntryExpired {
			dated = append(dated, e.At.String()+" "+e.Amount.String())
		}
	})
	require.Equal(t, []string{"2026-05-12T00:00:00Z -10", "2026-05-12T00:00:00Z -10", "2026-05-14T00:00:00Z -10"}, dated)
}

// A reversal can leave a debt. What becomes spendable later pays it first.
func TestDebtIsPaidByWhateverBecomesSpendable(t *testing.T) {
	rules := compile(t, `
events: {now: {}, later: {}}
points: {stars: {}}
rules:
  now: {when: now, give: {stars: 30}}
  later: {when: later, give: {stars: 100}, pending: 1 day}
`)
	subjects := engine.NewSubjects(rules, func(string) []byte { return nil })
	at, seq := moment(t, "2026-05-01T12:00:00Z"), uint64(0)
	apply := func(kind string) *engine.Member {
		seq++
		e := &event.Event{ID: kind + decimal.Decimal(seq*1_000_000).String(), Type: kind, Member: "ann", Time: at, Arrived: at}
		engine.Apply(rules, subjects, e, seq, nil)
		require.True(t, subjects.Member("ann").Accounts[0].Proved())
		return subjects.Member("ann")
	}
	ann := apply("now")
	account := ann.Accounts[0]
	account.Debt, account.Reversed = 80_000_000, 80_000_000
	require.True(t, account.Proved())
	stars := rules.PointsType("stars")
	require.Equal(t, "0", ann.Balance(rules, stars, at).Spendable.String(), "nothing is spendable while there is debt")

	apply("now")
	require.Equal(t, "50", account.Debt.String())
	apply("later")
	require.Equal(t, "50", account.Debt.String(), "pending points pay nothing yet")
	at = at.Add(48 * time.Hour)
	before := ann.Balance(rules, stars, at)
	apply("now")
	after := ann.Balance(rules, stars, at)
	require.Equal(t, []string{"80", "0"}, []string{before.Spendable.String(), before.Debt.String()})
	require.Equal(t, []string{"110", "0"}, []string{after.Spendable.String(), after.Debt.String()})
}

// With very many lots the older ones are merged by day of expiry; nobody gains or loses by it.
func TestManyLotsAreMergedWithoutLoss(t *testing.T) {
	rules := compile(t, `
events: {now: {}}
points: {stars: {expire: end of next year, pending: 30 days}}
rules:
  now: {when: now, give: {stars: 1}, pending: none}
`)
	subjects := engine.NewSubjects(rules, func(string) []byte { return nil })
	at := moment(t, "2026-05-01T12:00:00Z")
	send := func(seq uint64) {
		engine.Apply(rules, subjects, &event.Event{ID: "e", Type: "now", Member: "ann", Time: at, Arrived: at}, seq, nil)
	}
	send(1)
	ann := subjects.Member("ann")
	account := ann.Accounts[0]
	proto := account.Lots()[0]
	for i := range engine.MaxLots - 1 {
		lot := proto
		lot.Seq = uint64(i + 2)
		if i%10 == 0 { // one of ten is pending
			lot.Available = at.Add(30 * 24 * time.Hour)
		}
		account.Add(lot)
		account.Issued += lot.Amount
	}
	stars := rules.PointsType("stars")
	before := ann.Balance(rules, stars, at)
	send(20_000)
	after := ann.Balance(rules, stars, at)
	require.Less(t, len(account.Lots()), engine.MaxLots)
	require.True(t, account.Proved())
	require.Equal(t, before.Pending, after.Pending)
	require.Equal(t, before.Spendable+decimal.One, after.Spendable)
	require.Equal(t, before.Expires[0].At, after.Expires[0].At)
}

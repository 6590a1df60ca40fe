package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

const mugs = `
member: {friend?: member}
events: {buy: {n: number}, spend: {n: number}, gift: {to: member, n: number}}
points: {stars: {negative: %s, expire: 30 days after earning}, coins: {negative: %s}}
rules:
  buy: {when: buy, give: {stars: event.n, coins: event.n}}
  spend: {when: spend, take: {stars: event.n, coins: event.n}}
  gift: {when: gift, to: event.to, take: {stars: event.n}, give: {stars: event.n}}
rewards: {mug: {cost: {stars: 1 or more}, hold: 1 day}, cap: {cost: {coins: 1 or more}, hold: 1 day}}
`

// givingBack are all the ways in which what was spent comes back.
var givingBack = map[string]func(w *world, spent int) func(){
	"return": func(w *world, n int) func() {
		w.command(engine.NewClaim("c", "ann", "mug", decimal.Decimal(n)*decimal.One))
		w.command(engine.NewConfirm("", "c", 0))
		return func() { w.command(engine.NewReturn("r", "c", 0)) }
	},
	"cancel": func(w *world, n int) func() {
		w.command(engine.NewClaim("c", "ann", "mug", decimal.Decimal(n)*decimal.One))
		return func() { w.command(engine.NewCancel("", "c")) }
	},
	"timeout": func(w *world, n int) func() {
		w.command(engine.NewClaim("c", "ann", "mug", decimal.Decimal(n)*decimal.One))
		return func() { w.after(48 * time.Hour) }
	},
	"partial confirm": func(w *world, n int) func() {
		w.command(engine.NewClaim("c", "ann", "mug", decimal.Decimal(n)*decimal.One))
		return func() {
			w.command(engine.NewConfirm("", "c", decimal.One))
			w.command(engine.NewReturn("r", "c", 0))
		}
	},
	"void of a take": func(w *world, n int) func() {
		w.as("s").send("ann", "spend", "n", n)
		return func() { w.void("s") }
	},
	"void of a transfer": func(w *world, n int) func() {
		w.send("bob", "buy", "n", 0)
		w.as("g").send("ann", "gift", "to", "bob", "n", n)
		return func() { w.void("g") }
	},
}

// Nothing is left of an event that is gone, whichever way what it had paid comes back, and nothing is lost of another.
func TestWhatComesBackOfAVoidedEvent(t *testing.T) {
	for way, spend := range givingBack {
		for _, policy := range []string{"floor", "debt"} {
			for _, other := range []int{0, 25, 80} {
				for _, restarted := range []bool{false, true} {
					t.Run(fmt.Sprint(way, " ", policy, " ", other, " ", restarted), func(t *testing.T) {
						w := program(t, fmt.Sprintf(mugs, policy, policy))
						w.as("a").send("ann", "buy", "n", 100)
						comeBack := spend(w, 60)
						if other > 0 {
							w.after(time.Hour).as("b").send("ann", "buy", "n", other)
						}
						w.void("a")
						w.has("ann", "stars", fmt.Sprint(max(0, other-60)))
						if restarted {
							w.restart(true)
						}
						comeBack()
						w.has("ann", "stars", fmt.Sprint(other))
						w.owes("ann", "stars", "0")
						if other > 0 {
							require.Equal(t, moment(t, "2026-06-01T00:00:00Z"), w.points("ann", "stars").Expiring[0].At)
						}
						w.jobs()
						w.has("ann", "stars", fmt.Sprint(other))
						w.has("ann", "coins", fmt.Sprint(other))
					})
				}
			}
		}
	}
}

// The ledger names the lots that were touched, and the answer to a void where its points came from.
func TestTheLedgerNamesTheLots(t *testing.T) {
	w := program(t, fmt.Sprintf(mugs, "debt", "debt"))
	w.as("a").send("ann", "buy", "n", 30)
	w.as("b").send("ann", "buy", "n", 20)
	lots := func(out *engine.Outcome, kind engine.EntryKind) (list []string) {
		for _, e := range out.Entries {
			if e.Kind == kind && e.Points == "stars" {
				list = append(list, fmt.Sprint(e.Amount, " of ", e.Lot))
			}
		}
		return list
	}
	out := w.command(engine.NewClaim("c", "ann", "mug", 45*decimal.One))
	require.Equal(t, []string{"30 of 1", "15 of 2"}, lots(out, engine.EntryHeld))
	out = w.command(engine.NewConfirm("", "c", 40*decimal.One))
	require.Equal(t, []string{"-30 of 1", "-10 of 2"}, lots(out, engine.EntrySpent))
	require.Equal(t, []string{"5 of 2"}, lots(out, engine.EntryFreed))
	out = w.void("a")
	require.Equal(t, []string{"-10 of 2", "-20 of 0"}, lots(out, engine.EntryReversed))
	require.Equal(t, engine.Takings{Others: 10 * decimal.One, Debt: 20 * decimal.One}, *out.Effects[0].Took)
	require.Contains(t, string(engine.AppendAnswer(nil, out)), `"took":{"own":0,"others":10,"debt":20,"forgiven":0}`)
	out = w.command(engine.NewReturn("r", "c", 0))
	require.Equal(t, []string{"10 of 2", "30 of 1"}, lots(out, engine.EntryRefunded))
	require.Equal(t, []string{"20 of 2"}, lots(out, engine.EntryMadeGood), "ten that it gave at the void, ten of its own that paid the debt")
	w.has("ann", "stars", "20")
}

// What two definitions gave for one event expires as they gave it, and is taken back so.
func TestALotIsOfOneDefinition(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
points: {stars: {expire: 10 days after earning}}
rules:
  buy: {when: buy, give: {stars: event.n}}
  thanks: {when: buy, give: {stars: 3}}
`)
	w.as("a").send("ann", "buy", "n", 30)
	w.after(20 * 24 * time.Hour).jobs()
	sums := map[string]decimal.Decimal{}
	require.NoError(t, engine.Ledger(w.store, "ann", 0, func(_ uint64, _ calendar.Instant, entries []engine.Entry) bool {
		for _, e := range entries {
			sums[e.Source.String()+" "+string(e.Kind)] += e.Amount
		}
		return true
	}))
	require.Equal(t, map[string]decimal.Decimal{"rules/buy issued": 30 * decimal.One, "rules/buy expired": -30 * decimal.One,
		"rules/thanks issued": 3 * decimal.One, "rules/thanks expired": -3 * decimal.One}, sums)
}

// No sum wraps: what would leave the range of numbers gives nothing.
func TestNoSumOfPointsWraps(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.n}, limit: 3 ever}}
challenges: {c: {when: buy, goal: 3, give: {stars: 5000000000000}}}
counters: {got: {earned: stars, public: true}}
`)
	w.as("a").send("ann", "buy", "n", 5_000_000_000_000)
	w.has("ann", "stars", "5000000000000")
	out := w.as("b").send("ann", "buy", "n", 5_000_000_000_000)
	require.Equal(t, []string{"overflow rules/buy"}, notes(out))
	out = w.as("c").send("ann", "buy", "n", 1)
	require.Equal(t, []string{"overflow challenges/c"}, notes(out))
	w.has("ann", "stars", "5000000000001")
	require.Equal(t, "5000000000001", w.counter("ann", "got"))
	w.refuses(engine.CodeOverflow, w.adjust("ann", "stars", "5000000000000", false))
	out = w.keyed("k1", "c", `{"n": 6000000000000}`)
	require.Equal(t, []string{"overflow rules/buy"}, notes(out))
	w.has("ann", "stars", "5000000000001")
	w.restart(false)
	w.accept(w.adjust("ann", "stars", "-9000000000000", true))
	w.refuses(engine.CodeOverflow, w.adjust("ann", "stars", "-9000000000000", true))
	w.void("a")
	w.void("c")
}

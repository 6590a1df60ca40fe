package engine_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// command sends a command about an earlier event.
func (w *world) command(e *event.Event) *engine.Outcome {
	w.t.Helper()
	e.Time, e.Arrived = w.now, w.now
	return w.accept(e)
}

func (w *world) void(event string) *engine.Outcome {
	w.t.Helper()
	return w.command(engine.NewVoid(event))
}

func (w *world) amend(event, data string) *engine.Outcome {
	w.t.Helper()
	return w.command(engine.NewAmend(event, json.RawMessage(data)))
}

func (w *world) adjust(member, points, amount string, below bool) *event.Event {
	w.t.Helper()
	d, err := decimal.Parse(amount)
	require.NoError(w.t, err)
	w.sent++
	e := engine.NewAdjustment("adjustment"+decimal.Decimal(w.sent*1_000_000).String(), member,
		engine.Adjustment{Points: points, Amount: d, Reason: "goodwill", BelowZero: below})
	e.Time, e.Arrived = w.now, w.now
	return e
}

// declined requires that the state decides against a command, and that this is remembered.
func (w *world) declined(code string, e *event.Event) {
	w.t.Helper()
	e.Time, e.Arrived = w.now, w.now
	for range 2 {
		again := *e
		out, refusal, err := w.p.Process(&again)
		require.NoError(w.t, err)
		require.NotNil(w.t, refusal, "%s is accepted", e.ID)
		require.Equal(w.t, code, refusal.Code)
		require.NotZero(w.t, out.Seq)
		require.Empty(w.t, out.Effects)
		w.restart(false)
	}
}

// refuses requires that a command is not accepted, with a code, and not remembered.
func (w *world) refuses(code string, e *event.Event) {
	w.t.Helper()
	e.Time, e.Arrived = w.now, w.now
	w.refused(code, e)
}

func (w *world) points(member, points string) engine.PointsProgress {
	w.t.Helper()
	return w.progress(member).Points[points]
}

// owes requires a debt.
func (w *world) owes(member, points, amount string) {
	w.t.Helper()
	require.Equal(w.t, amount, w.points(member, points).Debt.String(), "debt of %s", member)
}

const till = `
currency: EUR
events: {buy: {amount: money, order?: text}, visit: {}, spend: {n: number}}
points: {stars: {}}
rules:
  buy: {when: buy, give: {stars: event.amount}}
  spend: {when: spend, take: {stars: event.n}}
`

func TestAVoidTakesBackWhatWasGiven(t *testing.T) {
	w := program(t, till)
	w.as("a").send("ann", "buy", "amount", 10)
	w.as("b").send("ann", "buy", "amount", 5)
	out := w.after(30 * 24 * time.Hour).void("a")
	require.Equal(t, []string{"rules/buy -10 stars"}, gave(out))
	w.has("ann", "stars", "5")
	require.True(t, w.void("a").Duplicate)
	w.has("ann", "stars", "5")
	w.restart(false)
	require.True(t, w.void("a").Duplicate)
	w.refuses(engine.CodeEventVoided, engine.NewAmend("a", json.RawMessage(`{"amount": 3}`)))
	w.refuses(engine.CodeEventVoided, engine.NewRelease("a"))
	w.refuses(engine.CodeUnknownEvent, engine.NewVoid("nobody"))
	w.as("nobody").send("ann", "buy", "amount", 1)
	require.Equal(t, []string{"rules/buy -1 stars"}, gave(w.void("nobody")), "a void of an unknown event is not remembered")
}

func TestPartsOfARefundSumToTheWhole(t *testing.T) {
	for name, test := range map[string]struct {
		amount float64
		kept   []string
		taken  []string
	}{
		"thirds of 10.00":    {10, []string{"6.67", "3.34", "0.01"}, []string{"-4", "-3", "-3"}},
		"half of 21.00":      {21, []string{"10.50"}, []string{"-11"}},
		"half of 50.00":      {50, []string{"25.00"}, []string{"-25"}},
		"one cent at a time": {1, []string{"0.99", "0.98"}, []string{"-1", ""}},
		"more again":         {10, []string{"5", "8", "2"}, []string{"-5", "3", "-6"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := program(t, till)
			w.as("a").send("ann", "buy", "amount", test.amount)
			total := decimal.Decimal(0)
			for i, kept := range test.kept {
				out := w.after(time.Hour).amend("a", `{"amount": `+kept+`}`)
				want := []string{}
				if test.taken[i] != "" {
					want = append(want, "rules/buy "+test.taken[i]+" stars")
				}
				require.Equal(t, want, gave(out), "kept %s", kept)
				require.True(t, w.amend("a", `{ "amount" : `+kept+`}`).Duplicate)
			}
			for _, e := range w.void("a").Effects {
				total += e.Amount
			}
			w.has("ann", "stars", "0")
			w.owes("ann", "stars", "0")
			require.True(t, w.amend("a", `{"amount": `+test.kept[0]+`}`).Duplicate, "also after the void")
		})
	}
}

func TestAnAmendmentMustFit(t *testing.T) {
	w := program(t, till)
	w.as("a").send("ann", "buy", "amount", 10, "order", "o1")
	for _, data := range []string{`{"amount": "ten"}`, `{"amount": 1.234}`, `{"price": 3}`, `[]`, `{`, `7`, `{"amount": null}`} {
		w.refuses(engine.CodeDoesNotFit, engine.NewAmend("a", json.RawMessage(data)))
	}
	require.True(t, func() bool { w.amend("a", `{"amount": 9.00}`); return w.amend("a", `{"amount":9}`).Duplicate }(), "the same body")
	require.False(t, w.amend("a", `{"amount": 9, "order": null}`).Duplicate, "an optional field is cleared")
	w.refuses(engine.CodeNotReversible, engine.NewVoid("laurel:void/a"))
}

func TestTheOrderOfAClawback(t *testing.T) {
	const start = `
events: {buy: {amount: number}, spend: {n: number}, tip: {}}
points: {stars: {expire: 10 days after earning%s}}
rules:
  buy: {when: buy, give: {stars: event.amount}}
  spend: {when: spend, take: {stars: event.n}}
  tip: {when: tip, give: {stars: 1}}
`
	policy := func(text string) string { return strings.Replace(start, "%s", text, 1) }
	t.Run("its own lot first, whatever the spending order", func(t *testing.T) {
		w := program(t, policy(""))
		w.as("old").send("ann", "buy", "amount", 30)
		w.after(24*time.Hour).as("new").send("ann", "buy", "amount", 30)
		w.void("new")
		require.Len(t, w.points("ann", "stars").Expiring, 1)
		require.Equal(t, moment(t, "2026-05-12T00:00:00Z"), w.points("ann", "stars").Expiring[0].At)
	})
	t.Run("after it expired nothing more is taken", func(t *testing.T) {
		w := program(t, policy(""))
		w.as("a").send("ann", "buy", "amount", 100)
		w.after(19*24*time.Hour).send("ann", "tip")
		w.after(5*24*time.Hour).send("ann", "tip") // long after the lot is forgotten
		out := w.void("a")
		require.Equal(t, []string{"rules/buy 0 stars"}, gave(out))
		require.Equal(t, "-100", out.Effects[0].Wanted.String())
		w.has("ann", "stars", "2")
		require.Equal(t, "100", w.points("ann", "stars").Expired.String())
	})
	t.Run("sixty spent and forty expired", func(t *testing.T) {
		w := program(t, policy(""))
		w.as("a").send("ann", "buy", "amount", 100)
		w.after(24*time.Hour).send("ann", "spend", "n", 60)
		w.after(18 * 24 * time.Hour)
		w.amend("a", `{"amount": 50}`)
		w.owes("ann", "stars", "10")
		w.void("a")
		w.owes("ann", "stars", "60")
		w.send("ann", "buy", "amount", 30)
		w.owes("ann", "stars", "30")
		w.has("ann", "stars", "0")
		w.after(time.Hour).send("ann", "buy", "amount", 90)
		w.owes("ann", "stars", "0")
		w.has("ann", "stars", "60")
	})
	t.Run("other lots before debt", func(t *testing.T) {
		w := program(t, policy(""))
		w.as("a").send("ann", "buy", "amount", 30)
		w.after(24*time.Hour).send("ann", "buy", "amount", 30)
		w.send("ann", "spend", "n", 30)
		require.Equal(t, []string{"rules/buy -30 stars"}, gave(w.void("a")))
		w.has("ann", "stars", "0")
		w.owes("ann", "stars", "0")
	})
	t.Run("negative: floor", func(t *testing.T) {
		w := program(t, policy(", negative: floor"))
		w.as("a").send("ann", "buy", "amount", 30)
		w.send("ann", "spend", "n", 20)
		require.Equal(t, []string{"rules/buy -10 stars"}, gave(w.void("a")))
		w.owes("ann", "stars", "0")
	})
	t.Run("negative: refuse", func(t *testing.T) {
		w := program(t, policy(", negative: refuse"))
		w.as("a").send("ann", "buy", "amount", 30)
		w.send("ann", "spend", "n", 20)
		w.refuses(engine.CodeInsufficient, engine.NewVoid("a"))
		w.has("ann", "stars", "10")
		require.Equal(t, []string{"rules/buy -10 stars"}, gave(w.amend("a", `{"amount": 20}`)), "less may be taken all the same")
		w.refuses(engine.CodeInsufficient, engine.NewVoid("a").Keyed("k1"))
		w.restart(false)
		w.refuses(engine.CodeInsufficient, engine.NewVoid("a").Keyed("k1"))
		w.as("b").send("ann", "buy", "amount", 50)
		w.command(engine.NewVoid("a").Keyed("k1"))
		w.has("ann", "stars", "30")
	})
}

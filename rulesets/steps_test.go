package rulesets_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets"
)

// expensive is a program that somebody has made as slow as the language lets them: many rules and counters, each with a condition
// of the worst kinds there are, and the event that makes them all be asked to their ends.
func expensive(r *rand.Rand, rules int) (program string, data []byte) {
	worst := []string{
		`all(event.items, all(event.items, .qty + %d > 0 and #.qty * 2 < 1000000))`,
		`sum(event.items, .qty * %d) + sum(event.items, .qty / 7) < 0`,
		`count(event.items, any(event.items, .sku == "%d")) > 0`,
		`event.note matches "(a?){%d}$"`,
		`event.note matches "(x+x+)+y%d"`,
		`none(event.items, .sku matches "(a*)*b%d")`,
		`len(event.note) + len(lower(event.note)) == %d`,
		`lower(event.note) == lower(event.other) and %d > 0`,
		`(event.n * 3 / 7 + event.n / 11 * 13) / 17 > %d and (event.n / 3 + event.n / 7 + event.n / 9 + event.n / 11 + event.n / 13) * 5 > 1`,
		`member.points.stars > %d`,
	}
	var b strings.Builder
	b.WriteString("program: shop\nevents: {buy: {n: number, note: text, other: text, items: [{sku: text, qty: integer}]}}\npoints: {stars: {}}\n")
	b.WriteString("rules:\n")
	for i := range rules {
		condition := fmt.Sprintf(worst[r.IntN(len(worst))], 1+r.IntN(300))
		fmt.Fprintf(&b, "  r%d: {when: buy, if: '%s', give: {stars: 1}, limit: 1 per day}\n", i, condition)
	}
	b.WriteString("counters:\n")
	for i := range rules / 4 {
		fmt.Fprintf(&b, "  c%d: {when: buy, if: '%s', public: true}\n", i, fmt.Sprintf(worst[r.IntN(len(worst)-1)], 1+r.IntN(300)))
	}
	var items []string
	for range 60 + r.IntN(140) {
		items = append(items, fmt.Sprintf(`{"sku":"%s","qty":%d}`, strings.Repeat("a", 1+r.IntN(60)), 1+r.IntN(9)))
	}
	text := strings.Repeat(string("ax"[r.IntN(2)]), []int{200, 999, 1001, 20_000}[r.IntN(4)])
	return b.String(), fmt.Appendf(nil, `{"n":%d,"note":%q,"other":%q,"items":[%s]}`, 1+r.IntN(1000), text, text, strings.Join(items, ","))
}

func processor(t testing.TB, text string) *engine.Processor {
	p, diagnostics := rulesets.Parse("shop.yaml", []byte(text))
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	x, err := engine.NewProcessor(engine.NewMemory(), []engine.Version{{Number: 1, From: calendar.Beginning, Rules: p.Ruleset}}, nil)
	require.NoError(t, err)
	return x
}

func bought(n int, data []byte) *event.Event {
	at := calendar.Instant(int64(n+1) * 86_400_000_000)
	return &event.Event{ID: fmt.Sprint("e", n), Type: "buy", Member: "ann", Time: at, Timed: true, Arrived: at, Data: data}
}

// TestNoEventCostsMoreThanItsSteps looks for the worst event that the language lets somebody write. However bad it gets, the
// steps are bounded, what is too much is noted once for the rules and once for what counts, and the same event means the same again.
func TestNoEventCostsMoreThanItsSteps(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	most, noted := 0, 0
	for range 12 {
		text, data := expensive(r, 400)
		first := processor(t, text)
		out, refusal, err := first.Process(bought(0, data))
		require.NoError(t, err)
		require.Nil(t, refusal)
		again, _, err := processor(t, text).Process(bought(0, data))
		require.NoError(t, err)
		require.Equal(t, engine.AppendAnswer(nil, out), engine.AppendAnswer(nil, again), "it is counted, not timed")
		tooMuch := 0
		for _, n := range out.Notes {
			if n.Code == "too_much_work" {
				tooMuch++
			}
		}
		require.LessOrEqual(t, tooMuch, 2)
		noted += tooMuch
		most = max(most, first.Steps())
	}
	require.Positive(t, noted, "nothing bad enough was found")
	require.LessOrEqual(t, most, 2*(engine.MaxSteps+1))
}

// BenchmarkWorstEvent is how long the worst event takes that is found in a hundred tries.
func BenchmarkWorstEvent(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 1))
	text, data := expensive(r, 2000)
	p := processor(b, text)
	for n := 0; b.Loop(); n++ {
		if _, refusal, err := p.Process(bought(n, data)); err != nil || refusal != nil {
			b.Fatal(refusal, err)
		}
	}
}

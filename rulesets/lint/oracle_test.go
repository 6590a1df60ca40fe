package lint

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// writer writes random conditions that are likely to contradict themselves.
type writer struct{ *rand.Rand }

func (w writer) pick(of ...string) string { return of[w.IntN(len(of))] }

func (w writer) number(depth int) string {
	if depth == 0 || w.IntN(3) == 0 {
		return w.pick("event.qty", "event.qty", "event.amount", "(event.tip ?? 2)", "event.hour", "event.month", "1", "2", "-1.5", "3",
			`(table.fares[event.fare] ?? 1)`, "len(event.fare)", "count(event.items, .n > 1)", `bucket("x")`, "month(event.due)", "day(event.due)")
	}
	a, b := w.number(depth-1), w.number(depth-1)
	switch w.IntN(8) {
	case 0:
		return "min(" + a + ", " + b + ")"
	case 1:
		return "max(" + a + ", " + b + ")"
	case 2:
		return w.pick("abs", "floor", "ceil", "round") + "(" + a + ")"
	case 3:
		return "(-(" + a + "))"
	case 4:
		return "(if " + w.condition(depth-1) + " { " + a + " } else { " + b + " })"
	case 5:
		return "(" + a + " % " + w.pick("2", "3", "2.5") + ")"
	default:
		return "(" + a + w.pick(" + ", " - ", " * ", " / 2 - ", " / -4 * ") + b + ")"
	}
}

func (w writer) comparison(depth int) string {
	switch w.IntN(10) {
	case 0, 1, 2, 3:
		return w.number(depth) + w.pick(" < ", " <= ", " > ", " >= ", " == ", " != ") + w.pick(w.number(0), "0", "1.5", "4", "12", "24")
	case 4:
		return w.number(depth) + w.pick(" in ", " not in ") + w.pick("[1, 2]", "[0, 3.5, 24]", "[-1, 0, 1, 2, 3]")
	case 5:
		return w.pick("event.fare", "lower(event.fare)", `(event.note ?? "a")`) + w.pick(" == ", " != ") + w.pick(`"a"`, `"B"`, `"tuesday"`)
	case 6:
		return w.pick("event.day", "event.fare", "lower(event.fare)") + w.pick(" in ", " not in ") + w.pick(`["monday", "tuesday"]`, `["sunday"]`)
	case 7:
		return "event.due" + w.pick(" < ", " <= ", " > ", " >= ", " == ", " != ") + w.pick(`"2026-12-01"`, `"2026-12-03"`, `"2027-06-01"`, "event.date")
	case 8:
		return w.pick("event.paid", "has(event.tip)", "has(event.qty)", "member.in.early", "event.time < \"2026-12-03\"", "event.date >= \"2026-12-02\"")
	default:
		return w.pick("any", "all", "none") + "(event.items, .n" + w.pick(" < ", " == ", " > ") + w.pick("1", "2") + ")"
	}
}

func (w writer) condition(depth int) string {
	if depth <= 0 {
		return w.comparison(0)
	}
	switch w.IntN(8) {
	case 0, 1, 2:
		return "(" + w.condition(depth-1) + " and " + w.condition(depth-1) + ")"
	case 3, 4:
		return "(" + w.condition(depth-1) + " or " + w.condition(depth-1) + ")"
	case 5:
		return "not (" + w.condition(depth-1) + ")"
	default:
		return w.comparison(2)
	}
}

const oracleRuleset = `program: p
member: {since?: date}
events: {buy: {qty: integer, amount: number, tip?: number, fare: text, note?: text, paid: boolean, due: date, items: [{n: integer}]}}
tables: {fares: {a: 2, B: 0.5}}
audiences: {early: has(member.since) and member.since < "2026-12-02"}
counters:
`

// TestReasoningIsSound: what is said to be never or always true is so for every event, and what is said of a number holds.
func TestReasoningIsSound(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	w := writer{rand.New(rand.NewPCG(seed, 1))}
	never, always := 0, 0
	for range 4 {
		var b strings.Builder
		b.WriteString(oracleRuleset)
		for i := range 150 {
			fmt.Fprintf(&b, "  r%03d:\n    when: buy\n    if: |\n      %s\n    add: |\n      %s\n", i, w.condition(3), w.number(3))
		}
		p, diagnostics := rulesets.Parse("p.yaml", []byte(b.String()))
		require.Empty(t, diagnostics.Error())
		l := newLinter(p, 0)
		var facts []*engine.Facts
		for range 150 {
			facts = append(facts, w.facts(p.Ruleset))
		}
		for _, rec := range p.Written.Records["counters"] {
			e := l.condition(rec, "if")
			r := l.reason(e)
			no, yes := r.never(e.Tree, true), r.never(e.Tree, false)
			amount := l.Expressions[rec.Values["add"]]
			for _, f := range facts {
				holds := e.Cond(f)
				if f.Failed() != nil {
					continue
				}
				require.False(t, holds && no, "never: %s", e.Source)
				require.False(t, !holds && yes, "always: %s", e.Source)
				value := amount.Amount(f)
				if holds && f.Failed() == nil {
					checkRange(t, l, e.Tree, amount, value)
				}
			}
			if no {
				never++
			}
			if yes {
				always++
			}
		}
	}
	t.Logf("%d never, %d always true", never, always)
	require.Greater(t, never, 10)
	require.Greater(t, always, 3)
}

// checkRange: one of the ways in which the condition holds allows for the value of the amount.
func checkRange(t *testing.T, l *linter, condition ast.Node, amount *expression.Expression, value decimal.Wide) {
	d, err := value.Decimal()
	if err != nil || d.Wide() != value {
		return
	}
	r := l.reason(amount)
	for _, way := range r.clauses(condition, true) {
		if !r.of(amount.Tree, way).and(point(exact(d))).empty() {
			return
		}
	}
	require.Fail(t, "out of range", "%s of %s where %s", value, amount.Source, condition)
}

func (w writer) facts(rules *engine.Ruleset) *engine.Facts {
	at := calendar.FromTime(time.Unix(1_796_000_000+w.Int64N(400_000), 0)) // the last days of November 2026
	e := &event.Event{ID: "e", Type: "buy", Member: fmt.Sprint(w.IntN(50)), Time: at, Arrived: at}
	schema := rules.EventType("buy").Schema
	e.Fields = make([]event.Value, len(schema.Fields))
	set := func(name string, v event.Value) { e.Fields[schema.Field(name).Slot] = v }
	set("qty", event.NumberValue(decimal.Decimal(w.IntN(6)-1)*decimal.One))
	set("amount", event.NumberValue(decimal.Decimal(w.IntN(60)-10)*decimal.One/4))
	if w.IntN(2) == 0 {
		set("tip", event.NumberValue(decimal.Decimal(w.IntN(5))*decimal.One/2))
	}
	set("fare", event.TextValue(w.pick("a", "B", "A", "")))
	if w.IntN(2) == 0 {
		set("note", event.TextValue(w.pick("a", "B", "tuesday")))
	}
	set("paid", event.BooleanValue(w.IntN(2) == 0))
	set("due", event.DateValue(calendar.Date(20_785+w.IntN(5))))
	items := &event.List{Rows: w.IntN(3), Width: 1}
	for range items.Rows {
		items.Cells = append(items.Cells, event.NumberValue(decimal.Decimal(w.IntN(4))*decimal.One))
	}
	set("items", event.ListValue(items))
	member := &engine.Member{ID: e.Member, Joined: at, Profile: make([]event.Value, len(rules.Member.Fields))}
	if w.IntN(2) == 0 {
		member.Profile[0] = event.DateValue(calendar.Date(20_785 + w.IntN(5)))
	}
	f := &engine.Facts{}
	f.Reset(rules, e, member)
	return f
}

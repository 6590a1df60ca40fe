package expression

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// conditions writes random conditions without arithmetic, in which optional values are guarded.
type conditions struct{ *rand.Rand }

func (g conditions) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g conditions) word() string { return fmt.Sprintf("%q", someWords[g.IntN(len(someWords))]) }

func (g conditions) number() string { return g.pick("0", "1", "2", "2.5", "-1", "3.25", "7") }

func (g conditions) words() string {
	n := 1 + g.IntN(3)*5
	words := make([]string, n)
	for i := range words {
		words[i] = g.word()
	}
	return "[" + strings.Join(words, ", ") + "]"
}

func (g conditions) text(item bool) string {
	texts := []string{"event.order_id", "event.address.city", `(event.coupon ?? "none")`, `(member.country ?? event.order_id)`, "lower(event.order_id)"}
	if item {
		texts = append(texts, ".sku", ".sku", `(.note ?? "-")`)
	}
	return g.pick(texts...)
}

func (g conditions) comparison(item bool) string {
	numbers := []string{"event.amount", "event.qty", "(event.discount ?? 1)", "len(event.items)", "len(event.tags)", "abs(event.amount)",
		"max(event.qty, event.amount, 1)", "min(event.qty, 2.5)", "floor(event.amount)", "ceil(event.amount)", "len(event.order_id)",
		`(table.fares[event.order_id] ?? 1)`, `(table.fares["flex"] ?? 3)`, "(event.paid ? event.amount : event.qty)",
		"sum(event.items, .qty)", "sum(event.scores ?? [])"}
	if item {
		numbers = append(numbers, ".qty", ".price")
	}
	switch g.IntN(9) {
	case 8:
		return g.pick("event.paid == true", "event.paid != false", "!event.paid", "true", "(event.paid == member.vip)", "not false")
	case 0, 1:
		return g.pick(numbers...) + " " + g.pick("<", "<=", ">", ">=", "==", "!=") + " " + g.pick(g.number(), g.pick(numbers...))
	case 2:
		return g.text(item) + g.pick(" == ", " != ") + g.pick(g.word(), g.text(item))
	case 3:
		return g.text(item) + g.pick(" in ", " not in ") + g.words()
	case 4:
		return g.pick(numbers...) + " in [" + g.number() + ", " + g.number() + ", 0.75]"
	case 5:
		return g.text(item) + " matches " + g.pick(`"^A"`, `"b|web"`, `"^$"`)
	case 6:
		return "(has(event.coupon) and event.coupon == " + g.word() + ")"
	default:
		return g.pick("event.paid", "member.vip", "has(event.gift)", "(event.gift ?? member.vip)", "not (has(event.gift) and event.gift)",
			g.word()+" in event.tags", g.word()+" in (member.linked ?? [])")
	}
}

func (g conditions) condition(depth int, item bool) string {
	if depth == 0 {
		return g.comparison(item)
	}
	switch g.IntN(7) {
	case 0, 1:
		return "(" + g.condition(depth-1, item) + " and " + g.condition(depth-1, item) + ")"
	case 2:
		return "(" + g.condition(depth-1, item) + " or " + g.condition(depth-1, item) + ")"
	case 3:
		return "not (" + g.condition(depth-1, item) + ")"
	case 4:
		return "(if " + g.condition(depth-1, item) + " { " + g.condition(depth-1, item) + " } else { " + g.condition(depth-1, item) + " })"
	case 5:
		if item {
			return g.pick("any", "all", "none") + "(.marks, # == " + g.word() + " or # in " + g.words() + ")"
		}
		return g.pick("any", "all", "none") + "(event.items, " + g.condition(depth-1, true) + ")"
	default:
		if item {
			return g.comparison(true)
		}
		return "count(event.items, " + g.condition(depth-1, true) + ") " + g.pick("==", ">=", "<") + g.pick(" 1", " 2")
	}
}

// plainValue is v as expr's virtual machine takes it.
func plainValue(v event.Value, f *event.Field) any {
	switch v.Kind {
	case event.Text:
		return v.Text()
	case event.Number:
		return float64(v.Number()) / float64(decimal.One)
	case event.Boolean:
		return v.Boolean()
	case event.Date:
		return time.Unix(int64(v.Date())*86_400, 0).UTC()
	case event.Time:
		return v.Time().Time()
	case event.ListOf:
		out := []any{}
		for row := range v.List().Rows {
			if scalar := f.Items.Field(""); scalar != nil {
				out = append(out, plainValue(v.List().Cell(row, 0), scalar))
				continue
			}
			item := map[string]any{}
			for i, column := range f.Items.Fields {
				item[column.Name] = plainValue(v.List().Cell(row, i), column)
			}
			out = append(out, item)
		}
		return out
	}
	if f.Type == event.TypeList {
		return nil
	}
	return nil
}

func plainMap(values []event.Value, s *event.Schema) map[string]any {
	out := map[string]any{}
	for i, f := range s.Fields {
		in, name := out, f.Name
		if record, rest, nested := strings.Cut(f.Name, "."); nested {
			if out[record] == nil {
				out[record] = map[string]any{}
			}
			in, name = out[record].(map[string]any), rest
		}
		in[name] = plainValue(values[i], f)
	}
	return out
}

// kinds are the kinds of nodes that the language allows, by the names of expr's types.
var kinds = []string{"IntegerNode", "FloatNode", "BoolNode", "StringNode", "UnaryNode", "BinaryNode", "ArrayNode", "IdentifierNode", "BuiltinNode",
	"ConditionalNode", "PointerNode", "MemberNode", "CallNode", "PredicateNode"}

// TestConditionsAgreeWithTheVirtualMachine evaluates random conditions without arithmetic in expr's own virtual machine too.
func TestConditionsAgreeWithTheVirtualMachine(t *testing.T) {
	r := seeded(t)
	seen := map[string]bool{}
	held := 0
	for range 3000 {
		held += agree(t, r, seen)
	}
	require.Greater(t, held, 1000, "conditions that never hold prove little")
	for _, kind := range kinds {
		require.True(t, seen[kind], "no condition had a %s", kind)
	}
}

// FuzzConditions is the same from any seed.
func FuzzConditions(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		for range 20 {
			agree(t, r, map[string]bool{})
		}
	})
}

var hasFunction = expr.Function("has", func(p ...any) (any, error) { return p[0] != nil, nil }, new(func(any) bool))

// agree compares one random condition on some events, and returns on how many it held. It notes the kinds of its nodes.
func agree(t *testing.T, r *rand.Rand, seen map[string]bool) (held int) {
	w := newWorld()
	source := conditions{r}.condition(r.IntN(4), false)
	e, errs := Condition(source, w.scope())
	if len(errs) > 0 && strings.Contains(errs[0].Message, "200 parts") {
		return 0
	}
	require.Empty(t, errs, source)
	Walk(e.Tree, func(n ast.Node) { seen[strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast.")] = true })
	empty := map[string]any{}
	program, err := expr.Compile(source, hasFunction, expr.Env(map[string]any{"event": empty, "member": empty, "table": empty}))
	require.NoError(t, err, source)
	fares := map[string]any{}
	for key, v := range w.names.Tables["fares"] {
		fares[key], _ = strconv.ParseFloat(v.String(), 64)
	}
	for range 5 {
		f := w.random(r)
		want, err := expr.Run(program, map[string]any{
			"event": plainMap(f.Event.Fields, w.purchase.Schema), "member": plainMap(f.Member.Profile, w.rules.Member), "table": map[string]any{"fares": fares},
		})
		require.NoError(t, err, source)
		require.Equal(t, want, e.Cond(f), source)
		if want == true {
			held++
		}
	}
	return held
}

// calculation is a random number and what it amounts to; exact is nil where it must fail.
type calculation struct {
	source string
	exact  *big.Rat
}

type calculations struct {
	*rand.Rand
	facts *engine.Facts
	w     *world
}

var (
	twelve = new(big.Int).Exp(big.NewInt(10), big.NewInt(12), nil)
	most   = new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(26), nil))
)

// rounded is x at twelve digits, half to even, nil when it is too large.
func rounded(x *big.Rat) *big.Rat {
	scaled := new(big.Rat).Mul(x, new(big.Rat).SetInt(twelve))
	return bounded(new(big.Rat).SetFrac(halfEven(scaled), twelve))
}

// plain reports whether twelve digits write a number.
func plain(x *big.Rat) bool { return new(big.Rat).Mul(x, new(big.Rat).SetInt(twelve)).IsInt() }

// kept is what is left of an exact result: all of it where that fits 127 bits over 64 in units of 10^-12, else 24 digits, else
// twelve; nil beyond the limit.
func kept(x *big.Rat) *big.Rat {
	if bounded(x) == nil {
		return nil
	}
	fits := func(x *big.Rat) bool {
		units := new(big.Rat).Mul(x, new(big.Rat).SetInt(twelve))
		return units.Num().BitLen() <= 127 && units.Denom().BitLen() <= 64
	}
	if fits(x) {
		return x
	}
	unit := new(big.Int).Mul(twelve, twelve)
	if long := new(big.Rat).SetFrac(halfEven(new(big.Rat).Mul(x, new(big.Rat).SetInt(unit))), unit); fits(long) {
		return long
	}
	return rounded(x)
}

func bounded(x *big.Rat) *big.Rat {
	if new(big.Rat).Abs(x).Cmp(most) > 0 {
		return nil
	}
	return x
}

func halfEven(x *big.Rat) *big.Int {
	q, m := new(big.Int).DivMod(x.Num(), x.Denom(), new(big.Int))
	switch new(big.Int).Lsh(m, 1).Cmp(x.Denom()) {
	case 1:
		return q.Add(q, big.NewInt(1))
	case 0:
		if q.Bit(0) == 1 {
			q.Add(q, big.NewInt(1))
		}
	}
	return q
}

func (g calculations) leaf() calculation {
	switch g.IntN(4) {
	case 0:
		s := fmt.Sprintf("%d.%0*d", g.IntN(1000), 1+g.IntN(9), g.IntN(10))
		x, _ := new(big.Rat).SetString(s)
		return calculation{s, x}
	case 1:
		n := g.Int64N(1_000_000_000_000)
		return calculation{fmt.Sprint(n), new(big.Rat).SetInt64(n)}
	case 2:
		return calculation{fmt.Sprint(g.IntN(4)), new(big.Rat).SetInt64(0)}.read()
	default:
		name := []string{"amount", "qty"}[g.IntN(2)]
		v := g.facts.Event.Fields[g.w.purchase.Schema.Field(name).Slot]
		return calculation{"event." + name, big.NewRat(int64(v.Number()), int64(decimal.One))}
	}
}

func (c calculation) read() calculation {
	c.exact, _ = new(big.Rat).SetString(c.source)
	return c
}

func (g calculations) any(depth int) calculation {
	if depth == 0 {
		return g.leaf()
	}
	a, b := g.any(depth-1), g.any(depth-1)
	if a.exact == nil {
		return a
	}
	if b.exact == nil {
		return b
	}
	x := new(big.Rat)
	switch g.IntN(13) {
	case 9:
		return calculation{"ceil(" + a.source + ")", new(big.Rat).Neg(new(big.Rat).SetInt(new(big.Int).Div(new(big.Int).Neg(a.exact.Num()), a.exact.Denom())))}
	case 10:
		return calculation{"abs(" + a.source + ")", x.Abs(a.exact)}
	case 11:
		if a.exact.Cmp(b.exact) > 0 {
			return calculation{"max(" + a.source + ", " + b.source + ")", a.exact}
		}
		return calculation{"max(" + a.source + ", " + b.source + ")", b.exact}
	case 12:
		if a.exact.Cmp(b.exact) < 0 {
			return calculation{"(if " + a.source + " < " + b.source + " { " + a.source + " } else { +" + b.source + " })", a.exact}
		}
		return calculation{"(if " + a.source + " < " + b.source + " { " + a.source + " } else { +" + b.source + " })", b.exact}
	case 0:
		return calculation{"(" + a.source + " + " + b.source + ")", kept(x.Add(a.exact, b.exact))}
	case 1:
		return calculation{"(" + a.source + " - " + b.source + ")", kept(x.Sub(a.exact, b.exact))}
	case 2, 3:
		if !plain(a.exact) || !plain(b.exact) {
			return calculation{"(" + a.source + " * " + b.source + ")", kept(x.Mul(a.exact, b.exact))}
		}
		return calculation{"(" + a.source + " * " + b.source + ")", rounded(x.Mul(a.exact, b.exact))}
	case 4:
		source := "(" + a.source + " / " + b.source + ")"
		if b.exact.Sign() == 0 {
			return calculation{source, nil}
		}
		return calculation{source, kept(x.Quo(a.exact, b.exact))}
	case 5:
		source := "(" + a.source + " % " + b.source + ")"
		if b.exact.Sign() == 0 {
			return calculation{source, nil}
		}
		q := new(big.Int).Quo(new(big.Int).Mul(a.exact.Num(), b.exact.Denom()), new(big.Int).Mul(a.exact.Denom(), b.exact.Num()))
		return calculation{source, kept(x.Sub(a.exact, new(big.Rat).Mul(new(big.Rat).SetInt(q), b.exact)))}
	case 6:
		if a.exact.Cmp(b.exact) < 0 {
			return calculation{"min(" + a.source + ", " + b.source + ")", a.exact}
		}
		return calculation{"min(" + a.source + ", " + b.source + ")", b.exact}
	case 7:
		return calculation{"floor(" + a.source + ")", new(big.Rat).SetInt(new(big.Int).Div(a.exact.Num(), a.exact.Denom()))}
	default:
		return calculation{"(-round(" + a.source + "))", x.Neg(new(big.Rat).SetInt(halfEven(a.exact)))}
	}
}

// TestArithmeticIsExact compares random arithmetic with rational numbers, of which products of plain numbers are rounded to twelve
// digits and everything else is exact, or as near as 24 digits.
func TestArithmeticIsExact(t *testing.T) {
	r := seeded(t)
	failed, compared := 0, 0
	for range 20_000 {
		switch calculate(t, r) {
		case failing:
			failed++
		case exactly:
			compared++
		}
	}
	require.Greater(t, failed, 50)
	require.Greater(t, compared, 10_000)
}

// FuzzArithmetic is the same from any seed.
func FuzzArithmetic(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		for range 100 {
			calculate(t, r)
		}
	})
}

type outcome int

const (
	refused outcome = iota // at compile time, because it always fails
	failing
	exactly
)

// calculate compares one random calculation.
func calculate(t *testing.T, r *rand.Rand) outcome {
	w := newWorld()
	f := w.random(r)
	c := calculations{r, f, w}.any(r.IntN(4))
	e, errs := Amount(c.source, w.scope())
	if len(errs) > 0 {
		require.Contains(t, errs[0].Message, "this always fails", c.source)
		require.Nil(t, c.exact, c.source)
		return refused
	}
	got := e.Amount(f)
	err := f.Failed()
	if c.exact == nil {
		require.Error(t, err, c.source)
		return failing
	}
	require.NoError(t, err, c.source)
	have := got.Rat()
	require.Zero(t, c.exact.Cmp(have), "%s: want %s, got %s", c.source, c.exact.FloatString(13), got)
	return exactly
}

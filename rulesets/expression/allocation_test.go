package expression

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/event"
)

// everyCondition and everyAmount have every operator, function and kind of reference of the language at least once.
var (
	everyCondition = []string{
		`event.order_id == "A-17" and event.amount >= 10 and (member.country ?? "") in ["DE", "AT"]`,
		`event.paid && !(event.qty < 2) || event.qty > 7`,
		`event.order_id != "x" or event.qty <= 3 and event.due == "2026-12-24"`,
		`any(event.items, .sku == "bun" and .qty >= 2) and count(event.items, any(.marks, # == "hot")) == 2`,
		`all(event.items, .price > 1) and none(event.tags, # == "old")`,
		`event.order_id matches "^A-[0-9]+$" and event.order_id not matches "^B" and event.order_id not in ["x", "y"]`,
		`event.order_id matches "(A|B)-(1|17)$"`,
		`has(member.birthday) and age(member.birthday) >= 18 and event.day == "tuesday"`,
		`bucket("holdout") >= 10 and member.in.vips`,
		`event.due > "2026-12-01" and event.is_first and event.sent >= "2026-12-01"`,
		`lower(event.order_id) == "a-17" and lower(event.order_id) in ["b", "a-17"] and "a-17" == lower(event.order_id)`,
		`"web" in event.tags and event.qty in [1, 2, 3] and event.due in ["2026-12-24"] and "hotel" in (member.linked ?? [])`,
		`event.address.city == "Ulm" and event.type == "purchase" and event.time == event.sent and event.date < event.due`,
		`event.hour == 11 and event.month == 12 and (event.days_since_last ?? 9) > 3`,
		`member.id == "ann" and member.name == "Ann" and member.joined == "2026-01-01" and member.timezone == "Europe/Berlin"`,
		`member.points.stars == 0 and member.counter.visits == 0 and member.streak.daily == 0 and member.rewards.coffee == 0`,
		`not member.has_badge.first and member.challenge.dash.times == 0`,
		`not member.challenge.dash.done and member.challenge.dash.progress == 0`,
		`(if event.paid { "a" } else { "b" }) == "a" and (event.paid ? true : false) and (event.gift ?? member.vip)`,
		`(event.discount ?? event.amount) == 42.5 and event.order_id in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "A-17"]`,
	}
	everyAmount = []string{
		`floor(event.amount * 1.5) - (event.discount ?? 0) / 3 % 2 + ceil(1.2 * event.qty) + round(event.amount)`,
		`sum(event.items, .qty * .price) + min(event.amount, 100) + (table.fares["flex"] ?? 1) + sum(event.scores ?? [])`,
		`if event.paid { days_between(event.date, event.due) } else { 0 }`,
		`max(abs(-event.qty), 2) + len(event.items) + len(event.order_id) + month(event.due) + day(event.due)`,
		`(table.fares[event.coupon ?? "flex"] ?? 9) + +event.qty`,
	}
)

// TestNothingIsAllocated: in steady state no condition and no amount makes garbage.
func TestNothingIsAllocated(t *testing.T) {
	w := newWorld()
	f := w.typical()
	seen := map[string]bool{}
	for _, source := range everyCondition {
		e, errs := Condition(source, w.scope())
		require.Empty(t, errs, source)
		parts(e.Tree, seen)
		require.True(t, e.Cond(f), source)
		require.NoError(t, f.Failed(), source)
		require.Zero(t, testing.AllocsPerRun(100, func() { e.Cond(f) }), source)
	}
	tier, errs := Condition(`member.tier.club in ["", "green"]`, w.scope())
	require.Empty(t, errs)
	parts(tier.Tree, seen)
	level := testing.AllocsPerRun(100, func() { f.Level(w.names.Tiers["club"]) })
	require.Equal(t, level, testing.AllocsPerRun(100, func() { tier.Cond(f) }), "what the engine makes to find a level, and nothing more")
	for _, source := range everyAmount {
		e, errs := Amount(source, w.scope())
		require.Empty(t, errs, source)
		parts(e.Tree, seen)
		e.Amount(f)
		require.NoError(t, f.Failed(), source)
		require.Zero(t, testing.AllocsPerRun(100, func() { e.Amount(f) }), source)
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(functions)), slices.Collect(maps.Keys(arithmetic)),
		slices.Collect(maps.Keys(keptGroups)), derivedNames(), slices.Collect(maps.Keys(ownFields)),
		strings.Fields("and && or || == != < <= > >= in matches ?? not ! if ?: #")) {
		require.True(t, seen[name], "no expression of the test has %s", name)
	}
}

// parts notes what a tree is made of: operators, functions, and names below event and member.
func parts(n ast.Node, seen map[string]bool) {
	Walk(n, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.UnaryNode:
			seen[n.Operator] = true
		case *ast.BinaryNode:
			seen[n.Operator] = true
		case *ast.ConditionalNode:
			seen[map[bool]string{true: "?:", false: "if"}[n.Ternary]] = true
		case *ast.BuiltinNode:
			seen[n.Name] = true
		case *ast.CallNode:
			seen[n.Callee.String()] = true
		case *ast.PointerNode:
			seen["#"] = true
		case *ast.MemberNode:
			if segs := segments(n); len(segs) > 1 {
				seen[segs[1].name] = true
			}
		}
	})
}

// TestHostileEvents: what an event can carry at most is judged in a moment by the worst that an author can write.
func TestHostileEvents(t *testing.T) {
	w := newWorld()
	f := w.typical()
	long := strings.Repeat("a", 60_000) + "!"
	items := &event.List{Rows: 200, Width: 5}
	marks := texts(slices.Repeat([]string{"x"}, 200)...)
	for range items.Rows {
		items.Cells = append(items.Cells, event.TextValue("sku"), num("1"), num("2"), event.Value{}, marks)
	}
	set(f.Event.Fields, w.purchase.Schema, map[string]event.Value{
		"order_id": event.TextValue(long), "items": event.ListValue(items), "tags": marks,
	})
	conditions := []string{
		`event.order_id matches "^(a|a?)+$"`, `event.order_id matches "(a*)*b"`, `event.order_id matches "(.*)(.*)(.*)(.*)(.*)x"`,
		`event.order_id matches "a{500}{2}$" or event.order_id matches "(a?){900}b"`,
		`lower(event.order_id) == "x" or len(lower(event.order_id)) == 3`,
		`any(event.items, all(event.items, .qty > 3 and ` + strings.TrimSuffix(strings.Repeat(`.price > 9 and `, 25), " and ") + `))`,
		`count(event.items, any(.marks, # in event.tags and # == "y")) > 3`,
	}
	for _, source := range conditions {
		e, errs := Condition(source, w.scope())
		if len(errs) > 0 {
			require.Contains(t, errs[0].Message, "this pattern cannot be read", source)
			continue
		}
		start := time.Now()
		require.False(t, e.Cond(f), source)
		require.Less(t, time.Since(start), 5*time.Second, source)
	}
}

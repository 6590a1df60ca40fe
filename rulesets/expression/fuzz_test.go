package expression

import (
	"math/rand/v2"
	"testing"
)

// FuzzExpression compiles any text in every way and runs what compiles against random events: nothing panics, and what our
// compiler lets pass, expr's type checker lets pass too.
func FuzzExpression(f *testing.F) {
	for _, source := range []string{
		`event.amount * 2`, `event.order_id`, `event.items.sku`, `member.country ?? "x"`, `any(event.items, .qty > 3 and has(.note))`,
		`if event.paid { 1 } else { 0.5 }`, `has(event.coupon) and event.coupon matches "^a"`, `sum(event.items, .qty * .price) % 3`,
		`table.fares[event.order_id] ?? 0`, `event.due < "2026-12-24" or member.tier.club in ["gold", ""]`, `bucket("x") >= 10`,
		`count(event.items, any(.marks, # in event.tags)) == len(event.tags)`, `days_between(event.due, event.sent) + age("2000-01-01")`,
		`1 < 2 < 3`, `let x = 1; x`, `event?.x`, `((((`, `#`, `"é" == event.order_id`, `event.scores ?? []`, `(event.gift ?? event.paid)`,
		`not (member.in.vips) and event.is_first`, `min()`, `max(1)`, `lower(1)`, `event.address`, `a?.b ?? c`, `"x" in ["x"]`, `1 in [1]`,
		`map(event.items, .qty)`, `event.items[0]`, `{a: 1}`, `x | y`, `event.amount ?? "x"`, `-event.qty`, `+1`, `!true`, `b"x"`, `1..2`,
	} {
		f.Add(source, uint64(1))
	}
	w := newWorld()
	f.Fuzz(func(t *testing.T, source string, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		scope := w.scope()
		for _, build := range []builder{buildCondition, buildAmount, buildKey, buildKeys} {
			c, e, _ := compileUnverified(source, scope, build)
			if e == nil {
				continue
			}
			if e.Cond != nil || e.Amount != nil {
				if err := c.verify(source); err != nil {
					t.Fatalf("%s: expr says %s", source, err.Message)
				}
			}
			for range 3 {
				facts := w.random(r)
				switch {
				case e.Cond != nil:
					e.Cond(facts)
				case e.Amount != nil:
					e.Amount(facts)
				case e.Pick != nil:
					e.Pick(facts)
				default:
					e.Collect(facts, nil)
				}
			}
		}
		Canonical(source)
		EventFields(source)
	})
}

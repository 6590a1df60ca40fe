package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRoundingAndMultipliers(t *testing.T) {
	tests := []struct{ name, currency, points, give, boosts, amount, want string }{
		{"RND-01 whole points, down", "EUR", "", "event.amount", "", "19.99", "19"},
		{"RND-04 no binary floats", "EUR", "", "event.amount * 100", "", "0.29", "29"},
		{"RND-05 decimal multipliers are exact", "EUR", "", "event.amount", "{a: {of: stars, times: 1.15}}", "100.00", "115"},
		{"RND-06 stacking multiplies", "EUR", "", "event.amount",
			"{a: {of: stars, times: 2, stacks: true}, b: {of: stars, times: 1.5, stacks: true}}", "33.33", "99"},
		{"RND-09 rounded once, at the end", "EUR", "", "event.amount",
			"{a: {of: stars, times: 1.5, stacks: true}, b: {of: stars, times: 1.5, stacks: true}}", "7.77", "17"},
		{"RND-10 no minor unit", "JPY", "", "event.amount / 100", "", "1980", "19"},
		{"RND-11 three decimals", "KWD", "", "event.amount * 10", "", "1.250", "12"},
		{"RND-12 half to even, down", "EUR", "rounding: nearest", "event.amount", "", "2.50", "2"},
		{"RND-13 half to even, up", "EUR", "rounding: nearest", "event.amount", "", "3.50", "4"},
		{"up", "EUR", "rounding: up", "event.amount", "", "2.01", "3"},
		{"points with decimals", "EUR", "decimals: 2", "event.amount / 3", "", "10.00", "3.33"},
		{"a third is not lost on the way", "EUR", "", "event.amount / 3 * 3", "{a: {of: stars, times: 3}}", "10.00", "30"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			boosts := ""
			if test.boosts != "" {
				boosts = "boosts: " + test.boosts + "\n"
			}
			w := program(t, "currency: "+test.currency+"\nevents: {buy: {amount: money}}\npoints: {stars: {"+test.points+"}}\n"+
				"rules: {buy: {when: buy, give: {stars: "+test.give+"}}}\n"+boosts)
			w.send("ann", "buy", `{"amount":`+test.amount+`}`)
			w.has("ann", "stars", test.want)
		})
	}
}

func TestRND02_RND03_RoundingAnOrderOrEachLine(t *testing.T) {
	w := program(t, `
currency: EUR
events: {buy: {items: [{price: money}]}}
points: {order: {}, lines: {}}
rules:
  order:
    when: buy
    give:
      order: sum(event.items, .price)
  lines:
    when: buy
    give:
      lines: sum(event.items, floor(.price))
`)
	w.send("ann", "buy", `{"items":[{"price":0.99},{"price":0.99},{"price":0.99}]}`)
	w.has("ann", "order", "2")
	w.has("ann", "lines", "0")
}

func TestRND17_WhatIsNoNumberIsRefused(t *testing.T) {
	w := program(t, "currency: EUR\nevents: {buy: {amount: money}}\npoints: {stars: {}}\nrules: {buy: {when: buy, give: {stars: event.amount}}}\n")
	w.refused("invalid_json", w.event("ann", "buy", `{"amount":NaN}`))
	w.refused("does_not_fit", w.event("ann", "buy", `{"amount":1e2}`))
	w.refused("does_not_fit", w.event("ann", "buy", `{"amount":"10"}`))
	w.refused("does_not_fit", w.event("ann", "buy", `{"amount":0.001}`))
	w.refused("does_not_fit", w.event("ann", "buy", `{}`))
	require.Nil(t, w.p.Member("ann"), "nobody has joined")
}

// An amount that cannot be computed gives nothing and says so; everything else goes on.
func TestEvaluationErrorsBecomeNotes(t *testing.T) {
	w := program(t, `
events: {buy: {a: number, b: number}}
points: {stars: {}, gems: {}}
rules:
  divided: {when: buy, give: {stars: event.a / event.b}}
  huge: {when: buy, give: {stars: event.a * 9000000000000 * 9000000000000}}
  minus: {when: buy, give: {stars: event.a - event.b - 100}}
  asked: {when: buy, if: event.a / event.b > 1, give: {stars: 1}}
  fine: {when: buy, give: {gems: 1}}
counters:
  sum: {when: buy, add: event.a / event.b, public: true}
`)
	out := w.send("ann", "buy", "a", 5000, "b", 0)
	require.Equal(t, []string{"rules/fine 1 gems"}, gave(out)[:1])
	require.Contains(t, notes(out), "evaluation rules/divided")
	require.Contains(t, notes(out), "evaluation rules/huge")
	require.Contains(t, notes(out), "evaluation rules/asked")
	require.Contains(t, notes(out), "evaluation counters/sum")
	require.Equal(t, "0", w.counter("ann", "sum"))
	out = w.send("ann", "buy", "a", 1, "b", 2)
	require.Contains(t, notes(out), "evaluation rules/minus", "a negative amount is an error")
}

func TestBoosts(t *testing.T) {
	tests := []struct{ name, boosts, want string }{
		{"the best of those that do not stack", "{a: {of: stars, times: 2}, b: {of: stars, times: 3}}", "30"},
		{"stacking ones multiply with the best", "{a: {of: stars, times: 2}, b: {of: stars, times: 3}, c: {of: stars, times: 1.5, stacks: true}}", "45"},
		{"the best plus and every stacking plus", "{a: {of: stars, plus: 5}, b: {of: stars, plus: 7}, c: {of: stars, plus: 1, stacks: true}, d: {of: stars, " +
			"plus: 2, stacks: true}}", "20"},
		{"times before plus", "{a: {of: stars, plus: 5}, b: {of: stars, times: 2}}", "25"},
		{"an expression as factor", `{a: {of: stars, times: "1 + event.amount / 10"}}`, "20"},
		{"only some definitions", "{a: {of: stars, times: 2, only: [fixed]}}", "10"},
		{"other points", "{a: {of: gems, times: 2}}", "10"},
		{"a condition", "{a: {of: stars, times: 2, if: event.amount > 10}}", "10"},
		{"a window", "{a: {of: stars, times: 2, during: 2026-05-01 to 2026-05-01}}", "20"},
		{"who", "{a: {of: stars, times: 2, for: member.points.gems > 0}}", "10"},
		{"the best is judged after its limit", "{a: {of: stars, times: 10, limit: 3 stars ever}, b: {of: stars, times: 1.5}}", "15"},
		{"a limit trims what the boost adds", "{a: {of: stars, times: 10, limit: 7 stars ever}}", "17"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}, gems: {}}
rules:
  spend: {when: buy, give: {stars: event.amount}}
  fixed: {when: buy, if: event.amount > 1000, give: {stars: 5}}
boosts: `+test.boosts+"\n")
			w.send("ann", "buy", "amount", 10)
			w.has("ann", "stars", test.want)
		})
	}
}

func TestFixedGiftsAndGoalsAreBoostedOnlyWhenNamed(t *testing.T) {
	text := `
events: {buy: {amount: number}}
points: {stars: {}}
rules:
  fixed: {when: buy, give: {stars: 5}}
challenges:
  first: {when: buy, goal: 1, give: {stars: 10}}
boosts:
  double: {of: stars, times: 2%s}
`
	w := program(t, replace(text, ""))
	require.ElementsMatch(t, []string{"rules/fixed 5 stars", "challenges/first 10 stars"}, gave(w.send("ann", "buy", "amount", 1)))
	w = program(t, replace(text, ", only: [fixed, first]"))
	out := w.send("ann", "buy", "amount", 1)
	require.ElementsMatch(t, []string{"rules/fixed 10 stars", "challenges/first 20 stars"}, gave(out))
	require.Equal(t, "double", out.Effects[0].Boosts[0].Boost)
}

// A budget of a boost counts what the boost adds to the points given, so that rounding cannot exceed it.
func TestTheBudgetOfABoostIsExactAfterRounding(t *testing.T) {
	w := program(t, `
currency: EUR
events: {buy: {amount: money}}
points: {stars: {}}
rules:
  spend: {when: buy, give: {stars: event.amount}}
boosts:
  double: {of: stars, times: 2, limit: 10 stars ever}
`)
	for range 8 {
		w.send("ann", "buy", "amount", 3.5)
	}
	w.has("ann", "stars", "34") // 8 × 3 and the 10 of the budget
}

func TestABoostWithATimesLimit(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
rules:
  spend: {when: buy, give: {stars: event.amount}}
boosts:
  double: {of: stars, times: 2, limit: 1 per day}
`)
	w.send("ann", "buy", "amount", 10)
	w.has("ann", "stars", "20")
	w.send("ann", "buy", "amount", 10)
	w.has("ann", "stars", "30")
}

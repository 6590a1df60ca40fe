package rulesets

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/document"
)

func (b *builder) rewards() {
	for _, rec := range b.records["rewards"] {
		r := b.names.Rewards[rec.ID]
		r.Kind, r.Valid, r.Hold = rec.Text("kind"), b.duration(rec, "valid"), b.duration(rec, "hold")
		r.For = b.who(rec.Values["for"], reader{kept: true}).cond
		open := b.during(rec)
		r.During = open.during
		r.Details = b.details(rec.Values["details"])
		r.Cost = b.price(rec.Values["cost"], true)
		var paid []*engine.Points
		for _, c := range r.Cost {
			paid = append(paid, c.Points)
		}
		r.Limits = slices.Concat(b.limits(rec, "rewards/"+rec.ID, reader{kept: true}, paid), open.limits)
		if rec.Has("stock") {
			r.Scarce, r.Stock = true, atoi(rec.Text("stock"))
		}
		switch rec.Text("codes") {
		case "generated":
			r.Codes = engine.GeneratedCodes
		case "pool":
			r.Codes = engine.PoolCodes
		}
	}
}

// price reads POINTS: AMOUNT, or `N or more` for one of the points where the member may choose.
func (b *builder) price(n *document.Node, chosen bool) []engine.Cost {
	if n == nil {
		return nil
	}
	var out []engine.Cost
	if len(n.Pairs) == 0 && !n.Null {
		b.Node(n, "such as {stars: 150}", "a cost is a map of points to amounts")
	}
	for _, p := range n.Pairs {
		points := named(b, p.Key, "points", b.names.Points)
		if !b.Fits(p.Value, &document.Field{Name: p.Key.Text, Phrase: document.Cost}) || points == nil {
			continue
		}
		g := document.Cost.Match(p.Value.Text)
		amount, _ := decimal.Parse(g.Get(1))
		switch {
		case amount < 0, amount == 0 && !chosen: // a reward that costs 0 is there to be claimed; one without cost can only be given
			b.Node(p.Value, "such as 100", "a cost is more than 0")
		case amount.Fraction() > b.decimalsOf(points):
			b.Node(p.Value, "round it, or declare decimals in points", "%s have %d decimals", points.ID, b.decimalsOf(points))
		case g.Has(2) && !chosen:
			b.Node(p.Value, "write the amount alone", "only what a reward costs can be chosen")
		case g.Has(2) && slices.ContainsFunc(out, func(c engine.Cost) bool { return c.OrMore }):
			b.Node(p.Value, "write the amount alone", "only one of the points that a reward costs can be chosen")
		}
		out = append(out, engine.Cost{Points: points, Amount: amount, OrMore: g.Has(2)})
	}
	return out
}

// details are texts, numbers and booleans for apps; numbers are decimals.
func (b *builder) details(n *document.Node) map[string]any {
	if n == nil {
		return nil
	}
	out := map[string]any{}
	for _, p := range n.Pairs {
		if p.Value.Kind != document.Scalar || p.Value.Null {
			b.Node(p.Value, "such as {percent: 10}", "details are texts, numbers and booleans")
			continue
		}
		out[p.Key.Text] = detail(p.Value)
	}
	return out
}

func detail(n *document.Node) any {
	if !n.Plain() {
		return n.Text
	}
	if d, err := decimal.Parse(n.Text); err == nil {
		return d
	}
	switch n.Text {
	case "true":
		return true
	case "false":
		return false
	}
	return strings.TrimSpace(n.Text)
}

// atoi reads a whole number whose form has been checked.
func atoi(s string) int {
	n := 0
	for _, r := range s {
		n = n*10 + int(r-'0')
	}
	return n
}

package rulesets

import (
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// limits reads the caps of a definition. Gives are the points that it can give, for caps on points; nil: any.
func (b *builder) limits(rec *record, definition string, r reader, gives []*engine.Points) []*engine.Limit {
	var out []*engine.Limit
	seen := map[string]bool{}
	for _, n := range rec.list("limit") {
		l := b.limit(n, r, gives)
		if l == nil {
			continue
		}
		l.Key = definition + "|" + l.Key
		if seen[l.Key] {
			b.node(n, "keep the lower one", "this counts the same as another limit of %s", rec.id)
			continue
		}
		seen[l.Key] = true
		out = append(out, l)
	}
	return out
}

// limit reads one cap; its key is yet without the definition.
func (b *builder) limit(n *node, r reader, gives []*engine.Points) *engine.Limit {
	g := match(aLimit, n.text)
	l := &engine.Limit{OrNothing: g.has(7)}
	l.N, _ = decimal.Parse(g.get(1))
	unit, period := "times", "ever"
	by, known := b.limitBy(n, g, l, r)
	if g.has(2) {
		if l.Points = b.limitUnit(n, g, gives); l.Points == nil {
			return nil
		}
		unit = l.Points.ID
	}
	switch {
	case l.N <= 0:
		b.span(n, 0, len(g.get(1)), "leave the definition out instead", "a limit of 0 gives nothing")
		return nil
	case l.Points == nil && !l.N.IsInt():
		b.span(n, 0, len(g.get(1)), "", "times are counted in whole numbers")
		return nil
	case l.Points != nil && l.N.Fraction() > b.decimalsOf(l.Points):
		b.span(n, 0, len(g.get(1)), "", "%s has %d decimals", l.Points.ID, b.decimalsOf(l.Points))
		return nil
	case l.OrNothing && l.Points == nil:
		from, to := g.at(7)
		b.span(n, from, to, "leave it out", "a cap on times always refuses; `or nothing` is for caps on points")
		return nil
	case g.has(3):
		l.Per, _ = calendar.ParsePeriod(g.get(3))
		period = "per " + g.get(3)
	case g.has(4):
		l.Last, _ = calendar.ParseDuration(g.get(4))
		period = "in last " + l.Last.String()
	}
	if !known {
		return nil
	}
	l.Key = strings.Join([]string{unit, period, by}, "|")
	return l
}

func (b *builder) decimalsOf(p *engine.Points) int {
	if rec := b.recordOf("points", p.ID); rec != nil && len(rec.text("decimals")) == 1 {
		return int(rec.text("decimals")[0] - '0')
	}
	return 0
}

func (b *builder) limitUnit(n *node, g groups, gives []*engine.Points) *engine.Points {
	from, to := g.at(2)
	p := b.names.Points[g.get(2)]
	if p == nil {
		if g.get(2) == "times" {
			b.span(n, from, to, "write: "+strings.Replace(n.text, " times", "", 1), "times are meant where no points are named")
			return nil
		}
		b.unknown(n, from, to, "points", g.get(2), ids(b.names.Points))
		return nil
	}
	for _, given := range gives {
		if given == p {
			return p
		}
	}
	if gives != nil {
		b.span(n, from, to, "", "this does not give %s, so the limit never counts", p.ID)
		return nil
	}
	return p
}

// limitBy reads whose uses a limit counts, and returns it as text for the key.
func (b *builder) limitBy(n *node, g groups, l *engine.Limit, r reader) (by string, ok bool) {
	if !g.has(6) {
		return "member", true
	}
	offset, _ := g.at(6)
	var names []string
	for _, part := range strings.Split(g.get(6), ",") {
		name := strings.TrimSpace(part)
		from := offset + strings.Index(part, name)
		offset += len(part) + 1
		names = append(names, name)
		switch name {
		case "everyone":
			l.Everyone = true
		case "member":
			l.By = append(l.By, engine.LimitKey{Receiver: true})
		default:
			key := b.limitKey(n, name, from, r)
			if key == nil {
				return "", false
			}
			l.By = append(l.By, engine.LimitKey{Value: key})
		}
	}
	if l.Everyone && len(names) > 1 {
		from, to := g.at(6)
		b.span(n, from, to, "name everyone, or the keys", "everyone cannot be combined")
		return "", false
	}
	return strings.Join(names, ","), true
}

func (b *builder) limitKey(n *node, name string, from int, r reader) engine.Pick {
	e, errs := expression.Key(name, b.scope(r))
	for _, err := range errs {
		b.span(n, from+err.From, from+err.To, err.Suggestion, "%s", err.Message)
	}
	if e == nil {
		return nil
	}
	return e.Pick
}

// allowance is `N per PERIOD`.
func allowance(text string) (n int, per calendar.Period) {
	g := match(anAllowance, text)
	per, _ = calendar.ParsePeriod(g.get(2))
	return atoi(g.get(1)), per
}

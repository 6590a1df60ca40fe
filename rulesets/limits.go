package rulesets

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// limits reads the caps of a definition. Gives are the points that it can give, for caps on points; nil: any.
func (b *builder) limits(rec *document.Record, definition string, r reader, gives []*engine.Points) []*engine.Limit {
	var out []*engine.Limit
	seen := map[string]bool{}
	for _, n := range rec.List("limit") {
		l := b.limit(n, r, gives)
		if l == nil {
			continue
		}
		l.Key = definition + "|" + l.Key
		if seen[l.Key] {
			b.Node(n, "keep the lower one", "this counts the same as another limit of %s", rec.ID)
			continue
		}
		seen[l.Key] = true
		out = append(out, l)
	}
	return out
}

// limit reads one cap; its key is yet without the definition.
func (b *builder) limit(n *document.Node, r reader, gives []*engine.Points) *engine.Limit {
	g := document.Limit.Match(n.Text)
	l := &engine.Limit{Text: n.Text, OrNothing: g.Has(7)}
	l.N, _ = decimal.Parse(g.Get(1))
	unit, period := "times", "ever"
	by, known := b.limitBy(n, g, l, r)
	if g.Has(2) {
		if l.Points = b.limitUnit(n, g, gives); l.Points == nil {
			return nil
		}
		unit = l.Points.ID
	}
	switch {
	case l.N <= 0:
		b.Span(n, 0, len(g.Get(1)), "leave the definition out instead", "a limit of 0 gives nothing")
		return nil
	case l.Points == nil && !l.N.IsInt():
		b.Span(n, 0, len(g.Get(1)), "write a whole number", "times are counted in whole numbers")
		return nil
	case l.Points != nil && l.N.Fraction() > b.decimalsOf(l.Points):
		b.Span(n, 0, len(g.Get(1)), "round it, or declare decimals in points", "%s have %d decimals", l.Points.ID, b.decimalsOf(l.Points))
		return nil
	case l.OrNothing && l.Points == nil:
		from, to := g.At(7)
		b.Span(n, from, to, "leave it out", "a cap on times always refuses; `or nothing` is for caps on points")
		return nil
	case g.Has(3):
		l.Per, _ = calendar.ParsePeriod(g.Get(3))
		period = "per " + g.Get(3)
	case g.Has(4):
		l.Last, _ = calendar.ParseDuration(g.Get(4))
		period = "in last " + l.Last.String()
	}
	if !known {
		return nil
	}
	l.Key = strings.Join([]string{unit, period, by}, "|")
	return l
}

func (b *builder) decimalsOf(p *engine.Points) int {
	if rec := b.recordOf("points", p.ID); rec != nil && len(rec.Text("decimals")) == 1 {
		return int(rec.Text("decimals")[0] - '0')
	}
	return 0
}

func (b *builder) limitUnit(n *document.Node, g document.Groups, gives []*engine.Points) *engine.Points {
	from, to := g.At(2)
	p := b.names.Points[g.Get(2)]
	if p == nil {
		if g.Get(2) == "times" {
			b.Span(n, from, to, "write: "+strings.Replace(n.Text, " times", "", 1), "times are meant where no points are named")
			return nil
		}
		b.unknown(n, from, to, "points", g.Get(2), ids(b.names.Points))
		return nil
	}
	for _, given := range gives {
		if given == p {
			return p
		}
	}
	if gives != nil {
		b.Span(n, from, to, "name points that it gives, or none to count times", "this does not give %s, so the limit never counts", p.ID)
		return nil
	}
	return p
}

// limitBy reads whose uses a limit counts, and returns it as text for the key.
func (b *builder) limitBy(n *document.Node, g document.Groups, l *engine.Limit, r reader) (by string, ok bool) {
	if !g.Has(6) {
		return "member", true
	}
	offset, _ := g.At(6)
	var names []string
	for _, part := range document.LimitKeys(g.Get(6)) {
		name, from := part.Text, offset+part.From
		if slices.Contains(names, name) {
			b.Span(n, from, from+len(name), "leave it out", "%s is named twice", name)
			return "", false
		}
		switch name {
		case "everyone":
			l.Everyone = true
			continue
		case "member":
			l.By = append(l.By, engine.LimitKey{Receiver: true})
		default:
			key := b.limitKey(n, name, from, r)
			if key == nil {
				return "", false
			}
			l.By = append(l.By, engine.LimitKey{Value: key})
		}
		names = append(names, name)
	}
	if l.Everyone && slices.Contains(names, "member") {
		from, to := g.At(6)
		b.Span(n, from, to, "name member to count each, or everyone to count all together", "what counts each member cannot count everyone together")
		return "", false
	}
	if l.Everyone && len(names) > 0 {
		l.Everyone = false // to name everyone beside keys says what they mean by themselves: all members together
	}
	if len(names) == 0 {
		return "everyone", true
	}
	return strings.Join(names, ","), true
}

func (b *builder) limitKey(n *document.Node, name string, from int, r reader) engine.Pick {
	if meant := b.keyMeant(name, r); meant != "" {
		b.Span(n, from, from+len(name), "did you mean "+meant+"?", "a limit counts by member, everyone, or fields of the event or the member, not by %q", name)
		return nil
	}
	e, errs := expression.Key(name, b.scope(r))
	for _, err := range errs {
		b.Span(n, from+err.From, from+err.To, err.Suggestion, "%s", err.Message)
	}
	if e == nil {
		return nil
	}
	return e.Pick
}

// keyMeant is the key that a name was probably meant to be which says neither whose field it is nor member, "" for any other.
func (b *builder) keyMeant(name string, r reader) string {
	switch {
	case name == "member.id" || name == "members" || name == "each" || name == "receiver":
		return "member"
	case name == "all" || name == "every" || name == "everybody" || name == "program":
		return "everyone"
	case strings.Contains(name, "."):
		return ""
	}
	for _, t := range r.events {
		if t.Schema.Field(name) != nil {
			return "event." + name
		}
	}
	if b.rules.Member.Field(name) != nil {
		return "member." + name
	}
	return ""
}

// allowance is `N per PERIOD`.
func allowance(text string) (n int, per calendar.Period) {
	g := document.Allowance.Match(text)
	per, _ = calendar.ParsePeriod(g.Get(2))
	return atoi(g.Get(1)), per
}

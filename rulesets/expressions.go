package rulesets

import (
	"cmp"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// reader says who reads an expression, and so what it may look at.
type reader struct {
	events []*engine.EventType // compiled for the first; empty where there is no event
	any    bool                // there is an event, but which is unknown: the trigger is wrong
	kept   bool
	who    string // "a challenge", where kept is false
}

// memberOnly is the same reader where there is no event to ask about, as in `for`.
func (r reader) memberOnly() reader { r.events, r.any = nil, false; return r }

// first is the same reader with event i in front.
func (r reader) first(i int) reader {
	events := append([]*engine.EventType{r.events[i]}, r.events[:i]...)
	r.events = append(events, r.events[i+1:]...)
	return r
}

// scope is what r may look at. Scopes are shared, because each carries an environment for the type checker.
func (b *builder) scope(r reader) *expression.Scope {
	var key strings.Builder
	for _, t := range r.events {
		key.WriteString(t.Name + ",")
	}
	if r.any {
		key.WriteString("any")
	}
	if r.kept {
		key.WriteString(" kept")
	} else {
		key.WriteString(" " + r.who)
	}
	s := b.scopes[key.String()]
	if s == nil {
		s = &expression.Scope{Events: r.events, AnyEvent: r.any, Member: b.rules.Member, Names: b.names, Kept: r.kept, Reader: cmp.Or(r.who, "this")}
		b.scopes[key.String()] = s
	}
	return s
}

type compileFunc func(string, *expression.Scope) (*expression.Expression, []expression.Error)

// compile compiles the expression in n. It returns nil after saying what is wrong.
func (b *builder) compile(n *document.Node, r reader, compile compileFunc) *expression.Expression {
	if b.Full() {
		return nil
	}
	b.sources = append(b.sources, n.Text)
	e, errs := compile(n.Text, b.scope(r))
	for _, err := range errs {
		b.Span(n, err.From, err.To, cmp.Or(n.CommentHint(), err.Suggestion), "%s", err.Message)
	}
	if e != nil && b.written.Expressions[n] == nil {
		b.written.Expressions[n] = e
	}
	return e
}

// compiledCondition is a compiled condition; the zero one always holds.
type compiledCondition struct {
	cond    engine.Cond
	clauses engine.Clauses // what it asks at least
	safe    bool           // asking it cannot fail
	parts   []engine.Part  // for explanations
}

// clauses are those of who and then condition, asked in this order: where who fails, that is told.
func clauses(who, condition compiledCondition) engine.Clauses {
	switch {
	case who.cond == nil:
		return condition.clauses
	case !who.safe:
		return who.clauses
	default:
		return who.clauses.And(condition.clauses)
	}
}

// condition compiles a condition; the zero compiledCondition where it is left out or wrong.
func (b *builder) condition(n *document.Node, r reader) compiledCondition {
	if n == nil {
		return compiledCondition{}
	}
	if e := b.compile(n, r, expression.Condition); e != nil {
		return compiledCondition{e.Cond, e.Clauses, e.Safe, e.Parts}
	}
	return compiledCondition{}
}

// who compiles a `for`: an audience by name, or a condition on the member.
func (b *builder) who(n *document.Node, r reader) compiledCondition {
	if n == nil {
		return compiledCondition{}
	}
	name := strings.TrimSpace(n.Text)
	if !document.ID.Matches(name) || name == "true" || name == "false" {
		return b.condition(n, r.memberOnly())
	}
	if b.audiences[name] == nil {
		b.unknown(n, 0, len(name), "audience", name, b.names.AudienceIDs)
		return compiledCondition{}
	}
	a := b.names.Audience(name)
	if a == nil {
		return compiledCondition{}
	}
	if a.Kept && !r.kept {
		b.Node(n, "use an audience of declared member fields", "%s may not ask for the audience %s: it reads state that depends on the order of arrival", r.who, name)
	}
	return compiledCondition{a.Cond, a.Clauses, a.Safe, a.Parts}
}

// audience is a named condition, compiled when it is first used.
type audience struct {
	node     *document.Node
	compiled *expression.Audience
	state    int // 0 new, 1 being compiled, 2 done
}

func (b *builder) audienceConditions() {
	b.names.Audience = b.audience
	if n := b.root.Values["audiences"]; n != nil {
		for _, p := range n.Pairs {
			switch {
			case !b.IsID(p.Key): // which has been said
			case p.Value.Kind != document.Scalar || p.Value.Null:
				b.Node(p.Value, `such as member.country == "DE"`, "an audience is a condition on the member")
			default:
				b.audiences[p.Key.Text] = &audience{node: p.Value}
			}
		}
	}
	b.names.AudienceIDs = ids(b.audiences)
	for _, id := range b.names.AudienceIDs {
		if a := b.audience(id); a != nil {
			b.rules.Audiences = append(b.rules.Audiences, &engine.Audience{ID: id, Cond: a.Cond})
		}
	}
}

func (b *builder) audience(id string) *expression.Audience {
	a := b.audiences[id]
	switch {
	case a == nil:
		return nil
	case a.state == 1:
		b.Node(a.node, "write one of them out", "the audience %s is defined by itself", id)
		return nil
	case a.state == 0:
		a.state = 1
		quiet := b.Quiet
		b.Quiet = false
		if e := b.compile(a.node, reader{kept: true}, expression.Condition); e != nil {
			a.compiled = &expression.Audience{Cond: e.Cond, Kept: e.Kept, Clauses: e.Clauses, Safe: e.Safe, Parts: e.Parts}
		}
		b.Quiet = quiet
		a.state = 2
	}
	return a.compiled
}

// tables reads `tables`: numbers by key.
func (b *builder) tables() {
	n := b.root.Values["tables"]
	if n == nil {
		return
	}
	for _, p := range n.Pairs {
		if !b.IsID(p.Key) {
			continue
		}
		table := map[string]decimal.Decimal{}
		b.names.Tables[p.Key.Text] = table
		if p.Value.Kind != document.Map || len(p.Value.Pairs) == 0 {
			b.Node(p.Value, "such as {flex: 2, saver: 0.5}", "a table is a map of keys to numbers")
			continue
		}
		for _, entry := range p.Value.Pairs {
			if b.Fits(entry.Value, &document.Field{Name: entry.Key.Text, Phrase: document.Number}) {
				table[entry.Key.Text] = b.decimal(entry.Value)
			}
		}
	}
}

// trigger is what `when` says.
type trigger struct {
	events []*engine.EventType
	node   *document.Node
}

// timer is the event of a timer: it has no fields.
func timer() *engine.EventType {
	return &engine.EventType{Name: "timer", Builtin: true, Schema: event.NewSchema("", 0)}
}

// maxWhen bounds the events of one definition, which is compiled for each.
const maxWhen = 100

// when reads a trigger. Events is nil after an error.
func (b *builder) when(rec *document.Record) trigger {
	n := rec.Values["when"]
	t := trigger{node: n}
	items := rec.List("when")
	if len(items) > maxWhen {
		b.Node(rec.Node.Key("when"), "write several definitions", "when has %d events, more than %d", len(items), maxWhen)
		return trigger{node: n}
	}
	for _, item := range items {
		g := document.Trigger.Match(item.Text)
		if len(items) > 1 && !g.Has(1) {
			b.Node(item, "write a definition of its own for it", "a list in when is made of events")
			return trigger{}
		}
		event := b.triggerEvent(rec, item, g)
		if event == nil {
			return trigger{node: n}
		}
		if slices.Contains(t.events, event) {
			b.Node(item, "keep one of them", "%s is in the list twice", event.Name)
			continue
		}
		t.events = append(t.events, event)
	}
	return t
}

// triggerEvent is the event that a trigger stands for, nil after an error.
func (b *builder) triggerEvent(rec *document.Record, n *document.Node, g document.Groups) *engine.EventType {
	switch {
	case g.Has(1):
		return b.eventNamed(n, g, 1)
	case rec.Section != ruleSection:
		b.Node(n, "such as when: purchase", "a %s counts events; only a rule can have a timer", rec.Section.Name)
		return nil
	case g.Has(4): // DURATION after last EVENT
		if b.eventNamed(n, g, 4) == nil {
			return nil
		}
	case g.Has(6): // every year on member.FIELD
		if b.memberDate(n, g, 6) == nil {
			return nil
		}
	case g.Has(7):
		from, _ := g.At(7)
		schedule := b.cron(n, g.Get(7), from)
		if schedule == nil {
			return nil
		}
		b.written.Windows[n] = &calendar.Window{Cron: schedule}
	case g.Has(8):
		p := b.promotionNamed(n, g, 8)
		if p == nil {
			return nil
		}
		b.events[engine.PromotionOpened].Named = true
		opened := *b.events[engine.PromotionOpened] // one of its own: only this promotion starts the rule
		return &opened
	}
	return timer()
}

// timerOf reads the timer in a rule's `when`; nil where it names events.
func (b *builder) timerOf(n *document.Node) *engine.Timer {
	if n == nil || n.Kind != document.Scalar {
		return nil
	}
	g := document.Trigger.Match(n.Text)
	t := &engine.Timer{Text: n.Text}
	switch {
	case g.Has(1):
		return nil
	case g.Has(6):
		t.Yearly = b.memberDate(n, g, 6)
	case g.Has(7):
		t.Cron = b.cron(n, g.Get(7), 0)
	case g.Has(8):
		t.Promotion = b.windows[g.Get(8)]
	default:
		t.After, _ = calendar.ParseDuration(g.Get(2))
		switch {
		case g.Has(5):
			t.Anchor.Joined = true
		case g.Get(3) == "last":
			t.Anchor.Last = g.Get(4)
		default:
			t.Anchor.First = g.Get(4)
		}
	}
	return t
}

func (b *builder) eventNamed(n *document.Node, g document.Groups, i int) *engine.EventType {
	t := b.events[g.Get(i)]
	if t == nil {
		from, to := g.At(i)
		b.unknown(n, from, to, "event", g.Get(i), ids(b.events))
		return nil
	}
	t.Named = true
	return t
}

// memberDate finds the date of a member that a phrase names: a declared one, or that of joining.
func (b *builder) memberDate(n *document.Node, g document.Groups, i int) *event.Field {
	from, to := g.At(i)
	f := b.rules.Member.Field(g.Get(i))
	switch {
	case g.Get(i) == engine.JoinedField.Name:
		return engine.JoinedField
	case f == nil:
		b.Span(n, from, to, expression.DidYouMean(g.Get(i), b.rules.Member.Names()), "member has no field %q", g.Get(i))
	case f.Type != event.TypeDate && f.Type != event.TypeTime:
		b.Span(n, from, to, "declare it as date in member", "member.%s is %s, not a date", f.Name, f.Type)
		return nil
	}
	return f
}

func (b *builder) promotionNamed(n *document.Node, g document.Groups, i int) *engine.Promotion {
	p := b.windows[g.Get(i)]
	if p == nil {
		from, to := g.At(i)
		b.unknown(n, from, to, "promotion", g.Get(i), ids(b.windows))
	}
	return p
}

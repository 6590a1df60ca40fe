package rulesets

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// cause is a built-in event that a definition raises or waits for. Value is what its field holds; "" for any.
type cause struct {
	event, field, value string
	condition           ast.Node // of who waits for points_given, nil for none
}

// caused notes that a definition raises a built-in event.
func (b *builder) caused(definition, event, field, value string) {
	b.causes[definition] = append(b.causes[definition], cause{event: event, field: field, value: value})
}

// triggered notes that a definition is set off by a built-in event, as far as its `if` accepts it.
func (b *builder) triggered(definition string, rec *document.Record, t *engine.EventType) {
	if !t.Builtin {
		return
	}
	field := strings.SplitN(t.Name, "_", 2)[0] // badge_earned has the field badge
	if t.Schema.Field(field) == nil {
		field = ""
	}
	values, condition := []string{""}, ast.Node(nil)
	if n := rec.Values["if"]; n != nil && field != "" {
		if e, errs := expression.Condition(n.Text, b.scope(reader{events: []*engine.EventType{t}, kept: true})); errs == nil {
			values, condition = accepted(e.Tree, field), e.Tree
		}
	}
	if t.Name == engine.PointsGiven { // of which each gift is looked at on its own
		b.triggers[definition] = append(b.triggers[definition], cause{event: t.Name, condition: condition})
		return
	}
	for _, v := range values {
		b.triggers[definition] = append(b.triggers[definition], cause{event: t.Name, field: field, value: v})
	}
}

// inherit notes that a definition is set off by what its counter counts.
func (b *builder) inherit(definition string, counter *document.Node) {
	if counter != nil {
		b.triggers[definition] = append(b.triggers[definition], b.triggers["counters/"+counter.Text]...)
	}
}

// accepted are the values of event.FIELD that a condition lets pass, found in what it joins by and; "" for any.
func accepted(n ast.Node, field string) []string {
	binary, ok := n.(*ast.BinaryNode)
	if !ok {
		return []string{""}
	}
	switch binary.Operator {
	case "and", "&&":
		if values := accepted(binary.Left, field); values[0] != "" {
			return values
		}
		return accepted(binary.Right, field)
	case "==", "in":
		if m, ok := binary.Left.(*ast.MemberNode); ok && m.String() == "event."+field {
			return constants(binary.Right)
		}
	}
	return []string{""}
}

func constants(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.StringNode:
		return []string{n.Value}
	case *ast.ArrayNode:
		var out []string
		for _, item := range n.Nodes {
			out = append(out, constants(item)...)
		}
		return out
	}
	return []string{""}
}

// cycles refuses definitions that set one another off without end.
func (b *builder) cycles() {
	edges := b.effects()
	for _, bare := range b.bare {
		if !b.looksAt(bare.rec) {
			b.Node(bare.at, "give: what reaching it gives", "%s has a goal that gives nothing, and nothing else looks at it", bare.rec)
		}
	}
	loop := findLoop(edges)
	if loop == nil {
		return
	}
	loop = definitionsOf(loop)
	section, id, _ := cutSource(loop[0])
	if rec := b.recordOf(section, id); rec != nil {
		b.Node(rec.Place(), "narrow one of them with `if`", "%s set one another off without end", arrows(loop))
	}
}

// effects leads from definitions to the built-in events that they raise, and from these to the definitions that await them.
// An event of which only one value is awaited stands apart from the same event with any value.
func (b *builder) effects() map[string][]string {
	edges := map[string][]string{}
	for from, raised := range b.causes {
		for _, r := range raised {
			edges[from] = append(edges[from], r.node(), cause{event: r.event}.node())
		}
		slices.Sort(edges[from])
	}
	for to, awaited := range b.triggers {
		for _, a := range awaited {
			if a.event == engine.PointsGiven {
				b.givenTo(to, a.condition, edges)
				continue
			}
			edges[a.node()] = append(edges[a.node()], to)
		}
	}
	for _, to := range edges {
		slices.Sort(to)
	}
	return edges
}

// givenTo leads to a definition that waits for points_given from those whose gifts of points its condition lets pass.
func (b *builder) givenTo(to string, condition ast.Node, edges map[string][]string) {
	for _, g := range b.grants {
		section, id, _ := cutSource(g.source)
		if rec := b.recordOf(section, id); g.transfer && rec != nil && (rec.Has("to") || rec.Has("from")) {
			continue // points that pass from a member to another are no gift
		}
		if passes, known := (gift{g.source, g.grant.Points.ID}).judge(condition); !known || passes {
			edges[g.source] = append(edges[g.source], to)
		}
	}
}

// gift is what an event points_given tells of.
type gift struct{ definition, points string }

// judge reports what a condition says of a gift, as far as that follows from who gave what.
func (g gift) judge(n ast.Node) (passes, known bool) {
	switch n := n.(type) {
	case nil:
		return true, true
	case *ast.UnaryNode:
		passes, known = g.judge(n.Node)
		return !passes, known && (n.Operator == "not" || n.Operator == "!")
	case *ast.BinaryNode:
		return g.judgeBoth(n)
	}
	return false, false
}

func (g gift) judgeBoth(n *ast.BinaryNode) (passes, known bool) {
	switch n.Operator {
	case "and", "&&", "or", "||":
		left, knowsLeft := g.judge(n.Left)
		right, knowsRight := g.judge(n.Right)
		decisive := n.Operator == "or" || n.Operator == "||" // what decides alone
		if knowsLeft && left == decisive || knowsRight && right == decisive {
			return decisive, true
		}
		return !decisive, knowsLeft && knowsRight
	case "==", "!=", "in":
		field, values := n.Left, n.Right
		if _, ok := field.(*ast.StringNode); ok {
			field, values = values, field
		}
		of := map[string]string{"event.definition": g.definition, "event.points": g.points}[field.String()]
		list := constants(values)
		if of == "" || slices.Contains(list, "") {
			return false, false
		}
		return slices.Contains(list, of) != (n.Operator == "!="), true
	}
	return false, false
}

// node names a cause in the graph of effects; no definition is called so.
func (c cause) node() string {
	if c.value == "" {
		return "*" + c.event
	}
	return "*" + c.event + "/" + c.value
}

// definitionsOf is a loop without the events in it, the first definition of them again at the end.
func definitionsOf(loop []string) []string {
	out := slices.DeleteFunc(slices.Clone(loop[1:]), func(n string) bool { return n[0] == '*' })
	slices.Reverse(out)
	i := slices.Index(out, slices.Min(out))
	out = append(slices.Clone(out[i:]), out[:i]...)
	slices.Reverse(out)
	return append([]string{out[len(out)-1]}, out...)
}

// cutSource takes "rules/spend" apart; a step's part "challenges/x/step" belongs to its challenge.
func cutSource(source string) (section, id, rest string) {
	section, id, _ = strings.Cut(source, "/")
	id, rest, _ = strings.Cut(id, "/")
	id, _, _ = strings.Cut(id, ".")
	return section, id, rest
}

// looksAt reports whether another definition names a challenge or streak: in needs, in an expression, or by its events.
func (b *builder) looksAt(rec *document.Record) bool {
	if b.used[rec.ID] {
		return true
	}
	event, path := engine.ChallengeCompleted, "member.challenge."+rec.ID
	if rec.Section == streakSection {
		event, path = engine.StreakReached, "member.streak."+rec.ID
	}
	for _, awaited := range b.triggers {
		for _, a := range awaited {
			if a.event == event && (a.value == "" || a.value == rec.ID) {
				return true
			}
		}
	}
	return slices.ContainsFunc(b.sources, func(s string) bool { return strings.Contains(s, path) })
}

// findLoop returns the nodes of a cycle, the first of them again at the end, or nil.
func findLoop(edges map[string][]string) []string {
	const open, done = 1, 2
	state := map[string]int{}
	var path, loop []string
	var visit func(string)
	visit = func(n string) {
		state[n] = open
		path = append(path, n)
		for _, next := range edges[n] {
			switch {
			case loop != nil:
				return
			case state[next] == open:
				loop = append(slices.Clone(path[slices.Index(path, next):]), next)
			case state[next] == 0:
				visit(next)
			}
		}
		path = path[:len(path)-1]
		state[n] = done
	}
	for _, n := range ids(edges) {
		if state[n] == 0 && loop == nil {
			visit(n)
		}
	}
	return loop
}

// arrows shows a loop; of a long one only how it begins and ends.
func arrows(loop []string) string {
	const most = 8
	if len(loop) > most {
		loop = append(slices.Clone(loop[:most-2]), "…", loop[len(loop)-1])
	}
	return strings.Join(loop, " -> ")
}

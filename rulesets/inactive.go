package rulesets

import (
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// idle leaves a definition, or a part of one, out of the linked ruleset.
func (b *builder) idle(definition string, n *document.Node, why string) {
	if !b.Quiet {
		b.inactive = append(b.inactive, Inactive{definition, engine.Position(n.Position()), why})
	}
}

// given notes who gives badges and rewards.
func (b *builder) given(grants []engine.Grant, source string) {
	for _, g := range grants {
		switch {
		case g.Badge != nil:
			b.givenBy["badges/"+g.Badge.ID] = append(b.givenBy["badges/"+g.Badge.ID], source)
		case g.Reward != nil:
			b.givenBy["rewards/"+g.Reward.ID] = append(b.givenBy["rewards/"+g.Reward.ID], source)
		}
	}
}

// idleHoldings finds badges and rewards that nothing active gives, and boosts and rules that ask for such a badge: as long as
// that is so they cannot fire either.
func (b *builder) idleHoldings() {
	idle := map[string]bool{}
	for _, i := range b.inactive {
		idle[i.Definition] = true
	}
	for _, section := range []string{"badges", "rewards"} {
		for _, rec := range b.records[section] {
			name := section + "/" + rec.ID
			if by := b.givenBy[name]; len(by) > 0 && !rec.Has("counter") && !rec.Has("cost") && allIdle(by, idle) {
				b.idle(name, rec.Place(), "nothing active gives it, only "+strings.Join(by, ", "))
				idle[name] = true
			}
		}
	}
	for _, section := range []string{"boosts", "rules"} {
		for _, rec := range b.records[section] {
			for _, badge := range b.records["badges"] {
				if idle["badges/"+badge.ID] && !idle[section+"/"+rec.ID] && b.asksFor(rec.Values["for"], "member.has_badge."+badge.ID) {
					b.idle(section+"/"+rec.ID, rec.Place(), "badge "+badge.ID+" cannot be earned yet")
				}
			}
		}
	}
}

func allIdle(sources []string, idle map[string]bool) bool {
	for _, source := range sources {
		if section, id, _ := cutSource(source); !idle[section+"/"+id] {
			return false
		}
	}
	return true
}

// asksFor reports whether a condition on the member holds only where path does.
func (b *builder) asksFor(condition *document.Node, path string) bool {
	if condition == nil {
		return false
	}
	e, errs := expression.Condition(condition.Text, b.scope(reader{any: true, kept: true}.memberOnly()))
	return errs == nil && demands(e.Tree, path)
}

func demands(n ast.Node, path string) bool {
	switch n := n.(type) {
	case *ast.MemberNode:
		return n.String() == path
	case *ast.BinaryNode:
		return (n.Operator == "and" || n.Operator == "&&") && (demands(n.Left, path) || demands(n.Right, path))
	}
	return false
}

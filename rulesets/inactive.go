package rulesets

import (
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/rulesets/document"
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
			if badge := b.idleBadge(rec, idle); badge != "" && !idle[section+"/"+rec.ID] {
				b.idle(section+"/"+rec.ID, rec.Place(), "badge "+badge+" cannot be earned yet")
			}
		}
	}
}

// idleBadge is the first badge that a definition asks for and nobody can earn, "" where there is none.
func (b *builder) idleBadge(rec *document.Record, idle map[string]bool) string {
	n := rec.Values["for"]
	if n == nil || b.written.Expressions[n] == nil {
		return ""
	}
	for _, path := range demanded(b.written.Expressions[n].Tree) {
		if id, ok := strings.CutPrefix(path, "member.has_badge."); ok && idle["badges/"+id] {
			return id
		}
	}
	return ""
}

func allIdle(sources []string, idle map[string]bool) bool {
	for _, source := range sources {
		if section, id, _ := cutSource(source); !idle[section+"/"+id] {
			return false
		}
	}
	return true
}

// demanded are the paths that a condition asks for in what it joins by and.
func demanded(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.MemberNode:
		return []string{n.String()}
	case *ast.BinaryNode:
		if n.Operator == "and" || n.Operator == "&&" {
			return append(demanded(n.Left), demanded(n.Right)...)
		}
	}
	return nil
}

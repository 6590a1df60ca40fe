package lint

import (
	"slices"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// mentions are what a program names.
type mentions struct {
	paths map[string]bool // in expressions: member.counter.visits, table.fares
	words map[string]bool // in triggers, windows and expiries
	ids   map[string]bool // in fields that name counters and audiences
	given map[string]bool // stars, badge/first, reward/mug
}

// unusedDefinitions finds what is defined and neither used by anything else nor seen by members.
func (l *linter) unusedDefinitions() {
	m := l.mentioned()
	l.each(func(section string, rec *document.Record) {
		if why := l.unusedBecause(section, rec, m); why != "" {
			l.say(rec.Place(), "", "%s %s", rec, why)
		}
	}, "points", "counters", "boosts", "promotions", "badges", "rewards")
	for section, path := range map[string]string{"tables": "table.", "audiences": "member.in."} {
		if n := l.Root.Values[section]; n != nil {
			for _, p := range n.Pairs {
				id := p.Key.Text
				if named := section == "audiences" && m.ids[id]; !named && !m.paths[path+id] {
					advice := ""
					if section == "audiences" {
						advice = "keep it if GET /v1/members?in=" + id + " is what it is for, name it where it belongs, or delete it"
					}
					l.say(p.Key, advice, "nothing in the ruleset uses %s %s", strings.TrimSuffix(section, "s"), id)
				}
			}
		}
	}
	for _, p := range l.Root.Values["events"].Pairs {
		if !m.words[p.Key.Text] {
			l.say(p.Key, "", "nothing looks at event %s", p.Key.Text)
		}
	}
}

// unusedBecause says why a definition is of no use, "" where it is.
func (l *linter) unusedBecause(section string, rec *document.Record, m *mentions) string {
	switch section {
	case "points":
		if !m.given[rec.ID] {
			return "are given by nothing"
		}
	case "counters":
		if !m.ids[rec.ID] && !m.paths["member.counter."+rec.ID] && rec.Text("public") != "true" {
			return "is read by nothing"
		}
	case "boosts":
		if l.boosted[rec.ID] == nil && !l.inactive("boosts/"+rec.ID) {
			return "applies to nothing: no rule gives such points in proportion to an event that has what it asks for"
		}
	case "promotions":
		if !m.words[rec.ID] && !m.words[engine.PromotionOpened] && !m.words[engine.PromotionClosed] {
			return "opens nothing"
		}
	case "badges":
		if !rec.Has("counter") && !m.given["badge/"+rec.ID] {
			return "is given by nothing"
		}
	case "rewards":
		if !rec.Has("cost") && !m.given["reward/"+rec.ID] {
			return "is given by nothing and has no cost"
		}
	}
	return ""
}

func (l *linter) inactive(definition string) bool {
	return slices.ContainsFunc(l.program.Inactive, func(i rulesets.Inactive) bool { return i.Definition == definition })
}

func (l *linter) mentioned() *mentions {
	m := &mentions{paths: map[string]bool{}, words: map[string]bool{}, ids: map[string]bool{}, given: map[string]bool{}}
	for _, e := range l.Expressions {
		expression.Walk(e.Tree, func(n ast.Node) {
			if member, ok := n.(*ast.MemberNode); ok {
				m.paths[member.String()] = true
			}
		})
	}
	m.collect(l.Root.Node)
	return m
}

// collect reads all fields below n that name something.
func (m *mentions) collect(n *document.Node) {
	for _, p := range n.Pairs {
		switch p.Key.Text {
		case "when", "during", "expire":
			m.read(p.Value)
		case "counter", "for":
			m.ids[strings.TrimSpace(p.Value.Text)] = true
		case "counters":
			for _, c := range p.Value.Pairs {
				m.ids[c.Value.Text] = true
			}
		case "give":
			m.gives(p.Value)
		}
		m.collect(p.Value)
	}
	for _, item := range n.Items {
		m.collect(item)
	}
}

// read collects the words of a phrase, or of a list of them.
func (m *mentions) read(n *document.Node) {
	for _, word := range strings.FieldsFunc(n.Text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' }) {
		m.words[word] = true
	}
	for _, item := range n.Items {
		m.read(item)
	}
}

func (m *mentions) gives(n *document.Node) {
	for _, p := range n.Pairs {
		switch p.Key.Text {
		case "badge", "reward", "tier":
			m.given[p.Key.Text+"/"+p.Value.Text] = true
			for _, level := range p.Value.Pairs {
				m.given[p.Key.Text+"/"+level.Key.Text] = true
			}
		default:
			m.given[p.Key.Text] = true
		}
	}
}

package rulesets

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/rulesets/expression"
)

// reporter collects what is said about a ruleset.
type reporter struct {
	list  Diagnostics
	quiet bool // while the same text is compiled once more
}

func (r *reporter) at(src *source, p place, width int, suggestion, format string, args ...any) {
	r.add(SeverityError, src, p, width, suggestion, fmt.Sprintf(format, args...))
}

func (r *reporter) add(s Severity, src *source, p place, width int, suggestion, message string) {
	if r.quiet {
		return
	}
	r.list = append(r.list, Diagnostic{s, src.name, p.line, p.column, width, message, suggestion, src.line(p.line)})
}

// node reports an error about all of n.
func (r *reporter) node(n *node, suggestion, format string, args ...any) {
	p, width := n.whole()
	r.at(n.src, p, width, suggestion, format, args...)
}

// span reports an error about the characters from..to of a scalar.
func (r *reporter) span(n *node, from, to int, suggestion, format string, args ...any) {
	p, width := n.span(from, to)
	r.at(n.src, p, width, suggestion, format, args...)
}

// record is a definition as written: the values of its fields that have the right form.
type record struct {
	section *section
	id      string
	key     *node // the id's place; nil where there is none
	node    *node
	values  map[string]*node
	broken  bool            // something in it was wrong, and has been said
	meant   map[string]bool // fields that a key which is none was probably meant to be
}

func (r *record) has(name string) bool { return r.values[name] != nil }

// text is a scalar field's text, its default where it is left out.
func (r *record) text(name string) string {
	if v := r.values[name]; v != nil {
		return v.text
	}
	if f := r.section.field(name); f != nil {
		return f.fallback
	}
	return ""
}

// list is a field's items: those of a list, or the value itself.
func (r *record) list(name string) []*node {
	v := r.values[name]
	switch {
	case v == nil:
		return nil
	case v.kind == listNode:
		return v.items
	default:
		return []*node{v}
	}
}

// place is where a diagnostic about the whole definition points.
func (r *record) place() *node {
	if r.key != nil {
		return r.key
	}
	return r.node
}

// reserved are fields that a later version of the format will have.
var reserved = map[string]string{
	"points.by": "points pooled by a field", "points.exchange": "exchange of points into other points",
	"rule.each": "rules for each line of an event", "rule.refuse": "refusing an event",
}

// decode reads a map into a record of s, and says what does not fit.
func (r *reporter) decode(n *node, s *section, key *node) *record {
	rec := &record{section: s, key: key, node: n, values: map[string]*node{}, meant: map[string]bool{}}
	if key != nil {
		rec.id = key.text
	}
	if n.kind != mapNode && !n.null {
		r.node(n, "write its fields: "+s.fields[0].name+": …", "a %s is a map of fields, but this is %s", s.name, nodeKindNames[n.kind])
		rec.broken = true
		return rec
	}
	rec.broken = n.holes
	for _, p := range n.pairs {
		r.decodeField(rec, p)
	}
	for _, f := range s.fields {
		if f.required && rec.lacks(f.name) {
			r.node(rec.place(), f.doc, "%s needs %s", describe(rec), f.name)
			rec.broken = true
		}
	}
	return rec
}

// lacks reports whether a field was left out: neither written, even if wrongly, nor lost with what could not be read.
func (r *record) lacks(name string) bool {
	readable := r.node.kind == mapNode || r.node.null
	return readable && !r.node.holes && !r.meant[name] && keyOf(r.node, name) == nil
}

func describe(rec *record) string {
	switch {
	case rec.section == rulesetSection:
		return "a ruleset"
	case rec.id == "":
		return "a " + rec.section.name
	default:
		return rec.section.name + " " + rec.id
	}
}

func (r *reporter) decodeField(rec *record, p pair) {
	s, name := rec.section, p.key.text
	f := s.field(name)
	if f == nil {
		rec.broken = true
		if what, ok := reserved[s.name+"."+name]; ok {
			r.node(p.key, "", "not yet: %s", what)
			return
		}
		meant := meantField(s, name)
		rec.meant[meant] = true
		r.node(p.key, cmp.Or(didYouMean(meant), "it has: "+strings.Join(s.names(), ", ")), "a %s has no field %q", s.name, name)
		return
	}
	before := len(r.list)
	if r.fits(p.value, f.is, f) {
		rec.values[name] = p.value
	}
	rec.broken = rec.broken || len(r.list) > before
}

// elsewhere are words that people look for under another name.
var elsewhere = map[string]string{
	"condition": "if", "trigger": "when", "then": "give", "points": "give", "reward": "give", "cap": "limit", "caps": "limit",
	"where": "if", "who": "for", "audience": "for", "multiplier": "times", "factor": "times", "bonus": "plus", "window": "during",
	"period": "every", "name": "title", "description": "about", "sum": "add", "unique": "distinct", "count": "add", "price": "cost",
	"target": "goal", "threshold": "goal", "expires": "expire", "expiry": "expire", "rank": "ranks",
}

// meantField is the field that a key was probably meant to be, "" where there is none near.
func meantField(s *section, name string) string {
	if other := elsewhere[name]; other != "" && s.field(other) != nil {
		return other
	}
	return expression.Nearest(name, s.names())
}

// fits says whether a value has one of the forms of its field, and what is wrong where it has not. Of a list it keeps the
// items that fit.
func (r *reporter) fits(n *node, is shape, f *field) bool {
	switch {
	case n.holes && n.null:
		return false // cut by a comma, which has been said
	case n.null:
		r.node(n, f.doc, "%s is empty", f.name)
		return false
	case n.kind == mapNode && (is.record != nil || is.entries != nil || is.free):
		return true
	case n.kind == listNode && is.many:
		if len(n.items) == 0 && !n.holes {
			r.node(n, "leave the field out", "%s is an empty list", f.name)
			return false
		}
		each := is
		each.many = false
		n.items = slices.DeleteFunc(n.items, func(item *node) bool { return !r.fits(item, each, f) })
		return len(n.items) > 0
	case n.kind == scalarNode && (is.phrase != "" || is.words != nil):
		return r.fitsScalar(n, is, f)
	}
	r.misfit(n, is, f)
	return false
}

// misfit says that a value is of the wrong kind altogether.
func (r *reporter) misfit(n *node, is shape, f *field) {
	if n.kind == mapNode && (f.name == "title" || f.name == "expire") {
		what := map[string]string{"title": "titles by language", "expire": "expiry by audience and activity"}[f.name]
		r.node(n, "", "not yet: %s", what)
		return
	}
	var want []string
	if is.phrase != "" {
		want = append(want, phrases[is.phrase].noun)
	}
	if is.words != nil {
		want = append(want, "one of "+strings.Join(is.words, ", "))
	}
	if is.many {
		want = append(want, "a list")
	}
	if is.record != nil && !is.many || is.entries != nil || is.free {
		want = append(want, "a map")
	}
	r.node(n, "", "%s must be %s, but this is %s", f.name, strings.Join(want, " or "), nodeKindNames[n.kind])
}

func (r *reporter) fitsScalar(n *node, is shape, f *field) bool {
	text := strings.TrimRight(n.text, "\n")
	if slices.Contains(is.words, text) {
		return true
	}
	if is.phrase == "" {
		r.node(n, didYouMean(expression.Nearest(text, is.words)), "%s must be one of %s, not %q", f.name, strings.Join(is.words, ", "), text)
		return false
	}
	p := phrases[is.phrase]
	if p.pattern == nil {
		if strings.TrimSpace(text) == "" {
			r.node(n, "", "%s is empty", f.name)
			return false
		}
		return true
	}
	n.text = text
	if p.pattern.MatchString(text) {
		return true
	}
	if is.phrase == aSubject && strings.HasPrefix(text, "event.") {
		r.node(n, "count by a member's field, or `split` a leaderboard", "not yet: counters by a field of the event")
		return false
	}
	r.node(n, "such as "+p.example+habit(is.phrase, text), "%s must be %s, not %q", f.name, p.noun, text)
	return false
}

// habit explains a value that other formats take.
func habit(phrase, text string) string {
	switch strings.ToLower(text) {
	case "yes", "on", "y":
		if phrase == aBoolean {
			return "; here it is true"
		}
	case "no", "off", "n":
		if phrase == aBoolean {
			return "; here it is false"
		}
	}
	return ""
}

// entries decodes a map of ids to records, sorted by id so that order means nothing.
func (r *reporter) entries(n *node, s *section) []*record {
	if n == nil {
		return nil
	}
	var out []*record
	for _, p := range n.pairs {
		if !phrases[anID].pattern.MatchString(p.key.text) {
			r.node(p.key, "such as "+phrases[anID].example, "%q is not an id", p.key.text)
			continue
		}
		out = append(out, r.decode(p.value, s, p.key))
	}
	slices.SortFunc(out, func(a, b *record) int { return strings.Compare(a.id, b.id) })
	return out
}

func didYouMean(word string) string {
	if word == "" {
		return ""
	}
	return "did you mean " + word + "?"
}

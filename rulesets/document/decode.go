package document

import (
	"cmp"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/rulesets/expression"
)

// Record is a definition as written: the values of its fields that have the right form.
type Record struct {
	Section *Section
	ID      string
	Key     *Node // the id's place; nil where there is none
	Node    *Node
	Values  map[string]*Node
	Broken  bool // something in it was wrong, and has been said

	later bool            // it has fields of a later version of the format
	meant map[string]bool // fields that a key which is none was probably meant to be
}

// Has reports whether a field was written and has the right form.
func (r *Record) Has(name string) bool { return r.Values[name] != nil }

// Text is a scalar field's text, its default where it is left out.
func (r *Record) Text(name string) string {
	if v := r.Values[name]; v != nil {
		return v.Text
	}
	if f := r.Section.Field(name); f != nil {
		return f.Fallback
	}
	return ""
}

// List is a field's items: those of a list, or the value itself.
func (r *Record) List(name string) []*Node {
	v := r.Values[name]
	switch {
	case v == nil:
		return nil
	case v.Kind == List:
		return v.Items
	default:
		return []*Node{v}
	}
}

// Place is where a diagnostic about the whole definition points.
func (r *Record) Place() *Node {
	if r.Key != nil {
		return r.Key
	}
	return r.Node
}

// String names the definition: "rule welcome", or "a window" where it has no id.
func (r *Record) String() string {
	if r.ID == "" {
		return r.Section.one()
	}
	return r.Section.Name + " " + r.ID
}

// verb is a verb as it follows the name of the definition: "rule a needs", "leagues need".
func (r *Record) verb(singular string) string {
	if r.ID == "" && r.Section.plural() {
		return strings.TrimSuffix(singular, "s")
	}
	return singular
}

// Lacks reports whether all these fields were left out: neither written, even if wrongly, nor lost with what could not be
// read.
func (r *Record) Lacks(names ...string) bool {
	readable := r.Node.Kind == Map || r.Node.Null
	if !readable || r.Node.Holes || r.later {
		return false
	}
	return !slices.ContainsFunc(names, func(name string) bool { return r.meant[name] || r.Node.Key(name) != nil })
}

// Decode reads a map into a record of s, and says what does not fit. The id is that of key, nil where there is none.
func (r *Reporter) Decode(n *Node, s *Section, key *Node) *Record {
	rec := &Record{Section: s, Key: key, Node: n, Values: map[string]*Node{}, meant: map[string]bool{}}
	if key != nil {
		rec.ID = key.Text
	}
	if n.Kind != Map && !n.Null {
		r.Node(n, "write its fields: "+s.Fields[0].Name+": …", "%s a map of fields, but this is %s", s.is(), n.Kind)
		rec.Broken = true
		return rec
	}
	rec.Broken = n.Holes
	for _, p := range n.Pairs {
		r.decodeField(rec, p)
	}
	known := slices.ContainsFunc(n.Pairs, func(p Pair) bool { return s.Field(p.Key.Text) != nil })
	if !known && len(rec.meant) == 1 && rec.meant[""] {
		return rec // it is something else altogether, which has been said
	}
	for i := range s.Fields {
		if f := &s.Fields[i]; f.Required && rec.Lacks(f.Name) {
			r.Node(rec.Place(), f.advice(), "%s %s %s", rec, rec.verb("needs"), f.Name)
			rec.Broken = true
		}
	}
	return rec
}

func (r *Reporter) decodeField(rec *Record, p Pair) {
	s, name := rec.Section, p.Key.Text
	f := s.Field(name)
	if f == nil {
		rec.Broken = true
		if what, ok := s.NotYet[name]; ok {
			rec.later = true
			r.Node(p.Key, "leave it out", "not yet: %s", what)
			return
		}
		meant := meantField(s, name)
		rec.meant[meant] = true
		r.Node(p.Key, cmp.Or(cutByComma(p.Key, p.Value.Null), didYouMean(meant), "it has: "+strings.Join(s.names(), ", ")), "%s no field %q", s.has(), name)
		return
	}
	before := len(r.List)
	if r.Fits(p.Value, f) {
		rec.Values[name] = p.Value
	}
	rec.Broken = rec.Broken || len(r.List) > before
}

// elsewhere are words that people look for under another name.
var elsewhere = map[string]string{
	"condition": "if", "trigger": "when", "then": "give", "points": "give", "reward": "give", "cap": "limit", "caps": "limit",
	"where": "if", "who": "for", "audience": "for", "multiplier": "times", "factor": "times", "bonus": "plus", "window": "during",
	"segments": "audiences", "campaigns": "promotions", "multipliers": "boosts", "achievements": "badges", "quests": "challenges",
	"missions": "challenges", "currencies": "points", "users": "member", "members": "member", "ranking": "leaderboards",
	"period": "every", "name": "title", "description": "about", "sum": "add", "unique": "distinct", "count": "add", "price": "cost",
	"target": "goal", "threshold": "goal", "expires": "expire", "expiry": "expire", "rank": "ranks",
}

// meantField is the field that a key was probably meant to be, "" where there is none near.
func meantField(s *Section, name string) string {
	if other := elsewhere[name]; other != "" && s.Field(other) != nil {
		return other
	}
	return expression.Nearest(name, s.names())
}

// Fits reports whether a value has one of the forms of its field, and says what is wrong where it has not. Of a list it
// keeps the items that fit.
func (r *Reporter) Fits(n *Node, f *Field) bool {
	switch {
	case n.Holes && n.Null:
		return false // cut by a comma, which has been said
	case n.Null:
		r.Node(n, f.advice(), "%s is empty", f.Name)
		return false
	case n.Kind == Map && (f.Record != nil || f.Entries != nil || f.Free):
		return true
	case n.Kind == List && f.Many:
		if len(n.Items) == 0 && !n.Holes {
			r.Node(n, "leave the field out", "%s is an empty list", f.Name)
			return false
		}
		each := *f
		each.Many = false
		n.Items = slices.DeleteFunc(n.Items, func(item *Node) bool { return !r.Fits(item, &each) })
		return len(n.Items) > 0
	case n.Kind == Scalar && (f.Phrase != nil || f.Words != nil):
		return r.fitsScalar(n, f)
	}
	r.misfit(n, f)
	return false
}

// misfit says that a value is of the wrong kind altogether.
func (r *Reporter) misfit(n *Node, f *Field) {
	if n.Kind == Map && f.MapNotYet != "" {
		r.Node(n, "write one for all", "not yet: %s", f.MapNotYet)
		return
	}
	var want []string
	if f.Phrase != nil {
		want = append(want, f.Phrase.Noun)
	}
	if f.Words != nil {
		want = append(want, "one of "+strings.Join(f.Words, ", "))
	}
	if f.Many {
		want = append(want, "a list")
	}
	if f.Record != nil && !f.Many || f.Entries != nil || f.Free {
		want = append(want, "a map")
	}
	advice := ""
	switch {
	case f.Entries != nil:
		advice = "give each an id: " + f.Name + ": {ID: {" + f.Entries.Fields[0].Name + ": …}}"
	case f.Example != "":
		advice = f.advice()
	}
	r.Node(n, advice, "%s must be %s, but this is %s", f.Name, strings.Join(want, " or "), n.Kind)
}

func (r *Reporter) fitsScalar(n *Node, f *Field) bool {
	text := strings.TrimRight(n.Text, "\n")
	p := f.Phrase
	switch {
	case slices.Contains(f.Words, text):
		return true
	case f.Gone[text] != "":
		r.Node(n, "write "+f.Name+": "+f.Gone[text], "%s: %s is gone", f.Name, text)
		return false
	case p == nil:
		r.Node(n, didYouMean(expression.Nearest(text, f.Words)), "%s must be one of %s, not %q", f.Name, strings.Join(f.Words, ", "), text)
		return false
	case p.pattern == nil:
		if strings.TrimSpace(text) == "" {
			r.Node(n, "", "%s is empty", f.Name)
			return false
		}
		return true
	}
	n.Text = text
	switch {
	case p.Matches(text):
		return true
	case p == Subject && strings.HasPrefix(text, "event."):
		r.Node(n, "count by a member's field, or `split` a leaderboard", "not yet: counters by a field of the event")
	default:
		r.Node(n, cmp.Or(cutByComma(n, limitKey.MatchString(text) && p == Limit), p.advice(text)), "%s must be %s, not %q", f.Name, p.Noun, text)
	}
	return false
}

// Entries decodes a map of ids to records, sorted by id so that order means nothing. Without a map there are none.
func (r *Reporter) Entries(n *Node, s *Section) []*Record {
	if n == nil {
		return nil
	}
	var out []*Record
	for _, p := range n.Pairs {
		if r.IsID(p.Key) {
			out = append(out, r.Decode(p.Value, s, p.Key))
		}
	}
	slices.SortFunc(out, func(a, b *Record) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// IsID reports whether n is an id, and says so where it is not.
func (r *Reporter) IsID(n *Node) bool {
	if ID.Matches(n.Text) {
		return true
	}
	r.Node(n, ID.advice(n.Text), "%q is not an id", n.Text)
	return false
}

func didYouMean(word string) string {
	if word == "" {
		return ""
	}
	return "did you mean " + word + "?"
}

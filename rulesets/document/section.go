package document

import "strings"

// Section is a kind of definition: its fields, in the order in which they are best written.
type Section struct {
	Name   string // "rule"
	Doc    string
	Fields []Field
	NotYet map[string]string // fields that a later version of the format will have, and what they will be
}

// Field is one field of a Section. Its value has one of the forms that are set; with Many also a list of what it is.
type Field struct {
	Name string

	Phrase  *Phrase           // a scalar of this form
	Words   []string          // a scalar that is one of these
	Gone    map[string]string // words that meant something once, and what to write instead
	Record  *Section          // a map of these fields
	Entries *Section          // a map of ids to such maps
	Free    bool              // a map that whoever compiles it describes: `give`, `levels`
	Many    bool              // also a list

	// Of a Free map, for those who describe documents: the keys that mean something, what the others hold, and whether
	// those can hold such maps and lists again. Whoever compiles the map checks it.
	Keys      []Field
	Values    *Field
	Recursive bool

	Required  bool
	Fallback  string // the value of a field that is left out; "" for none
	Doc       string // sentences for authors, in Markdown
	Example   string // a value, as it is written in YAML
	Cosmetic  bool   // no part of what the document means
	MapNotYet string // what a map will mean in a later version of the format, "" for nothing
}

// advice is what to write where a field is missing or of the wrong form.
func (f *Field) advice() string {
	if f.Example != "" {
		return "such as " + f.Name + ": " + f.Example
	}
	brief, _, _ := strings.Cut(f.Doc, ". ")
	return strings.TrimSuffix(brief, ".")
}

// one names a definition of a section: "a rule", "points".
func (s *Section) one() string {
	if s.plural() {
		return s.Name
	}
	return "a " + s.Name
}

// has begins a sentence about the fields of a section: "a rule has", "points have".
func (s *Section) has() string {
	if s.plural() {
		return s.Name + " have"
	}
	return s.one() + " has"
}

// is begins a sentence about what a section is: "a rule is", "points are".
func (s *Section) is() string {
	if s.plural() {
		return s.Name + " are"
	}
	return s.one() + " is"
}

func (s *Section) plural() bool { return strings.HasSuffix(s.Name, "s") }

// Field is the field of a name, nil without one.
func (s *Section) Field(name string) *Field {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return &s.Fields[i]
		}
	}
	return nil
}

func (s *Section) names() []string {
	names := make([]string, len(s.Fields))
	for i := range s.Fields {
		names[i] = s.Fields[i].Name
	}
	return names
}

package document

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

	Phrase  *Phrase  // a scalar of this form
	Words   []string // a scalar that is one of these
	Record  *Section // a map of these fields
	Entries *Section // a map of ids to such maps
	Free    bool     // a map that whoever compiles it describes: `give`, `levels`
	Many    bool     // also a list

	Required  bool
	Fallback  string // the value of a field that is left out; "" for none
	Doc       string
	Cosmetic  bool   // no part of what the document means
	MapNotYet string // what a map will mean in a later version of the format, "" for nothing
}

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

package event

// FieldType is the declared type of a field (language: Types).
type FieldType uint8

// The types a field can be declared with.
const (
	TypeText FieldType = iota
	TypeNumber
	TypeMoney   // a number with at most the currency's digits
	TypeInteger // a number without a fraction
	TypeBoolean
	TypeDate
	TypeTime
	TypeMember // the id of a member
	TypeList   // Items says of what
)

var fieldTypeNames = [...]string{"text", "number", "money", "integer", "boolean", "date", "time", "member", "list"}

// String is the type as the ruleset language writes it.
func (t FieldType) String() string { return fieldTypeNames[t] }

// Kind is the Kind of this type's values.
func (t FieldType) Kind() ValueKind {
	return [...]ValueKind{Text, Number, Number, Number, Boolean, Date, Time, Text, ListOf}[t]
}

// Field is one declared field of an event type, a member or a list's record.
type Field struct {
	Name     string // "amount"; a record's field carries its path, "address.city"
	Type     FieldType
	Optional bool
	Digits   int // fractional digits of money, by the program's currency
	Slot     int // index into Event.Fields, Member.Profile or a list row
	// Items describes a list's rows: fields with slots 0..n-1, or one field with the empty name for a list of scalars.
	Items *Schema
}

// Schema is a set of fields with their slots. Build one with NewSchema.
type Schema struct {
	Fields []*Field // in slot order
	byName map[string]*Field
	// records are the paths of nested records ("address"), which have no value of their own.
	records map[string]bool
	// Currency is the unit of money fields, for messages; Digits is how many fractional digits it has, 0 to 4.
	Currency string
}

// NewSchema gives the fields their slots, in the order given, and money fields the digits of the currency.
func NewSchema(currency string, digits int, fields ...*Field) *Schema {
	s := &Schema{Fields: fields, byName: make(map[string]*Field, len(fields)), records: map[string]bool{}, Currency: currency}
	for i, f := range fields {
		f.Slot, f.Digits = i, digits
		s.byName[f.Name] = f
		for j := range f.Name {
			if f.Name[j] == '.' {
				s.records[f.Name[:j]] = true
			}
		}
	}
	return s
}

// Field finds a field by its name or path, nil when there is none.
func (s *Schema) Field(name string) *Field { return s.byName[name] }

// Names are the names of all fields, in slot order.
func (s *Schema) Names() []string {
	names := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		names[i] = f.Name
	}
	return names
}

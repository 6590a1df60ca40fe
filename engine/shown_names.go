package engine

import (
	"strings"

	"github.com/laurel-engine/laurel/engine/event"
)

// Names says by what boards show a member to others.
type Names uint8

// What boards show of a member.
const (
	NamesNone  Names = iota
	NamesAlias       // the declared field `alias`
	NamesFirst       // the first word of the name
	NamesID
)

// AliasField is the member field that NamesAlias shows.
const AliasField = "alias"

// Told reports whether what is shown is what members, or others about them, have told: it may change at any time.
func (n Names) Told() bool { return n == NamesAlias || n == NamesFirst }

// ShownName is what boards show of a member to others, "" where the ruleset shows nothing, or nothing is known. It is never the id
// unless the ruleset says so.
func (r *Ruleset) ShownName(m *Member) string {
	switch r.Names {
	case NamesAlias:
		if f := m.schema.Field(AliasField); f != nil && f.Type == event.TypeText {
			return m.Profile[f.Slot].Text()
		}
	case NamesFirst:
		if words := strings.Fields(m.Name); len(words) > 0 {
			return words[0]
		}
	case NamesID:
		return m.ID
	}
	return ""
}

// MayRename reports whether an event may change what is shown of some member.
func MayRename(e *event.Event) bool {
	return e.Type == commandPut || e.Type == commandErase || e.Type == commandMerge
}

// Peek is a member who is held as they are used, or the state of one who is held as it is written (ReadMember); neither for one who is not
// at hand, and gone for one who was erased. It makes room for nobody and lets nobody go.
func (p *Processor) Peek(id string) (m *Member, state []byte, gone bool) {
	m, hot := p.subjects.members[id]
	return m, p.subjects.packed.states[id], hot && m == nil
}

// ReadMember reads the state of a member, for those who look and change nothing.
func (r *Ruleset) ReadMember(state []byte) *Member { return decodeMember(state, r) }

// MemberStates are the stored states of members, nil for those that there are not, read in one go.
func MemberStates(store Store, ids []string) ([][]byte, error) {
	l := Lookup{Keys: make([]string, len(ids))}
	for i, id := range ids {
		l.Keys[i] = subjectRow(memberPrefix, id)
	}
	err := Load(store, &l)
	return l.Values, err
}

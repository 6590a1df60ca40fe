package engine

import "encoding/json"

// InUse are the names of a ruleset that a program's journal uses: what may not be removed or get another meaning any more.
type InUse struct {
	Events map[string]map[string]bool `json:"events"` // types that were accepted, with the fields that were sent
	Member map[string]bool            `json:"member"` // fields that profiles were given
	Points map[string]bool            `json:"points"` // points that were ever given
}

// NamesInUse reads the whole journal for the names that it uses. It takes as long as the journal is, and is asked where
// somebody wants to remove a name.
func NamesInUse(store Store) (*InUse, error) {
	u := &InUse{Events: map[string]map[string]bool{}, Member: map[string]bool{}, Points: map[string]bool{}}
	var failed error
	err := store.Records(1, func(_ uint64, b []byte) bool {
		var rec *Record
		if rec, failed = DecodeRecord(b); failed == nil {
			u.add(rec)
		}
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	return u, err
}

func (u *InUse) add(rec *Record) {
	for i := range rec.Outcome.Entries {
		u.Points[rec.Outcome.Entries[i].Points] = true
	}
	if rec.Event.Type == commandPut {
		var p Profile
		if json.Unmarshal(rec.Event.Data, &p) == nil {
			for name, value := range p.Fields {
				mark(u.Member, name, value)
			}
		}
		return
	}
	fields := u.Events[rec.Event.Type]
	if fields == nil {
		fields = map[string]bool{}
		u.Events[rec.Event.Type] = fields
	}
	if len(rec.Event.Data) > 0 {
		mark(fields, "", rec.Event.Data)
	}
}

// mark marks a field with a value, and those of the records and lists in it: items, items.sku. A null is no value.
func mark(fields map[string]bool, name string, value []byte) {
	var object map[string]json.RawMessage
	var list []json.RawMessage
	switch {
	case string(value) == "null":
		return
	case json.Unmarshal(value, &object) == nil:
		for key, v := range object {
			if name != "" {
				key = name + "." + key
			}
			mark(fields, key, v)
		}
	case json.Unmarshal(value, &list) == nil:
		for _, v := range list {
			mark(fields, name, v)
		}
	}
	if name != "" {
		fields[name] = true
	}
}

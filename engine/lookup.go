package engine

import (
	"encoding/json"

	"github.com/laurel-engine/laurel/engine/event"
)

// Lookup is what is read of a store in one go: Seq of each of IDs and, of those that are known, Record, and Get of each of Keys.
// An id that is empty is not asked for.
type Lookup struct {
	IDs  []string
	Keys []string

	Seqs    []uint64 // of IDs
	Records [][]byte // of IDs, nil for those that are not known
	Values  [][]byte // of Keys
}

// Loader is a Store that reads a Lookup sooner than one thing after another, as one that is asked over a network does. It fills
// Seqs, Records and Values, which are as long as IDs and Keys. A record that is damaged stays nil.
type Loader interface {
	Store
	Load(*Lookup) error
}

// Load reads a Lookup.
func Load(s Store, l *Lookup) (err error) {
	l.Seqs, l.Records, l.Values = sized(l.Seqs, len(l.IDs)), sized(l.Records, len(l.IDs)), sized(l.Values, len(l.Keys))
	if loader, ok := s.(Loader); ok {
		return loader.Load(l)
	}
	for i, id := range l.IDs {
		if id == "" {
			continue
		}
		if l.Seqs[i], err = s.Seq(id); err != nil {
			return err
		}
		if l.Seqs[i] > 0 {
			l.Records[i], _ = s.Record(l.Seqs[i]) // who needs it reads it again, and is told why it cannot be read
		}
	}
	for i, key := range l.Keys {
		if l.Values[i], err = s.Get(key); err != nil {
			return err
		}
	}
	return nil
}

// sized is a list of n zero values, in the memory of another one.
func sized[T any](list []T, n int) []T {
	if cap(list) < n {
		return make([]T, n)
	}
	list = list[:n]
	clear(list)
	return list
}

// Reads are what events will ask the store for when they are decided, as far as that can be told beforehand: whether their ids are
// known, and those of their members, groups and shared limits that are not at hand. They are read while nobody waits for the
// processor. What cannot be foreseen, such as what a gift asks for that a goal gives, is read when it is asked for, and so is all that
// a reversal looks back at. A Reads is used again and again.
type Reads struct {
	events []*event.Event
	next   int            // the event that is decided next
	Lookup                // what has been read so far
	unread Lookup         // what is to be read next
	ids    map[string]int // places of IDs that are not of the events themselves
	keys   map[string]int // places of Keys
	cold   []*event.Event // whose members were not at hand, and what depends on their profiles
}

// Foresee finds what events, which are going to be processed in this order, will ask for. They must be processed before anything
// else is.
func (p *Processor) Foresee(r *Reads, events []*event.Event) {
	r.events, r.next, r.cold = events, 0, r.cold[:0]
	r.reset()
	r.unread.reset()
	clear(r.ids)
	clear(r.keys)
	for _, e := range events {
		id := e.ID
		if _, recent := p.recent[id]; recent {
			id = "" // the store may know it by and by
		}
		r.unread.IDs = append(r.unread.IDs, id)
	}
	for _, e := range events {
		p.foresee(r, e)
	}
}

// ForeseeMore finds what the events will ask for that depends on members who were not at hand and have been read, and reports
// whether there is any, for another Load.
func (p *Processor) ForeseeMore(r *Reads) bool {
	p.reads = r
	defer p.Use(nil)
	for _, e := range r.cold {
		if m := p.subjects.see(e.Member); m != nil {
			p.foreseeSubjects(r, e, m)
		}
	}
	r.cold = r.cold[:0]
	return len(r.unread.IDs)+len(r.unread.Keys) > 0
}

// More reports whether ForeseeMore may find more.
func (r *Reads) More() bool { return len(r.cold) > 0 }

// Load reads them. It must be called without the lock that guards the processor, and by nobody else than who calls Process.
func (r *Reads) Load(s Store) error {
	if err := Load(s, &r.unread); err != nil {
		return err
	}
	r.IDs, r.Seqs, r.Records = append(r.IDs, r.unread.IDs...), append(r.Seqs, r.unread.Seqs...), append(r.Records, r.unread.Records...)
	r.Keys, r.Values = append(r.Keys, r.unread.Keys...), append(r.Values, r.unread.Values...)
	r.unread.reset()
	return nil
}

func (l *Lookup) reset() {
	clear(l.Records)
	clear(l.Values)
	l.IDs, l.Seqs, l.Records, l.Keys, l.Values = l.IDs[:0], l.Seqs[:0], l.Records[:0], l.Keys[:0], l.Values[:0]
}

// Use lets the processor use what was read for the events that come next; nil ends it.
func (p *Processor) Use(r *Reads) { p.reads = r }

// id asks for an id that is none of the events'.
func (r *Reads) id(p *Processor, id string) {
	if _, recent := p.recent[id]; recent {
		return
	}
	if r.ids == nil {
		r.ids = map[string]int{}
	}
	if _, asked := r.ids[id]; !asked {
		r.ids[id] = len(r.IDs) + len(r.unread.IDs)
		r.unread.IDs = append(r.unread.IDs, id)
	}
}

// subject asks for a subject that is not at hand.
func (r *Reads) subject(kind, name string) {
	if r.keys == nil {
		r.keys = map[string]int{}
	}
	key := subjectKey(kind, name)
	if _, asked := r.keys[key]; !asked {
		r.keys[key] = len(r.Keys) + len(r.unread.Keys)
		r.unread.Keys = append(r.unread.Keys, stateRow(key))
	}
}

// begin tells that an event is decided.
func (r *Reads) begin(e *event.Event) {
	if r != nil && r.next < len(r.events) && r.events[r.next] == e {
		r.next++
	}
}

// at is the place of an id that was asked for, -1 for another one.
func (r *Reads) at(id string) int {
	switch {
	case r == nil:
		return -1
	case id != "" && r.next > 0 && len(r.IDs) > 0 && r.IDs[r.next-1] == id:
		return r.next - 1
	}
	if at, asked := r.ids[id]; asked && at < len(r.IDs) {
		return at
	}
	return -1
}

// state is the state of a subject that was asked for.
func (r *Reads) state(key string) (value []byte, asked bool) {
	if r == nil {
		return nil, false
	}
	at, asked := r.keys[key]
	if !asked || at >= len(r.Values) {
		return nil, false
	}
	return r.Values[at], true
}

// maxForeseen is how many definitions of a kind are asked beforehand. Where more look at an event's type, most do not apply, and those
// that do find what they need when they need it.
const maxForeseen = 8

// foreseen are the definitions that look at a type of event and at a subject that the event names. They are found by Link.
type foreseen struct {
	limits []*Limit // shared, by values of the event or its member
	groups []*Feed  // of counters of groups
	others []*Rule  // that give to others, or take from them
}

func (r *Ruleset) foresee() {
	for _, rule := range r.Rules {
		t := rule.When
		if rule.To != nil || rule.From != nil {
			t.foreseen.others = append(t.foreseen.others, rule)
			continue
		}
		for _, l := range rule.Limits {
			if len(l.By) > 0 {
				t.foreseen.limits = append(t.foreseen.limits, l)
			}
		}
	}
	for _, t := range r.Events {
		for _, f := range t.feeds.all {
			if f.counter.By != ByMember {
				t.foreseen.groups = append(t.foreseen.groups, f)
			}
		}
		t.foreseen.limits = few(t.foreseen.limits)
		t.foreseen.groups = few(t.foreseen.groups)
		t.foreseen.others = few(t.foreseen.others)
	}
}

// few is a list that is worth being asked beforehand.
func few[D any](list []D) []D {
	if len(list) > maxForeseen {
		return nil
	}
	return list
}

// foresee asks for what one event will ask for.
func (p *Processor) foresee(r *Reads, e *event.Event) {
	p.foreseeMember(r, e.Member)
	if isReversal(e.Type) || settles(e.Type) {
		if target := targetOf(e); target != "" {
			r.id(p, target)
		}
		return
	}
	rules := p.current()
	t := rules.EventType(e.Type)
	if t == nil || t.Builtin || len(t.foreseen.limits)+len(t.foreseen.groups)+len(t.foreseen.others) == 0 || len(e.Decode(t.Schema)) > 0 {
		return
	}
	m := p.subjects.hotMember(e.Member)
	if m == nil { // of what depends on the profile, once it has been read
		r.cold = append(r.cold, e)
		m = &Member{ID: e.Member, Joined: e.Time}
		m.align(rules)
	}
	p.foreseeSubjects(r, e, m)
}

// foreseeSubjects asks for what one event will ask for, but for its own member.
func (p *Processor) foreseeSubjects(r *Reads, e *event.Event, m *Member) {
	rules := p.current()
	t := rules.EventType(e.Type)
	f := &p.probe
	f.Reset(rules, e, m)
	f.spent = [2]int{}
	value := func(of Pick) event.Value {
		v := of(f)
		if f.Failed() != nil {
			return event.Value{}
		}
		return v
	}
	for _, l := range t.foreseen.limits {
		if key := l.useKey(e.Member, value); p.subjects.uses[key] == nil {
			r.subject(usePrefix, key)
		}
	}
	for _, feed := range t.foreseen.groups {
		id := CountID{Name: feed.counter.Name}
		if feed.By != nil {
			if id.Group = value(feed.By).Key(); id.Group == "" {
				continue
			}
		}
		if feed.Split != nil {
			if id.Split = value(feed.Split).Key(); id.Split == "" {
				continue
			}
		}
		if p.subjects.groups[id] == nil {
			r.subject(groupPrefix, id.key())
		}
	}
	for _, rule := range t.foreseen.others {
		p.foreseeOther(r, e, rule, value)
	}
}

// foreseeOther asks for whom a rule gives to or takes from, and whether it has done so before.
func (p *Processor) foreseeOther(r *Reads, e *event.Event, rule *Rule, value func(Pick) event.Value) {
	for _, side := range []struct {
		of      Pick
		command string
		grants  []Grant
	}{{rule.To, commandGrant, rule.Give}, {rule.From, commandTake, rule.Take}} {
		if side.of == nil {
			continue
		}
		member := value(side.of).Text()
		if member == "" || member == e.Member {
			continue
		}
		p.foreseeMember(r, member)
		for i := range side.grants {
			r.id(p, transferID(side.command, e, rule, side.grants[i].what(), member))
		}
	}
}

func (p *Processor) foreseeMember(r *Reads, id string) {
	if id != "" && !p.subjects.holds(id) {
		r.subject(memberPrefix, id)
	}
}

// targetOf is the id of the event that a reversal, or what becomes of a claim, is about, "" where it says none.
func targetOf(e *event.Event) string {
	var of struct {
		reversing
		settling
	}
	if json.Unmarshal(e.Data, &of) != nil {
		return ""
	}
	if settles(e.Type) {
		return event.KeyedID(of.Claim)
	}
	return of.Event
}

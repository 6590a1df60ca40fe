package engine

import "slices"

// Delta is what a redacted event did to a state that it shared with others: a group, a shared limit, another member's use of
// limits. It is told by what differs from the state before, so that whoever applies the record needs nothing else of it.
type Delta struct {
	Key  string // of the subject
	Cut  int    // where it differs
	Drop int    // how many bytes go
	Put  []byte // and which come
}

// deltaOf tells two states apart.
func deltaOf(key string, before, after []byte) Delta {
	cut := 0
	for cut < len(before) && cut < len(after) && before[cut] == after[cut] {
		cut++
	}
	end := 0
	for end < len(before)-cut && end < len(after)-cut && before[len(before)-1-end] == after[len(after)-1-end] {
		end++
	}
	return Delta{Key: key, Cut: cut, Drop: len(before) - cut - end, Put: slices.Clone(after[cut : len(after)-end])}
}

// of is the state after, given that before.
func (i *Delta) of(before []byte) []byte {
	return slices.Concat(before[:i.Cut], i.Put, before[i.Cut+i.Drop:])
}

// follows reports whether a delta can be of a state.
func (i *Delta) follows(before []byte) bool {
	return i.Cut >= 0 && i.Drop >= 0 && i.Cut+i.Drop <= len(before)
}

func (w *writer) deltas(list []Delta) {
	w.len(len(list))
	for i := range list {
		w.text(list[i].Key)
		w.len(list[i].Cut)
		w.len(list[i].Drop)
		w.bytes(list[i].Put)
	}
}

func (r *reader) deltas() []Delta {
	return list(r, func(i *Delta) {
		*i = Delta{Key: r.text(), Cut: r.len2(), Drop: r.len2(), Put: slices.Clone(r.bytes())}
	})
}

// shared is the state of a subject as deltas tell it: without its version, which the record tells, and of a member only its
// uses of limits, which is all that an event changes of another member.
func (s *Subjects) shared(key string) []byte {
	switch kind, id := subjectOf(key); kind {
	case groupPrefix:
		g := *s.Group(countOfKey(id))
		g.Version = 0
		return encodeGroup(&g)
	case usePrefix:
		u := *s.Usage(id)
		u.Version = 0
		return encodeUsage(&u)
	case memberPrefix:
		if m := s.Member(id); m != nil {
			var w writer
			w.uses(&m.Uses)
			return w.B
		}
	case erasedPrefix:
		if x := s.erased[id]; x != nil {
			y := *x
			y.Version = 0
			return encodeErased(&y)
		}
	}
	return nil
}

// install gives a subject the state that shared told.
func (s *Subjects) install(key string, state []byte, seq uint64) {
	switch kind, id := subjectOf(key); kind {
	case groupPrefix:
		g, was := decodeGroup(state), s.Group(countOfKey(id))
		g.dirty, *was = was.dirty, *g
		was.dirty = g.dirty
		s.touchGroup(was, seq)
	case usePrefix:
		u, was := decodeUsage(state), s.Usage(id)
		u.dirty = was.dirty
		*was = *u
		s.touchUse(was, seq)
	case memberPrefix:
		if m := s.Member(id); m != nil {
			r := newReader(state)
			r.uses(&m.Uses)
			s.touchMember(m, m.Version)
		}
	case erasedPrefix:
		s.keepErased(DecodeErased(state), seq)
	}
}

// touched are the keys of the shared subjects that have changed in these, but for those of one member.
func (s *Subjects) touched(but string) (keys []string) {
	for _, g := range s.dirtyGroups {
		keys = append(keys, subjectKey(groupPrefix, g.Count.key()))
	}
	for _, u := range s.dirtyUses {
		keys = append(keys, subjectKey(usePrefix, u.Key))
	}
	for _, m := range s.dirtyMembers {
		if m.ID != but {
			keys = append(keys, subjectKey(memberPrefix, m.ID))
		}
	}
	for _, x := range s.dirtyErased {
		keys = append(keys, subjectKey(erasedPrefix, x.ID))
	}
	return keys
}

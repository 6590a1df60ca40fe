package engine

// Subjects are the states that Apply reads and changes, by key. Members, groups and uses of shared limits are loaded once
// and stay until they are evicted; what changed is remembered until a checkpoint takes it.
//
// Few members are held as they are used (hot): a member is some fifty objects, and millions of objects cost more to collect than
// everything that is done with them. Many more are held as they are written (packed), each of which is one object and a third of the
// size. The others are in the store.
type Subjects struct {
	rules    *Ruleset
	load     func(key string) []byte
	members  map[string]*Member // the hot ones; nil for one that was erased, until the store knows
	hot      int                // how many of them are held
	packed   packed
	groups   map[CountID]*Group
	uses     map[string]*Usage
	claims   map[string]*Claim  // those that their members' states do not hold any more
	codes    map[string]newCode // those that the store may not have yet
	openings map[string]*Openings
	erased   map[string]*Erased

	dirtyMembers  []*Member
	dirtyGroups   []*Group
	dirtyUses     []*Usage
	dirtyClaims   []*Claim
	dirtyCodes    []string // their names
	dirtyErased   []*Erased
	dirtyOpenings []*Openings
	large         bool     // the count of a group is
	gone          []string // members whose states go
}

// NewSubjects are subjects that load finds by key; it returns nil for those that do not exist.
func NewSubjects(rules *Ruleset, load func(key string) []byte) *Subjects {
	return &Subjects{rules: rules, load: load, members: map[string]*Member{}, hot: MaxHot, groups: map[CountID]*Group{}, uses: map[string]*Usage{},
		claims: map[string]*Claim{}, codes: map[string]newCode{}, erased: map[string]*Erased{}, openings: map[string]*Openings{}}
}

// Member is the member with an id, nil when there is none. It may be changed.
func (s *Subjects) Member(id string) *Member {
	m := s.see(id)
	if m != nil && m.handed { // somebody writes down what it is now
		m = decodeMember(encodeMember(m), s.rules)
		s.members[id] = m
	}
	return m
}

// see is Member for those who change nothing of it.
func (s *Subjects) see(id string) *Member {
	if m, ok := s.members[id]; ok {
		if m != nil {
			m.used = true
		}
		return m
	}
	state, packed := s.packed.states[id]
	if !packed {
		state = s.load(subjectKey(memberPrefix, id))
	}
	if state == nil {
		return nil
	}
	m := decodeMember(state, s.rules)
	if s.members[m.ID] = m; !packed {
		s.packed.keep(m.ID, state)
	}
	return m
}

// holds reports whether it is known here what a member is, or that there is none.
func (s *Subjects) holds(id string) bool {
	if _, hot := s.members[id]; hot {
		return true
	}
	_, packed := s.packed.states[id]
	return packed
}

// hotMember is a member as it is used, nil for one that is not held so.
func (s *Subjects) hotMember(id string) *Member { return s.members[id] }

// goBy puts a version in force.
func (s *Subjects) goBy(rules *Ruleset) {
	s.rules = rules
	for id := range s.members {
		if m := s.Member(id); m != nil { // erased
			m.locate(rules.zones)
		}
	}
}

// add makes a new member known.
func (s *Subjects) add(m *Member) { s.members[m.ID] = m }

// Group is the state of a group's counter, empty when nothing was counted yet.
func (s *Subjects) Group(id CountID) *Group {
	if g, ok := s.groups[id]; ok {
		return g
	}
	g := &Group{Count: Count{CountID: id}}
	if state := s.load(subjectKey(groupPrefix, id.key())); state != nil {
		g = decodeGroup(state)
		s.large = s.large || g.Count.large()
	}
	s.groups[id] = g
	return g
}

// Usage is the use of a shared limit, empty when it was never used.
func (s *Subjects) Usage(key string) *Usage {
	if u, ok := s.uses[key]; ok {
		return u
	}
	u := &Usage{Key: key}
	if state := s.load(subjectKey(usePrefix, key)); state != nil {
		u = decodeUsage(state)
	}
	s.uses[key] = u
	return u
}

// claimOf finds a claim of a member, or an old one that the member's state does not hold any more; nil when there is none.
func (s *Subjects) claimOf(m *Member, id string) *Claim {
	if c := m.claim(id); c != nil {
		return c
	}
	if c := s.claims[id]; c != nil {
		return c
	}
	state := s.load(subjectKey(claimPrefix, id))
	if state == nil {
		return nil
	}
	c := decodeClaim(state)
	s.claims[id] = c
	return c
}

// keepClaim keeps a claim on its own.
func (s *Subjects) keepClaim(c *Claim, seq uint64) {
	s.claims[c.ID] = c
	c.version = seq
	if !c.dirty {
		c.dirty = true
		s.dirtyClaims = append(s.dirtyClaims, c)
	}
}

// code is a row of codes, "" when there is none.
func (s *Subjects) code(key string) string {
	if code, ok := s.codes[key]; ok {
		return code.code
	}
	return string(s.load(subjectKey(codePrefix, key)))
}

// newCode is a row of codes, with the event that added it.
type newCode struct {
	code string
	seq  uint64
}

// keepCode keeps a row of codes.
func (s *Subjects) keepCode(key, code string, seq uint64) {
	s.codes[key] = newCode{code, seq}
	s.dirtyCodes = append(s.dirtyCodes, key)
}

func (s *Subjects) touchMember(m *Member, seq uint64) {
	if m.handed {
		panic("engine: a member is changed while it is written down")
	}
	m.Version = seq
	if !m.dirty {
		m.dirty = true
		s.dirtyMembers = append(s.dirtyMembers, m)
	}
}

func (s *Subjects) touchGroup(g *Group, seq uint64) {
	g.Version = seq
	if !g.dirty {
		g.dirty = true
		s.dirtyGroups = append(s.dirtyGroups, g)
	}
}

func (s *Subjects) touchUse(u *Usage, seq uint64) {
	u.Version = seq
	if !u.dirty {
		u.dirty = true
		s.dirtyUses = append(s.dirtyUses, u)
	}
}

// Dirty is how many subjects have changed since the last checkpoint.
func (s *Subjects) Dirty() int {
	return len(s.dirtyMembers) + len(s.dirtyGroups) + len(s.dirtyUses) + len(s.dirtyClaims) + len(s.dirtyCodes) + len(s.dirtyErased) + len(s.dirtyOpenings)
}

// checkpoint takes all changed subjects for clean, and gives back their states, but for those of members, which are handed over as
// they are: they do not change until somebody has written them down. gone are members who were erased.
func (s *Subjects) checkpoint() (rows []Row, members []*Member, gone []string) {
	rows, members, gone = make([]Row, 0, s.Dirty()+len(s.gone)), s.dirtyMembers, s.gone
	for _, m := range members {
		m.dirty, m.handed = false, true
	}
	for _, g := range s.dirtyGroups {
		g.dirty = false
		rows = append(rows, Row{Key: subjectRow(groupPrefix, g.Count.key()), Value: encodeGroup(g)})
	}
	for _, u := range s.dirtyUses {
		u.dirty = false
		rows = append(rows, Row{Key: subjectRow(usePrefix, u.Key), Value: encodeUsage(u)})
	}
	for _, c := range s.dirtyClaims {
		c.dirty = false
		rows = append(rows, Row{Key: subjectRow(claimPrefix, c.ID), Value: encodeClaim(c)})
	}
	for _, f := range s.dirtyOpenings {
		f.dirty = false
		rows = append(rows, Row{Key: subjectRow(openingsPrefix, f.Promotion), Value: encodeOpenings(f)})
	}
	for _, key := range s.dirtyCodes {
		rows = append(rows, Row{Key: subjectRow(codePrefix, key), Value: []byte(s.codes[key].code)})
	}
	s.dirtyCodes = nil
	for _, x := range s.dirtyErased {
		x.dirty = false
		rows = append(rows, Row{Key: subjectRow(erasedPrefix, x.ID), Value: encodeErased(x)})
		delete(s.erased, x.ID)
	}
	for _, id := range s.gone {
		rows = append(rows, Row{Key: subjectRow(memberPrefix, id)})
	}
	s.dirtyErased, s.gone, s.dirtyOpenings = s.dirtyErased[:0], nil, s.dirtyOpenings[:0]
	s.dirtyMembers, s.dirtyGroups, s.dirtyUses, s.dirtyClaims = nil, s.dirtyGroups[:0], s.dirtyUses[:0], s.dirtyClaims[:0]
	return rows, members, gone
}

// state is the encoded state of a subject that is held here, nil when it is not: how a second set of Subjects (a dry
// run, a look into the past) starts from this one without touching it.
func (s *Subjects) state(key string) []byte {
	switch kind, name := subjectOf(key); kind {
	case memberPrefix:
		m, hot := s.members[name]
		switch state, packed := s.packed.states[name]; {
		case m != nil:
			return encodeMember(m)
		case hot: // and erased
			return nil
		case packed:
			return state
		default: // it is not kept: what is looked at page by page would drive out what is used
			return s.load(key)
		}
	case groupPrefix:
		return encodeGroup(s.Group(countOfKey(name)))
	case claimPrefix:
		if c := s.claimOf(&Member{}, name); c != nil {
			return encodeClaim(c)
		}
		return nil
	case openingsPrefix:
		return encodeOpenings(s.Openings(name))
	case codePrefix:
		if code := s.code(name); code != "" {
			return []byte(code)
		}
		return nil
	default:
		return encodeUsage(s.Usage(name))
	}
}

// maxUsesShare is how many fewer uses of shared limits than members are held.
const maxUsesShare = 10

// cool lets members go who were not used lately, when more are hot than should be. Whoever holds one must have done with it.
func (s *Subjects) cool() {
	if len(s.members) <= s.hot {
		return
	}
	for id, m := range s.members {
		switch {
		case m == nil || m.dirty || m.handed:
		case m.used:
			m.used = false
		default:
			delete(s.members, id)
		}
		if len(s.members) <= s.hot*3/4 {
			break
		}
	}
}

// packed are states of members as they are written, those that the store has.
type packed struct {
	states map[string][]byte
	size   int // of all of them, in bytes
}

// maxPacked is how many bytes of them are held.
const maxPacked = 256 << 20

// keep holds the state of a member, and lets others go where there are too many.
func (p *packed) keep(id string, state []byte) {
	if p.states == nil {
		p.states = map[string][]byte{}
	}
	p.size += len(state) - len(p.states[id])
	p.states[id] = state
	if p.size <= maxPacked {
		return
	}
	for other := range p.states {
		p.drop(other)
		if p.size <= maxPacked*7/8 {
			break
		}
	}
}

func (p *packed) drop(id string) {
	p.size -= len(p.states[id])
	delete(p.states, id)
}

// evict forgets clean subjects whose last change is not after seq, until at most max of each kind are left. Their states
// must be in the store.
func (s *Subjects) evict(max int, seq uint64) {
	for id, c := range s.claims {
		if !c.dirty && c.version <= seq {
			delete(s.claims, id)
		}
	}
	for key, code := range s.codes {
		if code.seq <= seq {
			delete(s.codes, key)
		}
	}
	if len(s.groups) > max {
		for id, g := range s.groups {
			if !g.dirty && g.Version <= seq {
				delete(s.groups, id)
			}
		}
	}
	if len(s.uses) > max/maxUsesShare { // most are asked about once, like `1 ever by event.order_id`
		for key, u := range s.uses {
			if !u.dirty && u.Version <= seq {
				delete(s.uses, key)
			}
		}
	}
}

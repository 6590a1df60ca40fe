package engine

import "github.com/laurel-engine/laurel/engine/calendar"

// move is a change of the time zone data, by the version that brought it. From its instant on zones are as the new data tells,
// and before it as they were: a zone that differs is one whose clocks were set at that instant. So no day is counted twice, and
// whether something has happened by an instant before it does not depend on the data at hand.
type move struct {
	version int
	at      calendar.Instant
}

// Zones is the time zone data that the ruleset is judged by.
func (r *Ruleset) Zones() *calendar.Zones { return r.zones }

// lastMove is the number of the version that changed the time zone data last, 0 for none.
func (r *Ruleset) lastMove() int {
	if n := len(r.moves); n > 0 {
		return r.moves[n-1].version
	}
	return 0
}

// zoned lets the first version of a program go by its time zone data.
func (v Version) zoned() { v.Rules.goBy(v.Zones, nil) }

// succeedZones lets a version go by its time zone data from its activation on.
func (v Version) succeedZones(before *Ruleset) {
	switch r := v.Rules; {
	case v.Zones == before.zones || v.Zones.Hash() == before.zones.Hash():
		r.goBy(before.zones, before.moves)
	case r.lastMove() != v.Number: // else it has been done
		r.goBy(v.Zones.After(before.zones, v.From), append(before.moves[:len(before.moves):len(before.moves)], move{v.Number, v.From}))
	}
}

func (r *Ruleset) goBy(zones *calendar.Zones, moves []move) {
	r.zones, r.moves = zones, moves
	r.Calendar.Zone = zones.Known(r.Calendar.Zone.Name())
}

// moved reports whether a member's days, or the hour of what it is told ahead, may differ from what they were by older time zone data.
func (r *Ruleset) moved(before *Ruleset) bool {
	return r.MemberClock || r.notices || r.Calendar.Zone != before.Calendar.Zone
}

// locate finds the member's zones in the data that a version goes by.
func (m *Member) locate(zones *calendar.Zones) {
	if m.zones == zones {
		return
	}
	m.zones = zones
	if m.Zone != nil {
		m.Zone = zones.Known(m.Zone.Name())
	}
	if m.Travel.Left != nil {
		m.Travel.Left = zones.Known(m.Travel.Left.Name())
	}
}

// followMoves lets what lies ahead of a change of the time zone data follow it: the ends of running streaks, and what is told
// ahead of time. What was due before the change stays due. Everything else is computed when it is asked for, or is an instant
// that the member was told.
func (a *applier) followMoves() {
	m := a.m
	if m.Moved == a.current.lastMove() {
		return
	}
	var at calendar.Instant
	for _, v := range a.current.moves {
		if v.version > m.Moved {
			at = v.at
			break
		}
	}
	m.Moved = a.current.lastMove()
	for _, rec := range m.Streaks {
		if s := a.current.streakOf(rec); s != nil && rec.Breaks > at {
			if breaks := m.StreakAt(a.current, s, at).BreaksAt; breaks > 0 {
				rec.Breaks = breaks
			}
		}
	}
	if m.Due > at {
		m.Due = at + 1
	}
}

// lastMoved is the index of the last version whose time zone data is news, 0 for none.
func (p *Processor) lastMoved() int {
	for i := len(p.versions) - 1; i > 0; i-- {
		if r, before := p.versions[i].Rules, p.versions[i-1].Rules; r.lastMove() != before.lastMove() && r.moved(p.versions[0].Rules) {
			return i
		}
	}
	return 0
}

// isFor reports whether news are for a member, by its state: news of time zones are for those whose days may differ from what
// they were by the first data.
func (n *News) isFor(state []byte) bool {
	if n.after == nil || !n.after.MemberClock && n.after.Calendar.Zone != n.before.Calendar.Zone {
		return true
	}
	r := newReader(state)
	_, _, _, _, _ = r.uint(), r.uint(), r.text(), r.at(), r.text() // format, version, id, joined, name
	zone := r.text()
	if zone == "" {
		zone = n.after.Calendar.Zone.Name()
	}
	return n.after.zones.Known(zone) != n.before.zones.Known(zone)
}

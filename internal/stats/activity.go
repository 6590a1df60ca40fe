package stats

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// member is the row of a member, who joins with the first record.
func (c *counter) member(id string, day calendar.Key) *Member {
	if m := c.look(id); m != nil {
		return m
	}
	m := c.open(id)
	m.Joined = day
	c.touch(m)
	c.add(c.key.of(ofJoined).number(day), 0, 1)
	c.add(c.key.of(ofCohorts).number(c.weekOf(day)), 0, 1)
	return m
}

// joins notes that there is no row of a member who joins now: it need not be looked for.
func (c *counter) joins(id string, o *engine.Outcome) {
	for i := range o.Notifications {
		if o.Notifications[i].Type == engine.Joined && c.members[id] == nil {
			c.members[strings.Clone(id)] = &memberRow{}
		}
	}
}

// memberRow is the row of a member as it was written last, nil where there is none, so that most need not be read; and what it has become
// since, nil where nobody has looked at it.
type memberRow struct {
	packed []byte
	open   *Member
}

// look is the row of a member, nil where there is none.
func (c *counter) look(id string) *Member {
	r := c.members[id]
	if r != nil && r.open != nil {
		if r.open.gone {
			return nil
		}
		return r.open
	}
	var value []byte
	if r != nil {
		value = r.packed
	} else {
		value = c.get(memberPrefix + id)
	}
	if value == nil {
		return nil
	}
	m := c.open(id)
	m.row.packed = value
	c.broken(m.decode(value, c.known))
	return m
}

// open opens the row of a member, which is empty.
func (c *counter) open(id string) (m *Member) {
	r := c.members[id]
	if r == nil {
		r = &memberRow{}
		c.members[strings.Clone(id)] = r
	}
	if n := len(c.spare); n > 0 {
		m, c.spare = c.spare[n-1], c.spare[:n-1]
		*m = Member{Types: m.Types[:0], Runs: m.Runs[:0]}
	} else {
		m = &Member{}
	}
	m.id, m.row, r.open = id, r, m
	c.opened = append(c.opened, m)
	return m
}

func (c *counter) touch(m *Member) {
	if !m.dirty {
		m.dirty = true
		c.touched = append(c.touched, m)
	}
}

func (c *counter) weekOf(day calendar.Key) calendar.Key { return c.period(calendar.Week, day) }

// activity counts an event that an app has sent as something that its member did.
func (c *counter) activity(m *Member, e *event.Event, o *engine.Outcome, day calendar.Key) {
	if !sent(e) || o.Refusal != nil {
		return
	}
	c.did(m, e.Type, day, 1)
	if c.isActivity(e.Type) {
		c.did(m, "", day, 1)
	}
}

func (c *counter) isActivity(name string) bool {
	return c.rules.Activity == nil || slices.Contains(c.rules.Activity, name)
}

// did adds events of a type to a day of a member, or takes them off it.
func (c *counter) did(m *Member, name string, day calendar.Key, events int64) {
	a := m.of(name)
	if a.outside(day) {
		return
	}
	c.touch(m)
	i, found := a.find(day)
	switch {
	case found && a.Days[i].Events+events > 0:
		a.Days[i].Events += events
	case found:
		c.active(m, a, i, -1)
		a.Days = slices.Delete(a.Days, i, i+1)
	case events > 0:
		a.Days = slices.Insert(a.Days, i, Day{day, events})
		c.active(m, a, i, 1)
		for first := a.Days[len(a.Days)-1].Day - Window; a.Days[0].Day <= first; {
			a.Days = a.Days[1:]
		}
	}
}

// units are the periods by which active members are counted.
var units = [...]struct {
	name   byte
	period calendar.Period
}{{'d', calendar.Day}, {'w', calendar.Week}, {'m', calendar.Month}, {'y', calendar.Year}}

// Before and after all periods.
const never, always calendar.Key = -1 << 40, 1 << 40

// active counts a day of a member, which stands between its neighbours, or takes it away: by is 1 or -1. A period counts with its first
// day that there is and goes with its last.
func (c *counter) active(m *Member, a *Active, i int, by int64) {
	day := a.Days[i].Day
	for _, u := range units {
		p, before, after := c.period(u.period, day), never, always
		if i > 0 {
			before = c.period(u.period, a.Days[i-1].Day)
		}
		if i+1 < len(a.Days) {
			after = c.period(u.period, a.Days[i+1].Day)
		}
		if before == p || after == p {
			continue
		}
		kept := decimal.Decimal(0)
		if before == p-1 {
			kept = decimal.Decimal(by)
		}
		c.add(c.key.of(ofActive).text(a.Type).char(u.name).number(p), kept, by)
		if after == p+1 {
			c.add(c.key.of(ofActive).text(a.Type).char(u.name).number(p+1), decimal.Decimal(by), 0)
		}
		if c.period(u.period, m.Joined) == p {
			c.add(c.key.of(ofNewActive).text(a.Type).char(u.name).number(p), 0, by)
		}
		if u.period == calendar.Week {
			c.add(c.key.of(ofCohort).text(a.Type).number(c.weekOf(m.Joined)).number(p), 0, by)
		}
	}
	if i+1 < len(a.Days) {
		return
	}
	c.last(m, a.Type, day, by)
	if i > 0 {
		c.last(m, a.Type, a.Days[i-1].Day, -by)
	}
}

// last counts the last day of a member.
func (c *counter) last(m *Member, name string, day calendar.Key, by int64) {
	c.add(c.key.of(ofLastDay).text(name).number(day), 0, by)
	c.add(c.key.of(ofLastWeek).text(name).number(c.weekOf(m.Joined)).number(c.weekOf(day)), 0, by)
}

// merge folds the row of another member into that of the survivor, as if all of it had been the survivor's. What is left of a merge
// after an erasure does not tell who the other was.
func (c *counter) merge(e *event.Event, o *engine.Outcome, day calendar.Key) {
	c.add(c.key.of(ofJoined).number(day), 1, 0)
	if o.Merge == nil {
		return
	}
	from, into := c.look(o.Merge.From), c.look(e.Member)
	if from == nil || into == nil {
		return
	}
	theirs, mine := c.without(from), c.without(into)
	c.drop(from)
	into.Joined, into.Types = min(into.Joined, from.Joined), nil
	c.add(c.key.of(ofCohorts).number(c.weekOf(into.Joined)), 0, 1)
	for _, types := range [...][]Active{mine, theirs} {
		for _, a := range types {
			for _, d := range a.Days {
				c.did(into, a.Type, d.Day, d.Events)
			}
		}
	}
	for _, r := range from.Runs {
		if own := into.run(r.Challenge); own == nil {
			into.Runs = append(into.Runs, r)
		} else if r.Quarter > own.Quarter {
			*own = r
		}
	}
}

// without takes all that a member did out of what is counted, and returns it.
func (c *counter) without(m *Member) (types []Active) {
	c.touch(m)
	c.add(c.key.of(ofCohorts).number(c.weekOf(m.Joined)), 0, -1)
	for i := range m.Types {
		a := &m.Types[i]
		types = append(types, Active{a.Type, slices.Clone(a.Days)})
		for n := len(a.Days); n > 0; n = len(a.Days) {
			c.active(m, a, n-1, -1)
			a.Days = a.Days[:n-1]
		}
	}
	return types
}

// drop deletes the row of a member.
func (c *counter) drop(m *Member) {
	c.touch(m)
	m.gone = true
}

// erase deletes what is known of a member. What was counted stays.
func (c *counter) erase(id string, day calendar.Key) {
	c.add(c.key.of(ofJoined).number(day), 1, 0)
	if m := c.look(id); m != nil {
		c.drop(m)
	}
}

func (m *Member) run(challenge string) *Run {
	for i := range m.Runs {
		if m.Runs[i].Challenge == challenge {
			return &m.Runs[i]
		}
	}
	return nil
}

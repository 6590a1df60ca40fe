package oracle

import (
	"cmp"
	"slices"
	"strings"
)

// Event is something that a member did. Amounts are millionths.
type Event struct {
	ID, Member, Type, Key string
	At, Arrived           Instant
	Amount                int64
}

// World is a program and all that happened in it.
type World struct {
	Program Program
	Reached map[string]int // how often each situation worth testing came up
	members map[string]*member
	zones   map[string]*clock
	uses    []use
	seq     int
}

type member struct {
	id       string
	clock    *clock
	events   []*happened
	sorted   []*happened                 // nil when it must be sorted anew
	reached  map[string]map[int][]string // goals by challenge and window, as far as worked out since the last change
	accounts map[string]*account
	awards   map[string]*award
}

// happened is an event as accepted, with what it gave.
type happened struct {
	Event
	seq    int
	day    int // local, of its time
	voided bool
	gave   []*grant
}

// grant is what one rule gave for one event, and how much of that was taken back.
type grant struct {
	rule   *Rule
	points string
	given  int64
	kept   int64
}

// award is a goal reached and paid.
type award struct {
	lot    *lot
	given  int64
	streak string
	goal   int // of a streak
	period int
}

// New is a world in which nothing has happened yet.
func New(p Program) *World {
	slices.SortFunc(p.Rules, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return &World{Program: p, Reached: map[string]int{}, members: map[string]*member{}, zones: map[string]*clock{}}
}

func (w *World) reach(situation string) { w.Reached[situation]++ }

// Join adds a member who lives in a zone.
func (w *World) Join(id, zone string) {
	if !w.Program.MemberClock {
		zone = w.Program.Zone
	}
	if w.zones[zone] == nil {
		w.zones[zone] = newClock(zone, w.Program.SundayWeeks)
	}
	m := &member{id: id, clock: w.zones[zone], accounts: map[string]*account{}, awards: map[string]*award{}}
	for _, p := range w.Program.Points {
		m.accounts[p.ID] = &account{points: p}
	}
	m.changed()
	w.members[id] = m
}

// Send accepts an event and returns what each rule gave, negative what it took.
func (w *World) Send(e Event) map[string]int64 {
	m := w.members[e.Member]
	w.seq++
	h := &happened{Event: e, seq: w.seq, day: m.clock.day(e.At)}
	for _, a := range m.accounts {
		a.settle(m, e.Arrived)
	}
	out := map[string]int64{}
	if len(m.events) > 0 && e.At < m.latest() {
		w.reach("late event")
	}
	m.events = append(m.events, h)
	m.changed()
	for _, a := range m.accounts {
		a.moveExpiry(w, m, h)
	}
	for i := range w.Program.Rules {
		if r := &w.Program.Rules[i]; r.When == e.Type && e.Amount >= r.Min {
			w.serve(m, h, r, out)
		}
	}
	m.grantLots(w, h)
	w.payGoals(m, h)
	return out
}

func (m *member) latest() (at Instant) {
	for _, h := range m.events {
		at = max(at, h.At)
	}
	return at
}

// grantLots opens one lot for each kind of points that an event's rules gave.
func (m *member) grantLots(w *World, h *happened) {
	sums := map[string]int64{}
	for _, g := range h.gave {
		sums[g.points] += g.given
	}
	for points, sum := range sums {
		if sum > 0 {
			m.accounts[points].open(w, m, h, sum)
		}
	}
}

// Void takes an event back as if it had never been.
func (w *World) Void(id, of string, now Instant) { w.reverse(id, of, now, nil) }

// Amend leaves of an event what it would have been with a smaller amount.
func (w *World) Amend(id, of string, amount int64, now Instant) { w.reverse(id, of, now, &amount) }

func (w *World) reverse(id, of string, now Instant, amount *int64) {
	m := w.members[of]
	w.seq++
	for _, a := range m.accounts {
		a.settle(m, now)
	}
	i := slices.IndexFunc(m.events, func(h *happened) bool { return h.ID == id })
	h := m.events[i]
	if amount == nil {
		h.voided = true
	} else {
		h.Amount = *amount
	}
	m.changed()
	back := map[string]int64{}
	for _, g := range h.gave {
		kept := int64(0)
		if !h.voided && h.Amount >= g.rule.Min {
			kept = min(w.amount(m, h, g.rule), g.given)
		} else {
			w.giveUseBack(h, g.rule)
		}
		if kept < g.kept {
			back[g.points] += g.kept - kept
			g.kept = kept
		}
	}
	for points, sum := range back {
		a := m.accounts[points]
		a.clawBack(w, now, a.lotOf(h.seq, false), sum)
	}
	if h.voided {
		for _, a := range m.accounts {
			a.expiryBack(w, m, h, now)
		}
	}
	w.revokeGoals(m, now)
}

func (m *member) changed() { m.sorted, m.reached = nil, map[string]map[int][]string{} }

// counted are the events that are not voided, in the order in which they happened.
func (m *member) counted() []*happened {
	if m.sorted != nil {
		return m.sorted
	}
	for _, h := range m.events {
		if !h.voided {
			m.sorted = append(m.sorted, h)
		}
	}
	slices.SortFunc(m.sorted, func(a, b *happened) int {
		return cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.ID, b.ID))
	})
	return m.sorted
}

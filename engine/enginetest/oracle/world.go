package oracle

import (
	"cmp"
	"slices"
	"strings"
)

// Event is something that a member did. Amounts are millionths.
type Event struct {
	ID, Member, Type, Key, Friend string
	At, Arrived                   Instant
	Amount                        int64
}

// World is a program and all that happened in it.
type World struct {
	Program Program
	Reached map[string]int // how often each situation worth testing came up
	members map[string]*member
	zones   map[string]*clock
	counted []*happened // of all members, as each member's
	uses    []use
	claims  map[string]*claim
	used    map[string]*using
	groups  map[string]bool // goals of groups that were reached, by key
	won     map[string]int  // winners' places that are taken, by goal
	seq     int
	paid    int              // goals of streaks
	closed  map[season][]Row // final tables
	calls   [][2]Instant     // from when until when the promotion was open, apart and in order
	prizes  []winning
}

type member struct {
	id       string
	clock    *clock
	joined   Instant
	team     string
	moves    []move
	zoned    bool   // a zone was told
	left     *clock // before the last journey
	leftAt   Instant
	told     *told // when the first zone was
	stays    []stay
	hardly   map[int]bool        // days that were hardly lived
	spells   map[string][]*spell // in challenges
	events   []*happened
	counted  []*happened                 // those that are not voided, in the order in which they happened
	reached  map[string]map[int][]string // goals by challenge and window
	stale    map[string][]*happened      // what changed by challenge, in whose windows they must be worked out again
	done     map[string]Instant          // when challenges were completed, as far as worked out
	gains    map[string]*gains           // by points
	gifts    []*gift                     // of others
	prizes   []prize
	mended   map[string]*mended // by streak
	birthday int                // 0 for unknown
	fired    map[string]Instant // timers, when they did last
	accounts map[string]*account
	awards   map[string]*award
	holdings []*holding
	// How often a reward was given and handed over, whatever became of it.
	given, handedOver int
}

// happened is an event as accepted, with what it gave.
type happened struct {
	Event
	seq       int
	day       int // local, of its time
	capDay    int // of limits
	clock     *clock
	called    bool // the promotion was open by a call
	team      string
	voided    bool
	byHand    bool             // what it gave was released or refused
	refused   bool             // a raise was, whole
	lines     map[string]*line // by rule
	gave      []*grant
	took      []*taking
	revisions int
	gifts     []*gift // to others
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
	seq    int
	at     Instant // of the event that reached it
	day    int
	mark   bool
	place  string // of a winner, "" for none
	group  *share // of a group's goal
	streak string
	goal   int // of a streak
	period int
	also   []*award // of a member who was merged into this one
}

// New is a world in which nothing has happened yet.
func New(p Program) *World {
	slices.SortFunc(p.Rules, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return &World{Program: p, Reached: map[string]int{}, members: map[string]*member{}, zones: map[string]*clock{},
		claims: map[string]*claim{}, used: map[string]*using{}, groups: map[string]bool{}, won: map[string]int{}, closed: map[season][]Row{}}
}

func (w *World) reach(situation string) { w.Reached[situation]++ }

func (w *World) clock(zone string) *clock {
	if w.zones[zone] == nil {
		w.zones[zone] = newClock(zone, w.Program.SundayWeeks)
	}
	return w.zones[zone]
}

// usedWeeks tells whether weeks that begin on Sunday were asked for.
func (w *World) usedWeeks() {
	for _, c := range w.zones {
		if c.sunday && c.weeks {
			w.reach("weeks from sunday")
		}
	}
}

// teams are all there are.
var teams = []string{"blue", "red"}

// Join adds a member who lives in a zone, "" where none is told, with a birthday or 0.
func (w *World) Join(id, zone, team string, birthday int, at Instant) {
	if !w.Program.MemberClock {
		zone = w.Program.Zone
	}
	m := &member{id: id, clock: w.clock(cmp.Or(zone, w.Program.Zone)), zoned: zone != "", hardly: map[int]bool{}, joined: at, team: team,
		moves: []move{{at, team}}, spells: map[string][]*spell{}, reached: map[string]map[int][]string{}, stale: map[string][]*happened{}, done: map[string]Instant{},
		accounts: map[string]*account{}, awards: map[string]*award{}, mended: map[string]*mended{}, birthday: birthday, fired: map[string]Instant{}}
	for _, p := range w.Program.Points {
		m.accounts[p.ID] = &account{points: p, reach: w.reach, missing: map[int]*missing{}, forgave: map[int]bool{}}
	}
	w.members[id] = m
	if zone != "" && zone != w.Program.Zone {
		w.reach("clocks of members")
	}
}

// MoveTo puts a member into another team, which counts for what happens from now on.
func (w *World) MoveTo(id, team string, now Instant) {
	if m := w.members[id]; m.team != team {
		m.team = team
		m.moves = append(m.moves, move{now, team})
		w.reach("team changed")
	}
}

// move is when a member came into a team.
type move struct {
	at   Instant
	team string
}

// teamAt is the team that a member was in at an instant, "" before the first.
func (m *member) teamAt(at Instant) (team string) {
	for _, v := range m.moves {
		if v.at <= at {
			team = v.team
		}
	}
	return team
}

// Send accepts an event and returns what each rule gave, negative what it took.
func (w *World) Send(e Event) map[string]int64 {
	w.closeTables(e.Arrived)
	m := w.members[e.Member]
	w.miss(m.clock, m.clock.day(e.At), e.Arrived)
	w.seq++
	h := &happened{Event: e, seq: w.seq, clock: m.clock, called: w.open(e.At), day: m.clock.day(e.At), capDay: m.clockOfLimits(e.At).day(e.At),
		team: m.teamAt(e.At), lines: map[string]*line{}}
	if h.team != m.team {
		w.reach("late event of another team")
	}
	m.settle(e.Arrived)
	out := map[string]int64{}
	if n := len(m.counted); n > 0 && e.At < m.counted[n-1].At {
		w.reach("late event")
	}
	m.events = append(m.events, h)
	days := w.qualified(m)
	m.counted = slices.Insert(m.counted, place(m.counted, h), h)
	w.counted = slices.Insert(w.counted, place(w.counted, h), h)
	if w.qualified(m) < days {
		w.reach("day taken out of a streak")
	}
	w.changed(m, h)
	for _, a := range m.accounts {
		a.moveExpiry(w, m, h)
	}
	rules, _ := w.Program.at(e.At)
	if w.Program.Next != nil && e.At < w.Program.Next.From {
		w.reach("judged by an older version")
	}
	for i := range rules {
		if r := &rules[i]; r.matches(h) {
			w.serve(m, h, r, out)
		}
	}
	m.grantLots(w, h)
	w.present(m, h, e.Arrived)
	w.takeFromOthers(m, h)
	w.sendGifts(h)
	w.payGoals(m, h, 0)
	w.payGroups(m, h)
	w.fireTimers(m, e.Arrived)
	return out
}

// grantLots opens one lot for each kind of points that an event's rules gave.
func (m *member) grantLots(w *World, h *happened) {
	sums := map[string]int64{}
	for _, g := range h.gave {
		sums[g.points] += g.given
	}
	for points, sum := range sums {
		if sum > 0 {
			m.accounts[points].open(w, m, h.seq, h.Arrived, sum, false)
		}
	}
}

// Deploy puts other rules and boosts in force from now on.
func (w *World) Deploy(v Version) {
	slices.SortFunc(v.Rules, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	w.Program.Next = &v
	w.reach("deploy")
}

// Void takes an event back as if it had never been.
func (w *World) Void(id, of string, now Instant) {
	w.reach("void")
	w.reverse(id, of, now, nil)
}

// Amend leaves of an event what it would have been with a smaller amount.
func (w *World) Amend(id, of string, amount int64, now Instant) {
	w.reach("amend")
	w.members[of].event(id).revisions++
	w.reverse(id, of, now, &amount)
}

func (w *World) reverse(id, of string, now Instant, amount *int64) {
	w.closeTables(now)
	m := w.members[of]
	w.seq++
	m.settle(now)
	h := m.event(id)
	if amount == nil {
		h.voided = true
		w.giveUseBack(h, "")
		m.counted = slices.Delete(m.counted, place(m.counted, h), place(m.counted, h)+1)
		w.counted = slices.Delete(w.counted, place(w.counted, h), place(w.counted, h)+1)
	} else {
		h.Amount = *amount
		w.lower(m, h)
	}
	w.changed(m, h)
	w.present(m, h, now)
	back := map[string]int64{}
	for _, g := range h.gave {
		back[g.points] += w.keep(m, h, g)
	}
	for points, sum := range back {
		a := m.accounts[points]
		a.clawBack(w, now, a.lotOf(h.seq, false), sum)
	}
	w.giveTakenBack(m, h, true, now)
	if h.voided {
		for _, a := range m.accounts {
			a.expiryBack(w, m, h, now)
		}
	}
	w.revokeGoals(m, now)
	w.giveTakenBack(m, h, false, now)
	w.reverseGifts(m, h, now)
	w.fireTimers(m, now)
}

// keep lowers a grant to what the event, as it is now, would have given, and tells what must come back.
func (w *World) keep(m *member, h *happened, g *grant) (back int64) {
	kept := int64(0)
	if !h.voided && g.rule.matches(h) {
		kept = min(w.wants(m, h, g), g.given)
	} else {
		w.giveUseBack(h, g.rule.ID)
	}
	if kept < g.kept {
		back, g.kept = g.kept-kept, kept
	}
	return back
}

// wants is what the event, as it is now, wants of what a grant gave.
func (w *World) wants(m *member, h *happened, g *grant) int64 {
	if g.points != g.rule.Points {
		return g.rule.Gems * million
	}
	if g.rule.Pass {
		wanted, _ := w.amount(m, h, g.rule, nil)
		return wanted
	}
	return h.line(g.rule).wanted
}

func (m *member) event(id string) *happened {
	return m.events[slices.IndexFunc(m.events, func(h *happened) bool { return h.ID == id })]
}

// settle lets time pass over the member's points.
func (m *member) settle(now Instant) {
	for _, a := range m.accounts {
		a.settle(now)
	}
}

// changed forgets what was worked out from what an event is part of.
func (w *World) changed(m *member, h *happened) {
	m.gains = nil
	clear(m.done)
	for i := range w.Program.Challenges {
		c := &w.Program.Challenges[i]
		if len(c.Needs) > 0 {
			delete(m.reached, c.ID)
		} else if c.By == "" {
			m.stale[c.ID] = append(m.stale[c.ID], h)
		}
	}
}

// place is where an event stands among the counted ones.
func place(counted []*happened, h *happened) int {
	i, _ := slices.BinarySearchFunc(counted, h, func(a, b *happened) int {
		return cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.ID, b.ID))
	})
	return i
}

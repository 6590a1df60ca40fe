package engine

import (
	"slices"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// Timer is when a rule fires by time alone. Exactly one form is set (language: Phrases).
type Timer struct {
	Text string // as written
	// After is a time after an anchor: the last or first event of a type, the joining.
	After  calendar.Duration
	Anchor Anchor
	// Yearly is a date of the member's profile, on whose yearly return it fires.
	Yearly *event.Field
	Cron   *calendar.Cron
	// Promotion is one whose window opens, or closes with Closes.
	Promotion *Promotion
	Closes    bool
}

// TimerMark is the last instant for which a timer fired for a member.
type TimerMark struct {
	Timer string
	At    calendar.Instant
}

// timer is something that time alone starts: a rule with a Timer, or what looks at the opening or closing of a promotion.
type timer struct {
	Timer
	key   string // what states call it; another phrase is another timer
	rule  *Rule  // nil for a promotion
	event *EventType
	start calendar.Instant
}

// yearlyGap is how long after a yearly gift the next one comes at the earliest: a member who changes a date of birth is not
// given twice (semantics: Timers and promotions).
const yearlyGap = 300

// maxFired bounds how often the timers of a member fire before an event, and after it once more. What is left is due at the
// next tick.
const maxFired = 100

// linkTimers gathers what time starts, sorted by key.
func (r *Ruleset) linkTimers() {
	r.timers, r.notices = nil, len(r.leads()) > 0
	for _, rule := range r.Rules {
		if rule.Timer != nil {
			r.timers = append(r.timers, &timer{Timer: *rule.Timer, rule: rule, event: rule.When, key: rule.Path + "/" + rule.Timer.Text, start: calendar.Beginning})
		}
	}
	for _, closes := range []bool{false, true} {
		name := PromotionOpened
		if closes {
			name = PromotionClosed
		}
		t := r.byEvent[name]
		if t == nil || !t.Named {
			continue
		}
		for _, p := range r.Promotions {
			r.timers = append(r.timers, &timer{Timer: Timer{Promotion: p, Closes: closes}, event: t,
				key: "promotions/" + p.ID + "/" + name, start: calendar.Beginning})
		}
	}
	slices.SortStableFunc(r.timers, func(a, b *timer) int { return strings.Compare(a.key, b.key) })
	for _, t := range r.timers {
		r.names[t.key] = t.key
	}
}

// next is the first instant after one at which the timer is due for a member, Forever when it is not.
func (t *timer) next(a *applier, m *Member, cal calendar.Calendar, after calendar.Instant) calendar.Instant {
	switch {
	case t.Cron != nil:
		if at, ok := t.Cron.Next(cal, after); ok {
			return at
		}
	case t.Promotion != nil:
		if t.Closes {
			return t.Promotion.closing(a.current.Calendar, a.subjects, after)
		}
		return t.Promotion.opening(a.current.Calendar, a.subjects, after)
	case t.Yearly != nil:
		return t.yearly(m, cal, after)
	default:
		if at := t.anchored(m, cal); at > after {
			return at
		}
	}
	return calendar.Forever
}

// yearly is the next return of the date: at the start of its local day, never within 300 days of the last one.
func (t *timer) yearly(m *Member, cal calendar.Calendar, after calendar.Instant) calendar.Instant {
	of, ok := m.dateOf(t.Yearly, cal)
	if !ok {
		return calendar.Forever
	}
	last := calendar.Beginning
	if mark := m.mark(t.key); mark != nil {
		last = mark.At
	}
	year, _, _ := cal.Zone.Date(after).Civil()
	for y := year; y <= year+2; y++ {
		day := of.Anniversary(y)
		at := cal.Zone.Start(day)
		if at > after && day > of && (last == calendar.Beginning || int(day-cal.Zone.Date(last)) >= yearlyGap) {
			return at
		}
	}
	return calendar.Forever
}

// anchored is a time after the last or first event of a type, or after joining, at the same time of day.
func (t *timer) anchored(m *Member, cal calendar.Calendar) calendar.Instant {
	switch {
	case t.Anchor.Joined:
		return cal.After(m.Joined, t.After)
	case t.Anchor.Last != "":
		if s := m.seen(t.Anchor.Last); s != nil {
			return cal.After(s.Last, t.After)
		}
	default:
		if s := m.seen(t.Anchor.First); s != nil && m.mark(t.key) == nil {
			return cal.After(s.First, t.After)
		}
	}
	return calendar.Forever
}

func (m *Member) mark(timer string) *TimerMark {
	for i := range m.Timers {
		if m.Timers[i].Timer == timer {
			return &m.Timers[i]
		}
	}
	return nil
}

// due is when the timer fires next for the member: after its activation, after joining, after what was imported, and after
// the last time.
func (t *timer) due(a *applier) calendar.Instant {
	m := a.m
	after := max(t.start, m.Live)
	if t.Cron != nil || t.Promotion != nil || t.Yearly != nil {
		after = max(after, m.Joined)
	}
	if mark := m.mark(t.key); mark != nil {
		after = max(after, mark.At)
	}
	cal := a.current.CalendarOf(m)
	if t.Cron == nil && t.Promotion == nil || t.Promotion != nil && t.Promotion.OnCall {
		return t.next(a, m, cal, after)
	}
	// Many members ask the same question of the calendar.
	known, ok := a.turns[t]
	if !ok || known.zone != cal.Zone || after < known.after || after >= known.next {
		if known = (occurrence{cal.Zone, after, t.next(a, m, cal, after)}); a.turns == nil {
			a.turns = map[*timer]occurrence{}
		}
		a.turns[t] = known
	}
	return known.next
}

// occurrence is the next one, which holds for all instants from after until it.
type occurrence struct {
	zone        *calendar.Zone
	after, next calendar.Instant
}

// timersDue is the first instant at which a timer of the member fires. What was imported is history: its timers begin with
// the first event or tick after it, which is due at once.
func (a *applier) timersDue() calendar.Instant {
	due := calendar.Forever
	if a.m.Live == calendar.Forever {
		return a.now
	}
	if a.current.notices {
		due = a.nextStanding(a.now) // what points are told of is found where their lots are looked at
	}
	for _, t := range a.current.timers {
		due = min(due, t.due(a))
	}
	return due
}

// timerFired is the type of the event that a timer is; it has no fields.
const timerFired = "timer"

// nextTimer finds what is due first, by now.
func (a *applier) nextTimer(now calendar.Instant) (first *timer, due calendar.Instant) {
	due = now + 1
	for _, t := range a.current.timers {
		if at := t.due(a); at < due {
			first, due = t, at
		}
	}
	return first, due
}

// settleTimers fires what is due by now, in the order of due instants, each for the member as it was then.
func (a *applier) settleTimers(now calendar.Instant) {
	if a.event.Past {
		return
	}
	if a.m.Live == calendar.Forever {
		a.m.Live = now
	}
	told := max(a.m.Due-1, a.m.Live) // what was to be told before that has been
	for range maxFired {
		t, due := a.nextTimer(now)
		if a.current.notices {
			if at := a.nextNotice(told); at < due {
				a.settleTime(at)
				a.notify(at)
				told = at
				continue
			}
		}
		if t == nil {
			return
		}
		a.settleTime(due)
		a.fire(t, due)
	}
}

// fire lets one timer fire for the member, dated at its instant.
func (a *applier) fire(t *timer, due calendar.Instant) {
	if mark := a.m.mark(t.key); mark != nil {
		mark.At = due
	} else {
		a.m.Timers = append(a.m.Timers, TimerMark{Timer: t.key, At: due})
	}
	e := t.occurrence(a.m.ID, due)
	e.Cause = a.caused(Cause{Event: t.event.Name, ID: t.key, At: due})
	event, cause, now, waiting := a.event, a.cause, a.now, len(a.queue)
	a.event, a.cause, a.now = e, e.Cause, due
	a.look(e)
	switch {
	case t.Promotion != nil && !a.ask(t.Promotion.For, t.key):
	case t.rule == nil:
		a.queue = append(a.queue, e)
	default:
		a.rulePlan, a.grantPlan, a.boostPlan = a.rulePlan[:0], a.grantPlan[:0], a.boostPlan[:0]
		a.planRule(t.rule)
		for i := range a.rulePlan {
			a.rule(&a.rulePlan[i])
		}
	}
	a.drain(waiting)
	a.event, a.cause, a.now = event, cause, now
}

// occurrence is the event that a timer is for a member at an instant.
func (t *timer) occurrence(member string, due calendar.Instant) *event.Event {
	e := &event.Event{ID: event.Own + "timer/" + t.key + "/" + due.String() + "/" + member, Kind: event.Derived, Type: t.event.Name,
		Member: member, Time: due, Timed: true, Arrived: due}
	if t.Promotion != nil {
		e.Fields = []event.Value{event.TextValue(t.Promotion.ID)}
	}
	return e
}

// News is a change after which the due instants of all members are computed again, or what they have completed: a version of the
// ruleset, and the promotions that calls have opened and closed.
type News struct {
	Version int // that changed it last; with timers, any may have
	// Calls counts the calls that opened or closed promotions that timers look at.
	Calls uint64
	// None is set where it changes nothing for any member.
	None bool
	// before and after are set where nothing but time zones is news: it is for members whose zone differs between them.
	before, after *Ruleset
}

// News are the latest.
func (p *Processor) News() News {
	rules, last := p.Rules(), len(p.versions)-1
	n := News{None: len(rules.timers) == 0 && !rules.lowered}
	if n.None { // notices alone are news where they change: those of the first version are known to all who join
		moved := p.lastMoved()
		for last > 0 && (!rules.notices || sameNotices(p.versions[last-1].Rules, rules)) {
			last--
		}
		if last == 0 { // else some may still have to be told of the notices
			n.before, n.after = p.versions[0].Rules, rules
		}
		last = max(last, moved)
		n.None = last == 0
	}
	n.Version = p.versions[last].Number
	var seen []*Promotion
	for _, t := range rules.timers {
		if of := t.Promotion; of != nil && of.OnCall && !slices.Contains(seen, of) {
			seen = append(seen, of)
			n.Calls += p.subjects.Openings(of.ID).Changes
		}
	}
	return n
}

// String tells news apart.
func (n News) String() string { return strconv.Itoa(n.Version) + "." + strconv.FormatUint(n.Calls, 10) }

// tick is the event that tells a member of the news: its timers and notices are set again, and lowered goals are completed. Its
// id names the news, so that it has one effect however often it is sent.
func (n News) tick(member string) *event.Event {
	return &event.Event{ID: event.Own + "news/" + n.String() + "/" + member, Kind: event.News, Type: commandTime, Member: member}
}

// Spread calls yield for the stored members after one, in byte order of their ids, with the event that tells them of news.
func Spread(store Store, n News, after string, yield func(tick *event.Event) bool) error {
	prefix := stateRow(memberPrefix)
	return store.Scan(prefix, scanAfter(prefix, after), func(key string, state []byte) bool {
		return !n.isFor(state) || yield(n.tick(restOf(key, prefix)))
	})
}

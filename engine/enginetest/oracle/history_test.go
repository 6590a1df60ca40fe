package oracle

import (
	"fmt"
	"math/rand"
	"time"
)

// A step is one thing that happens at an instant.
type step struct {
	now Instant
	// do is send, again, void, amend, raise, release, refuse: with event; claim, use, confirm, cancel, return: with id; adjust, enroll,
	// team: with member; deploy: a version; restart, with a checkpoint or without; compare, later if wanted.
	do         string
	event      Event
	member     string
	id         string // of a claim
	held       bool   // of a use: it is to be confirmed, or cancelled; of a confirmation: it hands over at once
	what       string // the reward, points, challenge or team
	amount     int64
	until      Instant // of what is given by hand: when it expires, 0 as the points say
	checkpoint bool
	later      Instant
	version    Version
}

// history is a program, its members' zones and what happens.
type history struct {
	mix     mix
	program Program
	begin   Instant
	zones   []string
	// birthdays are days since 1970, 0 where it is unknown.
	birthdays []int
	steps     []step
}

// storyteller draws a history step by step.
type storyteller struct {
	drawing
	history
	now    Instant
	hours  int
	second bool // version is in force
	small  bool // amounts are
	sent   []Event
	left   map[string]int64 // amounts of the events that are not voided, as amended
	claims []step
	// late draws what was added to the drawing later, so that older histories stay as they are.
	late drawing
	uses []step
}

func draw(seed int64) history { return drawWithout(seed) }

// drawWithout is draw for programs that have some features for certain not.
func drawWithout(seed int64, without ...string) history {
	d := drawing{rand.New(rand.NewSource(seed))}
	s := &storyteller{drawing: d, left: map[string]int64{}, hours: pick(d, 30, 12, 6), small: seed%8 == 5}
	s.mix = d.features(focus(seed))
	for _, name := range without {
		delete(s.mix, name)
	}
	begin := dayOf(pick(d, beginnings...))
	s.begin, s.program = int64(begin)*day, d.ruleset(s.mix, begin)
	if s.small {
		s.program.sumAmounts()
	}
	for range d.between(1, 4) {
		s.zones = append(s.zones, pick(d, zones...))
		if s.mix["travel"] && d.one(3) {
			s.zones[len(s.zones)-1] = "" // it is told later
		}
		s.birthdays = append(s.birthdays, pick(d, 0, dayOf("1992-02-29"), begin-366*30+d.below(300), begin-366*20+d.below(60)))
	}
	s.late = drawing{rand.New(rand.NewSource(seed ^ 0x5eed))}
	s.rewardsInUse()
	s.now = s.begin + 80*3600*second // later than the latest late event after joining
	for range d.length() {
		s.now += d.gap(s.hours)
		s.send()
		s.bridge()
		s.disturb()
		s.reverse()
		s.order()
		s.use()
	}
	if s.mix["seasons"] {
		s.now += 10 * day
		s.add(step{do: "jobs"})
	}
	s.add(step{do: "compare"})
	s.add(step{do: "compare", later: int64(d.below(90)) * day})
	return s.history
}

func (s *storyteller) add(next step) {
	next.now = s.now
	s.steps = append(s.steps, next)
}

// someone is a member.
func (s *storyteller) someone() string { return fmt.Sprint("m", s.below(len(s.zones))) }

// send draws what a member does next: now, or up to 70 hours ago, often just around a midnight.
func (s *storyteller) send() {
	member := s.below(len(s.zones))
	e := Event{ID: fmt.Sprintf("e%04d", len(s.sent)), Member: fmt.Sprint("m", member), Type: pick(s.drawing, "buy", "visit", "buy", "spend", "visit"),
		At: s.now, Arrived: s.now}
	if s.mix["below zero"] && s.one(4) {
		e.Type, e.Amount = "log", int64(s.between(-3, 5))*million
	}
	if s.one(3) { // ids are not in the order of arrival
		e.ID = fmt.Sprintf("d%04d", len(s.sent))
	}
	switch e.Type {
	case "buy":
		e.Amount, e.Key = s.amount(), fmt.Sprint("k", s.below(4))
		if s.mix["gifts"] && !s.one(4) {
			e.Friend = fmt.Sprint("m", s.below(len(s.zones)+1)) // oneself, and nobody, among them
		}
	case "spend":
		e.Amount = s.amount()
		if s.mix["transfers"] && !s.one(4) {
			e.Amount = min(e.Amount, 5*million)
			e.Friend = fmt.Sprint("m", s.below(len(s.zones)+1))
		}
	}
	if s.mix["late"] && s.one(3) {
		e.At -= int64(s.below(70*3600)) * second
		if s.one(4) {
			clock := newClock(s.zones[member], false)
			if at := clock.start(clock.day(e.At)+1) - int64(s.below(2))*second; at <= s.now {
				e.At = at
			}
		}
	}
	s.sent = append(s.sent, e)
	s.add(step{do: "send", event: e})
	s.left[e.ID] = e.Amount
}

// bridge lets points expire for want of events that come all the same, the last one first: each alone reaches the next one only.
func (s *storyteller) bridge() {
	expire := s.program.Points[0].Expire
	hours := expire.After.N * map[string]int{"hour": 1, "day": 24}[expire.After.Unit]
	if expire.Idle == "" || !s.mix["late"] || hours == 0 || hours > 24 || !s.one(6) {
		return
	}
	member := s.someone()
	send := func(kind string, at Instant) {
		e := Event{ID: fmt.Sprintf("e%04d", len(s.sent)), Member: member, Type: kind, At: at, Arrived: s.now}
		if kind == "buy" {
			e.Amount, e.Key = s.amount(), "k0"
		}
		s.sent, s.left[e.ID] = append(s.sent, e), e.Amount
		s.add(step{do: "send", event: e})
	}
	send("buy", s.now)
	gap := int64(hours*s.between(60, 100)) * 36 * second
	n := min(int64(s.between(2, 4)), 70*3600*second/gap)
	s.now += n * gap
	for k := range n {
		send(expire.Idle, s.now-k*gap)
	}
}

// disturb lets happen what must change nothing, and compares.
func (s *storyteller) disturb() {
	switch s.below(15) {
	case 0:
		s.add(step{do: "again", event: s.old()})
	case 1:
		s.add(step{do: "compare"})
	case 2:
		if s.mix["seasons"] {
			s.add(step{do: "jobs"})
		}
	case 3:
		if s.mix["restarts"] && s.one(2) {
			s.add(step{do: "restart", checkpoint: s.one(2)})
		}
	case 8, 9:
		if do := pick(s.drawing, "freeze", "repair"); s.mix[do+"s"] {
			s.add(step{do: do, member: s.someone()})
		}
	case 7:
		if s.mix["versions"] && !s.second && s.one(2) {
			s.now += second
			s.second = true
			s.add(step{do: "deploy", version: s.version(s.program, s.mix)})
		}
	case 4:
		if s.mix["teams change"] {
			s.add(step{do: "team", member: s.someone(), what: pick(s.drawing, teams...)})
		}
	case 12, 13:
		if s.mix["calls"] {
			s.now += second // what happened at the same instant was before it
			s.add(step{do: pick(s.drawing, "fire", "fire", "close")})
		}
	case 10, 11:
		if s.mix["travel"] {
			s.add(step{do: "travel", member: s.someone(), what: pick(s.drawing, zones...)})
		}
	case 5, 6:
		if len(s.program.Challenges) > 0 {
			if c := pick(s.drawing, s.program.Challenges...); c.OptIn {
				s.now += second // what happened before does not count
				do := "enroll"
				if s.mix["leaving"] && s.one(3) {
					do = "leave"
				}
				s.add(step{do: do, member: s.someone(), what: c.ID})
			}
		}
	}
}

func (s *storyteller) old() Event { return s.sent[s.below(len(s.sent))] }

// reverse draws a reversal of an earlier event, and what becomes of pending points.
func (s *storyteller) reverse() {
	if recent := s.sent[max(0, len(s.sent)-1-s.below(4))]; s.mix["raises"] && recent.Type == "buy" && s.one(4) {
		if amount, open := s.left[recent.ID]; open {
			s.now += int64(s.below(7200)) * second
			s.add(step{do: "raise", event: recent, amount: amount + int64(s.between(1, 40))*million/2})
			return
		}
	}
	old := s.old()
	amount, open := s.left[old.ID]
	if !open {
		return
	}
	if s.mix["pending"] && old.Type != "spend" && s.one(8) {
		s.now += int64(s.below(7200)) * second
		if s.add(step{do: pick(s.drawing, "release", "release", "refuse"), event: old}); s.steps[len(s.steps)-1].do == "refuse" {
			delete(s.left, old.ID)
		}
		return
	}
	if !s.mix["reversals"] || !s.one(8) {
		return
	}
	s.now += int64(s.below(7200)) * second
	if old.Type == "log" && s.one(2) {
		s.left[old.ID] = int64(s.between(-3, 5)) * million
		s.add(step{do: "amend", event: old, amount: s.left[old.ID]})
		return
	}
	if old.Type != "visit" && amount >= million && s.one(2) {
		s.left[old.ID] = int64(s.below(int(amount/10_000))) * 10_000
		s.add(step{do: "amend", event: old, amount: s.left[old.ID]})
		for s.mix["raises"] && old.Type == "buy" && s.one(2) { // there and back again
			s.now += second
			s.add(step{do: pick(s.drawing, "raise", "raise", "amend"), event: old, amount: pick(s.drawing, amount, amount/2, 3*amount/2)})
		}
		return
	}
	delete(s.left, old.ID)
	s.add(step{do: "void", event: old})
}

// order draws what is done about rewards, and adjustments.
func (s *storyteller) order() {
	if s.mix["adjustments"] && s.one(12) {
		points := pick(s.drawing, s.program.Points...)
		change := step{do: "adjust", member: s.someone(), what: points.ID, amount: int64(s.between(1, 30)) * million * pick(s.drawing, int64(1), 1, -1)}
		if change.amount > 0 && s.one(3) {
			change.until = s.now + Instant(s.between(1, 60*24))*60*second
		}
		s.add(change)
	}
	if !s.mix["rewards"] || !s.one(4) {
		return
	}
	if r := pick(s.drawing, s.program.Rewards...); len(s.claims) == 0 || s.one(3) {
		claim := step{do: "claim", member: s.someone(), id: fmt.Sprint("q", len(s.claims)), what: r.ID}
		if r.OrMore && s.one(2) {
			claim.amount = (r.Cost + int64(s.below(10))) * million
		}
		s.claims = append(s.claims, claim)
		s.add(claim)
		return
	}
	claim := s.claims[max(0, len(s.claims)-1-s.below(4))]
	next := step{do: pick(s.drawing, "confirm", "confirm", "cancel", "return", "return"), id: claim.id, member: claim.member}
	if next.do != "cancel" && s.one(2) {
		next.amount = int64(s.between(1, 30)) * million
	}
	s.add(next)
}

// rewardsInUse draws how long rewards can be used, and a rule that gives one.
func (s *storyteller) rewardsInUse() {
	if !s.mix["rewards"] {
		return
	}
	for i := range s.program.Rewards {
		if s.late.one(2) {
			s.program.Rewards[i].Valid = s.late.span("hour", "day", "week")
		}
	}
	if s.late.one(2) {
		s.program.Present = s.late.span("hour", "day", "week", "month")
	}
}

// use draws what is done with rewards that members hold.
func (s *storyteller) use() {
	d := s.late
	if !s.mix["rewards"] || d.one(2) {
		return
	}
	if len(s.claims) > 0 && d.one(4) {
		c := s.claims[len(s.claims)-1]
		s.add(step{do: "confirm", id: c.id, member: c.member, held: d.one(3)})
	}
	if len(s.uses) > 0 && d.one(2) {
		u := s.uses[max(0, len(s.uses)-1-d.below(3))]
		s.add(step{do: pick(d, "confirm", "cancel", "return", "return"), id: u.id, member: u.member})
		return
	}
	u := step{do: "use", id: fmt.Sprint("u", len(s.uses)), member: fmt.Sprint("m", d.below(len(s.zones))), held: d.one(3)}
	if u.what = "present"; s.program.Present.N == 0 || d.one(2) {
		u.what = pick(d, s.program.Rewards...).ID
	}
	s.uses = append(s.uses, u)
	if s.add(u); u.held && !d.one(4) {
		s.add(step{do: pick(d, "confirm", "confirm", "cancel"), id: u.id, member: u.member})
	}
}

// amount is that of an event. In some histories amounts are so small that sums are often equal, and what comes often is nothing.
func (s *storyteller) amount() int64 {
	switch {
	case s.small && !s.one(8):
		return int64(s.below(3)) * million
	case s.one(3):
		return int64(s.below(4000)) * million / 100
	}
	return int64(s.below(40)) * million
}

// length is how many events a history has: what goes wrong mostly goes wrong early.
func (d drawing) length() int {
	if d.one(12) {
		return d.between(200, 400)
	}
	return d.between(20, 120)
}

// gap is the time until the next arrival: mostly less than some hours, now and then weeks.
func (d drawing) gap(hours int) Instant {
	if d.one(15) {
		return int64(d.between(3, 40)) * day
	}
	return int64(d.below(hours*3600)) * second
}

func dayOf(date string) int {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return dayNumber(t.Date())
}

package engine

import (
	"encoding/json"
	"slices"
	"sort"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/wire"
)

// Opening is a stretch of time in which a promotion was open by a call, from the instant of the call on.
type Opening struct {
	From, Until calendar.Instant
}

// Openings are all the stretches in which one promotion was open by calls, in order and apart: late events and reversals ask
// about old ones.
type Openings struct {
	Promotion string
	Spans     []Opening
	// Changes counts the calls that changed them.
	Changes uint64

	version uint64 // seq of the last of those
	dirty   bool
}

// MaxOpenings bounds how many stretches are kept: ten a day for a year. The oldest ones go first; by then no event can be in
// one of them, only the reversal of a very old one.
const MaxOpenings = 3650

// at is the stretch around an instant, nil when the promotion is closed.
func (f *Openings) at(i calendar.Instant) *Opening {
	n := sort.Search(len(f.Spans), func(k int) bool { return f.Spans[k].From > i })
	if n == 0 || i >= f.Spans[n-1].Until {
		return nil
	}
	return &f.Spans[n-1]
}

// next is the first stretch that begins after an instant, nil when none is known.
func (f *Openings) next(after calendar.Instant) *Opening {
	n := sort.Search(len(f.Spans), func(k int) bool { return f.Spans[k].From > after })
	if n == len(f.Spans) {
		return nil
	}
	return &f.Spans[n]
}

// open opens the promotion until an instant at least (semantics: Timers and promotions).
func (f *Openings) open(now, until calendar.Instant) {
	if s := f.at(now); s != nil {
		s.Until = max(s.Until, until)
		return
	}
	if len(f.Spans) >= MaxOpenings {
		f.Spans = slices.Delete(f.Spans, 0, 1)
	}
	f.Spans = append(f.Spans, Opening{From: now, Until: until})
}

// close ends the stretch around an instant. A stretch that began at that very instant never was.
func (f *Openings) close(now calendar.Instant) {
	s := f.at(now)
	if s == nil {
		return
	}
	if s.Until = now; s.From == now {
		f.Spans = f.Spans[:len(f.Spans)-1]
	}
}

// span is the stretch around an instant in which the promotion is open.
func (p *Promotion) span(cal calendar.Calendar, subjects *Subjects, at calendar.Instant) (from, until calendar.Instant, open bool) {
	if !p.OnCall {
		return p.Window.At(cal, at)
	}
	if s := subjects.Openings(p.ID).at(at); s != nil {
		return s.From, s.Until, true
	}
	return 0, 0, false
}

// following is the first stretch that begins after an instant.
func (p *Promotion) following(cal calendar.Calendar, subjects *Subjects, after calendar.Instant) (from, until calendar.Instant, ok bool) {
	if !p.OnCall {
		return p.Window.Next(cal, after)
	}
	if s := subjects.Openings(p.ID).next(after); s != nil {
		return s.From, s.Until, true
	}
	return 0, 0, false
}

// contains reports whether the promotion is open at an instant.
func (p *Promotion) contains(cal calendar.Calendar, subjects *Subjects, at calendar.Instant) bool {
	if p.OnCall {
		return subjects != nil && subjects.Openings(p.ID).at(at) != nil
	}
	return p.Window.Contains(cal, at)
}

// opening is the first opening of the promotion after an instant, closing the first end; Forever when none is known. Its
// window is the program's, whoever asks.
func (p *Promotion) opening(cal calendar.Calendar, subjects *Subjects, after calendar.Instant) calendar.Instant {
	if from, _, ok := p.following(cal, subjects, after); ok {
		return from
	}
	return calendar.Forever
}

func (p *Promotion) closing(cal calendar.Calendar, subjects *Subjects, after calendar.Instant) calendar.Instant {
	if _, until, open := p.span(cal, subjects, after); open {
		return until
	}
	if _, until, ok := p.following(cal, subjects, after); ok {
		return until
	}
	return calendar.Forever
}

// PromotionStatus is whether a promotion is open, and when it opens next. Instants that are not known are 0.
type PromotionStatus struct {
	Open               bool
	OpenedAt, ClosesAt calendar.Instant
	OpensNext          calendar.Instant
}

// PromotionAt is the status of a promotion at an instant.
func (p *Processor) PromotionAt(of *Promotion, at calendar.Instant) (s PromotionStatus) {
	cal := p.Rules().Calendar
	s.OpenedAt, s.ClosesAt, s.Open = of.span(cal, p.subjects, at)
	if next := of.opening(cal, p.subjects, at); next != calendar.Forever {
		s.OpensNext = next
	}
	return s
}

const (
	commandFire  = "promotion.fire"
	commandClose = "promotion.close"
	commandTurn  = "promotion.turn"
)

// opening is what a promotion is opened or closed with.
type opening struct {
	Promotion string `json:"promotion"`
	OpenFor   string `json:"open_for,omitempty"` // "" for the promotion's own
	Reason    string `json:"reason,omitempty"`
}

// NewFire is the event that opens a promotion from its arrival on, for a duration (zero: the promotion's own). One that is
// open already is extended to the later end. It is of no member.
func NewFire(id, promotion string, openFor calendar.Duration, reason string) *event.Event {
	data := opening{Promotion: promotion, Reason: reason}
	if !openFor.IsZero() {
		data.OpenFor = openFor.String()
	}
	return newKeyed(id, commandFire, "", encodeJSON(data))
}

// NewClose is the event that closes a promotion that was opened by a call. One that is closed stays so. It is of no member.
func NewClose(id, promotion, reason string) *event.Event {
	return newKeyed(id, commandClose, "", encodeJSON(opening{Promotion: promotion, Reason: reason}))
}

func checkFiring(rules *Ruleset, e *event.Event) *Refusal {
	var data opening
	if json.Unmarshal(e.Data, &data) != nil {
		return &Refusal{Code: "invalid_json", Message: "the call is not well-formed JSON"}
	}
	p := rules.Promotion(data.Promotion)
	if p == nil {
		ids := make([]string, len(rules.Promotions))
		for i, known := range rules.Promotions {
			ids[i] = known.ID
		}
		return unknownID("promotion", data.Promotion, ids)
	}
	if !p.OnCall {
		return &Refusal{Code: CodeNotOnCall, Message: "the ruleset says when this promotion is open: change its dates or schedule there, or write on_call: true"}
	}
	var errs []event.FieldError
	if d, err := calendar.ParseDuration(data.OpenFor); data.OpenFor != "" && (err != nil || d.N <= 0) {
		errs = append(errs, event.FieldError{Location: "open_for", Code: "wrong_value", Message: "a duration is expected, such as 90 minutes"})
	}
	if len(data.Reason) > maxReason {
		errs = append(errs, event.FieldError{Location: "reason", Code: "wrong_value", Message: "a reason of 1 to 200 bytes is expected"})
	}
	if errs != nil {
		return &Refusal{Code: CodeDoesNotFit, Message: "the call does not fit", Errors: errs}
	}
	return nil
}

// fireCommand opens or closes a promotion.
func (a *applier) fireCommand(e *event.Event) {
	var data opening
	if json.Unmarshal(e.Data, &data) != nil {
		return
	}
	p := a.current.Promotion(data.Promotion)
	if p == nil {
		return
	}
	f := a.subjects.Openings(p.ID)
	if e.Type == commandFire {
		length := p.OpenFor
		if d, err := calendar.ParseDuration(data.OpenFor); err == nil {
			length = d
		}
		f.open(a.since(), a.current.Calendar.After(a.since(), length))
	} else {
		f.close(a.since())
	}
	f.Changes++
	a.subjects.touchOpenings(f, a.seq)
	told := Effect{Kind: PromotionEffect, ID: p.ID, State: "closed"}
	if s := f.at(a.since()); s != nil {
		told.State, told.Available, told.Expires = "open", s.From, s.Until
	}
	a.out.Effects = append(a.out.Effects, told)
}

// turning is what a promotion.turn tells: that a promotion has opened or closed. What it gives to members is theirs to find
// out; this is for the world outside.
type turning struct {
	Promotion string `json:"promotion"`
	Opened    bool   `json:"opened"`
}

// maxTurns bounds how many openings and closings of one promotion are found at once.
const maxTurns = 100

// Turns are the openings and closings of promotions after one instant up to another, in order, as events of no member that
// tell of them. What opens at an instant is what the version in force then says. Their ids are derived, so that each has one
// effect. through is how far they go: not always to the end.
func (p *Processor) Turns(after, by calendar.Instant) (turns []*event.Event, through calendar.Instant) {
	through = by
	for i, v := range p.versions {
		since, until := after, by
		if i > 0 {
			since = max(since, v.From-1)
		}
		if i+1 < len(p.versions) {
			until = min(until, p.versions[i+1].From-1)
		}
		for _, of := range v.Rules.Promotions {
			more, to := p.turnsOf(of, v.Rules.Calendar, since, until)
			if turns = append(turns, more...); to < until {
				through = min(through, to)
			}
		}
	}
	turns = slices.DeleteFunc(turns, func(e *event.Event) bool { return e.Time > through })
	slices.SortStableFunc(turns, func(x, y *event.Event) int { return cmpInstant(x.Time, y.Time) })
	return turns, through
}

// turnsOf are those of one promotion, its closings first: it may open again at the instant at which it closes.
func (p *Processor) turnsOf(of *Promotion, cal calendar.Calendar, after, by calendar.Instant) (turns []*event.Event, through calendar.Instant) {
	through = by
	for _, opened := range [...]bool{false, true} {
		next, name := of.closing, PromotionClosed
		if opened {
			next, name = of.opening, PromotionOpened
		}
		at := next(cal, p.subjects, after)
		for n := 0; at <= by; n++ {
			if n == maxTurns {
				through = min(through, at-1)
				break
			}
			turns = append(turns, &event.Event{ID: event.Own + name + "/" + of.ID + "/" + at.String(), Kind: event.Derived, Type: commandTurn, Time: at, Timed: true,
				Data: encodeJSON(turning{of.ID, opened})})
			at = next(cal, p.subjects, at)
		}
	}
	return turns, through
}

// turnCommand records that a promotion has opened or closed.
func (a *applier) turnCommand(e *event.Event) {
	var data turning
	if json.Unmarshal(e.Data, &data) != nil {
		return
	}
	name := PromotionClosed
	if data.Opened {
		name = PromotionOpened
	}
	if !e.Past {
		a.out.Notifications = []Notification{{Type: name, At: e.Time, Fields: []event.Value{event.TextValue(data.Promotion)}}}
	}
}

// Promotion finds a promotion by id, nil when there is none.
func (r *Ruleset) Promotion(id string) *Promotion {
	return find(r.Promotions, id, func(p *Promotion) string { return p.ID })
}

// Openings are those of a promotion, empty when it was never opened by a call.
func (s *Subjects) Openings(promotion string) *Openings {
	if f, ok := s.openings[promotion]; ok {
		return f
	}
	f := &Openings{Promotion: promotion}
	if state := s.load(subjectKey(openingsPrefix, promotion)); state != nil {
		f = decodeOpenings(state)
	}
	s.openings[promotion] = f
	return f
}

func (s *Subjects) touchOpenings(f *Openings, seq uint64) {
	f.version = seq
	if !f.dirty {
		f.dirty = true
		s.dirtyOpenings = append(s.dirtyOpenings, f)
	}
}

func encodeOpenings(f *Openings) []byte { return encoded(f, (*codec).openings) }

func decodeOpenings(state []byte) *Openings {
	return decoded(state, (*codec).openings, "promotion", func(f *Openings) string { return f.Promotion })
}

func (c *codec) openings(f *Openings) {
	c.format()
	c.Uint(&f.version)
	c.Text(&f.Promotion)
	c.Uint(&f.Changes)
	wire.Room(&c.Codec, &f.Spans)
	for i := range f.Spans {
		c.At(&f.Spans[i].From)
		c.At(&f.Spans[i].Until)
	}
}

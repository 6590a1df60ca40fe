package challenges

import "github.com/laurel-engine/laurel/engine/calendar"

// PeriodState is what one period is to a streak.
type PeriodState string

// The states of a period.
const (
	PeriodDone     PeriodState = "done"     // it qualified
	PeriodOpen     PeriodState = "open"     // the present one, which may still qualify
	PeriodMissed   PeriodState = "missed"   // it broke a run, or came after the break
	PeriodFrozen   PeriodState = "frozen"   // missed, and bridged by a freeze
	PeriodRepaired PeriodState = "repaired" // missed, and bridged by a repair
	PeriodExcused  PeriodState = "excused"  // a day that the member hardly lived, travelling
	PeriodOff      PeriodState = "off"      // a day of the week that does not count
	PeriodBefore   PeriodState = "before"   // before the first one that qualified
)

// Period is a period with its state.
type Period struct {
	Key   calendar.Key
	State PeriodState
}

// Periods are the last n periods up to the present one, in order, for a calendar.
func (s *Streak) Periods(cal calendar.Calendar, h *History, now calendar.Instant, n int) []Period {
	current := cal.Key(s.Every, now)
	list := make([]Period, n)
	w := walk{s: s, cal: cal, h: h}
	for i := range list {
		k := current - calendar.Key(n-1-i)
		list[i] = Period{k, w.missed(k, current)}
	}
	mark := func(from, to calendar.Key) { // what is missed in between was bridged
		for i := range list {
			if p := &list[i]; p.Key >= from && p.Key < to && (p.State == PeriodMissed || p.State == PeriodBefore) {
				p.State = PeriodFrozen
			}
		}
	}
	s.Runs(cal, h, func(r Run) {
		until := r.Missed
		if !r.Broken { // the last one, which is not judged against the present yet
			if until = current; s.At(cal, h, now).Length == 0 {
				until = s.At(cal, h, now).Last.Missed
			}
		}
		mark(r.First, until)
	})
	for i := range list {
		if p := &list[i]; p.State != PeriodOff && within(h.Spans, p.Key) {
			p.State = PeriodDone
		} else if p.State == PeriodFrozen && within(h.Mended, p.Key) {
			p.State = PeriodRepaired
		}
	}
	return list
}

// missed is the state of a period that did not qualify and that nothing bridged.
func (w *walk) missed(k, current calendar.Key) PeriodState {
	switch {
	case !w.counts(k):
		return PeriodOff
	case w.s.Every == calendar.Day && within(w.h.Excused, k):
		return PeriodExcused
	case k == current:
		return PeriodOpen
	case len(w.h.Spans) == 0 || k < w.h.Spans[0].First:
		return PeriodBefore
	}
	return PeriodMissed
}

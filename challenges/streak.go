package challenges

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// Span is an unbroken stretch of qualified periods, both ends included.
type Span struct {
	First, Last calendar.Key
}

// History is what a streak knows of a member: which periods qualified, and what the member bought to bridge those that
// did not.
type History struct {
	Spans   []Span // of qualified periods, ascending and not adjacent
	Longest int    // the longest run of periods that were forgotten
	// Bought are the instants at which stored freezes were bought, ascending; those used up in forgotten periods are gone.
	Bought []calendar.Instant
	// Mended are stretches of missed periods that were repaired.
	Mended []Span
	// Excused are periods that the member hardly lived, travelling: they neither count nor break.
	Excused []Span
	// past is what following all but the last spans comes to, nil while nobody has remembered it.
	past *past
}

// past is a walk over the first n spans of a history, the last of which is last, as long as nothing changes in them and nothing else
// bridges what was missed.
type past struct {
	walk
	n       int
	last    Span
	longest int
	broken  Run // the last run that ended
}

// plain reports whether nothing but spans decides how the history is followed.
func (h *History) plain() bool { return len(h.Bought)+len(h.Mended)+len(h.Excused) == 0 }

// StreakState is where a streak stands at an instant.
type StreakState string

// The states of a streak (language: Tests).
const (
	StreakNone       StreakState = "none"
	StreakActive     StreakState = "active"
	StreakAtRisk     StreakState = "at_risk"
	StreakRepairable StreakState = "repairable"
	StreakBroken     StreakState = "broken"
)

// Run is a maximal stretch of qualified and bridged periods.
type Run struct {
	First, Last calendar.Key // its first and last qualified period
	Length      int          // qualified periods; bridged ones do not count
	Frozen      int          // bridged ones
	Missed      calendar.Key // the period that broke it, when Broken
	Broken      bool
	BrokenAt    calendar.Instant // end of the period that was missed; meaningful when Broken
}

// Standing is what a member is told of a streak.
type Standing struct {
	State    StreakState
	Length   int
	Longest  int
	Frozen   int              // missed periods that the current run bridges
	Stored   int              // bought freezes that are left
	AtRiskAt calendar.Instant // when the run becomes at risk, 0 when it is not running
	BreaksAt calendar.Instant // when it breaks unless its period is qualified, 0 when it is not running
	Last     Run              // the run it speaks of
	// MendableUntil is until when the last break can be repaired, 0 when there is none to repair; Missed are the periods
	// that a repair bridges. A run that began after the break does not end that: both become one.
	MendableUntil calendar.Instant
	Missed        Span
}

// Qualify adds period k to spans, which are ascending and not adjacent, and reports whether it was new.
func Qualify(spans []Span, k calendar.Key) ([]Span, bool) {
	i, found := slices.BinarySearchFunc(spans, k, func(s Span, k calendar.Key) int {
		switch {
		case s.Last < k:
			return -1
		case s.First > k:
			return 1
		}
		return 0
	})
	if found {
		return spans, false
	}
	joinsLeft := i > 0 && spans[i-1].Last+1 == k
	joinsRight := i < len(spans) && spans[i].First-1 == k
	switch {
	case joinsLeft && joinsRight:
		spans[i-1].Last = spans[i].Last
		spans = slices.Delete(spans, i, i+1)
	case joinsLeft:
		spans[i-1].Last = k
	case joinsRight:
		spans[i].First = k
	default:
		spans = slices.Insert(spans, i, Span{First: k, Last: k})
	}
	return spans, true
}

// Disqualify takes period k out of spans, and reports whether it was in there.
func Disqualify(spans []Span, k calendar.Key) ([]Span, bool) {
	i := slices.IndexFunc(spans, func(s Span) bool { return s.First <= k && k <= s.Last })
	switch {
	case i < 0:
		return spans, false
	case spans[i].First == k && spans[i].Last == k:
		spans = slices.Delete(spans, i, i+1)
	case spans[i].First == k:
		spans[i].First++
	case spans[i].Last == k:
		spans[i].Last--
	default:
		spans = slices.Insert(spans, i+1, Span{First: k + 1, Last: spans[i].Last})
		spans[i].Last = k - 1
	}
	return spans, true
}

// walk follows the qualified periods and bridges the missed ones: those that were repaired, and others while freezes last.
// Which freezes are used is a function of the qualified periods and of what was bought alone (semantics: Streaks), so that
// a late event gives back the one it makes needless.
type walk struct {
	s      *Streak
	cal    calendar.Calendar
	h      *History
	used   int          // free freezes used in period
	per    calendar.Key // of FreePer
	stored int          // bought freezes used
	run    Run
	open   bool
}

// bridge uses a freeze for missed period k, a free one first, and reports whether there was one.
func (w *walk) bridge(k calendar.Key) bool {
	if within(w.h.Mended, k) {
		return true
	}
	if w.s.Free > 0 {
		per := w.cal.KeyOfDate(w.s.FreePer, w.cal.LastDate(w.s.Every, k))
		if per != w.per {
			w.per, w.used = per, 0
		}
		if w.used < w.s.Free {
			w.used++
			return true
		}
	}
	if w.stored < len(w.h.Bought) && w.h.Bought[w.stored] < w.cal.End(w.s.Every, k) {
		w.stored++
		return true
	}
	return false
}

func within(spans []Span, k calendar.Key) bool {
	return slices.ContainsFunc(spans, func(s Span) bool { return s.First <= k && k <= s.Last })
}

// counts reports whether a missed period k can break the run at all.
func (w *walk) counts(k calendar.Key) bool {
	return w.s.Every != calendar.Day || w.s.Counts(w.cal.FirstDate(calendar.Day, k).Weekday())
}

// miss passes over the missed periods from k up to before end. It reports false as soon as one breaks the run.
func (w *walk) miss(k, end calendar.Key) bool {
	for ; k < end; k++ {
		if !w.counts(k) || w.s.Every == calendar.Day && within(w.h.Excused, k) {
			continue
		}
		if !w.bridge(k) {
			w.run.Broken, w.run.Missed, w.run.BrokenAt = true, k, w.cal.End(w.s.Every, k)
			return false
		}
		w.run.Frozen++
	}
	return true
}

// length counts the periods of a span that take part.
func (w *walk) length(s Span) int {
	if w.s.Every != calendar.Day || w.s.AllDays() {
		return int(s.Last-s.First) + 1
	}
	n := 0
	for k := s.First; k <= s.Last; k++ {
		if w.counts(k) {
			n++
		}
	}
	return n
}

// Runs calls yield for each run in order. The last one is not yet judged against the present.
func (s *Streak) Runs(cal calendar.Calendar, h *History, yield func(Run)) {
	w := walk{s: s, cal: cal, h: h}
	w.follow(h.Spans, yield)
	if w.open {
		yield(w.run)
	}
}

func (w *walk) follow(spans []Span, yield func(Run)) {
	for _, span := range spans {
		if w.open && !w.miss(w.run.Last+1, span.First) {
			yield(w.run)
			w.open = false
		}
		if !w.open {
			w.run, w.open = Run{First: span.First}, true
		}
		w.run.Last = span.Last
		w.run.Length += w.length(span)
	}
}

// At is where the streak stands at now, which is not before the last qualified period.
func (s *Streak) At(cal calendar.Calendar, h *History, now calendar.Instant) Standing {
	st := Standing{State: StreakNone, Longest: h.Longest, Stored: len(h.Bought)}
	if len(h.Spans) == 0 {
		return st
	}
	p := s.followed(cal, h, len(h.Spans))
	w, broken := p.walk, p.broken
	st.Longest = max(st.Longest, p.longest, w.run.Length)
	current := cal.Key(s.Every, now)
	if !w.miss(w.run.Last+1, current) {
		st.State, st.Last, st.Stored = StreakBroken, w.run, len(h.Bought)-w.stored
		if s.mendable(&st, cal, w.run, current, now); st.MendableUntil > 0 {
			st.State = StreakRepairable
		}
		return st
	}
	if broken.Broken {
		s.mendable(&st, cal, broken, w.run.First, now)
	}
	st.State, st.Length, st.Frozen, st.Last, st.Stored = StreakActive, w.run.Length, w.run.Frozen, w.run, len(h.Bought)-w.stored
	if current > w.run.Last && w.counts(current) {
		st.State = StreakAtRisk
	}
	w.foresee(&st, max(current, w.run.Last+1))
	return st
}

// followed is the walk over the first n spans: from where it has been remembered, or else from the beginning.
func (s *Streak) followed(cal calendar.Calendar, h *History, n int) past {
	p := past{walk: walk{s: s, cal: cal, h: h}}
	if r := h.past; r != nil && r.s == s && r.cal == cal && r.n <= n && h.Spans[r.n-1] == r.last && h.plain() {
		p = *r
		p.h = h
	}
	p.follow(h.Spans[p.n:n], func(r Run) { p.longest, p.broken = max(p.longest, r.Length), r })
	if p.n = n; n > 0 {
		p.last = h.Spans[n-1]
	}
	return p
}

// rememberFrom is how many spans beyond those remembered are followed each time.
const rememberFrom = 16

// Remember lets later questions begin with one of the last spans, after period k has qualified or does not any more: a member whose
// streak broke often has very many.
func (s *Streak) Remember(cal calendar.Calendar, h *History, k calendar.Key) {
	if h.past != nil && k <= h.past.last.Last {
		h.past = nil
	}
	known := 0
	if h.past != nil {
		known = h.past.n
	}
	if n := len(h.Spans) - 1; n-known >= rememberFrom && h.plain() {
		p := s.followed(cal, h, n)
		h.past = &p
	}
}

// mendable tells until when a broken run can be repaired, and which periods up to before next that would bridge.
func (s *Streak) mendable(st *Standing, cal calendar.Calendar, broken Run, next calendar.Key, now calendar.Instant) {
	if s.Repair.IsZero() {
		return
	}
	until := cal.After(broken.BrokenAt, s.Repair)
	if !s.Repair.IsExact() {
		until = cal.EndOfDayAfter(broken.BrokenAt-1, s.Repair) // days are whole ones after that of the break
	}
	if now < until {
		st.MendableUntil, st.Missed = until, Span{First: broken.Missed, Last: next - 1}
	}
}

// Forget drops what lies before the n last spans: the longest run and the freezes used up there are remembered.
func (s *Streak) Forget(cal calendar.Calendar, h *History, n int) {
	first := h.Spans[len(h.Spans)-n].First
	w := walk{s: s, cal: cal, h: h}
	w.follow(h.Spans[:len(h.Spans)-n], func(r Run) { h.Longest = max(h.Longest, r.Length) })
	h.Longest = max(h.Longest, w.run.Length)
	w.miss(w.run.Last+1, first)
	h.past = nil
	h.Spans = slices.Delete(h.Spans, 0, len(h.Spans)-n)
	h.Bought = slices.Delete(h.Bought, 0, w.stored)
	h.Mended = slices.DeleteFunc(h.Mended, func(m Span) bool { return m.Last < first })
}

// maxBridged is how many periods ahead a break is looked for: a run that freezes carry over that many never breaks by time.
const maxBridged = 1000

// foresee finds when a running streak becomes at risk and when it breaks, from its first open period on.
func (w *walk) foresee(st *Standing, k calendar.Key) {
	for !w.counts(k) {
		k++
	}
	st.AtRiskAt = w.cal.Start(w.s.Every, k)
	ahead := *w
	for end := k + maxBridged; k < end; k++ {
		if !ahead.miss(k, k+1) {
			st.BreaksAt = ahead.run.BrokenAt
			return
		}
	}
	st.BreaksAt = calendar.Forever
}

// Back is the qualified period that lies n counted periods before one; ok is false where spans do not reach that far.
func (s *Streak) Back(cal calendar.Calendar, spans []Span, from calendar.Key, n int) (k calendar.Key, ok bool) {
	w := walk{s: s, cal: cal}
	for _, span := range slices.Backward(spans) {
		for k = min(from, span.Last+1) - 1; k >= span.First; k-- {
			if w.counts(k) {
				n--
			}
			if n == 0 {
				return k, true
			}
		}
	}
	return 0, false
}

// ReachedIn is the period in which a run that contains spans first counted n periods; ok is false when it did not.
func (s *Streak) ReachedIn(cal calendar.Calendar, spans []Span, run Run, n int) (k calendar.Key, ok bool) {
	w := walk{s: s, cal: cal}
	for _, span := range spans {
		if span.Last < run.First || span.First > run.Last {
			continue
		}
		if length := w.length(span); length < n {
			n -= length
			continue
		}
		for k = span.First; ; k++ {
			if w.counts(k) {
				n--
			}
			if n == 0 {
				return k, true
			}
		}
	}
	return 0, false
}

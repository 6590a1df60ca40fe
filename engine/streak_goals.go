package engine

import (
	"iter"
	"slices"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/integer"
)

// PaidMark says that a goal of a streak was paid in the period in which it was reached; of one that repeats, Times repetitions
// in a row, each a goal's length after the one before, the last one in In.
type PaidMark struct {
	Goal  string
	In    calendar.Key
	Times int
}

// periods is a goal as a number of periods.
func (g *Goal) periods() int { return int(g.At / decimal.One) }

// repetitions is how often a run of a length reaches the goal.
func (g *Goal) repetitions(length int) int {
	n := length / g.periods()
	if !g.Again {
		n = min(n, 1)
	}
	return n
}

// goal is one of the streak's goals, nil for an id that none has.
func (s *Streak) goal(id string) *Goal {
	if i := slices.IndexFunc(s.Goals, func(g *Goal) bool { return g.ID == id }); i >= 0 {
		return s.Goals[i]
	}
	return nil
}

// reached are the periods in which a mark says that a goal was paid, the last one first.
func (p *PaidMark) reached(s *Streak, cal calendar.Calendar, spans []challenges.Span, g *Goal) iter.Seq[calendar.Key] {
	return func(yield func(calendar.Key) bool) {
		for k, ok, n := p.In, true, p.Times; ok && n > 0 && yield(k); n-- {
			if n > 1 {
				k, ok = s.Run.Back(cal, spans, k, g.periods())
			}
		}
	}
}

// reached are the periods in which a goal was paid, ascending.
func (r *StreakRecord) reached(s *Streak, cal calendar.Calendar, g *Goal) (in []calendar.Key) {
	for i := range r.Paid {
		if r.Paid[i].Goal == g.ID {
			in = slices.AppendSeq(in, r.Paid[i].reached(s, cal, r.Spans, g))
		}
	}
	slices.Sort(in)
	return in
}

// paid is how often a goal was paid within a run.
func (r *StreakRecord) paid(s *Streak, cal calendar.Calendar, g *Goal, run challenges.Run) (n int) {
	for i := range r.Paid {
		if r.Paid[i].Goal != g.ID {
			continue
		}
		for k := range r.Paid[i].reached(s, cal, r.Spans, g) {
			if run.First <= k && k <= run.Last {
				n++
			}
		}
	}
	return n
}

// mark notes that a goal was paid in a period of a run. A repetition that follows the last one takes no more room than that.
func (r *StreakRecord) mark(s *Streak, cal calendar.Calendar, run challenges.Run, g *Goal, in calendar.Key) {
	for i := range r.Paid {
		p := &r.Paid[i]
		if !g.Again || p.Goal != g.ID || p.In < run.First {
			continue
		}
		if before, ok := s.Run.Back(cal, r.Spans, in, g.periods()); ok && before == p.In {
			p.In, p.Times = in, p.Times+1
			return
		}
	}
	r.Paid = append(r.Paid, PaidMark{Goal: g.ID, In: in, Times: 1})
}

// runOf is the run of a member's streak that a period lies in.
func (a *applier) runOf(s *Streak, rec *StreakRecord, key calendar.Key) (run challenges.Run) {
	s.Run.Runs(a.current.CalendarOf(a.m), a.m.history(rec), func(r challenges.Run) {
		if r.First <= key && key <= r.Last {
			run = r
		}
	})
	return run
}

// runUpTo is the last run of a member's streak that begins by a period, whether or not it goes on as far.
func (a *applier) runUpTo(s *Streak, rec *StreakRecord, key calendar.Key) (run challenges.Run) {
	s.Run.Runs(a.current.CalendarOf(a.m), a.m.history(rec), func(r challenges.Run) {
		if r.First <= key {
			run = r
		}
	})
	return run
}

// streakGoals pays the goals of the run that contains period key as often as it reaches them, less what marks say was paid
// within it.
func (a *applier) streakGoals(s *Streak, rec *StreakRecord, key calendar.Key) {
	cal := a.facts.calendar
	run := a.runOf(s, rec, key)
	for _, g := range s.Goals {
		due := g.repetitions(run.Length)
		if due == 0 {
			continue
		}
		paid := rec.paid(s, cal, g, run)
		for n := paid + 1; n <= min(due, paid+maxAgain); n++ {
			in, ok := s.Run.ReachedIn(cal, rec.Spans, run, n*g.periods())
			if !ok || !s.inTime(cal, run, g, in) {
				break
			}
			if a.awarding.reaches(a, Cause{Event: StreakReached, ID: s.ID, Goal: g.ID, Key: in, Times: n, At: a.event.Time}) {
				a.payStreak(s, rec, g, in, n)
			} else {
				rec.mark(s, cal, run, g, in)
			}
		}
	}
}

// inTime reports whether a period lies within the time that a goal allows from the first period of a run.
func (s *Streak) inTime(cal calendar.Calendar, run challenges.Run, g *Goal, in calendar.Key) bool {
	return g.Within.IsZero() || cal.Start(s.Run.Every, in) < cal.EndOfDayAfter(cal.Start(s.Run.Every, run.First), g.Within)
}

// payStreak pays a goal of a streak that was reached for the nth time of its run, in a period.
func (a *applier) payStreak(s *Streak, rec *StreakRecord, g *Goal, in calendar.Key, n int) {
	rec.mark(s, a.current.CalendarOf(a.m), a.runOf(s, rec, in), g, in)
	a.trace.fired(a.event.ID, s.Path, s.Position)
	cause := a.caused(Cause{Event: StreakReached, ID: s.ID, Goal: g.ID, Key: in, Times: n, At: a.event.Time})
	a.gives(g.Give, &s.Definition, g.ID, cause)
	length, _ := decimal.FromInt(int64(n * g.periods()))
	fields := []event.Value{event.TextValue(s.ID), event.NumberValue(length)}
	a.raise(StreakReached, a.event.Time, fields...)
	a.enqueue(cause, StreakReached, a.event.Time, a.event.Depth, fields, a.event.ID, s.ID, g.ID, count(n))
}

// ranOnce is that a replay reached a goal of a streak in a period, in a run from first on by the clock of then.
type ranOnce struct {
	streak    *Streak
	goal      string
	first, in calendar.Key
}

// ranOver reports whether a replay reached a goal, in a run that went over a period and on after the one of now, as often as it was
// paid up to there: a journey since has ended that run earlier.
func (j *recomputation) ranOver(s *Streak, goal string, in calendar.Key, now challenges.Run, reached, paid []calendar.Key, afterwards int) bool {
	return slices.ContainsFunc(j.ran, func(r ranOnce) bool {
		return r.streak == s && r.goal == goal && r.first <= in && in <= r.in && now.Last < r.in &&
			among(reached, r.first, r.in) >= among(paid, r.first, in)-afterwards
	})
}

// among is how many of some periods lie between two.
func among(periods []calendar.Key, first, last calendar.Key) (n int) {
	for _, k := range periods {
		if first <= k && k <= last {
			n++
		}
	}
	return n
}

// ranTo reports whether a goal of a streak that was paid in a period still is reached: the run that the period lies in is long
// enough for as often as the goal was paid in it by then, less how often it was paid in that period afterwards. What a negative
// contribution took back revokes nothing.
func (j *recomputation) ranTo(b *applier, s *Streak, goal string, in calendar.Key, afterwards int) bool {
	g, rec := s.goal(goal), b.m.streak(s.Key)
	switch {
	case g == nil:
		return true
	case rec == nil:
		return false
	}
	cal := b.current.CalendarOf(b.m)
	reached, run := rec.reached(s, cal, g), b.runOf(s, rec, in)
	var paid []calendar.Key
	if now := j.a.m.streak(s.Key); now != nil {
		paid = now.reached(s, cal, g)
	}
	if j.ranOver(s, goal, in, run, reached, paid, afterwards) {
		return true
	}
	if run.Length == 0 {
		return among(reached, in, in) > 0 && among(reached, in, in) >= among(paid, in, in)-afterwards
	}
	then := 0 // without what was reversed: runs that were joined later may have been paid more often than they reach the goal as one
	for _, k := range reached {
		if b.runUpTo(s, rec, k).First == run.First { // also in a period that does not qualify any more
			then++
		}
	}
	return max(g.repetitions(run.Length), then) >= among(paid, run.First, in)-afterwards
}

// afterwards is how often a goal was paid again in the period in which it was paid for a cause: a late event before it lets a run
// reach there what it had reached once.
func (j *recomputation) afterwards(s *Streak, c *Cause) (n int) {
	now, g := j.a.m.streak(s.Key), s.goal(c.Goal)
	if now == nil || g == nil || among(now.reached(s, j.a.facts.calendar, g), c.Key, c.Key) < 2 {
		return 0
	}
	for _, rec := range slices.Backward(j.r.records) {
		if rec.Outcome.Provenance == nil {
			continue
		}
		for i := range slices.Backward(rec.Outcome.Provenance.Causes) {
			o, ref := &rec.Outcome.Provenance.Causes[i], CauseRef{rec.Seq, integer.Exact[uint32](i + 1)}
			switch {
			case o == c:
				return n
			case o.Event == c.Event && o.ID == c.ID && o.Goal == c.Goal && o.Key == c.Key && (!j.undone[ref] || slices.Contains(j.rev.Undone, ref)):
				n++
			}
		}
	}
	return n
}

// hasPaid reports whether the member was paid a streak's goal for the nth time within a run, as far as it goes by now: what an
// amendment lets be reached earlier was paid when it was reached later.
func (j *recomputation) hasPaid(s *Streak, g *Goal, run challenges.Run, n int) bool {
	rec := j.a.m.streak(s.Key)
	if j.ends != nil {
		if then := j.ends.m.streak(s.Key); then != nil {
			if whole := j.ends.runOf(s, then, run.First); whole.Length > 0 {
				run.First, run.Last = min(run.First, whole.First), max(run.Last, whole.Last)
			}
		}
	}
	return rec != nil && rec.paid(s, j.a.facts.calendar, g, run) >= n
}

// paidLater reports whether a replay has found goals of streaks to be reached for which their runs, of which the ends are known
// only now, were paid later. It has to be repeated then.
func (j *recomputation) paidLater(b *applier) bool {
	if j.ends != nil {
		return false
	}
	j.ends = b
	later := slices.ContainsFunc(j.reached, func(c Cause) bool {
		if c.Event != StreakReached {
			return false
		}
		s := j.a.current.streak(c.ID)
		then := b.m.streak(s.Key)
		return j.hasPaid(s, s.goal(c.Goal), b.runOf(s, then, c.Key), c.Times)
	})
	if !later {
		j.ends = nil
	}
	return later
}

// keepMarks gives a streak without what was reversed the marks of now that still stand.
func (j *recomputation) keepMarks(b *applier, s *Streak, now, then *StreakRecord) {
	then.Paid = nil
	cal := j.a.facts.calendar
	for _, p := range now.Paid {
		if s == nil || s.goal(p.Goal) == nil || s.Leave {
			then.Paid = append(then.Paid, p)
		}
	}
	if s == nil || s.Leave {
		return
	}
	for _, g := range s.Goals {
		marks := now.reached(s, cal, g)
		for i, in := range marks {
			if j.ranTo(b, s, g.ID, in, among(marks[i+1:], in, in)) {
				then.mark(s, cal, b.runOf(s, then, in), g, in)
			}
		}
		j.keepPaid(s, g, marks, then)
	}
}

package oracle

import (
	"slices"
	"time"
)

// due is when a timer fires next for a member, after the last time that it did.
func (t Timer) due(m *member) Instant {
	last, fired := m.fired[t.ID]
	if t.Yearly {
		return t.anniversary(m, last, fired)
	}
	at := Instant(-1)
	for _, h := range m.counted { // by time
		if h.Type == t.Last || h.Type == t.First && at < 0 {
			at = h.At
		}
	}
	if at < 0 || t.First != "" && fired {
		return Forever
	}
	if at = m.clock.later(at, t.After); fired && at <= last {
		return Forever
	}
	return at
}

// anniversary is the next birthday, on the 28th of February for the 29th in common years, and not within 300 days of the last one.
func (t Timer) anniversary(m *member, last Instant, fired bool) Instant {
	if m.birthday == 0 {
		return Forever
	}
	_, month, day := civil(m.birthday)
	after := m.joined
	if fired {
		after = last
	}
	for year, _, _ := civil(m.clock.day(after)); ; year++ {
		on := dayNumber(year, month, day)
		if _, sameMonth, _ := civil(on); sameMonth != month {
			on = dayNumber(year, time.February, 28)
		}
		if at := m.clock.start(on); at > after && (!fired || on-m.clock.day(last) >= 300) {
			return at
		}
	}
}

// FireTimers lets all timers fire that are due by now, each as of its instant.
func (w *World) FireTimers(now Instant) {
	for _, m := range w.members {
		w.fireTimers(m, now)
	}
}

func (w *World) fireTimers(m *member, now Instant) {
	for {
		var next *Timer
		due := now + 1
		for i := range w.Program.Timers {
			if at := w.Program.Timers[i].due(m); at < due {
				next, due = &w.Program.Timers[i], at
			}
		}
		if next == nil {
			return
		}
		w.seq++
		m.fired[next.ID] = due
		m.settle(due)
		m.gains = nil
		m.prizes = append(m.prizes, prize{"gems", w.seq, due, m.clock.day(due), next.Give * million})
		m.accounts["gems"].open(w, m, w.seq, due, next.Give*million, true)
		m.settle(now)
		switch {
		case next.Yearly:
			w.reach("birthday")
		case next.First != "":
			w.reach("timer after the first")
		default:
			w.reach("timer after the last")
		}
	}
}

func (w *World) isTimer(id string) bool {
	return slices.ContainsFunc(w.Program.Timers, func(t Timer) bool { return t.ID == id })
}

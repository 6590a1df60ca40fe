package engine

import (
	"cmp"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// AppointmentKind says what comes at an instant.
type AppointmentKind string

// The kinds of appointments.
const (
	PromotionOpens AppointmentKind = "promotion_opens"
	PromotionEnds  AppointmentKind = "promotion_closes"
	ChallengeOpens AppointmentKind = "challenge_opens"
	ChallengeEnds  AppointmentKind = "challenge_ends"
	SeasonStarts   AppointmentKind = "season_starts"
	SeasonOver     AppointmentKind = "season_ends"
	SeasonFinal    AppointmentKind = "season_closes"
	TierPeriodEnds AppointmentKind = "tier_period_ends"
)

// Appointment is something of a ruleset that comes at an instant, in the program's time zone.
type Appointment struct {
	At         calendar.Instant `json:"at"`
	Kind       AppointmentKind  `json:"kind"`
	Definition string           `json:"definition"`
	Title      string           `json:"title"`
	Period     string           `json:"period,omitempty"` // label of the season or period
}

// maxAppointments is how many a definition has in one list at most.
const maxAppointments = 1000

// agenda gathers what comes from one instant up to another.
type agenda struct {
	from, to calendar.Instant
	list     []Appointment
}

// Appointments are what the definitions in force bring from one instant up to another, in order; hidden ones are left out. What a call
// opens is known once it has been called, and what depends on a member is not in it.
func (p *Processor) Appointments(from, to calendar.Instant) []Appointment {
	rules, a := p.Rules(), &agenda{from: from, to: to}
	cal := rules.Calendar
	for _, d := range rules.Promotions {
		if !d.Hidden {
			a.stretches(&d.Definition, PromotionOpens, PromotionEnds, func(after calendar.Instant) (calendar.Instant, calendar.Instant, bool) {
				if start, end, open := d.span(cal, p.subjects, after); open {
					return start, end, true
				}
				return d.following(cal, p.subjects, after)
			})
		}
	}
	for _, d := range rules.Challenges {
		if !d.Hidden {
			a.challenge(cal, d)
		}
	}
	for _, d := range rules.Leaderboards {
		if !d.Hidden {
			a.seasons(rules, d)
		}
	}
	for _, d := range rules.Tiers {
		for _, every := range periodsOf(d) {
			a.periods(cal, every, func(key calendar.Key) {
				a.add(&d.Definition, TierPeriodEnds, cal.End(every, key), cal.Label(every, key))
			})
		}
	}
	slices.SortFunc(a.list, func(x, y Appointment) int {
		return cmp.Or(cmp.Compare(x.At, y.At), cmp.Compare(x.Definition, y.Definition), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Period, y.Period))
	})
	return slices.Compact(a.list)
}

// periodsOf are the periods in which a tier's counters count.
func periodsOf(t *Tier) (list []calendar.Period) {
	for _, c := range t.Counters {
		if c.Every != calendar.Always && !slices.Contains(list, c.Every) {
			list = append(list, c.Every)
		}
	}
	return list
}

func (a *agenda) add(d *Definition, kind AppointmentKind, at calendar.Instant, period string) {
	if at >= a.from && at < a.to {
		a.list = append(a.list, Appointment{At: at, Kind: kind, Definition: d.Path, Title: d.Title, Period: period})
	}
}

// stretches adds the beginnings and ends of stretches. next is the one that is open at an instant, or the first after it.
func (a *agenda) stretches(d *Definition, opens, ends AppointmentKind, next func(after calendar.Instant) (start, end calendar.Instant, ok bool)) {
	at := a.from
	for range maxAppointments {
		start, end, ok := next(at)
		if !ok || start >= a.to {
			return
		}
		a.add(d, opens, start, "")
		if end == calendar.Forever {
			return
		}
		a.add(d, ends, end, "")
		at = end
	}
}

// periods calls yield for the periods that the agenda touches.
func (a *agenda) periods(cal calendar.Calendar, every calendar.Period, yield func(calendar.Key)) {
	n := 0
	for key := cal.Key(every, a.from) - 1; n < maxAppointments && cal.Start(every, key) < a.to; key++ {
		yield(key)
		n++
	}
}

// challenge adds the windows of a challenge: those of its `during`, or else its periods.
func (a *agenda) challenge(cal calendar.Calendar, d *Challenge) {
	if d.During != nil {
		for i := range d.During.Any {
			if w := d.During.Any[i].Calendar; w != nil {
				a.stretches(&d.Definition, ChallengeOpens, ChallengeEnds, func(after calendar.Instant) (calendar.Instant, calendar.Instant, bool) {
					if start, end, open := w.At(cal, after); open {
						return start, end, true
					}
					return w.Next(cal, after)
				})
			}
		}
		return
	}
	if d.Every != calendar.Always {
		a.periods(cal, d.Every, func(key calendar.Key) {
			a.add(&d.Definition, ChallengeOpens, cal.Start(d.Every, key), cal.Label(d.Every, key))
			a.add(&d.Definition, ChallengeEnds, cal.End(d.Every, key), cal.Label(d.Every, key))
		})
	}
}

// seasons adds when the seasons of a board start, end and become final.
func (a *agenda) seasons(rules *Ruleset, b *Leaderboard) {
	every := b.Counter.Every
	if every == calendar.Always {
		return
	}
	early := agenda{from: rules.Calendar.Before(a.from, b.wait(rules)), to: a.to} // a season may close long after its end
	early.periods(rules.Calendar, every, func(key calendar.Key) {
		s := rules.SeasonOf(b, key)
		a.add(&b.Definition, SeasonStarts, *s.Starts, s.Label)
		a.add(&b.Definition, SeasonOver, *s.Ends, s.Label)
		a.add(&b.Definition, SeasonFinal, *s.Closes, s.Label)
	})
}

package stats

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// MembersFigure is how many members there are.
type MembersFigure struct {
	Total int64 `json:"total"`
	New   int64 `json:"new"`  // who joined in the range
	Left  int64 `json:"left"` // who were erased or merged into another
}

// ActiveFigure is how many members were active, to the day that it is.
type ActiveFigure struct {
	Today  int64 `json:"today"`
	Days7  int64 `json:"days_7"`
	Days30 int64 `json:"days_30"`
}

// EventsFigure is what became of the events of a range.
type EventsFigure struct {
	Accepted int64 `json:"accepted"` // all of them; the others are some of these
	Late     int64 `json:"late"`
	Refused  int64 `json:"refused"`
	Noted    int64 `json:"noted"`
	Voided   int64 `json:"voided"`
}

func (e *EventsFigure) of(result byte) *int64 {
	switch result {
	case late:
		return &e.Late
	case refused:
		return &e.Refused
	case noted:
		return &e.Noted
	case voided:
		return &e.Voided
	}
	return &e.Accepted
}

// TypeFigure are the events of a type.
type TypeFigure struct {
	Type string `json:"type"`
	EventsFigure
}

// PointsFigure is what became of some points in a range, and what there is of them now.
type PointsFigure struct {
	Points string `json:"points"`
	Flows
	Outstanding decimal.Decimal `json:"outstanding"`
	Worth       *Money          `json:"worth,omitempty"`
	Redemption  decimal.Decimal `json:"redemption"` // spent, less what came back, of what was issued
}

// Money is an amount of a currency.
type Money struct {
	Amount   decimal.Decimal `json:"amount"`
	Currency string          `json:"currency"`
}

// ClaimsFigure is how many claims came to a state in a range.
type ClaimsFigure struct {
	Claimed   int64 `json:"claimed"`
	Confirmed int64 `json:"confirmed"`
	Cancelled int64 `json:"cancelled"`
	Returned  int64 `json:"returned"`
	TimedOut  int64 `json:"timed_out"`
}

func (c *ClaimsFigure) of(state byte) *int64 {
	switch state {
	case confirmed:
		return &c.Confirmed
	case cancelled:
		return &c.Cancelled
	case taken:
		return &c.Returned
	case timedOut:
		return &c.TimedOut
	}
	return &c.Claimed
}

// RewardFigure are the claims of a reward.
type RewardFigure struct {
	Reward string `json:"reward"`
	Kind   string `json:"kind"`
	ClaimsFigure
	Points []GivenPoints `json:"points"` // that were spent on it
}

// PartnerFigure is what the events of a partner did.
type PartnerFigure struct {
	Partner string        `json:"partner"`
	Events  int64         `json:"events"`
	Points  []PartnerFlow `json:"points"`
}

// PartnerFlow is what they came to in some points: given less taken back.
type PartnerFlow struct {
	Points string          `json:"points"`
	Amount decimal.Decimal `json:"amount"`
	Worth  *Money          `json:"worth,omitempty"`
}

// SeriesPeriod is a period of the overview's series.
type SeriesPeriod struct {
	Period string           `json:"period"`
	Active int64            `json:"active"`
	New    int64            `json:"new"`
	Events int64            `json:"events"`
	Points map[string]Flows `json:"points"`
}

// Overview are the numbers of a program on one page.
type Overview struct {
	AsOf
	From    string         `json:"from"`
	To      string         `json:"to"`
	By      string         `json:"by"`
	Members MembersFigure  `json:"members"`
	Active  ActiveFigure   `json:"active"`
	Events  []TypeFigure   `json:"events"`
	Points  []PointsFigure `json:"points"`
	Claims  []RewardFigure `json:"claims"`
	// Partners are those of whom there were events in the range.
	Partners []PartnerFigure `json:"partners"`
	Series   []SeriesPeriod  `json:"series"`
}

// Spans up to which a series is by day, week and month; longer ones are by year.
const (
	daily, weekly, monthly = 31, 92, 750
)

// By is by what a range is told where nothing else is asked for.
func (r Range) By() calendar.Period {
	switch days := r.To - r.From + 1; {
	case days <= daily:
		return calendar.Day
	case days <= weekly:
		return calendar.Week
	case days <= monthly:
		return calendar.Month
	}
	return calendar.Year
}

// Overview tells the numbers of a range.
func (x *Figures) Overview(r Range, by calendar.Period) Overview {
	out := Overview{AsOf: x.AsOf, From: x.label(calendar.Day, r.From), To: x.label(calendar.Day, r.To), By: by.String(),
		Active: ActiveFigure{Today: x.activeSince(x.Today()), Days7: x.activeSince(x.Today() - 6), Days30: x.activeSince(x.Today() - 29)}}
	series := map[calendar.Key]*SeriesPeriod{}
	for p := x.period(by, r.From); p <= x.period(by, r.To); p++ {
		series[p] = &SeriesPeriod{Period: x.label(by, p), Points: map[string]Flows{}}
		for _, u := range units {
			if u.period == by {
				series[p].Active = x.one(key(nil).of(ofActive).text("").char(u.name).number(p)).count
			}
		}
	}
	x.each(key(nil).of(ofJoined), func(k keyReader, left decimal.Decimal, joined int64) {
		day := k.number()
		out.Members.Total += joined - int64(left)
		if day >= r.From && day <= r.To {
			out.Members.New += joined
			out.Members.Left += int64(left)
			series[x.period(by, day)].New += joined
		}
	})
	types := map[string]*TypeFigure{}
	x.between(key(nil).of(ofEvents), r.From, r.To, func(day calendar.Key, k keyReader, _ decimal.Decimal, count int64) {
		result, name := k.char(), k.text()
		*need(types, name, TypeFigure{Type: name}).of(result) += count
		if result == accepted {
			series[x.period(by, day)].Events += count
		}
	})
	out.Events = sorted(types)
	out.Points = []PointsFigure{}
	for _, p := range x.rules.Points {
		f := PointsFigure{Points: p.ID, Flows: x.flows(p.ID, r), Outstanding: x.Outstanding(p.ID)}
		f.Worth = x.worth(p.ID, f.Outstanding)
		f.Redemption = share(-float64(f.Spent+f.Returned), float64(f.Issued))
		out.Points = append(out.Points, f)
		x.between(key(nil).of(ofDay).text(p.ID), r.From, r.To, func(day calendar.Key, k keyReader, sum decimal.Decimal, _ int64) {
			s := series[x.period(by, day)]
			flows := s.Points[p.ID]
			*flows.of(k.char()) += sum
			s.Points[p.ID] = flows
		})
	}
	rewards := []RewardFigure{}
	for _, reward := range x.rules.Rewards {
		rewards = append(rewards, RewardFigure{reward.ID, reward.Kind, x.claims(reward.ID, r), x.given(r, "rewards/"+reward.ID)})
	}
	out.Partners = x.partners(r)
	out.Claims, out.Series = rewards, sorted(series)
	return out
}

// partners are those of whom there were events in a range.
func (x *Figures) partners(r Range) []PartnerFigure {
	list := []PartnerFigure{}
	for name := x.nextPartner(""); name != ""; name = x.nextPartner(name) {
		p, flows := PartnerFigure{Partner: name}, map[string]*PartnerFlow{}
		x.between(key(nil).of(ofPartner).text(name), r.From, r.To, func(_ calendar.Key, k keyReader, sum decimal.Decimal, count int64) {
			if points := k.text(); points == "" {
				p.Events += count
			} else {
				need(flows, points, PartnerFlow{Points: points}).Amount += sum
			}
		})
		if p.Points = sorted(flows); p.Events > 0 {
			for i := range p.Points {
				p.Points[i].Worth = x.worth(p.Points[i].Points, p.Points[i].Amount)
			}
			list = append(list, p)
		}
	}
	return list
}

// nextPartner is the first partner after one in byte order, "" where there is none.
func (x *Figures) nextPartner(last string) (name string) {
	after := ""
	if last != "" {
		after = string(append(key(nil).of(ofPartner).text(last), "\xff\xff\xff\xff\xff"...))
	}
	x.scan(key(nil).of(ofPartner), after, func(k keyReader, _ decimal.Decimal, _ int64) bool {
		name = k.text()
		return false
	})
	return name
}

// worth is what an amount of points is counted as, nil where the ruleset does not say.
func (x *Figures) worth(points string, amount decimal.Decimal) *Money {
	p := x.rules.PointsType(points)
	if p == nil || p.Worth.Currency == "" {
		return nil
	}
	worth, fits := amount.Mul(p.Worth.Amount)
	if !fits {
		return nil
	}
	return &Money{worth, p.Worth.Currency}
}

func (x *Figures) claims(reward string, r Range) (c ClaimsFigure) {
	x.between(key(nil).of(ofClaims).text(reward), r.From, r.To, func(_ calendar.Key, k keyReader, _ decimal.Decimal, count int64) {
		*c.of(k.char()) += count
	})
	return c
}

// activeSince is how many members were active on a day or later.
func (x *Figures) activeSince(day calendar.Key) (n int64) {
	x.between(key(nil).of(ofLastDay).text(""), day, x.Today()+1, func(_ calendar.Key, _ keyReader, _ decimal.Decimal, count int64) { n += count })
	return n
}

// Cohort are the members who joined in a week.
type Cohort struct {
	Week    string  `json:"week"`
	Members int64   `json:"members"`
	Active  []int64 `json:"active"` // in the week of joining, the next one, and so on
}

// ActivePeriod is who was active in a month, against the month before.
type ActivePeriod struct {
	Month    string          `json:"month"`
	Active   int64           `json:"active"`
	New      int64           `json:"new"`      // joined in it
	Kept     int64           `json:"kept"`     // were active in the month before as well
	Returned int64           `json:"returned"` // neither
	Lost     int64           `json:"lost"`     // were active in the month before, and not in it
	Churn    decimal.Decimal `json:"churn"`    // lost, of those who were active in the month before
}

// Retention is who comes back.
type Retention struct {
	AsOf
	Kind    string         `json:"kind"`
	Of      string         `json:"of,omitempty"` // a type of event; what the ruleset calls activity where it is left out
	Cohorts []Cohort       `json:"cohorts"`
	Months  []ActivePeriod `json:"months"`
}

// Retention tells the cohorts of a range, each to the present week: who was active in a week, or with rolling in it or later.
func (x *Figures) Retention(of string, rolling bool, r Range) Retention {
	out := Retention{AsOf: x.AsOf, Kind: "classic", Of: of, Cohorts: []Cohort{}, Months: []ActivePeriod{}}
	kind := byte(ofCohort)
	if rolling {
		out.Kind, kind = "rolling", ofLastWeek
	}
	now := x.period(calendar.Week, x.Today())
	for week := x.period(calendar.Week, r.From); week <= min(now, x.period(calendar.Week, r.To)); week++ {
		c := Cohort{Week: x.label(calendar.Week, week), Members: x.one(key(nil).of(ofCohorts).number(week)).count, Active: make([]int64, now-week+1)}
		x.between(key(nil).of(kind).text(of).number(week), week, now, func(w calendar.Key, _ keyReader, _ decimal.Decimal, count int64) {
			c.Active[w-week] += count
		})
		for i := len(c.Active) - 2; rolling && i >= 0; i-- {
			c.Active[i] += c.Active[i+1]
		}
		if c.Members > 0 {
			out.Cohorts = append(out.Cohorts, c)
		}
	}
	month := func(k calendar.Key) cell { return x.one(key(nil).of(ofActive).text(of).char('m').number(k)) }
	before := month(x.period(calendar.Month, r.From) - 1)
	for m := x.period(calendar.Month, r.From); m <= x.period(calendar.Month, r.To); m++ {
		c := month(m)
		p := ActivePeriod{Month: x.label(calendar.Month, m), Active: c.count, Kept: int64(c.sum)}
		p.New = x.one(key(nil).of(ofNewActive).text(of).char('m').number(m)).count
		p.Returned, p.Lost = max(0, p.Active-p.Kept-p.New), before.count-p.Kept
		p.Churn = share(float64(p.Lost), float64(before.count))
		before = c
		out.Months = append(out.Months, p)
	}
	return out
}

package stats

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// Flows are what became of points in a period. Each is signed as it changes what members have.
type Flows struct {
	Issued    decimal.Decimal `json:"issued"`
	Imported  decimal.Decimal `json:"imported"`
	Reversed  decimal.Decimal `json:"reversed"`
	Returned  decimal.Decimal `json:"returned"`
	Spent     decimal.Decimal `json:"spent"`
	Expired   decimal.Decimal `json:"expired"`
	Restored  decimal.Decimal `json:"restored"`
	Forfeited decimal.Decimal `json:"forfeited"`
	Adjusted  decimal.Decimal `json:"adjusted"`
}

func (f *Flows) of(flow byte) *decimal.Decimal {
	switch flow {
	case issued:
		return &f.Issued
	case imported:
		return &f.Imported
	case reversed:
		return &f.Reversed
	case returned:
		return &f.Returned
	case spent:
		return &f.Spent
	case expired:
		return &f.Expired
	case restored:
		return &f.Restored
	case forfeited:
		return &f.Forfeited
	}
	return &f.Adjusted
}

// Net is the sum of them.
func (f *Flows) Net() decimal.Decimal {
	return f.Issued + f.Imported + f.Reversed + f.Returned + f.Spent + f.Expired + f.Restored + f.Forfeited + f.Adjusted
}

// PointsPeriod is a row of a roll-forward.
type PointsPeriod struct {
	Period  string          `json:"period"`
	Opening decimal.Decimal `json:"opening"`
	Flows
	Closing decimal.Decimal `json:"closing"`
	// MovesUntil is until when what arrives late may move the row, and those after it by as much.
	MovesUntil calendar.Instant `json:"moves_until"`
	Balanced   bool             `json:"balanced"`
}

// PointsReport is the roll-forward of some points.
type PointsReport struct {
	AsOf
	Points   string         `json:"points"`
	By       string         `json:"by"`
	Rows     []PointsPeriod `json:"rows"`
	Balanced bool           `json:"balanced"`
}

// Points is the roll-forward of some points over the periods that a range touches. Days and months are counted apart from one
// another and from the total: a row balances where they agree.
func (x *Figures) Points(id string, by calendar.Period, r Range) PointsReport {
	out := PointsReport{AsOf: x.AsOf, Points: id, By: by.String(), Rows: []PointsPeriod{}}
	first, last := x.period(by, r.From), x.period(by, r.To)
	begin := x.firstDay(by, first)
	opening, end := x.before(id, begin)
	months, days := map[calendar.Key]*Flows{}, map[calendar.Key]*Flows{}
	byDay := map[calendar.Key]decimal.Decimal{}
	x.between(key(nil).of(ofDay).text(id), begin, x.firstDay(by, last+1)-1, func(day calendar.Key, k keyReader, sum decimal.Decimal, _ int64) {
		*need(days, x.period(by, day), Flows{}).of(k.char()) += sum
		byDay[x.period(calendar.Month, day)] += sum
	})
	from, to := x.period(calendar.Month, begin), x.period(calendar.Month, r.To)
	x.between(key(nil).of(ofMonth).text(id), from, to, func(month calendar.Key, k keyReader, sum decimal.Decimal, _ int64) {
		*need(months, month, Flows{}).of(k.char()) += sum
	})
	out.Balanced = end == x.Outstanding(id)
	for p := first; p <= last; p++ {
		flows := need(days, p, Flows{})
		row := PointsPeriod{Period: x.label(by, p), Opening: opening, Flows: *flows, Closing: opening + flows.Net(),
			MovesUntil: x.cal.After(x.cal.End(by, p), x.rules.Late), Balanced: true}
		for month := x.period(calendar.Month, x.firstDay(by, p)); by >= calendar.Month && month < x.period(calendar.Month, x.firstDay(by, p+1)); month++ {
			row.Balanced = row.Balanced && byDay[month] == need(months, month, Flows{}).Net()
		}
		out.Balanced = out.Balanced && row.Balanced
		opening = row.Closing
		out.Rows = append(out.Rows, row)
	}
	return out
}

// firstDay is the first day of a period.
func (x *Figures) firstDay(p calendar.Period, k calendar.Key) calendar.Key {
	return calendar.Key(x.cal.FirstDate(p, k))
}

// before is what members had of some points as a day began, and what the months come to in all.
func (x *Figures) before(id string, day calendar.Key) (opening, all decimal.Decimal) {
	month := x.period(calendar.Month, day)
	x.each(key(nil).of(ofMonth).text(id), func(k keyReader, sum decimal.Decimal, _ int64) {
		if all += sum; k.number() < month {
			opening += sum
		}
	})
	x.between(key(nil).of(ofDay).text(id), x.firstDay(calendar.Month, month), day-1, func(_ calendar.Key, _ keyReader, sum decimal.Decimal, _ int64) {
		opening += sum
	})
	return opening, all
}

// totals is what has become of some points in all.
func (x *Figures) totals(id string) (f Flows) {
	for _, flow := range []byte{issued, imported, reversed, returned, spent, expired, restored, forfeited, adjusted} {
		*f.of(flow) = x.one(key(nil).of(ofTotals).char('p').char(flow).text(id)).sum
	}
	return f
}

// one is a single cell.
func (x *Figures) one(k key) (c cell) {
	value, err := x.store.Get(string(k))
	if err == nil && value != nil {
		err = c.decode(value)
	}
	if x.err == nil {
		x.err = err
	}
	return c
}

// Outstanding is what members have of some points: pending and held ones included, less debt.
func (x *Figures) Outstanding(id string) decimal.Decimal {
	f := x.totals(id)
	return f.Net()
}

// flows is what became of some points in a range.
func (x *Figures) flows(id string, r Range) (f Flows) {
	x.between(key(nil).of(ofDay).text(id), r.From, r.To, func(_ calendar.Key, k keyReader, sum decimal.Decimal, _ int64) {
		*f.of(k.char()) += sum
	})
	return f
}

// BreakageMonth is what has become of the points that were issued in a month.
type BreakageMonth struct {
	Month   string            `json:"month"`
	Issued  decimal.Decimal   `json:"issued"`
	Spent   decimal.Decimal   `json:"spent"`
	Expired decimal.Decimal   `json:"expired"`
	Rate    decimal.Decimal   `json:"rate"`   // expired / (expired + spent)
	ByAge   []decimal.Decimal `json:"by_age"` // the rate after 0, 1, 2 … months
}

// Breakage is what becomes of points, by the month in which they were issued, and how many that are left may be expected to expire.
type Breakage struct {
	Months []BreakageMonth `json:"months"`
	Rate   decimal.Decimal `json:"rate"`
	// Expected is how many of what is outstanding would expire if it did as those did that were spent or have expired.
	Expected decimal.Decimal `json:"expected"`
}

func (x *Figures) breakage(id string, outstanding decimal.Decimal) Breakage {
	type aged struct {
		spent, expired map[calendar.Key]decimal.Decimal
	}
	ages, sums := map[calendar.Key]*aged{}, map[calendar.Key]*BreakageMonth{}
	var last calendar.Key
	x.each(key(nil).of(ofAge).text(id), func(k keyReader, sum decimal.Decimal, _ int64) {
		month, age := k.number(), k.number()
		a := need(ages, month, aged{map[calendar.Key]decimal.Decimal{}, map[calendar.Key]decimal.Decimal{}})
		m := need(sums, month, BreakageMonth{Month: x.label(calendar.Month, month), ByAge: []decimal.Decimal{}})
		switch k.char() {
		case issued:
			m.Issued += sum
		case spent:
			m.Spent -= sum
			a.spent[age] -= sum
		case expired:
			m.Expired -= sum
			a.expired[age] -= sum
		}
		last = max(last, month)
	})
	now := max(last, x.cal.Key(calendar.Month, x.now))
	var allSpent, allExpired decimal.Decimal
	for month, m := range sums {
		m.Rate = share(float64(m.Expired), float64(m.Expired+m.Spent))
		allSpent, allExpired = allSpent+m.Spent, allExpired+m.Expired
		var s, e decimal.Decimal
		for age := calendar.Key(0); age <= min(now-month, maxAges); age++ {
			s, e = s+ages[month].spent[age], e+ages[month].expired[age]
			m.ByAge = append(m.ByAge, share(float64(e), float64(e+s)))
		}
	}
	out := Breakage{Months: sorted(sums), Rate: share(float64(allExpired), float64(allExpired+allSpent))}
	if all := allExpired + allSpent; all > 0 {
		out.Expected = decimal.Decimal(float64(max(0, outstanding))*float64(allExpired)/float64(all)) / decimal.One * decimal.One
	}
	return out
}

// maxAges bounds the ages that breakage is told by.
const maxAges = 36

package stats

import (
	"github.com/laurel-engine/laurel/engine/decimal"
)

// Totals are what has become of points, events and claims in all, as counters of a process's metrics are: they only grow.
type Totals struct {
	Points []PointsTotal
	Events []EventTotal
	Claims map[string]int64 // by state
}

// PointsTotal is what has become of some points.
type PointsTotal struct {
	Points                              string
	Issued, Spent, Expired, Outstanding decimal.Decimal
}

// EventTotal are the events of a type that came to a result.
type EventTotal struct {
	Type, Result string
	Count        int64
}

// maxTypes bounds how many types of events are told apart: a metric keeps each of them for ever. The others are one.
const maxTypes = 200

// other is the type under which the others are counted.
const other = "other"

var resultNames = map[byte]string{accepted: "accepted", late: "late", refused: "refused", noted: "noted", voided: "voided"}

var stateNames = map[byte]string{claimed: "claimed", confirmed: "confirmed", cancelled: "cancelled", taken: "returned", timedOut: "timed_out"}

// Totals reads them as they were written last, some seconds ago at most.
func (f *Follower) Totals() (Totals, error) {
	x := &Figures{follower: f, store: f.program.Store(), rules: f.program.Rules()}
	out := Totals{Claims: map[string]int64{}}
	for _, p := range x.rules.Points {
		flows := x.totals(p.ID)
		out.Points = append(out.Points, PointsTotal{p.ID, flows.Issued + flows.Imported, -flows.Spent, -flows.Expired, flows.Net()})
	}
	types := map[string]bool{}
	counts := map[EventTotal]int64{}
	x.each(key(nil).of(ofTotals).char('e'), func(k keyReader, _ decimal.Decimal, count int64) {
		result, name := k.char(), k.text()
		if types[name] = types[name] || len(types) < maxTypes; !types[name] {
			name = other
		}
		counts[EventTotal{Type: name, Result: resultNames[result]}] += count
	})
	for e, count := range counts {
		e.Count = count
		out.Events = append(out.Events, e)
	}
	x.each(key(nil).of(ofTotals).char('c'), func(k keyReader, _ decimal.Decimal, count int64) {
		out.Claims[stateNames[k.char()]] += count
	})
	return out, x.err
}

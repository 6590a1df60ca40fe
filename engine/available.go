package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// Availability is whether a member can claim a reward now.
type Availability struct {
	// Reason is the code with which a claim would be refused, "" where it would not: who, window, limit, stock, insufficient or
	// not_for_sale.
	Reason  string
	Missing map[string]decimal.Decimal // of insufficient: how many points are missing
	Held    int                        // how many the member holds
}

// Available tells which rewards a member can claim at an instant, by id; nil for an unknown member. Of a cost of N or more it is the
// least that is asked about. It changes nothing.
func (p *Processor) Available(member string, at calendar.Instant) map[string]Availability {
	a := p.asking(member, at)
	if a == nil {
		return nil
	}
	found := map[string]Availability{}
	for _, r := range a.current.Rewards {
		of := Availability{Held: a.m.RewardCount(r, at)}
		a.out.Refusal = nil
		switch {
		case len(r.Cost) == 0:
			of.Reason = CodeNotForSale
		case !a.claimable(r, r.Cost):
			of.Reason = a.out.Refusal.Code
		}
		for _, cost := range r.Cost {
			if short := cost.Amount - a.m.spendable(a.current, cost.Points, a.now); short > 0 && of.Reason == CodeInsufficient {
				if of.Missing == nil {
					of.Missing = map[string]decimal.Decimal{}
				}
				of.Missing[cost.Points.ID] = short
			}
		}
		found[r.ID] = of
	}
	return found
}

// asking is at work on what a member might do at an instant, and changes nothing of it; nil for an unknown member.
func (p *Processor) asking(member string, at calendar.Instant) *applier {
	if p.Member(member) == nil {
		return nil
	}
	e := NewClaim("available", member, "", 0)
	e.Time, e.Arrived = at, max(at, p.arrived)
	a := newApplier(&live{})
	a.accepted, a.opened = p.arrived, p.opened
	a.current, a.asOf, a.subjects = p.current(), p.at(at).Rules, p.scratch()
	a.reset(e, p.last+1)
	a.begin(e)
	a.pass(e)
	a.look(e)
	return &a
}

// PromotionsFor tells of every promotion, by its id, why it is not open for a member at an instant: window, who or limit; "" where it is.
// It is nil for an unknown member.
func (p *Processor) PromotionsFor(member string, at calendar.Instant) map[string]string {
	a := p.asking(member, at)
	if a == nil {
		return nil
	}
	found := map[string]string{}
	for _, d := range a.current.Promotions {
		switch {
		case !d.contains(a.current.Calendar, a.subjects, at):
			found[d.ID] = CodeWindow
		case !a.ask(d.For, d.Path):
			found[d.ID] = CodeWho
		case slices.ContainsFunc(d.Limits, a.usedUp):
			found[d.ID] = CodeLimit
		default:
			found[d.ID] = ""
		}
	}
	return found
}

// usedUp reports whether a limit leaves nothing to the member, whatever the event. One by what events say is not asked.
func (a *applier) usedUp(l *Limit) bool {
	ofEvents := slices.ContainsFunc(l.By, func(b LimitKey) bool { return !b.Receiver })
	return !ofEvents && a.used(l, a.m) >= l.N
}

// StockLeft is how many of a reward are left at an instant, open claims counted as taken; false where there is no end of them.
func (p *Processor) StockLeft(r *Reward, at calendar.Instant) (left int, limited bool) {
	if r.Scarce {
		taken := p.subjects.Usage(r.stockKey()).used(takenOfStock, at)
		left, limited = max(0, r.Stock-int(taken/decimal.One)), true
	}
	if r.Codes == PoolCodes {
		if codes := max(0, p.CodesLeft(r, at)); !limited || codes < left {
			left, limited = codes, true
		}
	}
	return left, limited
}

// OpenNow reports whether a reward's window is open for everybody at an instant: whom it is for, and windows of each member, aside.
func (r *Reward) OpenNow(cal calendar.Calendar, at calendar.Instant) (open bool, opens, closes calendar.Instant) {
	if r.During == nil {
		return true, 0, 0
	}
	for i := range r.During.Any {
		w := r.During.Any[i].Calendar
		if w == nil {
			return true, 0, 0 // it depends on a promotion or on the member
		}
		if start, end, now := w.At(cal, at); now {
			return true, start, end
		} else if next, end, ok := w.Next(cal, at); ok && (opens == 0 || next < opens) {
			opens, closes = next, end
		}
	}
	return false, opens, closes
}

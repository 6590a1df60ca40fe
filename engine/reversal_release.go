package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Release makes pending points of the reversed event available, to expire at an instant: all of a lot, or of a part that was
// shipped so much that Shipped of the line has been released in all.
type Release struct {
	Points  string
	Seq     uint64 // of the lots
	Source  Source
	Amount  decimal.Decimal
	Shipped decimal.Decimal // 0 for all
	Expires calendar.Instant
}

// seqs are those of the lots that came of the event: its own, and those of what amendments reached.
func (r *reversal) seqs() []uint64 {
	list := []uint64{r.target.Seq}
	for _, rec := range r.revisions() {
		list = append(list, rec.Seq)
	}
	return list
}

// pending calls yield for every lot of the event that is still held back.
func (r *reversal) pending(m *Member, now calendar.Instant, yield func(acc *Account, lot *Lot)) {
	seqs := r.seqs()
	for _, acc := range m.Accounts {
		for lot := range acc.lots.all() {
			if lot.Available > now && lot.Remaining > 0 && slices.Contains(seqs, lot.Seq) {
				yield(acc, lot)
			}
		}
	}
}

// refuse takes back what is still held back of what the event gave, its awards included.
func (j *recomputation) refuse() {
	left := map[claimed]decimal.Decimal{} // by lots
	j.r.pending(j.a.m, j.a.now, func(acc *Account, lot *Lot) {
		left[claimed{id: acc.Points, seq: lot.Seq, from: lot.Source}] += lot.Remaining
	})
	j.eachGift(func(g gift) {
		switch {
		case g.Kind == QueuedEffect:
			j.claw(g.rec, g.Effect, Clawback{All: true})
		case g.Kind == PointsEffect && g.Amount > 0:
			of := claimed{id: g.ID, seq: g.rec.Seq, from: g.Source}
			back := j.back[claimed{kind: PointsEffect, seq: g.rec.Seq, cause: g.Cause, id: g.ID, from: g.Source, goal: g.Goal}]
			if n := min(left[of], g.Amount-back); n > 0 {
				left[of] -= n
				j.takeBack(g.rec, g.Effect, g.Amount-back-n)
			}
		}
	})
}

// eachGift calls yield for all that came of the event, by whatever cause.
func (j *recomputation) eachGift(yield func(gift)) {
	of := append([]*Record{j.r.target}, j.r.revisions()...)
	for _, rec := range of {
		causes := 0
		if rec.Outcome.Provenance != nil {
			causes = len(rec.Outcome.Provenance.Causes)
		}
		for cause := range causes + 1 {
			if cause == 0 && rec != j.r.target {
				continue // what revisions gave more counts with the event
			}
			for _, g := range j.gifts(CauseRef{rec.Seq, uint32(cause)}, rec) {
				yield(g)
			}
		}
	}
}

// release finds what becomes available now, all of it or what has been shipped, and when that will expire, by the phrases that
// the lots were born with.
func (j *recomputation) release() {
	part := j.r.data != nil || j.r.keep != nil
	shipped := map[claimed]decimal.Decimal{}
	if j.r.data != nil {
		j.lines = j.estimated()
		if j.lessShipped() {
			j.refusal = &Refusal{Code: CodeDoesNotFit, Message: "more has been shipped before: name all that has been shipped so far",
				Errors: []event.FieldError{{Location: "data", Code: "wrong_value", Message: "this is less than was shipped before"}}}
			return
		}
	}
	j.r.pending(j.a.m, j.a.now, func(acc *Account, lot *Lot) {
		of := claimed{id: acc.Points, seq: lot.Seq, from: lot.Source}
		amount, all := lot.Remaining, decimal.Decimal(0)
		if part {
			all = j.shipped(acc.Points, lot)
			if _, known := shipped[of]; !known {
				shipped[of] = max(0, all-j.released(of))
			}
			amount = min(amount, shipped[of])
			shipped[of] -= amount
		}
		if amount > 0 {
			j.rev.Released = append(j.rev.Released, Release{Points: acc.Points, Seq: lot.Seq, Source: lot.Source, Amount: amount,
				Shipped: all, Expires: j.expires(acc.Points)})
		}
	})
	j.eachGift(func(g gift) {
		if g.Kind != QueuedEffect {
			return
		}
		c := Clawback{}
		if l, _ := j.queued(g.Effect); part && l.id != "" {
			if c.Amount = j.wants(l); c.Amount == 0 {
				return
			}
		}
		j.claw(g.rec, g.Effect, c)
	})
	j.lines = nil
}

// shipped is how much of what a definition gave has been shipped.
func (j *recomputation) shipped(points string, lot *Lot) decimal.Decimal {
	if j.r.keep != nil {
		return *j.r.keep
	}
	return j.wants(line{source: lot.Source, id: points})
}

// released is how much has been released of some lots so far.
func (j *recomputation) released(of claimed) (sum decimal.Decimal) {
	for _, rec := range j.r.revisions() {
		for _, r := range rec.Outcome.Revision.Released {
			if r.Points == of.id && r.Seq == of.seq && r.Source == of.from {
				sum += r.Amount
			}
		}
	}
	return sum
}

// lessShipped reports whether a part names less than was shipped before.
func (j *recomputation) lessShipped() bool {
	if j.r.command != commandRelease || j.r.data == nil {
		return false
	}
	for _, rec := range j.r.revisions() {
		for _, r := range rec.Outcome.Revision.Released {
			if r.Shipped > 0 && r.Seq == j.r.target.Seq && j.wants(line{source: r.Source, id: r.Points}) < r.Shipped {
				return true
			}
		}
	}
	return false
}

// expires is when points of the event that become available now expire.
func (j *recomputation) expires(points string) calendar.Instant {
	expires := calendar.Forever
	present, asOf := j.r.rules(j.r.target)
	for _, rules := range []*Ruleset{present, asOf} {
		if p := rules.PointsType(points); p != nil {
			expires = fixedExpiry(j.a.facts.calendar, p, j.a.since())
		}
	}
	return expires
}

// releaseLots makes pending points available from now on, and tells what has become spendable.
func (a *applier) releaseLots(releases []Release) {
	for i := range releases {
		r := &releases[i]
		acc := a.m.needAccount(r.Points)
		lot := acc.lots.first(r.Seq, func(l *Lot) bool { return l.Source == r.Source && l.Available > a.now && l.Remaining >= r.Amount })
		if lot == nil {
			continue
		}
		if lot.Remaining > r.Amount {
			part := Lot{Seq: lot.Seq, Source: lot.Source, Granted: lot.Granted, Amount: r.Amount, Remaining: r.Amount, Idle: lot.Idle}
			lot.Amount, lot.Remaining = lot.Amount-r.Amount, lot.Remaining-r.Amount
			lot = acc.lots.put(part, func(l *Lot) bool { return l == lot })
		}
		lot.Available, lot.Expires = a.now, r.Expires
		time := a.settlement(acc)
		time.release(lot)
		a.out.Effects = append(a.out.Effects, Effect{Kind: PointsEffect, ID: r.Points, Source: r.Source, Amount: lot.Remaining, Wanted: r.Amount,
			Available: a.now, Expires: acc.expiry(time.cal, lot, time.idle)})
	}
}

func (w *writer) release(r *Release) {
	w.text(r.Points)
	w.uint(r.Seq)
	w.source(&r.Source)
	w.num(r.Amount)
	w.num(r.Shipped)
	w.at(r.Expires)
}

func (r *reader) release(x *Release) {
	*x = Release{Points: r.text(), Seq: r.uint(), Source: r.source(), Amount: r.num(), Shipped: r.num(), Expires: r.at()}
}

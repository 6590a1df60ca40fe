package engine

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/integer"
	"github.com/laurel-engine/laurel/engine/wire"
)

// lots are an account's, each by what is different from the one before: most are given by the same definition, are untouched or spent
// whole, and expire with others.
func (c *codec) lots(l *lots) {
	var before Lot
	if !c.Reads() {
		c.PutLen(l.n)
		for lot := range l.all() {
			c.lot(lot, &before)
			before = *lot
		}
		return
	}
	var list []Lot
	wire.Room(&c.Codec, &list)
	for i := range list {
		c.lot(&list[i], &before)
		before = list[i]
	}
	l.set(list)
}

// What a lot has in common with the one before, or with most lots.
const (
	lotSameSource = 1 << iota
	lotSameAmount
	lotUntouched // all of it is left
	lotReady     // available since it was granted
	lotSameEnd
	lotSameIdle
)

// common is what a lot has in common.
func (l *Lot) common(before *Lot) (of uint64) {
	for i, same := range [...]bool{l.Source == before.Source, l.Amount == before.Amount,
		l.Remaining == l.Amount && l.Held|l.Spent|l.Expired|l.Forfeited|l.Reversed|l.Forgiven == 0 && l.Until == 0,
		l.Available == l.Granted, l.Expires == before.Expires, l.Idle == before.Idle} {
		if same {
			of |= 1 << i
		}
	}
	return of
}

// lot is a lot by what it has not in common with the one before. Written, nothing of it is touched: others may read it meanwhile.
func (c *codec) lot(l, before *Lot) {
	common := uint64(0)
	if c.Reads() {
		*l = *before
	} else {
		common = l.common(before)
	}
	c.Uint(&common)
	seq := integer.Signed(l.Seq - before.Seq)
	if c.Int(&seq); c.Reads() {
		l.Seq = before.Seq + integer.Bits(seq)
	}
	c.since(&l.Granted, before.Granted)
	if common&lotSameSource == 0 {
		c.source(&l.Source)
	}
	if common&lotSameAmount == 0 {
		c.Num(&l.Amount)
	}
	switch {
	case common&lotUntouched == 0:
		c.parts(l)
	case c.Reads():
		l.Remaining, l.Held, l.Spent, l.Expired, l.Forfeited, l.Reversed, l.Forgiven, l.Until = l.Amount, 0, 0, 0, 0, 0, 0, 0
	}
	switch {
	case common&lotReady == 0:
		c.since(&l.Available, l.Granted)
	case c.Reads():
		l.Available = l.Granted
	}
	if common&lotSameEnd == 0 {
		c.since(&l.Expires, before.Expires)
	}
	if common&lotSameIdle == 0 {
		c.Uint(&l.Idle)
	}
}

// parts are what has become of a lot.
func (c *codec) parts(l *Lot) {
	for _, part := range [...]*decimal.Decimal{&l.Remaining, &l.Held, &l.Spent, &l.Expired, &l.Forfeited, &l.Reversed, &l.Forgiven} {
		c.Num(part)
	}
	c.At(&l.Until)
}

// since is an instant by its distance from one that is known.
func (c *codec) since(at *calendar.Instant, known calendar.Instant) {
	distance := int64(*at - known)
	if c.Int(&distance); c.Reads() {
		*at = known + calendar.Instant(distance)
	}
}

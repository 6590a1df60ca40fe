package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/wire"
)

// Missing is what reversals of an event could not take from the lots that the event opened, because it was out: spent, held
// or forfeited. It was taken from other lots instead, is owed, or was let go. Whatever comes back to the event's lots settles
// that first, so that it does not matter whether a void comes first or the return of what was bought (semantics: Reversal).
type Missing struct {
	Seq  uint64          // of the event
	Debt decimal.Decimal // part of the account's debt
	Let  decimal.Decimal // let go (negative: floor)
	From []ClaimPart     // what other lots gave in its place, in that order
}

// maxMissing bounds how many reversed events an account remembers something missing of; of more, those that owe nothing go,
// the oldest first.
const maxMissing = 256

// missing finds what is missing of an event, nil when nothing is.
func (a *Account) missing(seq uint64) *Missing {
	for i := range a.Missing {
		if a.Missing[i].Seq == seq {
			return &a.Missing[i]
		}
	}
	return nil
}

func (a *Account) needMissing(seq uint64) *Missing {
	if m := a.missing(seq); m != nil {
		return m
	}
	if len(a.Missing) >= maxMissing {
		if i := slices.IndexFunc(a.Missing, func(m Missing) bool { return m.Debt == 0 }); i >= 0 {
			a.Missing = slices.Delete(a.Missing, i, i+1)
		}
	}
	a.Missing = append(a.Missing, Missing{Seq: seq})
	return &a.Missing[len(a.Missing)-1]
}

// cover notes what another lot gave in place of what is missing.
func (m *Missing) cover(part TakenPart) {
	for i := range m.From {
		if p := &m.From[i].TakenPart; p.sameLot(&part) {
			p.Amount += part.Amount
			return
		}
	}
	m.From = append(m.From, ClaimPart{TakenPart: part})
}

// nothing reports whether all has been settled.
func (m Missing) nothing() bool { return m.Debt == 0 && m.Let == 0 && len(m.From) == 0 }

// copyOfMissing shares no memory with the account.
func (a *Account) copyOfMissing() []Missing {
	list := cloned(a.Missing)
	for i := range list {
		list[i].From = cloned(list[i].From)
	}
	return list
}

// payDebt pays what the account owes from a lot that has just become spendable: it gives in place of what is missing of
// others, the oldest first.
func (a *Account) payDebt(lot *Lot) {
	if paid := min(a.Debt, lot.Remaining); paid > 0 {
		a.repay(lot, paid)
	}
}

// repay pays so much of what the account owes from a lot.
func (a *Account) repay(lot *Lot, paid decimal.Decimal) {
	lot.Remaining -= paid
	lot.Reversed += paid
	a.Debt -= paid
	for i := range a.Missing {
		m := &a.Missing[i]
		part := min(paid, m.Debt)
		if part == 0 {
			continue
		}
		m.Debt, paid = m.Debt-part, paid-part
		if m.Seq != lot.Seq {
			m.cover(lot.part(a.Points, part))
		}
	}
	a.Missing = slices.DeleteFunc(a.Missing, Missing.nothing)
}

// repayment is what a lot gave in place of another one's points, which have come back.
type repayment struct {
	part   ClaimPart
	at     calendar.Instant
	source Source
}

// settleMissing lets what has come back to a lot settle what is missing of its event, in the reverse order of a clawback:
// what is owed or was let go first, then what other lots gave, the last of them first. The rest is the lot's own.
func (p *settlement) settleMissing(lot *Lot, amount decimal.Decimal, e *Entry) (rest decimal.Decimal) {
	m := p.acc.missing(lot.Seq)
	if m == nil {
		return amount
	}
	settle := func(n decimal.Decimal) decimal.Decimal {
		amount -= n
		lot.Remaining -= n
		lot.Reversed += n
		return n
	}
	owed := settle(min(amount, m.Debt))
	m.Debt -= owed
	p.acc.Debt -= owed
	let := settle(min(amount, m.Let))
	m.Let -= let
	gave := decimal.Decimal(0)
	for amount > 0 && len(m.From) > 0 {
		last := &m.From[len(m.From)-1]
		part := *last
		part.Amount = settle(min(amount, last.Amount))
		gave += part.Amount
		p.repay = append(p.repay, repayment{part, e.At, e.Source})
		if last.Amount -= part.Amount; last.Amount == 0 {
			m.From = m.From[:len(m.From)-1]
		}
	}
	if let+gave > 0 {
		p.acc.Reversed += let + gave
		p.entry(Entry{Kind: EntryReversed, Amount: -let - gave, At: e.At, Lot: lot.Seq, Source: lot.Source})
	}
	p.acc.Missing = slices.DeleteFunc(p.acc.Missing, Missing.nothing)
	return amount
}

// makeGood gives other lots what they gave in place of what has come back; it expires with them.
func (p *settlement) makeGood() {
	for len(p.repay) > 0 {
		r := p.repay[0]
		p.repay = p.repay[1:]
		lot := p.acc.lotOf(&r.part.TakenPart, reversedOf)
		lot.Reversed -= r.part.Amount
		p.acc.Reversed -= r.part.Amount
		p.back(lot, r.part.Amount, p.over(&r.part, r.at), Entry{Kind: EntryMadeGood, Amount: r.part.Amount, At: r.at, Lot: lot.Seq,
			Source: r.source, Available: lot.Available, Expires: lot.Expires})
	}
}

func reversedOf(l *Lot) *decimal.Decimal { return &l.Reversed }

// partsOf calls yield for every part of a lot that may come back to the account: of claims, and of what other lots gave in
// place of what is missing.
func (m *Member) partsOf(acc *Account, yield func(*ClaimPart)) {
	for _, c := range m.Claims {
		if c.State != ClaimOpen && c.State != ClaimConfirmed {
			continue
		}
		for i := range c.Parts {
			if c.Parts[i].Points == acc.Points {
				yield(&c.Parts[i])
			}
		}
	}
	for i := range acc.Missing {
		for k := range acc.Missing[i].From {
			yield(&acc.Missing[i].From[k])
		}
	}
}

func (c *codec) claimParts(list *[]ClaimPart) {
	wire.Room(&c.Codec, list)
	for i := range *list {
		c.claimPart(&(*list)[i])
	}
}

func (c *codec) claimPart(p *ClaimPart) {
	c.taken(&p.TakenPart)
	c.Num(&p.Returned)
	c.At(&p.Over)
}

func (c *codec) missing(m *Missing) {
	c.Uint(&m.Seq)
	c.Num(&m.Debt)
	c.Num(&m.Let)
	c.claimParts(&m.From)
}

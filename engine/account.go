package engine

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// MaxLots is how many lots an account keeps; beyond it older ones are merged by day of expiry (architecture: Bounds).
const MaxLots = 10_000

// Account is a member's ledger of one points type. Issued is what all grants gave; at any time
// Issued = remaining + held + pending + Spent + Expired + Forfeited + Reversed - Debt (semantics: Points).
type Account struct {
	Points    string
	lots      lots
	Idle      []IdleRule
	Debt      decimal.Decimal
	Issued    decimal.Decimal
	Spent     decimal.Decimal
	Expired   decimal.Decimal
	Forfeited decimal.Decimal
	Reversed  decimal.Decimal
	Missing   []Missing // of events that were reversed, in order
}

// IdleRule is an expiry phrase that counts from the last event of a type. Lots keep the phrases they were born with.
type IdleRule struct {
	After calendar.Duration
	Event string
}

// Lot is one grant of points and what became of it: Amount = Remaining + Held + Spent + Expired + Forfeited + Reversed.
type Lot struct {
	Seq       uint64 // of the event that gave it
	Source    Source // what gave it
	Granted   calendar.Instant
	Amount    decimal.Decimal
	Remaining decimal.Decimal
	Held      decimal.Decimal
	Spent     decimal.Decimal
	Expired   decimal.Decimal
	Forfeited decimal.Decimal
	Reversed  decimal.Decimal
	// Available is from when it can be spent; calendar.Forever while it waits for a release by hand.
	Available calendar.Instant
	// Expires is the first fixed expiry, calendar.Forever without one.
	Expires calendar.Instant
	// Idle is a set of bits: which of the account's idle rules can expire it as well.
	Idle uint64
	// Until is when it was expired, for lots with an Expired part.
	Until calendar.Instant
	// Forgiven is how much of Expired a reversal would have taken: no late event brings that back.
	Forgiven decimal.Decimal
}

// Balance is what a member has of one points type at an instant.
type Balance struct {
	Spendable decimal.Decimal // 0 while there is debt
	Pending   decimal.Decimal
	Held      decimal.Decimal
	Debt      decimal.Decimal
	Issued    decimal.Decimal // in all, up to the instant, as are the next two
	Expired   decimal.Decimal
	Spent     decimal.Decimal
	// Expires are the coming expiries of what is available, soonest first.
	Expires []Expiring
}

// takesIn reports whether the account's books stay within the range of numbers when an amount is given or, below zero, taken. All
// other sums are parts of what was issued, or of what was taken.
func (a *Account) takesIn(amount decimal.Decimal) bool {
	if amount >= 0 {
		_, ok := a.Issued.Add(amount)
		return ok
	}
	_, taken := a.Forfeited.Sub(amount)
	_, owed := a.Debt.Sub(amount)
	return taken && owed
}

func (m *Member) account(points string) *Account {
	for _, a := range m.Accounts {
		if a.Points == points {
			return a
		}
	}
	return nil
}

func (m *Member) needAccount(points string) *Account {
	if a := m.account(points); a != nil {
		return a
	}
	a := &Account{Points: points}
	m.Accounts = append(m.Accounts, a)
	return a
}

// Balance is what the member has of p at an instant not before its last event.
func (m *Member) Balance(rules *Ruleset, p *Points, at calendar.Instant) Balance {
	a := m.account(p.ID)
	if a == nil {
		return Balance{}
	}
	cal := rules.CalendarOf(m)
	var idle idleEnds
	m.idleEnds(cal, a, &idle)
	a = m.settled(cal, a, &idle, at)
	b := Balance{Debt: a.Debt, Issued: a.Issued, Expired: a.Expired, Spent: a.Spent}
	for lot := range a.lots.all() {
		b.Held += lot.Held
		if lot.Remaining == 0 {
			continue
		}
		end := a.expiry(cal, lot, &idle)
		switch {
		case lot.Available > at:
			b.Pending += lot.Remaining
		case end <= at:
			b.Expired += lot.Remaining
		default:
			b.Spendable += lot.Remaining
			if end < calendar.Forever {
				b.Expires = append(b.Expires, Expiring{At: end, Amount: lot.Remaining})
			}
		}
	}
	b.payDebt()
	b.Expires = mergeExpiring(b.Expires)
	return b
}

// payDebt takes what is owed off what can be spent.
func (b *Balance) payDebt() {
	paid := min(b.Debt, b.Spendable)
	b.Debt, b.Spendable = b.Debt-paid, b.Spendable-paid
	if b.Debt > 0 {
		b.Spendable = 0
	}
}

// spendable is what the member can spend of p at an instant not before its last event.
func (m *Member) spendable(rules *Ruleset, p *Points, at calendar.Instant) decimal.Decimal {
	a := m.account(p.ID)
	if a == nil {
		return 0
	}
	cal := rules.CalendarOf(m)
	var idle idleEnds
	m.idleEnds(cal, a, &idle)
	a = m.settled(cal, a, &idle, at)
	b := Balance{Debt: a.Debt, Spendable: a.ready(cal, &idle, at)}
	b.payDebt()
	return b.Spendable
}

// total is what the account holds in all, debt taken off: the balance its entries sum to. It is what was issued less all that became
// of it, as long as the books balance.
func (a *Account) total() decimal.Decimal {
	return a.Issued - a.Spent - a.Expired - a.Forfeited - a.Reversed
}

// Lots are the account's, in order of acceptance, as a copy.
func (a *Account) Lots() []Lot { return a.lots.list() }

// Proved reports whether the account's books balance: every lot, and issued against all that became of it.
func (a *Account) Proved() bool {
	lots, right := a.lots.counted()
	return a.balances(lots.live, right && !lots.wrong)
}

// proved is Proved of the lots that have changed since it was asked last: the others are as they were found then.
func (a *Account) proved(now calendar.Instant) bool {
	a.lots.refresh(now)
	return a.balances(a.lots.live())
}

// balances is proved of lots with so much left, that add up or do not.
func (a *Account) balances(live decimal.Decimal, right bool) bool {
	return right && a.Issued == live+a.Spent+a.Expired+a.Forfeited+a.Reversed-a.Debt && a.Debt >= 0
}

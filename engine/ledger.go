package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// MaxLots is how many lots an account keeps; beyond it older ones are merged by day of expiry (architecture: Bounds).
const MaxLots = 10_000

// Account is a member's ledger of one points type. Issued is what all grants gave; at any time
// Issued = remaining + held + pending + Spent + Expired + Forfeited + Reversed - Debt (semantics: Points).
type Account struct {
	Points    string
	Lots      []Lot // in order of acceptance
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

// EntryKind says what an entry of the ledger did.
type EntryKind string

// The kinds of ledger entries.
const (
	EntryIssued    EntryKind = "issued"
	EntryReleased  EntryKind = "released" // pending points became spendable
	EntryHeld      EntryKind = "held"     // a claim pins points
	EntryFreed     EntryKind = "freed"    // a claim gave held points back
	EntrySpent     EntryKind = "spent"    // a claim was confirmed, or something was bought at once
	EntryRefunded  EntryKind = "refunded" // a confirmed claim was returned
	EntryExpired   EntryKind = "expired"
	EntryRestored  EntryKind = "restored" // expired points came back, through a late event
	EntryForfeited EntryKind = "forfeited"
	EntryReversed  EntryKind = "reversed"
	EntryMadeGood  EntryKind = "made_good" // a lot gets back what was reversed in place of points that have now come back
	EntryReturned  EntryKind = "returned"  // taken points came back, through a reversal
)

// Entry is one line of a member's ledger. Amounts are signed: what the entry did to the member's points, pending included;
// what only moves points within the balance has its amount for information (Moves).
type Entry struct {
	Points  string
	Kind    EntryKind
	Amount  decimal.Decimal
	At      calendar.Instant // the instant it is dated at
	Lot     uint64           // seq of the event that opened the lot it touches, 0 for none: what is owed
	Source  Source           // what caused it, none for time
	Balance decimal.Decimal  // live, pending and held points less debt, after it
	// Available and Expires are those of a lot that was opened.
	Available calendar.Instant
	Expires   calendar.Instant
}

// LedgerEntry is an entry as a ledger shows it, as JSON.
type LedgerEntry struct {
	Seq       uint64            `json:"seq"`   // of that event
	Event     string            `json:"event"` // the id of the event that caused it
	Points    string            `json:"points"`
	Kind      EntryKind         `json:"kind"`
	Amount    decimal.Decimal   `json:"amount"`
	At        calendar.Instant  `json:"at"`
	Balance   decimal.Decimal   `json:"balance"` // live, pending and held points less debt, after it
	Lot       uint64            `json:"lot,omitempty"`
	Source    string            `json:"source,omitempty"` // the definition that caused it; time has none
	Available *calendar.Instant `json:"available_at,omitempty"`
	Expires   *calendar.Instant `json:"expires_at,omitempty"`
}

// NewLedgerEntry is an entry of a record as a ledger shows it.
func NewLedgerEntry(rec *Record, e *Entry) LedgerEntry {
	return LedgerEntry{Seq: rec.Seq, Event: rec.Event.ID, Points: e.Points, Kind: e.Kind, Amount: e.Amount,
		At: e.At, Balance: e.Balance, Lot: e.Lot, Source: e.Source.String(), Available: instantOrNil(e.Available), Expires: instantOrNil(e.Expires)}
}

// Moves reports whether entries of a kind only move points within a balance, from pending to spendable or in and out of a
// hold, without changing their sum.
func (k EntryKind) Moves() bool { return k == EntryReleased || k == EntryHeld || k == EntryFreed }

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

// Expiring is an amount that expires at an instant.
type Expiring struct {
	At     calendar.Instant
	Amount decimal.Decimal
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

// idleEnds are the instants at which an account's idle rules expire lots, given the last events; the per-lot part (a lot
// available after the last event) is lotExpiry's.
type idleEnds struct {
	last []calendar.Instant
	ends []calendar.Instant
}

// idleEnds finds the ends of a's idle rules into buf.
func (m *Member) idleEnds(cal calendar.Calendar, a *Account, buf *idleEnds) {
	buf.last, buf.ends = buf.last[:0], buf.ends[:0]
	for _, rule := range a.Idle {
		last := calendar.Beginning
		end := calendar.Forever
		if s := m.lastFor(rule.Event, a.Points); s != nil {
			last = s.Last
			end = cal.EndOfDayAfter(last, rule.After)
		}
		buf.last, buf.ends = append(buf.last, last), append(buf.ends, end)
	}
}

// expiry is when lot expires: the first of its fixed expiry and its idle rules.
func (a *Account) expiry(cal calendar.Calendar, lot *Lot, idle *idleEnds) calendar.Instant {
	end := lot.Expires
	if lot.Idle == 0 || lot.Available == calendar.Forever {
		return end
	}
	for i := range a.Idle {
		if lot.Idle&(1<<i) == 0 {
			continue
		}
		if idle.last[i] >= lot.Available {
			end = min(end, idle.ends[i])
		} else {
			end = min(end, cal.EndOfDayAfter(lot.Available, a.Idle[i].After))
		}
	}
	return end
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
	for i := range a.Lots {
		lot := &a.Lots[i]
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
	paid := min(b.Debt, b.Spendable)
	b.Debt, b.Spendable = b.Debt-paid, b.Spendable-paid
	if b.Debt > 0 {
		b.Spendable = 0
	}
	b.Expires = mergeExpiring(b.Expires)
	return b
}

// mergeExpiring sorts by instant and adds up what expires together.
func mergeExpiring(list []Expiring) []Expiring {
	slices.SortFunc(list, func(x, y Expiring) int { return cmpInstant(x.At, y.At) })
	merged := list[:0]
	for _, e := range list {
		if n := len(merged); n > 0 && merged[n-1].At == e.At {
			merged[n-1].Amount += e.Amount
			continue
		}
		merged = append(merged, e)
	}
	return merged
}

func cmpInstant(a, b calendar.Instant) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// total is what the account holds in all, debt taken off: the balance its entries sum to.
func (a *Account) total() decimal.Decimal {
	var sum decimal.Decimal
	for i := range a.Lots {
		sum += a.Lots[i].Remaining + a.Lots[i].Held
	}
	return sum - a.Debt
}

// Proved reports whether the account's books balance: every lot, and issued against all that became of it.
func (a *Account) Proved() bool {
	var live decimal.Decimal
	for i := range a.Lots {
		l := &a.Lots[i]
		if l.Amount != l.Remaining+l.Held+l.Spent+l.Expired+l.Forfeited+l.Reversed ||
			min(l.Remaining, l.Held, l.Spent, l.Expired, l.Forfeited, l.Reversed) < 0 {
			return false
		}
		live += l.Remaining + l.Held
	}
	return a.Issued == live+a.Spent+a.Expired+a.Forfeited+a.Reversed-a.Debt && a.Debt >= 0
}

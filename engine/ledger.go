package engine

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

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
	EntryMerged    EntryKind = "merged"    // what another member had is the member's; its own entries are in the ledger as well
)

// EntryKinds are all kinds of ledger entries.
var EntryKinds = []EntryKind{EntryIssued, EntryReleased, EntryHeld, EntryFreed, EntrySpent, EntryRefunded, EntryExpired, EntryRestored,
	EntryForfeited, EntryReversed, EntryMadeGood, EntryReturned, EntryMerged}

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
	// From is the member that it was then, or that a merge is about, where members were merged.
	From string `json:"from,omitempty"`
}

// NewLedgerEntry is an entry of a record as the ledger of a member shows it.
func NewLedgerEntry(rec *Record, e *Entry, member string) LedgerEntry {
	from := ""
	if e.Kind == EntryMerged && rec.Outcome.Merge != nil {
		from = rec.Outcome.Merge.From
	} else if rec.Event.Member != member {
		from = rec.Event.Member
	}
	return LedgerEntry{From: from, Seq: rec.Seq, Event: rec.Event.ID, Points: e.Points, Kind: e.Kind, Amount: e.Amount,
		At: e.At, Balance: e.Balance, Lot: e.Lot, Source: e.Source.String(), Available: instantOrNil(e.Available), Expires: instantOrNil(e.Expires)}
}

// Moves reports whether entries of a kind only move points within a balance, from pending to spendable or in and out of a
// hold, without changing their sum; or bring what entries of the ledger have told before.
func (k EntryKind) Moves() bool {
	return k == EntryReleased || k == EntryHeld || k == EntryFreed || k == EntryMerged
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

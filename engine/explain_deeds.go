package engine

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Deed is one thing that a record did: a line of the ledger, or a change of what the member holds or has reached.
type Deed struct {
	Kind       string // an EntryKind, or an EffectKind other than points
	Definition string // section and id of what caused it, "" for time
	What       string // the points, or the badge, reward, tier, challenge, streak, leaderboard, promotion or event
	Amount     decimal.Decimal
	At         calendar.Instant // 0 where it is that of the event
	Of         string           // the id of another event, whose points it touches
	Balance    *decimal.Decimal // of a line of the ledger: after it
	detail     string
}

// maxOrigin bounds how far before an event that another one led to that one is looked for: they are committed together.
const maxOrigin = 10_000

// deeds are what a record did, first the ledger, then the rest in the order of answers.
func (x *explainer) deeds() ([]Deed, error) {
	var list []Deed
	out := &x.rec.Outcome
	for i := range out.Entries {
		e := &out.Entries[i]
		d := Deed{Kind: string(e.Kind), Definition: e.Source.String(), What: e.Points, Amount: e.Amount, At: e.At, Balance: &e.Balance}
		if e.Lot != 0 && e.Lot != x.rec.Seq {
			of, err := recordAt(x.store, e.Lot)
			if err != nil {
				return nil, err
			}
			d.Of = of.Event.ID
		}
		list = append(list, d)
	}
	for i := range out.Effects {
		if e := &out.Effects[i]; e.Kind != PointsEffect {
			list = append(list, Deed{Kind: e.Kind.String(), Definition: e.Source.String(), What: e.ID, Amount: e.Amount, detail: e.detail()})
		}
	}
	return list, nil
}

// detail is what has become of the thing that an effect speaks of.
func (e *Effect) detail() string {
	switch e.Kind {
	case BadgeEffect:
		switch {
		case e.Revoked && e.Level == "":
			return "taken back"
		case e.Revoked:
			return "fell to " + e.Level
		case e.Level != "":
			return "earned, level " + e.Level
		}
		return "earned"
	case RewardEffect:
		if e.Revoked {
			return "taken back"
		}
		if e.State != "" {
			return "claim " + e.Claim + " is " + e.State
		}
		return "given"
	case TierEffect:
		return "from " + e.From + " to " + e.Level
	case StreakEffect:
		return "length " + strconv.Itoa(e.Length) + ", " + e.State
	case ChallengeEffect:
		said := "progress " + e.Amount.String() + " of " + e.Wanted.String()
		if e.Done {
			said += ", done"
		}
		return said
	case LeaderboardEffect:
		if e.Revoked {
			return "no score any more"
		}
		return "score " + e.Amount.String()
	case QueuedEffect:
		if e.Queued != nil {
			return e.Queued.What + " for " + e.Queued.Member
		}
	case PromotionEffect:
		return e.State
	}
	return ""
}

// entryWords are lines of the ledger as people read them, with the amount and the points before them.
var entryWords = map[EntryKind]string{
	EntryIssued:    "given",
	EntryReleased:  "became spendable",
	EntryHeld:      "held for a claim",
	EntryFreed:     "no longer held",
	EntrySpent:     "spent",
	EntryRefunded:  "given back by a claim that was returned",
	EntryExpired:   "expired",
	EntryRestored:  "came back: a late event had kept them alive",
	EntryForfeited: "taken",
	EntryReversed:  "taken back",
	EntryMadeGood:  "made good",
	EntryReturned:  "given back",
	EntryMerged:    "brought by a member that was merged into this one",
}

// Words are the deed as people read it: "-40 stars taken back".
func (d *Deed) Words() string {
	if words, entry := entryWords[EntryKind(d.Kind)]; entry {
		return d.Amount.String() + " " + d.What + " " + words
	}
	said := d.Kind + " " + d.What
	if d.detail != "" {
		said += ": " + d.detail
	}
	return said
}

// origin is the id of the event that a record is about or that led to it, "" for one that its sender or time began.
func (x *explainer) origin() (string, error) {
	var of struct {
		reversing
		settling
	}
	switch e := &x.rec.Event; {
	case isReversal(e.Type) && json.Unmarshal(e.Data, &of) == nil:
		return of.Event, nil
	case settles(e.Type) && json.Unmarshal(e.Data, &of) == nil:
		return event.KeyedID(of.Claim), nil
	case e.Depth == 0:
		return "", nil
	}
	for seq := x.rec.Seq - 1; seq > 0 && x.rec.Seq-seq <= maxOrigin; seq-- {
		rec, err := recordAt(x.store, seq)
		if err != nil {
			return "", err
		}
		queued := func(e Effect) bool { return e.Kind == QueuedEffect && e.ID == x.rec.Event.ID }
		if slices.ContainsFunc(rec.Outcome.Effects, queued) {
			return rec.Event.ID, nil
		}
		if rec.Event.Depth == 0 { // the first of those that were decided together
			break
		}
	}
	return "", nil
}

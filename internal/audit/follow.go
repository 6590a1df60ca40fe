package audit

import (
	"encoding/json"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/settings"
)

const (
	// piece is how many records are looked at before what was found is appended.
	piece = 20_000
	// together is how many entries are appended at once.
	together = 500
)

// CatchUp appends what calls of administrators did to a program up to an event of its journal, as far as that was not done before. It
// returns up to where that is.
func CatchUp(s settings.Store, program string, store engine.Store, upTo uint64) (uint64, error) {
	h, _, err := readHead(s, program)
	at := h.Seq
	for err == nil && at < upTo {
		var found []*engine.Record
		var through uint64
		through, err = engine.Acts(store, at, piece, func(rec *engine.Record) bool {
			found = append(found, rec)
			return len(found) < together
		})
		if err != nil {
			break
		}
		if len(found) == together {
			through = found[together-1].Seq
		}
		if through == at { // the journal ends
			return at, nil
		}
		if at = through; len(found) > 0 || at-h.Seq >= piece {
			h.Seq = at
			err = follow(s, program, found, at)
		}
	}
	return at, err
}

// follow appends what records tell, and how far the journal was read, unless somebody else has.
func follow(s settings.Store, program string, found []*engine.Record, through uint64) error {
	_, err := appending(s, program, settings.Whenever, nil, func(h *head) (changes []settings.Change) {
		for _, rec := range found {
			if rec.Seq > h.Seq {
				e := entryOf(rec)
				e = h.follow(e, partOf(rec))
				changes = append(changes, settings.Change{Key: entryPrefix + place(program, e.N), Value: encode(e)})
			}
		}
		h.Seq = max(h.Seq, through)
		return changes
	})
	return err
}

func entryOf(rec *engine.Record) Entry {
	by := rec.Event.By
	return Entry{At: rec.Event.Arrived.Time(), Action: by.Action, Key: by.Key, KeyName: by.Name, Actor: by.Actor, Request: by.Request, Seq: rec.Seq}
}

// partOf is what an entry is about, as its record tells it. What it tells is hashed: it never changes. Of a redacted record it is
// something that nobody can know.
func partOf(rec *engine.Record) *part {
	e := &rec.Event
	if e.Kind == event.Redacted || e.By.Salt == "" {
		return &part{Salt: newSalt()}
	}
	w := &What{Kind: "event", ID: e.ID, Member: e.Member}
	var data struct{ Reason, Reward string }
	_ = json.Unmarshal(e.Data, &data)
	w.Reason = data.Reason
	switch e.By.Action {
	case "codes.add": // no code is told
		w.Kind, w.ID = "reward", data.Reward
	case "card.rotate", "card.block", "card.issue": // nor a card's number
	default:
		if len(e.Data) > 0 && json.Valid(e.Data) {
			w.After = e.Data
		}
	}
	if rec.Outcome.Refusal != nil {
		w.Failed = rec.Outcome.Refusal.Code
	}
	return &part{Salt: e.By.Salt, What: w}
}

// Complete adds to an entry of an event what it was about, out of the journal. It stays without where the member was erased.
func (e *Entry) Complete(store engine.Store) error {
	if e.Seq == 0 {
		return nil
	}
	b, err := store.Record(e.Seq)
	if err != nil || b == nil {
		return err
	}
	rec, err := engine.DecodeRecord(b)
	if err != nil || !engine.IsAct(&rec.Event) {
		return err
	}
	if p := partOf(rec); p.What != nil {
		e.Salt, e.What = p.Salt, p.What
	}
	return nil
}

// VerifyWith is Verify of a chain together with the journal of its program: what its entries are about, and whether each call that changed a
// member has one.
func VerifyWith(s settings.Store, program string, store engine.Store, had string) (*Verified, error) {
	v := &Verifier{had: had}
	var found error
	err := Forward(s, program, func(e *Entry) bool {
		if found = e.Complete(store); found == nil {
			found = v.Next(e)
		}
		return found == nil
	})
	if err == nil {
		err = found
	}
	if err != nil {
		return nil, err
	}
	h, _, err := readHead(s, program)
	if err != nil {
		return nil, err
	}
	if err := v.End(Head{h.N, h.Hash}); err != nil {
		return nil, err
	}
	last, _ := store.Head()
	for at := uint64(0); at < min(last, h.Seq); {
		through, err := engine.Acts(store, at, piece, func(rec *engine.Record) bool {
			if rec.Seq <= h.Seq && !v.seqs[rec.Seq] {
				found = broken(v.Entries+1, "it is missing: event %d of the journal is %s by key %s, and no entry tells of it", rec.Seq, rec.Event.By.Action,
					rec.Event.By.Key)
			}
			return found == nil
		})
		if err != nil || found != nil || through == at {
			return &v.Verified, firstOf(err, found)
		}
		at = through
	}
	return &v.Verified, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/event"
)

// accepted reports whether an id is known.
func (p *Processor) accepted(id string) (bool, error) {
	if _, ok := p.recent[id]; ok {
		return true, nil
	}
	if at := p.reads.at(id); at >= 0 {
		return p.reads.Seqs[at] > 0, nil
	}
	seq, err := p.store.Seq(id)
	return seq > 0, err
}

// known finds the record of an event that was accepted before, nil when there is none.
func (p *Processor) known(id string) (*Record, error) {
	if a, ok := p.recent[id]; ok {
		return &Record{Semantics: semanticsNow, Seq: a.Outcome.Seq, Version: a.version, Present: a.present, Event: *a.Event, Outcome: *a.Outcome}, nil
	}
	if at := p.reads.at(id); at >= 0 && (p.reads.Seqs[at] == 0 || p.reads.Records[at] != nil) {
		if p.reads.Seqs[at] == 0 {
			return nil, nil
		}
		return DecodeRecord(p.reads.Records[at])
	}
	seq, err := p.store.Seq(id)
	if err != nil || seq == 0 {
		return nil, err
	}
	return recordAt(p.store, seq)
}

// duplicate answers an event whose id is known: the first outcome for the same body, a conflict for another one.
func (p *Processor) duplicate(rec *Record, e *event.Event) (*Outcome, *Refusal) {
	first, again := rec.Event, *e
	if isReversal(e.Type) || settles(e.Type) || e.Kind == event.Derived { // of which no sender names the member
		first.Member, again.Member = p.now(first.Member), p.now(again.Member)
	}
	if e.Type != commandErase && (ofAnother(&first, e) || !sameBody(p.versionByNumber(rec.Version), &first, &again)) {
		return nil, &Refusal{Code: CodeConflict, Message: "another event was accepted under this id",
			Errors: []event.FieldError{{Location: "id", Code: CodeConflict, Message: "its type, member, time or data differ",
				Suggestion: "send a new event under a new id"}}}
	}
	out := rec.Outcome
	out.Duplicate = true
	if makesClaim(e.Type) && out.Refusal == nil {
		p.claimNow(rec, &out, e.Arrived)
	}
	return &out, out.Refusal
}

// ofAnother reports whether an event was sent first by somebody else than the partner who sends it now, who is not told what came of it.
func ofAnother(first, again *event.Event) bool {
	return again.Kind == event.Sent && again.By != nil && (first.By == nil || first.By.Partner != again.By.Partner)
}

// sameBody compares what was sent, not how it was written: 10 equals 10.00, the order of keys does not count, and a time
// that the server filled in is no part of the body.
func sameBody(rules *Ruleset, a, b *event.Event) bool {
	if a.Type == commandCard && b.Type == commandCard {
		return sameCarding(a, b)
	}
	if a.Type != b.Type || a.Member != b.Member || a.Timed != b.Timed || a.Timed && a.Time != b.Time {
		return false
	}
	if string(a.Data) == string(b.Data) {
		return true
	}
	if rules == nil {
		return false
	}
	t := rules.EventType(a.Type)
	if t == nil {
		return false
	}
	x, errs := t.Schema.Decode(a.Data, "")
	if len(errs) > 0 {
		return false
	}
	y, errs := t.Schema.Decode(b.Data, "")
	if len(errs) > 0 {
		return false
	}
	for i := range x {
		if !x[i].Equal(y[i]) {
			return false
		}
	}
	return true
}

// repeated answers a reversal that was made before. Who repeats an amendment without a key, after others, is told that it is
// not the one in force.
func (p *Processor) repeated(rec *Record, e *event.Event) (*Outcome, *Refusal, error) {
	out, refusal := p.duplicate(rec, e)
	if refusal != nil || e.Type != commandAmend || e.Key != "" || rec.Outcome.Revision == nil {
		return out, refusal, nil
	}
	r := &reversal{target: &Record{Seq: rec.Outcome.Revision.Seq}}
	var err error
	if _, r.records, err = p.history(rec.Event.Member, rec.Outcome.Revision.Seq); err != nil {
		return nil, nil, err
	}
	list := r.revisions()
	list = slices.DeleteFunc(list, func(r *Record) bool { return r.Event.Type != commandAmend && r.Event.Type != commandVoid })
	switch last := list[len(list)-1]; {
	case last.Event.Type == commandVoid:
		out.Notes = append(slices.Clone(out.Notes), Note{Code: "not_in_force",
			Message: "this amendment was made before, and the event has been voided since: nothing was done"})
	case string(last.Event.Data) != string(rec.Event.Data):
		out.Notes = append(slices.Clone(out.Notes), Note{Code: "not_in_force",
			Message: "this amendment was made before, and is not the one in force: nothing was done. To make it again send it with a new Idempotency-Key"})
	}
	return out, nil, nil
}

package engine

import (
	"encoding/json"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// The state of a member that was merged into another says only into which: events of the old id load it as they load any member's, so
// that nobody else pays for the question. The survivor knows the ids of all that were merged into it.

// living is the member that an id leads to: its own, or the one that it was merged into in the end; nil for none.
func (s *Subjects) living(id string) *Member {
	m := s.Member(id)
	for m != nil && m.Into != "" {
		m = s.Member(m.Into)
	}
	return m
}

// nameNow is the id under which a member is known now.
func (s *Subjects) nameNow(id string) string {
	if m := s.see(id); m != nil && m.Into != "" {
		return s.merged(m).Member
	}
	return id
}

// merged refuses what is asked of a member that was merged into another, and says which one it is now.
func (s *Subjects) merged(m *Member) *Refusal {
	for m.Into != "" {
		next := s.see(m.Into)
		if next == nil {
			break
		}
		m = next
	}
	return &Refusal{Code: CodeMerged, Message: "this member has been merged into another: use that one's id", Member: m.ID}
}

// Merged is the id of the member that an id was merged into; "" for one that was not.
func (p *Processor) Merged(id string) string {
	if now := p.subjects.nameNow(id); now != id {
		return now
	}
	return ""
}

// redirect lets an event that Laurel itself has led to, and that was still on its way to a member that has been merged since, be the
// survivor's. Any other is refused (check).
func (p *Processor) redirect(e *event.Event) {
	if e.Kind == event.Derived {
		e.Member = p.now(e.Member)
	}
}

// now is the id under which a member of a record is known now.
func (p *Processor) now(member string) string { return p.subjects.nameNow(member) }

// ofNow is a record as its member's of now, who may have been another when it was accepted.
func (p *Processor) ofNow(rec *Record) *Record {
	if rec == nil {
		return nil
	}
	if now := p.now(rec.Event.Member); now != rec.Event.Member {
		rec.as(now)
	}
	return rec
}

// as makes a record that of the member that its own was merged into.
func (r *Record) as(member string) {
	if r.Event.Member != member {
		r.was, r.Event.Member = r.Event.Member, member
	}
}

// historyOfBoth is all that two members did, in order of acceptance, as that of the first.
func (p *Processor) historyOfBoth(survivor, other string) ([]*Record, error) {
	mine, err := p.recordsOf(survivor, 0)
	if err != nil {
		return nil, err
	}
	theirs, err := p.recordsOf(other, 0)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(mine, theirs)
	slices.SortStableFunc(all, func(a, b *Record) int { return int(a.Seq) - int(b.Seq) }) //nolint:gosec // seqs of one journal
	for _, rec := range all {
		rec.as(survivor)
	}
	renumber(all)
	return all, nil
}

// renumber lets what records say of lots of members that were merged name the rules of expiry as the survivor's account does: by what
// each merge since then has noted.
func renumber(records []*Record) {
	for _, rec := range records {
		m := rec.Outcome.Merge
		if m == nil || len(m.Idle) == 0 {
			continue
		}
		moved := map[string]bool{m.From: true}
		for _, earlier := range records { // who had been merged into the other before
			if of := earlier.Outcome.Merge; of != nil && earlier.Seq < rec.Seq && earlier.member() == m.From {
				moved[of.From] = true
			}
		}
		for _, of := range records {
			if of.Seq < rec.Seq && moved[of.member()] {
				of.renumber(m)
			}
		}
	}
}

// asThen is the record as it was accepted.
func (r *Record) asThen() *Record {
	if r.was == "" {
		return r
	}
	then := *r
	then.Event.Member, then.was = r.was, ""
	return &then
}

// member is the one that a record was accepted of.
func (r *Record) member() string {
	if r.was != "" {
		return r.was
	}
	return r.Event.Member
}

func (r *Record) renumber(m *Merge) {
	part := func(p *TakenPart) { p.Idle = m.renumber(p.Points, p.Idle) }
	if t := r.Outcome.Provenance; t != nil {
		copied := *t
		copied.Taken = slices.Clone(t.Taken)
		for i := range copied.Taken {
			part(&copied.Taken[i])
		}
		r.Outcome.Provenance = &copied
	}
	if rev := r.Outcome.Revision; rev != nil {
		copied := *rev
		copied.Returned = slices.Clone(rev.Returned)
		for i := range copied.Returned {
			part(&copied.Returned[i].TakenPart)
		}
		r.Outcome.Revision = &copied
	}
}

// adopt makes the index rows of what the other did the survivor's too, so that the histories of the survivor have both; and takes the
// other out of those that are due.
func (p *Processor) adopt(out *Outcome, e *event.Event) {
	other := out.Merge.From
	put := func(seq uint64, has []byte) { p.put(Row{Key: ledgerKey(e.Member, seq), Value: has}) }
	err := p.scan(ledgerRange(other), "", func(key string, has []byte) {
		if seq := seqOf(key); seq < out.Seq {
			put(seq, has)
		}
	})
	if err != nil {
		p.fail(err)
	}
	for _, a := range p.recent {
		if a.Event.Member == other {
			put(a.Outcome.Seq, hasEntries)
		}
	}
	err = p.scan(snapshotRange(e.Member), "", func(key string, _ []byte) {
		if seqOf(key) < out.Seq {
			p.put(Row{Key: key}) // they are of the survivor alone
		}
	})
	if err != nil {
		p.fail(err)
	}
	p.put(Row{Key: snapshotKey(e.Member, out.Seq), Value: encodeMember(p.apply.m)})
	p.moveCards(other, e.Member)
	if m := p.subjects.Member(other); m != nil && m.indexed != calendar.Forever {
		p.dues.move(other, m.indexed, calendar.Forever, out.Seq)
		m.indexed = calendar.Forever
	}
}

// eraseMerged takes all ids that were merged into a member with it. They stay blocked as the member's own does.
func (a *applier) eraseMerged(pseudonyms []string) {
	for i, id := range a.m.Merged {
		if m := a.subjects.Member(id); m != nil && i < len(pseudonyms) {
			a.subjects.erase(m, &Erased{ID: pseudonyms[i]}, a.seq)
		}
	}
}

// mergedFrom are the ids that a record of an erasure names the pseudonyms of.
func (p *Processor) forgetMerged(data *erasing, merged []string) {
	for i, as := range data.Merged {
		p.erased[as] = true
		if i < len(merged) {
			p.batch.Rows = append(p.batch.Rows, Row{Key: erasedRow(as), Value: []byte(merged[i])})
		}
	}
}

// mergedIn are the pseudonyms of those that were merged into a member, by the record of its erasure.
func mergedIn(rec *Record) []string {
	var data erasing
	_ = json.Unmarshal(rec.Event.Data, &data) // it was written here
	return data.Merged
}

// fromOf reads whom a merge is about.
func fromOf(e *event.Event) string {
	if e.Type != commandMerge {
		return ""
	}
	var data merging // on the heap, so not for events
	if json.Unmarshal(e.Data, &data) != nil {
		return ""
	}
	return data.From
}

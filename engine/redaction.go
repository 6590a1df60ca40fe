package engine

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/integer"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Redaction is what it takes to forget erased members in a store as well. It is found out by applying the journal again:
// the members' records are rewritten with nothing but their entries and Deltas of what they shared with others, so that
// whoever replays the journal arrives at the same states without knowing what they did.
type Redaction struct {
	Rewritten []Rewritten
	Rows      []Row              // index rows of the members, deleted, and their places in final tables, without a name
	Rankings  []leaderboards.Key // that the members had a score in: boards outside this process are to be rebuilt
}

// ErrStopped is the error of a redaction that was told not to go on.
var ErrStopped = errors.New("the redaction was stopped")

// ToRedact are the members that were erased and whose records are not known to be redacted, by id: their pseudonyms.
func ToRedact(store Store) (map[string]string, error) {
	members := map[string]string{}
	err := store.Scan(erasedRow(""), "", func(key string, value []byte) bool {
		members[string(value)] = strings.Clone(restOf(key, erasedRow("")))
		return true
	})
	return members, err
}

// Redacted is the row that says that a member is to be redacted no more.
func Redacted(pseudonym string) Row { return Row{Key: erasedRow(pseudonym)} }

// Redact finds out how to redact members that were erased, who are told by id with their pseudonyms. It reads the journal up
// to the last of the erasures and needs as much memory and time as Replay; states as after them must be in the store. proceed
// is asked now and then whether to go on.
func Redact(store Store, versions []Version, members map[string]string, proceed func() bool) (*Redaction, error) {
	r := &redactor{members: members, left: len(members)}
	r.p = newProcessor(nothing{}, versions, nil)
	r.p.subjects = NewSubjects(r.p.current(), func(string) []byte { return nil })
	var failed error
	err := store.Records(1, func(seq uint64, b []byte) bool {
		if seq%1024 == 0 && !proceed() {
			failed = ErrStopped
			return false
		}
		var rec *Record
		if rec, failed = DecodeRecord(b); failed == nil {
			failed = r.record(rec)
		}
		return failed == nil && r.left > 0
	})
	if err := errors.Join(err, failed); err != nil {
		return nil, err
	}
	return &r.found, r.rows(store)
}

// redactor applies the journal again.
type redactor struct {
	p       *Processor
	members map[string]string
	left    int // erasures to come
	found   Redaction
}

// record applies one record and rewrites it where an erased member had a part in it.
func (r *redactor) record(rec *Record) error {
	p := r.p
	as, own := r.members[rec.Event.Member]
	var keys []string
	involved := own
	if isRedacted(rec) {
		r.forgetImages(rec)
	} else {
		var err error
		if keys, involved, err = r.shared(rec, own); err != nil {
			return err
		}
	}
	before := make([][]byte, len(keys))
	for i, key := range keys {
		before[i] = p.subjects.shared(key)
	}
	if err := p.reapply(rec); err != nil {
		return err
	}
	if involved {
		deltas := make([]Delta, len(keys))
		for i, key := range keys {
			deltas[i] = deltaOf(key, before[i], p.subjects.shared(key))
		}
		r.rewrite(rec, as, deltas)
	}
	p.batch.Rows = p.batch.Rows[:0]
	clear(p.pending)
	clear(p.scores)
	clear(p.dues)
	return nil
}

// shared finds which shared subjects a record changes, and whether an erased member has a part in it: it is theirs, or looks
// at their state. For a record that is neither it need not be found out.
func (r *redactor) shared(rec *Record, own bool) (keys []string, involved bool, err error) {
	present, asOf, e, err := r.p.read(rec)
	if err != nil || !own && (!asOf.transfers() || !r.names(rec)) {
		return nil, false, err
	}
	scratch := NewSubjects(r.p.current(), func(key string) []byte {
		state := r.p.subjects.state(key)
		if state != nil && r.erases(key) && key != subjectKey(memberPrefix, rec.Event.Member) {
			involved = true
		}
		return state
	})
	a := newApplier(&recovered{out: &rec.Outcome})
	a.run(present, asOf, scratch, &e, rec.Seq, nil)
	if involved = involved || own; !involved {
		return nil, false, nil
	}
	keys = scratch.touched(rec.Event.Member)
	for i := range rec.Outcome.Deltas { // of another member's erasure
		keys = append(keys, rec.Outcome.Deltas[i].Key)
	}
	keys = slices.DeleteFunc(keys, r.erases)
	slices.Sort(keys)
	return slices.Compact(keys), true, nil
}

// names reports whether an event may give to an erased member, or take from one: its data names it, or the profile of its
// member does.
func (r *redactor) names(rec *Record) bool {
	data := rec.Event.Data
	m := r.p.subjects.Member(rec.Event.Member)
	for id := range r.members {
		if mayMention(data, id) || m != nil && slices.ContainsFunc(m.Profile, func(v event.Value) bool { return v.Text() == id }) {
			return true
		}
	}
	return false
}

// erases reports whether a subject is a member that is redacted now.
func (r *redactor) erases(key string) bool {
	kind, id := subjectOf(key)
	return kind == memberPrefix && r.members[id] != ""
}

// forgetImages drops, from what is left of a member erased before, what it did to one that is redacted now.
func (r *redactor) forgetImages(rec *Record) {
	o := rec.Outcome // the record itself is still to be applied
	o.Deltas = slices.DeleteFunc(slices.Clone(o.Deltas), func(i Delta) bool { return r.erases(i.Key) })
	if len(o.Deltas) < len(rec.Outcome.Deltas) {
		record := encodeRecord(rec.Semantics, rec.Version, rec.Present, &rec.Event, &o)
		r.found.Rewritten = append(r.found.Rewritten, Rewritten{Seq: rec.Seq, Record: record, Was: o.ID, ID: o.ID})
	}
}

// transfers reports whether rules give to, or take from, other members.
func (r *Ruleset) transfers() bool {
	return slices.ContainsFunc(r.Rules, func(rule *Rule) bool { return rule.To != nil || rule.From != nil })
}

// rewrite writes a record again. Of a member's own only what is nobody's secret is left; of one of another member, who gave to
// an erased one or took from it, all of it: the deltas stand for what cannot be decided again.
func (r *redactor) rewrite(rec *Record, as string, deltas []Delta) {
	was, id := rec.Event.ID, rec.Event.ID
	if as == "" {
		rec.Outcome.Deltas = deltas
	} else {
		if mentions(id, rec.Event.Member) {
			id = erasedNames + "event/" + strconv.FormatUint(rec.Seq, 10)
		}
		r.forgetClaim(rec)
		if rec.Event.Type == commandErase {
			r.left -= 1 + len(mergedIn(rec))
		}
		rec = anonymous(rec, id, as, deltas)
	}
	record := encodeRecord(rec.Semantics, rec.Version, rec.Present, &rec.Event, &rec.Outcome)
	r.found.Rewritten = append(r.found.Rewritten, Rewritten{Seq: rec.Seq, Record: record, Was: was, ID: id})
}

// anonymous is what is left of an erased member's record.
func anonymous(rec *Record, id, as string, deltas []Delta) *Record {
	e, o := &rec.Event, &rec.Outcome
	left := &Record{Semantics: rec.Semantics, Seq: rec.Seq, Version: rec.Version, Present: rec.Present,
		Event: event.Event{ID: id, Kind: event.Redacted, Type: e.Type, Member: as, Time: e.Time, Arrived: e.Arrived, Timed: e.Timed, Past: e.Past, Depth: e.Depth},
		Outcome: Outcome{ID: id, Seq: rec.Seq, Ruleset: o.Ruleset, Entries: slices.Clone(o.Entries), Deltas: deltas, By: o.By.Redacted(),
			Scores: slices.DeleteFunc(slices.Clone(o.Scores), func(s ScoreChange) bool {
				return s.Score.Member == e.Member || o.Merge != nil && s.Score.Member == o.Merge.From
			})}}
	for i := range left.Outcome.Entries {
		if entry := &left.Outcome.Entries[i]; entry.Source.Section == AdjustmentSection {
			entry.Source.ID = "" // the reason is free text
		}
	}
	if e.Type == commandErase {
		left.Outcome.Effects = o.Effects
	}
	return left
}

// forgetClaim deletes a claim that is kept on its own, and whose the codes were that the record tells.
func (r *redactor) forgetClaim(rec *Record) {
	for i := range rec.Outcome.Effects {
		if e := &rec.Outcome.Effects[i]; e.Code != "" {
			r.found.Rows = append(r.found.Rows, Row{Key: codeKey(e.Code, e.ID)})
		}
	}
	if makesClaim(rec.Event.Type) {
		r.found.Rows = append(r.found.Rows, Row{Key: subjectRow(claimPrefix, rec.Event.Key)})
	}
}

// rows finds the index rows of the members.
func (r *redactor) rows(store Store) error {
	gone := func(key string) { r.found.Rows = append(r.found.Rows, Row{Key: strings.Clone(key)}) }
	last := func(key string) bool { return r.members[lastPart(key)] != "" }
	var errs []error
	scan := func(prefix string, yield func(key string, value []byte)) {
		errs = append(errs, store.Scan(prefix, "", func(key string, value []byte) bool {
			yield(key, value)
			return true
		}))
	}
	for id := range r.members {
		scan(ledgerRange(id), func(key string, _ []byte) { gone(key) })
		scan(snapshotRange(id), func(key string, _ []byte) { gone(key) })
	}
	scan(sharePrefix, func(key string, _ []byte) {
		if last(key) {
			gone(key)
		}
	})
	scan(boardPrefix, func(key string, value []byte) {
		if !last(key) {
			return
		}
		if ranking := decodeScore(value).Key; r.ranksMembers(ranking) {
			gone(key)
			r.found.Rankings = append(r.found.Rankings, ranking)
		}
	})
	errs = append(errs, r.places(store))
	scan(outboxScores, func(key string, value []byte) {
		if s := decodeScore(value); r.members[s.Score.Member] != "" && r.ranksMembers(s.Key) {
			gone(key)
		}
	})
	return errors.Join(errs...)
}

// places takes the members' names out of the tables of closed seasons, which keep their places.
func (r *redactor) places(store Store) error {
	var errs []error
	errs = append(errs, store.Scan(tablePrefix, "", func(key string, _ []byte) bool {
		table := tableOf(key)
		if !r.ranksMembers(table) {
			return true
		}
		for id := range r.members {
			errs = append(errs, r.place(store, table, id))
		}
		return true
	}))
	return errors.Join(errs...)
}

func (r *redactor) place(store Store, table leaderboards.Key, member string) error {
	ranked := rankedKey(table, member)
	at, err := store.Get(ranked)
	if err != nil || at == nil {
		return err
	}
	key := placeKey(table, integer.Signed(sequence(string(at))))
	value, err := store.Get(key)
	if err == nil && value != nil {
		r.found.Rows = append(r.found.Rows, Row{Key: ranked}, anonymousRow(key, value))
	}
	return err
}

// ranksMembers reports whether a ranking is of a board that ranks members, not groups.
func (r *redactor) ranksMembers(ranking leaderboards.Key) bool {
	b := r.p.current().Leaderboard(BoardID(ranking))
	return b == nil || b.Counter.By == ByMember
}

// nothing is a store in which nothing is.
type nothing struct{ Store }

func (nothing) Get(string) ([]byte, error) { return nil, nil }

func (nothing) Scan(string, string, func(string, []byte) bool) error { return nil }

func (nothing) ScanBack(string, string, func(string, []byte) bool) error { return nil }

// isRedacted reports whether a record is what was left of an erased member's.
func isRedacted(rec *Record) bool { return rec.Event.Kind == event.Redacted }

// redacted applies what was left of an erased member's record.
func (p *Processor) redacted(rec *Record) {
	p.last = rec.Seq
	p.noteAccepted(&rec.Event)
	for _, delta := range p.after(rec) {
		p.subjects.install(delta.Key, delta.Value, rec.Seq)
	}
	if rules := p.versionByNumber(rec.Present); rules != nil {
		for i := range rec.Outcome.Scores {
			rec.Outcome.Scores[i].Key.Program = rules.Program
		}
	}
	p.tell(&rec.Outcome)
	if rec.Event.Type == commandErase {
		p.erased[rec.Event.Member] = true
		for i := range rec.Outcome.Deltas {
			if kind, id := subjectOf(rec.Outcome.Deltas[i].Key); kind == erasedPrefix {
				p.erased[id] = true // one that was merged into the member
			}
		}
	}
}

// after are the states that the deltas of a record tell, given the present ones.
func (p *Processor) after(rec *Record) []Row {
	rows := make([]Row, 0, len(rec.Outcome.Deltas))
	for i := range rec.Outcome.Deltas {
		delta := &rec.Outcome.Deltas[i]
		before := p.subjects.shared(delta.Key)
		switch {
		case p.differing.drifted(): // it is not of this state
		case !delta.follows(before):
			panic("engine: a redacted record does not follow the state of " + delta.Key)
		default:
			rows = append(rows, Row{Key: delta.Key, Value: delta.of(before)})
		}
	}
	return rows
}

// Rewrite puts records that were rewritten into the next batch.
func (p *Processor) Rewrite(records []Rewritten) {
	p.batch.Rewritten = append(p.batch.Rewritten, records...)
}

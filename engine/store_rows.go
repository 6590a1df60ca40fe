package engine

import (
	"errors"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/integer"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Values of ledger rows.
var noEntries, hasEntries = []byte{0}, []byte{1}

// scoreID names one score of one ranking.
type scoreID struct {
	key    leaderboards.Key
	member string
}

// noteAccepted lets the acceptance clock go on to an event that is accepted. Imported ones do not move it.
func (p *Processor) noteAccepted(e *event.Event) {
	if e.Past {
		return
	}
	p.arrived = max(p.arrived, e.Arrived)
	if p.opened == 0 && e.Type != commandTime { // a tick after an import is none of the members' doing
		p.opened = e.Arrived
	}
}

// Clock is when the last event was accepted and when the first one was, imported ones aside; 0 before the first.
func (p *Processor) Clock() (last, first calendar.Instant) { return p.arrived, p.opened }

// LastAccepted is when the last event in a store was accepted, imported ones aside; 0 before the first. It is for those who ask
// before they make a processor.
func LastAccepted(store Store) (at calendar.Instant, err error) {
	value, err := store.Get(arrivedRow)
	if err != nil {
		return 0, err
	}
	at = calendar.Instant(integer.Signed(sequence(string(value))))
	_, mark := store.Head()
	var failed error
	err = store.Records(max(mark, 1), func(_ uint64, b []byte) bool {
		var rec *Record
		if rec, failed = DecodeRecord(b); failed == nil && !rec.Event.Past {
			at = max(at, rec.Event.Arrived)
		}
		return failed == nil
	})
	return at, errors.Join(err, failed)
}

// rows adds the index rows that follow from an outcome.
func (p *Processor) rows(out *Outcome, e *event.Event) {
	if e.Member == "" {
		p.called(out)
		return
	}
	b := p.batch
	has := noEntries
	if len(out.Entries) > 0 {
		has = hasEntries
	}
	b.Rows = append(b.Rows, Row{Key: ledgerKey(e.Member, out.Seq), Value: has})
	p.tell(out)
	for i, f := range out.Fanouts {
		b.Rows = append(b.Rows, Row{Key: outboxKey(outboxGifts, out.Seq, i), Value: encodeFanout(f)})
	}
	p.codeRows(out, e.Member)
	p.cardRows(out, e)
	for _, s := range out.shares {
		p.put(Row{Key: shareKey(s), Value: p.shareRow(s, out.Seq)})
	}
	if e.Type == commandErase {
		p.forget(e, p.apply.m)
	}
	m := p.subjects.Member(e.Member)
	if m == nil {
		return
	}
	if out.Merge != nil {
		p.adopt(out, e)
	} else if m.Events%SnapshotEvery == 0 || out.Revision != nil {
		p.snapshots(m, out)
	}
	if m.Due != m.indexed {
		p.dues.move(m.ID, m.indexed, m.Due, out.Seq)
		m.indexed = m.Due
	}
}

// called keeps what calls opened where those find it who look back without the states at hand.
func (p *Processor) called(out *Outcome) {
	for i := range out.Effects {
		if e := &out.Effects[i]; e.Kind == PromotionEffect {
			p.put(Row{Key: calledRow(e.ID), Value: encodeOpenings(p.subjects.Openings(e.ID))})
		}
	}
}

// calls loads of all subjects only when calls opened promotions: members who are looked at as they were are built from their
// events, but calls are nobody's.
func calls(store Store, failed *error) func(key string) []byte {
	return func(key string) []byte {
		kind, promotion := subjectOf(key)
		if kind != openingsPrefix {
			return nil
		}
		value, err := store.Get(calledRow(promotion))
		*failed = errors.Join(*failed, err)
		return value
	}
}

// tell remembers scores for the next checkpoint, and for boards outside this process.
func (p *Processor) tell(out *Outcome) {
	for i := range out.Scores {
		s := &out.Scores[i]
		p.scores[scoreID{s.Key, s.Score.Member}] = *s
		if p.ranks == nil {
			p.batch.Rows = append(p.batch.Rows, Row{Key: outboxKey(outboxScores, out.Seq, i), Value: encodeScore(s)})
		}
	}
}

// shareRow is the value of a share's row: the event that brought the first of it, the reversal that took the last of it back, the
// one that brought some again, and so on. What is there already is not brought again by who looks at it again.
func (p *Processor) shareRow(s share, seq uint64) []byte {
	was, err := p.row(shareKey(s))
	if err != nil {
		p.fail(err)
	}
	there := len(was)/8%2 == 1
	if there != s.gone {
		return was
	}
	return append(slices.Clone(was), ordered(seq)...)
}

func encodeFanout(f Fanout) []byte {
	var w writer
	w.uint(stateFormat)
	w.fanout(&f)
	return w.B
}

func encodeScore(s *ScoreChange) []byte {
	var w writer
	w.storedScore(s)
	return w.B
}

// storedScore is the row of a score.
func (w *writer) storedScore(s *ScoreChange) {
	w.uint(stateFormat)
	w.score(s)
}

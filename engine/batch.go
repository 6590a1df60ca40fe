package engine

import (
	"bytes"
	"slices"

	"github.com/laurel-engine/laurel/engine/event"
)

// Batch is what is committed at once.
type Batch struct {
	First   uint64 // seq of the first record
	Records [][]byte
	// Accepted is what the records tell of, for those who follow what is accepted and need not decode them. Nothing of it changes
	// once the batch is complete, and it may be kept.
	Accepted []Accepted
	IDs      []string // of the records' events, for Seq
	Rows     []Row    // index rows; a nil value deletes
	// Kept is set where nothing would bring the rows back: they are as durable as records when Commit returns.
	Kept bool
	// States are changed subjects, with Mark: all subjects as after that record. Empty without a checkpoint.
	States []Row
	Mark   uint64
	// Rewritten are records that replace those of their seq, durably and all together; what was written before is durable
	// first.
	Rewritten []Rewritten
	// through is the last event that the rows are of.
	through uint64

	// What Complete has left to do: records of accepted events, ranks on the boards at hand, and with a checkpoint the states of
	// members, scores, and when members are due.
	ranks   Ranks
	members []*Member
	packed  [][]byte // the states of members, once they are written
	gone    []string // members who were erased
	scores  map[scoreID]ScoreChange
	dues    dueMoves
}

// Accepted is an event that was accepted, with what came of it.
type Accepted struct {
	Event   *event.Event
	Outcome *Outcome
	// version decided it, by its time, present was in force.
	version, present int
}

// Present is the number of the version that was in force when the event was accepted, as Record.Present is.
func (a Accepted) Present() int { return a.present }

// record moves the scores and writes the records of the accepted events that have none yet. pause is called after each.
func (b *Batch) record(pause func()) {
	todo := b.Accepted[len(b.Records):]
	b.Records = slices.Grow(b.Records, len(todo))
	var w writer
	for i, d := range todo {
		if b.ranks != nil {
			d.Outcome.moveScores(b.ranks)
		}
		if cap(w.B)-len(w.B) < recordSize { // some records are kept and let go together
			w.B = make([]byte, 0, min(len(todo)-i, recordsAtOnce)*recordSize)
		}
		begin := len(w.B)
		w.record(semanticsNow, d.version, d.present, d.Event, d.Outcome)
		b.Records = append(b.Records, w.B[begin:len(w.B):len(w.B)])
		pause()
	}
}

// recordSize is what most journal records need.
const recordSize = 768

// recordsAtOnce is for how many records room is made.
const recordsAtOnce = 32

// Complete does what need not hold up the next decision: it moves scores on the boards at hand, which tells the outcomes their
// ranks, and writes records and states. It is called once, before the batch is committed, and changes nothing that a processor
// reads meanwhile.
func (b *Batch) Complete() { b.CompleteSlowly(func() {}) }

// CompleteSlowly is Complete that calls pause after each record and state, so that others can have the processor.
func (b *Batch) CompleteSlowly(pause func()) {
	b.record(pause)
	var scratch codec
	for _, m := range b.members {
		scratch.B = scratch.B[:0]
		scratch.member(m)
		state := bytes.Clone(scratch.B)
		b.packed = append(b.packed, state)
		b.States = append(b.States, Row{Key: subjectRow(memberPrefix, m.ID), Value: state})
		pause()
	}
	w := writer{scratch}
	w.B = nil
	for _, s := range b.scores { // their rows are let go together
		begin := len(w.B)
		w.storedScore(&s)
		b.States = append(b.States, Row{Key: scoreKey(&s), Value: w.B[begin:len(w.B):len(w.B)]})
	}
	b.States = b.dues.rows(b.States)
}

// Empty reports whether there is nothing to commit.
func (b *Batch) Empty() bool {
	return len(b.IDs) == 0 && len(b.Rows) == 0 && len(b.States) == 0 && len(b.members) == 0 && len(b.Rewritten) == 0
}

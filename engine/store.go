package engine

import (
	"bytes"
	"errors"
	"slices"
)

// Store keeps the facts of one program. Every implementation passes enginetest.Conformance.
//
// Get, Seq and Record see what the last Commit that returned has written. Commit is called by one goroutine at a time;
// reads may come from any.
type Store interface {
	// Get is the value of a row, nil when there is none. A store that cannot read or finds damage returns an error, after
	// which the program must not acknowledge anything.
	Get(key string) ([]byte, error)
	// Scan calls yield for the rows whose keys start with prefix and come after the given key ("" for all), in byte order,
	// until yield returns false. Keys and values are valid during the call only.
	Scan(prefix, after string, yield func(key string, value []byte) bool) error
	// ScanBack is Scan from the end: rows that come before the given key ("" for all), the last one first.
	ScanBack(prefix, before string, yield func(key string, value []byte) bool) error
	// Seq is the sequence number of a known event id, 0 for an unknown one.
	Seq(id string) (uint64, error)
	// Record is the journal record with a sequence number, nil when there is none.
	Record(seq uint64) ([]byte, error)
	// Records calls yield for the journal from a sequence number on, in order, until yield returns false.
	Records(from uint64, yield func(seq uint64, record []byte) bool) error
	// Commit makes a batch durable: when it returns nil, the records survive the loss of power. Rows and states may be
	// lost with what follows Mark, unless they are to be kept; the journal's tail brings them back. After an error nothing more
	// may be committed.
	Commit(b *Batch) error
	// Head is the last sequence number in the journal, and the mark up to which states are written.
	Head() (last, mark uint64)
}

// ErrDamaged is the error of a record that a store has and that is not what was written. Only what needs that record fails by it.
var ErrDamaged = errors.New("a record of the journal is damaged")

// Batch is what is committed at once.
type Batch struct {
	First   uint64 // seq of the first record
	Records [][]byte
	IDs     []string // of the records' events, for Seq
	Rows    []Row    // index rows; a nil value deletes
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

	// What Complete has left to do: records of decided events, ranks on the boards at hand, and with a checkpoint the states of
	// members, scores, and when members are due.
	decided []accepted
	ranks   Ranks
	members []*Member
	packed  [][]byte // the states of members, once they are written
	gone    []string // members who were erased
	scores  map[scoreID]ScoreChange
	dues    dueMoves
}

// record moves the scores and writes the records of the decided events that have none yet.
func (b *Batch) record() {
	b.Records = slices.Grow(b.Records, len(b.decided)-len(b.Records))
	for _, d := range b.decided[len(b.Records):] {
		if b.ranks != nil {
			d.outcome.moveScores(b.ranks)
		}
		b.Records = append(b.Records, encodeRecord(make([]byte, 0, recordSize), semanticsNow, d.version, d.present, d.event, d.outcome))
	}
}

// recordSize is what most journal records need.
const recordSize = 768

// Complete does what need not hold up the next decision: it moves scores on the boards at hand, which tells the outcomes their
// ranks, and writes records and states. It is called once, before the batch is committed, and changes nothing that a processor
// reads meanwhile.
func (b *Batch) Complete() {
	b.record()
	var scratch codec
	for _, m := range b.members {
		scratch.B = scratch.B[:0]
		scratch.member(m)
		state := bytes.Clone(scratch.B)
		b.packed = append(b.packed, state)
		b.States = append(b.States, Row{Key: subjectRow(memberPrefix, m.ID), Value: state})
	}
	w := writer{scratch}
	for _, s := range b.scores {
		w.B = w.B[:0]
		w.storedScore(&s)
		b.States = append(b.States, Row{Key: scoreKey(&s), Value: bytes.Clone(w.B)})
	}
	b.States = b.dues.rows(b.States)
}

// Empty reports whether there is nothing to commit.
func (b *Batch) Empty() bool {
	return len(b.IDs) == 0 && len(b.Rows) == 0 && len(b.States) == 0 && len(b.members) == 0 && len(b.Rewritten) == 0
}

// Rewritten is a record of the journal that was rewritten.
type Rewritten struct {
	Seq    uint64
	Record []byte
	// Was is the id under which the event was known, ID the one that leads to it from now on.
	Was, ID string
}

// Row is a key and its value.
type Row struct {
	Key   string
	Value []byte
}

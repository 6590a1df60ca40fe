package engine

import (
	"errors"
	"fmt"
	"slices"
)

// Semantics is the number of the rules by which this build decides. It is raised by hand with each correction that changes what an
// event comes to, and with nothing else; semantics has a line for each.
//
// A decision stands as it was taken: histories, explanations, erasures and a start take recorded decisions of older numbers as they
// are. Only the tail of the journal that a start applies again must be of this number, or the states that it makes would not be
// those that the answers told of; a server that was stopped cleanly has no tail.
const Semantics = 1

// semantics says what each number changed, and the first version of Laurel that has it.
var semantics = map[int]struct{ Since, Change string }{
	1: {"0.1.0", "the first one"},
}

// semanticsNow is Semantics but in tests of what another build would do.
var semanticsNow = Semantics

// ErrSemantics is the error of a start on a journal whose end another build decided.
var ErrSemantics = errors.New("another version of Laurel decided the end of this journal")

// decidedHere is an error for a record in the tail of a journal that was decided by other rules than this build's. What is left of an erased
// member's is not decided again: it says itself what it changed.
func decidedHere(rec *Record) error {
	if rec.Semantics == semanticsNow || isRedacted(rec) {
		return nil
	}
	by := "a newer version of Laurel"
	if s, known := semantics[rec.Semantics]; known {
		by = "version " + s.Since + " of Laurel"
	}
	return fmt.Errorf("%w: record %d was decided by semantics %d, and this build decides by %d; start %s (or a later one with the same semantics) "+
		"on this directory, stop it with SIGTERM, which leaves no such end, and start this build again", ErrSemantics, rec.Seq, rec.Semantics, semanticsNow, by)
}

// SemanticsDiffer counts the records of a number of the semantics that come out otherwise now than they were decided.
type SemanticsDiffer struct {
	Semantics int    `json:"semantics"`
	Since     string `json:"since,omitempty"` // the first version of Laurel that decided by it
	Records   uint64 `json:"records"`         // of this number, in all
	Differ    uint64 `json:"differ"`          // of them
	First     uint64 `json:"first,omitempty"` // the first that differs
}

// differing counts by the number of the semantics.
type differing []SemanticsDiffer

// drifted reports whether a record of another number has come out otherwise: from then on states are not those that decided.
func (d differing) drifted() bool {
	return slices.ContainsFunc(d, func(s SemanticsDiffer) bool { return s.Semantics != semanticsNow && s.Differ > 0 })
}

// see counts a record, and whether it comes out otherwise.
func (d *differing) see(rec *Record, differs bool) {
	i := 0
	for i < len(*d) && (*d)[i].Semantics != rec.Semantics {
		i++
	}
	if i == len(*d) {
		*d = append(*d, SemanticsDiffer{Semantics: rec.Semantics, Since: semantics[rec.Semantics].Since})
	}
	s := &(*d)[i]
	s.Records++
	if differs {
		if s.Differ++; s.First == 0 {
			s.First = rec.Seq
		}
	}
}

package audit

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"github.com/laurel-engine/laurel/internal/settings"
)

// Verified is what was found of a chain that stands.
type Verified struct {
	Entries uint64 `json:"entries"`
	Erased  int    `json:"erased"` // of which what they were about is erased
	Hash    string `json:"hash"`   // of the last one
}

// BrokenError says where a chain is broken.
type BrokenError struct {
	Entry  uint64 // the number of the entry
	Reason string
}

// Error makes it an error.
func (e *BrokenError) Error() string { return fmt.Sprintf("entry %d: %s", e.Entry, e.Reason) }

func broken(n uint64, reason string, args ...any) error {
	return &BrokenError{n, fmt.Sprintf(reason, args...)}
}

// Verifier looks at the entries of a chain one by one, the oldest first.
type Verifier struct {
	Verified
	seqs map[uint64]bool
	had  string // the hash of an entry that has to be there, "" for none
}

// Next looks at the next entry.
func (v *Verifier) Next(e *Entry) error {
	next := v.Entries + 1
	switch {
	case e.N > next:
		return broken(next, "it is missing: entry %d comes after entry %d", e.N, v.Entries)
	case e.N < next:
		return broken(e.N, "it is out of order: entry %d is expected here", next)
	case e.Before != v.Hash:
		return broken(e.N, "it does not follow the entry before it, which was edited or replaced")
	case e.sum() != e.Hash:
		return broken(e.N, "it was edited: its hash is of another text")
	case e.What == nil && e.Seq == 0:
		return broken(e.N, "what it was about is missing, and that names no member whom an erasure could have taken away")
	case e.What != nil && seal(e.Salt, e.What) != e.Sealed:
		return broken(e.N, "what it was about was edited")
	}
	if e.What == nil {
		v.Erased++
	}
	if e.Seq > 0 {
		if v.seqs == nil {
			v.seqs = map[uint64]bool{}
		}
		v.seqs[e.Seq] = true
	}
	if v.Entries, v.Hash = e.N, e.Hash; v.had == e.Hash {
		v.had = ""
	}
	return nil
}

// End compares what was looked at with where the chain ends.
func (v *Verifier) End(h Head) error {
	switch {
	case v.Entries < h.N:
		return broken(v.Entries+1, "it is missing, and so is all up to entry %d, which is the last", h.N)
	case v.Entries > h.N:
		return broken(h.N+1, "the chain ends at entry %d", h.N)
	case v.had != "":
		return broken(v.Entries, "no entry has the hash %s: the log was written anew, or cut off before it", v.had)
	case v.Hash != h.Hash:
		return broken(v.Entries, "it is not the one that the chain ends with")
	}
	return nil
}

// line is one of a file: an entry, or the end.
type line struct {
	Entry
	Head *Head `json:"head,omitempty"`
}

// VerifyLines looks at a chain in a file, as GET /v1/admin/audit?format=ndjson writes it. The last line is where it ends.
func VerifyLines(r io.Reader, had string) (*Verified, error) {
	v := &Verifier{had: had}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var l line
		if err := decode(lines.Bytes(), &l); err != nil {
			return nil, broken(v.Entries+1, "its line cannot be read: %v", err)
		}
		if l.Head == nil && !bytes.Equal(encode(l.Entry), lines.Bytes()) {
			return nil, broken(v.Entries+1, "its line is not as it was written: a field stands in it twice, or is written differently")
		}
		if l.Head != nil {
			if another(lines) {
				return nil, broken(l.Head.N+1, "it comes behind the line that says where the chain ends")
			}
			if err := v.End(*l.Head); err != nil {
				return nil, err
			}
			return &v.Verified, lines.Err()
		}
		if err := v.Next(&l.Entry); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return nil, broken(v.Entries+1, "the file ends without the line that says where the chain ends: something is missing")
}

// another reports whether a line with anything in it follows.
func another(lines *bufio.Scanner) bool {
	for lines.Scan() {
		if len(lines.Bytes()) > 0 {
			return true
		}
	}
	return false
}

// maxLine bounds a line of a file.
const maxLine = 1 << 20

// Verify looks at the chain of the server where it is kept.
func Verify(s settings.Store, program, had string) (*Verified, error) {
	v := &Verifier{had: had}
	var found error
	if err := Forward(s, program, func(e *Entry) bool { found = v.Next(e); return found == nil }); err != nil {
		return nil, err
	}
	if found != nil {
		return nil, found
	}
	h, err := End(s, program)
	if err != nil {
		return nil, err
	}
	return &v.Verified, v.End(h)
}

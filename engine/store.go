package engine

import "errors"

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
	// lost with what follows Mark, unless they are to be kept; the journal's tail brings them back. A store that loses its
	// connection finds out by itself what became of the batch, and goes on: an error is for good, and after it nothing more may be
	// committed. The batch's records, and values of its rows, may be kept.
	Commit(b *Batch) error
	// Head is the last sequence number in the journal, and the mark up to which states are written.
	Head() (last, mark uint64)
}

// ErrFenced is the error of Commit, and of Load, where another process has taken the program over: nothing of the batch was written,
// and nothing will be. Whoever has the program here lets it go; what was committed can still be read.
var ErrFenced = errors.New("another process has taken the program over")

// ErrDamaged is the error of a record that a store has and that is not what was written. Only what needs that record fails by it.
var ErrDamaged = errors.New("a record of the journal is damaged")

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

package engine

import "github.com/laurel-engine/laurel/engine/event"

// IsAct reports whether an event is what a call of an administrator did.
func IsAct(e *event.Event) bool { return e.By != nil && e.By.Action != "" }

// Acts calls yield for the records after one that are what calls of administrators did, in their order, until it returns false or most
// records were looked at, of which the others are not read. It returns the last one that was looked at.
func Acts(store Store, after uint64, most int, yield func(*Record) bool) (through uint64, err error) {
	through = after
	var failed error
	err = store.Records(after+1, func(seq uint64, b []byte) bool {
		if mayAct(b) {
			var rec *Record
			if rec, failed = DecodeRecord(b); failed != nil || IsAct(&rec.Event) && !yield(rec) {
				return false
			}
		}
		through = seq
		most--
		return most > 0
	})
	if err == nil {
		err = failed
	}
	return through, err
}

// mayAct reports whether a record is of a command, or of what an erasure has left of something, without reading it to its end.
func mayAct(record []byte) bool {
	r := newReader(record)
	if r.uint() != recordFormat {
		return true // and cannot be read
	}
	kind := r.uint() / markKind
	return kind == uint64(event.Command) || kind == uint64(event.Redacted)
}

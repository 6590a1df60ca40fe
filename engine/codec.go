package engine

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/integer"
)

// States and journal records are written as a format number and then their fields in order, numbers as varints and texts
// with their length. Fields are only ever added at the end of a format, or the number is raised.

var errShort = errors.New("the record ends too early")

// writer appends fields.
type writer struct{ b []byte }

func (w *writer) uint(n uint64)                { w.b = binary.AppendUvarint(w.b, n) }
func (w *writer) int(n int64)                  { w.b = binary.AppendVarint(w.b, n) }
func (w *writer) len(n int)                    { w.uint(integer.Exact[uint64](n)) }
func (w *writer) num(d decimal.Decimal)        { w.int(int64(d)) }
func (w *writer) at(i calendar.Instant)        { w.int(int64(i)) }
func (w *writer) key(k calendar.Key)           { w.int(int64(k)) }
func (w *writer) text(s string)                { w.len(len(s)); w.b = append(w.b, s...) }
func (w *writer) bytes(p []byte)               { w.len(len(p)); w.b = append(w.b, p...) }
func (w *writer) flag(f bool)                  { w.b = append(w.b, map[bool]byte{true: 1}[f]) }
func (w *writer) duration(d calendar.Duration) { w.uint(uint64(d.Unit)); w.int(int64(d.N)) }

// reader reads the same fields; the first error stays and everything after it is zero.
type reader struct {
	b   []byte
	err error
	// names are the ruleset's own, so that a state read back shares their memory.
	names map[string]string
}

func (r *reader) uint() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.short()
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) int() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.short()
		return 0
	}
	r.b = r.b[size:]
	return n
}

// fixed reads eight bytes.
func (r *reader) fixed() uint64 {
	if len(r.b) < 8 {
		r.short()
		return 0
	}
	n := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return n
}

func (r *reader) short() { r.err, r.b = errShort, nil }

// len reads a count of things of at least one byte each, so that a damaged record cannot ask for the whole memory.
func (r *reader) len() int {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.short()
		return 0
	}
	return integer.Exact[int](n)
}

// small reads one of a few; a number that is none of them is damage.
func small[T ~uint8](r *reader) T {
	n := r.uint()
	if n > math.MaxUint8 {
		r.short()
		return 0
	}
	return T(n)
}

func (r *reader) num() decimal.Decimal { return decimal.Decimal(r.int()) }
func (r *reader) at() calendar.Instant { return calendar.Instant(r.int()) }
func (r *reader) key() calendar.Key    { return calendar.Key(r.int()) }
func (r *reader) text() string         { return string(r.bytes()) }

// name reads a text that is probably a name of the ruleset.
func (r *reader) name() string {
	b := r.bytes()
	if name, known := r.names[string(b)]; known {
		return name
	}
	return string(b)
}

// bytes reads bytes that stay part of the source.
func (r *reader) bytes() []byte {
	n := r.len()
	p := r.b[:n]
	r.b = r.b[n:]
	return p
}

func (r *reader) flag() bool {
	if len(r.b) == 0 {
		r.short()
		return false
	}
	f := r.b[0] == 1
	r.b = r.b[1:]
	return f
}

func (r *reader) duration() calendar.Duration {
	unit := small[calendar.Unit](r)
	return calendar.Duration{Unit: unit, N: int(r.int())}
}

// list reads a list with its length, one element at a time.
func list[T any](r *reader, element func(*T)) []T {
	n := r.len()
	if n == 0 || r.err != nil {
		return nil
	}
	out := make([]T, n)
	for i := range out {
		element(&out[i])
	}
	return out
}

// pointers reads a list of things that are held by pointer.
func pointers[T any](r *reader, element func(*T)) []*T {
	n := r.len()
	if n == 0 || r.err != nil {
		return nil
	}
	out, values := make([]*T, n), make([]T, n)
	for i := range out {
		element(&values[i])
		out[i] = &values[i]
	}
	return out
}

func (w *writer) value(v event.Value) {
	w.uint(uint64(v.Kind))
	switch v.Kind {
	case event.Absent:
	case event.Text:
		w.text(v.Text())
	case event.ListOf:
		w.len(v.List().Rows)
		w.len(v.List().Width)
		for _, c := range v.List().Cells {
			w.value(c)
		}
	default:
		w.int(v.Bits())
	}
}

func (r *reader) value() event.Value {
	switch kind := small[event.ValueKind](r); kind {
	case event.Absent:
		return event.Value{}
	case event.Text:
		return event.TextValue(r.text())
	case event.ListOf:
		l := &event.List{Rows: r.len(), Width: r.len()}
		if l.Width > 0 && l.Rows > len(r.b)/l.Width {
			r.short()
			return event.Value{}
		}
		l.Cells = make([]event.Value, l.Rows*l.Width)
		for i := range l.Cells {
			l.Cells[i] = r.value()
		}
		return event.ListValue(l)
	default:
		return event.BitsValue(kind, r.int())
	}
}

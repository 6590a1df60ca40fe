package engine

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/wire"
)

// States and journal records are written as a format number and then their fields in order (package wire). Fields are only ever
// added at the end of a format, or the number is raised. Of states, and of what records share with them, one description of each
// type writes and reads it; the rest of a record has a writer and a reader that go one way each. What is written is not touched, as
// others may read it meanwhile.

// codec writes or reads states.
type codec struct {
	wire.Codec
	zones *calendar.Zones // where those of members are found
}

// format writes the format of a state; read, that of another build is damage.
func (c *codec) format() {
	n := uint64(stateFormat)
	if c.Uint(&n); n != stateFormat {
		c.Damaged()
	}
}

// writer appends fields.
type writer struct{ codec }

func (w *writer) uint(n uint64)         { w.PutUint(n) }
func (w *writer) int(n int64)           { w.PutInt(n) }
func (w *writer) len(n int)             { w.PutLen(n) }
func (w *writer) num(d decimal.Decimal) { w.PutInt(int64(d)) }
func (w *writer) at(i calendar.Instant) { w.PutInt(int64(i)) }
func (w *writer) key(k calendar.Key)    { w.PutInt(int64(k)) }
func (w *writer) text(s string)         { w.PutText(s) }
func (w *writer) bytes(p []byte)        { w.PutBytes(p) }
func (w *writer) flag(f bool)           { w.PutFlag(f) }
func (w *writer) value(v event.Value)   { w.PutValue(v) }

// reader reads the same fields; the first error stays and everything after it is zero.
type reader struct{ codec }

func newReader(b []byte) *reader { return &reader{codec{Codec: wire.Reading(b, nil)}} }

func (r *reader) uint() uint64         { return r.GetUint() }
func (r *reader) int() int64           { return r.GetInt() }
func (r *reader) len2() int            { return r.GetCount() }
func (r *reader) num() decimal.Decimal { return decimal.Decimal(r.GetInt()) }
func (r *reader) at() calendar.Instant { return calendar.Instant(r.GetInt()) }
func (r *reader) key() calendar.Key    { return calendar.Key(r.GetInt()) }
func (r *reader) text() string         { return string(r.GetBytes()) }
func (r *reader) bytes() []byte        { return r.GetBytes() }
func (r *reader) flag() bool           { return r.GetFlag() }
func (r *reader) value() event.Value   { return r.GetValue() }

// small reads one of a few; a number that is none of them is damage.
func small[T ~uint8](r *reader) (v T) {
	wire.Small(&r.Codec, &v)
	return v
}

// list reads a list with its length, one element at a time.
func list[T any](r *reader, element func(*T)) (out []T) {
	wire.Room(&r.Codec, &out)
	for i := range out {
		element(&out[i])
	}
	return out
}

package wire

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/integer"
)

var errShort = errors.New("the record ends too early")

// Codec writes fields or reads them. The zero Codec writes.
type Codec struct {
	B   []byte // what has been written, or what is left to be read
	Err error  // the first damage that was read
	// Names are texts that are probably read, whose memory is shared with what is read.
	Names   map[string]string
	reading bool
}

// Writing is a codec that appends to b.
func Writing(b []byte) Codec { return Codec{B: b} }

// Reading is a codec that reads b. Bytes that are read stay part of it.
func Reading(b []byte, names map[string]string) Codec {
	return Codec{B: b, Names: names, reading: true}
}

// Reads reports whether the codec reads.
func (c *Codec) Reads() bool { return c.reading }

// Tail reports whether a last field that may be left out is there: written where some is true, read where anything is left.
func (c *Codec) Tail(some bool) bool {
	if c.reading {
		return len(c.B) > 0
	}
	return some
}

// Damaged ends the reading, because what was read cannot have been written.
func (c *Codec) Damaged() { c.Err, c.B = errShort, nil }

// Uint is a number that is not negative.
func (c *Codec) Uint(n *uint64) {
	if c.reading {
		*n = c.GetUint()
	} else {
		c.PutUint(*n)
	}
}

// Uint32 is a number that is not negative; a greater one is damage.
func (c *Codec) Uint32(n *uint32) {
	if !c.reading {
		c.PutUint(uint64(*n))
		return
	}
	x := c.GetUint()
	if x > math.MaxUint32 {
		c.Damaged()
		x = 0
	}
	*n = uint32(x)
}

// Small is one of a few; a number that is none of them is damage.
func Small[T ~uint8](c *Codec, v *T) {
	if !c.reading {
		c.PutUint(uint64(*v))
		return
	}
	n := c.GetUint()
	if n > math.MaxUint8 {
		c.Damaged()
		n = 0
	}
	*v = T(n)
}

// Count is a number that is not negative, and not the length of what follows.
func (c *Codec) Count(n *int) {
	if c.reading {
		*n = c.GetCount()
	} else {
		c.PutLen(*n)
	}
}

// Int is a number with a sign.
func (c *Codec) Int(n *int64) {
	if c.reading {
		*n = c.GetInt()
	} else {
		c.PutInt(*n)
	}
}

// Level is a small number with a sign.
func (c *Codec) Level(n *int) {
	if c.reading {
		*n = int(c.GetInt())
	} else {
		c.PutInt(int64(*n))
	}
}

// Num is a decimal.
func (c *Codec) Num(d *decimal.Decimal) {
	if c.reading {
		*d = decimal.Decimal(c.GetInt())
	} else {
		c.PutInt(int64(*d))
	}
}

// At is an instant.
func (c *Codec) At(i *calendar.Instant) {
	if c.reading {
		*i = calendar.Instant(c.GetInt())
	} else {
		c.PutInt(int64(*i))
	}
}

// Key is a period.
func (c *Codec) Key(k *calendar.Key) {
	if c.reading {
		*k = calendar.Key(c.GetInt())
	} else {
		c.PutInt(int64(*k))
	}
}

// Date is a day.
func (c *Codec) Date(d *calendar.Date) {
	if !c.reading {
		c.PutInt(int64(*d))
		return
	}
	n := c.GetInt()
	if n < math.MinInt32 || n > math.MaxInt32 {
		c.Damaged()
		n = 0
	}
	*d = calendar.Date(n)
}

// Duration is a number of units of the calendar.
func (c *Codec) Duration(d *calendar.Duration) {
	Small(c, &d.Unit)
	n := int64(d.N)
	if c.Int(&n); c.reading {
		d.N = int(n)
	}
}

// Text is a text.
func (c *Codec) Text(s *string) {
	if c.reading {
		*s = string(c.GetBytes())
	} else {
		c.PutText(*s)
	}
}

// Name is a text that is probably one of Names.
func (c *Codec) Name(s *string) {
	if c.reading {
		*s = c.GetName()
	} else {
		c.PutText(*s)
	}
}

// Flag is true or false.
func (c *Codec) Flag(f *bool) {
	if c.reading {
		*f = c.GetFlag()
	} else {
		c.PutFlag(*f)
	}
}

// Fixed is a number of eight bytes.
func (c *Codec) Fixed(n *uint64) {
	if c.reading {
		*n = c.GetFixed()
	} else {
		c.PutFixed(*n)
	}
}

// Value is a value of an event or a profile.
func (c *Codec) Value(v *event.Value) {
	if c.reading {
		*v = c.GetValue()
	} else {
		c.PutValue(*v)
	}
}

// Room is the length of a list: it is written, or read and room made for its elements. They are read or written next, one by one.
func Room[T any](c *Codec, list *[]T) {
	if !c.reading {
		c.PutLen(len(*list))
		return
	}
	*list = nil
	if n := c.GetLen(); n > 0 && c.Err == nil {
		*list = make([]T, n)
	}
}

// Pointers is Room for a list of things that are held by pointer.
func Pointers[T any](c *Codec, list *[]*T) {
	if !c.reading {
		c.PutLen(len(*list))
		return
	}
	*list = nil
	n := c.GetLen()
	if n == 0 || c.Err != nil {
		return
	}
	out, values := make([]*T, n), make([]T, n)
	for i := range out {
		out[i] = &values[i]
	}
	*list = out
}

// PutUint writes a number that is not negative.
func (c *Codec) PutUint(n uint64) { c.B = binary.AppendUvarint(c.B, n) }

// PutInt writes a number with a sign.
func (c *Codec) PutInt(n int64) { c.B = binary.AppendVarint(c.B, n) }

// PutLen writes a length, or another number that is not negative.
func (c *Codec) PutLen(n int) { c.PutUint(integer.Exact[uint64](n)) }

// PutText writes a text.
func (c *Codec) PutText(s string) { c.PutLen(len(s)); c.B = append(c.B, s...) }

// PutBytes writes bytes, as a text.
func (c *Codec) PutBytes(p []byte) { c.PutLen(len(p)); c.B = append(c.B, p...) }

// PutFixed writes eight bytes.
func (c *Codec) PutFixed(n uint64) { c.B = binary.LittleEndian.AppendUint64(c.B, n) }

// PutFlag writes true or false.
func (c *Codec) PutFlag(f bool) {
	var b byte
	if f {
		b = 1
	}
	c.B = append(c.B, b)
}

// PutValue writes a value.
func (c *Codec) PutValue(v event.Value) {
	c.PutUint(uint64(v.Kind))
	switch v.Kind {
	case event.Absent:
	case event.Text:
		c.PutText(v.Text())
	case event.ListOf:
		c.PutLen(v.List().Rows)
		c.PutLen(v.List().Width)
		for _, cell := range v.List().Cells {
			c.PutValue(cell)
		}
	default:
		c.PutInt(v.Bits())
	}
}

// GetUint reads what PutUint wrote.
func (c *Codec) GetUint() uint64 {
	n, size := binary.Uvarint(c.B)
	if size <= 0 {
		c.Damaged()
		return 0
	}
	c.B = c.B[size:]
	return n
}

// GetInt reads what PutInt wrote.
func (c *Codec) GetInt() int64 {
	n, size := binary.Varint(c.B)
	if size <= 0 {
		c.Damaged()
		return 0
	}
	c.B = c.B[size:]
	return n
}

// GetFixed reads what PutFixed wrote.
func (c *Codec) GetFixed() uint64 {
	if len(c.B) < 8 {
		c.Damaged()
		return 0
	}
	n := binary.LittleEndian.Uint64(c.B)
	c.B = c.B[8:]
	return n
}

// GetLen reads a count of things of at least one byte each, so that a damaged record cannot ask for the whole memory.
func (c *Codec) GetLen() int {
	n := c.GetUint()
	if n > uint64(len(c.B)) {
		c.Damaged()
		return 0
	}
	return integer.Exact[int](n)
}

// GetCount reads a number that is not the length of what follows.
func (c *Codec) GetCount() int {
	n := c.GetUint()
	if n > math.MaxInt {
		c.Damaged()
		return 0
	}
	return int(n)
}

// GetBytes reads bytes that stay part of the source.
func (c *Codec) GetBytes() []byte {
	n := c.GetLen()
	p := c.B[:n]
	c.B = c.B[n:]
	return p
}

// GetName reads a text that is probably one of Names.
func (c *Codec) GetName() string {
	b := c.GetBytes()
	if name, known := c.Names[string(b)]; known {
		return name
	}
	return string(b)
}

// GetFlag reads what PutFlag wrote.
func (c *Codec) GetFlag() bool {
	if len(c.B) == 0 {
		c.Damaged()
		return false
	}
	f := c.B[0] == 1
	c.B = c.B[1:]
	return f
}

// GetValue reads what PutValue wrote.
func (c *Codec) GetValue() event.Value {
	var kind event.ValueKind
	switch Small(c, &kind); kind {
	case event.Absent:
		return event.Value{}
	case event.Text:
		return event.TextValue(string(c.GetBytes()))
	case event.ListOf:
		l := &event.List{Rows: c.GetLen(), Width: c.GetLen()}
		if l.Width > 0 && l.Rows > len(c.B)/l.Width {
			c.Damaged()
			return event.Value{}
		}
		l.Cells = make([]event.Value, l.Rows*l.Width)
		for i := range l.Cells {
			l.Cells[i] = c.GetValue()
		}
		return event.ListValue(l)
	default:
		return event.BitsValue(kind, c.GetInt())
	}
}

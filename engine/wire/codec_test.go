package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/wire"
)

type kind uint8

// thing has a field of everything that can be written.
type thing struct {
	Uint   uint64
	Uint32 uint32
	Kind   kind
	Count  int
	Int    int64
	Level  int
	Num    decimal.Decimal
	At     calendar.Instant
	Key    calendar.Key
	Date   calendar.Date
	For    calendar.Duration
	Text   string
	Name   string
	Flag   bool
	Fixed  uint64
	Value  event.Value
	List   []string
	Held   []*kind
	Tail   int
}

// describe is the one description of a thing.
func describe(c *wire.Codec, t *thing) {
	c.Uint(&t.Uint)
	c.Uint32(&t.Uint32)
	wire.Small(c, &t.Kind)
	c.Count(&t.Count)
	c.Int(&t.Int)
	c.Level(&t.Level)
	c.Num(&t.Num)
	c.At(&t.At)
	c.Key(&t.Key)
	c.Date(&t.Date)
	c.Duration(&t.For)
	c.Text(&t.Text)
	c.Name(&t.Name)
	c.Flag(&t.Flag)
	c.Fixed(&t.Fixed)
	c.Value(&t.Value)
	wire.Room(c, &t.List)
	for i := range t.List {
		c.Text(&t.List[i])
	}
	wire.Pointers(c, &t.Held)
	for _, k := range t.Held {
		wire.Small(c, k)
	}
	if c.Tail(t.Tail > 0) {
		c.Count(&t.Tail)
	}
}

func things() []thing {
	k := kind(7)
	cells := []event.Value{event.TextValue("a"), event.NumberValue(-5), {}, event.BooleanValue(true)}
	return []thing{
		{},
		{Uint: 1 << 63, Uint32: 1<<32 - 1, Kind: 255, Count: 3, Int: -1 << 63, Level: -1, Num: -12_500_000, At: calendar.Forever, Key: -4, Date: -7,
			For: calendar.Duration{Unit: 2, N: 12}, Text: "é\"", Name: "stars", Flag: true, Fixed: 1<<64 - 1,
			Value: event.ListValue(&event.List{Rows: 2, Width: 2, Cells: cells}), List: []string{"", "b"}, Held: []*kind{&k}, Tail: 9},
	}
}

func written(t *thing) []byte {
	var c wire.Codec
	describe(&c, t)
	return c.B
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, want := range things() {
		var got thing
		c := wire.Reading(written(&want), map[string]string{"stars": "stars"})
		describe(&c, &got)
		require.NoError(t, c.Err)
		require.Empty(t, c.B)
		require.Equal(t, want, got)
		require.True(t, c.Reads())
	}
}

func TestWhatIsCutIsDamaged(t *testing.T) {
	want := things()[1]
	whole := written(&want)
	want.Tail = 0
	for n := range len(whole) - 1 { // without the tail it is whole as well
		var got thing
		c := wire.Reading(whole[:n], nil)
		describe(&c, &got)
		require.Error(t, c.Err, "%d bytes", n)
	}
}

// FuzzRead holds that no bytes ask for more memory than they are worth, and that what is read is written as it was.
func FuzzRead(f *testing.F) {
	for _, t := range things() {
		f.Add(written(&t))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var got, again thing
		c := wire.Reading(b, nil)
		if describe(&c, &got); c.Err != nil {
			return
		}
		r := wire.Reading(written(&got), nil)
		describe(&r, &again)
		require.NoError(t, r.Err)
		require.Equal(t, written(&got), written(&again))
	})
}

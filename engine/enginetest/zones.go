package enginetest

import (
	"bytes"
	"encoding/binary"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/integer"
)

// Offset is from when on a zone is so many seconds ahead of UTC.
type Offset struct {
	From    calendar.Instant
	Seconds int
}

// Always is one offset for all of time.
func Always(seconds int) []Offset { return []Offset{{Seconds: seconds}} }

// Zones is an invented release of the time zone data: the embedded one, but for some zones, which have the offsets given. The
// first holds for all of time before it, too; a zone without any is gone.
func Zones(t TB, release string, differ map[string][]Offset) *calendar.Zones {
	t.Helper()
	all := map[string][]byte{}
	for _, name := range calendar.Embedded().Names() {
		all[name] = calendar.Embedded().Content(name)
	}
	for name, offsets := range differ {
		if all[name] = compiled(offsets); len(offsets) == 0 {
			delete(all, name)
		}
	}
	var made *calendar.Zones
	archive, err := calendar.PackZones(release, all)
	if err == nil {
		made, err = calendar.ReadZones(archive)
	}
	if err != nil {
		t.Errorf("an invented release of the time zones: %v", err)
		t.FailNow()
	}
	return made
}

// compiled writes a zone as RFC 9636 has it.
func compiled(offsets []Offset) []byte {
	if len(offsets) == 0 {
		return nil
	}
	var b bytes.Buffer
	write := func(v any) { _ = binary.Write(&b, binary.BigEndian, v) } // a buffer takes all
	header := func(transitions, types int) {
		b.WriteString("TZif2")
		b.Write(make([]byte, 15))
		write([6]uint32{0, 0, 0, integer.Exact[uint32](transitions), integer.Exact[uint32](types), 4})
	}
	kind := func(seconds int) {
		write(integer.Exact[int32](seconds))
		b.Write([]byte{0, 0})
	}
	header(0, 1)
	kind(0)
	b.WriteString("XXX\x00")
	header(len(offsets)-1, len(offsets))
	for _, o := range offsets[1:] {
		write(o.From.Time().Unix())
	}
	for i := range offsets[1:] {
		b.WriteByte(byte(i + 1))
	}
	for _, o := range offsets {
		kind(o.Seconds)
	}
	b.WriteString("XXX\x00\n\n")
	return b.Bytes()
}

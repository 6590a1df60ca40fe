package calendar

import (
	"math"
	"time"

	"github.com/laurel-engine/laurel/engine/integer"
)

// Zone is an IANA time zone: from which instant which offset from UTC holds. A Zone is immutable and safe for concurrent
// use; a nil *Zone is UTC. Use LoadZone.
type Zone struct {
	name  string
	spans []span
	index [buckets]uint16
}

// UTC is the zone without an offset.
var UTC = newZone("UTC", time.UTC)

// span is a stretch of time with one offset, until the next span begins.
type span struct {
	from   Instant
	offset wall
	peak   wall // the latest wall time reached before from
}

// wall is the running maximum of what the clock of a zone has shown, in microseconds since 1970-01-01T00:00 local.
type wall int64

// The table of a zone covers the instants from 1900 to 2500. What came before is found by walking it; what comes after
// repeats every 400 years, as the last explicit transition of the data lies before 2100.
const (
	tableStart Instant = -2_208_988_800 * second
	tableEnd   Instant = 16_725_225_600 * second
	cycle      Instant = 146_097 * day

	// bucketShift cuts the table into stretches of 2^44 microseconds, 203 days: few have more than one transition.
	bucketShift = 44
	buckets     = int((tableEnd-tableStart)>>bucketShift) + 1
)

// Name returns the IANA name, such as "Europe/Berlin".
func (z *Zone) Name() string {
	if z == nil {
		z = UTC
	}
	return z.name
}

// Date returns the local date of i: the d for which i lies in [Start(d), Start(d+1)).
func (z *Zone) Date(i Instant) Date { return z.wall(i).date() }

// Clock returns what the local clock shows at i: 0 up to 24 hours. In an hour that the clock repeats it is the repeated
// time.
func (z *Zone) Clock(i Instant) time.Duration {
	_, clock := floorDiv(int64(z.shown(i)), day)
	return time.Duration(clock) * time.Microsecond
}

// Start returns the first instant of the local day d: 00:00, the first of two midnights, or the end of a gap that swallowed
// it. For a date that the zone skipped it is the start of the next one.
func (z *Zone) Start(d Date) Instant { return z.at(midnight(d)) }

// At returns the instant at which the local clock shows so much time after midnight of d. In a gap that is the instant of
// the transition, in an overlap the first occurrence. 24 hours and more are on later days.
func (z *Zone) At(d Date, clock time.Duration) Instant {
	return z.at(midnight(d).add(clock))
}

// wall returns the wall time of i. This is the hottest function of the package: a table look-up, rarely a step.
func (z *Zone) wall(i Instant) wall {
	if z == nil {
		z = UTC
	}
	if integer.Bits(int64(i-tableStart)) >= uint64(tableEnd-tableStart) {
		return z.wallBeyond(i)
	}
	k := int(z.index[integer.Bits(int64(i-tableStart))>>bucketShift])
	for i >= z.spans[k+1].from {
		k++
	}
	s := &z.spans[k]
	return max(wall(i)+s.offset, s.peak)
}

// wallBeyond is wall outside the table.
func (z *Zone) wallBeyond(i Instant) wall {
	i = inRange(i)
	s, cycles := z.spanOf(i)
	return max(wall(i-cycles)+s.offset, s.peak) + wall(cycles)
}

// shown returns what the clock shows at i, which differs from wall while an hour is repeated.
func (z *Zone) shown(i Instant) wall {
	if z == nil {
		z = UTC
	}
	i = inRange(i)
	s, _ := z.spanOf(i)
	return wall(i) + s.offset
}

// at returns the first instant whose wall time is w or later.
func (z *Zone) at(w wall) Instant {
	if z == nil {
		z = UTC
	}
	switch {
	case w >= math.MaxInt64-2*day:
		return Forever
	case w <= math.MinInt64+2*day:
		return Beginning
	case w >= wall(tableEnd):
		cycles := (w - wall(tableEnd) + wall(cycle)) / wall(cycle) * wall(cycle)
		return z.at(w-cycles) + Instant(cycles)
	}
	// No offset reaches 24 hours, so every span before this one ends before w.
	k := z.find(Instant(w) - day)
	for Instant(w-z.spans[k].offset) >= z.spans[k+1].from {
		k++
	}
	return max(Instant(w-z.spans[k].offset), z.spans[k].from)
}

// spanOf returns the span of an instant, or of the instant so many cycles of 400 years before it that the table has.
func (z *Zone) spanOf(i Instant) (s *span, cycles Instant) {
	if i >= tableEnd {
		cycles = (i - tableEnd + cycle) / cycle * cycle
	}
	return &z.spans[z.find(i-cycles)], cycles
}

// find returns the index of the span of an instant before the end of the table.
func (z *Zone) find(i Instant) int {
	k := 0
	if i >= tableStart {
		k = int(z.index[(i-tableStart)>>bucketShift])
	}
	for i >= z.spans[k+1].from {
		k++
	}
	return k
}

// newZone reads the transitions of loc into a table.
func newZone(name string, loc *time.Location) *Zone {
	z := &Zone{name: name}
	for t, from := time.Unix(math.MinInt32*64, 0).In(loc), Beginning; ; {
		_, seconds := t.Zone()
		z.add(from, wall(seconds)*second)
		_, end := t.ZoneBounds()
		if end.IsZero() || from >= tableEnd {
			break
		}
		if !end.After(t) {
			// On 31 December of a leap year after the last explicit transition ZoneBounds reports a past end.
			end = t.Add(24 * time.Hour)
		}
		t, from = end, FromTime(end)
	}
	return z.indexed()
}

// splice is a zone as one table has it until an instant, and from then on as another one does: as if its clocks had been set
// at that instant. Where the two do not differ from then on it is the first.
func splice(before, after *Zone, at Instant) *Zone {
	if _, differ := before.differs(after, at); !differ {
		return before
	}
	z := &Zone{name: before.name}
	for i := range before.spans {
		if s := &before.spans[i]; s.from < at {
			z.add(s.from, s.offset)
		}
	}
	for i := range after.spans[:len(after.spans)-1] {
		if s := &after.spans[i]; after.spans[i+1].from > at {
			z.add(max(s.from, at), s.offset)
		}
	}
	return z.indexed()
}

// differs finds the first instant, not before one, at which two zones have another offset.
func (z *Zone) differs(other *Zone, from Instant) (at Instant, differ bool) {
	a, b := z.spans, other.spans
	i, j := 0, 0
	for at := from; at < tableEnd; {
		for at >= a[i+1].from {
			i++
		}
		for at >= b[j+1].from {
			j++
		}
		if a[i].offset != b[j].offset {
			return at, true
		}
		at = min(a[i+1].from, b[j+1].from)
	}
	return 0, false
}

// add appends a stretch of time to the table, unless it goes on as the one before.
func (z *Zone) add(from Instant, offset wall) {
	peak := wall(math.MinInt64)
	if n := len(z.spans); n > 0 {
		before := &z.spans[n-1]
		if before.offset == offset {
			return
		}
		peak = max(before.peak, wall(from)+before.offset-1)
	}
	z.spans = append(z.spans, span{from: from, offset: offset, peak: peak})
}

// indexed ends the table, and makes its index.
func (z *Zone) indexed() *Zone {
	// A last entry that is never reached ends every search.
	z.spans = append(z.spans, span{from: Forever})
	k := 0
	for b := range z.index {
		for tableStart+Instant(b)<<bucketShift >= z.spans[k+1].from {
			k++
		}
		z.index[b] = uint16(k)
	}
	return z
}

// inRange moves the last instants of int64 so far inside that no offset leads out.
func inRange(i Instant) Instant {
	return min(max(i, Beginning+2*day), Forever-2*day)
}

// midnight returns the wall time at which d begins; beyond the range of Instant it is the end of that range.
func midnight(d Date) wall {
	switch {
	case d > maxDate:
		return math.MaxInt64
	case d < minDate:
		return math.MinInt64
	}
	return wall(d) * day
}

func (w wall) add(d time.Duration) wall {
	return wall(addSaturating(int64(w), d.Microseconds()))
}

func (w wall) date() Date {
	days, _ := floorDiv(int64(w), day)
	return integer.Exact[Date](days)
}

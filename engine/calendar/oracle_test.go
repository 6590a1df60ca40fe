package calendar

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// This file resolves local times a second time, slowly and from the definitions: it walks through time minute by minute
// with time.In and writes down when each local minute is first reached.

var seed = flag.Uint64("seed", 0, "seed of the randomized tests; 0 takes a new one")

func random(t *testing.T) *rand.Rand {
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	t.Logf("to repeat: -seed %d", s)
	return rand.New(rand.NewPCG(s, 0))
}

// slowZone is a zone of Go's time package.
type slowZone struct {
	*Zone
	loc *time.Location
}

// everyZone returns each zone of the database once, however many names it has.
func everyZone(t *testing.T) (all []slowZone) {
	seen := map[string]bool{}
	for _, name := range ZoneNames() {
		data := Embedded().Content(name)
		if seen[string(data)] {
			continue
		}
		seen[string(data)] = true
		loc, err := time.LoadLocationFromTZData(name, data)
		require.NoError(t, err)
		all = append(all, slowZone{zone(t, name), loc})
	}
	require.Greater(t, len(all), 300)
	return all
}

// offset returns the seconds that local time is ahead of UTC at a Unix second.
func (z slowZone) offset(unix int64) int64 {
	_, seconds := time.Unix(unix, 0).In(z.loc).Zone()
	return int64(seconds)
}

// transitions finds the Unix seconds between two years at which the offset changes, by bisection.
func (z slowZone) transitions(from, to int) (found []int64) {
	const step = 12 * 3600
	end := time.Date(to, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	for t := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC).Unix(); t < end; t += step {
		before, after := t, t+step
		if z.offset(before) == z.offset(after) {
			continue
		}
		for after-before > 1 {
			if middle := (before + after) / 2; z.offset(middle) == z.offset(t) {
				before = middle
			} else {
				after = middle
			}
		}
		found = append(found, after)
	}
	return found
}

// compareAround checks every minute from two hours before a transition until two hours after the clock has caught up.
func (z slowZone) compareAround(t *testing.T, transition int64) {
	change := z.offset(transition) - z.offset(transition-1)
	reached := int64(-1 << 62)
	for unix := transition - 2*3600; unix < transition+2*3600+max(0, -change); unix += 60 {
		i := Instant(unix * second)
		local := unix + z.offset(unix)
		// Local minutes that this minute is the first to show, or to skip.
		for minute := max(reached+60, local-26*3600); minute <= local; minute += 60 {
			if reached < 0 {
				break
			}
			d, clock := floorDiv(minute, 86400)
			if got := z.At(Date(d), time.Duration(clock)*time.Second); got != i {
				require.Failf(t, "wrong instant", "%s %v %v is %v, want %v", z.Name(), Date(d), clock, got, i)
			}
			if clock == 0 && z.Start(Date(d)) != i {
				require.Failf(t, "wrong start", "%s %v starts at %v, want %v", z.Name(), Date(d), z.Start(Date(d)), i)
			}
		}
		reached = max(reached, local)
		d, _ := floorDiv(reached, 86400)
		_, clock := floorDiv(local, 86400)
		h, _ := floorDiv(reached, 3600)
		if z.Date(i) != Date(d) || z.Clock(i) != time.Duration(clock)*time.Second || (Calendar{Zone: z.Zone}).Key(Hour, i) != Key(h) {
			require.Failf(t, "wrong local time", "%s at %v: %v %v, want %v %v", z.Name(), i, z.Date(i), z.Clock(i), Date(d), clock)
		}
	}
}

func TestEveryTransition(t *testing.T) {
	count := 0
	for _, z := range everyZone(t) {
		for _, transition := range z.transitions(1980, 2041) {
			z.compareAround(t, transition)
			count++
		}
	}
	t.Logf("%d transitions", count)
	require.Greater(t, count, 5000)
}

func TestDaysPartitionTime(t *testing.T) {
	from, to := date(t, "1980-01-01"), date(t, "2041-01-01")
	skipped := map[string]string{}
	for _, z := range everyZone(t) {
		for d := from; d < to; d++ {
			start, end := z.Start(d), z.Start(d+1)
			if start > end || start < end && (z.Date(start) != d || z.Date(end-1) != d) {
				require.Failf(t, "days do not fit together", "%s %v: [%v, %v)", z.Name(), d, start, end)
			}
			if start == end {
				skipped[z.Name()] = d.String()
			}
		}
	}
	require.Equal(t, map[string]string{
		"Kwajalein": "1993-08-21", "Pacific/Enderbury": "1994-12-31", "Pacific/Kiritimati": "1994-12-31",
		"Pacific/Apia": "2011-12-30", "Pacific/Fakaofo": "2011-12-30",
	}, skipped)
}

// TestAllOfTime compares what the clock shows over all years that have a text, which proves the table, its lower end, and
// its repetition every 400 years.
func TestAllOfTime(t *testing.T) {
	r := random(t)
	instant := func() Instant {
		switch r.IntN(4) {
		case 0:
			return firstWritable + Instant(r.Int64N(int64(lastWritable-firstWritable)))
		case 1: // around the ends of the table
			return [...]Instant{tableStart, tableEnd, tableEnd + cycle}[r.IntN(3)] + Instant(r.Int64N(2*366*day)) - 366*day
		case 2: // around the turn of a year
			return Instant(civil(1890+r.IntN(1000), 1, 1))*day + Instant(r.Int64N(4*day)) - 2*day
		}
		return tableStart + Instant(r.Int64N(int64(tableEnd-tableStart)))
	}
	for _, z := range everyZone(t) {
		for range 1500 {
			i := instant()
			want := wall(i) + wall(z.offset(i.Time().Unix()))*second
			if got := z.shown(i); got != want {
				require.Failf(t, "wrong clock", "%s at %v: %v, want %v", z.Name(), i, Instant(got), Instant(want))
			}
			if w := z.wall(i); w < want || z.at(w) > i || z.at(w+1) <= i && w == want {
				require.Failf(t, "wrong wall time", "%s at %v: %v, shown %v", z.Name(), i, Instant(w), Instant(want))
			}
		}
		for k := range z.spans[1:] {
			if z.spans[k].from >= z.spans[k+1].from {
				require.Failf(t, "spans out of order", "%s: %v, %v", z.Name(), z.spans[k].from, z.spans[k+1].from)
			}
		}
	}
}

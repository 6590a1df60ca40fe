package calendar

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	everyMinute = 1<<60 - 1
	everyHour   = 1<<24 - 1
	everyMonth  = 1<<13 - 2
)

// daily returns the schedule of one time of every day.
func daily(hour, minute int) *Cron {
	return &Cron{Minute: 1 << minute, Hour: 1 << hour, Dom: CronStar, Month: everyMonth, Dow: CronStar}
}

// fired returns the occurrences in (after, until], forward with Next, and checks that Last finds them backward.
func fired(t *testing.T, x *Cron, c Calendar, after, until string) (all []string) {
	end := at(t, until)
	for i, ok := x.Next(c, at(t, after)); ok && i <= end; i, ok = x.Next(c, i) {
		all = append(all, i.String())
	}
	n := len(all)
	for i, ok := x.Last(c, end); ok && i > at(t, after); i, ok = x.Last(c, i-1) {
		n--
		require.Equal(t, all[n], i.String())
	}
	require.Zero(t, n)
	return all
}

func TestCronAroundTransitions(t *testing.T) {
	for _, c := range []struct {
		name, zone   string
		x            *Cron
		after, until string
		want         []string
	}{
		{"SCH-02", "America/New_York", daily(2, 30), "2026-03-07T00:00:00Z", "2026-03-10T00:00:00Z",
			[]string{"2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"}},
		{"SCH-03", "Europe/Berlin", daily(2, 30), "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z",
			[]string{"2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"midnight in a gap", "America/Santiago", daily(0, 0), "2025-09-06T00:00:00Z", "2025-09-09T00:00:00Z",
			[]string{"2025-09-06T04:00:00Z", "2025-09-07T04:00:00Z", "2025-09-08T03:00:00Z"}},
		{"two midnights", "America/Havana", daily(0, 0), "2025-11-01T00:00:00Z", "2025-11-04T00:00:00Z",
			[]string{"2025-11-01T04:00:00Z", "2025-11-02T04:00:00Z", "2025-11-03T05:00:00Z"}},
		{"a date that never was", "Pacific/Apia", daily(9, 0), "2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z",
			[]string{"2011-12-29T19:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T19:00:00Z", "2011-12-31T19:00:00Z"}},
		{"every half hour over a gap", "Europe/Berlin", &Cron{1 | 1<<30, everyHour, CronStar, everyMonth, CronStar}, "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z",
			[]string{"2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:00:00Z"}},
		{"every half hour over an overlap", "Europe/Berlin", &Cron{1 | 1<<30, everyHour, CronStar, everyMonth, CronStar},
			"2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z",
			[]string{"2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z", "2026-10-25T02:30:00Z"}},
	} {
		require.Equal(t, c.want, fired(t, c.x, monday(t, c.zone), c.after, c.until), c.name)
	}
}

func TestCronDays(t *testing.T) {
	nine := func(dom, month, dow uint64) *Cron { return &Cron{1, 1 << 9, dom, month, dow} }
	for _, c := range []struct {
		name         string
		x            *Cron
		after, until string
		want         []string
	}{
		{"0 9 1 * *", nine(1<<1, everyMonth, CronStar), "2026-01-01T09:00:00Z", "2026-03-31T00:00:00Z",
			[]string{"2026-02-01T09:00:00Z", "2026-03-01T09:00:00Z"}},
		{"0 9 31 * *", nine(1<<31, everyMonth, CronStar), "2026-01-01T00:00:00Z", "2026-06-30T00:00:00Z",
			[]string{"2026-01-31T09:00:00Z", "2026-03-31T09:00:00Z", "2026-05-31T09:00:00Z"}},
		{"0 9 * * 2", nine(CronStar, everyMonth, 1<<2), "2026-12-01T00:00:00Z", "2026-12-15T00:00:00Z",
			[]string{"2026-12-01T09:00:00Z", "2026-12-08T09:00:00Z"}},
		{"0 9 13 11 5, either day", nine(1<<13, 1<<11, 1<<5), "2027-01-01T00:00:00Z", "2027-12-31T00:00:00Z",
			[]string{"2027-11-05T09:00:00Z", "2027-11-12T09:00:00Z", "2027-11-13T09:00:00Z", "2027-11-19T09:00:00Z", "2027-11-26T09:00:00Z"}},
		{"0 9 29 2 *, over the common year 2100", nine(1<<29, 1<<2, CronStar), "2096-02-29T08:59:00Z", "2104-12-31T00:00:00Z",
			[]string{"2096-02-29T09:00:00Z", "2104-02-29T09:00:00Z"}},
		{"stars may carry their bits", nine(CronStar|1<<1, everyMonth, CronStar|everyMonth), "2026-12-01T00:00:00Z", "2026-12-02T10:00:00Z",
			[]string{"2026-12-01T09:00:00Z", "2026-12-02T09:00:00Z"}},
	} {
		require.Equal(t, c.want, fired(t, c.x, Calendar{}, c.after, c.until), c.name)
	}
	for name, x := range map[string]*Cron{
		"30 February": nine(1<<30, 1<<2, CronStar), "no minute": {0, everyHour, CronStar, everyMonth, CronStar}, "empty": {},
		"no hour": {everyMinute, 0, CronStar, everyMonth, CronStar},
	} {
		_, ok := x.Next(Calendar{}, 0)
		require.False(t, ok, name)
		_, ok = x.Last(Calendar{}, 0)
		require.False(t, ok, name)
	}
}

// some returns a few of the values up to max, or all.
func some(r *rand.Rand, first, last int) (mask uint64) {
	if r.IntN(3) == 0 {
		return 1<<(last+1) - 1<<first
	}
	for range 1 + r.IntN(3) {
		mask |= 1 << (first + r.IntN(last-first+1))
	}
	return mask
}

func randomCron(r *rand.Rand) *Cron {
	star := func(first, last int) uint64 {
		if r.IntN(2) == 0 {
			return CronStar
		}
		return some(r, first, last)
	}
	return &Cron{Minute: some(r, 0, 59), Hour: some(r, 0, 23), Dom: star(1, 31), Month: some(r, 1, 12), Dow: star(0, 6)}
}

// occurrences lists the instants of a schedule from its definition: every minute of every date is asked.
func occurrences(x *Cron, z *Zone, first, last Date) (all []Instant) {
	has := func(mask uint64, n int) bool { return mask&(1<<n) != 0 }
	for d := first; d <= last; d++ {
		_, month, dom := d.Civil()
		byMonth, byWeek := has(x.Dom, dom), has(x.Dow, int(d.Weekday()))
		today := byMonth || byWeek
		if x.Dom&CronStar != 0 || x.Dow&CronStar != 0 {
			today = (byMonth || x.Dom&CronStar != 0) && (byWeek || x.Dow&CronStar != 0)
		}
		for m := 0; m < 24*60 && today && has(x.Month, month); m++ {
			if !has(x.Hour, m/60) || !has(x.Minute, m%60) {
				continue
			}
			if i := z.At(d, time.Duration(m)*time.Minute); len(all) == 0 || all[len(all)-1] < i {
				all = append(all, i)
			}
		}
	}
	return all
}

func TestCronAgainstItsDefinition(t *testing.T) {
	r := random(t)
	zones := everyZone(t)
	for range 300 {
		z, x := zones[r.IntN(len(zones))].Zone, randomCron(r)
		first := civil(1990+r.IntN(45), 1+r.IntN(12), 1)
		all := occurrences(x, z, first, first+50)
		for k := range min(len(all), 3000) - 1 {
			next, ok := x.Next(Calendar{Zone: z}, all[k]+Instant(r.Int64N(int64(all[k+1]-all[k]))))
			if !ok || next != all[k+1] {
				require.Failf(t, "wrong next", "%s %+v after %v: %v, want %v", z.Name(), x, all[k], next, all[k+1])
			}
			last, ok := x.Last(Calendar{Zone: z}, all[k]+Instant(r.Int64N(int64(all[k+1]-all[k]))))
			if !ok || last != all[k] {
				require.Failf(t, "wrong last", "%s %+v at %v: %v, want %v", z.Name(), x, all[k], last, all[k])
			}
		}
	}
}

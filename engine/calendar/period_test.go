package calendar

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// monday returns a calendar with ISO weeks.
func monday(t testing.TB, name string) Calendar {
	return Calendar{Zone: zone(t, name), WeekStart: time.Monday}
}

func TestLabels(t *testing.T) {
	berlin := monday(t, "Europe/Berlin")
	sunday := Calendar{Zone: zone(t, "Europe/Berlin"), WeekStart: time.Sunday}
	for _, c := range []struct {
		calendar   Calendar
		period     Period
		at         string
		label      string
		start, end string
	}{
		{berlin, Hour, "2026-12-01T13:59:59Z", "2026-12-01T14", "2026-12-01T13:00:00Z", "2026-12-01T14:00:00Z"},
		{berlin, Hour, "2026-12-01T23:00:00Z", "2026-12-02T00", "2026-12-01T23:00:00Z", "2026-12-02T00:00:00Z"},
		{berlin, Day, "2026-12-01T14:00:00Z", "2026-12-01", "2026-11-30T23:00:00Z", "2026-12-01T23:00:00Z"},
		{berlin, Day, "2026-03-29T12:00:00Z", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		{berlin, Week, "2026-12-01T14:00:00Z", "2026-W49", "2026-11-29T23:00:00Z", "2026-12-06T23:00:00Z"},
		{berlin, Week, "2027-01-01T10:00:00Z", "2026-W53", "2026-12-27T23:00:00Z", "2027-01-03T23:00:00Z"},
		{berlin, Week, "2024-12-30T10:00:00Z", "2025-W01", "2024-12-29T23:00:00Z", "2025-01-05T23:00:00Z"},
		{sunday, Week, "2026-12-01T14:00:00Z", "2026-11-29", "2026-11-28T23:00:00Z", "2026-12-05T23:00:00Z"},
		{berlin, Month, "2026-12-31T22:59:59Z", "2026-12", "2026-11-30T23:00:00Z", "2026-12-31T23:00:00Z"},
		{berlin, Quarter, "2026-12-01T14:00:00Z", "2026-Q4", "2026-09-30T22:00:00Z", "2026-12-31T23:00:00Z"},
		{berlin, Quarter, "2026-03-31T21:59:59Z", "2026-Q1", "2025-12-31T23:00:00Z", "2026-03-31T22:00:00Z"},
		{berlin, Year, "2026-12-31T23:00:00Z", "2027", "2026-12-31T23:00:00Z", "2027-12-31T23:00:00Z"},
		{berlin, Always, "2026-12-01T14:00:00Z", "all", "beginning", "forever"},
	} {
		k := c.calendar.Key(c.period, at(t, c.at))
		require.Equal(t, c.label, c.calendar.Label(c.period, k), c.at)
		require.Equal(t, c.start, c.calendar.Start(c.period, k).String(), c.label)
		require.Equal(t, c.end, c.calendar.End(c.period, k).String(), c.label)
		parsed, err := c.calendar.ParseLabel(c.period, c.label)
		require.NoError(t, err, c.label)
		require.Equal(t, k, parsed, c.label)
	}
}

func TestLabelsThatNameNothing(t *testing.T) {
	c := Calendar{WeekStart: time.Monday}
	for p, labels := range map[Period][]string{
		Always:  {"", "ALL", "2026"},
		Hour:    {"2026-12-01", "2026-12-01T24", "2026-12-01T1", "2026-12-01 14", "2026-12-01T-1", "2026-12-01Txx", "2026-02-29T01"},
		Day:     {"", "2026-12", "2026-12-32", "2026-12-01T14"},
		Week:    {"2026-W54", "2025-W53", "2026-W00", "2026-W5", "2026-49", "2026-12-01", "2026-w49", "2026-Wxx", "0000-W01"},
		Month:   {"2026", "2026-13", "2026-00", "2026-12-01", "2026-1", "2026-Q1"},
		Quarter: {"2026-Q0", "2026-Q5", "2026-4", "2026", "2026-q4"},
		Year:    {"26", "20266", "2026-12", "year", "0000"},
	} {
		for _, label := range labels {
			_, err := c.ParseLabel(p, label)
			require.Error(t, err, "%s %q", p, label)
		}
	}
	_, err := c.ParseLabel(Week, "2026-11-29")
	require.EqualError(t, err, `"2026-11-29" is not a label for week, want one like 2026-W49`)
	_, err = Calendar{}.ParseLabel(Week, "2026-11-30")
	require.EqualError(t, err, `"2026-11-30" is not a label for week, want one like 2026-11-29`)
}

// TestPeriodsOfEveryDate checks consecutive keys, labels that come back, and first and last dates over 120 years, for
// every first day of the week, and ISO weeks against Go's.
func TestPeriodsOfEveryDate(t *testing.T) {
	for start := time.Sunday; start <= time.Saturday; start++ {
		c := Calendar{WeekStart: start}
		for p := Day; p <= Year; p++ {
			k := c.KeyOfDate(p, date(t, "1959-12-31"))
			for d := date(t, "1960-01-01"); d < date(t, "2080-01-01"); d++ {
				next := c.KeyOfDate(p, d)
				if (next == k+1) != (d == c.FirstDate(p, next)) || (next == k) != (d <= c.LastDate(p, k)) || next > k+1 {
					require.Failf(t, "keys do not count periods", "%s of %v: %d after %d", p, d, next, k)
				}
				if next != k {
					back, err := c.ParseLabel(p, c.Label(p, next))
					require.NoError(t, err)
					require.Equal(t, next, back, c.Label(p, next))
				}
				k = next
			}
		}
		require.Equal(t, start, c.FirstDate(Week, 2964).Weekday())
	}
	iso := Calendar{WeekStart: time.Monday}
	for d := date(t, "1960-01-01"); d < date(t, "2080-01-01"); d++ {
		year, week := UTC.Start(d).Time().ISOWeek()
		label := iso.Label(Week, iso.KeyOfDate(Week, d))
		if label != fmt.Sprintf("%04d-W%02d", year, week) {
			require.Failf(t, "not the ISO week", "%v: %s, want %d-W%02d", d, label, year, week)
		}
	}
}

func TestHoursAroundTransitions(t *testing.T) {
	berlin := monday(t, "Europe/Berlin")
	labels := func(from string, minutes int) (all []string) {
		for i, n := at(t, from), 0; n < minutes; i, n = i.Add(20*time.Minute), n+20 {
			label := berlin.Label(Hour, berlin.Key(Hour, i))
			if len(all) == 0 || all[len(all)-1] != label {
				all = append(all, label)
			}
		}
		return all
	}
	require.Equal(t, []string{"2026-10-25T01", "2026-10-25T02", "2026-10-25T03"}, labels("2026-10-24T23:00:00Z", 240), "the repeated hour is one")
	require.Equal(t, []string{"2026-03-29T01", "2026-03-29T03"}, labels("2026-03-29T00:00:00Z", 120), "the skipped hour is none")

	twice, err := berlin.ParseLabel(Hour, "2026-10-25T02")
	require.NoError(t, err)
	require.Equal(t, 2*time.Hour, berlin.End(Hour, twice).Time().Sub(berlin.Start(Hour, twice).Time()))
	skipped, err := berlin.ParseLabel(Hour, "2026-03-29T02")
	require.NoError(t, err)
	require.Equal(t, berlin.Start(Hour, skipped), berlin.End(Hour, skipped))
}

func TestPeriodsPartitionTime(t *testing.T) {
	r := random(t)
	for _, z := range everyZone(t) {
		c := Calendar{Zone: z.Zone, WeekStart: time.Weekday(r.IntN(7))}
		for range 50 {
			i := Instant(civil(1980, 1, 1))*day + Instant(r.Int64N(60*366*day))
			for p := Hour; p <= Year; p++ {
				k := c.Key(p, i)
				start, end := c.Start(p, k), c.End(p, k)
				if i < start || i >= end || c.Key(p, start) != k || c.Key(p, end-1) != k || c.Start(p, k+1) != end {
					require.Failf(t, "not the period", "%s %s at %v: [%v, %v)", z.Name(), p, i, start, end)
				}
			}
		}
	}
}

// TestStreakPeriods holds the calendar facts of the worked cases of streaks.
func TestStreakPeriods(t *testing.T) {
	for _, c := range []struct {
		name, zone string
		period     Period
		at         []string
		want       []string
	}{
		{"STR-03 to the last second", "Europe/Berlin", Day, []string{"2026-06-02T08:00:00Z", "2026-06-03T21:59:59Z", "2026-06-03T22:00:00Z"},
			[]string{"2026-06-02", "2026-06-03", "2026-06-04"}},
		{"STR-04 one local day", "Europe/Berlin", Day, []string{"2026-06-01T06:00:00Z", "2026-06-01T21:59:59Z", "2026-06-02T06:00:00Z"},
			[]string{"2026-06-01", "2026-06-01", "2026-06-02"}},
		{"STR-05 local midnight", "America/New_York", Day, []string{"2026-05-02T03:30:00Z", "2026-05-02T04:10:00Z"}, []string{"2026-05-01", "2026-05-02"}},
		{"STR-08 leap year", "Europe/Berlin", Day, []string{"2028-02-28T10:00:00Z", "2028-02-29T10:00:00Z", "2028-03-01T10:00:00Z"},
			[]string{"2028-02-28", "2028-02-29", "2028-03-01"}},
		{"STR-11 ISO week", "UTC", Week, []string{"2026-12-30T10:00:00Z", "2027-01-01T10:00:00Z"}, []string{"2026-W53", "2026-W53"}},
		{"STR-14 months", "UTC", Month, []string{"2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z", "2026-03-01T10:00:00Z"}, []string{"2026-01", "2026-02", "2026-03"}},
		{"STR-20 east over the date line", "Pacific/Auckland", Day, []string{"2026-11-17T21:00:00Z"}, []string{"2026-11-18"}},
		{"STR-20 before it", "Pacific/Honolulu", Day, []string{"2026-11-17T06:00:00Z"}, []string{"2026-11-16"}},
		{"CAP-01 two days", "Europe/Berlin", Day, []string{"2026-05-01T21:30:00Z", "2026-05-01T22:30:00Z"}, []string{"2026-05-01", "2026-05-02"}},
	} {
		calendar := monday(t, c.zone)
		var labels []string
		for _, text := range c.at {
			labels = append(labels, calendar.Label(c.period, calendar.Key(c.period, at(t, text))))
		}
		require.Equal(t, c.want, labels, c.name)
	}
}

func TestPeriodWords(t *testing.T) {
	for p := Hour; p <= Year; p++ {
		parsed, ok := ParsePeriod(p.String())
		require.True(t, ok)
		require.Equal(t, p, parsed)
	}
	for _, word := range []string{"", "always", "minute", "days", "Day"} {
		_, ok := ParsePeriod(word)
		require.False(t, ok, word)
	}
}

func TestAlways(t *testing.T) {
	c := Calendar{}
	require.Equal(t, Key(0), c.Key(Always, 12345))
	require.Equal(t, minDate, c.FirstDate(Always, 0))
	require.Equal(t, maxDate, c.LastDate(Always, 0))
	require.Equal(t, date(t, "2026-12-01"), c.FirstDate(Hour, c.KeyOfDate(Hour, date(t, "2026-12-01"))))
	require.Equal(t, date(t, "2026-12-01"), c.LastDate(Hour, c.KeyOfDate(Hour, date(t, "2026-12-01"))+23))
}

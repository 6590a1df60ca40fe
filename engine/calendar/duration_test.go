package calendar

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func duration(t testing.TB, phrase string) Duration {
	t.Helper()
	d, err := ParseDuration(phrase)
	require.NoError(t, err, phrase)
	return d
}

func TestDurationPhrases(t *testing.T) {
	for phrase, want := range map[string]Duration{
		"15 minutes": {15, Minute}, "3 hours": {3, Hour}, "30 days": {30, Day}, "2 weeks": {2, Week}, "12 months": {12, Month},
		"1 year": {1, Year}, "1 minute": {1, Minute}, "1 day": {1, Day}, "100 years": {100, Year}, "52596000 minutes": {52_596_000, Minute},
	} {
		d := duration(t, phrase)
		require.Equal(t, want, d)
		require.Equal(t, phrase, d.String())
		require.False(t, d.IsZero())
	}
	require.Equal(t, duration(t, "1 day"), duration(t, "1 days"))
	require.Equal(t, "none", Duration{}.String())
	require.True(t, Duration{}.IsZero())
	for _, phrase := range []string{
		"", "days", "30", "30days", "30  days", " 30 days", "30 days ", "0 days", "-1 days", "+1 day", "030 days", "1.5 days", "thirty days",
		"30 Days", "30 dayss", "30 s", "30 quarters", "1 always", "1 second", "101 years", "36526 days", "99999999999999999999 days",
	} {
		_, err := ParseDuration(phrase)
		require.Error(t, err, phrase)
	}
	_, err := ParseDuration("101 years")
	require.EqualError(t, err, `"101 years" is longer than 100 years`)
}

// TestLotExpiry holds the calendar facts of the worked cases of lots: the expiry is the first instant that is not spendable.
func TestLotExpiry(t *testing.T) {
	for _, c := range []struct{ name, zone, earned, duration, want string }{
		{"LOT-01", "Europe/Berlin", "2026-01-15T10:00:00Z", "12 months", "2027-01-15T23:00:00Z"},
		{"LOT-03", "America/New_York", "2028-02-29T17:00:00Z", "12 months", "2029-03-01T05:00:00Z"},
		{"LOT-04", "UTC", "2026-01-31T12:00:00Z", "1 month", "2026-03-01T00:00:00Z"},
		{"LOT-05", "Europe/Berlin", "2026-02-27T08:00:00Z", "30 days", "2026-03-29T22:00:00Z"},
		{"LOT-07", "Europe/Berlin", "2026-03-28T12:00:00Z", "24 hours", "2026-03-29T12:00:00Z"},
		{"LOT-14", "UTC", "2026-03-01T09:00:00Z", "6 months", "2026-09-02T00:00:00Z"},
		{"minutes are exact", "Europe/Berlin", "2026-03-29T00:50:00Z", "15 minutes", "2026-03-29T01:05:00Z"},
		{"a week", "Europe/Berlin", "2026-03-24T22:59:59Z", "1 week", "2026-03-31T22:00:00Z"},
		{"a year from a leap day", "UTC", "2028-02-29T00:00:00Z", "1 year", "2029-03-01T00:00:00Z"},
		{"ends before a midnight in a gap", "America/Santiago", "2025-09-05T12:00:00Z", "1 day", "2025-09-07T04:00:00Z"},
		{"ends with a date that never was", "Pacific/Apia", "2011-12-29T12:00:00Z", "1 day", "2011-12-30T10:00:00Z"},
	} {
		got := monday(t, c.zone).EndOfDayAfter(at(t, c.earned), duration(t, c.duration))
		require.Equal(t, c.want, got.String(), c.name)
	}
	require.Equal(t, Forever, monday(t, "Europe/Berlin").EndOfDayAfter(Forever, duration(t, "1 day")))
}

func TestEndOf(t *testing.T) {
	tokyo := monday(t, "Asia/Tokyo")
	// LOT-16: the year is the local one, to the second.
	require.Equal(t, "2026-12-31T15:00:00Z", tokyo.EndOf(Year, false, at(t, "2026-12-31T14:59:59Z")).String())
	require.Equal(t, "2027-12-31T15:00:00Z", tokyo.EndOf(Year, true, at(t, "2026-12-31T14:59:59Z")).String())
	require.Equal(t, "2027-12-31T15:00:00Z", tokyo.EndOf(Year, false, at(t, "2026-12-31T15:00:00Z")).String())
	require.Equal(t, "2026-02-28T15:00:00Z", tokyo.EndOf(Month, true, at(t, "2026-01-31T00:00:00Z")).String())
	require.Equal(t, "2026-06-30T15:00:00Z", tokyo.EndOf(Quarter, true, at(t, "2026-01-31T00:00:00Z")).String())
	require.Equal(t, Forever, tokyo.EndOf(Always, false, 0))
}

func TestAfterKeepsTheClock(t *testing.T) {
	for _, c := range []struct{ zone, from, duration, after, before string }{
		{"Europe/Berlin", "2026-03-28T01:30:00Z", "1 day", "2026-03-29T01:00:00Z", "2026-03-27T01:30:00Z"}, // 2:30 in the gap
		{"Europe/Berlin", "2026-03-27T11:00:00Z", "3 days", "2026-03-30T10:00:00Z", "2026-03-24T11:00:00Z"},
		{"Europe/Berlin", "2026-03-27T11:00:00Z", "72 hours", "2026-03-30T11:00:00Z", "2026-03-24T11:00:00Z"},
		{"Europe/Berlin", "2026-10-25T01:30:00Z", "1 day", "2026-10-26T01:30:00Z", "2026-10-24T00:30:00Z"}, // the second 2:30
		{"Europe/Berlin", "2026-01-31T09:15:00.25Z", "1 month", "2026-02-28T09:15:00.25Z", "2025-12-31T09:15:00.25Z"},
		{"Europe/Berlin", "2026-06-01T10:00:00Z", "1 year", "2027-06-01T10:00:00Z", "2025-06-01T10:00:00Z"},
		{"Europe/Berlin", "2026-06-01T10:00:00Z", "2 weeks", "2026-06-15T10:00:00Z", "2026-05-18T10:00:00Z"},
		{"Europe/Berlin", "2026-06-01T10:00:00Z", "90 minutes", "2026-06-01T11:30:00Z", "2026-06-01T08:30:00Z"},
		// 23:30 of 6 November, for the second time, although the date is already the 7th.
		{"America/St_Johns", "2010-11-07T03:00:00Z", "1 day", "2010-11-08T03:00:00Z", "2010-11-06T02:00:00Z"},
	} {
		calendar, from, d := monday(t, c.zone), at(t, c.from), duration(t, c.duration)
		require.Equal(t, c.after, calendar.After(from, d).String(), "%s after %s", c.duration, c.from)
		require.Equal(t, c.before, calendar.Before(from, d).String(), "%s before %s", c.duration, c.from)
	}
	berlin := monday(t, "Europe/Berlin")
	require.Equal(t, Instant(5), berlin.After(5, Duration{}))
	require.Equal(t, Forever, berlin.After(Forever, duration(t, "1 month")))
	require.Equal(t, Forever, berlin.Before(Forever, duration(t, "1 month")))
	require.Equal(t, Beginning, berlin.Before(Beginning, duration(t, "1 hour")))
}

func TestWindowStart(t *testing.T) {
	for _, c := range []struct{ now, last, want string }{
		{"2026-12-01T14:00:00Z", "1 day", "2026-11-30T23:00:00Z"}, // today
		{"2026-12-01T14:00:00Z", "30 days", "2026-11-01T23:00:00Z"},
		{"2026-12-01T14:00:00Z", "12 months", "2025-12-01T23:00:00Z"}, // (1 December 2025, 1 December 2026]
		{"2026-03-31T14:00:00Z", "1 month", "2026-02-28T23:00:00Z"},
		{"2026-12-01T14:00:00Z", "1 week", "2026-11-24T23:00:00Z"},
		{"2026-04-01T14:00:00Z", "4 days", "2026-03-28T23:00:00Z"},
		{"2026-03-29T12:00:00Z", "24 hours", "2026-03-28T12:00:00.000001Z"},
	} {
		require.Equal(t, c.want, monday(t, "Europe/Berlin").WindowStart(at(t, c.now), duration(t, c.last)).String(), "%s at %s", c.last, c.now)
	}
}

// TestAfterAndBeforeInEveryZone checks what must hold whatever the transitions: time goes on, whole days in between agree
// with the dates, and the clock is kept unless a gap forbids it.
func TestAfterAndBeforeInEveryZone(t *testing.T) {
	r := random(t)
	for _, z := range everyZone(t) {
		c := Calendar{Zone: z.Zone}
		for range 200 {
			i := Instant(civil(1980, 1, 1))*day + Instant(r.Int64N(60*366*day))
			d := Duration{N: 1 + r.IntN(40), Unit: [...]Unit{Minute, Hour, Day, Week, Month, Year}[r.IntN(6)]}
			after, before, end := c.After(i, d), c.Before(i, d), c.EndOfDayAfter(i, d)
			if after <= i || before >= i || end < after && z.shown(i) == z.wall(i) {
				require.Failf(t, "time does not go on", "%s %v %v: %v, %v, %v", z.Name(), i, d, before, after, end)
			}
			if _, exact := d.exact(); exact {
				require.Equal(t, i, c.Before(after, d))
				require.Equal(t, after, end)
				continue
			}
			if z.Start(z.Date(end)) != end {
				require.Failf(t, "not the end of a day", "%s %v %v: %v", z.Name(), i, d, end)
			}
			if jumped := z.shown(after) != z.shown(after-1)+1; z.Clock(after) != z.Clock(i) && !jumped {
				require.Failf(t, "the clock is not kept", "%s %v %v: %v", z.Name(), i, d, after)
			}
			if first := c.WindowStart(i, d); z.Start(z.Date(first)) != first || first > i {
				require.Failf(t, "not whole days", "%s %v %v: %v", z.Name(), i, d, first)
			}
		}
	}
}

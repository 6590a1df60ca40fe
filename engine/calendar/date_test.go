package calendar

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryDate(t *testing.T) {
	first, last := date(t, "0001-01-01"), date(t, "9999-12-31")
	days := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for d := first; d <= last; d += 13 {
		year, month, dayOfMonth := d.Civil()
		back, ok := NewDate(year, month, dayOfMonth)
		if !ok || back != d || d.Weekday() != days.Weekday() || d.String() != days.Format(time.DateOnly) {
			require.Failf(t, "wrong date", "%d is %v, %v", d, d, days)
		}
		days = days.AddDate(0, 0, 13)
	}
}

func TestDateRefuses(t *testing.T) {
	for _, text := range []string{
		"", "2026-12-1", "2026-1-01", "26-12-01", "2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-01", "2026-01-00",
		"0000-01-01", "-001-01-01", "2026/12/01", "2026-12-01T", "20261201", "2026-12-0x", "x026-12-01", "2026-+1-01",
	} {
		_, err := ParseDate(text)
		require.Error(t, err, text)
	}
	for _, c := range [][3]int{{0, 1, 1}, {10000, 1, 1}, {2026, 0, 1}, {2026, 13, 1}, {2026, 1, 0}, {2026, 1, 32}, {2100, 2, 29}} {
		_, ok := NewDate(c[0], c[1], c[2])
		require.False(t, ok, c)
	}
}

func TestAddMonths(t *testing.T) {
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{
		{"2026-01-31", 1, "2026-02-28"},  // LOT-04
		{"2028-02-29", 12, "2029-02-28"}, // LOT-03
		{"2028-01-31", 1, "2028-02-29"},
		{"2026-12-15", 1, "2027-01-15"},
		{"2026-01-15", -1, "2025-12-15"},
		{"2026-03-31", -1, "2026-02-28"},
		{"2026-03-31", -13, "2025-02-28"},
		{"2026-05-31", 1200, "2126-05-31"},
		{"2026-05-31", 0, "2026-05-31"},
	} {
		require.Equal(t, c.want, date(t, c.from).AddMonths(c.months).String(), "%s %+d months", c.from, c.months)
	}
	require.Equal(t, "2027-01-01", date(t, "2026-12-31").AddDays(1).String())
	require.Equal(t, "2026-12-01", date(t, "2026-12-31").AddDays(-30).String())
}

func TestAnniversary(t *testing.T) {
	leap := date(t, "1992-02-29")
	require.Equal(t, "2026-02-28", leap.Anniversary(2026).String())
	require.Equal(t, "2028-02-29", leap.Anniversary(2028).String())
	require.Equal(t, "2100-02-28", leap.Anniversary(2100).String())
	require.Equal(t, "2027-12-31", date(t, "1970-12-31").Anniversary(2027).String())

	// SCH-11: the birthday of 2027 in Berlin begins at the local midnight of 28 February.
	require.Equal(t, "2027-02-27T23:00:00Z", zone(t, "Europe/Berlin").Start(leap.Anniversary(2027)).String())
}

func TestDatesBeyondInstants(t *testing.T) {
	z := zone(t, "America/Santiago")
	require.Equal(t, Forever, z.Start(math.MaxInt32))
	require.Equal(t, Beginning, z.Start(math.MinInt32))
	require.Equal(t, Forever, z.At(maxDate, 300*24*time.Hour))
	require.InDelta(t, int(maxDate), int(z.Date(Forever)), 3)
	require.InDelta(t, int(minDate), int(z.Date(Beginning)), 3)
	require.Less(t, z.Clock(Forever), 24*time.Hour)
	require.Equal(t, "294247-01-09", maxDate.String())
	require.Equal(t, "-290308-12-23", minDate.String())
}

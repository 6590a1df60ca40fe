package calendar

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const halfPastTwo = 2*time.Hour + 30*time.Minute

func TestLoadZone(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	require.Equal(t, "Europe/Berlin", berlin.Name())
	require.Same(t, berlin, zone(t, "Europe/Berlin"))
	require.Same(t, UTC, zone(t, "UTC"))
	require.Greater(t, len(ZoneNames()), 590)
	require.IsIncreasing(t, ZoneNames())
	for _, name := range ZoneNames() {
		require.Equal(t, name, zone(t, name).Name())
	}
}

func TestUnknownZones(t *testing.T) {
	for name, suggestion := range map[string]string{
		"europe/berlin":                    `did you mean "Europe/Berlin"?`,
		"Europe/Berlim":                    `did you mean "Europe/Berlin"?`,
		"Berlin":                           `did you mean "Europe/Berlin"?`,
		"New York":                         `did you mean "America/New_York"?`,
		"Asia/Calcuta":                     `did you mean "Asia/Calcutta"?`,
		"":                                 "want an IANA name",
		"Local":                            "want an IANA name",
		"../../etc/shadow":                 "want an IANA name",
		"/Europe/Berlin/../../../zoneinfo": "want an IANA name",
		"Middle Earth/Bree":                "want an IANA name",
	} {
		_, err := LoadZone(name)
		require.ErrorContains(t, err, suggestion, name)
	}
}

// TestLocalTimes holds the resolver to instants worked out by hand from the announcements of each change.
func TestLocalTimes(t *testing.T) {
	for _, c := range []struct {
		zone, date string
		clock      time.Duration
		want, why  string
	}{
		{"Europe/Berlin", "2026-03-29", 0, "2026-03-28T23:00:00Z", "SCH-07: the day of 23 hours"},
		{"Europe/Berlin", "2026-03-30", 0, "2026-03-29T22:00:00Z", "SCH-07: its end; LOT-05"},
		{"Europe/Berlin", "2026-03-29", halfPastTwo, "2026-03-29T01:00:00Z", "gap"},
		{"Europe/Berlin", "2026-10-25", halfPastTwo, "2026-10-25T00:30:00Z", "SCH-03: overlap"},
		{"Europe/Berlin", "2026-10-25", 3 * time.Hour, "2026-10-25T02:00:00Z", "after the overlap"},
		{"America/New_York", "2026-03-08", halfPastTwo, "2026-03-08T07:00:00Z", "SCH-02: gap"},
		{"America/New_York", "2026-03-09", halfPastTwo, "2026-03-09T06:30:00Z", "SCH-02: the day after"},
		{"America/Santiago", "2025-09-07", 0, "2025-09-07T04:00:00Z", "midnight in a gap"},
		{"America/Santiago", "2025-09-08", 0, "2025-09-08T03:00:00Z", "the day after"},
		{"Asia/Beirut", "2026-03-29", 0, "2026-03-28T22:00:00Z", "midnight in a gap"},
		{"Africa/Cairo", "2026-04-24", 0, "2026-04-23T22:00:00Z", "midnight in a gap"},
		{"Africa/Cairo", "2026-10-30", 0, "2026-10-29T22:00:00Z", "back from midnight to 23:00: midnight comes once"},
		{"America/Havana", "2025-11-02", 0, "2025-11-02T04:00:00Z", "the first of two midnights"},
		{"America/Havana", "2025-11-02", 30 * time.Minute, "2025-11-02T04:30:00Z", "the first of two half past twelve"},
		{"America/Havana", "2025-11-02", time.Hour, "2025-11-02T06:00:00Z", "after the overlap"},
		{"Pacific/Apia", "2011-12-30", 0, "2011-12-30T10:00:00Z", "a date that never was"},
		{"Pacific/Apia", "2011-12-30", 12 * time.Hour, "2011-12-30T10:00:00Z", "noon of a date that never was"},
		{"Pacific/Apia", "2011-12-31", 0, "2011-12-30T10:00:00Z", "the date after it"},
		{"Pacific/Kwajalein", "1993-08-21", 0, "1993-08-21T12:00:00Z", "a date that never was"},
		{"Pacific/Kwajalein", "1993-08-22", 0, "1993-08-21T12:00:00Z", "the date after it"},
		{"America/St_Johns", "2010-11-07", 0, "2010-11-07T02:30:00Z", "begun for a minute, then back to 23:01"},
		{"America/St_Johns", "2010-11-08", 0, "2010-11-08T03:30:00Z", "the day after"},
		{"Australia/Lord_Howe", "2026-10-04", 2*time.Hour + 15*time.Minute, "2026-10-03T15:30:00Z", "a gap of half an hour"},
		{"Europe/Berlin", "2600-07-01", 12 * time.Hour, "2600-07-01T10:00:00Z", "beyond the table"},
		{"Europe/Berlin", "1850-01-01", 0, "1849-12-31T23:06:32Z", "local mean time"},
		{"UTC", "2026-03-29", 25 * time.Hour, "2026-03-30T01:00:00Z", "more than a day"},
	} {
		require.Equal(t, c.want, zone(t, c.zone).At(date(t, c.date), c.clock).String(), "%s %s %s: %s", c.zone, c.date, c.clock, c.why)
	}
}

func TestDateIsNotLeftAgain(t *testing.T) {
	// St. John's, 2010: the clock shows 7 November for one minute, goes back to 23:01 and comes to midnight again.
	z := zone(t, "America/St_Johns")
	for text, want := range map[string]struct {
		date  string
		clock time.Duration
	}{
		"2010-11-07T02:29:59Z": {"2010-11-06", 23*time.Hour + 59*time.Minute + 59*time.Second},
		"2010-11-07T02:30:00Z": {"2010-11-07", 0},
		"2010-11-07T02:31:00Z": {"2010-11-07", 23*time.Hour + time.Minute},
		"2010-11-07T03:29:59Z": {"2010-11-07", 23*time.Hour + 59*time.Minute + 59*time.Second},
		"2010-11-07T03:30:00Z": {"2010-11-07", 0},
	} {
		require.Equal(t, want.date, z.Date(at(t, text)).String(), text)
		require.Equal(t, want.clock, z.Clock(at(t, text)), text)
	}
}

func TestNilZoneIsUTC(t *testing.T) {
	var none *Zone
	i := at(t, "2026-12-01T14:30:00Z")
	require.Equal(t, "UTC", none.Name())
	require.Equal(t, UTC.Date(i), none.Date(i))
	require.Equal(t, UTC.Clock(i), none.Clock(i))
	require.Equal(t, UTC.Start(UTC.Date(i)), none.Start(UTC.Date(i)))
	require.Equal(t, "2026-12-01", Calendar{}.Label(Day, Calendar{}.Key(Day, i)))
}

func TestHotPathsDoNotAllocate(t *testing.T) {
	c := Calendar{Zone: zone(t, "Europe/Berlin"), WeekStart: time.Monday}
	w := Window{Days: []DayRule{{Weekday: time.Friday, Nth: 1}}, Hours: &Hours{From: 14 * time.Hour, To: 16 * time.Hour}}
	i := at(t, "2026-12-01T14:00:00Z")
	text := []byte("2026-12-01T14:00:00.25+01:00")
	buffer := make([]byte, 0, 64)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_ = i.UnmarshalText(text)
		buffer = i.Append(buffer[:0])
		for p := Always; p <= Year; p++ {
			c.Start(p, c.Key(p, i))
		}
		w.Contains(c, i)
		w.Next(c, i)
		c.EndOfDayAfter(i, Duration{12, Month})
	}))
}

package calendar

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func at(t testing.TB, text string) Instant {
	t.Helper()
	i, err := ParseInstant(text)
	require.NoError(t, err, text)
	return i
}

func date(t testing.TB, text string) Date {
	t.Helper()
	d, err := ParseDate(text)
	require.NoError(t, err, text)
	return d
}

func zone(t testing.TB, name string) *Zone {
	t.Helper()
	z, err := LoadZone(name)
	require.NoError(t, err)
	return z
}

func TestInstantText(t *testing.T) {
	for text, want := range map[string]string{
		"2026-12-01T14:00:00Z":                "2026-12-01T14:00:00Z",
		"2026-12-01T14:00:00+01:00":           "2026-12-01T13:00:00Z",
		"2026-12-01T00:30:00+05:45":           "2026-11-30T18:45:00Z",
		"2026-12-01T14:00:00-00:00":           "2026-12-01T14:00:00Z",
		"2026-12-01T14:00:00.5Z":              "2026-12-01T14:00:00.5Z",
		"2026-12-01T14:00:00.120000Z":         "2026-12-01T14:00:00.12Z",
		"2026-12-01T14:00:00.000001Z":         "2026-12-01T14:00:00.000001Z",
		"2026-12-01T14:00:00.123456789Z":      "2026-12-01T14:00:00.123456Z",
		"1969-12-31T23:59:59.999999999Z":      "1969-12-31T23:59:59.999999Z",
		"0001-01-01T00:00:00Z":                "0001-01-01T00:00:00Z",
		"9999-12-31T23:59:59.999999Z":         "9999-12-31T23:59:59.999999Z",
		"2028-02-29T23:59:59-12:00":           "2028-03-01T11:59:59Z",
		"2000-02-29T00:00:00.100000000+14:00": "2000-02-28T10:00:00.1Z",
	} {
		i := at(t, text)
		require.Equal(t, want, i.String(), text)
		parsed, err := time.Parse(time.RFC3339Nano, text)
		require.NoError(t, err)
		require.Equal(t, FromTime(parsed), i, text)
		require.True(t, i.Time().Equal(parsed.Truncate(time.Microsecond)))
		require.Equal(t, time.UTC, i.Time().Location())
	}
}

func TestInstantRefuses(t *testing.T) {
	for _, text := range []string{
		"", "now", "forever", "2026-12-01", "2026-12-01T14:00:00", "2026-12-01 14:00:00Z", "2026-12-01t14:00:00Z",
		"2026-12-01T14:00:00z", "2026-12-01T14:00Z", "2026-12-01T24:00:00Z", "2026-12-01T23:60:00Z", "2026-12-31T23:59:60Z",
		"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z", "2026-12-00T00:00:00Z",
		"2026-12-01T14:00:00.Z", "2026-12-01T14:00:00,5Z", "2026-12-01T14:00:00.1234567890Z", "2026-12-01T4:00:00Z0",
		"2026-12-01T14:00:00+01", "2026-12-01T14:00:00+0100", "2026-12-01T14:00:00+24:00", "2026-12-01T14:00:00+01:60",
		"2026-12-01T14:00:00+01:00Z", "2026-12-01T14:00:00Z ", " 2026-12-01T14:00:00Z", "+2026-12-01T14:00:00Z",
		"0000-12-01T14:00:00Z", "12026-12-01T14:00:00Z", "2026-1a-01T14:00:00Z", "2026-12-01T14-00:00Z", "2026-12-01T14:00:00 01:00",
		"2026/12/01T14:00:00Z", "2026-12-01T-1:00:00Z", "2026-12-01T14:00:00+-1:00", "2026-12-01T14:00:00.5",
		// The instant itself, not only its text, lies in the years 0001 to 9999.
		"0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
	} {
		_, err := ParseInstant(text)
		require.Error(t, err, text)
	}
}

func TestInstantJSON(t *testing.T) {
	type lot struct {
		Expires Instant         `json:"expires"`
		Days    map[Date]string `json:"days,omitempty"`
	}
	for _, l := range []lot{{Expires: at(t, "2027-01-15T23:00:00Z")}, {Expires: Forever}, {Expires: Beginning}, {Days: map[Date]string{1: "x"}}} {
		text, err := json.Marshal(l)
		require.NoError(t, err)
		var again lot
		require.NoError(t, json.Unmarshal(text, &again))
		require.Equal(t, l, again)
	}
	text, err := json.Marshal([]Instant{0, Forever})
	require.NoError(t, err)
	require.Equal(t, `["1970-01-01T00:00:00Z","forever"]`, string(text))

	_, err = json.Marshal(lastWritable + 1)
	require.Error(t, err)
	_, err = json.Marshal(firstWritable - 1)
	require.Error(t, err)
	kept := lot{Expires: 7}
	require.Error(t, json.Unmarshal([]byte(`{"expires":"tomorrow"}`), &kept))
	require.Error(t, json.Unmarshal([]byte(`{"expires":12}`), &kept))
	require.Error(t, json.Unmarshal([]byte(`{"days":{"2026-02-30":"x"}}`), &kept))
	require.Equal(t, Instant(7), kept.Expires)
}

func TestInstantAdd(t *testing.T) {
	i := at(t, "2026-03-28T12:00:00Z")
	require.Equal(t, "2026-03-29T12:00:00Z", i.Add(24*time.Hour).String())
	require.Equal(t, i, i.Add(999*time.Nanosecond))
	require.Equal(t, Forever, Forever.Add(-time.Hour))
	require.Equal(t, Beginning, Beginning.Add(time.Hour))
	require.Equal(t, Forever, (Forever - 1).Add(time.Second))
	require.Equal(t, Beginning, (Beginning + 1).Add(-time.Second))
}

func FuzzParseInstant(f *testing.F) {
	for _, seed := range []string{"2026-12-01T14:00:00Z", "2026-12-01T14:00:00.5+01:00", "9999-12-31T23:59:59-23:59", "2026-12-01T14:00:00."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		i, err := ParseInstant(s)
		if err != nil {
			return
		}
		parsed, err := time.Parse(time.RFC3339Nano, s)
		require.NoError(t, err, "what is accepted is RFC 3339")
		require.Equal(t, FromTime(parsed), i)
		again, err := ParseInstant(i.String())
		require.NoError(t, err)
		require.Equal(t, i, again)
	})
}

package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/enginetest"
)

const daily = `program: daily
timezone: Europe/Berlin
clock: member
events: {visit: {}, earn: {points: integer}}
points: {stars: {}, gems: {expire: end of month}}
rules:
  earn: {when: earn, give: {stars: event.points}, limit: 100 stars per day}
  visit: {when: visit, give: {gems: 1}}
streaks: {daily: {when: visit, every: day, goals: [{at: 2, give: {gems: 5}}]}}
`

// standing is what a member is shown, but for instants that lie ahead.
func standing(s *server, member string) (shown string) {
	s.t.Helper()
	var p struct {
		Points  map[string]struct{ Spendable json.Number }
		Streaks map[string]struct{ Length, Longest int }
	}
	require.Equal(s.t, 200, s.do("GET", "/v1/members/"+member+"/progress", "", &p))
	b, err := json.Marshal(p)
	require.NoError(s.t, err)
	return string(b)
}

// logged runs a server whose log goes to a file, and returns it with the messages about time zones.
func logged(t *testing.T, key string, args ...string) (*server, func() []map[string]any) {
	t.Helper()
	s := serveBinary(t, args...)
	if key != "" {
		s.key = key
	}
	return s, func() (list []map[string]any) {
		lines := bufio.NewScanner(strings.NewReader(s.log()))
		for lines.Scan() {
			var line map[string]any
			if json.Unmarshal(lines.Bytes(), &line) == nil && strings.Contains(line["msg"].(string), "time zone") {
				list = append(list, line)
			}
		}
		return list
	}
}

// A release of the time zones moves the end of summer time to before what was recorded. Nothing of it changes: not at a start, in
// a replay, by a void or an erasure, nor when the release is taken back.
func TestOtherTimeZonesChangeNothingThatWas(t *testing.T) {
	dir := t.TempDir()
	file, data, zones := filepath.Join(dir, "ruleset.yaml"), filepath.Join(dir, "data"), filepath.Join(dir, "zoneinfo.zip")
	require.NoError(t, os.WriteFile(file, []byte(daily), 0o600))
	// Whatever the season is, clocks are set by two hours since long ago.
	now := time.Now()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	_, offset := now.In(berlin).Zone()
	other := enginetest.Zones(t, "2099z", map[string][]enginetest.Offset{"Europe/Berlin": enginetest.Always(offset - 7200)})
	require.NoError(t, os.WriteFile(zones, other.Archive(), 0o600))

	s, said := logged(t, "", "--data", data, file)
	key := s.key
	midnight := calendar.FromTime(now) // the last one in Berlin that is some hours ago
	zone, err := calendar.LoadZone("Europe/Berlin")
	require.NoError(t, err)
	midnight = zone.Start(zone.Date(midnight.Add(-6 * time.Hour)))
	send := func(s *server, id, member, kind, data string, at calendar.Instant) {
		t.Helper()
		body := `{"id":"` + id + `","type":"` + kind + `","member":"` + member + `","time":"` + at.String() + `","data":` + data + `}`
		require.Equal(t, 200, s.do("POST", "/v1/events", body, nil), body)
	}
	t.Setenv("LAUREL_KEY", key)
	_, stderr, exit := laurel(t, "plan", "--url", s.base, file)
	require.Zero(t, exit, stderr)
	plan, _, exit := laurel(t, "plan", "--url", s.base, "--zones", zones, file)
	require.Equal(t, exitChanges, exit)
	require.Regexp(t, `^~ time zones\n    release: `+calendar.Embedded().Release()+
		` -> 2099z\n    what lies before the start stays as it was; these differ: Europe/Berlin from 20[^,]*\n$`, plan)

	for _, member := range []string{"ann", "bob"} { // an hour before midnight and half an hour after it, which the other data calls one day
		require.Equal(t, 201, s.do("PUT", "/v1/members/"+member, `{"timezone":"Europe/Berlin"}`, nil))
		send(s, member+"1", member, "earn", `{"points":80}`, midnight.Add(-time.Hour))
		send(s, member+"2", member, "earn", `{"points":80}`, midnight.Add(30*time.Minute))
		send(s, member+"3", member, "visit", `{}`, midnight.Add(-time.Hour))
		send(s, member+"4", member, "visit", `{}`, midnight.Add(30*time.Minute))
	}
	shown := standing(s, "ann")
	require.Contains(t, shown, `"stars":{"Spendable":160}`)
	require.Contains(t, shown, `"Longest":2`)
	s.interrupt()
	require.Empty(t, said(), "the first start changes nothing")
	proved(t, data)

	for i, args := range [][]string{{"--zones", zones}, {"--zones", zones}, nil} {
		s, said = logged(t, key, append([]string{"--data", data, file}, args...)...)
		require.Equal(t, shown, standing(s, "ann"))
		var versions struct {
			Data []struct {
				TimeZones string `json:"time_zones"`
			}
		}
		require.Equal(t, 200, s.do("GET", "/v1/admin/rulesets", "", &versions))
		last := versions.Data[len(versions.Data)-1].TimeZones
		switch i {
		case 0:
			require.Equal(t, "2099z", last)
			require.Equal(t, shown, standing(s, "bob"))
			send(s, "late", "ann", "earn", `{"points":80}`, midnight.Add(-90*time.Minute)) // of the cap of its own day, 20 were left
			shown = strings.Replace(shown, `"Spendable":160`, `"Spendable":180`, 1)
			require.Equal(t, shown, standing(s, "ann"))
			s.kill()
			require.Equal(t, "2099z", said()[0]["now"])
			require.Contains(t, said()[0]["zones"].([]any)[0], "Europe/Berlin from ")
		case 1:
			require.Equal(t, 200, s.do("POST", "/v1/events/ann1/void", "", nil))
			shown = strings.Replace(shown, `"Spendable":180`, `"Spendable":100`, 1)
			require.Equal(t, shown, standing(s, "ann"))
			require.Equal(t, 200, s.do("DELETE", "/v1/members/bob", "", nil))
			s.kill()
			require.Empty(t, said())
		case 2:
			require.Equal(t, calendar.Embedded().Release(), last, "a binary with older data")
			s.interrupt()
			require.Equal(t, "2099z", said()[0]["before"])
		}
		proved(t, data)
	}
	_, stderr, exit = laurel(t, "serve", "--data", data, "--zones", file, file)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "--zones: "+file+" is no zip of compiled time zones")
}

// proved holds that the journal of a stopped server comes to what is stored, by the time zones that decided.
func proved(t *testing.T, data string) {
	t.Helper()
	out, stderr, exit := laurel(t, "replay", "--data", data)
	require.Zero(t, exit, out+stderr)
	require.Contains(t, out, "as stored")
}

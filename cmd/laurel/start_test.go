package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// A data directory has one server. A second one is told so, and the first goes on.
func TestASecondServerIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := serveBinary(t, "--data", dir, "../../rulesets/examples/coffee")
	_, stderr, exit := laurel(t, "serve", "--data", dir, "--listen", "127.0.0.1:0", "--operators", "127.0.0.1:0", "../../rulesets/examples/coffee")
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "the data directory is in use by another process: "+dir)
	require.Equal(t, 200, s.do("POST", "/v1/events", `{"id":"v1","type":"visit","member":"ann","data":{"store":"s1"}}`, nil))
	s.interrupt()
	serveBinary(t, "--data", dir, "../../rulesets/examples/coffee").interrupt()
}

const quietly = "program: quiet\ntitle: Quiet\ncurrency: EUR\nevents: {buy: {}}\npoints: {stars: {}}\n" +
	"rules: {buy: {when: buy, give: {stars: 1}, limit: 1 per day}}\n"

// silent leaves a data directory whose last event was accepted some time ago, under a ruleset of its own.
func silent(t *testing.T, ago time.Duration) (data, ruleset string) {
	t.Helper()
	return silentUnder(t, quietly, ago)
}

func silentUnder(t *testing.T, text string, ago time.Duration) (data, ruleset string) {
	t.Helper()
	dir := t.TempDir()
	data, ruleset = filepath.Join(dir, "data"), filepath.Join(dir, "ruleset.yaml")
	require.NoError(t, os.WriteFile(ruleset, []byte(text), 0o600))
	l, diagnostics := rulesets.LoadPathIn(nil, ruleset)
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	db, err := pebblestore.Open(data, pebblestore.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	store, err := db.Program("quiet")
	require.NoError(t, err)
	then := calendar.FromTime(time.Now().Add(-ago))
	versions, err := program.Versions(db.Settings(), l.Ruleset, program.Text{Files: l.Sources}, then,
		program.Compiler{Compile: assembly.Ruleset, Succeeds: assembly.Succeeds(store)})
	require.NoError(t, err)
	boards := leaderboards.NewMemory()
	p, err := program.Open(program.Options{Store: store, Versions: versions, Boards: boards, Ranks: boards, Now: func() calendar.Instant { return then }})
	require.NoError(t, err)
	results, err := p.Submit(&event.Event{ID: "e1", Type: "buy", Member: "ann", Data: []byte("{}")})
	require.NoError(t, err)
	require.Nil(t, results[0].Refusal)
	require.NoError(t, p.Close())
	require.NoError(t, db.Close())
	return data, ruleset
}

// storedVersions are those of a data directory that nobody serves.
func storedVersions(t *testing.T, data string) []engine.Version {
	t.Helper()
	db, err := pebblestore.Open(data, pebblestore.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	versions, err := program.Stored(db.Settings(), "quiet", assembly.Ruleset)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return versions
}

// A clock that was put back must not date a version before what was decided by the one before it.
func TestAVersionIsNeverOlderThanTheLastEvent(t *testing.T) {
	data, ruleset := silent(t, -time.Hour)
	require.NoError(t, os.WriteFile(ruleset, []byte(quietly+"badges: {first: {}}\n"), 0o600))
	serveBinary(t, "--data", data, ruleset).interrupt()
	versions := storedVersions(t, data)
	require.Len(t, versions, 2)
	require.GreaterOrEqual(t, versions[1].From, versions[0].From)
	require.Greater(t, versions[1].From, calendar.FromTime(time.Now().Add(50*time.Minute)))
}

// A field that no event had may go again; one that was sent may not, and the plan of a running server knows which.
func TestAFieldThatWasNeverSentMayGo(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	ruleset := func(name, events string) string {
		return write(t, dir, name, strings.Replace(quietly, "events: {buy: {}}", events, 1))
	}
	narrow, wide := ruleset("narrow.yaml", "events: {buy: {}}"), ruleset("wide.yaml", "events: {buy: {store?: text}}")
	s := serveBinary(t, wide, "--data", data)
	t.Setenv("LAUREL_KEY", s.key)
	require.Equal(t, 200, s.do("POST", "/v1/events", `{"id":"e1","type":"buy","member":"ann","data":{}}`, nil))
	_, _, exit := laurel(t, "plan", wide, narrow)
	require.Equal(t, exitFailed, exit, "files alone do not say what was sent")
	out, stderr, exit := laurel(t, "plan", "--url", s.base, narrow)
	require.Equal(t, exitChanges, exit, out+stderr)
	s.interrupt()

	s = serveBinary(t, narrow, "--data", data)
	s.interrupt()
	s = serveBinary(t, wide, "--data", data)
	s.key = os.Getenv("LAUREL_KEY")
	require.Equal(t, 200, s.do("POST", "/v1/events", `{"id":"e2","type":"buy","member":"ann","data":{"store":"s1"}}`, nil))
	out, _, exit = laurel(t, "plan", "--url", s.base, narrow)
	require.Equal(t, exitFailed, exit)
	require.Contains(t, out, "events were accepted with store: keep the field")
	s.interrupt()
	_, stderr, exit = laurel(t, "serve", narrow, "--data", data)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "events were accepted with store: keep the field")
}

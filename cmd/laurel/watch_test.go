package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/stretchr/testify/require"
)

// driven is a watcher whose changes and timers the test makes itself.
type driven struct {
	*watcher
	changes  chan fsnotify.Event
	faults   chan error
	timers   chan chan time.Time // each timer that is started
	runs     chan int            // each run, by its number
	followed [][]string
	ended    chan error
}

func drive(t *testing.T) *driven {
	d := &driven{changes: make(chan fsnotify.Event), faults: make(chan error), timers: make(chan chan time.Time, 1),
		runs: make(chan int), ended: make(chan error, 1)}
	n := 0
	d.watcher = &watcher{
		dirs:    func() []string { return []string{"dir", "other"} },
		run:     func() { n++; d.runs <- n },
		follow:  func(dirs []string) error { d.followed = append(d.followed, dirs); return nil },
		changes: d.changes, faults: d.faults,
		after: func(wait time.Duration) <-chan time.Time {
			require.Equal(t, settle, wait)
			timer := make(chan time.Time, 1)
			d.timers <- timer
			return timer
		},
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go func() { d.ended <- d.loop(ctx) }()
	require.Equal(t, 1, <-d.runs)
	return d
}

func (d *driven) write(name string) { d.changes <- fsnotify.Event{Name: name, Op: fsnotify.Write} }

func TestWatchRunsOnceAfterABurstOfChanges(t *testing.T) {
	d := drive(t)
	d.write("dir/rules.yaml")
	first := <-d.timers
	d.write("dir/rules_test.yaml")
	second := <-d.timers
	first <- time.Time{} // of a timer that a later change has replaced: nobody listens
	d.write("dir/rules.yaml.swp")
	d.changes <- fsnotify.Event{Name: "dir/rules.yaml", Op: fsnotify.Chmod}
	require.Empty(t, d.timers, "neither concerns a ruleset")
	second <- time.Time{}
	require.Equal(t, 2, <-d.runs)
	d.faults <- errors.New("the disk is gone")
	require.ErrorContains(t, <-d.ended, "the disk is gone")
	require.Equal(t, [][]string{{"dir", "other"}, {"dir", "other"}}, d.followed, "before each run, for the tests may name another ruleset")
}

func TestConcerns(t *testing.T) {
	for op, want := range map[fsnotify.Op]bool{fsnotify.Write: true, fsnotify.Create: true, fsnotify.Remove: true, fsnotify.Rename: true,
		fsnotify.Chmod: false, fsnotify.Write | fsnotify.Chmod: true} {
		require.Equal(t, want, concerns(fsnotify.Event{Name: "a/b.yml", Op: op}), op)
		require.False(t, concerns(fsnotify.Event{Name: "a/b.txt", Op: op}), op)
	}
}

// signals is a writer that hands on each line that it is given.
type signals chan string

func (s signals) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		s <- strings.TrimSpace(line)
	}
	return len(text), nil
}

// A real ruleset in one directory and its tests in another are run again when either is replaced, as editors do.
func TestWatchedTests(t *testing.T) {
	root := t.TempDir()
	replace := func(name, text string) {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path+"~", []byte(text), 0o600))
		require.NoError(t, os.Rename(path+"~", path))
	}
	ruleset := "program: cafe\nevents: {visit: {}}\npoints: {stars: {}}\nrules: {visit: {when: visit, give: {stars: 5}}}\n"
	tests := "ruleset: ../program\ntests:\n  a_visit_gives_stars:\n    timeline: [{at: 2026-12-01, as: ann, event: visit, expect: {points: {stars: 5}}}]\n"
	replace("program/ruleset.yaml", ruleset)
	replace("tests/visits_test.yaml", tests)
	file := filepath.Join(root, "tests", "visits_test.yaml")

	said, ctx := make(signals), t.Context()
	var differences bytes.Buffer
	cmd := newRoot()
	cmd.SetArgs([]string{"test", file, "--watch"})
	cmd.SetOut(&differences)
	cmd.SetErr(said)
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- cmd.ExecuteContext(ctx) }()
	expect := func(line string) {
		require.Equal(t, line, <-said)
		require.Contains(t, <-said, "waiting for changes")
	}
	expect(file + ": 1 test passed")
	replace("program/ruleset.yaml", strings.Replace(ruleset, "stars: 5", "stars: 6", 1))
	expect(file + ": 1 of 1 test failed")
	require.Contains(t, differences.String(), "points.stars: wanted 5, came 6")
	replace("tests/visits_test.yaml", strings.Replace(tests, "stars: 5", "stars: 6", 1))
	expect(file + ": 1 test passed")
	replace("program/ruleset.yaml", "program: cafe\n")
	expect(file + ": cannot be run")
	require.NoError(t, os.Remove(file))
	require.Contains(t, <-said, "no such file or directory")
	require.Contains(t, <-said, "waiting for changes")
	replace("program/ruleset.yaml", ruleset) // nobody names it now, so that nothing happens
	replace("tests/visits_test.yaml", tests)
	expect(file + ": 1 test passed")
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
}

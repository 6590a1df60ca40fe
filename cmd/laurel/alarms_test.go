package main

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/webhook"
)

// aDisk is a data directory that does as it is told.
type aDisk struct {
	err     error
	free    uint64
	damaged map[string]int
}

func (d *aDisk) Err() error              { return d.err }
func (d *aDisk) Full() bool              { return d.free < d.Reserve() }
func (d *aDisk) Free() (uint64, error)   { return d.free, nil }
func (d *aDisk) Reserve() uint64         { return 1 << 30 }
func (d *aDisk) Damaged() map[string]int { return d.damaged }

// watched is a server that is well.
func watched(t *testing.T) (sources, *aDisk) {
	t.Helper()
	disk := &aDisk{free: 10 << 30}
	return sources{db: disk, redis: func() error { return nil }, machine: clock.New(), rulesets: func(context.Context) error { return nil },
		programs: func() []string { return []string{"shop"} }, jobs: func(string) []jobs.Status { return []jobs.Status{{Job: "settle"}, {Job: "boards"}} },
		webhooks: func(string) (webhook.All, error) { return webhook.All{}, nil }, lag: func(string) uint64 { return 0 }}, disk
}

// raisedOf are the names of the alarms that are raised.
func raisedOf(t *testing.T, s sources) (names []string) {
	t.Helper()
	for _, a := range s.alarms() {
		if a.raised(t.Context()) != nil {
			names = append(names, a.name)
		}
	}
	return names
}

// Each alarm is raised by what it is for, and by nothing else.
func TestEachAlarmIsRaised(t *testing.T) {
	status := func(s jobs.Status) func(string) []jobs.Status {
		return func(string) []jobs.Status { return []jobs.Status{s} }
	}
	many := int64(backlogAlarm)
	raise := map[string][]func(*sources, *aDisk){
		"store":      {func(_ *sources, d *aDisk) { d.err = errors.New("a sync failed") }},
		"disk_space": {func(_ *sources, d *aDisk) { d.free = 3 << 29 }},
		"damage":     {func(_ *sources, d *aDisk) { d.damaged = map[string]int{"shop": 1} }},
		"clock":      {func(s *sources, _ *aDisk) { s.machine = unbelieved() }},
		"redis":      {func(s *sources, _ *aDisk) { s.redis = func() error { return errors.New("away") } }},
		"rulesets": {func(s *sources, _ *aDisk) {
			s.rulesets = func(context.Context) error { return errors.New("has errors") }
		}},
		"certificate": {func(s *sources, _ *aDisk) {
			cert, key := signed(t, t.TempDir(), "one", time.Now().Add(24*time.Hour))
			shown, err := openCertificate(cert, key, nil)
			require.NoError(t, err)
			s.certificate = shown
		}},
		"jobs": {
			func(s *sources, _ *aDisk) { s.jobs = status(jobs.Status{Job: "settle", Error: "no"}) },
			func(s *sources, _ *aDisk) { s.jobs = status(jobs.Status{Job: "gifts", Backlog: &many}) },
			func(s *sources, _ *aDisk) { s.jobs = status(jobs.Status{Job: "settle", LatenessP99: 301}) },
		},
		"boards": {func(s *sources, _ *aDisk) { s.jobs = status(jobs.Status{Job: "boards", Backlog: &many}) }},
		"webhooks": {
			func(s *sources, _ *aDisk) { s.webhooks = webhooksAre(webhook.All{Down: 1}) },
			func(s *sources, _ *aDisk) { s.webhooks = webhooksAre(webhook.All{Behind: webhooksAlarm}) },
			func(s *sources, _ *aDisk) { s.webhooks = webhooksAre(webhook.All{Dead: 1}) },
		},
		"statistics": {func(s *sources, _ *aDisk) { s.lag = func(string) uint64 { return statisticsAlarm } }},
	}
	well, _ := watched(t)
	require.Empty(t, raisedOf(t, well))
	for name, ways := range raise {
		for _, way := range ways {
			s, d := watched(t)
			way(&s, d)
			require.Equal(t, []string{name}, raisedOf(t, s))
		}
	}
	full, d := watched(t)
	d.free = 0
	require.Equal(t, []string{"disk", "disk_space"}, raisedOf(t, full), "who is full has little space, too")
	require.Len(t, well.alarms(), len(raise)+1, "each has a way of being raised")
}

// unbelieved is a clock that is a month from when something was last accepted, and for which nobody vouches.
func unbelieved() *clock.Clock {
	c := clock.New()
	c.Resume(calendar.FromTime(time.Now().Add(-30 * 24 * time.Hour)))
	return c
}

func webhooksAre(all webhook.All) func(string) (webhook.All, error) {
	return func(string) (webhook.All, error) { return all, nil }
}

// The table of the guide is that of the code, and each alarm has its section, which /readyz names.
func TestAlarmsAreDescribed(t *testing.T) {
	const page, head = "../../docs/operations/alarms.md", "|---|---|---|---|\n"
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	well, _ := watched(t)
	var table strings.Builder
	var sections []string
	for _, a := range well.alarms() {
		ready := "degraded"
		if a.unready {
			ready = "fails"
		}
		table.WriteString("| [" + a.name + "](#" + a.name + ") | " + a.means + " | " + a.threshold + " | " + ready + " |\n")
		sections = append(sections, a.name)
		require.Equal(t, "docs/operations/alarms.md#"+a.name, a.guide())
	}
	before, after, found := strings.Cut(string(text), head)
	require.True(t, found)
	rows, rest, _ := strings.Cut(after, "\n## ")
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(before+head+table.String()+"\n## "+rest), 0o600))
		return
	}
	require.Equal(t, table.String(), strings.TrimRight(rows, "\n")+"\n", "go test ./cmd/laurel -run TestAlarmsAreDescribed -update writes the table")
	var described []string
	for _, m := range regexp.MustCompile(`(?m)^## (\S+)$`).FindAllStringSubmatch(string(text), -1) {
		described = append(described, m[1])
	}
	require.Equal(t, sections, described)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/boards"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/host"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/internal/webhook"
)

// From where on a backlog is an alarm.
const (
	backlogAlarm    = 10_000 // pieces of work of a job: as far as they are counted
	webhooksAlarm   = 10_000 // records of the journal that a webhook was not told of
	statisticsAlarm = 10_000 // events that statistics do not have yet
	latenessAlarm   = 5 * time.Minute
)

// alarm is something that operators have to know of. Each is a check of /readyz, a value of laurel_alarm, and a section of the guide.
type alarm struct {
	name, means, threshold string
	// unready is set where nothing should be sent to the server while it is raised; else it is degraded.
	unready bool
	// raised is why it is raised, nil while it is not.
	raised func(ctx context.Context) error
}

// guide is the page that says what to do about an alarm.
func (a *alarm) guide() string { return "docs/operations/alarms.md#" + a.name }

// room is the disk of the data directory.
type room interface {
	Err() error
	Full() bool
	Free() (uint64, error)
	Reserve() uint64
	Damaged() map[string]int
}

// sources are what alarms look at. Of each program that runs here, jobs, webhooks and lag are asked.
type sources struct {
	db          room
	redis       func() error
	machine     *clock.Clock
	rulesets    func(context.Context) error
	certificate *shownCertificate // nil without one
	programs    func() []string
	jobs        func(program string) []jobs.Status
	webhooks    func(program string) (webhook.All, error)
	lag         func(program string) uint64 // of statistics
}

// sourcesOf are those of a server.
func sourcesOf(db *pebblestore.DB, redis *boards.Redis, machine *clock.Clock, programs *host.Host, runner *jobs.Runner) sources {
	return sources{db: db, machine: machine, programs: programs.Locals, jobs: runner.Status,
		redis: func() error {
			if redis == nil {
				return nil
			}
			return redis.Ready()
		},
		webhooks: func(id string) (webhook.All, error) {
			if l := programs.Local(id); l != nil && l.Webhooks != nil {
				return l.Webhooks.All()
			}
			return webhook.All{}, nil
		},
		lag: func(id string) uint64 {
			if l := programs.Local(id); l != nil && l.Statistics != nil {
				return l.Statistics.Lag()
			}
			return 0
		}}
}

// glance is how long what costs reads of the store is not asked again: /readyz may be asked by many, and often.
const glance = 5 * time.Second

// nowAndThen asks at most once in a while, and answers with what it was told.
func nowAndThen(ask func() error) func(context.Context) error {
	var mu sync.Mutex
	var at time.Time
	var last error
	return func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); at.IsZero() || now.Sub(at) >= glance {
			last, at = ask(), now
		}
		return last
	}
}

// alarms is the table of them.
func (s sources) alarms() []alarm {
	return []alarm{
		{"store", "the store cannot be written any more, and the process is about to end", "a write or a sync that failed", true,
			func(context.Context) error { return s.db.Err() }},
		{"disk", "nothing is written for want of room; reads go on", "less free than --keep-free", false, s.full},
		{"disk_space", "the disk fills up", "less free than twice --keep-free", false, s.low},
		{"damage", "records of the journal cannot be read", "one since the start", false, s.damaged},
		{"clock", "the machine's clock is not believed", "a jump of 5 minutes, or a start that nobody vouches for", true,
			func(context.Context) error { return wrong(s.machine) }},
		{"redis", "leaderboards are shown from the store, or may be dropped", "no answer, no writes, or keys that are dropped when it is full", false,
			func(context.Context) error { return s.redis() }},
		{"rulesets", "a file was not reloaded, and the version before is in force", "one file", false, s.rulesets},
		{"certificate", "the certificate of --tls-cert ends soon", "14 days before", false,
			func(context.Context) error { return s.certificate.ending(time.Now()) }},
		{"jobs", "what time does is behind, or fails", "10,000 pieces that wait, 5 minutes late, or a run that failed", false,
			nowAndThen(func() error { return s.behind(func(job string) bool { return job != "boards" && job != "webhooks" }) })},
		{"boards", "leaderboards on Redis are behind", "10,000 scores that wait, or a run that failed", false,
			nowAndThen(func() error { return s.behind(func(job string) bool { return job == "boards" }) })},
		{"webhooks", "messages wait or were given up", "10,000 records behind, a webhook that does not answer, or a dead message", false,
			nowAndThen(s.untold)},
		{"statistics", "statistics are behind", "10,000 events", false, func(context.Context) error { return s.uncounted() }},
	}
}

func (s sources) full(context.Context) error {
	if s.db.Full() {
		return errors.New("it is nearly full: nothing is written, and reads go on (--keep-free)")
	}
	return nil
}

func (s sources) low(context.Context) error {
	free, err := s.db.Free()
	if err != nil || free >= 2*s.db.Reserve() {
		return err
	}
	return fmt.Errorf("%d MiB are free, and writes are refused below %d MiB", free>>20, s.db.Reserve()>>20)
}

func (s sources) damaged(context.Context) (err error) {
	for id, n := range s.db.Damaged() {
		err = errors.Join(err, fmt.Errorf("program %s: %d %s of the journal cannot be read", id, n, plural(n, "record")))
	}
	return err
}

func (s sources) behind(of func(job string) bool) (err error) {
	for _, id := range s.programs() {
		for _, j := range s.jobs(id) {
			switch {
			case !of(j.Job):
			case j.Error != "":
				err = errors.Join(err, fmt.Errorf("program %s: %s failed: %s", id, j.Job, j.Error))
			case j.Backlog != nil && *j.Backlog >= backlogAlarm:
				err = errors.Join(err, fmt.Errorf("program %s: %s has %d or more to do", id, j.Job, *j.Backlog))
			case j.LatenessP99 > latenessAlarm.Seconds():
				err = errors.Join(err, fmt.Errorf("program %s: %s is %.0f seconds late", id, j.Job, j.LatenessP99))
			}
		}
	}
	return err
}

func (s sources) untold() (err error) {
	for _, id := range s.programs() {
		all, failed := s.webhooks(id)
		switch {
		case failed != nil:
			err = errors.Join(err, failed)
		case all.Down > 0:
			err = errors.Join(err, fmt.Errorf("program %s: of its webhooks %d get no answer", id, all.Down))
		case all.Behind >= webhooksAlarm:
			err = errors.Join(err, fmt.Errorf("program %s: a webhook is %d records behind", id, all.Behind))
		case all.Dead > 0:
			err = errors.Join(err, fmt.Errorf("program %s: %d %s given up and can be resent", id, all.Dead, plural(all.Dead, "message")))
		}
	}
	return err
}

func (s sources) uncounted() (err error) {
	for _, id := range s.programs() {
		if lag := s.lag(id); lag >= statisticsAlarm {
			err = errors.Join(err, fmt.Errorf("program %s: statistics are %d events behind", id, lag))
		}
	}
	return err
}

// checks are what /readyz asks besides the programs.
func checks(alarms []alarm) (list []api.Check) {
	for _, a := range alarms {
		list = append(list, api.Check{Name: a.name, Minor: !a.unready, Guide: a.guide(), Run: a.raised})
	}
	return list
}

// alarmMetrics tells the same to Prometheus.
type alarmMetrics struct{ alarms []alarm }

var alarmDesc = prometheus.NewDesc("laurel_alarm", "1 while the alarm is raised; the guide has a section for each.", []string{"alarm"}, nil)

// Describe implements prometheus.Collector.
func (alarmMetrics) Describe(ch chan<- *prometheus.Desc) { ch <- alarmDesc }

// Collect implements prometheus.Collector.
func (m alarmMetrics) Collect(ch chan<- prometheus.Metric) {
	for _, a := range m.alarms {
		value := 0.0
		if a.raised(context.Background()) != nil {
			value = 1
		}
		ch <- prometheus.MustNewConstMetric(alarmDesc, prometheus.GaugeValue, value, a.name)
	}
}

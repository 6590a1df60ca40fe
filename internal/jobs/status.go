package jobs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/webhook"
)

// Status is how a job is doing, for operators.
type Status struct {
	Job     string `json:"job"`
	Program string `json:"program"`
	// LastRun is null before the first run.
	LastRun *time.Time `json:"last_run"`
	// NextDue is when something is due next, null where nothing is known to be.
	NextDue *time.Time `json:"next_due"`
	// Backlog is how much is due and not done, counted up to 10,000; null where that cannot be told.
	Backlog *int64 `json:"backlog"`
	// LatenessP99 is how late things were done that were due at an instant, in seconds: 99 of 100 of the last ones at most.
	LatenessP99 float64 `json:"lateness_p99_seconds"`
	Done        int64   `json:"done"` // pieces of work since the start
	Failures    int64   `json:"failures"`
	Error       string  `json:"error,omitempty"` // of the last run
}

// maxBacklog bounds how far a backlog is counted.
const maxBacklog = 10_000

// lateness remembers how late the last pieces of work were.
type lateness struct {
	last [512]time.Duration
	n    int
}

func (l *lateness) add(d time.Duration) {
	l.last[l.n%len(l.last)] = max(d, 0)
	l.n++
}

func (l *lateness) p99() time.Duration {
	known := slices.Clone(l.last[:min(l.n, len(l.last))])
	if len(known) == 0 {
		return 0
	}
	slices.Sort(known)
	return known[(len(known)*99+99)/100-1]
}

// newTimeJob is one kind of the work of time.
func newTimeJob(p *program.Program, kind tasks.Task) *Job {
	j, h := &Job{Name: kind.Name, kind: &kind}, Runtime(p)
	if kind.Next != nil {
		j.next = func() (time.Time, error) {
			at, err := kind.Next(h)
			switch {
			case err != nil || at == calendar.Forever:
				return time.Time{}, err
			case at == calendar.Beginning: // it is being done
				at = p.Now()
			}
			return at.Time(), nil
		}
	}
	if kind.Backlog != nil {
		j.backlog = func() (int64, error) { return kind.Backlog(h, maxBacklog) }
	}
	j.run = func(context.Context) (int, error) {
		now := p.Now().Time()
		if j.next != nil && (j.due.IsZero() || !j.due.After(now)) {
			var err error
			if j.due, err = j.next(); err != nil {
				return 0, err
			}
		}
		done, err := kind.Do(h)
		// The oldest of the piece tells; what is older than the program's first event was imported.
		if _, first := p.Clock(); done > 0 && first > 0 && !j.due.Before(first.Time()) && !j.due.After(now) {
			j.mu.Lock()
			j.lateness.add(now.Sub(j.due))
			j.mu.Unlock()
		}
		if done > 0 {
			j.due = time.Time{}
		}
		return done, err
	}
	return j
}

// waitingScores counts the scores that a board outside this process has not been told.
func waitingScores(p *program.Program) (n int64, err error) {
	err = engine.Outbox(p.Store(), func(string, engine.ScoreChange) bool {
		n++
		return n < maxBacklog
	})
	return n, err
}

func (j *Job) look(program string) Status {
	j.mu.Lock()
	s := j.status
	s.LatenessP99 = j.lateness.p99().Seconds()
	j.mu.Unlock()
	s.Job, s.Program = j.Name, program
	var failed error
	if j.next != nil {
		at, err := j.next()
		if failed = err; err == nil && !at.IsZero() {
			s.NextDue = &at
		}
	}
	if j.backlog != nil {
		n, err := j.backlog()
		if failed = errors.Join(failed, err); err == nil {
			s.Backlog = &n
		}
	}
	if failed != nil && s.Error == "" {
		s.Error = failed.Error()
	}
	return s
}

// Status is how the jobs of a program are doing.
func (r *Runner) Status(program string) []Status {
	list := []Status{}
	if w := r.find(program); w != nil {
		for _, j := range w.jobs {
			list = append(list, j.look(program))
		}
	}
	return list
}

var (
	labels       = []string{"program", "job"}
	doneDesc     = prometheus.NewDesc("laurel_job_done_total", "Pieces of work done since the start.", labels, nil)
	failuresDesc = prometheus.NewDesc("laurel_job_failures_total", "Runs that failed since the start.", labels, nil)
	lastRunDesc  = prometheus.NewDesc("laurel_job_last_run_timestamp_seconds", "When the job last ran.", labels, nil)
	backlogDesc  = prometheus.NewDesc("laurel_job_backlog", "How much is due and not done, counted up to 10,000.", labels, nil)
	latenessDesc = prometheus.NewDesc("laurel_job_lateness_p99_seconds", "How late things were done that were due at an instant.", labels, nil)

	ofProgram   = []string{"program"} // an address or an id of a webhook is nobody else's business
	behindDesc  = prometheus.NewDesc("laurel_webhooks_behind", "Records of the journal that the webhook furthest behind was not told of yet.", ofProgram, nil)
	waitingDesc = prometheus.NewDesc("laurel_webhooks_waiting", "Messages to be tried again.", ofProgram, nil)
	deadDesc    = prometheus.NewDesc("laurel_webhooks_dead", "Messages that were given up and can be resent.", ofProgram, nil)
	mendedDesc  = prometheus.NewDesc("laurel_board_mended_total",
		"Scores of a leaderboard that differed from what its counter counts and were mended, since the start.", []string{"program", "leaderboard"}, nil)
	downDesc = prometheus.NewDesc("laurel_webhooks_down", "Webhooks that do not answer.", ofProgram, nil)
)

// Describe implements prometheus.Collector.
func (r *Runner) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{doneDesc, failuresDesc, lastRunDesc, backlogDesc, latenessDesc, behindDesc, waitingDesc, deadDesc, downDesc, mendedDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (r *Runner) Collect(ch chan<- prometheus.Metric) {
	r.mu.Lock()
	programs := maps.Clone(r.programs)
	r.mu.Unlock()
	for id, w := range programs {
		for _, j := range w.jobs {
			collectJob(ch, j.look(id))
		}
		mended := w.sweep.Mended()
		for _, b := range w.program.Rules().Leaderboards {
			ch <- prometheus.MustNewConstMetric(mendedDesc, prometheus.CounterValue, float64(mended[b.ID]), id, b.ID)
		}
		if w.Hooks != nil {
			collectWebhooks(ch, id, w.Hooks)
		}
	}
}

func collectJob(ch chan<- prometheus.Metric, s Status) {
	tell := func(d *prometheus.Desc, kind prometheus.ValueType, value float64) {
		ch <- prometheus.MustNewConstMetric(d, kind, value, s.Program, s.Job)
	}
	tell(doneDesc, prometheus.CounterValue, float64(s.Done))
	tell(failuresDesc, prometheus.CounterValue, float64(s.Failures))
	if s.LastRun != nil {
		tell(lastRunDesc, prometheus.GaugeValue, float64(s.LastRun.Unix()))
	}
	if s.Backlog != nil {
		tell(backlogDesc, prometheus.GaugeValue, float64(*s.Backlog))
	}
	if s.NextDue != nil || s.LatenessP99 > 0 {
		tell(latenessDesc, prometheus.GaugeValue, s.LatenessP99)
	}
}

func collectWebhooks(ch chan<- prometheus.Metric, program string, d *webhook.Deliverer) {
	all, err := d.All()
	if err != nil {
		ch <- prometheus.NewInvalidMetric(behindDesc, err)
		return
	}
	tell := func(d *prometheus.Desc, value float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, program)
	}
	tell(behindDesc, float64(all.Behind))
	tell(waitingDesc, float64(all.Waiting))
	tell(deadDesc, float64(all.Dead))
	tell(downDesc, float64(all.Down))
}

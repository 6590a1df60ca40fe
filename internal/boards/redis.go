package boards

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/seldom"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/redisboard"
)

const (
	watchEvery = time.Second
	watchTime  = time.Second // bounds one look
)

// Redis is the server that keeps the boards of all programs.
type Redis struct {
	board   *redisboard.Board
	log     *slog.Logger
	breaker *breaker
	refused prometheus.Counter

	mu     sync.Mutex
	seldom seldom.Log
	known  bool  // it was looked at
	warned bool  // of away
	away   error // why it does not serve, nil while it does
	policy string
}

// NewRedis makes the boards of a server. Look tells how it is.
func NewRedis(board *redisboard.Board, log *slog.Logger) *Redis {
	return &Redis{board: board, log: log, breaker: newBreaker(time.Now), refused: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "laurel_redis_reads_refused_total",
		Help: "Reads of leaderboards that Redis did not serve, being away or having lost something; they were answered from the store, or 503.",
	})}
}

// Of is the boards of the program that has a store.
func (r *Redis) Of(store engine.Store) *Remote {
	return &Remote{redis: r, store: store, lost: map[leaderboards.Key]bool{}}
}

// Time is what the clock of the Redis shows.
func (r *Redis) Time(ctx context.Context) (time.Time, error) { return r.board.Time(ctx) }

// Close gives up the connections.
func (r *Redis) Close() error { return r.board.Close() }

// Watch looks at the server until ctx ends.
func (r *Redis) Watch(ctx context.Context) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = r.Look(ctx) // it is logged, and Ready tells it
		}
	}
}

// Look finds out whether the server answers and keeps what it is told, and logs what has changed. A *redisboard.FormError says
// that it will never do.
func (r *Redis) Look(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, watchTime)
	defer cancel()
	err := r.board.Check(bounded)
	if err == nil {
		err = r.board.Ping(bounded)
	}
	if ctx.Err() != nil {
		return err
	}
	r.turned(err)
	if err == nil {
		r.readPolicy(bounded)
	}
	return err
}

// turned notes how the server is. A server that comes and goes is told of once in a while.
func (r *Redis) turned(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away, r.known = err, true
	if err == nil {
		if r.warned {
			r.log.Info("Redis answers again; leaderboards catch up")
		}
		r.warned = false
		return
	}
	if r.warned {
		return
	}
	var form *redisboard.FormError
	level, text := slog.LevelWarn, "Redis does not answer; events are accepted, and leaderboards shown from the store until it does"
	switch {
	case errors.As(err, &form):
		level, text = slog.LevelError, "Redis cannot keep the leaderboards, which are shown from the store"
	case errors.Is(err, redisboard.ErrFull):
		text = "Redis is full and takes no writes; events are accepted, and leaderboards shown from the store until it does"
	}
	if again, may := r.seldom.May(text); may {
		r.log.Log(context.Background(), level, text, append(again, "error", err)...)
		r.warned = true
	}
}

// readPolicy reads what the server does when it is full, and warns of what drops rankings when that is news.
func (r *Redis) readPolicy(ctx context.Context) {
	policy, err := r.board.Policy(ctx)
	if err != nil {
		return // it has just gone; the next look tells
	}
	r.mu.Lock()
	news := policy != r.policy
	r.policy = policy
	r.mu.Unlock()
	if evicts(policy) && news {
		r.log.Warn("Redis drops keys when it is full: leaderboards that it drops are built anew again and again. Set its maxmemory-policy to "+
			redisboard.Keeps, "maxmemory-policy", policy)
	}
}

func evicts(policy string) bool { return policy != "" && policy != redisboard.Keeps }

// Ready says what is wrong with the server, nil if nothing is.
func (r *Redis) Ready() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away == nil && evicts(r.policy) {
		return errors.New("it drops keys when it is full (maxmemory-policy " + r.policy + "): set maxmemory-policy to " + redisboard.Keeps)
	}
	return r.away
}

var (
	upDesc     = prometheus.NewDesc("laurel_redis_up", "1 while the Redis of the leaderboards answers.", nil, nil)
	evictsDesc = prometheus.NewDesc("laurel_redis_evicts", "1 while its maxmemory-policy lets it drop leaderboards when it is full.", nil, nil)
)

// Describe implements prometheus.Collector.
func (r *Redis) Describe(ch chan<- *prometheus.Desc) {
	ch <- upDesc
	ch <- evictsDesc
	r.refused.Describe(ch)
}

// Collect implements prometheus.Collector.
func (r *Redis) Collect(ch chan<- prometheus.Metric) {
	r.mu.Lock()
	up, drops := r.known && r.away == nil, evicts(r.policy)
	r.mu.Unlock()
	ch <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, number(up))
	ch <- prometheus.MustNewConstMetric(evictsDesc, prometheus.GaugeValue, number(drops))
	r.refused.Collect(ch)
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

package webhook

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/audit"
)

// Program is what the deliverer needs of a running program. *program.Program is one.
type Program interface {
	Store() engine.Store
	// Put writes rows, all of them or none, with the program's next batch.
	Put(rows ...engine.Row) error
	// Durable is the last record of the journal that will not be lost.
	Durable() uint64
	Erased(member string) bool
	// Now says when messages are due: a clock that jumps must not end the tries of those that wait.
	Now() calendar.Instant
}

// floorEvery is how many records an endpoint goes on before the settings are told: so many are looked at again when the store
// of a program is made again from its journal.
const floorEvery = 100_000

// Deliverer delivers the messages of one program to its endpoints. It does nothing by itself but what a Tick starts.
type Deliverer struct {
	id        string
	program   Program
	endpoints *Endpoints
	send      Send
	log       *slog.Logger

	mu        sync.Mutex // guards queues
	queues    map[string]*queue
	passes    sync.WaitGroup
	delivered atomic.Int64 // since the last tick
}

// NewDeliverer makes the deliverer of a program.
func NewDeliverer(id string, program Program, endpoints *Endpoints, send Send, log *slog.Logger) *Deliverer {
	return &Deliverer{id: id, program: program, endpoints: endpoints, send: send, log: log, queues: map[string]*queue{}}
}

func sequence(value []byte) uint64 { return binary.BigEndian.Uint64(value) }

// Tick starts a goroutine for each endpoint that has something to do and none yet, and returns how many messages were
// delivered since the last tick. The goroutines end when there is nothing left to do, or with the context.
func (d *Deliverer) Tick(ctx context.Context) (delivered int, err error) {
	now := d.program.Now()
	for _, e := range d.endpoints.List(d.id) {
		if e.Disabled != "" {
			continue
		}
		q, err := d.queue(e)
		if err != nil {
			return 0, err
		}
		if !q.idle(e, now) {
			d.start(ctx, q)
		}
	}
	return int(d.delivered.Swap(0)), nil
}

// Wait returns when all goroutines have ended, which they do when the context of their tick has.
func (d *Deliverer) Wait() { d.passes.Wait() }

func (d *Deliverer) start(ctx context.Context, q *queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running || q.removed {
		return
	}
	q.running = true
	d.passes.Go(func() {
		defer func() {
			if broken := recover(); broken != nil {
				d.log.Error("deliveries to a webhook failed; they are tried again at the next tick", "program", d.id, "webhook", q.endpoint, "panic", broken)
			}
			q.mu.Lock()
			q.running = false
			q.mu.Unlock()
		}()
		if err := q.run(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("deliveries to a webhook failed; they are tried again at the next tick", "program", d.id, "webhook", q.endpoint, "error", err)
		}
	})
}

// queue is that of an endpoint, read from the store at first.
func (d *Deliverer) queue(e *Endpoint) (*queue, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if q := d.queues[e.ID]; q != nil {
		return q, nil
	}
	q, err := d.open(e)
	if err == nil {
		d.queues[e.ID] = q
	}
	return q, err
}

// find reads the message that a row is about. One that is about an erased member is no more.
func (d *Deliverer) find(x *delivery) error {
	of, err := engine.MessagesOf(d.program.Store(), d.id, x.seq)
	if err != nil {
		return err
	}
	if x.index >= len(of) || d.program.Erased(of[x.index].Member) {
		x.drop = true
		return nil
	}
	x.Message = of[x.index]
	return nil
}

// List is the endpoints of the program, oldest first.
func (d *Deliverer) List() []*Endpoint { return d.endpoints.List(d.id) }

// Find is one of them; the error is ErrUnknown.
func (d *Deliverer) Find(id string) (*Endpoint, error) { return d.endpoints.Find(d.id, id) }

// Create makes an endpoint that gets what is raised from now on. It returns the secret that signs, which is told this one time.
// The error is *InvalidError, ErrTooMany, or one of the settings.
func (d *Deliverer) Create(c Change) (*Endpoint, string, error) {
	return d.endpoints.create(d.id, c, d.program.Durable())
}

// Change changes an endpoint. One that is enabled again gets what it has missed.
func (d *Deliverer) Change(id string, c Change) (*Endpoint, error) {
	return d.endpoints.change(d.id, id, c)
}

// Rotate is Endpoints.Rotate.
func (d *Deliverer) Rotate(id string, overlap time.Duration, act *audit.Act) (*Endpoint, string, error) {
	return d.endpoints.Rotate(d.id, id, overlap, act)
}

// Remove ends an endpoint for good, with everything that waits for it.
func (d *Deliverer) Remove(id string, act *audit.Act) error {
	e, err := d.Find(id)
	if err != nil {
		return err
	}
	q, err := d.queue(e)
	if err != nil {
		return err
	}
	q.rows.Lock()
	defer q.rows.Unlock()
	q.mu.Lock()
	q.removed = true
	q.mu.Unlock()
	if err := d.endpoints.remove(d.id, id, act); err != nil {
		return err
	}
	rows := []engine.Row{{Key: cursorPrefix + id}}
	for _, prefix := range []string{waitingPrefix, deadPrefix} {
		err := d.program.Store().Scan(prefix+id+"\x00", "", func(key string, _ []byte) bool {
			rows = append(rows, engine.Row{Key: key})
			return true
		})
		if err != nil {
			return err
		}
	}
	d.mu.Lock()
	delete(d.queues, id)
	d.mu.Unlock()
	return d.program.Put(rows...)
}

// Ping sends a test message now, whatever the endpoint's types and even if it is disabled, and tells what came of it. It is
// sent once.
func (d *Deliverer) Ping(ctx context.Context, id string) (message string, r Result, err error) {
	e, err := d.Find(id)
	if err != nil {
		return "", r, err
	}
	now := d.program.Now()
	message = "msg_ping_" + newSecret()[len(secretMark):][:20]
	message = string(slices.DeleteFunc([]byte(message), func(c byte) bool { return c == '+' || c == '/' }))
	body, err := json.Marshal(map[string]any{"type": "ping", "timestamp": now.String(), "data": map[string]string{"program": d.id, "webhook": id}})
	if err != nil {
		return "", r, err
	}
	return message, d.send(ctx, e, message, body, d.endpoints.now()), nil
}

// Backlog is how many messages wait to be tried again, for all endpoints that are enabled.
func (d *Deliverer) Backlog() (int64, error) {
	all, err := d.All()
	return int64(all.Waiting), err
}

// All is how deliveries to all enabled endpoints of the program are doing.
type All struct {
	Behind  uint64 // of the one that is furthest behind
	Waiting int
	Dead    int // of disabled ones too: they can be resent
	Down    int // endpoints
}

// All is how deliveries to all enabled endpoints of the program are doing.
func (d *Deliverer) All() (all All, err error) {
	for _, e := range d.List() {
		s, err := d.Status(e)
		if err != nil {
			return all, err
		}
		all.Dead += s.Dead
		if e.Disabled != "" {
			continue // it gets nothing, because somebody wants it so
		}
		all.Behind, all.Waiting = max(all.Behind, s.Behind), all.Waiting+s.Waiting
		if s.Down {
			all.Down++
		}
	}
	return all, nil
}

// Status is how deliveries to an endpoint are doing.
type Status struct {
	Behind  uint64           // records of the journal that were not looked at yet
	Waiting int              // messages to be tried again
	Dead    int              // messages given up
	Down    bool             // it does not answer, and gets nothing new but a probe now and then
	LastOK  calendar.Instant // of a delivery since the start of the process; 0: none
	Error   string           // of the last try that failed since the start
}

// Status is how deliveries to an endpoint are doing.
func (d *Deliverer) Status(e *Endpoint) (s Status, err error) {
	q, err := d.queue(e)
	if err != nil {
		return s, err
	}
	durable := d.program.Durable()
	q.mu.Lock()
	defer q.mu.Unlock()
	return Status{Behind: durable - min(q.cursor, durable), Waiting: q.waiting, Dead: q.dead, Down: q.probe > 0, LastOK: q.lastOK, Error: q.lastErr}, nil
}

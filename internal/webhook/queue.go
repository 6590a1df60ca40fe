package webhook

import (
	"context"
	"errors"
	"hash/fnv"
	"sync"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// Bounds of one endpoint.
const (
	workers  = 8  // messages on their way at once
	maxBatch = 64 // messages of one pass, and what one more event raises
	// maxPass is when a pass begins no more tries: what it has done must be written down before long.
	maxPass = 30 * time.Second
	// maxWaiting is how many messages wait to be tried again; while there are as many, nothing new is taken from the journal.
	maxWaiting = 10_000
	// maxDead is how many dead messages are kept. The oldest ones make room.
	maxDead = 100_000
	// maxFailures is how many first tries fail in a row until the endpoint counts as down: then it gets a probe now and then.
	maxFailures = 10
	maxProbe    = 15 * time.Minute
	// maxScan is how many records of the journal are looked at in one pass.
	maxScan = 20_000
	// maxBehind is how far the cursor in the store may be behind when nothing had to be sent.
	maxBehind = 10_000
)

// queue is what one endpoint is still to be told. Its pass is run by one goroutine at a time.
type queue struct {
	d        *Deliverer
	endpoint string

	rows    sync.Mutex // held while the rows are changed, which is after messages were sent
	mu      sync.Mutex // guards what follows, and is never held for long
	running bool
	removed bool
	cursor  uint64
	written uint64 // the cursor in the store; the goroutine of the passes alone looks at it
	waiting int
	dead    int
	next    calendar.Instant // when the first waiting message is due; Forever: none
	// An endpoint that is down:
	failures  int              // in a row
	probe     calendar.Instant // when it is tried next; 0 while it is up
	probes    int
	recovered calendar.Instant // since when it is up again: what was last tried before is due. 0: nothing is
	lastOK    calendar.Instant
	lastErr   string
}

// delivery is one message on its way.
type delivery struct {
	engine.Message
	place
	key   string // of its waiting row, "" for one from the journal
	tries tries
	sent  bool
	drop  bool // nothing is left to send
}

// open reads where an endpoint is.
func (d *Deliverer) open(e *Endpoint) (*queue, error) {
	q := &queue{d: d, endpoint: e.ID, cursor: e.From, next: calendar.Forever}
	store := d.program.Store()
	value, err := store.Get(cursorPrefix + e.ID)
	if err != nil {
		return nil, err
	}
	if len(value) == 8 {
		q.cursor = sequence(value)
	}
	q.written = q.cursor
	err = store.Scan(waitingPrefix+e.ID+"\x00", "", func(key string, _ []byte) bool {
		q.waiting++
		q.next = min(q.next, dueOf(key))
		return true
	})
	if err != nil {
		return nil, err
	}
	err = store.Scan(deadPrefix+e.ID+"\x00", "", func(string, []byte) bool { q.dead++; return true })
	return q, err
}

// idle reports whether there is nothing to do by now. It asks nothing of the store.
func (q *queue) idle(e *Endpoint, now calendar.Instant) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return e.Disabled != "" || q.next > now && q.recovered == 0 && !q.takesNew(now)
}

// takesNew reports whether the next messages of the journal are to be sent. The lock is held.
func (q *queue) takesNew(now calendar.Instant) bool {
	return q.cursor < q.d.program.Durable() && q.waiting < maxWaiting && now >= q.probe
}

// run makes passes until there is nothing to do.
func (q *queue) run(ctx context.Context) error {
	for ctx.Err() == nil {
		e, err := q.d.endpoints.Find(q.d.id, q.endpoint)
		if err != nil {
			return nil // it was removed
		}
		if q.idle(e, q.d.program.Now()) {
			return q.settle(e)
		}
		if err := q.pass(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// settle tells the settings how far the endpoint has come, now and then.
func (q *queue) settle(e *Endpoint) error {
	if q.written < e.From+floorEvery {
		return nil
	}
	floor := q.written
	err := q.d.program.Store().Scan(waitingPrefix+q.endpoint+"\x00", "", func(key string, _ []byte) bool {
		floor = min(floor, placeOf(key).seq-1)
		return true
	})
	if err == nil && floor >= e.From+floorEvery {
		err = q.d.endpoints.reached(q.d.id, q.endpoint, floor)
	}
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	return err
}

// pass sends what is due and what comes next, and writes down what became of it.
func (q *queue) pass(ctx context.Context, e *Endpoint) (err error) {
	now := q.d.program.Now()
	q.mu.Lock()
	through, probing, takes := q.cursor, q.probe > 0, q.takesNew(now)
	next, recovered := q.next, q.recovered
	q.next = calendar.Forever // what others add meanwhile is added to it
	q.mu.Unlock()
	defer func() {
		if err != nil || ctx.Err() != nil {
			next = calendar.Beginning // to be looked for again
		}
		q.mu.Lock()
		q.next = min(q.next, next)
		q.mu.Unlock()
	}()
	batch, next, err := q.due(now, next, recovered)
	if err != nil {
		return err
	}
	if takes && len(batch) < maxBatch {
		if through, err = q.take(e, through, probing, &batch); err != nil {
			return err
		}
	}
	gone := q.send(ctx, e, batch)
	if ctx.Err() != nil {
		return nil // what was sent is sent again: nobody knows what became of the tries that were cut off
	}
	if gone {
		if err := q.d.endpoints.disable(q.d.id, q.endpoint, Gone); err != nil && !errors.Is(err, ErrUnknown) {
			return err
		}
	}
	return q.write(batch, through, &next)
}

// due are the waiting messages that are to be tried by now, and when the next one will be.
func (q *queue) due(now, next, recovered calendar.Instant) (batch []*delivery, _ calendar.Instant, err error) {
	if next > now && recovered == 0 {
		return nil, next, nil
	}
	next = calendar.Forever
	var failed error
	err = q.d.program.Store().Scan(waitingPrefix+q.endpoint+"\x00", "", func(key string, value []byte) bool {
		at := dueOf(key)
		if at > now {
			next = min(next, at)
		}
		if at > now && recovered == 0 {
			return false
		}
		t, err := decodeTries(key, value)
		if failed = err; err != nil {
			return false
		}
		if at > now && calendar.Instant(t.Last) >= recovered {
			return true
		}
		if len(batch) == maxBatch {
			next = min(next, at)
			return false
		}
		batch = append(batch, &delivery{place: placeOf(key), key: key, tries: t})
		return true
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, next, err
	}
	if len(batch) < maxBatch && recovered > 0 {
		q.mu.Lock()
		q.recovered = 0
		q.mu.Unlock()
	}
	for _, x := range batch {
		if err := q.d.find(x); err != nil {
			return nil, next, err
		}
	}
	return batch, next, nil
}

// take adds what the journal holds next for the endpoint, and returns the record up to which that is.
func (q *queue) take(e *Endpoint, after uint64, probing bool, batch *[]*delivery) (uint64, error) {
	most := min(q.d.program.Durable()-after, maxScan)
	return engine.Messages(q.d.program.Store(), q.d.id, after, int(most), func(of []engine.Message) bool {
		if len(*batch) >= maxBatch || probing && len(*batch) > 0 {
			return false
		}
		for i := range of {
			if m := &of[i]; e.wants(m.Type) && !q.d.program.Erased(m.Member) {
				*batch = append(*batch, &delivery{Message: *m, place: place{m.Seq, m.Index}})
			}
		}
		return true
	})
}

// send tries each message once, those of one member one after another. It reports whether the receiver wants no more.
func (q *queue) send(ctx context.Context, e *Endpoint, batch []*delivery) (gone bool) {
	began := q.d.program.Now()
	var lines [workers][]*delivery
	for _, x := range batch {
		h := fnv.New32a()
		_, _ = h.Write([]byte(x.Member))
		n := h.Sum32() % workers
		lines[n] = append(lines[n], x)
	}
	var wait sync.WaitGroup
	var stop sync.Once
	for _, line := range lines {
		if len(line) == 0 {
			continue
		}
		wait.Go(func() {
			for _, x := range line {
				now := q.d.program.Now()
				if x.drop {
					continue
				}
				if ctx.Err() != nil || now > began.Add(maxPass) {
					return
				}
				// A signature is of the time that the world has, whatever the program's clock believes.
				x.try(q.d.send(ctx, e, x.ID(), x.Body(), q.d.endpoints.now()), now)
				if x.tries.Status == 410 {
					stop.Do(func() { gone = true })
				}
				if x.tries.Status == 0 || x.tries.Status == 410 {
					return // nobody is there; the rest of the line would only wait as long
				}
			}
		})
	}
	wait.Wait()
	return gone
}

func (x *delivery) try(r Result, now calendar.Instant) {
	x.sent = true
	x.tries.Result = r
	x.tries.Tries++
	x.tries.Last = int64(now)
	if x.tries.First == 0 {
		x.tries.First = int64(now)
	}
}

// passResult is what became of a batch: the rows that say so, and by how much counts change.
type passResult struct {
	rows              []engine.Row
	delivered, failed int // failed: of first tries
	waiting, dead     int
	next              calendar.Instant
}

// write puts what became of a batch into the store, all at once, with how far the journal was read. next becomes earlier where
// a message is due earlier.
func (q *queue) write(batch []*delivery, through uint64, next *calendar.Instant) error {
	now := q.d.program.Now()
	q.rows.Lock()
	defer q.rows.Unlock()
	q.mu.Lock()
	removed, dead := q.removed, q.dead
	q.mu.Unlock()
	if removed {
		return nil
	}
	c := passResult{next: *next}
	for _, x := range batch {
		if err := q.add(&c, x, now); err != nil {
			return err
		}
	}
	if over := dead + c.dead - maxDead; over > 0 {
		oldest, err := q.oldestDead(over)
		if err != nil {
			return err
		}
		c.rows, c.dead = append(c.rows, oldest...), c.dead-len(oldest)
	}
	store := len(c.rows) > 0 || c.delivered > 0 || through-q.written > maxBehind
	if store && through != q.written {
		c.rows = append(c.rows, cursorRow(q.endpoint, through))
	}
	if len(c.rows) > 0 {
		if err := q.d.program.Put(c.rows...); err != nil {
			return err
		}
	}
	*next = c.next
	q.mu.Lock()
	defer q.mu.Unlock()
	q.cursor, q.waiting, q.dead = through, q.waiting+c.waiting, q.dead+c.dead
	if store {
		q.written = through
	}
	q.updateHealth(batch, &c, now)
	q.d.delivered.Add(int64(c.delivered))
	return nil
}

// add adds what became of one message.
func (q *queue) add(c *passResult, x *delivery, now calendar.Instant) error {
	if x.key != "" {
		still, err := q.d.program.Store().Get(x.key)
		if err != nil {
			return err
		}
		if still != nil { // else it was swept meanwhile
			c.rows = append(c.rows, engine.Row{Key: x.key})
			c.waiting--
		}
	}
	switch due, alive := x.again(now); {
	case x.sent && x.tries.Delivered():
		c.delivered++
		return nil
	case x.drop || q.d.program.Erased(x.Member):
		return nil
	case alive:
		c.rows = append(c.rows, engine.Row{Key: waitingKey(q.endpoint, due, x.place), Value: x.tries.encode()})
		c.next = min(c.next, due)
		c.waiting++
	default:
		c.rows = append(c.rows, engine.Row{Key: deadKey(q.endpoint, x.place), Value: x.tries.encode()})
		c.dead++
	}
	if x.sent && x.key == "" { // a message that is refused again and again says nothing of the others
		c.failed++
	}
	return nil
}

// again is when a message that did not arrive is tried again; alive is false when it was tried for long enough.
func (x *delivery) again(now calendar.Instant) (due calendar.Instant, alive bool) {
	if !x.sent {
		return now.Add(firstDelay), true
	}
	due = now.Add(max(delay(x.ID(), x.tries.Tries), x.tries.RetryAfter))
	return due, due <= calendar.Instant(x.tries.First).Add(GiveUp)
}

// updateHealth tells from a pass whether the endpoint is up. The lock is held.
func (q *queue) updateHealth(batch []*delivery, c *passResult, now calendar.Instant) {
	for _, x := range batch {
		if x.sent && !x.tries.Delivered() {
			q.lastErr = x.tries.Error
		}
	}
	if c.delivered > 0 {
		if q.probe > 0 || q.lastOK == 0 && q.waiting > 0 { // a process that begins does not know what was down before
			q.recovered = now // it is back: what waits need not wait any longer
		}
		q.lastOK = now
		q.failures, q.probes, q.probe = 0, 0, 0
		return
	}
	if q.failures += c.failed; c.failed > 0 && q.failures >= maxFailures {
		q.probes++
		q.probe = now.Add(min(firstDelay<<min(q.probes, 10), maxProbe))
	}
}

// oldestDead are rows that delete the first dead messages.
func (q *queue) oldestDead(n int) (rows []engine.Row, err error) {
	err = q.d.program.Store().Scan(deadPrefix+q.endpoint+"\x00", "", func(key string, _ []byte) bool {
		rows = append(rows, engine.Row{Key: key})
		return len(rows) < n
	})
	return rows, err
}

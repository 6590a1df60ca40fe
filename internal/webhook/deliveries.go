package webhook

import (
	"errors"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

var (
	// ErrNoDelivery is the answer to a delivery that neither waits nor is dead.
	ErrNoDelivery = errors.New("webhook: there is no such delivery")
	// ErrNoRoom refuses to resend while too many messages wait.
	ErrNoRoom = errors.New("webhook: too many messages wait already")
)

// Delivery is a message that has not arrived.
type Delivery struct {
	ID      string // within its endpoint
	Message engine.Message
	Tries   int
	First   calendar.Instant // of the first try; 0 before it
	Last    calendar.Instant
	Next    calendar.Instant // of the next try; 0 for a dead one
	Result  Result           // of the last try

	at string // where it is in its list
}

// Cursor is what Waiting and Dead go on after.
func (x *Delivery) Cursor() string { return x.at }

// Waiting calls yield for the messages of an endpoint that are to be tried again, the next one first, until it returns false.
func (d *Deliverer) Waiting(e *Endpoint, after string, yield func(*Delivery) bool) error {
	return d.deliveries(waitingPrefix+e.ID+"\x00", after, d.program.Store().Scan, yield)
}

// Dead calls yield for those that were given up, the latest first.
func (d *Deliverer) Dead(e *Endpoint, after string, yield func(*Delivery) bool) error {
	return d.deliveries(deadPrefix+e.ID+"\x00", after, d.program.Store().ScanBack, yield)
}

// DeadOldest is Dead with the oldest first.
func (d *Deliverer) DeadOldest(e *Endpoint, after string, yield func(*Delivery) bool) error {
	return d.deliveries(deadPrefix+e.ID+"\x00", after, d.program.Store().Scan, yield)
}

// deliveries goes through rows as a scan finds them after a place.
func (d *Deliverer) deliveries(prefix, after string, scan func(string, string, func(string, []byte) bool) error, yield func(*Delivery) bool) error {
	start := ""
	if after != "" {
		start = prefix + after
	}
	var failed error
	err := scan(prefix, start, func(key string, value []byte) bool {
		t, err := decodeTries(key, value)
		x := delivery{place: placeOf(key)}
		if err == nil {
			err = d.find(&x)
		}
		if failed = err; err != nil {
			return false
		}
		if x.drop { // the member was erased; the row goes with the next sweep
			return true
		}
		out := &Delivery{ID: x.String(), Message: x.Message, Tries: t.Tries, First: calendar.Instant(t.First), Last: calendar.Instant(t.Last),
			Result: t.Result, at: key[len(prefix):]}
		if len(out.at) > placeSize {
			out.Next = dueOf(key)
		}
		return yield(out)
	})
	return errors.Join(err, failed)
}

// Resend has one dead message tried again, as if for the first time. The error is ErrNoDelivery, ErrNoRoom, or one of the store.
func (d *Deliverer) Resend(e *Endpoint, id string) error {
	p, ok := parsePlace(id)
	if !ok {
		return ErrNoDelivery
	}
	n, err := d.resend(e, func(dead func(place) bool) error { // with the rows locked: somebody else may have had it resent
		value, err := d.program.Store().Get(deadKey(e.ID, p))
		if err == nil && value == nil {
			err = ErrNoDelivery
		}
		if err == nil {
			dead(p)
		}
		return err
	})
	if err == nil && n == 0 {
		err = ErrNoRoom
	}
	return err
}

// ResendAll has all dead messages tried again, as many as there is room for among the waiting, the oldest first. It returns
// how many.
func (d *Deliverer) ResendAll(e *Endpoint) (int, error) {
	return d.resend(e, func(dead func(place) bool) error {
		return d.program.Store().Scan(deadPrefix+e.ID+"\x00", "", func(key string, _ []byte) bool { return dead(placeOf(key)) })
	})
}

func (d *Deliverer) resend(e *Endpoint, each func(dead func(place) bool) error) (n int, err error) {
	q, err := d.queue(e)
	if err != nil {
		return 0, err
	}
	q.rows.Lock()
	defer q.rows.Unlock()
	q.mu.Lock()
	room := maxWaiting - q.waiting
	removed := q.removed
	q.mu.Unlock()
	if removed {
		return 0, ErrUnknown
	}
	now := d.program.Now()
	var rows []engine.Row
	err = each(func(p place) bool {
		if n >= room {
			return false
		}
		n++
		rows = append(rows, engine.Row{Key: deadKey(e.ID, p)}, engine.Row{Key: waitingKey(e.ID, now, p), Value: (&tries{}).encode()})
		return true
	})
	if err != nil || n == 0 {
		return 0, err
	}
	if err := d.program.Put(rows...); err != nil {
		return 0, err
	}
	q.mu.Lock()
	q.dead -= n
	q.waiting += n
	q.next = min(q.next, now)
	q.mu.Unlock()
	return n, nil
}

// Sweep deletes the rows of messages about members that were erased. The rows do not say whom they are about; but they would
// wait to be tried, or to be resent, for nothing.
func (d *Deliverer) Sweep() error {
	for _, e := range d.List() {
		q, err := d.queue(e)
		if err != nil {
			return err
		}
		if err := q.sweep(); err != nil {
			return err
		}
	}
	return nil
}

func (q *queue) sweep() error {
	q.rows.Lock()
	defer q.rows.Unlock()
	var gone []engine.Row
	var waiting, dead int
	for _, list := range []struct {
		prefix string
		n      *int
	}{{waitingPrefix, &waiting}, {deadPrefix, &dead}} {
		var failed error
		err := q.d.program.Store().Scan(list.prefix+q.endpoint+"\x00", "", func(key string, _ []byte) bool {
			x := delivery{place: placeOf(key)}
			if failed = q.d.find(&x); x.drop {
				gone = append(gone, engine.Row{Key: key})
				*list.n++
			}
			return failed == nil
		})
		if err = errors.Join(err, failed); err != nil {
			return err
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if err := q.d.program.Put(gone...); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting -= waiting
	q.dead -= dead
	return nil
}

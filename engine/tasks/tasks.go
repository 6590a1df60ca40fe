package tasks

import (
	"bytes"
	"fmt"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// Runtime is a running program as the tasks of time need it. Submit returns when the events are durable, or refused,
// which needs nothing more; rows and events become durable in the order in which they were handed over.
type Runtime interface {
	Store() engine.Store
	Versions() []engine.Version
	Now() calendar.Instant
	// Clock is when the last event was accepted and when the first one was, imported ones aside; 0 before the first.
	Clock() (last, first calendar.Instant)
	// Due are the first events that settle what time has done to members by an instant, at most so many (Processor.Due).
	Due(by calendar.Instant, most int) ([]*event.Event, error)
	// News are what all members are to be told of, Turns the openings and closings of promotions (Processor.Turns).
	News() engine.News
	Turns(after, by calendar.Instant) ([]*event.Event, calendar.Instant)
	Submit(events ...*event.Event) error
	Put(rows ...engine.Row) error
	// Flush writes what is in memory alone to the store.
	Flush() error
	Erased(member string) bool
}

// Task is one kind of what time asks for. Do does one bounded piece of it and returns how much that was, 0 when nothing is left
// by now. Every piece is made of events with derived ids and of rows that say how far it has come: it may be stopped at any
// point, and done late, twice, or by another process, and gives the same result (reliability: P6, P9).
type Task struct {
	Name string
	Do   func(Runtime) (done int, err error)
	// Next is when something is due next, Forever for never; nil where that cannot be told.
	Next func(Runtime) (calendar.Instant, error)
	// Backlog counts what is due and not done, up to a number; nil where that cannot be told.
	Backlog func(h Runtime, most int) (int64, error)
}

// All are the tasks, in the order in which they are done when several are due.
var All = [...]Task{
	{"settle", Settle, nextDue, dueBacklog},
	{"news", SpreadNews, nil, nil},
	{"gifts", HandOut, nil, giftBacklog},
	{"seasons", CloseSeasons, NextClose, nil},
	{"promotions", TellTurns, nil, nil},
}

// pageSize is how many events, or rows, a piece of a task is, so that others have their turn.
const pageSize = 500

// Settle writes down what time has done to members by now, one page of them, in the order of due instants.
func Settle(h Runtime) (done int, err error) {
	ticks, err := h.Due(h.Now(), pageSize)
	if err != nil || len(ticks) == 0 {
		return 0, err
	}
	return len(ticks), h.Submit(ticks...)
}

// nextDue is the first instant at which time changes a member.
func nextDue(h Runtime) (next calendar.Instant, err error) {
	ticks, err := h.Due(calendar.Forever-1, 1)
	if err != nil || len(ticks) == 0 {
		return calendar.Forever, err
	}
	return ticks[0].Time, nil
}

// dueBacklog counts the members whom time has changed by now without anybody having written it down.
func dueBacklog(h Runtime, most int) (n int64, err error) {
	ticks, err := h.Due(h.Now(), most)
	return int64(len(ticks)), err
}

// giftBacklog counts the gifts to groups that are not handed out.
func giftBacklog(h Runtime, most int) (n int64, err error) {
	err = engine.Gifts(h.Store(), func(string, engine.Fanout) bool {
		n++
		return n < int64(most)
	})
	return n, err
}

// SpreadNews tells one page of members of the latest news, so that the timers of those who send nothing are set again. Members
// who join later know the latest and need not be told.
func SpreadNews(h Runtime) (done int, err error) {
	news := h.News()
	stored, err := h.Store().Get(newsRow)
	if err != nil {
		return 0, err
	}
	told, after, some := cursorOf(stored)
	switch {
	case told == news.String() && !some:
		return 0, nil
	case told != news.String():
		after = ""
		if err := h.Flush(); err != nil { // members in memory alone would not be found
			return 0, err
		}
	}
	var ticks []*event.Event
	if !news.None {
		err = engine.Spread(h.Store(), news, after, func(tick *event.Event) bool {
			ticks = append(ticks, tick)
			return len(ticks) < pageSize
		})
	}
	if err == nil && len(ticks) > 0 {
		err = h.Submit(ticks...)
	}
	if err != nil {
		return 0, err
	}
	mark := []byte(news.String())
	if len(ticks) == pageSize {
		mark = cursor(news.String(), ticks[pageSize-1].Member)
	}
	return len(ticks), h.Put(engine.Row{Key: newsRow, Value: mark})
}

// HandOut pays one page of a gift to the members of a group. Each payment has an id of its own, so that starting again after
// a crash pays nobody twice.
func HandOut(h Runtime) (done int, err error) {
	var key string
	var gift engine.Fanout
	err = engine.Gifts(h.Store(), func(k string, f engine.Fanout) bool {
		key, gift = k, f
		return false
	})
	if err != nil || key == "" {
		return 0, err
	}
	stored, err := h.Store().Get(giftRow)
	if err != nil {
		return 0, err
	}
	of, after, _ := cursorOf(stored)
	if of != key {
		after = ""
	}
	var shares []*event.Event
	if challenge := current(h).Challenge(gift.Challenge); challenge != nil && challenge.Counter != nil {
		err = engine.Sharers(h.Store(), gift, challenge.Counter.Name, after, func(member string) bool {
			shares = append(shares, engine.NewShare(gift, member))
			return len(shares) < pageSize
		})
	}
	if err == nil && len(shares) > 0 {
		err = h.Submit(shares...)
	}
	if err != nil {
		return 0, err
	}
	if len(shares) == pageSize {
		return pageSize, h.Put(engine.Row{Key: giftRow, Value: cursor(key, shares[pageSize-1].Member)})
	}
	return len(shares) + 1, h.Put(engine.Row{Key: key}, engine.Row{Key: giftRow})
}

// TellTurns tells the world outside that promotions have opened and closed: an event of no member each. What opened before a
// program first ran is history.
func TellTurns(h Runtime) (done int, err error) {
	now := h.Now()
	stored, err := h.Store().Get(turnsRow)
	if err != nil {
		return 0, err
	}
	through := now
	if stored != nil {
		after, err := calendar.ParseInstant(string(stored))
		if err != nil || after >= now {
			return 0, err
		}
		var turns []*event.Event
		if turns, through = h.Turns(after, now); len(turns) > 0 {
			err = h.Submit(turns...)
		}
		if done = len(turns); err != nil || done == 0 && through == now || through-1 == after { // at a clock that stands still
			return 0, err
		}
	}
	// A call that came in meanwhile may open a promotion at this very instant.
	return done, h.Put(engine.Row{Key: turnsRow, Value: []byte((through - 1).String())})
}

// VirtualTime is a Runtime whose clock is moved: a test of a ruleset, or a program that is a sandbox.
type VirtualTime interface {
	Runtime
	// Set moves the clock, never back.
	Set(now calendar.Instant)
}

// Next is the next instant at which time alone changes something: a member's state, or a season that closes; Forever when
// nothing is to come.
func Next(h Runtime) (next calendar.Instant, err error) {
	if len(current(h).Leaderboards) > 0 {
		if err := h.Flush(); err != nil { // scores lately are in memory alone
			return 0, err
		}
	}
	if next, err = NextClose(h); err != nil {
		return 0, err
	}
	due, err := nextDue(h)
	return min(next, due), err
}

// Advance moves the clock up to an instant. All that falls due on the way is done at its own instant, one after another. It
// stops early when stop says so, in between two instants; then the clock has not got to the end.
func Advance(h VirtualTime, to calendar.Instant, stop func() bool) error {
	for {
		if err := Quiesce(h); err != nil || h.Now() >= to || stop() {
			return err
		}
		next, err := Next(h)
		if err != nil {
			return err
		}
		h.Set(max(h.Now()+1, min(next, to)))
	}
}

// Quiesce does all tasks that are due by now.
func Quiesce(h Runtime) error {
	for first := ""; ; {
		again := false
		for _, w := range All {
			done, err := w.Do(h)
			if err != nil {
				return err
			}
			again = again || done > 0
		}
		if !again {
			return nil
		}
		was := first
		first = ""
		due, err := h.Due(h.Now(), 1)
		if err != nil {
			return err
		}
		if len(due) > 0 {
			first = due[0].ID
		}
		if first != "" && first == was {
			return fmt.Errorf("%s is due again after it was settled", first)
		}
	}
}

// Rows that say how far a task has come (engine/store_keys.go has the table of all rows).
const (
	closingRow = "c/season"     // closing, while a season is being closed
	closedRow  = "c/season/"    // and a board: the label of its last season that has closed
	newsRow    = "c/news"       // the News that members have been told
	giftRow    = "c/gift"       // the gift that is handed out
	turnsRow   = "c/promotions" // up to when openings and closings have been told
)

// cursor is the value of a row that says how far a task has come: what it is, and the last member while some are left.
func cursor(of, member string) []byte { return []byte(of + "\x00" + member) }

// cursorOf reads what cursor has written; more is false where that is done with.
func cursorOf(value []byte) (of, member string, more bool) {
	i := bytes.LastIndexByte(value, 0) // the key of a gift may hold one
	if i < 0 {
		return string(value), "", false
	}
	return string(value[:i]), string(value[i+1:]), true
}

package clock

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/settings"
)

// ErrLive is why the clock of a program cannot be moved: what is due would happen to real members.
var ErrLive = errors.New("the program is live; only the clock of a sandbox can be moved")

// Mark is what a program without events is to become.
type Mark struct {
	Sandbox bool
	// At is where the clock of a new sandbox stands, until it is moved; 0 for one that runs as the machine's does.
	At calendar.Instant
}

// Sandbox is the clock of a program that is a sandbox: the machine's clock and as far ahead of it as somebody has moved it, or
// one that stands still where it was put. It is safe for concurrent use.
type Sandbox struct {
	base     *Clock
	settings settings.Store
	row      string

	mu    sync.Mutex
	ahead int64            // microseconds, of one that runs
	at    calendar.Instant // of one that stands, else 0
}

// End is where the clock of a sandbox cannot be moved: what it gives has to expire within the years that times are written with.
const End = calendar.Instant(7_258_118_400_000_000) // 2200-01-01T00:00:00Z

// standing begins the row of a clock that stands; the row of one that runs is how far it is ahead.
const standing = "at "

func rowOf(program string) string { return "sandbox/" + program }

// Forget deletes the clock of a program that is removed.
func Forget(store settings.Store, program string) error {
	return settings.Delete(store, rowOf(program))
}

// OpenSandbox is the clock of a program that was marked as a sandbox, nil for a live one. A program without any events is
// marked, for ever; one that has some stays what it is, which is ErrLive for a live one.
func OpenSandbox(store settings.Store, program string, base *Clock, mark Mark, empty bool) (*Sandbox, error) {
	s := &Sandbox{base: base, settings: store, row: rowOf(program)}
	stored, err := store.Get(s.row)
	switch {
	case err == nil:
		return s, s.read(string(stored.Value))
	case !errors.Is(err, settings.ErrAbsent):
		return nil, err
	case !mark.Sandbox:
		return nil, nil //nolint:nilnil // a live program has no such clock
	case !empty:
		return nil, ErrLive
	}
	s.at = mark.At
	return s, s.Keep()
}

func (s *Sandbox) read(stored string) error {
	at, stands := strings.CutPrefix(stored, standing)
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return fmt.Errorf("the row %s of the store is damaged: %w", s.row, err)
	}
	if stands {
		s.at = calendar.Instant(n)
	} else {
		s.ahead = n
	}
	return nil
}

// Now is the time of the sandbox. It never goes back.
func (s *Sandbox) Now() calendar.Instant {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at != 0 {
		return s.at
	}
	return s.base.Now() + calendar.Instant(s.ahead)
}

// Stands reports whether the clock stands still until it is moved.
func (s *Sandbox) Stands() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at != 0
}

// Ahead is how far the clock is ahead of the machine's, in microseconds; below 0 where one that stands is behind it.
func (s *Sandbox) Ahead() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at != 0 {
		return int64(s.at - s.base.Now())
	}
	return s.ahead
}

// Set moves the clock forward to an instant; it is never moved back. Keep makes it last.
func (s *Sandbox) Set(now calendar.Instant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at != 0 {
		s.at = max(s.at, now)
		return
	}
	s.ahead = max(s.ahead, int64(now-s.base.Now()))
}

// Keep writes down where the clock stands, or how far it was moved.
func (s *Sandbox) Keep() error {
	s.mu.Lock()
	row := strconv.FormatInt(s.ahead, 10)
	if s.at != 0 {
		row = standing + strconv.FormatInt(int64(s.at), 10)
	}
	s.mu.Unlock()
	return settings.Put(s.settings, s.row, []byte(row))
}

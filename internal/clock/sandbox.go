package clock

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// ErrLive is why the clock of a program cannot be moved: what is due would happen to real members.
var ErrLive = errors.New("the program is live; only the clock of a sandbox can be moved")

// Settings are rows that outlive the process.
type Settings interface {
	Put(key string, value []byte) error
	List(prefix string, yield func(key string, value []byte) bool) error
}

// Sandbox is the clock of a program that is a sandbox: the machine's clock, and as far ahead of it as somebody has moved it.
// It is safe for concurrent use.
type Sandbox struct {
	base     *Clock
	settings Settings
	row      string

	mu    sync.Mutex
	ahead int64 // microseconds
}

// OpenSandbox is the clock of a program that was marked as a sandbox, nil for a live one. With mark a program without any
// events is marked, for ever; one that has some stays what it is, which is ErrLive for a live one.
func OpenSandbox(settings Settings, program string, base *Clock, mark, empty bool) (*Sandbox, error) {
	s := &Sandbox{base: base, settings: settings, row: "sandbox/" + program}
	var stored []byte
	err := settings.List(s.row, func(key string, value []byte) bool {
		if key == s.row {
			stored = append([]byte{}, value...)
		}
		return stored == nil
	})
	switch {
	case err != nil:
		return nil, err
	case stored != nil:
		if s.ahead, err = strconv.ParseInt(string(stored), 10, 64); err != nil {
			return nil, fmt.Errorf("the row %s of the store is damaged: %w", s.row, err)
		}
		return s, nil
	case !mark:
		return nil, nil //nolint:nilnil // a live program has no such clock
	case !empty:
		return nil, ErrLive
	}
	return s, settings.Put(s.row, []byte("0"))
}

// Now is the time of the sandbox. It never goes back.
func (s *Sandbox) Now() calendar.Instant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base.Now() + calendar.Instant(s.ahead)
}

// Ahead is how far the clock was moved, in microseconds.
func (s *Sandbox) Ahead() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ahead
}

// Set moves the clock forward to an instant; it is never moved back. Keep makes it last.
func (s *Sandbox) Set(now calendar.Instant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = max(s.ahead, int64(now-s.base.Now()))
}

// Keep writes down how far the clock was moved.
func (s *Sandbox) Keep() error {
	return s.settings.Put(s.row, []byte(strconv.FormatInt(s.Ahead(), 10)))
}

package api

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/clock"
)

// Clock is the clock of programs, as administrators see it.
type Clock interface {
	// Status is how the clock of a program stands.
	Status(program string) ClockStatus
	// Advance moves the clock of a sandbox up to an instant, or as far as it gets in a time that a caller waits;
	// ErrLiveProgram for a live one.
	Advance(ctx context.Context, program string, to calendar.Instant) error
	// Confirm believes the machine's clock as it is. It reports whether there was an alarm.
	Confirm() bool
}

// ErrLiveProgram is why a clock cannot be moved.
var ErrLiveProgram = errors.New("api: the program is live")

// ClockStatus is how a program's clock stands.
type ClockStatus struct {
	Now     calendar.Instant `json:"now"`
	Sandbox bool             `json:"sandbox"`
	// Ahead is how far the clock of a sandbox was moved, in seconds.
	Ahead float64 `json:"ahead_seconds"`
	// Alarm is that the machine's clock is not believed until it is put right, vouched for or confirmed.
	Alarm *ClockAlarm `json:"alarm"`
}

// ClockAlarm is a machine's clock that is not believed.
type ClockAlarm struct {
	Since calendar.Instant `json:"since"`
	Jump  float64          `json:"jump_seconds"`
	// Holds is what waits meanwhile: "jump" (the server goes on by the time that has passed), "what_takes" or "acceptance".
	Holds string `json:"holds"`
}

// showClock answers with how the program's clock stands.
func showClock(c call) error {
	if c.server.clockwork == nil {
		return c.show(ClockStatus{Now: c.program.Now()})
	}
	return c.show(c.server.clockwork.Status(c.key.Program))
}

// maxForward bounds one move of a sandbox: a year at a time is enough, and typing errors stay small.
var maxForward = calendar.Duration{N: 2, Unit: calendar.Year}

// moveClock moves the clock of a sandbox: {"forward": "3 days"} or {"to": "2026-12-24T18:00:00Z"}. All that is due on the way
// happens in order. The answer says how far it got: with much to do it takes several calls.
func moveClock(c call) error {
	if c.server.clockwork == nil {
		return refuse("not_a_sandbox", "the clock of a live program cannot be moved")
	}
	if err := c.takes(mediaJSON); err != nil {
		return err
	}
	now := c.program.Now()
	to, errs := readMove(c.http.Context().Request.Body(), c.program.Rules().Calendar, now)
	if len(errs) > 0 {
		return malformed("invalid_body", "the body does not say how far, or where, the clock is moved", errs)
	}
	if c.server.clockwork.Status(c.key.Program).Sandbox {
		if err := c.record(audit.Change("clock", "", now, to)); err != nil {
			return err
		}
	}
	err := c.server.clockwork.Advance(c.http.UserContext(), c.key.Program, to)
	if errors.Is(err, ErrLiveProgram) {
		return refuse("not_a_sandbox", "the clock of a live program cannot be moved: serve one with --sandbox and a data directory of its own")
	}
	if err != nil {
		return err
	}
	status := c.server.clockwork.Status(c.key.Program)
	return c.write(http.StatusOK, struct {
		ClockStatus
		Reached bool `json:"reached"` // whether the clock has got to where it was moved
	}{status, status.Now >= to})
}

func readMove(body []byte, cal calendar.Calendar, now calendar.Instant) (to calendar.Instant, errs []event.FieldError) {
	misfit := func(name, message string) {
		errs = append(errs, event.FieldError{Location: name, Code: "wrong_value", Message: message})
	}
	given, by := 0, "forward"
	malformed := event.ParseObject(body, "", []string{"forward", "to"}, func(name string, value []byte) {
		given++
		by = name
		var text string
		err := json.Unmarshal(value, &text)
		if name == "to" {
			if to, err = calendar.ParseInstant(text); err != nil {
				misfit(name, "a time with its offset is expected, such as 2026-12-24T18:00:00Z")
			} else if to < now {
				misfit(name, "the clock is never moved back")
			}
			return
		}
		var d calendar.Duration
		if err == nil {
			d, err = calendar.ParseDuration(text)
		}
		if err != nil {
			misfit(name, "a duration is expected: write it like 90 minutes, 2 hours or 3 days")
			return
		}
		to = cal.After(now, d)
	})
	switch {
	case len(malformed) > 0:
		return 0, malformed
	case len(errs) > 0:
	case given != 1:
		misfit(by, "either forward or to is expected")
	case to > cal.After(now, maxForward):
		misfit(by, "the clock is moved two years at most at once")
	case to >= clock.End:
		misfit(by, "the clock of a sandbox goes up to the end of 2199")
	}
	return to, errs
}

// confirmClock believes the machine's clock after a jump. It is the machine's and not a program's, so operators do it.
func (s *Server) confirmClock(w http.ResponseWriter, r *http.Request) {
	if ofPage(r) {
		http.Error(w, "this is for operators, not for pages of a browser", http.StatusForbidden)
		return
	}
	confirmed := s.clockwork != nil && s.clockwork.Confirm()
	if confirmed {
		if err := audit.Here(audit.Server, "clock.confirm", "the operators' listener").Record(s.settings, audit.Change("clock", "", nil, s.now())); err != nil {
			s.log.Error("that the machine's clock was confirmed is not in the audit log", "error", err)
		}
		s.log.Warn("the machine's clock was confirmed")
	}
	w.Header().Set("Content-Type", mediaJSON)
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]bool{"confirmed": confirmed}) // the connection is gone: there is nobody to tell
}

// ofPage reports whether a page in an operator's browser may have sent a request: browsers say from where, and a name that a page
// has made lead here is not one of this listener's.
func ofPage(r *http.Request) bool {
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		return true
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	_, notIP := netip.ParseAddr(strings.Trim(host, "[]"))
	return host != "localhost" && notIP != nil
}

package api

import (
	"errors"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/stats"
	"github.com/laurel-engine/laurel/internal/webhook"
)

// Programs is the one place that knows where programs run. They come and go while the server runs.
type Programs interface {
	// Local is a program that runs in this process, or ought to; nil for any other.
	Local(id string) *Local
	// Owner is the address of the node that runs a program which is not local, "" where nobody does.
	Owner(id string) string
	// Locals are the ids of those that are local, sorted.
	Locals() []string
}

// Local is a program that runs in this process, or ought to.
type Local struct {
	Program  *program.Program   // nil where it could not be started
	Webhooks *webhook.Deliverer // nil: it takes no endpoints
	Failure  error              // why it could not be started
	// Statistics are its numbers; nil: none are kept.
	Statistics *stats.Follower
}

// Stopped is why the program serves nobody any more, nil while it does. One that is being closed is not stopped yet.
func (l *Local) Stopped() error {
	if l.Program == nil {
		return l.Failure
	}
	return l.Program.Failed()
}

// up is why the program takes no events, nil while it does.
func (l *Local) up() error {
	if err := l.Stopped(); err != nil {
		return err
	}
	select {
	case <-l.Program.Done():
		return program.ErrStopped
	default:
		return nil
	}
}

// local is the program of a key, which must run here.
func (s *Server) local(id string) (*Local, error) {
	if l := s.programs.Local(id); l != nil {
		if why := l.Stopped(); why != nil {
			return nil, programStopped(why)
		}
		return l, nil
	}
	if s.programs.Owner(id) != "" {
		return nil, errElsewhere
	}
	return nil, &problem{code: "unavailable", detail: "the key's program does not run here", retry: 1}
}

var errElsewhere = &problem{code: "unavailable", detail: "the key's program runs on another node", retry: 1}

// programStopped answers for a program that has stopped by itself.
func programStopped(why error) *problem {
	if errors.Is(why, engine.ErrFenced) {
		return errElsewhere
	}
	return errProgramStopped
}

// stopped is the error of a call, which is another one where the program has stopped by itself in the middle of it.
func (c call) stopped(err error) error {
	if errors.Is(err, program.ErrStopped) {
		if why := c.local.Stopped(); why != nil {
			return programStopped(why)
		}
	}
	return err
}

// retryStopped is how many seconds a sender waits where a program has stopped: somebody has to see to it.
const retryStopped = 30

// errProgramStopped tells nothing of why: that is in the log, and not for those who call.
var errProgramStopped = &problem{code: "program_stopped", detail: "the program has stopped, and those who run the server have been told; " +
	"nothing that was acknowledged is lost", retry: retryStopped}

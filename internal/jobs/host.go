package jobs

import (
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/program"
)

// host is a program as the tasks of time see it.
type host struct{ *program.Program }

// Runtime is a program as the tasks of time see it. What it submits gives way to what others send.
func Runtime(p *program.Program) tasks.Runtime { return host{p} }

// Put keeps how far the work of time has come: it is durable before what is handed over later. Were the mark of what members or the
// world outside were told lost, it would not be known who has joined and what has opened since.
func (h host) Put(rows ...engine.Row) error { return h.Keep(rows...) }

// Submit hands events to the program. One that is refused, as of an erased member, needs nothing more.
func (h host) Submit(events ...*event.Event) error { return h.Work(events...) }

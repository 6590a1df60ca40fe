package jobs

import (
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
)

// host is a program as the work of time sees it.
type host struct{ *program.Program }

// Host is a program as the work of time sees it. What it submits gives way to what others send.
func Host(p *program.Program) engine.Host { return host{p} }

// Submit hands events to the program. One that is refused, as of an erased member, needs nothing more.
func (h host) Submit(events ...*engine.Event) error { return h.Work(events...) }

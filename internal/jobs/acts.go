package jobs

import (
	"context"
	"sync"

	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/settings"
)

// acts appends what administrators did to a program to its audit log, once when it starts and then where there is something new.
type acts struct {
	program  *program.Program
	settings settings.Store

	mu    sync.Mutex
	began bool
	seen  uint64
}

func (a *acts) follow(context.Context) (int, error) {
	if a.settings == nil {
		return 0, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.began && a.program.Acted() <= a.seen {
		return 0, nil
	}
	through, err := audit.CatchUp(a.settings, a.program.Rules().Program, a.program.Store(), a.program.Durable())
	if err == nil {
		a.began, a.seen = true, through
	}
	return 0, err
}

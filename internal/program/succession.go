package program

import (
	"context"
	"errors"
	"strconv"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/settings"
)

// Succession is a version that is to follow the one in force, while the program runs.
type Succession struct {
	Text  Text
	Rules *engine.Ruleset // what Text compiles to, of nobody else
	// After is the number of the version that it was compared with. Where another one is in force by then, it is ErrSucceeded.
	After int
	// At is from when on it is in force, 0 for at once. It is reached where the program's clock is there.
	At    calendar.Instant
	About About
}

// About is who made a version and why.
type About struct {
	By   string `json:"by,omitempty"`   // the key, and the person that it named
	Note string `json:"note,omitempty"` // what the author says of it
	// Act is what it is recorded as, nil: nothing.
	Act *audit.Act `json:"-"`
}

// ErrSucceeded is the error of a succession to a version that is not in force any more.
var ErrSucceeded = errors.New("another version of the ruleset has come into force meanwhile")

// Succeed puts a version into force behind everything that was decided so far: what comes after it is decided by the new one, and
// nobody waits longer than it takes to write it down. It is in force once it is kept, also where the process is killed then.
func (p *Program) Succeed(s settings.Store, next *Succession) (engine.Version, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.succeed(s, next)
}

// succeed is Succeed under the lock.
func (p *Program) succeed(s settings.Store, next *Succession) (engine.Version, error) {
	if err := p.Failed(); err != nil {
		return engine.Version{}, err
	}
	versions := p.processor.Versions()
	before := versions[len(versions)-1]
	if before.Number != next.After {
		return engine.Version{}, ErrSucceeded
	}
	last, _ := p.processor.Clock()
	v := engine.Version{Number: before.Number + 1, From: max(p.now(), last, before.From), Rules: next.Rules, Zones: next.Text.Zones}
	row := stored{Number: v.Number, Hash: v.Rules.Hash, Zones: next.Text.Zones.Hash(), From: v.From, Sources: next.Text.Files,
		Paused: next.Text.Paused, About: next.About}
	recorded := next.About.Act.Recording(s, versionsPrefix, func() *audit.What {
		return audit.Change("ruleset", strconv.Itoa(v.Number), shown{before.Number, before.Rules.Hash, p.paused}, shown{v.Number, v.Rules.Hash, row.Paused})
	})
	if err := keepNext(recorded, v.Rules.Program, row, next.Text.Zones); err != nil {
		return engine.Version{}, err
	}
	p.processor.Activate(v)
	p.sources, p.paused = next.Text.Files, next.Text.Paused
	p.rules.Store(v.Rules)
	go p.rebuildChanged(before.Rules, v.Rules)
	return v, nil
}

// shown is what the audit log has of a version; its files are kept with it.
type shown struct {
	Version int      `json:"version"`
	Hash    string   `json:"hash"`
	Paused  []string `json:"paused,omitempty"`
}

// rebuildChanged rebuilds the rankings of boards that rank otherwise now. Until each is, it is shown from the store.
func (p *Program) rebuildChanged(before, now *engine.Ruleset) {
	keys, err := p.rankings()
	for _, key := range keys {
		id := engine.BoardID(key)
		old, board := before.Leaderboard(id), now.Leaderboard(id)
		if err == nil && board != nil && (old == nil || old.Rules != board.Rules || old.Key != board.Key) {
			if open, failed := p.Shows(key); failed == nil && open {
				_ = p.RebuildOne(context.Background(), key) // one that cannot be is shown from the store, and the sweep tells of it
			}
		}
	}
}

// Plan lets a version come into force at its instant, in the place of one that was planned before; nil for none. failed is told why
// it could not.
func (p *Program) Plan(s settings.Store, next *Succession, done func(engine.Version, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if next == nil {
		p.planned.Store(nil)
		return
	}
	p.planned.Store(&planned{settings: s, next: next, done: done})
}

// planned is a version whose instant is still to come.
type planned struct {
	settings settings.Store
	next     *Succession
	done     func(engine.Version, error)
}

// PlannedFor is when a planned version comes into force; Forever where none is planned.
func (p *Program) PlannedFor() calendar.Instant {
	if n := p.planned.Load(); n != nil {
		return n.next.At
	}
	return calendar.Forever
}

// ComeIntoForce puts the planned version into force if its instant has come. It is asked before events are decided, and from time to
// time where none come.
func (p *Program) ComeIntoForce() {
	n := p.planned.Load()
	if n == nil || p.now() < n.next.At {
		return
	}
	if v, first, err := p.take(n); first {
		n.done(v, err)
	}
}

// take puts the planned version into force; first is false where somebody else was faster.
func (p *Program) take(n *planned) (v engine.Version, first bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.planned.Load() != n {
		return v, false, nil
	}
	p.planned.Store(nil)
	v, err = p.succeed(n.settings, n.next)
	return v, true, err
}

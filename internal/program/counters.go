package program

import (
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// Everyone is the value of a counter that everyone adds to, in the period of an instant, and the last event that changed
// it.
func (p *Program) Everyone(c *engine.Counter, at calendar.Instant) (value decimal.Decimal, seq uint64, err error) {
	p.mu.Lock()
	g := p.processor.Group(c.CountOf(nil))
	value, seq = g.GroupValue(c, p.processor.Rules().Calendar.Key(c.Every, at)), g.Version
	p.mu.Unlock()
	return value, seq, p.Wait(seq)
}

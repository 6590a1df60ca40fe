package program

import (
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// Versions are the program's versions, the last one in force. The list is never changed, only replaced.
func (p *Program) Versions() []engine.Version {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.Versions()
}

// Clock is when the last event was accepted and when the first one was, imported ones aside; 0 before the first.
func (p *Program) Clock() (last, first calendar.Instant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.Clock()
}

// ScoredSeasons are the labels of the seasons of a board in which anybody ever had a score.
func (p *Program) ScoredSeasons(board string) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.ScoredSeasons(board)
}

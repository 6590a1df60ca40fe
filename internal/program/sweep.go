package program

import "github.com/laurel-engine/laurel/engine"

// Scores names the scores of some members and of their groups.
func (p *Program) Scores(members []string) []engine.Score {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.ScoresOf(members)
}

// Owed is what boards have to show of some scores, and the last event by which that is so.
func (p *Program) Owed(scores []engine.Score) (list []engine.Owed, seq uint64, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list, err = p.processor.Owed(scores)
	return list, p.processor.Last(), err
}

// Alone reports whether nobody but jobs has sent anything for a while.
func (p *Program) Alone() bool { return p.alone() }

package program

import "github.com/laurel-engine/laurel/engine"

// Activate puts a version in force while events come in.
func (p *Program) Activate(v engine.Version) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.processor.Activate(v)
	p.rules.Store(v.Rules)
}

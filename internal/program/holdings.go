package program

import (
	"github.com/laurel-engine/laurel/engine"
)

// Holdings are the rewards of a member, the latest first (engine.Member.Holdings); found is false for an unknown member.
func (p *Program) Holdings(member string) (list []engine.Holding, found bool, err error) {
	taken, _ := p.times()
	p.mu.Lock()
	m := p.processor.Member(member)
	if m == nil {
		p.mu.Unlock()
		return nil, false, p.Failed()
	}
	list = m.Holdings(p.processor.Rules(), taken)
	seq := m.Version
	p.mu.Unlock()
	return list, true, p.Wait(seq)
}

// ClaimNamed is a claim or a use by its id, and whose it is; found is false for one that is not known.
func (p *Program) ClaimNamed(id string) (member string, claim engine.ClaimProgress, found bool, err error) {
	taken, _ := p.times()
	p.mu.Lock()
	member, c, err := p.processor.ClaimNamed(id)
	seq := p.processor.Last()
	if c != nil {
		claim = c.ProgressAt(taken)
	}
	p.mu.Unlock()
	if err != nil || c == nil {
		return "", claim, false, err
	}
	return member, claim, true, p.Wait(seq)
}

// FindCode is what a code of a reward stands for, nil for one that nobody was given.
func (p *Program) FindCode(code string) (found *engine.CodeFound, err error) {
	taken, _ := p.times()
	p.mu.Lock()
	found, err = p.processor.FindCode(code, taken)
	seq := p.processor.Last()
	p.mu.Unlock()
	if err != nil || found == nil {
		return nil, err
	}
	return found, p.Wait(seq)
}

// CodesLeft is how many codes are left in the pool of a reward.
func (p *Program) CodesLeft(reward string) int {
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.processor.Rules().Reward(reward); r != nil {
		return p.processor.CodesLeft(r, now)
	}
	return 0
}

// Available tells which rewards a member can claim now; found is false for an unknown member.
func (p *Program) Available(member string) (rewards map[string]engine.Availability, found bool, err error) {
	_, present := p.times()
	p.mu.Lock()
	rewards = p.processor.Available(member, present)
	seq := p.processor.Last()
	p.mu.Unlock()
	if rewards == nil {
		return nil, false, p.Failed()
	}
	return rewards, true, p.Wait(seq)
}

// StockLeft is how many of a reward are left, false where there is no end of them.
func (p *Program) StockLeft(r *engine.Reward) (left int, limited bool) {
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.StockLeft(r, now)
}

// PromotionsFor tells why each promotion is not open for a member now, "" where it is (engine.Processor.PromotionsFor); found is false for an
// unknown member.
func (p *Program) PromotionsFor(member string) (reasons map[string]string, found bool, err error) {
	_, present := p.times()
	p.mu.Lock()
	reasons = p.processor.PromotionsFor(member, present)
	seq := p.processor.Last()
	p.mu.Unlock()
	if reasons == nil {
		return nil, false, p.Failed()
	}
	return reasons, true, p.Wait(seq)
}

// BadgesMissing tells what is still to do for a member's badges (engine.Processor.BadgesMissing), nil for an unknown one.
func (p *Program) BadgesMissing(member string) map[string][]engine.BadgeMissing {
	taken, present := p.times()
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.processor.Member(member); m != nil {
		return p.processor.BadgesMissing(m, present, taken)
	}
	return nil
}

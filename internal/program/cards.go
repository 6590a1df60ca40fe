package program

import (
	"github.com/laurel-engine/laurel/engine"
)

// Cards are those of a member, in the order in which they were issued; found is false for an unknown member.
func (p *Program) Cards(member string) (list []engine.Card, found bool, err error) {
	p.mu.Lock()
	if p.processor.Member(member) == nil {
		p.mu.Unlock()
		return nil, false, p.Failed()
	}
	list, err = p.processor.Cards(member)
	seq := p.processor.Last()
	p.mu.Unlock()
	if err != nil {
		return nil, true, err
	}
	return list, true, p.Wait(seq)
}

// CardFound is a card, and who is at the till with it: their line, and the rewards that they hold.
type CardFound struct {
	Card    engine.Card
	Member  engine.Summary
	Rewards []engine.RewardProgress
}

// FindCard finds a card by its number, nil for one that nobody has. Of a card that is not active it tells the card alone.
func (p *Program) FindCard(number string) (found *CardFound, err error) {
	taken, _ := p.times()
	p.mu.Lock()
	card, err := p.processor.FindCard(number)
	if err != nil || card == nil {
		p.mu.Unlock()
		return nil, err
	}
	found = &CardFound{Card: *card}
	if m := p.processor.Member(card.Member); m != nil && card.State == engine.CardActive {
		found.Member, found.Rewards = m.Summary(p.processor.Rules(), taken), m.RewardsUsable(p.processor.Rules(), taken)
		for i := range found.Rewards {
			found.Rewards[i].Code = "" // a till uses what is held by the member, and needs none
		}
	}
	seq := p.processor.Last()
	p.mu.Unlock()
	return found, p.Wait(seq)
}

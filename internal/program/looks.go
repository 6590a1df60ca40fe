package program

import (
	"github.com/laurel-engine/laurel/engine"
)

// looksAtOnce is how many members are looked at while the program's lock is held.
const looksAtOnce = 64

// look calls yield for members by their ids, each as of one moment, in no order; for those who are not known it does not. Who is held as
// they are used is looked at under the lock, so yield must be quick; the others are read without it, together, and none of them drives
// anybody out of memory. seq is the last event that may be seen.
func (p *Program) look(ids []string, yield func(rules *engine.Ruleset, i int, m *engine.Member)) (seq uint64, err error) {
	states := make([][]byte, len(ids))
	var rest []int
	var rules *engine.Ruleset
	piece := func(from, to int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		rules = p.processor.Rules()
		for i := from; i < to; i++ {
			switch m, state, gone := p.processor.Peek(ids[i]); {
			case m != nil:
				yield(rules, i, m)
			case state != nil:
				states[i] = state
			case !gone:
				rest = append(rest, i)
			}
		}
		seq = p.processor.Last()
	}
	for from := 0; from < len(ids); from += looksAtOnce {
		piece(from, min(from+looksAtOnce, len(ids)))
	}
	cold := make([]string, len(rest))
	for n, i := range rest {
		cold[n] = ids[i]
	}
	stored, err := engine.MemberStates(p.store, cold)
	if err != nil {
		return seq, err
	}
	for n, i := range rest {
		states[i] = stored[n]
	}
	for i, state := range states {
		if state != nil {
			yield(rules, i, rules.ReadMember(state))
		}
	}
	return seq, nil
}

// Renamed is the last event of this process that may have changed what boards show of some member.
func (p *Program) Renamed() uint64 { return p.renamed.Load() }

// names are what boards show of members, by their ids.
func (p *Program) names(rules *engine.Ruleset, ids []string) (map[string]string, error) {
	found := make(map[string]string, len(ids))
	if rules.Names == engine.NamesNone {
		return found, nil
	}
	_, err := p.look(ids, func(rules *engine.Ruleset, i int, m *engine.Member) {
		found[ids[i]] = rules.ShownName(m)
	})
	return found, err
}

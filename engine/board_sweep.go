package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/leaderboards"
)

// What a sweep compares: of scores that boards show, or ought to, what the counts say. All of it is computed on copies, so that
// members whom nobody asks for are not kept in memory.

// Owed is a score that a board has to show as of now.
type Owed struct {
	ScoreChange
	// Unstored tells that the score from which the board would be rebuilt is another one. It has been put right: the next
	// checkpoint writes it.
	Unstored bool
	Was      ScoreChange // what was stored instead
}

// Score names the member or group that a score is of, and its ranking.
type Score struct {
	Key     leaderboards.Key
	Subject string
}

// ScoresOf names all scores of a member and of the member's groups that can still change.
func (p *Processor) ScoresOf(members []string) (list []Score) {
	aside := p.aside()
	known := map[Score]bool{}
	for _, id := range members {
		if m := aside.subjects.Member(id); m != nil {
			aside.Standings(m, func(s ScoreChange) {
				of := Score{s.Key, s.Score.Member}
				if !known[of] {
					known[of] = true
					list = append(list, of)
				}
			})
		}
	}
	return list
}

// Owed is what boards have to show of some scores. Those that the counts cannot tell of are left out.
func (p *Processor) Owed(scores []Score) (list []Owed, err error) {
	aside := p.aside()
	for _, of := range scores {
		s, ok := aside.StandingOf(of.Key, of.Subject)
		if !ok {
			continue
		}
		o := Owed{ScoreChange: s}
		if o.Was, err = p.storedScore(of); err != nil {
			return nil, err
		}
		if o.Unstored = !SameScore(o.Was.Score, s.Score); o.Unstored {
			p.scores[scoreID{of.Key, of.Subject}] = s
		}
		list = append(list, o)
	}
	return list, nil
}

// aside is a processor that answers of the present state and keeps nothing of what it has read.
func (p *Processor) aside() *Processor {
	return &Processor{versions: p.versions, arrived: p.arrived, subjects: p.scratch()}
}

// storedScore is a score as it is stored, or about to be.
func (p *Processor) storedScore(of Score) (s ScoreChange, err error) {
	id := scoreID{of.Key, of.Subject}
	for _, unwritten := range slices.Backward(p.unwritten()) {
		if s, waits := unwritten[id]; waits {
			return s, nil
		}
	}
	s = ScoreChange{Key: of.Key, Score: leaderboards.Score{Member: of.Subject, Removed: true}}
	value, err := p.store.Get(scoreKey(&s))
	if err != nil || value == nil {
		return s, err
	}
	s = decodeScore(value)
	s.Key.Program = of.Key.Program
	return s, nil
}

// unwritten are the scores that the store does not have yet, the latest last.
func (p *Processor) unwritten() (list []map[scoreID]ScoreChange) {
	for _, b := range p.taken {
		list = append(list, b.scores)
	}
	return append(list, p.scores)
}

// SameScore reports whether two scores of one member show the same.
func SameScore(a, b leaderboards.Score) bool {
	return a.Removed == b.Removed && (a.Removed || a.Value == b.Value && a.Rest == b.Rest && a.Reached == b.Reached)
}

// StoredScores calls yield for the stored scores whose rows come after one, with their rows' keys.
func StoredScores(store Store, after string, yield func(row string, s ScoreChange) bool) error {
	return store.Scan(boardPrefix, after, func(row string, value []byte) bool { return yield(row, decodeScore(value)) })
}

// AfterRanking is a key behind the rows of all stored scores of a ranking.
func AfterRanking(key leaderboards.Key) string { return afterRanking(key) }

// StoredMembers are at most n ids of members whose states are stored, after one in byte order.
func StoredMembers(store Store, after string, n int) (ids []string, err error) {
	prefix := stateRow(memberPrefix)
	err = store.Scan(prefix, scanAfter(prefix, after), func(key string, _ []byte) bool {
		ids = append(ids, restOf(key, prefix))
		return len(ids) < n
	})
	return ids, err
}

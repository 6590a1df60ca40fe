package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/leaderboards"
)

// score tells a board the new absolute score of a member or group.
func (a *applier) score(b *Leaderboard, key calendar.Key, split, subject string, t *challenges.Tally) {
	a.tellScore(b, key, split, leaderboards.Score{Member: subject, Value: t.Value, Reached: t.At})
}

// scoreAverage keeps the average over a group's members with enough contributions, from a member's share before and after.
func (a *applier) scoreAverage(b *Leaderboard, g *Group, before, after challenges.Tally, key calendar.Key, group, split string) {
	had, has := before.Count >= b.AtLeast && before.Count > 0, after.Count >= b.AtLeast && after.Count > 0
	avg := g.average(key)
	if !had && !has && avg.Members == 0 {
		return // nobody in the group counts yet
	}
	sum, ok := avg.Sum, true
	if had {
		if sum, ok = sum.Sub(before.Value); ok {
			avg.Members--
		}
	}
	if has && ok {
		if sum, ok = sum.Add(after.Value); ok {
			avg.Members++
		}
	}
	if !ok {
		a.overflows(b.Counter)
		return
	}
	avg.Sum = sum
	a.tellAverage(b, g, key, split, group)
}

// tellAverage tells a board the average of a group.
func (a *applier) tellAverage(b *Leaderboard, g *Group, key calendar.Key, split, group string) {
	a.tellScore(b, key, split, g.averageScore(key, group))
}

// averageScore is the score of a group of which the average over its members counts.
func (g *Group) averageScore(key calendar.Key, group string) leaderboards.Score {
	s := leaderboards.Score{Member: group}
	avg := g.average(key)
	if s.Removed = avg.Members == 0; !s.Removed {
		s.Reached = g.Count.period(key).At
		s.Value, s.Rest = leaderboards.Average(avg.Sum, avg.Members)
	}
	return s
}

// dropScore takes a member or group off a board: nothing that counted is left.
func (a *applier) dropScore(b *Leaderboard, key calendar.Key, split, subject string) {
	a.tellScore(b, key, split, leaderboards.Score{Member: subject, Removed: true})
}

func (a *applier) tellScore(b *Leaderboard, key calendar.Key, split string, score leaderboards.Score) {
	c := b.Counter
	board := leaderboards.Key{Program: a.current.Program, Board: b.Key, Season: a.current.Calendar.Label(c.Every, key), Split: split}
	if c.Every != calendar.Always && a.seasonOver(a.current.SeasonCloses(b, key)) {
		a.tooLate(b, board.Season)
		return
	}
	score.Version = a.seq
	a.tellBoard(ScoreChange{Key: board, Rules: b.Rules, Score: score})
	effect := Effect{Kind: LeaderboardEffect, Revoked: score.Removed, ID: b.ID, Amount: score.Value, Season: board.Season, Split: split}
	if c.By != ByMember {
		effect.Group = score.Member
	}
	a.out.replace(effect)
}

// tellBoard notes a score for a board, in the place of one that the same event has made of the same member before: a board is
// told once of each event what has become of a score, as the version that it keeps is the event's.
func (a *applier) tellBoard(s ScoreChange) {
	for i := range a.out.Scores {
		if old := &a.out.Scores[i]; old.Score.Member == s.Score.Member && old.Key == s.Key {
			*old = s
			return
		}
	}
	a.out.Scores = append(a.out.Scores, s)
}

// Ranks tells where a score puts a member or group on a board that is at hand, and where it stood before. A nil Ranks
// knows no boards. Rank 0 means none; after an error (a ranking that awaits a rebuild) no ranks are told.
type Ranks interface {
	Move(key leaderboards.Key, rules leaderboards.Rules, score leaderboards.Score) (previous, rank int64, err error)
}

// awaitRanks makes room for the ranks of an outcome, which moveScores tells.
func (o *Outcome) awaitRanks(k *keepsakes) {
	n := 0
	for i := range o.Effects {
		if o.Effects[i].Kind == LeaderboardEffect {
			n++
		}
	}
	if n == 0 {
		return
	}
	moves := k.moves.make(n)
	for i := range o.Effects {
		if e := &o.Effects[i]; e.Kind == LeaderboardEffect {
			n--
			e.Moved = &moves[n]
		}
	}
}

// moveScores moves the scores that have changed on the boards at hand, and tells the ranks. It changes nothing of the outcome but
// what awaitRanks has made: others may read it.
func (o *Outcome) moveScores(ranks Ranks) {
	for i := range o.Scores {
		s := &o.Scores[i]
		previous, rank, _ := ranks.Move(s.Key, s.Rules, s.Score)
		for k := range o.Effects {
			e := &o.Effects[k]
			if e.Kind == LeaderboardEffect && e.ID == idOfKey(s.Key.Board) && e.Season == s.Key.Season && e.Split == s.Key.Split &&
				(e.Group == "" || e.Group == s.Score.Member) {
				*e.Moved = RankMove{Rank: rank, Previous: previous}
			}
		}
	}
}

// ScoredSeasons are the labels of the seasons of a board in which anybody ever had a score, in byte order, those of other
// periods that the board has had included.
func (p *Processor) ScoredSeasons(board string) (seasons []string, err error) {
	for after := ""; ; {
		if after, err = NextScoredSeason(p.store, board, after); err != nil || after == "" {
			break
		}
		seasons = append(seasons, after)
	}
	for _, unwritten := range p.unwritten() {
		for id := range unwritten {
			if id.key.Board == board {
				seasons = append(seasons, id.key.Season)
			}
		}
	}
	slices.Sort(seasons)
	return slices.Compact(seasons), err
}

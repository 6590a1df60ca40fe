package engine

import (
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/leaderboards"
)

// What boards show is what counters count. This file says what that is, for tests that compare the two after every event and for
// the sweep of a server, which mends what differs (board_sweep.go, and package jobs).

// Standings calls yield for what the counts of a member say of every ranking that can still change and in which the member, or a
// group that the member brought something to, has a score.
func (p *Processor) Standings(m *Member, yield func(ScoreChange)) {
	rules := p.current()
	for _, b := range rules.Leaderboards {
		c := b.Counter
		for _, count := range m.Counts {
			if count.Name != c.Name {
				continue
			}
			subject := m.ID
			if c.By != ByMember {
				subject = count.Group
			}
			for i := range count.Periods {
				key := leaderboards.Key{Program: rules.Program, Board: b.Key, Season: rules.Calendar.Label(c.Every, count.Periods[i].Key), Split: count.Split}
				if s, ok := p.StandingOf(key, subject); ok {
					yield(s)
				}
			}
		}
	}
}

// StandingOf is what the counts say of the score of a member or group in a ranking: Removed where there is none. ok is false
// where they cannot tell: the season is closed, no event can reach its period any more, or there is no such board. Its Version
// is that of the last event that changed the subject.
func (p *Processor) StandingOf(ranking leaderboards.Key, subject string) (s ScoreChange, ok bool) {
	rules := p.current()
	b := rules.boardOf(ranking.Board)
	if b == nil {
		return s, false
	}
	c := b.Counter
	key, err := rules.Calendar.ParseLabel(c.Every, ranking.Season)
	if err != nil || p.arrived >= rules.SeasonCloses(b, key) {
		return s, false
	}
	s = ScoreChange{Key: ranking, Rules: b.Rules, Score: leaderboards.Score{Member: subject, Removed: true}}
	var t *PeriodTally
	if c.By == ByMember {
		m := p.subjects.Member(subject)
		if m == nil {
			return s, true
		}
		s.Score.Version = m.Version
		t = m.countOf(CountID{Name: c.Name, Split: ranking.Split}).period(key)
	} else {
		g := p.subjects.Group(CountID{Name: c.Name, Split: ranking.Split, Group: subject})
		s.Score.Version = g.Version
		t = g.Count.period(key)
		if b.Average && t != nil && t.Count > 0 {
			s.Score, s.Score.Version = g.averageScore(key, subject), g.Version
			return s, true
		}
	}
	if t == nil || t.Count == 0 {
		return s, !rules.forgotten(c, key, p.arrived)
	}
	s.Score = leaderboards.Score{Member: subject, Value: t.Value, Reached: t.At, Version: s.Score.Version}
	return s, true
}

// forgotten reports whether a period may have been dropped because no event can reach it any more. The zones of members lie up
// to a day apart.
func (r *Ruleset) forgotten(c *Counter, key calendar.Key, now calendar.Instant) bool {
	return r.Calendar.End(c.Every, key) <= r.Calendar.Before(now, r.Late).Add(48*time.Hour)
}

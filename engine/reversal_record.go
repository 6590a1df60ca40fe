package engine

import (
	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// Revision is what a reversal came to. It is found out once, from the member's journal, and kept in the record of the
// command: whoever applies the record again, after a crash or to look at the past, need not read anything else.
type Revision struct {
	Seq       uint64 // of the event that was reversed
	Progress  []byte // the member's progress afterwards, nil where it stays as it is
	Clawbacks []Clawback
	Undone    []CauseRef
	Returned  []ClaimPart
	Uses      []UseBack
	Groups    []GroupChange
	Released  []Release
	Amended   *Amended // of an amendment: the event as it is now
	Lines     []Line   // of an amendment: what each line of the event's rules has come to
	Raises    []Raise
	Tiers     []byte // where the member's tiers are, of an amendment that raises what was earned before their late window
	Used      []UseMore
	Reached   []Cause  // what the amended progress has reached, that no record has
	Voided    []string // uses of rewards that what was reversed had given
	scores    []boardScore
}

// openClawback is what a claw of points is decided by that nothing has been taken for yet.
type openClawback struct {
	expired decimal.Decimal // at most so much can be forgiven
	policy  NegativePolicy
}

// Clawback takes back one thing that was given: points, as far as Amount says, or a badge, a reward, or what an event queued
// for another member.
type Clawback struct {
	Kind     EffectKind
	Seq      uint64 // of the event that gave it
	Cause    uint32
	ID       string // of the points, badge or reward; the event queued
	Source   Source
	Goal     string
	Amount   decimal.Decimal // to be taken back; of queued points: what is kept
	All      bool            // of queued points: nothing is kept
	Forgiven decimal.Decimal // of that, what had expired
	Debt     decimal.Decimal // of that, what nothing was left for
	Let      decimal.Decimal // of that, what nothing was left for and is let go

	open   *openClawback // nil where all of it is told
	queued *Queued
}

// CauseRef names a cause among a program's: the record it is in, and its number there.
type CauseRef struct {
	Seq   uint64
	Cause uint32
}

// UseBack is a use of a limit in times that is given back, and which of its event's marks it is.
type UseBack struct {
	Seq   uint64
	Index int
	Mark  UsageMark
}

// GroupChange is one period of a group's count as it is without what was reversed.
type GroupChange struct {
	Group   CountID
	Period  PeriodTally
	Average AverageTally // of the same period
}

func (w *writer) revision(v *Revision) {
	w.uint(v.Seq)
	w.bytes(v.Progress)
	w.len(len(v.Clawbacks))
	for i := range v.Clawbacks {
		c := &v.Clawbacks[i]
		w.uint(uint64(c.Kind))
		w.uint(c.Seq)
		w.uint(uint64(c.Cause))
		w.text(c.ID)
		w.source(&c.Source)
		w.text(c.Goal)
		w.num(c.Amount)
		w.flag(c.All)
		w.num(c.Forgiven)
		w.num(c.Debt)
		w.num(c.Let)
	}
	w.len(len(v.Undone))
	for _, u := range v.Undone {
		w.uint(u.Seq)
		w.uint(uint64(u.Cause))
	}
	w.len(len(v.Returned))
	for i := range v.Returned {
		w.claimPart(&v.Returned[i])
	}
	w.len(len(v.Uses))
	for i := range v.Uses {
		w.uint(v.Uses[i].Seq)
		w.len(v.Uses[i].Index)
		w.useMark(&v.Uses[i].Mark)
	}
	w.len(len(v.Groups))
	for i := range v.Groups {
		g := &v.Groups[i]
		w.countID(&g.Group)
		w.period(&g.Period)
		w.num(g.Average.Sum)
		w.len(g.Average.Members)
	}
	w.len(len(v.Released))
	for i := range v.Released {
		w.release(&v.Released[i])
	}
	if w.flag(v.Amended != nil); v.Amended != nil {
		w.amendment(v)
	}
}

// amendment writes what only amendments have.
func (w *writer) amendment(v *Revision) {
	w.text(v.Amended.Type)
	w.at(v.Amended.At)
	w.text(v.Amended.Zone)
	w.bytes(v.Amended.Data)
	w.len(len(v.Lines))
	for i := range v.Lines {
		w.line(&v.Lines[i])
	}
	w.len(len(v.Raises))
	for i := range v.Raises {
		w.raise(&v.Raises[i])
	}
	w.bytes(v.Tiers)
	w.len(len(v.Used))
	for i := range v.Used {
		w.useMark(&v.Used[i].UsageMark)
		w.num(v.Used[i].Amount)
	}
	w.len(len(v.Reached))
	for i := range v.Reached {
		w.cause(&v.Reached[i])
	}
}

func (r *reader) amendment(v *Revision) {
	v.Amended = &Amended{Type: r.text(), At: r.at(), Zone: r.text(), Data: append([]byte(nil), r.bytes()...)}
	v.Lines = list(r, r.line)
	v.Raises = list(r, r.raise)
	if tiers := r.bytes(); len(tiers) > 0 {
		v.Tiers = append([]byte(nil), tiers...)
	}
	v.Used = list(r, func(u *UseMore) {
		r.useMark(&u.UsageMark)
		u.Amount = r.num()
	})
	v.Reached = list(r, r.causeOf)
}

func (r *reader) revision() *Revision {
	v := &Revision{Seq: r.uint(), Progress: append([]byte(nil), r.bytes()...)}
	v.Clawbacks = list(r, func(c *Clawback) {
		*c = Clawback{Kind: small[EffectKind](r), Seq: r.uint(), Cause: r.cause(), ID: r.text(), Source: r.source(), Goal: r.text(),
			Amount: r.num(), All: r.flag(), Forgiven: r.num(), Debt: r.num(), Let: r.num()}
	})
	v.Undone = list(r, func(u *CauseRef) { *u = CauseRef{Seq: r.uint(), Cause: r.cause()} })
	v.Returned = list(r, r.claimPart)
	v.Uses = list(r, func(u *UseBack) {
		u.Seq, u.Index = r.uint(), r.len2()
		r.useMark(&u.Mark)
	})
	v.Groups = list(r, func(g *GroupChange) {
		r.countID(&g.Group)
		r.period(&g.Period)
		g.Average = AverageTally{Key: g.Period.Key, Sum: r.num(), Members: r.len2()}
	})
	v.Released = list(r, r.release)
	if r.flag() {
		r.amendment(v)
	}
	return v
}

// progressOf is a member's progress alone, to be written into a revision.
func progressOf(m *Member) *Member {
	return &Member{ID: m.ID, Seen: m.Seen, Counts: m.Counts, Streaks: m.Streaks, Challenges: m.Challenges, Badges: m.Badges,
		Tiers: m.Tiers, Rewards: m.Rewards, Travel: m.Travel}
}

// resume gives the member the progress that a revision holds.
func (m *Member) resume(progress *Member) {
	m.Seen, m.Counts, m.Streaks, m.Challenges = progress.Seen, progress.Counts, progress.Streaks, progress.Challenges
	m.Badges, m.Tiers, m.Rewards, m.lapses = progress.Badges, progress.Tiers, progress.Rewards, 0
	m.Travel.Excused = progress.Travel.Excused
	m.excuse()
}

// copied is a tally that shares no memory with t.
func copied(t challenges.Tally) challenges.Tally {
	t.Kept, t.Keys = cloned(t.Kept), cloned(t.Keys)
	return t
}

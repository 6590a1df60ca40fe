package engine

import (
	"math"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/integer"
)

// Provenance is what the journal keeps of an event beside its effects, so that a reversal can undo exactly what it did
// (semantics: Reversal). Most events leave none.
type Provenance struct {
	Causes []Cause
	Gifts  []Gift
	Uses   []UsageMark
	Taken  []TakenPart
	Mended []Mended
}

// Cause is a built-in event that an event led to: an award, or something that time had done. What it gave carries its
// number, counted from 1; 0 is the event itself.
type Cause struct {
	Event string           // ChallengeCompleted, StreakReached, BadgeEarned, TierReached, Joined …
	ID    string           // of the challenge, streak, badge or tier
	Goal  string           // the goal's id, or the level
	Key   calendar.Key     // the challenge's window, or the period in which a streak's goal was reached
	Group string           // of a group's challenge
	Times int              // which repetition of the goal
	Won   bool             // one of the winners' places was taken
	At    calendar.Instant // its event time
}

// Gift is what a definition gave that no effect tells: a badge that was held already, or a tier's level.
type Gift struct {
	Kind   EffectKind // BadgeEffect or TierEffect
	ID     string
	Level  string
	Source Source
	Cause  uint32
}

// UsageMark is one use of a limit in times.
type UsageMark struct {
	Limit  uint64
	Rule   Source // whose use it is, none for that of a boost: several rules share the limit of their promotion
	Shared string // key of the shared count, "" where the limit counts the member alone
	Member string // whose own count it is, "" for the event's member
	Period calendar.Key
	Cause  uint32
}

// TakenPart is what a rule or a command took from one lot. It says enough of the lot to bring it back.
type TakenPart struct {
	Points    string
	Lot       uint64
	LotSource Source
	Amount    decimal.Decimal
	Granted   calendar.Instant
	Available calendar.Instant
	Expires   calendar.Instant
	Idle      uint64
	Source    Source // what took it
	Cause     uint32
}

func (t *Provenance) empty() bool {
	return t == nil || len(t.Causes) == 0 && len(t.Gifts) == 0 && len(t.Uses) == 0 && len(t.Taken) == 0 && len(t.Mended) == 0
}

func (t *Provenance) reset() {
	t.Causes, t.Gifts, t.Uses, t.Taken, t.Mended = t.Causes[:0], t.Gifts[:0], t.Uses[:0], t.Taken[:0], t.Mended[:0]
}

// kept is a copy to be kept, nil when there is nothing to keep.
func (t *Provenance) kept(k *keepsakes) *Provenance {
	if t.empty() {
		return nil
	}
	p := &k.provenances.make(1)[0]
	*p = Provenance{Causes: k.causes.clone(t.Causes), Gifts: cloned(t.Gifts), Uses: k.uses.clone(t.Uses), Taken: cloned(t.Taken), Mended: cloned(t.Mended)}
	return p
}

func cloned[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return append(make([]T, 0, len(list)), list...)
}

// caused notes a cause and returns its number.
func (a *applier) caused(c Cause) uint32 {
	a.fresh = !a.awarding.follows(a, c)
	a.provenance.Causes = append(a.provenance.Causes, c)
	return integer.Exact[uint32](len(a.provenance.Causes))
}

func (w *writer) provenance(t *Provenance) {
	w.len(len(t.Causes))
	for i := range t.Causes {
		w.cause(&t.Causes[i])
	}
	w.len(len(t.Gifts))
	for _, g := range t.Gifts {
		w.uint(uint64(g.Kind))
		w.text(g.ID)
		w.text(g.Level)
		w.source(&g.Source)
		w.uint(uint64(g.Cause))
	}
	w.len(len(t.Uses))
	for i := range t.Uses {
		w.useMark(&t.Uses[i])
	}
	w.len(len(t.Taken))
	for i := range t.Taken {
		w.taken(&t.Taken[i])
	}
	w.len(len(t.Mended))
	for _, m := range t.Mended {
		w.text(m.Streak)
		w.span(&m.Span)
	}
}

func (w *writer) cause(c *Cause) {
	w.len(slices.Index(causes[:], c.Event))
	w.text(c.ID)
	w.text(c.Goal)
	w.key(c.Key)
	w.text(c.Group)
	w.len(c.Times)
	w.flag(c.Won)
	w.at(c.At)
}

func (r *reader) causeOf(c *Cause) {
	*c = Cause{Event: r.builtin(), ID: r.text(), Goal: r.text(), Key: r.key(), Group: r.text(), Times: r.len2(), Won: r.flag(), At: r.at()}
}

func (r *reader) provenance() *Provenance {
	t := &Provenance{}
	t.Causes = list(r, r.causeOf)
	t.Gifts = list(r, func(g *Gift) {
		*g = Gift{Kind: small[EffectKind](r), ID: r.text(), Level: r.text(), Source: r.source(), Cause: r.cause()}
	})
	t.Uses = list(r, r.useMark)
	t.Taken = list(r, r.taken)
	t.Mended = list(r, func(m *Mended) {
		m.Streak = r.text()
		r.span(&m.Span)
	})
	return t
}

// causes are the built-in events that can be causes, as records number them. New ones come at the end.
var causes = [...]string{Joined, ChallengeCompleted, StreakReached, StreakBroken, BadgeEarned, TierReached, TierLost, PointsExpired,
	RewardClaimed, RewardConfirmed, PromotionOpened, PromotionClosed, SeasonClosed, timerFired, RewardUsed, PointsGiven, RewardGiven,
	RewardExpired, RewardReturned, HoldReleased}

func (r *reader) builtin() string {
	i := r.len2()
	if i >= len(causes) {
		r.Damaged()
		return ""
	}
	return causes[i]
}

func (r *reader) cause() uint32 {
	n := r.uint()
	if n > math.MaxUint32 {
		r.Damaged()
		return 0
	}
	return uint32(n)
}

func (c *codec) useMark(u *UsageMark) {
	c.Fixed(&u.Limit)
	c.source(&u.Rule)
	c.Text(&u.Shared)
	c.Text(&u.Member)
	c.Key(&u.Period)
	c.Uint32(&u.Cause)
}

func (c *codec) taken(p *TakenPart) {
	c.Text(&p.Points)
	c.Uint(&p.Lot)
	c.source(&p.LotSource)
	c.Num(&p.Amount)
	c.At(&p.Granted)
	c.At(&p.Available)
	c.At(&p.Expires)
	c.Uint(&p.Idle)
	c.source(&p.Source)
	c.Uint32(&p.Cause)
}

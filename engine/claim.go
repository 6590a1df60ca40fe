package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/wire"
)

// Claim is a member's claim of a reward: the points that are held for it, and what becomes of them (semantics: Points). The use of a
// reward that the member holds is a claim as well, one that costs nothing: what it holds is that reward.
//
//	open ──confirm──> confirmed ──return of all──> returned
//	 ├──cancel──────> cancelled
//	 └──hold over───> timed_out
type Claim struct {
	ID      string
	Reward  string
	Seq     uint64 // of the event that made it
	State   ClaimState
	At      calendar.Instant // when it was made
	Until   calendar.Instant // when the hold is over
	Settled calendar.Instant // when it was confirmed, cancelled or timed out; 0 while it is open
	// Confirmed is the seq of its confirmation, 0 while it has none.
	Confirmed uint64
	Code      string // of the reward; told once the claim is confirmed
	// Chosen are the points that an amount speaks of: those of which the member chose how many, or the only ones; "" where
	// the reward costs several points of fixed amounts.
	Chosen string
	Parts  []ClaimPart // in spending order, by points
	Uses   []ClaimUse
	Held   *RewardHeld // what a use takes; nil where points buy
	Used   bool        // the reward was handed over as the claim was confirmed, so that the member never held it
	// TakenBy is the use that takes, or took, what the claim bought; "" for none.
	TakenBy string
	Where   string // it was handed over, or is to be
	// Voids is the seq of the event that had given what a use takes and was reversed meanwhile: then nothing comes back. 0 while
	// there is none.
	Voids uint64

	version uint64
	dirty   bool
}

// ClaimState is what has become of a claim.
type ClaimState uint8

// The states of a claim.
const (
	ClaimOpen ClaimState = iota
	ClaimConfirmed
	ClaimReturned // confirmed, and all of it came back
	ClaimCancelled
	ClaimTimedOut
)

var claimStates = [...]string{"open", "confirmed", "returned", "cancelled", "timed_out"}

// String is the state as answers write it.
func (s ClaimState) String() string { return claimStates[s] }

// ClaimPart is what a claim holds, or has spent, of one lot.
type ClaimPart struct {
	TakenPart
	Returned decimal.Decimal
	// Over is when the lot expired meanwhile, 0 while it has not. It is kept only for lots that expire after the last event
	// of a type, of which a later event tells nothing any more.
	Over calendar.Instant
}

// handsOver reports whether a claim hands over what the member holds, or whether what it bought was handed over.
func (c *Claim) handsOver() bool { return c.Held != nil || c.Used || c.TakenBy != "" }

// pins reports whether a claim is a use that is not confirmed.
func (c *Claim) pins() bool { return c.Held != nil && c.State == ClaimOpen }

// left is what is still held, or spent and not returned.
func (p *ClaimPart) left() decimal.Decimal { return p.Amount - p.Returned }

// lot is the part as a lot, as far as its expiry goes.
func (p *ClaimPart) lot() *Lot {
	return &Lot{Available: p.Available, Expires: p.Expires, Idle: p.Idle}
}

// ClaimUse is what a claim uses of a limit of its reward, or of its stock or codes.
type ClaimUse struct {
	Limit  uint64
	Shared string // key of the shared count, "" where the limit counts the member alone
	Key    calendar.Key
	Points string // of a limit in points
	Amount decimal.Decimal
}

// MaxClaims is how many claims a member's state holds. Older ones that are not open any more are kept on their own.
const MaxClaims = 200

// holding is how much of some points a claim holds, or has spent and not been returned.
func (c *Claim) holding(points string) (sum decimal.Decimal) {
	for i := range c.Parts {
		if c.Parts[i].Points == points {
			sum += c.Parts[i].left()
		}
	}
	return sum
}

// holdingInAll is holding of all its points.
func (c *Claim) holdingInAll() (sum decimal.Decimal) {
	for _, points := range c.points() {
		sum += c.holding(points)
	}
	return sum
}

// points are the points of a claim's cost, in order.
func (c *Claim) points() []string {
	var list []string
	for i := range c.Parts {
		if p := c.Parts[i].Points; !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// stateAt is the state at an instant not before the member's last event.
func (c *Claim) stateAt(at calendar.Instant) ClaimState {
	if c.State == ClaimOpen && c.Until <= at {
		return ClaimTimedOut
	}
	return c.State
}

// claim finds one of the member's claims, nil when it is not held here.
func (m *Member) claim(id string) *Claim {
	for _, c := range m.Claims {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// addClaim adds a claim. The oldest one that is not open any more goes when there are too many.
func (a *applier) addClaim(c *Claim) {
	a.m.Claims = append(a.m.Claims, c)
	if len(a.m.Claims) <= MaxClaims {
		return
	}
	if i := slices.IndexFunc(a.m.Claims, func(c *Claim) bool { return c.State != ClaimOpen }); i >= 0 {
		a.subjects.keepClaim(a.m.Claims[i], a.seq)
		a.m.Claims = slices.Delete(a.m.Claims, i, i+1)
	}
}

func encodeClaim(x *Claim) []byte { return encoded(x, (*codec).keptClaim) }

func decodeClaim(state []byte) *Claim {
	return decoded(state, (*codec).keptClaim, "claim", func(x *Claim) string { return x.ID })
}

// keptClaim is a claim that its member's state does not hold any more.
func (c *codec) keptClaim(x *Claim) {
	c.format()
	c.Uint(&x.version)
	c.claim(x)
	if c.Tail(x.handsOver()) {
		c.handing(x)
	}
}

// handing is what only uses have, and claims whose reward was used.
func (c *codec) handing(x *Claim) {
	use := x.Held != nil
	if c.Flag(&use); use {
		if x.Held == nil {
			x.Held = &RewardHeld{}
		}
		c.held(x.Held)
	}
	c.Flag(&x.Used)
	c.Text(&x.TakenBy)
	c.Text(&x.Where)
	c.Uint(&x.Voids)
}

// usesOfRewards are what members have done with the rewards that they hold, at the end of their state.
func (c *codec) usesOfRewards(m *Member) {
	wire.Room(&c.Codec, &m.Lapsed)
	for i := range m.Lapsed {
		c.held(&m.Lapsed[i])
	}
	for i := range m.Rewards {
		c.Count(&m.Rewards[i].Number)
	}
	for _, x := range m.Claims {
		some := x.handsOver()
		if c.Flag(&some); some {
			c.handing(x)
		}
	}
}

// usesRewards reports whether there is anything of that.
func (m *Member) usesRewards() bool {
	return len(m.Lapsed) > 0 || slices.ContainsFunc(m.Rewards, func(h RewardHeld) bool { return h.Number > 0 }) ||
		slices.ContainsFunc(m.Claims, (*Claim).handsOver)
}

func (c *codec) claim(x *Claim) {
	c.Text(&x.ID)
	c.Name(&x.Reward)
	c.Uint(&x.Seq)
	wire.Small(&c.Codec, &x.State)
	c.At(&x.At)
	c.At(&x.Until)
	c.At(&x.Settled)
	c.Uint(&x.Confirmed)
	c.Text(&x.Code)
	c.Name(&x.Chosen)
	c.claimParts(&x.Parts)
	wire.Room(&c.Codec, &x.Uses)
	for i := range x.Uses {
		u := &x.Uses[i]
		c.Fixed(&u.Limit)
		c.Text(&u.Shared)
		c.Key(&u.Key)
		c.Name(&u.Points)
		c.Num(&u.Amount)
	}
}

// acquired is what members have bought, at the end of their state; for those who never did, that alone.
func (c *codec) acquired(m *Member) {
	bought := func(s *StreakRecord) bool { return len(s.Bought)+len(s.Mended) > 0 }
	told := func(h RewardHeld) bool { return h.Claim != "" || h.Code != "" }
	some := len(m.Claims) > 0 || slices.ContainsFunc(m.Streaks, bought) || slices.ContainsFunc(m.Rewards, told)
	if c.Flag(&some); !some {
		return
	}
	wire.Pointers(&c.Codec, &m.Claims)
	for _, x := range m.Claims {
		c.claim(x)
	}
	if c.as(len(m.Rewards)); c.Err != nil {
		return
	}
	for i := range m.Rewards {
		c.Text(&m.Rewards[i].Claim)
		c.Text(&m.Rewards[i].Code)
	}
	if c.as(len(m.Streaks)); c.Err != nil {
		return
	}
	for _, s := range m.Streaks {
		wire.Room(&c.Codec, &s.Bought)
		for i := range s.Bought {
			c.At(&s.Bought[i])
		}
		c.spans(&s.Mended)
	}
}

// as is the length of a list that was written before: another one is damage.
func (c *codec) as(n int) {
	length := n
	if c.Count(&length); length != n {
		c.Damaged()
	}
}

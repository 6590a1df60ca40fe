package engine

import (
	"encoding/binary"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// Claim is a member's claim of a reward: the points that are held for it, and what becomes of them (semantics: Points).
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

func (w *writer) claim(c *Claim) {
	w.text(c.ID)
	w.text(c.Reward)
	w.uint(c.Seq)
	w.uint(uint64(c.State))
	w.at(c.At)
	w.at(c.Until)
	w.at(c.Settled)
	w.uint(c.Confirmed)
	w.text(c.Code)
	w.text(c.Chosen)
	w.len(len(c.Parts))
	for i := range c.Parts {
		w.claimPart(&c.Parts[i])
	}
	w.len(len(c.Uses))
	for i := range c.Uses {
		u := &c.Uses[i]
		w.b = binary.LittleEndian.AppendUint64(w.b, u.Limit)
		w.text(u.Shared)
		w.key(u.Key)
		w.text(u.Points)
		w.num(u.Amount)
	}
}

func (r *reader) claim(c *Claim) {
	*c = Claim{ID: r.text(), Reward: r.name(), Seq: r.uint(), State: small[ClaimState](r), At: r.at(), Until: r.at(), Settled: r.at(), Confirmed: r.uint(),
		Code: r.text(), Chosen: r.name()}
	c.Parts = list(r, r.claimPart)
	c.Uses = list(r, func(u *ClaimUse) {
		*u = ClaimUse{Limit: r.fixed(), Shared: r.text(), Key: r.key(), Points: r.name(), Amount: r.num()}
	})
}

func encodeClaim(c *Claim) []byte {
	var w writer
	w.uint(stateFormat)
	w.uint(c.version)
	w.claim(c)
	return w.b
}

func decodeClaim(state []byte) *Claim {
	r := &reader{b: state}
	c := &Claim{}
	r.uint()
	version := r.uint()
	r.claim(c)
	c.version = version
	damaged("claim", c.ID, r)
	return c
}

// acquired writes what members have bought, at the end of their state; for those who never did, that alone.
func (w *writer) acquired(m *Member) {
	bought := func(s *StreakRecord) bool { return len(s.Bought)+len(s.Mended) > 0 }
	told := func(h RewardHeld) bool { return h.Claim != "" || h.Code != "" }
	some := len(m.Claims) > 0 || slices.ContainsFunc(m.Streaks, bought) || slices.ContainsFunc(m.Rewards, told)
	if w.flag(some); !some {
		return
	}
	w.len(len(m.Claims))
	for _, c := range m.Claims {
		w.claim(c)
	}
	w.len(len(m.Rewards))
	for _, h := range m.Rewards {
		w.text(h.Claim)
		w.text(h.Code)
	}
	w.len(len(m.Streaks))
	for _, s := range m.Streaks {
		w.len(len(s.Bought))
		for _, at := range s.Bought {
			w.at(at)
		}
		w.len(len(s.Mended))
		for _, span := range s.Mended {
			w.span(span)
		}
	}
}

func (r *reader) acquired(m *Member) {
	if !r.flag() {
		return
	}
	m.Claims = pointers(r, r.claim)
	for i := range min(r.len(), len(m.Rewards)) {
		m.Rewards[i].Claim, m.Rewards[i].Code = r.text(), r.text()
	}
	for i := range min(r.len(), len(m.Streaks)) {
		s := m.Streaks[i]
		s.Bought = list(r, func(at *calendar.Instant) { *at = r.at() })
		s.Mended = list(r, r.span)
	}
}

package engine

import (
	"cmp"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// Holding is a reward that a member has, is using, has used or has let expire, as people and tills see it.
type Holding struct {
	ID      string            `json:"id"`
	Reward  string            `json:"reward"`
	Title   string            `json:"title"`
	State   string            `json:"state"` // held, in_use, used, expired; of a code also returned, and gone
	At      calendar.Instant  `json:"at"`    // when it was received
	Expires *calendar.Instant `json:"expires_at"`
	Code    string            `json:"code,omitempty"`
	Claim   string            `json:"claim,omitempty"`      // that bought it
	Use     string            `json:"use,omitempty"`        // the claim that uses it, or has used it
	Until   *calendar.Instant `json:"held_until,omitempty"` // in_use: when its hold is over
	Used    *calendar.Instant `json:"used_at,omitempty"`
	Where   string            `json:"where,omitempty"`

	seq    uint64
	number int
}

// States of holdings.
const (
	holdingHeld     = "held"
	holdingInUse    = "in_use"
	holdingUsed     = "used"
	holdingExpired  = "expired"
	holdingReturned = "returned"
	holdingGone     = "gone"
)

// Place is where the holding stands among its member's: the later it was received, the higher.
func (h *Holding) Place() (seq uint64, number int) { return h.seq, h.number }

func (r *Ruleset) holding(h *RewardHeld, state string) Holding {
	title := h.Reward
	if r := r.Reward(h.Reward); r != nil {
		title = r.Title
	}
	return Holding{ID: h.ID(), Reward: h.Reward, Title: title, State: state, At: h.At, Expires: instantOrNil(h.Expires), Code: h.Code,
		Claim: h.Claim, seq: h.Seq, number: h.Number}
}

// Holdings are the rewards of a member at an instant not before the last event, the latest first: those that are held, those that
// expired within the late window, and what the member's last claims have used.
func (m *Member) Holdings(rules *Ruleset, at calendar.Instant) []Holding {
	list := []Holding{}
	free := func(h *RewardHeld) {
		state := holdingHeld
		if h.Expires <= at {
			state = holdingExpired
		}
		list = append(list, rules.holding(h, state))
	}
	for i := range m.Rewards {
		free(&m.Rewards[i])
	}
	for i := range m.Lapsed {
		free(&m.Lapsed[i])
	}
	for _, c := range m.Claims {
		if h, ok := rules.handedOver(c, at); ok {
			list = append(list, h)
		} else if c.pins() && c.Voids == 0 { // its hold is over
			free(c.Held)
		}
	}
	slices.SortStableFunc(list, func(a, b Holding) int { return -cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.number, b.number)) })
	return list
}

// handedOver is what a claim uses or has used; ok is false where it does not.
func (r *Ruleset) handedOver(c *Claim, at calendar.Instant) (h Holding, ok bool) {
	state := c.stateAt(at)
	switch {
	case c.Held != nil && state == ClaimOpen:
		h = r.holding(c.Held, holdingInUse)
		h.Until = instantOrNil(c.Until)
	case c.Held != nil && state == ClaimConfirmed:
		h = r.holding(c.Held, holdingUsed)
	case c.Used && state == ClaimConfirmed:
		h = r.holding(&RewardHeld{Reward: c.Reward, Seq: c.Confirmed, At: c.Settled, Claim: c.ID, Code: c.Code}, holdingUsed)
	default:
		return h, false
	}
	h.Use, h.Where = c.ID, c.Where
	if state == ClaimConfirmed {
		h.Used = instantOrNil(c.Settled)
	}
	return h, true
}

// ClaimNamed finds a claim or a use by its id, and whose it is; nil for one that is not known.
func (p *Processor) ClaimNamed(id string) (member string, c *Claim, err error) {
	rec, err := p.known(event.KeyedID(id))
	if rec == nil || !makesClaim(rec.Event.Type) || rec.Outcome.Refusal != nil {
		return "", nil, err
	}
	m := p.Member(p.now(rec.Event.Member))
	if m == nil {
		return "", nil, nil
	}
	return m.ID, p.Claim(m, id), nil
}

// codeOwner is the row of a code that was given: whose it is, what it is of and until when that can be used, and the use that took it
// last.
type codeOwner struct {
	member, holding, use string
	expires              calendar.Instant
}

func encodeCodeOwner(o codeOwner) []byte { return encoded(&o, (*codec).codeOwner) }

func decodeCodeOwner(b []byte) *codeOwner {
	return decoded(b, (*codec).codeOwner, "code of", func(o *codeOwner) string { return o.member })
}

func (c *codec) codeOwner(o *codeOwner) {
	c.format()
	c.Text(&o.member)
	c.Text(&o.holding)
	c.Text(&o.use)
	c.At(&o.expires)
}

// codeRows are the rows of the codes that an outcome tells.
func (p *Processor) codeRows(out *Outcome, member string) {
	gifts := 0
	for i := range out.Effects {
		e := &out.Effects[i]
		if e.Kind != RewardEffect || e.Revoked {
			continue
		}
		o := codeOwner{member: member, holding: e.Claim, expires: e.Expires}
		switch {
		case e.Claim == "":
			o.holding = giftID(out.Seq, gifts)
			gifts++
		case out.Handing != nil:
			o.use, o.holding = e.Claim, cmp.Or(out.Handing.Holding, e.Claim)
			if c := p.Claim(p.subjects.Member(member), e.Claim); c != nil && c.Held != nil {
				o.expires = c.Held.Expires
			}
		}
		if e.Code != "" {
			p.put(Row{Key: codeKey(e.Code, e.ID), Value: encodeCodeOwner(o)})
		}
	}
}

// CodeFound is what a code of a reward stands for.
type CodeFound struct {
	Member string `json:"member"`
	Holding
}

// FindCode finds what a code that was given stands for at an instant, nil for one that nobody has. Where several rewards have the same
// code it is what can be used, if anything can.
func (p *Processor) FindCode(code string, at calendar.Instant) (found *CodeFound, err error) {
	if !fitsCode(code) {
		return nil, nil
	}
	prefix := codeKey(code, "")
	err = p.scan(prefix, "", func(key string, value []byte) {
		owner := decodeCodeOwner(value)
		m := p.Member(p.now(owner.member))
		if m == nil || found != nil && found.State == holdingHeld {
			return
		}
		h := p.ofCode(m, restOf(key, prefix), owner, at)
		h.Code = code
		found = &CodeFound{Member: m.ID, Holding: h}
	})
	return found, err
}

// ofCode is what has become of what a code stands for.
func (p *Processor) ofCode(m *Member, reward string, o *codeOwner, at calendar.Instant) Holding {
	rules := p.current()
	for _, h := range m.Holdings(rules, at) {
		if h.ID == o.holding {
			return h
		}
	}
	for _, id := range []string{o.use, o.holding} { // what the state does not hold any more
		c := p.Claim(m, id)
		if c == nil {
			continue
		}
		if h, ok := rules.handedOver(c, at); ok && h.ID == o.holding {
			return h
		}
		if c.State == ClaimReturned && c.ID == o.holding {
			h := rules.holding(&RewardHeld{Reward: reward, At: c.Settled, Claim: c.ID}, holdingReturned)
			return h
		}
	}
	state := holdingGone
	if o.expires != 0 && o.expires <= at {
		state = holdingExpired
	}
	h := rules.holding(&RewardHeld{Reward: reward, Expires: o.expires}, state)
	h.ID = o.holding
	return h
}

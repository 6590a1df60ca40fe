package engine

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// RewardHeld is a reward that a member was given, or has claimed. A member's Rewards are those that can be used; one that is being used,
// or was, is the claim's that uses it (Claim.Held).
type RewardHeld struct {
	Reward  string
	Seq     uint64 // of the event that gave it, or confirmed the claim
	Number  int    // among the rewards that the event gave, from 0
	Source  Source
	At      calendar.Instant
	Expires calendar.Instant
	Claim   string // of which it came, "" for a gift
	Code    string // "" without one
}

// giftNames is what the ids of rewards that were given begin with. No claim can have such an id.
const giftNames = event.Own + "gift/"

// ID names the holding among those of its member: it is that of the claim that bought it, or made of the event that gave it.
func (h *RewardHeld) ID() string {
	if h.Claim != "" {
		return h.Claim
	}
	return giftID(h.Seq, h.Number)
}

func giftID(seq uint64, number int) string {
	return giftNames + strconv.FormatUint(seq, 10) + "/" + strconv.Itoa(number)
}

// heldAt reports whether the member has it at an instant.
func (h *RewardHeld) heldAt(at calendar.Instant) bool { return h.At <= at && at < h.Expires }

// RewardCount is how many of r the member holds at an instant.
func (m *Member) RewardCount(r *Reward, at calendar.Instant) int {
	n := 0
	count := func(h *RewardHeld) {
		if h.Reward == r.ID && h.heldAt(at) {
			n++
		}
	}
	m.eachHeld(at, count)
	return n
}

// RewardsHeld are the rewards the member holds at an instant.
func (m *Member) RewardsHeld(at calendar.Instant) (list []RewardHeld) {
	list = []RewardHeld{}
	m.eachHeld(at, func(h *RewardHeld) {
		if h.heldAt(at) {
			list = append(list, *h)
		}
	})
	return list
}

// eachHeld calls yield for what the member may hold at an instant: also what has expired since, and what uses that are over give back.
func (m *Member) eachHeld(at calendar.Instant, yield func(*RewardHeld)) {
	for i := range m.Rewards {
		yield(&m.Rewards[i])
	}
	for i := range m.Lapsed {
		yield(&m.Lapsed[i])
	}
	if m.pinned == 0 {
		return
	}
	for _, c := range m.Claims {
		if c.Held != nil && c.State == ClaimOpen && c.Until <= at && c.Voids == 0 {
			yield(c.Held)
		}
	}
}

// firstLapse is when the first of the rewards expires, calendar.Forever for none.
func (m *Member) firstLapse() calendar.Instant {
	if m.lapses == 0 {
		m.lapses = calendar.Forever
		for i := range m.Rewards {
			m.lapses = min(m.lapses, m.Rewards[i].Expires)
		}
	}
	return m.lapses
}

// receive adds a reward to those that can be used.
func (a *applier) receive(h RewardHeld) {
	first := a.m.firstLapse()
	a.m.Rewards, a.m.lapses = append(a.m.Rewards, h), min(first, h.Expires)
}

// dropHeld takes a reward out of those that can be used.
func (m *Member) dropHeld(i int) (h RewardHeld) {
	h = m.Rewards[i]
	if m.Rewards = slices.Delete(m.Rewards, i, i+1); h.Expires == m.lapses {
		m.lapses = 0
	}
	return h
}

// rewardsDue is the next instant at which a reward expires.
func (a *applier) rewardsDue() calendar.Instant { return a.m.firstLapse() }

// settleRewards lets rewards expire, each at its instant. Those that expired within the late window are kept: an event of that time
// may still ask for them.
func (a *applier) settleRewards(now calendar.Instant) {
	m := a.m
	if m.firstLapse() > now {
		return
	}
	var over []RewardHeld
	m.Rewards = slices.DeleteFunc(m.Rewards, func(h RewardHeld) bool {
		if h.Expires <= now {
			over = append(over, h)
		}
		return h.Expires <= now
	})
	m.lapses = 0
	slices.SortStableFunc(over, func(x, y RewardHeld) int { return cmp.Compare(x.Expires, y.Expires) })
	horizon := a.current.Calendar.Before(a.now, a.current.Late)
	m.Lapsed = append(m.Lapsed, over...)
	m.Lapsed = slices.DeleteFunc(m.Lapsed, func(h RewardHeld) bool { return h.Expires < horizon })
	for i := range over {
		a.tellLapsed(&over[i], over[i].Expires)
	}
}

// tellLapsed raises the event that a reward has expired, at an instant.
func (a *applier) tellLapsed(h *RewardHeld, at calendar.Instant) {
	id := h.ID()
	a.tellHeld(Cause{Event: RewardExpired, ID: h.Reward, Goal: id, At: at},
		event.TextValue(h.Reward), event.TextValue(a.kindOf(h.Reward)), event.TextValue(id))
}

// tellHeld raises the event that a reward expired or came back, or that a claim was given up.
func (a *applier) tellHeld(c Cause, fields ...event.Value) {
	a.raise(c.Event, c.At, fields...)
	a.leadReward(c, fields)
}

// toUse is the place of the reward that a use takes: the one named, or the first to expire; -1 for none.
func (m *Member) toUse(reward, holding string, now calendar.Instant) int {
	at := -1
	for i := range m.Rewards {
		h := &m.Rewards[i]
		switch {
		case h.Reward != reward, holding != "" && h.ID() != holding, h.Expires <= now:
		case at < 0 || h.before(&m.Rewards[at]):
			at = i
		}
	}
	return at
}

// before reports whether a reward is used before another: the first to expire, or the one that the member has had longer.
func (h *RewardHeld) before(o *RewardHeld) bool {
	return cmp.Or(cmp.Compare(h.Expires, o.Expires), cmp.Compare(h.At, o.At), cmp.Compare(h.Seq, o.Seq), cmp.Compare(h.Number, o.Number)) < 0
}

func (c *codec) held(h *RewardHeld) {
	c.Name(&h.Reward)
	c.Uint(&h.Seq)
	c.Count(&h.Number)
	c.source(&h.Source)
	c.At(&h.At)
	c.At(&h.Expires)
	c.Text(&h.Claim)
	c.Text(&h.Code)
}

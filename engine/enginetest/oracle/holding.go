package oracle

import (
	"cmp"
	"slices"
)

// holding is a reward that a member has: bought, or given by an event.
type holding struct {
	reward  string
	claim   *claim    // that bought it, nil for a gift
	by      *happened // that gave it
	at      Instant
	seq     int
	expires Instant
	awarded bool   // the event that gave it, as it now is, gave it
	gone    bool   // returned, or taken with what gave it
	use     *using // that has it, nil for none
	lost    bool   // what gave it was reversed while it was in use
}

// using is a use of a holding.
type using struct {
	of    *holding
	state string // open, confirmed, returned, cancelled
	until Instant
}

// presentFrom is the amount from which an event of type buy gives the reward present.
const presentFrom = 20 * million

// settleUse ends a use whose hold is over.
func (x *holding) settleUse(now Instant) {
	if x.use != nil && x.use.state == "open" && x.use.until <= now {
		x.free()
	}
}

// free ends a use: what it had can be used again, unless what gave it was reversed.
func (x *holding) free() {
	x.use, x.gone = nil, x.gone || x.lost
	x.lost = false
}

// usable reports whether a holding can be used at an instant.
func (x *holding) usable(now Instant) bool {
	x.settleUse(now)
	return !x.gone && x.use == nil && now < x.expires
}

// present gives the reward present, or takes it back, as the event now is.
func (w *World) present(m *member, h *happened, now Instant) {
	if w.Program.Present == (Span{}) || h.Type != "buy" {
		return
	}
	i := slices.IndexFunc(m.holdings, func(x *holding) bool { return x.by == h })
	if i < 0 {
		i = len(m.holdings)
		m.holdings = append(m.holdings, &holding{reward: "present", by: h, at: h.At, expires: h.clock.after(h.At, w.Program.Present), gone: true})
	}
	x := m.holdings[i]
	x.settleUse(now)
	given := !h.voided && h.Amount >= presentFrom
	again := given && !x.awarded && !x.lost && (now < x.expires || now == h.Arrived)
	x.awarded = given && (x.awarded || again)
	switch {
	case again && x.gone:
		x.gone, x.seq = false, w.seq
		m.given++
		w.reach("reward given")
	case given && x.lost:
		w.reach("reward in use not given again")
	case !given && !x.gone && x.use != nil:
		w.reach("reward in use lost")
		x.lost = true
	case !given && !x.gone && now < x.expires:
		w.reach("reward taken back")
		x.gone = true
	}
}

// Use hands over a reward that a member has, the first to expire, or holds it.
func (w *World) Use(id, of, reward string, hold bool, now Instant) bool {
	m := w.members[of]
	w.seq++
	m.settle(now)
	var list []*holding
	for _, x := range m.holdings {
		if x.reward == reward && x.usable(now) {
			list = append(list, x)
		}
	}
	if len(list) == 0 {
		w.reach("nothing to use")
		return false
	}
	slices.SortFunc(list, func(x, y *holding) int {
		return cmp.Or(cmp.Compare(x.expires, y.expires), cmp.Compare(x.at, y.at), cmp.Compare(x.seq, y.seq))
	})
	u := &using{of: list[0], state: "confirmed"}
	u.of.use = u
	if hold {
		u.state, u.until = "open", m.clock.after(now, w.holdOf(reward))
	}
	w.used[id] = u
	w.reach("use")
	if !hold {
		m.handedOver++
	}
	return true
}

func (w *World) holdOf(reward string) Span {
	for _, r := range w.Program.Rewards {
		if r.ID == reward {
			return r.Hold
		}
	}
	return Span{1, "hour"} // of the reward present
}

// settleUsing is what confirm, cancel and return do with a use.
func (w *World) settleUsing(do, id, of string, now Instant) bool {
	u := w.used[id]
	w.seq++
	w.members[of].settle(now)
	u.of.settleUse(now)
	state := w.UseState(id, now)
	wanted := map[string]string{"confirm": "open", "cancel": "open", "return": "confirmed"}[do]
	if state != wanted {
		w.reach("settling refused")
		return false
	}
	switch do {
	case "confirm":
		u.state = "confirmed"
		w.members[of].handedOver++
		w.reach("held use confirmed")
	case "cancel":
		u.state = "cancelled"
		u.of.free()
	case "return":
		u.state = "returned"
		u.of.free()
		w.reach("use returned")
	}
	return true
}

// UseState is what has become of a use by an instant.
func (w *World) UseState(id string, now Instant) string {
	if u := w.used[id]; u.state != "open" || u.until > now {
		return u.state
	}
	w.reach("held use timed out")
	return "timed_out"
}

// Holds is how many of a reward a member has at an instant.
func (w *World) Holds(of, reward string, now Instant) (n int) {
	for _, x := range w.members[of].holdings {
		if x.reward != reward || x.gone || x.at > now || now >= x.expires {
			continue
		}
		if x.use == nil || x.use.state == "open" && x.use.until <= now && !x.lost {
			n++
		}
	}
	return n
}

// Used is how many rewards a member has used and not given back.
func (w *World) Used(of string) (n int) {
	for _, u := range w.used {
		if u.state == "confirmed" && w.owns(of, u.of) {
			n++
		}
	}
	for _, c := range w.claims {
		if c.member.id == of && c.atOnce && c.state == "confirmed" {
			n++
		}
	}
	return n
}

// CameBack is how many uses, and claims as a whole, a member has returned.
func (w *World) CameBack(of string) (n int) {
	for _, u := range w.used {
		if u.state == "returned" && w.owns(of, u.of) {
			n++
		}
	}
	for _, c := range w.claims {
		if c.member.id == of && c.state == "returned" {
			n++
		}
	}
	return n
}

// Presents is how many events give a member the reward present, as they now are.
func (w *World) Presents(of string) (n int) {
	for _, x := range w.members[of].holdings {
		if x.awarded {
			n++
		}
	}
	return n
}

// Told is how many messages about rewards a member has been sent, of the types that need no time to pass.
func (w *World) Told(of string) map[string]int {
	m := w.members[of]
	told := map[string]int{"reward_used": m.handedOver, "reward_returned": w.CameBack(of), "reward_given": m.given}
	return told
}

func (w *World) owns(of string, x *holding) bool { return slices.Contains(w.members[of].holdings, x) }

package engine

import (
	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// Progress is everything an app polls about one member, as JSON, at one instant.
type Progress struct {
	Member     string                       `json:"member"`
	At         calendar.Instant             `json:"at"`
	Seq        uint64                       `json:"seq"` // the last event of the member that is taken into account
	Points     map[string]PointsProgress    `json:"points"`
	Tiers      map[string]TierProgress      `json:"tiers"`
	Badges     []BadgeProgress              `json:"badges"`
	Streaks    map[string]StreakProgress    `json:"streaks"`
	Challenges map[string]ChallengeProgress `json:"challenges"`
	Rewards    []RewardProgress             `json:"rewards"`
	Claims     []ClaimProgress              `json:"claims"`   // open ones
	Counters   map[string]decimal.Decimal   `json:"counters"` // public ones

	// Until is the first instant at which any of this changes by time alone.
	Until calendar.Instant `json:"-"`
	// Groups are the versions of the groups looked at, in order.
	Groups []*Group `json:"-"`
}

// PointsProgress is a balance.
type PointsProgress struct {
	Title     string             `json:"title"`
	Spendable decimal.Decimal    `json:"spendable"`
	Pending   decimal.Decimal    `json:"pending"`
	Held      decimal.Decimal    `json:"held"`
	Debt      decimal.Decimal    `json:"debt"`
	Issued    decimal.Decimal    `json:"issued"` // in all, like spent and expired
	Spent     decimal.Decimal    `json:"spent"`
	Expired   decimal.Decimal    `json:"expired"`
	Expiring  []ExpiringProgress `json:"expiring"`
}

// ExpiringProgress is what expires next, and when.
type ExpiringProgress struct {
	At     calendar.Instant `json:"at"`
	Amount decimal.Decimal  `json:"amount"`
}

// maxExpiring is how many coming expiries progress lists.
const maxExpiring = 12

// TierProgress is a level with what is missing to the next one and to stay.
type TierProgress struct {
	Title   string            `json:"title"`
	Level   string            `json:"level"`
	Since   *calendar.Instant `json:"since"`
	Until   *calendar.Instant `json:"until"` // when it falls unless more is done; null when it does not
	Value   *decimal.Decimal  `json:"value,omitempty"`
	Next    string            `json:"next,omitempty"`
	Missing *decimal.Decimal  `json:"missing,omitempty"` // to the next level
	ToStay  *decimal.Decimal  `json:"to_stay,omitempty"` // to meet the present level again
	Perks   []string          `json:"perks,omitempty"`
}

// BadgeProgress is a badge held.
type BadgeProgress struct {
	Badge string           `json:"badge"`
	Title string           `json:"title"`
	About string           `json:"about,omitempty"`
	Image string           `json:"image,omitempty"`
	Level string           `json:"level,omitempty"`
	At    calendar.Instant `json:"at"`
}

// StreakProgress is where a streak stands.
type StreakProgress struct {
	Title    string                 `json:"title"`
	About    string                 `json:"about,omitempty"`
	State    challenges.StreakState `json:"state"`
	Length   int                    `json:"length"`
	Longest  int                    `json:"longest"`
	Frozen   int                    `json:"frozen"` // missed periods that the run bridges
	Stored   int                    `json:"stored"` // bought freezes that are left
	AtRiskAt *calendar.Instant      `json:"at_risk_at"`
	BreaksAt *calendar.Instant      `json:"breaks_at"`
	// Repairable is until when the last break can be repaired; null when there is none, also while a new run goes on.
	Repairable *calendar.Instant `json:"repairable_until"`
}

// ChallengeProgress is where a member is in a challenge's present window.
type ChallengeProgress struct {
	Title    string            `json:"title"`
	About    string            `json:"about,omitempty"`
	Progress decimal.Decimal   `json:"progress"`
	Shown    decimal.Decimal   `json:"shown"` // capped at the last goal
	Goal     decimal.Decimal   `json:"goal"`
	Done     bool              `json:"done"`
	Times    int               `json:"times"`
	Joined   bool              `json:"joined"`
	Open     bool              `json:"open"`
	Starts   *calendar.Instant `json:"starts_at"`
	Ends     *calendar.Instant `json:"ends_at"`
	Steps    []string          `json:"steps,omitempty"` // done
	Group    string            `json:"group,omitempty"`
	Mine     *decimal.Decimal  `json:"mine,omitempty"` // the member's own part in a group's challenge
}

// RewardProgress is a reward held.
type RewardProgress struct {
	ID      string            `json:"id"`
	Reward  string            `json:"reward"`
	Title   string            `json:"title"`
	At      calendar.Instant  `json:"at"`
	Expires *calendar.Instant `json:"expires_at"`
	Claim   string            `json:"claim,omitempty"` // of which it came
	Code    string            `json:"code,omitempty"`
}

// ClaimProgress is how a claim stands.
type ClaimProgress struct {
	Claim   string                     `json:"claim"`
	Reward  string                     `json:"reward"`
	State   string                     `json:"state"`
	At      calendar.Instant           `json:"at"`
	Until   *calendar.Instant          `json:"held_until"` // null when it is not open
	Settled *calendar.Instant          `json:"settled_at"` // when it was confirmed, cancelled or timed out
	Points  map[string]decimal.Decimal `json:"points"`     // held, or spent and not returned
	Code    string                     `json:"code,omitempty"`
	Holding string                     `json:"holding,omitempty"` // what a use takes
	Used    bool                       `json:"used,omitempty"`    // it was handed over, or what it bought was used since
	Where   string                     `json:"where,omitempty"`   // it was handed over, or is to be
}

// Progress gathers a member's progress at an instant not before its last event. group finds a group's state; a nil one
// leaves the progress of groups out.
func (m *Member) Progress(rules *Ruleset, at calendar.Instant, group func(CountID) *Group) Progress {
	return m.ProgressHeld(rules, at, at, group)
}

// Balances are what a member has of the points of a ruleset, as of what had been accepted by an instant.
func (m *Member) Balances(rules *Ruleset, taken calendar.Instant) map[string]PointsProgress {
	p := Progress{Points: map[string]PointsProgress{}}
	m.balances(&p, rules, taken)
	return p.Points
}

// ProgressHeld is Progress where time has taken nothing since an earlier instant: nothing has expired or fallen after it, and no
// hold is over.
func (m *Member) ProgressHeld(rules *Ruleset, at, taken calendar.Instant, group func(CountID) *Group) Progress {
	p := Progress{Member: m.ID, At: at, Seq: m.Version, Points: map[string]PointsProgress{}, Tiers: map[string]TierProgress{},
		Badges: []BadgeProgress{}, Streaks: map[string]StreakProgress{}, Challenges: map[string]ChallengeProgress{},
		Rewards: []RewardProgress{}, Claims: []ClaimProgress{}, Counters: map[string]decimal.Decimal{}}
	cal := rules.CalendarOf(m)
	p.Until = cal.Zone.Start(cal.Zone.Date(at).AddDays(1)) // days, streaks and windows of dates turn at midnight
	if m.Due != 0 && m.Due <= at {
		p.Until = at // what is due is not written down yet: the next look may already differ
	}
	p.changes(at, m.Due)
	m.balances(&p, rules, taken)
	for _, t := range rules.Tiers {
		p.Tiers[t.ID] = m.tierProgress(rules, t, at, taken)
		for _, c := range t.Counters {
			p.changes(at, c.turns(cal, m.count(c.Name), at))
		}
	}
	for _, b := range rules.Badges {
		if held := m.badge(b.ID); held != nil {
			p.Badges = append(p.Badges, BadgeProgress{Badge: b.ID, Title: b.Title, About: b.About, Image: b.Image, Level: held.Level, At: held.At})
		}
	}
	for _, s := range rules.Streaks {
		st := m.StreakAt(rules, s, at)
		if s.hiddenFrom(m.streak(s.Key)) {
			continue
		}
		p.Streaks[s.ID] = StreakProgress{Title: s.Title, About: s.About, State: st.State, Length: st.Length, Longest: st.Longest,
			Frozen: st.Frozen, Stored: st.Stored, AtRiskAt: instantOrNil(st.AtRiskAt), BreaksAt: instantOrNil(st.BreaksAt),
			Repairable: instantOrNil(st.MendableUntil)}
		p.changes(at, st.MendableUntil)
	}
	for _, c := range rules.Challenges {
		if !c.hiddenFrom(m.challenge(c.Key)) {
			p.Challenges[c.ID] = m.challengeProgress(&p, rules, c, at, group)
		}
	}
	m.holdings(&p, rules, taken)
	for _, c := range m.ClaimsAt(taken) {
		if c.State == ClaimOpen.String() {
			p.Claims = append(p.Claims, c)
		}
	}
	for _, c := range rules.Counters {
		if !c.Public {
			continue
		}
		var count *Count
		if c.By == ByMember {
			count = m.count(c.Name)
		} else if group != nil {
			g := group(c.CountOf(m))
			p.Groups = append(p.Groups, g)
			count = &g.Count
		}
		p.Counters[c.ID] = c.value(count, cal, at)
		p.changes(at, c.turns(cal, count, at))
	}
	return p
}

// turns is the first instant after one at which a count changes by time alone, calendar.Forever for none.
func (c *Counter) turns(cal calendar.Calendar, count *Count, after calendar.Instant) calendar.Instant {
	switch {
	case count == nil:
		return calendar.Forever
	case !c.Last.IsZero():
		return leaves(cal, c, count, after)
	default:
		return cal.End(c.Every, cal.Key(c.Every, after))
	}
}

// changes brings Until forward to an instant at which something changes.
func (p *Progress) changes(now, at calendar.Instant) {
	if at > now {
		p.Until = min(p.Until, at)
	}
}

func (m *Member) balances(p *Progress, rules *Ruleset, at calendar.Instant) {
	for _, points := range rules.Points {
		b := m.Balance(rules, points, at)
		out := PointsProgress{Title: points.Title, Spendable: b.Spendable, Pending: b.Pending, Held: b.Held, Debt: b.Debt,
			Issued: b.Issued, Spent: b.Spent, Expired: b.Expired, Expiring: []ExpiringProgress{}}
		for i, e := range b.Expires {
			if i == maxExpiring {
				break
			}
			out.Expiring = append(out.Expiring, ExpiringProgress(e))
		}
		p.Points[points.ID] = out
	}
}

func (m *Member) tierProgress(rules *Ruleset, t *Tier, at, taken calendar.Instant) TierProgress {
	s := m.tierHeld(rules, t, at, taken)
	out := TierProgress{Title: t.Title, Level: s.Name, Since: instantOrNil(s.Since), Until: instantOrNil(s.Until), Next: s.Next, Perks: t.Perks[s.Name]}
	if len(s.Metrics) == 1 {
		out.Value = &s.Metrics[0]
		if missing := s.Needed - s.Metrics[0]; s.Next != "" && missing > 0 {
			out.Missing = &missing
		}
		if short := s.Keeps - s.Metrics[0]; short > 0 {
			out.ToStay = &short
		}
	}
	return out
}

// ChallengeProgress is where the member is in a challenge, be it hidden or not.
func (m *Member) ChallengeProgress(rules *Ruleset, c *Challenge, at calendar.Instant, group func(CountID) *Group) ChallengeProgress {
	return m.challengeProgress(&Progress{}, rules, c, at, group)
}

func (m *Member) challengeProgress(p *Progress, rules *Ruleset, c *Challenge, at calendar.Instant, group func(CountID) *Group) ChallengeProgress {
	s := m.ChallengeAt(rules, c, at)
	out := ChallengeProgress{Title: c.Title, About: c.About, Progress: s.Progress, Shown: s.Shown, Goal: s.Goal, Done: s.Done, Times: s.Times,
		Joined: s.Enrolled, Open: s.Open, Starts: instantOrNil(s.Start), Ends: instantOrNil(s.End), Steps: s.Steps, Group: s.Group}
	p.changes(at, s.Start)
	p.changes(at, s.End)
	if c.During != nil {
		p.turns(c.During, rules.CalendarOf(m), at)
	}
	if c.Counter != nil && c.Counter.By != ByMember {
		out.Mine = &s.Mine
		if group != nil {
			g := group(CountID{Name: c.Counter.Name, Group: s.Group})
			p.Groups = append(p.Groups, g)
			_, last := c.goals(nil)
			out.Progress = c.towards(g.GroupValue(c.Counter, m.WindowKey(rules, c, at)), last)
			out.Shown = c.shown(out.Progress, last)
		}
	}
	return out
}

// turns brings Until forward to where a window of days or hours opens or closes.
func (p *Progress) turns(d *During, cal calendar.Calendar, at calendar.Instant) {
	for i := range d.Any {
		w := d.Any[i].Calendar
		if w == nil {
			continue
		}
		if _, end, open := w.At(cal, at); open {
			p.changes(at, end)
		} else if start, _, ok := w.Next(cal, at); ok {
			p.changes(at, start)
		}
	}
}

func (m *Member) holdings(p *Progress, rules *Ruleset, at calendar.Instant) {
	p.Rewards = m.RewardsUsable(rules, at)
	for i := range p.Rewards {
		if expires := p.Rewards[i].Expires; expires != nil {
			p.changes(at, *expires)
		}
	}
}

// RewardsUsable are the rewards that a member holds at an instant not before its last event.
func (m *Member) RewardsUsable(rules *Ruleset, at calendar.Instant) []RewardProgress {
	list := []RewardProgress{}
	for _, h := range m.RewardsHeld(at) {
		title := h.Reward
		if r := rules.Reward(h.Reward); r != nil {
			title = r.Title
		}
		list = append(list, RewardProgress{ID: h.ID(), Reward: h.Reward, Title: title, At: h.At, Expires: instantOrNil(h.Expires),
			Claim: h.Claim, Code: h.Code})
	}
	return list
}

// ClaimsAt are the member's claims as they stand at an instant not before its last event, oldest first, at most MaxClaims
// that are not open.
func (m *Member) ClaimsAt(at calendar.Instant) []ClaimProgress {
	list := []ClaimProgress{}
	for _, c := range m.Claims {
		list = append(list, c.ProgressAt(at))
	}
	return list
}

// ProgressAt is how the claim stands at an instant not before its member's last event.
func (c *Claim) ProgressAt(at calendar.Instant) ClaimProgress {
	state, settled := c.stateAt(at), c.Settled
	out := ClaimProgress{Claim: c.ID, Reward: c.Reward, At: c.At, State: state.String(), Points: map[string]decimal.Decimal{}, Where: c.Where}
	switch state {
	case ClaimOpen:
		out.Until = instantOrNil(c.Until)
	case ClaimTimedOut:
		settled = c.Until
	case ClaimConfirmed:
		out.Code, out.Used = c.Code, c.handsOver()
	}
	if c.Held != nil {
		out.Holding = c.Held.ID()
	}
	if state == ClaimOpen || state == ClaimConfirmed {
		for _, points := range c.points() {
			out.Points[points] = c.holding(points)
		}
	}
	out.Settled = instantOrNil(settled)
	return out
}

// instantOrNil is nil for no instant: 0, the beginning and never.
func instantOrNil(i calendar.Instant) *calendar.Instant {
	if i == 0 || i == calendar.Forever || i == calendar.Beginning {
		return nil
	}
	return &i
}

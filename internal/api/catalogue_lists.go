package api

import (
	"cmp"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// gift is one thing that a goal, or a level, gives. An amount that is computed is told as it is written.
type gift struct {
	Points  string           `json:"points,omitempty"`
	Amount  *decimal.Decimal `json:"amount,omitempty"`
	Formula string           `json:"formula,omitempty"`
	Badge   string           `json:"badge,omitempty"`
	Reward  string           `json:"reward,omitempty"`
	Tier    string           `json:"tier,omitempty"`
	Level   string           `json:"level,omitempty"`
}

// goalShown is a goal with what it gives.
type goalShown struct {
	Goal  string          `json:"goal"`
	At    decimal.Decimal `json:"at"`
	Again bool            `json:"again,omitempty"`
	Give  []gift          `json:"give"`
}

func goalsOf(goals []*engine.Goal) []goalShown {
	list := []goalShown{}
	for _, g := range goals {
		list = append(list, goalShown{Goal: g.ID, At: g.At, Again: g.Again, Give: giftsOf(g.Give)})
	}
	return list
}

// giftsOf are gifts as the catalogue shows them. A hidden badge or reward is a surprise, and not told.
func giftsOf(grants []engine.Grant) []gift {
	list := []gift{}
	for i := range grants {
		switch g := &grants[i]; {
		case g.Points != nil:
			one := gift{Points: g.Points.ID}
			if amount, err := decimal.Parse(g.Text); err == nil {
				one.Amount = &amount
			} else {
				one.Formula = g.Text
			}
			list = append(list, one)
		case g.Badge != nil && !g.Badge.Hidden:
			list = append(list, gift{Badge: g.Badge.ID, Level: g.Level})
		case g.Reward != nil && !g.Reward.Hidden:
			list = append(list, gift{Reward: g.Reward.ID})
		case g.Tier != nil:
			list = append(list, gift{Tier: g.Tier.ID, Level: g.Level})
		}
	}
	return list
}

// asked is the member whom a catalogue is asked for, and their progress; nil without one.
func (c call) asked() (member string, progress *engine.Progress, err error) {
	if err := c.settled(); err != nil {
		return "", nil, err
	}
	member = cmp.Or(c.self, c.query("member"))
	if member == "" {
		return "", nil, nil
	}
	if !event.ValidID(member) {
		return "", nil, wrongParameter("query.member", "this cannot be an id", "")
	}
	p, found, err := c.progressAt(member, c.program.Present())
	if err == nil && !found {
		err = c.noMember(member)
	}
	return member, &p, err
}

// price is what a reward costs in one kind of points.
type price struct {
	Points string          `json:"points"`
	Amount decimal.Decimal `json:"amount"`
	OrMore bool            `json:"or_more,omitempty"`
}

// rewardShown is a reward as the catalogue shows it. Left is null where there is no end of it.
type rewardShown struct {
	Reward  string         `json:"reward"`
	Title   string         `json:"title"`
	About   string         `json:"about,omitempty"`
	Image   string         `json:"image,omitempty"`
	Kind    string         `json:"kind"`
	Details map[string]any `json:"details,omitempty"`
	Cost    []price        `json:"cost"`
	Limits  []string       `json:"limits,omitempty"`
	Valid   string         `json:"valid,omitempty"`
	Left    *int           `json:"left"`
	Open    bool           `json:"open"`
	Opens   *string        `json:"opens_at,omitempty"`
	Closes  *string        `json:"closes_at,omitempty"`
	Mine    *available     `json:"member,omitempty"`
}

// available is what a reward is to a member.
type available struct {
	Available bool                       `json:"available"`
	Reason    string                     `json:"reason,omitempty"`
	Missing   map[string]decimal.Decimal `json:"missing,omitempty"`
	Held      int                        `json:"held"`
}

func listRewards(c call) error {
	member, _, err := c.asked()
	if err != nil {
		return err
	}
	var mine map[string]engine.Availability
	if member != "" {
		found := false
		if mine, found, err = c.program.Available(member); err != nil {
			return err
		} else if !found {
			return c.noMember(member)
		}
	}
	rules, now := c.program.Rules(), c.program.Present()
	list := []rewardShown{}
	for _, r := range rules.Rewards {
		of := mine[r.ID]
		if r.Hidden && of.Held == 0 {
			continue
		}
		one := rewardShown{Reward: r.ID, Title: r.Title, About: r.About, Image: r.Image, Kind: r.Kind, Details: r.Details, Cost: []price{}}
		for _, cost := range r.Cost {
			one.Cost = append(one.Cost, price{cost.Points.ID, cost.Amount, cost.OrMore})
		}
		for _, l := range r.Limits {
			one.Limits = append(one.Limits, l.Text)
		}
		if !r.Valid.IsZero() {
			one.Valid = r.Valid.String()
		}
		if left, limited := c.program.StockLeft(r); limited {
			one.Left = &left
		}
		open, opens, closes := r.OpenNow(rules.Calendar, now)
		one.Open, one.Opens, one.Closes = open, known(opens), known(closes)
		if member != "" {
			one.Mine = &available{of.Reason == "", of.Reason, of.Missing, of.Held}
		}
		list = append(list, one)
	}
	return listed(c, list)
}

// levelShown is a level of a badge or tier. At is null where a level asks for several things.
type levelShown struct {
	Level string           `json:"level"`
	At    *decimal.Decimal `json:"at"`
	Perks []string         `json:"perks,omitempty"`
}

// badgeShown is a badge as the catalogue shows it, with what the member has of it, and what is still to do.
type badgeShown struct {
	Badge   string                `json:"badge"`
	Title   string                `json:"title"`
	About   string                `json:"about,omitempty"`
	Image   string                `json:"image,omitempty"`
	Levels  []levelShown          `json:"levels,omitempty"`
	Held    *engine.BadgeProgress `json:"held,omitempty"`
	Missing []engine.BadgeMissing `json:"missing,omitempty"`
}

func listBadges(c call) error {
	member, progress, err := c.asked()
	if err != nil {
		return err
	}
	missing := map[string][]engine.BadgeMissing{}
	if progress != nil {
		missing = c.program.BadgesMissing(member)
	}
	list := []badgeShown{}
	for _, b := range c.program.Rules().Badges {
		one := badgeShown{Badge: b.ID, Title: b.Title, About: b.About, Image: b.Image, Missing: missing[b.ID]}
		for i := range b.Levels {
			one.Levels = append(one.Levels, levelShown{Level: b.Levels[i].Name, At: &b.Levels[i].At})
		}
		if progress != nil {
			for i := range progress.Badges {
				if progress.Badges[i].Badge == b.ID {
					one.Held = &progress.Badges[i]
				}
			}
		}
		if !b.Hidden || one.Held != nil {
			list = append(list, one)
		}
	}
	return listed(c, list)
}

// tierShown is a tier as the catalogue shows it, with where the member is in it and what is missing.
type tierShown struct {
	Tier     string               `json:"tier"`
	Title    string               `json:"title"`
	Levels   []levelShown         `json:"levels"`
	Progress *engine.TierProgress `json:"progress,omitempty"`
}

func listTiers(c call) error {
	_, progress, err := c.asked()
	if err != nil {
		return err
	}
	list := []tierShown{}
	for _, t := range c.program.Rules().Tiers {
		one := tierShown{Tier: t.ID, Title: t.Title, Levels: []levelShown{}}
		for i, l := range t.Ladder.Levels {
			level := levelShown{Level: l.Name, Perks: t.Perks[l.Name]}
			if at, single := t.Threshold(i); single {
				level.At = &at
			}
			one.Levels = append(one.Levels, level)
		}
		if progress != nil {
			p := progress.Tiers[t.ID]
			one.Progress = &p
		}
		list = append(list, one)
	}
	return listed(c, list)
}

// streakShown is a streak as the catalogue shows it.
type streakShown struct {
	Streak   string                 `json:"streak"`
	Title    string                 `json:"title"`
	About    string                 `json:"about,omitempty"`
	Every    string                 `json:"every"`
	AtLeast  decimal.Decimal        `json:"at_least"`
	OptIn    bool                   `json:"opt_in"`
	Goals    []goalShown            `json:"goals"`
	Progress *engine.StreakProgress `json:"progress,omitempty"`
	Periods  []engine.StreakPeriod  `json:"periods,omitempty"` // the last ones of the member, the present one last
}

// shownPeriods is how many periods of a streak are shown: two weeks.
const shownPeriods = 14

func listStreaks(c call) error {
	member, progress, err := c.asked()
	if err != nil {
		return err
	}
	var periods map[string][]engine.StreakPeriod
	if progress != nil {
		periods = c.program.StreakPeriods(member, shownPeriods)
	}
	list := []streakShown{}
	for _, s := range c.program.Rules().Streaks {
		one := streakShown{Streak: s.ID, Title: s.Title, About: s.About, Every: s.Run.Every.String(), AtLeast: s.Run.AtLeast, OptIn: s.OptIn,
			Goals: goalsOf(s.Goals)}
		if progress != nil {
			if p, begun := progress.Streaks[s.ID]; begun {
				one.Progress, one.Periods = &p, periods[s.ID]
			}
		}
		if !s.Hidden || one.Progress != nil {
			list = append(list, one)
		}
	}
	return listed(c, list)
}

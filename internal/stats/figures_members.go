package stats

import (
	"cmp"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// ExpiryMonth is what expires in a month unless it is spent.
type ExpiryMonth struct {
	Month  string          `json:"month,omitempty"` // "" for what does not expire
	Amount decimal.Decimal `json:"amount"`
	Worth  *Money          `json:"worth,omitempty"`
}

// Liability is what is owed to members in some points.
type Liability struct {
	AsOf
	Points      string          `json:"points"`
	Outstanding decimal.Decimal `json:"outstanding"` // live, pending and held, less debt
	Live        decimal.Decimal `json:"live"`        // can be spent
	Pending     decimal.Decimal `json:"pending"`
	Held        decimal.Decimal `json:"held"` // by claims
	Debt        decimal.Decimal `json:"debt"`
	Worth       *Money          `json:"worth,omitempty"` // of what is outstanding
	ByMonth     []ExpiryMonth   `json:"by_expiry_month"` // of what is live
	Breakage    Breakage        `json:"breakage"`
}

// Liability tells what members have of some points now.
func (x *Figures) Liability(id string) Liability {
	h := x.follower.census.of(x).points[id]
	if h == nil {
		h = &held{}
	}
	out := Liability{AsOf: x.AsOf, Points: id, Live: h.live, Pending: h.pending, Held: h.held, Debt: h.debt,
		Outstanding: h.live + h.pending + h.held - h.debt, ByMonth: []ExpiryMonth{}}
	never := h.live
	months := map[calendar.Key]*ExpiryMonth{}
	for month, amount := range h.byMonth {
		never -= amount
		months[month] = &ExpiryMonth{x.label(calendar.Month, month), amount, x.worth(id, amount)}
	}
	out.ByMonth = append(out.ByMonth, sorted(months)...)
	if never > 0 {
		out.ByMonth = append(out.ByMonth, ExpiryMonth{Amount: never, Worth: x.worth(id, never)})
	}
	out.Worth, out.Breakage = x.worth(id, out.Outstanding), x.breakage(id, out.Outstanding)
	return out
}

// Step is how many members have come so far with a challenge.
type Step struct {
	Step       string `json:"step"` // joined, 25, 50, 75 or done
	Members    int64  `json:"members"`
	MedianDays *int64 `json:"median_days"` // since they joined, null where nobody has come so far
}

// ChallengeReport is how members do in a challenge.
type ChallengeReport struct {
	AsOf
	Challenge string        `json:"challenge"`
	Steps     []Step        `json:"steps"` // of all time; in each round of a challenge that repeats a member counts again
	Given     []GivenPoints `json:"given"`
	Series    []StepDay     `json:"series"`
}

// StepDay is who joined and who was done on a day.
type StepDay struct {
	Day    string `json:"day"`
	Joined int64  `json:"joined"`
	Done   int64  `json:"done"`
}

var stepNames = [...]string{"joined", "25", "50", "75", "done"}

// Challenge tells how members do in a challenge; what it gave, and the series, are of a range.
func (x *Figures) Challenge(id string, r Range) ChallengeReport {
	out := ChallengeReport{AsOf: x.AsOf, Challenge: id, Given: x.given(r, "challenges/"+id)}
	for step, name := range stepNames {
		s := Step{Step: name}
		days := map[int64]int64{}
		x.each(key(nil).of(ofStepDays).text(id).char(byte(step)), func(k keyReader, _ decimal.Decimal, count int64) {
			days[int64(k.number())] += count
			s.Members += count
		})
		s.MedianDays = median(days, s.Members)
		out.Steps = append(out.Steps, s)
	}
	series := map[calendar.Key]*StepDay{}
	x.between(key(nil).of(ofSteps).text(id), r.From, r.To, func(day calendar.Key, k keyReader, _ decimal.Decimal, count int64) {
		s := need(series, day, StepDay{Day: x.label(calendar.Day, day)})
		switch k.char() {
		case joinedStep:
			s.Joined += count
		case doneStep:
			s.Done += count
		}
	})
	out.Series = sorted(series)
	return out
}

// median is the lower one of values with their counts.
func median(of map[int64]int64, n int64) *int64 {
	values := make([]int64, 0, len(of))
	for v := range of {
		values = append(values, v)
	}
	slices.Sort(values)
	seen := int64(0)
	for _, v := range values {
		if seen += of[v]; 2*seen >= n {
			return &v
		}
	}
	return nil
}

// StreakReport is how long members' streaks are.
type StreakReport struct {
	AsOf
	Streak  string         `json:"streak"`
	States  []StateFigure  `json:"states"`  // members, now
	Lengths []LengthFigure `json:"lengths"` // of runs that go on, and of those that broke
}

// StateFigure is how many members are in a state.
type StateFigure struct {
	State   string `json:"state"`
	Members int64  `json:"members"`
}

// LengthFigure are the runs of a length.
type LengthFigure struct {
	Length   int             `json:"length"`
	Running  int64           `json:"running"`
	Broken   int64           `json:"broken"`
	Survival decimal.Decimal `json:"survival"` // of all runs, those that came so far
}

// Streak tells the runs of a streak.
func (x *Figures) Streak(id string) StreakReport {
	now := x.follower.census.of(x)
	out := StreakReport{AsOf: x.AsOf, Streak: id, States: []StateFigure{}}
	lengths, all := map[int]*LengthFigure{}, int64(0)
	for state, n := range now.streaks[id] {
		out.States = append(out.States, StateFigure{state, n})
	}
	slices.SortFunc(out.States, func(a, b StateFigure) int { return cmp.Compare(a.State, b.State) })
	for length, n := range now.lengths[id] {
		need(lengths, length, LengthFigure{Length: length}).Running += n
		all += n
	}
	x.each(key(nil).of(ofBroken).text(id), func(k keyReader, _ decimal.Decimal, count int64) {
		length := int(k.number())
		need(lengths, length, LengthFigure{Length: length}).Broken += count
		all += count
	})
	out.Lengths = sorted(lengths)
	left := all
	for i := range out.Lengths {
		out.Lengths[i].Survival = share(float64(left), float64(all))
		left -= out.Lengths[i].Running + out.Lengths[i].Broken
	}
	return out
}

// TierReport is who is on which level, and who moved.
type TierReport struct {
	AsOf
	Tier   string        `json:"tier"`
	Levels []LevelFigure `json:"levels"`
	Moves  []MoveFigure  `json:"moves"`
}

// LevelFigure is how many members are on a level now.
type LevelFigure struct {
	Level   string `json:"level"` // "" below the lowest
	Members int64  `json:"members"`
}

// MoveFigure is how often members moved from a level to another.
type MoveFigure struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Moves int64  `json:"moves"`
}

// Tier tells the levels of a tier now, and the moves of a range.
func (x *Figures) Tier(id string, r Range) TierReport {
	now := x.follower.census.of(x)
	out := TierReport{AsOf: x.AsOf, Tier: id, Levels: []LevelFigure{}}
	for level, n := range now.tiers[id] {
		out.Levels = append(out.Levels, LevelFigure{level, n})
	}
	slices.SortFunc(out.Levels, func(a, b LevelFigure) int { return cmp.Compare(a.Level, b.Level) })
	moves := map[string]*MoveFigure{}
	x.between(key(nil).of(ofMoves).text(id), r.From, r.To, func(_ calendar.Key, k keyReader, _ decimal.Decimal, count int64) {
		from, to := k.text(), k.text()
		need(moves, from+"\x00"+to, MoveFigure{From: from, To: to}).Moves += count
	})
	out.Moves = sorted(moves)
	return out
}

package oracle

import "math/big"

// Program is a ruleset in the words of the oracle. Its events are buy {amount, key}, visit {}, spend {amount} and log
// {amount}, which may be below zero; its members have a team.
type Program struct {
	Zone        string
	MemberClock bool
	SundayWeeks bool
	Points      []Points
	Rules       []Rule
	Boosts      []Boost
	Counters    []Counter
	Streaks     []Streak
	Challenges  []Challenge
	Tiers       []Tier
	Badges      []Badge
	Boards      []Board
	Rewards     []Reward
	Present     Span // how long the reward present can be used, which an event of type buy gives; none for the zero one
	Timers      []Timer
	OpenFor     Span     // of a promotion that is opened by calls, none for the zero one
	Shared      []Limit  // of the promotion
	Next        *Version // nil while there is one version
}

// Version is what a later version of the ruleset changes, from an instant on.
type Version struct {
	From   Instant
	Rules  []Rule
	Boosts []Boost
}

// Span is a duration of whole units: hour, day, week, month, year. The zero Span is none.
type Span struct {
	N    int
	Unit string
}

// Expiry is one phrase: Span after earning, Span after last Idle, end of the (Next) Period, or never.
type Expiry struct {
	After  Span
	Idle   string
	Period string
	Next   bool
}

// Points is one kind of points.
type Points struct {
	ID       string
	Decimals int
	Rounding string // down, nearest, up
	Expire   Expiry
	Pending  Span
	ByHand   bool // pending: until confirmed
	Floor    bool // what a reversal cannot take is forgiven, else it is debt
	Oldest   bool // spend: oldest
}

// Rule gives or takes Fixed, or the event's amount times Rate. ID's byte order is the order of serving.
type Rule struct {
	ID     string
	Called bool // while the promotion is open only
	When   string
	Min    int64 // millionths: event.amount >= Min, 0 for any
	Points string
	Fixed  int64    // whole points
	Rate   *big.Rat // nil for a fixed amount
	Take   bool
	To     bool  // to event.friend
	Gems   int64 // whole gems, given besides
	From   bool  // takes from event.friend
	Pass   bool  // gives what it takes
	Mark   bool  // gives the badge mark besides
	Limits []Limit
}

// Timer gives gems by time alone: a time after the first or the last event of a type, or every year on the birthday.
type Timer struct {
	ID     string
	First  string
	Last   string
	Yearly bool
	After  Span
	Give   int64
}

// Limit is N times or points per period, in the last days, or ever, for whom By says.
type Limit struct {
	N         int64
	Points    bool
	Period    string // day, week, month, quarter, year, ever; "" for Last
	Last      Span
	By        string // member, everyone, key, member and key
	OrNothing bool
	Shared    bool // of the promotion: by all rules that are for it only
}

// Boost multiplies or adds to what rules compute from events.
type Boost struct {
	ID      string
	Of      string
	Times   *big.Rat
	Plus    *big.Rat
	Min     int64
	Weekend bool
	Called  bool
	Stacks  bool
	Limits  []Limit // on what it adds
}

// Fold says what is counted: add (1 for each event, or the amounts), highest, lowest, latest or distinct.
type Fold struct {
	When   string
	Min    int64
	Kind   string
	Amount bool // add amounts
	AtMost int  // a day, 0 for any number
	Called bool
}

// Counter is a fold for ever, per period, or over the last days; of a member, a team or everyone.
type Counter struct {
	ID string
	Fold
	By     string // "", team, everyone
	Every  string
	Last   Span
	Earned string // points whose gifts are counted, "" for events
}

// Streak counts periods with at least so many visits, or with so much that was logged.
type Streak struct {
	ID      string
	Every   string // day, week, month
	Sum     bool   // of log
	AtLeast int
	Free    int // freezes a month
	Hold    int // how many bought ones may be held, 0 for none
	Repair  Span
	Cost    int64 // gems, of a freeze or a repair
	Goals   []StreakGoal
}

// StreakGoal is reached by At periods of a run, or each At further ones, within a time from the first on.
type StreakGoal struct {
	At     int
	Again  bool
	Within Span
	Give   int64 // gems
}

// Challenge is a fold with goals within dates, in each period, or without a window. Goals give gems.
type Challenge struct {
	ID string
	Fold
	From, Until int // days since 1970, both included; 0 for none
	Every       string
	Goals       []int64 // whole numbers, ascending; not with Steps
	Again       bool
	Give        int64
	OptIn       bool
	Retry       bool
	Within      Span
	Winners     int      // 0 for all
	Needs       []string // challenges
	Steps       []Step
	By          string // "", team, everyone
	EachNeeds   int64
	Mark        bool // goals give the badge mark besides
}

// Step is a part of a challenge.
type Step struct {
	ID string
	Fold
	Goal  int64
	Needs []string // steps
}

// Badge has levels l0, l1, … by a member's counter.
type Badge struct {
	ID      string
	Counter string
	Levels  []int64 // ascending
}

// Board ranks by a counter.
type Board struct {
	ID      string
	Counter string
	Lowest  bool
	Average bool // of teams, over the members who contributed often enough
	AtLeast int
	Ties    string // earliest, share, dense
	Split   bool   // by event.key
	Closes  Span   // after its end, 72 hours where it is none
	Prizes  []Prize
}

// Prize is what the places of a closed season win: From to To, or the best Percent.
type Prize struct {
	From, To, Percent int
	Gems, Stars       int64
}

// Reward costs points.
type Reward struct {
	ID     string
	Points string
	Cost   int64 // whole points
	OrMore bool
	Hold   Span
	Stock  int // 0 for no end
	Valid  Span
}

// Tier has levels l0, l1, … by the points earned in a period or in the last days.
type Tier struct {
	ID       string
	Points   string
	Every    string
	Last     Span
	Levels   []int64 // ascending, the first is 0
	Keep     Span
	KeepEnd  string // "", or a period: to the end of next PERIOD
	Grace    Span
	OneLevel bool
}

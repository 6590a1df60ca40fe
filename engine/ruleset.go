package engine

import (
	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Ruleset is a compiled program: what package rulesets makes of a brand's YAML, and all that Apply knows of it. It never
// changes after it was built. Slices of definitions are sorted by id in byte order.
type Ruleset struct {
	Hash        string // of the canonical expansion; formatting, comments and titles do not count
	Tag         string // the first sixteen digits of Hash, which answers and records carry; set by Link
	Program     string
	Title       string
	Calendar    calendar.Calendar // the program's zone and first day of the week
	MemberClock bool              // clock: member, each member's own midnight counts
	Currency    string            // ISO 4217, "" without one
	Digits      int               // fractional digits of money in that currency
	Late        calendar.Duration // how far an event's time may lie behind its arrival

	Member       *event.Schema // declared fields of a member's profile
	Events       []*EventType
	ClientEvents []string // types that a member's own token may send
	Names        Names    // what boards show of members
	Activity     []string // types of events by which statistics call a member active; nil: all that apps send

	Audiences    []*Audience
	Points       []*Points
	Rules        []*Rule // one a rule and event type: `when: [a, b]` is two with the same id
	Counters     []*Counter
	Streaks      []*Streak
	Challenges   []*Challenge
	Badges       []*Badge
	Tiers        []*Tier
	Leaderboards []*Leaderboard
	Rewards      []*Reward
	Promotions   []*Promotion

	byEvent map[string]*EventType
	earned  [][]*Counter // by index of points
	byName  map[string]*Counter
	timers  []*timer
	placing placing           // where it stands among a program's versions
	lowered bool              // a goal asks for less than it did in an older version
	zones   *calendar.Zones   // those of the version, with what zones were before it; nil: the embedded ones
	moves   []move            // the changes of time zone data up to it
	notices bool              // something is told ahead
	names   map[string]string // what states call definitions, shared among all of them
}

// Position is where a definition stands in the brand's files, for errors and explanations. Line and Column count from 1.
type Position struct {
	File         string
	Line, Column int
}

// Definition is what every definition has.
type Definition struct {
	ID       string
	Path     string // section and id, "rules/stars_per_euro": how outcomes name it; set by Link
	Source   Source // the same, of a definition that gives something
	Title    string // the id where none was given
	About    string
	Image    string
	Hidden   bool
	Paused   bool // it gives nothing until it is resumed (Ruleset.Pause)
	Position Position
	// Key is what states call it: its id, with its version from the second on ("star_dash#2"), so that a raised version
	// starts afresh and what the old one counted stays as it was. Set by Link for definitions that count.
	Key     string
	Version int // 0 stands for 1
	// Meaning is the fingerprint of what it counts; it must not change under one Key (operations: A new version of a ruleset).
	Meaning string
}

// EventType is a declared or built-in type of event with the definitions that look at it.
type EventType struct {
	Name    string
	Builtin bool // raised by the engine, never sent by an app
	Named   bool // by a definition: as its trigger, or in a phrase
	Schema  *event.Schema

	rules    index[*Rule]
	feeds    index[*Feed]
	computed []*Feed // of them, those whose amounts are
	foreseen foreseen
}

// Points is a currency of the program.
type Points struct {
	Definition
	Index    int // its place in Ruleset.Points
	Decimals int
	Rounding decimal.Rounding
	Expire   []Expiry            // the first to come counts; none: never
	Notices  []calendar.Duration // how long ahead members are told that some expire
	Pending  Pending
	Negative NegativePolicy
	Oldest   bool // spend: oldest, instead of the soonest expiry first
	Worth    Worth
}

// Worth is what one of some points is owed as, in reports; nothing of it is paid. None has no currency.
type Worth struct {
	Amount   decimal.Decimal
	Currency string // ISO 4217
}

// NegativePolicy says what a reversal larger than the balance does.
type NegativePolicy uint8

// The policies of a points type for what a balance cannot cover.
const (
	NegativeDebt NegativePolicy = iota
	NegativeFloor
	NegativeRefuse
)

// Expiry is one phrase of `expire` (language: Phrases). Exactly one form is set: After with Event empty counts from
// earning, After with an Event from the later of its last occurrence and the lot's availability, EndOf is the end of this
// or the next period, on the date After later when that is set too.
type Expiry struct {
	After calendar.Duration
	Event string
	EndOf calendar.Period
	Next  bool
}

// Pending says how long a grant is held back: for a Duration, until it is released by hand, or not at all.
type Pending struct {
	Set            bool // on a rule: replaces the points' own
	For            calendar.Duration
	UntilConfirmed bool
}

// Cond is a compiled condition. Evaluation errors are left in Facts (Facts.Fail) and make the answer meaningless.
type Cond func(*Facts) bool

// Amount is a compiled number. Evaluation errors are left in Facts.
type Amount func(*Facts) decimal.Wide

// Pick is a compiled value, such as a key. It may be absent. Evaluation errors are left in Facts.
type Pick func(*Facts) event.Value

// Collect appends the keys that an event adds to a distinct counter. Absent values add none.
type Collect func(f *Facts, keys []string) []string

// Rule is when, if, for, during -> give or take, within limits, for one event type.
type Rule struct {
	Definition
	When   *EventType
	If     Cond // nil: always, here and for every condition below
	For    Cond
	During *During
	// Clauses are For and If as far as an index can judge them; nil: they must be asked. Parts are for explanations.
	Clauses Clauses
	Parts   Parts
	Give    []Grant
	Take    []Grant
	To      Pick         // nil: the event's member
	ToField *event.Field // the member's field that To is, nil for any other
	From    Pick         // nil: the event's member
	// Pending replaces the points' own when Set.
	Pending Pending
	Limits  []*Limit
	Leave   bool   // on_reversal: leave
	Timer   *Timer // nil for a rule on events; When is then an event type of its own
}

// Grant is one line of `give` or `take`: points of an amount, or a badge, a reward or a tier's level.
type Grant struct {
	Points *Points
	Amount Amount
	Text   string   // the amount as it is written
	Boosts []*Boost // those that apply to this amount, sorted by id
	Badge  *Badge
	Level  string // of the badge or tier, "" for a badge without levels
	Reward *Reward
	Tier   *Tier
}

// Boost is a factor or addition on what rules give, compiled for one event type.
type Boost struct {
	Definition
	Points *Points
	Times  Amount // exactly one of Times and Plus is set
	Plus   Amount
	If     Cond
	For    Cond
	During *During
	Parts  Parts // of If and For, for explanations
	Stacks bool
	Limits []*Limit // count only what the boost adds
}

// Limit is one line of `limit`. It counts each receiving member unless Everyone or By say otherwise.
type Limit struct {
	// Key names what is counted and is the same while only N changes: definition, unit, period and by.
	Key       string
	Text      string          // as written
	id        uint64          // a hash of Key, set by Link
	N         decimal.Decimal // times, or points when Points is set
	Points    *Points
	Per       calendar.Period // Always: ever, unless Last is set
	Last      calendar.Duration
	Everyone  bool
	By        []LimitKey
	OrNothing bool
}

// LimitKey is one part of a limit's `by`. Receiver stands for the receiving member's id, otherwise Value is asked of the
// event and its member. Absent values share one count.
type LimitKey struct {
	Receiver bool
	Value    Pick
}

// During is a list of windows of which any may be open.
type During struct {
	Any []Window
}

// Window is one window. Exactly one group of fields is set.
type Window struct {
	Text      string // as written
	Calendar  *calendar.Window
	Promotion *Promotion
	// First is a time after an anchor: the last or first event of a type (as it was before this event), or the joining.
	First  calendar.Duration
	Anchor Anchor
	// Of is the calendar period (day, week or month) around the yearly return of a date of the member's profile.
	Of      calendar.Period
	OfField *event.Field
}

// Anchor is the instant from which a per-member window or timer counts.
type Anchor struct {
	Joined bool
	Last   string       // event type
	First  string       // event type
	Field  *event.Field // a date or time of the member's profile
}

// Promotion is a named window. Window is nil for one that is opened by a call.
type Promotion struct {
	Definition
	For     Cond
	Fails   bool // evaluating For can fail
	Limits  []*Limit
	Window  *calendar.Window
	OnCall  bool
	OpenFor calendar.Duration
}

// Scope says whose count a counter is.
type Scope uint8

// The scopes of a counter: each member's, everyone's together, or each value's of a member's field.
const (
	ByMember Scope = iota
	ByEveryone
	ByField
)

// Counter is a fold over matching events, by subject and period. Challenges, steps and boards own counters of their own
// under their own ids ("challenges/star_dash"), so that every count in the engine is one.
type Counter struct {
	Definition
	// Name is the state's name: section and id, "counters/weekly_km", "challenges/onboarding/first_sale".
	Name   string
	Fold   challenges.Fold
	Every  calendar.Period   // Always: one period for ever
	Last   calendar.Duration // rolling value when set; Every is Always then
	AtMost AtMost
	By     Scope
	// ByField is the member's field of ByField scope where it is a plain one, so that a member's group can be found
	// without an event.
	ByField *event.Field
	Public  bool
	Feeds   []*Feed
	// start is when the counter was added to a program that ran already: nothing before counts. Beginning for one
	// of the first version. Set by Link and Version.succeed.
	start calendar.Instant
	// Earned counts points given, by the definitions of Only (nil: all of them).
	Earned *Points
	Only   map[Source]bool
	Earner Feed // whose points count (For), and for which group and part of a board (By, Split); nothing else of it is set
	// What reads this counter, filled in by Ruleset.Link.
	badges       []*Badge
	tiers        []*Tier
	leaderboards []*Leaderboard
	challenge    *Challenge
	step         *Step
	streak       *Streak
	// Of is the counter of which this is a copy for a definition that needs one of its own, nil for others.
	Of *Counter
}

// AtMost says how many contributions count in a period; N is 0 when there is no such cap.
type AtMost struct {
	N   int
	Per calendar.Period
}

// Feed is what events of one type contribute to a counter.
type Feed struct {
	When   *EventType
	If     Cond
	For    Cond
	During *During
	// Clauses are For and If as far as an index can judge them; nil: they must be asked. Parts are for explanations.
	Clauses Clauses
	Parts   Parts
	Value   Amount // nil: 1
	// Computed says that Value is more than a number of the event, or one written down: it may be large where those are not.
	Computed bool
	Values   Collect // distinct: the keys this event adds, nil otherwise
	By       Pick    // the group, for ByField
	Split    Pick    // the board's split value, nil without one

	counter *Counter
}

// Goal is a threshold of a challenge or a streak and what reaching it gives.
type Goal struct {
	ID     string // its own id, or its rank by ascending At, from "1"
	At     decimal.Decimal
	Give   []Grant
	Within calendar.Duration
	Again  bool // repeats each At, surplus carries over
}

// Streak is a run of consecutive periods in which its counter reached AtLeast.
type Streak struct {
	Definition
	Counter    *Counter            // Every is the streak's period
	Notices    []calendar.Duration // how long before the end of a period members are told that it is at risk
	Run        challenges.Streak
	OptIn      bool
	Goals      []*Goal
	Leave      bool
	FreezeCost []Cost // of a stored freeze; none: they are not sold
	RepairCost []Cost // nil: a broken run cannot be repaired
}

// Challenge is a counter with goals, or a set of steps, in a window.
type Challenge struct {
	Definition
	Counter *Counter // nil for one of steps
	Steps   []*Step
	For     Cond
	During  *During // its window; a calendar one gives start and end
	OptIn   bool
	Retry   bool            // who has not reached the last goal in time may join again
	Every   calendar.Period // the challenge repeats each period; Always: once
	Within  calendar.Duration
	Goals   []*Goal // for steps one goal, At = number of steps
	Winners int     // 0: all
	Needs   []string
	// EachNeeds is what a group's member must bring to be paid; 0: any contribution.
	EachNeeds decimal.Decimal
	Leave     bool
	ordered   bool // it needs something or is needed, or its steps are; set by Link
}

// Step is one part of a challenge of steps.
type Step struct {
	Definition
	Counter *Counter
	Goal    decimal.Decimal
	Needs   []string // ids of steps of the same challenge
}

// Badge is given by name, or has levels on a counter. Badges never fall but by reversal.
type Badge struct {
	Definition
	Counter *Counter
	Levels  []challenges.Level // ascending
	Leave   bool
}

// Tier is a status with levels that can fall.
type Tier struct {
	Definition
	Index    int        // its place in Ruleset.Tiers
	Counters []*Counter // the metrics that levels refer to by index; one for the plain forms
	Ladder   challenges.Ladder
	Perks    map[string][]string
	Notices  []calendar.Duration // how long ahead members are told that they will fall
}

// Leaderboard ranks the values of a counter.
type Leaderboard struct {
	Definition
	Counter *Counter // the named one, or its own copy when by, split or for differ
	Rules   leaderboards.Rules
	Average bool
	AtLeast int
	Split   bool
	Closes  calendar.Duration // after a season's end; zero: as long as the ruleset's Late
	Prizes  []Prize
	before  earlier // in the version before, where that has another close; set by Version.succeed
}

// Reward is something points buy, or that is given.
type Reward struct {
	Definition
	Index   int // its place in Ruleset.Rewards
	Details map[string]any
	Kind    string
	Cost    []Cost
	For     Cond
	During  *During
	Limits  []*Limit
	Valid   calendar.Duration // zero: for ever
	Hold    calendar.Duration // how long a claim holds its points
	Scarce  bool              // Stock is how many there are; there is no end of others
	Stock   int
	Codes   CodeSource
}

// CodeSource is where the codes of a reward come from.
type CodeSource uint8

// The sources of codes: none at all, made of the claim or the event, or a pool that the brand fills.
const (
	NoCodes CodeSource = iota
	GeneratedCodes
	PoolCodes
)

// Cost is what a reward costs in one points type; OrMore lets the member choose a larger amount.
type Cost struct {
	Points *Points
	Amount decimal.Decimal
	OrMore bool
}

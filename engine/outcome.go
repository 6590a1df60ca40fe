package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Outcome is what one event meant: the answer to its sender, and the rows that are committed with it.
type Outcome struct {
	ID            string
	Seq           uint64 // acceptance order, from 1, without gaps in a program
	Duplicate     bool
	Ruleset       string // tag of the ruleset that decided
	Effects       []Effect
	Notes         []Note
	Entries       []Entry // of the event's member
	Scores        []ScoreChange
	Queued        []*event.Event // what it causes for others, to be processed right after
	Fanouts       []Fanout
	Notifications []Notification // what happened to the member, for the world outside
	Number        uint64         // of the first of Notifications, counted by member from 1 without gaps; 0 with none
	shares        []share
	scores        [2]ScoreChange // memory for what most outcomes have one or two of
	overflow      string         // the counter that would leave the range of numbers
	uncounted     string         // the one of which a contribution does

	Provenance *Provenance // nil for most events
	Revision   *Revision   // what a reversal came to, nil for every other event
	Deltas     []Delta     // of shared states, where an erased member had a part in it
	Merge      *Merge      // of a merge of members
	Handing    *Handing    // of a reward that was handed over, or is to be
	Card       *CardChange // of a member's cards
	By         *event.By   // who caused the event
	// Refusal is set where the state decided against a command; that is remembered under its id.
	Refusal *Refusal
}

// EffectKind says what an effect is about.
type EffectKind uint8

// The kinds of effects, in the order in which an answer lists them.
const (
	PointsEffect EffectKind = iota
	BadgeEffect
	StreakEffect
	ChallengeEffect
	TierEffect
	LeaderboardEffect
	RewardEffect
	QueuedEffect
	PromotionEffect // State says whether it is open, Available and Expires since and until when
)

var effectKinds = [...]string{"points", "badge", "streak", "challenge", "tier", "leaderboard", "reward", "queued", "promotion"}

// String is the kind as answers write it.
func (k EffectKind) String() string { return effectKinds[k] }

// Effect is one thing that an event did to its member. Which fields are set follows from Kind.
type Effect struct {
	Kind    EffectKind
	Revoked bool   // badge, reward, leaderboard: taken back by a reversal; a badge may be left at a lower Level
	Cause   uint32 // which of the provenance's causes it came of, 0 for the event itself

	ID     string // of the points, badge, streak, challenge, tier, leaderboard or reward; the event queued
	Source Source // what gave it
	Goal   string // the goal's id, where a goal gave it

	Amount    decimal.Decimal // points: given, negative when taken; challenge: progress; leaderboard: score
	Wanted    decimal.Decimal // points: before caps; challenge: the goal that is next, or the last
	Boosts    []Boosted
	Took      *Takings // where a reversal took it back
	Available calendar.Instant
	Expires   calendar.Instant // points: calendar.Forever for never

	Level string // badge, tier
	From  string // tier

	Length   int // streak
	Longest  int
	State    string
	AtRiskAt calendar.Instant
	BreaksAt calendar.Instant

	Done   bool            // challenge
	Shown  decimal.Decimal // challenge: progress as a bar shows it, capped at the last goal
	Hidden bool            // challenge or streak: nobody is to be told of it yet

	Moved  *RankMove // leaderboard; nil where the board does not tell ranks
	Season string
	Split  string
	Claim  string // reward: of which it is, "" for a gift; State is the claim's
	Code   string // reward
	Group  string // the group that is ranked, "" where members are

	Queued *Queued // queued: what for whom
}

// RankMove is where a score has put a member or group on a board, and where it stood before: 0 for nowhere. It is filled in once the
// event is decided, before its outcome is told to anybody (Batch.Complete).
type RankMove struct {
	Rank, Previous int64
}

// Queued is what an event has queued for another member.
type Queued struct {
	Member string
	What   string // the points, or which badge, reward or tier
	Take   bool   // it takes
}

// Boosted is what a boost added to a grant: before the points' rounding, and as its limits count it.
type Boosted struct {
	Boost string          `json:"boost"`
	Added decimal.Decimal `json:"added"`
	Used  decimal.Decimal `json:"used"`
}

// Takings is where a reversal took points from: the event's own lots, others, a debt that it made; or what it forgave, because it
// had expired or, under negative: floor, was spent.
type Takings struct {
	Own, Others, Debt, Forgiven decimal.Decimal
}

// Note tells the sender of something that did not go as the ruleset asked, without the event failing. A definition that
// matched and was stopped has the Reason as its Code: limit, balance, stock or not_joined.
type Note struct {
	Code       string // a Reason, or evaluation, not_given, distinct_full, depth, again, dropped
	Definition string // section and id
	Message    string // "" where the other fields say it all
	Limit      string // of code limit: the limit as written, "" where a limit has no text of its own
	Used       decimal.Decimal
}

// Stopped reports whether the note says that a definition matched and was stopped, which a trace of the event says as well.
func (n *Note) Stopped() bool { return Reason(n.Code).Words() != "" }

// Words are the note as people read it.
func (n *Note) Words() string {
	switch {
	case n.Message != "":
		return n.Message
	case n.Limit != "":
		return "limit " + n.Limit + ": " + n.Used.String() + " used"
	default:
		return Reason(n.Code).Words()
	}
}

// ScoreChange is an absolute score for a board.
type ScoreChange struct {
	Key   leaderboards.Key
	Rules leaderboards.Rules
	Score leaderboards.Score
}

// Fanout is a gift to everyone who brought enough to a group's goal, to be handed out in bounded batches.
type Fanout struct {
	Challenge string
	Window    calendar.Key
	Group     string
	Goal      string
	At        calendar.Instant
}

// share is a member's first contribution to a group's count: an index row for fan-outs.
type share struct {
	count  CountID
	window calendar.Key
	member string
	gone   bool // the last of it was taken back
}

// sortEffects puts effects in the order of answers: by kind, as they came within one.
func (o *Outcome) sortEffects() {
	slices.SortStableFunc(o.Effects, func(a, b Effect) int { return int(a.Kind) - int(b.Kind) })
}

// effect finds an effect of this outcome to be brought up to date instead of told twice.
func (o *Outcome) effect(kind EffectKind, id, season, split, group string) *Effect {
	for i := range o.Effects {
		e := &o.Effects[i]
		if e.Kind == kind && e.ID == id && e.Season == season && e.Split == split && e.Group == group {
			return e
		}
	}
	return nil
}

// replace brings the effect of the same thing up to date, or adds it.
func (o *Outcome) replace(e Effect) {
	if old := o.effect(e.Kind, e.ID, e.Season, e.Split, e.Group); old != nil {
		*old = e
		return
	}
	o.Effects = append(o.Effects, e)
}

func (o *Outcome) note(code, definition, message string) {
	o.Notes = append(o.Notes, Note{Code: code, Definition: definition, Message: message})
}

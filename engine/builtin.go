package engine

import "github.com/laurel-engine/laurel/engine/event"

// Names of the built-in events, which rules can name in `when` (language: Expressions).
const (
	Joined             = "joined"
	ChallengeCompleted = "challenge_completed"
	StreakReached      = "streak_reached"
	StreakBroken       = "streak_broken"
	BadgeEarned        = "badge_earned"
	TierReached        = "tier_reached"
	TierLost           = "tier_lost"
	PointsExpired      = "points_expired"
	PointsGiven        = "points_given"
	RewardClaimed      = "reward_claimed"
	RewardConfirmed    = "reward_confirmed"
	RewardUsed         = "reward_used"
	RewardGiven        = "reward_given"
	RewardExpired      = "reward_expired"
	RewardReturned     = "reward_returned"
	HoldReleased       = "claim_cancelled"
	PromotionOpened    = "promotion_opened"
	PromotionClosed    = "promotion_closed"
	SeasonClosed       = "season_closed"
)

// BuiltinEvents are the event types every ruleset has, with their fields, sorted by name. Each call makes new ones.
func BuiltinEvents() []*EventType {
	text, number, integer := event.TypeText, event.TypeNumber, event.TypeInteger
	claim := []*event.Field{field("reward", text), field("kind", text), field("claim", text), field("points", text), field("amount", number)}
	types := []*EventType{
		builtin(BadgeEarned, field("badge", text), field("level", text)),
		builtin(ChallengeCompleted, field("challenge", text), field("goal", text), field("days", integer)),
		builtin(HoldReleased, field("reward", text), field("kind", text), field("claim", text), field("state", text)),
		builtin(Joined),
		builtin(PointsExpired, field("points", text), field("amount", number)),
		builtin(PointsGiven, field("definition", text), field("points", text), field("amount", number)),
		builtin(PromotionClosed, field("promotion", text)),
		builtin(PromotionOpened, field("promotion", text)),
		builtin(RewardClaimed, claim...),
		builtin(RewardConfirmed, copies(claim)...),
		builtin(RewardExpired, field("reward", text), field("kind", text), field("holding", text)),
		builtin(RewardGiven, field("definition", text), field("reward", text), field("kind", text), field("holding", text), optional("expires_at", event.TypeTime)),
		builtin(RewardReturned, field("reward", text), field("kind", text), field("claim", text)),
		builtin(RewardUsed, field("reward", text), field("kind", text), field("claim", text), field("at", text)),
		builtin(SeasonClosed, field("leaderboard", text), field("season", text), field("rank", integer), field("score", number)),
		builtin(StreakBroken, field("streak", text), field("length", integer)),
		builtin(StreakReached, field("streak", text), field("length", integer)),
		builtin(TierLost, field("tier", text), field("level", text), field("to", text)),
		builtin(TierReached, field("tier", text), field("level", text), field("from", text)),
	}
	return types
}

// pointsField is which field of the built-in events that are about points names them.
var pointsField = map[string]int{RewardClaimed: 3, RewardConfirmed: 3, PointsExpired: 0, PointsGiven: 1}

// about is the points that a built-in event is about, "" for any other.
func about(eventType string, fields []event.Value) string {
	if i, some := pointsField[eventType]; some && i < len(fields) {
		return fields[i].Text()
	}
	return ""
}

func builtin(name string, fields ...*event.Field) *EventType {
	return &EventType{Name: name, Builtin: true, Schema: event.NewSchema("", 2, fields...)}
}

func field(name string, t event.FieldType) *event.Field { return &event.Field{Name: name, Type: t} }

func optional(name string, t event.FieldType) *event.Field {
	return &event.Field{Name: name, Type: t, Optional: true}
}

func copies(fields []*event.Field) []*event.Field {
	out := make([]*event.Field, len(fields))
	for i, f := range fields {
		c := *f
		out[i] = &c
	}
	return out
}

package keys

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/spelling"
)

// Scope is one thing that a key may do. A scope includes no other one, not even Admin.
type Scope string

// The scopes.
const (
	EventsWrite      Scope = "events:write"
	EventsRead       Scope = "events:read"
	EventsImport     Scope = "events:import"
	MembersRead      Scope = "members:read"
	MembersWrite     Scope = "members:write"
	MembersMerge     Scope = "members:merge"
	PointsAdjust     Scope = "points:adjust"
	RewardsRead      Scope = "rewards:read"
	RewardsClaim     Scope = "rewards:claim"
	RewardsUse       Scope = "rewards:use"
	RewardsWrite     Scope = "rewards:write"
	CardsRead        Scope = "cards:read"
	CatalogueRead    Scope = "catalogue:read"
	LeaderboardsRead Scope = "leaderboards:read"
	PromotionsFire   Scope = "promotions:fire"
	TokensMint       Scope = "tokens:mint"
	RulesetsRead     Scope = "rulesets:read"
	RulesetsPlan     Scope = "rulesets:plan"
	RulesetsActivate Scope = "rulesets:activate"
	Admin            Scope = "admin"
)

var scopes = []Scope{EventsWrite, EventsRead, EventsImport, MembersRead, MembersWrite, MembersMerge, PointsAdjust, RewardsRead, RewardsClaim, RewardsUse,
	RewardsWrite, CardsRead, CatalogueRead, LeaderboardsRead, PromotionsFire, TokensMint, RulesetsRead, RulesetsPlan, RulesetsActivate, Admin}

// Scopes are all scopes, in the order of the documentation.
func Scopes() []Scope { return slices.Clone(scopes) }

// everyReward is what keys of older builds may have instead of the scopes of rewards.
const everyReward Scope = "rewards:*"

// ofRewards reports whether a scope is one of those.
func (s Scope) ofRewards() bool {
	return s == RewardsRead || s == RewardsClaim || s == RewardsUse || s == RewardsWrite
}

// ofRulesets reports whether a scope is about rulesets, which an admin has all of.
func (s Scope) ofRulesets() bool {
	return s == RulesetsRead || s == RulesetsPlan || s == RulesetsActivate
}

// Valid reports whether s is a scope.
func (s Scope) Valid() bool { return slices.Contains(scopes, s) }

// Suggest is `did you mean …?` for a scope that is none, or all that there are where none is near.
func (s Scope) Suggest() string {
	names := make([]string, len(scopes))
	for i, known := range scopes {
		names[i] = string(known)
	}
	if near := spelling.Suggest(string(s), names); near != "" {
		return near
	}
	return "one of " + strings.Join(names, ", ")
}

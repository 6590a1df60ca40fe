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
	EventsReverse    Scope = "events:reverse"
	EventsImport     Scope = "events:import"
	MembersRead      Scope = "members:read"
	MembersWrite     Scope = "members:write"
	MembersErase     Scope = "members:erase"
	MembersMerge     Scope = "members:merge"
	TokensMint       Scope = "tokens:mint"
	PointsAdjust     Scope = "points:adjust"
	RewardsRead      Scope = "rewards:read"
	RewardsClaim     Scope = "rewards:claim"
	RewardsUse       Scope = "rewards:use"
	RewardsWrite     Scope = "rewards:write"
	CardsRead        Scope = "cards:read"
	LeaderboardsRead Scope = "leaderboards:read"
	CatalogueRead    Scope = "catalogue:read"
	PromotionsFire   Scope = "promotions:fire"
	RulesetsRead     Scope = "rulesets:read"
	RulesetsPlan     Scope = "rulesets:plan"
	RulesetsActivate Scope = "rulesets:activate"
	WebhooksWrite    Scope = "webhooks:write"
	StatsRead        Scope = "stats:read"
	ExportsRead      Scope = "exports:read"
	AuditRead        Scope = "audit:read"
	Admin            Scope = "admin"
)

var scopes = []Scope{EventsWrite, EventsRead, EventsReverse, EventsImport, MembersRead, MembersWrite, MembersErase, MembersMerge, TokensMint, PointsAdjust,
	RewardsRead, RewardsClaim, RewardsUse, RewardsWrite, CardsRead, LeaderboardsRead, CatalogueRead, PromotionsFire, RulesetsRead, RulesetsPlan,
	RulesetsActivate, WebhooksWrite, StatsRead, ExportsRead, AuditRead, Admin}

// Scopes are all scopes, in the order of the documentation.
func Scopes() []Scope { return slices.Clone(scopes) }

// Role is a set of scopes under the name of who has that work. A key of a role has the scopes that the role has when the key is made.
type Role struct {
	Name   string
	For    string // whose keys those are
	Scopes []Scope
}

// Partner is the role whose keys are of somebody else: they have to say whose.
const Partner = "partner"

// Operator is the role that may do everything: who may create keys may create any.
const Operator = "operator"

var roles = []Role{
	{"till", "a till, or whoever serves members face to face",
		[]Scope{EventsWrite, EventsReverse, RewardsRead, RewardsClaim, RewardsUse, CardsRead, CatalogueRead}},
	{"app", "the backend of an app",
		[]Scope{EventsWrite, MembersRead, MembersWrite, TokensMint, RewardsRead, RewardsClaim, LeaderboardsRead, CatalogueRead}},
	{Partner, "another company that sends events of its own", []Scope{EventsWrite, EventsRead, EventsReverse}},
	{"viewer", "whoever looks and changes nothing",
		[]Scope{EventsRead, MembersRead, RewardsRead, LeaderboardsRead, CatalogueRead, RulesetsRead, StatsRead}},
	{"support", "customer service",
		[]Scope{EventsRead, EventsReverse, MembersRead, MembersWrite, MembersMerge, PointsAdjust, RewardsRead, RewardsClaim, RewardsUse, CardsRead,
			LeaderboardsRead, CatalogueRead}},
	{"engineer", "whoever writes rulesets and connects systems",
		[]Scope{EventsWrite, EventsRead, MembersRead, RewardsRead, LeaderboardsRead, CatalogueRead, PromotionsFire, RulesetsRead, RulesetsPlan,
			RulesetsActivate, WebhooksWrite, StatsRead}},
	{"finance", "accounting and audit",
		[]Scope{EventsRead, MembersRead, RewardsRead, CatalogueRead, RulesetsRead, StatsRead, ExportsRead, AuditRead}},
	{Operator, "whoever runs the program: everything", scopes},
}

// Roles are all roles, in the order of the documentation.
func Roles() []Role { return slices.Clone(roles) }

func roleOf(name string) *Role {
	if i := slices.IndexFunc(roles, func(r Role) bool { return r.Name == name }); i >= 0 {
		return &roles[i]
	}
	return nil
}

// RoleNames are the names of all roles.
func RoleNames() (names []string) {
	for i := range roles {
		names = append(names, roles[i].Name)
	}
	return names
}

// Roles are the names of the roles that have a scope.
func (s Scope) Roles() (names []string) {
	for i := range roles {
		if slices.Contains(roles[i].Scopes, s) {
			names = append(names, roles[i].Name)
		}
	}
	return names
}

// layout is the number of the table of scopes by which a key was made, and what a row says that has it.
const layout = 2

// everyReward is what keys of the first builds may have instead of the scopes of rewards.
const everyReward Scope = "rewards:*"

// included are the scopes that others included when a key of the first layout was made: it goes on doing what it could.
var included = map[Scope][]Scope{
	EventsWrite:  {EventsReverse},
	MembersWrite: {MembersErase},
	everyReward:  {RewardsRead, RewardsClaim, RewardsUse, RewardsWrite},
	Admin:        {RulesetsRead, RulesetsPlan, RulesetsActivate, WebhooksWrite, AuditRead},
}

// spelledOut are the scopes of a key of the first layout as this one has them.
func spelledOut(list []Scope) []Scope {
	var all []Scope
	for _, s := range list {
		if s != everyReward {
			all = append(all, s)
		}
		all = append(all, included[s]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Valid reports whether s is a scope.
func (s Scope) Valid() bool { return slices.Contains(scopes, s) }

// Suggest is `did you mean …?` for a scope that is none, or all that there are where none is near.
func (s Scope) Suggest() string {
	names := make([]string, len(scopes))
	for i, known := range scopes {
		names[i] = string(known)
	}
	return suggest(string(s), names)
}

func suggest(name string, known []string) string {
	if near := spelling.Suggest(name, known); near != "" {
		return near
	}
	return "one of " + strings.Join(known, ", ")
}

package api

import (
	"net/http"
	"strings"

	"github.com/laurel-engine/laurel/internal/keys"
)

// route is one line of the API.
type route struct {
	method string
	path   string
	scope  keys.Scope // what the key needs, "" where that depends on what is asked
	body   int        // the most bytes that a body has, 0: none is taken
	query  []string   // the parameters that are taken
	handle func(call) error
}

// methods are those that the route answers: what can be got can be asked for by HEAD, but for a stream, which has no end.
func (rt *route) methods() []string {
	if rt.method == get && !strings.HasSuffix(rt.path, "/stream") {
		return []string{get, head}
	}
	return []string{rt.method}
}

const (
	get   = http.MethodGet
	head  = http.MethodHead
	post  = http.MethodPost
	put   = http.MethodPut
	patch = http.MethodPatch
	del   = http.MethodDelete

	options = http.MethodOptions
)

// routes is the whole public API.
var routes = []route{
	{post, "/v1/events", keys.EventsWrite, MaxEvent, params("dry_run"), sendEvent},
	{post, "/v1/events/batch", keys.EventsWrite, MaxBatch, nil, sendBatch},
	{get, "/v1/events", keys.EventsRead, 0, params("member", "type", "result", "from", "to", "cursor", "limit", "min_seq"), listEvents},
	{get, "/v1/events/:event", keys.EventsRead, 0, params("min_seq"), showEvent},
	{get, "/v1/events/:event/explain", keys.EventsRead, 0, params("min_seq"), explainEvent},
	{post, "/v1/events/:event/void", keys.EventsReverse, MaxEvent, nil, voidEvent},
	{post, "/v1/events/:event/amend", keys.EventsReverse, MaxEvent, nil, amendEvent},
	{post, "/v1/events/:event/release", keys.EventsReverse, MaxEvent, nil, releaseEvent},
	{post, "/v1/events/:event/refuse", keys.EventsReverse, MaxEvent, nil, refuseEvent},
	{post, "/v1/imports", keys.EventsImport, MaxBatch, nil, importEvents},

	{get, "/v1/members", keys.MembersRead, 0,
		params("q", "tier.{tier}", "streak.{streak}", "badge", "idle_days", "in", "sort", "cursor", "limit", "min_seq"), listMembers},
	{put, "/v1/members/:member", keys.MembersWrite, MaxEvent, params("dry_run"), putMember},
	{patch, "/v1/members/:member", keys.MembersWrite, MaxEvent, params("dry_run"), patchMember},
	{get, "/v1/members/:member", keys.MembersRead, 0, params("min_seq"), showMember},
	{del, "/v1/members/:member", keys.MembersErase, 0, nil, eraseMember},
	{post, "/v1/members/:member/merge", keys.MembersMerge, MaxEvent, nil, mergeMember},
	{get, "/v1/members/:member/export", keys.MembersRead, 0, params("min_seq"), exportMember},
	{get, "/v1/members/:member/progress", keys.MembersRead, 0, params("at", "min_seq"), showProgress},
	{get, "/v1/members/:member/ledger", keys.MembersRead, 0, params("at", "points", "kind", "lot", "min_seq", "order", "cursor", "limit"), showLedger},
	{get, "/v1/members/:member/timeline", keys.MembersRead, 0, params("min_seq", "cursor", "limit"), showTimeline},
	{post, "/v1/members/:member/adjustments", keys.PointsAdjust, MaxEvent, params("dry_run"), adjust},
	{post, "/v1/members/:member/challenges/:challenge/enroll", keys.MembersWrite, MaxEvent, nil, enroll},
	{del, "/v1/members/:member/challenges/:challenge/enroll", keys.MembersWrite, 0, nil, leave},
	{post, "/v1/members/:member/streaks/:streak/enroll", keys.MembersWrite, MaxEvent, nil, enrollInStreak},
	{post, "/v1/members/:member/streaks/:streak/freeze", keys.MembersWrite, MaxEvent, nil, buyFreeze},
	{post, "/v1/members/:member/streaks/:streak/repair", keys.MembersWrite, MaxEvent, nil, repairStreak},
	{post, "/v1/members/:member/rewards/:reward/use", keys.RewardsUse, MaxEvent, nil, useReward},
	{post, "/v1/members/:member/tokens", keys.TokensMint, MaxEvent, nil, mintToken},
	{get, "/v1/members/:member/rewards", keys.RewardsRead, 0, params("min_seq", "order", "cursor", "limit"), listHoldings},
	{post, "/v1/members/:member/claims", keys.RewardsClaim, MaxEvent, nil, claimReward},
	{get, "/v1/members/:member/card", keys.MembersRead, 0, params("min_seq"), showCard},
	{get, "/v1/members/:member/card.svg", keys.MembersRead, 0, params("min_seq", "code"), showCardSVG},
	{get, "/v1/members/:member/card.png", keys.MembersRead, 0, params("min_seq", "code"), showCardPNG},
	{post, "/v1/members/:member/card/rotate", keys.MembersWrite, MaxEvent, nil, rotateCard},
	{post, "/v1/members/:member/card/block", keys.MembersWrite, MaxEvent, nil, blockCard},
	{get, "/v1/cards/:number", keys.CardsRead, 0, params("min_seq"), findCard},

	{get, "/v1/claims/:claim", keys.RewardsRead, 0, params("min_seq"), showClaim},
	{post, "/v1/claims/:claim/confirm", keys.RewardsClaim, MaxEvent, nil, confirmClaim},
	{post, "/v1/claims/:claim/cancel", keys.RewardsClaim, MaxEvent, nil, cancelClaim},
	{post, "/v1/claims/:claim/return", keys.RewardsClaim, MaxEvent, nil, returnClaim},

	{get, "/v1/codes/:code", keys.RewardsUse, 0, params("min_seq"), showCode},
	{post, "/v1/codes/:code/use", keys.RewardsUse, MaxEvent, nil, useCode},
	{post, "/v1/codes/:code/release", keys.RewardsUse, MaxEvent, nil, releaseCode},

	{get, "/v1/leaderboards", keys.LeaderboardsRead, 0, params("cursor", "limit"), listLeaderboards},
	{get, "/v1/leaderboards/:board", keys.LeaderboardsRead, 0, params("season", "split", "at", "from_rank", "limit", "min_seq"), showLeaderboard},
	{get, "/v1/leaderboards/:board/seasons", keys.LeaderboardsRead, 0, params("cursor", "limit", "min_seq"), listSeasons},
	{get, "/v1/leaderboards/:board/standings/:member", keys.LeaderboardsRead, 0, params("season", "split", "at", "around", "min_seq"), showStanding},

	{get, "/v1/challenges", keys.CatalogueRead, 0, params("member", "cursor", "limit", "min_seq"), listChallenges},
	{get, "/v1/rewards", keys.CatalogueRead, 0, params("member", "cursor", "limit", "min_seq"), listRewards},
	{get, "/v1/badges", keys.CatalogueRead, 0, params("member", "cursor", "limit", "min_seq"), listBadges},
	{get, "/v1/tiers", keys.CatalogueRead, 0, params("member", "cursor", "limit", "min_seq"), listTiers},
	{get, "/v1/streaks", keys.CatalogueRead, 0, params("member", "cursor", "limit", "min_seq"), listStreaks},
	{get, "/v1/promotions", keys.CatalogueRead, 0, params("member", "cursor", "limit", "min_seq"), listPromotions},
	{post, "/v1/promotions/:promotion/fire", keys.PromotionsFire, MaxEvent, nil, firePromotion},
	{post, "/v1/promotions/:promotion/close", keys.PromotionsFire, MaxEvent, nil, closePromotion},
	{get, "/v1/calendar", keys.CatalogueRead, 0, params("from", "to", "cursor", "limit"), showCalendar},
	{get, "/v1/definitions", keys.CatalogueRead, 0, params("cursor", "limit"), listDefinitions},
	{get, "/v1/definitions/:section/:definition", keys.CatalogueRead, 0, params("from", "to"), showDefinition},
	{post, "/v1/admin/definitions/:section/:definition/pause", keys.RulesetsActivate, MaxEvent, nil, pauseDefinition},
	{post, "/v1/admin/definitions/:section/:definition/resume", keys.RulesetsActivate, MaxEvent, nil, resumeDefinition},
	{get, "/v1/stats/overview", keys.StatsRead, 0, params("from", "to", "by"), showOverview},
	{get, "/v1/stats/points", keys.StatsRead, 0, params("points", "from", "to", "by"), showPointsStatistics},
	{get, "/v1/stats/liability", keys.StatsRead, 0, params("points"), showLiability},
	{get, "/v1/stats/retention", keys.StatsRead, 0, params("from", "to", "by", "of", "kind"), showRetention},
	{get, "/v1/stats/challenges/:challenge", keys.StatsRead, 0, params("from", "to"), showChallengeStatistics},
	{get, "/v1/stats/streaks/:streak", keys.StatsRead, 0, nil, showStreakStatistics},
	{get, "/v1/stats/tiers/:tier", keys.StatsRead, 0, params("from", "to"), showTierStatistics},
	{get, "/v1/stats/boards/:board", keys.StatsRead, 0, params("season", "split"), showBoardStatistics},
	{get, "/v1/stats/promotions/:promotion", keys.StatsRead, 0, params("from", "to"), showPromotionStatistics},
	{get, "/v1/counters/:counter", keys.CatalogueRead, 0, params("min_seq"), showCounter},

	{post, "/v1/admin/rewards/:reward/codes", keys.RewardsWrite, MaxCodes, params("dry_run"), addCodes},

	{get, "/v1/stream", "", 0, params("member", "leaderboard", "promotions", "events", "after"), openStream},

	{get, "/v1/exports", keys.ExportsRead, 0, params("what", "format", "since"), export},

	{post, "/v1/admin/keys", keys.Admin, MaxEvent, nil, createKey},
	{get, "/v1/admin/keys", keys.Admin, 0, params("cursor", "limit"), listKeys},
	{del, "/v1/admin/keys/:key", keys.Admin, 0, nil, revokeKey},
	{post, "/v1/admin/token-keys", keys.Admin, MaxEvent, nil, createTokenKey},
	{get, "/v1/admin/token-keys", keys.Admin, 0, params("cursor", "limit"), listTokenKeys},
	{del, "/v1/admin/token-keys/:key", keys.Admin, 0, nil, deleteTokenKey},
	{get, "/v1/admin/program", keys.Admin, 0, nil, showProgram},
	{patch, "/v1/admin/program", keys.Admin, MaxEvent, nil, patchProgram},
	{get, "/v1/admin/rulesets", keys.RulesetsRead, 0, params("cursor", "limit"), listRulesets},
	{get, "/v1/admin/rulesets/current", keys.RulesetsRead, 0, params("in_use", "time_zone_data"), showRuleset},
	{post, "/v1/admin/rulesets/check", keys.RulesetsPlan, MaxBatch, nil, checkRuleset},
	{post, "/v1/admin/rulesets/plan", keys.RulesetsPlan, MaxBatch, nil, planRuleset},
	{post, "/v1/admin/rulesets/test", keys.RulesetsPlan, MaxBatch, nil, testRuleset},
	{post, "/v1/admin/rulesets/activate", keys.RulesetsActivate, MaxBatch, nil, activateRuleset},
	{post, "/v1/admin/rulesets/rollback", keys.RulesetsActivate, MaxEvent, nil, rollBackRuleset},
	{get, "/v1/admin/rulesets/planned", keys.RulesetsRead, 0, nil, showPlanned},
	{del, "/v1/admin/rulesets/planned", keys.RulesetsActivate, 0, nil, cancelPlanned},
	{get, "/v1/admin/rulesets/:version", keys.RulesetsRead, 0, nil, keptRuleset},
	{get, "/v1/admin/rulesets/:version/diff/:to", keys.RulesetsRead, 0, nil, diffRulesets},
	{get, "/v1/admin/status", keys.Admin, 0, nil, showStatus},
	{get, "/v1/admin/jobs", keys.Admin, 0, nil, showJobs},
	{get, "/v1/admin/clock", keys.Admin, 0, nil, showClock},
	{post, "/v1/admin/clock", keys.Admin, MaxEvent, nil, moveClock},

	{get, "/v1/admin/audit", keys.AuditRead, 0, params("action", "key", "actor", "from", "to", "format", "cursor", "limit"), showAudit},

	{post, "/v1/admin/webhooks", keys.WebhooksWrite, MaxEvent, nil, createWebhook},
	{get, "/v1/admin/webhooks", keys.WebhooksWrite, 0, params("cursor", "limit"), listWebhooks},
	{get, "/v1/admin/webhooks/:webhook", keys.WebhooksWrite, 0, nil, showWebhook},
	{patch, "/v1/admin/webhooks/:webhook", keys.WebhooksWrite, MaxEvent, nil, patchWebhook},
	{del, "/v1/admin/webhooks/:webhook", keys.WebhooksWrite, 0, nil, removeWebhook},
	{post, "/v1/admin/webhooks/:webhook/rotate", keys.WebhooksWrite, MaxEvent, nil, rotateWebhook},
	{post, "/v1/admin/webhooks/:webhook/ping", keys.WebhooksWrite, 0, nil, pingWebhook},
	{get, "/v1/admin/webhooks/:webhook/deliveries", keys.WebhooksWrite, 0, params("state", "order", "cursor", "limit"), listDeliveries},
	{post, "/v1/admin/webhooks/:webhook/deliveries/:delivery/resend", keys.WebhooksWrite, 0, nil, resendDelivery},
	{post, "/v1/admin/webhooks/:webhook/resend", keys.WebhooksWrite, 0, nil, resendDeliveries},
}

func params(names ...string) []string { return names }

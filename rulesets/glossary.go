package rulesets

import "github.com/laurel-engine/laurel/rulesets/expression"

// typeWords describe the types of fields, for references and editors. The example is a value as an event carries it.
var typeWords = []expression.Word{
	{Name: "text", Doc: "Any text: ids, names, categories. It is compared to the letter.", Example: `"mitte"`},
	{Name: "number", Doc: "An exact decimal with up to six digits after the point.", Example: "42.195"},
	{Name: "money", Doc: "An amount of the program's currency, with at most its digits after the point; otherwise the event is refused.", Example: "12.50"},
	{Name: "integer", Doc: "A number without digits after the point.", Example: "3"},
	{Name: "boolean", Doc: "Yes or no.", Example: "true"},
	{Name: "date", Doc: "A day, without a time.", Example: `"2026-12-24"`},
	{Name: "time", Doc: "An instant, with an offset.", Example: `"2026-12-24T18:30:00+01:00"`},
	{Name: "member", Doc: "The id of a member, so that `to`, `from` and `member.id` can name who is meant.", Example: `"ann"`},
}

// builtinWords describe the events that Laurel raises itself.
var builtinWords = []expression.Word{
	{Name: "joined", Doc: "A member is seen for the first time, by an event or by a profile."},
	{Name: "challenge_completed", Doc: "A goal of a challenge was reached: which one, and how many days after the challenge began for the member."},
	{Name: "streak_reached", Doc: "A goal of a streak was reached, at this length."},
	{Name: "streak_broken", Doc: "A streak has ended, at this length."},
	{Name: "badge_earned", Doc: "A badge was earned, or a level of it."},
	{Name: "tier_reached", Doc: "A member rose to a level, from another."},
	{Name: "tier_lost", Doc: "A member fell from a level to another."},
	{Name: "points_expired", Doc: "So many points expired."},
	{Name: "points_given", Doc: "A definition gave points: once for each time that it did, and points. Not for adjustments, returns, releases, transfers " +
		"between members, imports, and what an amendment gives more."},
	{Name: "reward_claimed", Doc: "A member claimed a reward; the points it costs are held."},
	{Name: "reward_confirmed", Doc: "A claim was confirmed; its points are spent."},
	{Name: "claim_cancelled", Doc: "A claim or a use was cancelled, or its hold is over; what it held is given back."},
	{Name: "reward_given", Doc: "A definition gave a reward, until when it can be used, and the id under which the member holds it."},
	{Name: "reward_expired", Doc: "A reward that the member held can be used no more."},
	{Name: "reward_returned", Doc: "All of a confirmed claim was returned, or what a use had used has come back."},
	{Name: "reward_used", Doc: "A reward that the member held, or has just bought, was handed over, and where."},
	{Name: "promotion_opened", Doc: "A promotion began."},
	{Name: "promotion_closed", Doc: "A promotion ended."},
	{Name: "season_closed", Doc: "A season of a leaderboard became final, with this rank and score of the member."},
}

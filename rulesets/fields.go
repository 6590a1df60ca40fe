package rulesets

import "github.com/laurel-engine/laurel/rulesets/document"

// Fields that several sections share.
// What the maps hold whose keys are names of the program's own.
var (
	pointsAmount = &document.Field{Phrase: document.Amount, Doc: "How many of these points: a number, or an expression such as event.amount * 2."}
	pointsCost   = &document.Field{Phrase: document.Cost, Doc: "How many of these points."}
	typeField    = &document.Field{Name: "field type", Phrase: document.Type,
		Doc: "A type, a list [type], or a record {field: type}. A ? after the name: it may be missing."}
	idAndLevel = &document.Field{Phrase: document.ID, Doc: "The level."}
	gifts      = []document.Field{
		{Name: "badge", Phrase: document.ID, Free: true, Values: idAndLevel, Doc: "A badge: its id, or {id: level}."},
		{Name: "reward", Phrase: document.ID, Doc: "A reward's id."},
		{Name: "tier", Free: true, Values: idAndLevel, Doc: "{tier: level}: given outright, and kept like one that was reached."},
	}
	threshold = &document.Field{Phrase: document.Number}
	tierLevel = &document.Field{Phrase: document.Number, Free: true, Doc: "The threshold, or {any: {…}} or {all: {…}} of named counters.",
		Keys: []document.Field{{Name: "any", Free: true, Values: threshold}, {Name: "all", Free: true, Values: threshold}}}
)

var (
	titleField = document.Field{Name: "title", Phrase: document.Text, Doc: "What members and operators read. The id where it is left out.",
		Example: "Star dash", Cosmetic: true,
		MapNotYet: "titles by language"}
	aboutField = document.Field{Name: "about", Phrase: document.Text, Doc: "A sentence or two for members.",
		Example: "Spend 60 euros within a week", Cosmetic: true}
	imageField = document.Field{Name: "image", Phrase: document.Text, Doc: "Address of a picture, for apps.",
		Example: "https://example.com/dash.png", Cosmetic: true}
	hiddenField = document.Field{Name: "hidden", Phrase: document.Boolean, Fallback: "false", Doc: "Whether members are shown it only once they have it."}
	ifField     = document.Field{Name: "if", Phrase: document.Condition,
		Doc: "Condition on the event. Only events for which it is true count.", Example: "event.amount >= 20"}
	forField = document.Field{Name: "for", Phrase: document.Condition,
		Doc: "Which members: a condition on the member, or the name of an audience. All of them where it is left out.", Example: "member.country == \"DE\""}
	duringField = document.Field{Name: "during", Phrase: document.Window, Record: windowSection, Many: true, Fallback: "always",
		Doc: "When it holds: dates, a promotion, a window written as a map, or a list of which any holds.", Example: "2026-12-01 to 2026-12-07"}
	limitField = document.Field{Name: "limit", Phrase: document.Limit, Many: true,
		Doc: "Caps; of a list all hold. A cap on times refuses, a cap on points gives what is left of it. Without it nothing is capped.", Example: "1 per day"}
	giveField = document.Field{Name: "give", Free: true, Keys: gifts, Values: pointsAmount,
		Doc: "What members receive: points, a `badge`, a `reward`, a level of a `tier`.", Example: "{stars: event.amount * 2, badge: regular}"}
	reversalField = document.Field{Name: "on_reversal", Words: []string{"revoke", "leave"}, Fallback: "revoke",
		Doc: "What happens when the event is voided: `revoke` takes back what it gave, `leave` lets members keep it."}
	versionField = document.Field{Name: "version", Phrase: document.Whole, Fallback: "1",
		Doc: "Which meaning this is. Raise it when you change what is counted: counting then starts afresh.", Example: "2"}
	whenField = document.Field{Name: "when", Phrase: document.Trigger, Many: true, Required: true,
		Doc: "What sets it off: an event, a built-in event, a timer, or a list of events.", Example: "purchase"}
	everyField = document.Field{Name: "every", Phrase: document.Period,
		Doc: "The calendar period after which it starts anew. Never where it is left out.", Example: "month"}
)

// countFields are the fields that say what a counter counts, wherever one is written.
var countFields = []document.Field{
	ifField,
	{Name: "add", Phrase: document.Amount, Doc: "Adds up this number of each event. Without a fold (`add`, `highest`, `lowest`, `latest`, `distinct`, " +
		"`earned`) each event counts 1.", Example: "event.amount"},
	{Name: "highest", Phrase: document.Amount, Doc: "Keeps the highest number.", Example: "event.km"},
	{Name: "lowest", Phrase: document.Amount, Doc: "Keeps the lowest number. Goals on it are reached at or below their threshold.",
		Example: "event.minutes / event.km"},
	{Name: "latest", Phrase: document.Amount, Doc: "Keeps the number of the event that happened last.", Example: "event.level"},
	{Name: "distinct", Phrase: document.Distinct, Doc: "Counts different values of a field, or of a field of each item of a list. At most 1,000 for each " +
		"member and period; not with `by: everyone`.", Example: "event.items.sku"},
	{Name: "earned", Phrase: document.ID, Doc: "Counts points that definitions gave, boosted and pending ones included, instead of events. " +
		"Adjustments do not count.", Example: "stars"},
	{Name: "only", Phrase: document.ID, Many: true, Doc: "With `earned`: counts what these definitions gave, and nothing else.",
		Example: "[stars_per_euro, welcome]"},
	{Name: "at_most", Phrase: document.Allowance, Doc: "How many events of a member count in a period. More do nothing.", Example: "1 per day"},
}

func noticeField(doc, example string) document.Field {
	return document.Field{Name: "notice", Phrase: document.Notice, Many: true, Doc: "How long ahead the notice `" + doc, Example: example}
}

func fields(groups ...[]document.Field) []document.Field {
	var all []document.Field
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

func optional(f document.Field) document.Field { f.Required = false; return f }

func described(f document.Field, doc string) document.Field { f.Doc = doc; return f }

var (
	windowSection = &document.Section{Name: "window",
		Doc: "When something is open, written as a map. All keys that are given must hold.", Fields: []document.Field{
			{Name: "from", Phrase: document.Date, Doc: "The first day on which it is open.", Example: "2026-12-01"},
			{Name: "until", Phrase: document.Date, Doc: "The last day, included.", Example: "2026-12-07"},
			{Name: "days", Phrase: document.Day, Many: true, Doc: "The days on which it is open.", Example: "[saturday, first friday]"},
			{Name: "hours", Phrase: document.Hours, Doc: "The hours of the day in which it is open.", Example: "14:00-16:00"},
			{Name: "cron", Phrase: document.Cron, Doc: "When it opens. Needs `open_for`.", Example: "0 15 * * FRI"},
			{Name: "open_for", Phrase: document.Duration, Doc: "How long it stays open each time that `cron` opens it.", Example: "2 hours"},
		}}

	pointsSection = &document.Section{Name: "points", Doc: "A currency of the program: stars, gems, coins.", Fields: []document.Field{
		titleField,
		{Name: "decimals", Words: []string{"0", "1", "2", "3", "4", "5", "6"}, Fallback: "0",
			Doc: "Digits after the point. It cannot be changed once points were given."},
		{Name: "rounding", Words: []string{"down", "nearest", "up"}, Fallback: "down",
			Doc: "How an amount with more digits is rounded, once, after all boosts. `nearest` rounds a half to the even digit."},
		{Name: "expire", Phrase: document.Expiry, Many: true, Fallback: "never",
			Doc:       "When points expire; of a list the first to come. Points keep the phrase under which they were given.",
			Example:   "[24 months after earning, 6 months after last purchase]",
			MapNotYet: "expiry by audience and activity"},
		noticeField("points_expiring` is sent, of all points that expire on one day. 30 days and 7 days where it is left out.", "[60 days, 14 days]"),
		{Name: "pending", Phrase: document.Pending, Fallback: "none", Doc: "How long points are held back before they can be spent.", Example: "14 days"},
		{Name: "negative", Words: []string{"debt", "floor", "refuse"}, Fallback: "debt",
			Doc: "What a reversal larger than the balance does: `debt` is paid off by what comes in later, `floor` stops at zero, `refuse` refuses the reversal."},
		{Name: "spend", Words: []string{"soonest_expiry", "oldest"}, Fallback: "soonest_expiry",
			Doc: "Which points are spent first: those that expire soonest, or the oldest."},
		{Name: "worth", Phrase: document.Money, Doc: "What one of these points is counted as where statistics tell what is owed (`/v1/stats/liability`). " +
			"Nothing is paid or decided by it.", Example: "0.01 EUR"},
	}, NotYet: map[string]string{"by": "points pooled by a field", "exchange": "exchange of points into other points"}}

	ruleSection = &document.Section{Name: "rule", Doc: "What an event is worth: when, if, for, during, give or take, within a limit.", Fields: []document.Field{
		whenField, ifField, forField, duringField, giveField,
		{Name: "take", Free: true, Values: pointsAmount,
			Doc:     "Points that are taken. With too few the whole rule does nothing. Together with `give` and `to` it is a transfer, made whole or not at all.",
			Example: "{stars: 100}"},
		{Name: "to", Phrase: document.Reference, Doc: "Who receives: a field of type `member`. The event's member where it is left out. An unknown member, or the " +
			"sender, is given nothing.", Example: "member.referred_by"},
		{Name: "from", Phrase: document.Reference, Doc: "Who pays what `take` takes: a field of type `member`. The event's member where it is left out.",
			Example: "event.sender"},
		{Name: "pending", Phrase: document.Pending, Doc: "How long what this rule gives is held back. As the points say where it is left out.", Example: "none"},
		limitField, reversalField, titleField,
	}, NotYet: map[string]string{"each": "rules for each line of an event", "refuse": "refusing an event"}}

	boostSection = &document.Section{Name: "boost", Doc: "Changes how much rules give: doubles it on Tuesdays, adds five for old friends.",
		Fields: []document.Field{
			titleField,
			{Name: "of", Phrase: document.ID, Required: true, Doc: "The points that it changes.", Example: "stars"},
			{Name: "times", Phrase: document.Amount, Doc: "Factor. Of boosts that do not stack the best counts.", Example: "2"},
			{Name: "plus", Phrase: document.Amount, Doc: "Addition, after all factors. Of boosts that do not stack the best counts.", Example: "5"},
			{Name: "only", Phrase: document.ID, Many: true, Doc: "The definitions whose gifts it changes. Where it is left out: all rules whose amount is computed " +
				"from the event; fixed gifts, goals and prizes only when they are named here.", Example: "[stars_per_euro]"},
			ifField, forField, duringField,
			{Name: "stacks", Phrase: document.Boolean, Fallback: "false", Doc: "Whether it is applied on top of the others, instead of competing with them."},
			described(limitField, "Caps on what the boost adds; of a list all hold. The rest of the gift is not touched."),
		}}

	counterSection = &document.Section{Name: "counter", Doc: "Adds up events: for each member or group, in each period.", Fields: fields(
		[]document.Field{titleField, optional(whenField), forField, everyField,
			{Name: "last", Phrase: document.Duration, Doc: "Counts a rolling period instead of a calendar one. Days and longer are whole local days, today included.",
				Example: "30 days"}, duringField,
			{Name: "by", Phrase: document.Subject, Fallback: "member",
				Doc: "Whose count it is: each member's, that of everyone together, or that of a group.", Example: "member.team"},
			{Name: "public", Phrase: document.Boolean, Fallback: "false", Doc: "Whether its value can be read through the API, such as a community's total."},
			versionField},
		countFields)}

	promotionSection = &document.Section{Name: "promotion",
		Doc: "A window with a name, so that several definitions can share it: by dates, by a schedule, or opened by a call.", Fields: []document.Field{
			titleField, aboutField, forField,
			{Name: "limit", Phrase: document.Limit, Many: true, Doc: "Caps that all that its window lets give share.", Example: "100000 stars ever by everyone"},
			{Name: "during", Phrase: document.Window, Record: windowSection, Many: true, Doc: "Its dates, or a window written as a map.",
				Example: "2026-12-01 to 2026-12-07"},
			{Name: "cron", Phrase: document.Cron, Doc: "When it opens. Needs `open_for`.", Example: "0 15 * * FRI"},
			{Name: "open_for", Phrase: document.Duration, Doc: "How long it stays open after `cron` or a call opened it.", Example: "2 hours"},
			{Name: "on_call", Phrase: document.Boolean, Fallback: "false", Doc: "Whether a call opens it. Needs `open_for`."},
		}}

	freezeSection = &document.Section{Name: "freeze",
		Doc: "What keeps a streak alive over a missed period, without adding to its length.", Fields: []document.Field{
			{Name: "free", Phrase: document.Allowance, Doc: "How many missed periods are forgiven. What is not used does not carry over.", Example: "1 per month"},
			{Name: "hold", Phrase: document.Whole, Doc: "How many bought ones a member may hold.", Example: "2"},
			{Name: "cost", Free: true, Values: pointsCost, Doc: "What one costs.", Example: "{gems: 200}"},
		}}

	repairSection = &document.Section{Name: "repair", Doc: "How members mend a broken streak.", Fields: []document.Field{
		{Name: "within", Phrase: document.Duration, Required: true, Doc: "How long after the break it can be mended.", Example: "48 hours"},
		{Name: "cost", Free: true, Values: pointsCost, Doc: "What mending costs.", Example: "{gems: 100}"},
	}}

	goalSection = &document.Section{Name: "goal", Doc: "A threshold, and what reaching it gives.", Fields: []document.Field{
		{Name: "at", Phrase: document.Number, Required: true, Doc: "The threshold.", Example: "10"},
		{Name: "id", Phrase: document.ID, Doc: "A name of its own. Where it is left out, a goal is known by its rank, lowest first: name goals if you may " +
			"add one in between.", Example: "ten"},
		giveField,
		{Name: "within", Phrase: document.Duration, Doc: "Reached in this time only, counted as the challenge's own `within`; of a streak from the " +
			"first period of the run.", Example: "7 days"},
		{Name: "again", Phrase: document.Boolean, Fallback: "false",
			Doc: "Whether it is reached again each time the count, or the run of a streak, has grown by `at`. What is left over counts for the next time."},
	}}

	goalFields = []document.Field{
		{Name: "goal", Phrase: document.Number, Doc: "The threshold.", Example: "60"},
		giveField,
		{Name: "goals", Record: goalSection, Many: true, Doc: "Several thresholds, each with its own gift.",
			Example: "[{at: 50, give: {gems: 100}}, {at: 100, give: {gems: 300}}]"},
	}

	streakSection = &document.Section{Name: "streak", Doc: "Periods in a row in which something was done.", Fields: fields(
		[]document.Field{titleField, aboutField, hiddenField, whenField, forField,
			{Name: "every", Words: []string{"day", "week", "month"}, Required: true, Doc: "The period in which it has to be done.", Example: "week"},
			{Name: "at_least", Phrase: document.Number, Fallback: "1", Doc: "How much a period needs to count.", Example: "2"},
			{Name: "days", Phrase: document.Day, Many: true, Doc: "With `every: day`, the days that count. The others neither count nor break.",
				Example: "[monday, tuesday, wednesday, thursday, friday]"},
			{Name: "freeze", Phrase: document.Allowance, Record: freezeSection,
				Doc: "What keeps it alive over a missed period: an allowance, or a map.", Example: "1 per month"},
			noticeField("streak_at_risk` is sent, before the end of a period that has not qualified. 6 hours where it is left out: at 18:00.", "3 hours"),
			{Name: "repair", Record: repairSection, Doc: "Lets members mend it after a break.", Example: "{within: 48 hours, cost: {gems: 100}}"},
			{Name: "join", Words: []string{"automatic", "opt_in"}, Fallback: "automatic",
				Doc: "Whether it counts for all members, or from the moment at which a member joins it."},
			reversalField, versionField},
		countFields[:2], goalFields)}

	stepSection = &document.Section{Name: "step", Doc: "One part of a challenge of steps.", Fields: fields(
		[]document.Field{titleField, optional(whenField)},
		countFields,
		[]document.Field{{Name: "goal", Phrase: document.Number, Required: true, Doc: "How much completes the step.", Example: "1"},
			{Name: "needs", Phrase: document.ID, Many: true, Doc: "Steps that come first. Only what happens after they were completed counts.", Example: "compliance"}})}

	challengeSection = &document.Section{Name: "challenge", Doc: "A count with a goal and a gift, or a list of steps, mostly in a window.", Fields: fields(
		[]document.Field{titleField, aboutField, hiddenField, forField, duringField,
			{Name: "join", Words: []string{"automatic", "opt_in"}, Fallback: "automatic",
				Doc: "Whether it counts for all members, or from the moment at which a member joins it."},
			{Name: "retry", Phrase: document.Boolean, Fallback: "false",
				Doc: "With `join: opt_in` and `within`: who has not reached the last goal in time may join again, and begins anew. " +
					"Goals that were paid are not paid again."},
			{Name: "counter", Phrase: document.ID, Doc: "The counter whose meaning and period it takes, instead of `when`. It counts from its own start.",
				Example: "weekly_km"},
			optional(whenField),
			{Name: "by", Phrase: document.Subject, Fallback: "member",
				Doc: "Whose count it is: each member's, that of everyone together, or that of a group.", Example: "member.team"},
			{Name: "steps", Entries: stepSection, Doc: "Parts that all have to be done, in any order unless `needs` says so.",
				Example: "{first_visit: {when: visit, goal: 1}, first_order: {when: purchase, goal: 1}}"},
			everyField,
			{Name: "within", Phrase: document.Duration, Doc: "Time limit for each member: from joining it where that is needed, else from the later of joining the " +
				"program and the challenge's start.", Example: "30 days"},
			{Name: "again", Phrase: document.Boolean, Fallback: "false",
				Doc: "Whether the goal is reached again each time the count has grown by it. What is left over counts for the next time."},
			{Name: "winners", Phrase: document.Whole, Words: []string{"all"}, Fallback: "all",
				Doc: "How many members are paid, in the order of arrival. Later ones complete it without the gift.", Example: "100"},
			{Name: "needs", Phrase: document.ID, Many: true,
				Doc: "Challenges that have to be completed first. Only what happens after that counts.", Example: "onboarding"},
			{Name: "each_needs", Phrase: document.Number, Doc: "For a group: what a member must have brought to be paid when the group reaches the goal. Any " +
				"contribution where it is left out.", Example: "10"},
			reversalField, versionField},
		countFields, goalFields)}

	badgeSection = &document.Section{Name: "badge", Doc: "A mark that stays: with levels on a counter, or given by name.", Fields: []document.Field{
		titleField, aboutField, imageField, hiddenField,
		{Name: "counter", Phrase: document.ID, Doc: "The counter that its levels are on.", Example: "drinks_tried"},
		{Name: "levels", Free: true, Values: &document.Field{Phrase: document.Number}, Doc: "Thresholds by level.", Example: "{bronze: 3, silver: 6, gold: 10}"},
		reversalField,
	}}

	tierSection = &document.Section{Name: "tier", Doc: "A status with levels, which has to be kept.", Fields: []document.Field{
		titleField,
		{Name: "earned", Phrase: document.ID, Doc: "Its levels are on these points, as they were earned. Spending them changes nothing.", Example: "stars"},
		{Name: "only", Phrase: document.ID, Many: true, Doc: "With `earned`: counts what these definitions gave, and nothing else.", Example: "[stars_per_euro]"},
		{Name: "counter", Phrase: document.ID, Doc: "Its levels are on this counter.", Example: "nights_of_a_year"},
		{Name: "counters", Free: true, Values: &document.Field{Phrase: document.ID}, Doc: "Its levels are on several counters, each under a name.",
			Example: "{nights: nights_of_a_year, spend: spend_of_a_year}"},
		{Name: "levels", Free: true, Values: tierLevel, Required: true,
			Doc: "Thresholds by level. With `counters`, a map of `any` or `all`; a bare 0 is the lowest level.", Example: "{green: 0, gold: 450, reserve: 1500}"},
		{Name: "last", Phrase: document.Duration, Doc: "Looks at a rolling period.", Example: "12 months"},
		everyField,
		{Name: "keep", Phrase: document.Keep, Doc: "How long a level is held after it was reached, met or not. Every level has its own, which runs on while a " +
			"higher one is held; a level reached reaches those below. It is reached by what brings the count to it from below, in a calendar period for the first " +
			"time; with `last` also when what came since is enough alone.", Example: "12 months"},
		{Name: "grace", Phrase: document.Grace, Doc: "How much longer it is held after that.", Example: "2 months"},
		noticeField("tier_will_drop` is sent, before the level falls unless more is done. 30 days and 7 days where it is left out.", "1 month"),
		{Name: "falls", Words: []string{"to what is kept", "one level"}, Gone: map[string]string{"to what is met": "to what is kept"}, Fallback: "to what is kept",
			Doc: "How far it falls: to the highest level that is met or whose own `keep` or `grace` still runs; or softly, one level, which is kept anew."},
		versionField,
		{Name: "perks", Free: true, Values: &document.Field{Phrase: document.Text, Many: true}, Doc: "What each level brings, in words for members.",
			Example: "{gold: [Free syrup], reserve: [Free syrup, Tastings]}", Cosmetic: true},
	}}

	leaguesSection = &document.Section{Name: "leagues",
		Doc: "Groups of members of about equal strength, through which they rise and fall season by season.", Fields: []document.Field{
			{Name: "names", Phrase: document.ID, Many: true, Required: true, Doc: "The leagues, lowest first.", Example: "[bronze, silver, gold]"},
			{Name: "size", Phrase: document.Whole, Fallback: "30", Doc: "How many members a group has."},
			{Name: "up", Phrase: document.Whole, Fallback: "5", Doc: "How many rise when a season closes."},
			{Name: "down", Phrase: document.Whole, Fallback: "5", Doc: "How many fall when a season closes."},
		}}

	prizeSection = &document.Section{Name: "prize", Doc: "What ranks win when a season closes.", Fields: []document.Field{
		{Name: "ranks", Phrase: document.Rank, Required: true, Doc: "The ranks. A place is paid by the narrowest row that covers it.", Example: "2-3"},
		{Name: "give", Free: true, Keys: gifts, Values: pointsAmount, Required: true, Doc: "What they receive.", Example: "{stars: 50}"},
	}}

	leaderboardSection = &document.Section{Name: "leaderboard",
		Doc: "Orders members or groups by a counter. The counter's period is the season.", Fields: []document.Field{
			titleField,
			{Name: "counter", Phrase: document.ID, Required: true,
				Doc: "The counter. Without `every` there is one season for ever; with `last` it cannot be ranked.", Example: "weekly_visits"},
			forField,
			{Name: "by", Phrase: document.Subject, Doc: "Whose count is ranked. As the counter says where it is left out.", Example: "member.team"},
			{Name: "split", Phrase: document.Reference, Doc: "One board for each value of this field.", Example: "member.region"},
			{Name: "score", Words: []string{"total", "average"}, Fallback: "total", Doc: "Of a group: its total, or the average of its members."},
			{Name: "at_least", Phrase: document.Whole, Fallback: "1",
				Doc: "With `score: average`, how many contributions a member needs to be in the average.", Example: "2"},
			{Name: "order", Words: []string{"highest", "lowest"}, Fallback: "highest", Doc: "Which end ranks first."},
			{Name: "ties", Words: []string{"earliest", "share", "dense"}, Fallback: "earliest",
				Doc: "How equal scores rank. `earliest`: who was there first leads (1, 2, 3); `share`: they share a rank (1, 1, 3); `dense`: and no rank is " +
					"left out (1, 1, 2)."},
			{Name: "leagues", Record: leaguesSection, Doc: "Divides the board into leagues.", Example: "{names: [bronze, silver, gold]}"},
			{Name: "prizes", Record: prizeSection, Many: true, Doc: "What ranks win when a season closes.",
				Example: "[{ranks: 1, give: {stars: 100}}, {ranks: 2-3, give: {stars: 50}}]"},
			versionField,
			{Name: "closes", Phrase: document.Duration, Doc: "How long after its end a season becomes final. As long as `late` where it is left out.",
				Example: "6 hours"},
		}}

	rewardSection = &document.Section{Name: "reward",
		Doc: "Something that points buy, or that is given: a drink, a discount, a donation.", Fields: []document.Field{
			titleField, aboutField, imageField, hiddenField,
			{Name: "details", Free: true, Values: &document.Field{Phrase: document.Text}, Doc: "Texts, numbers and booleans for apps.", Example: "{percent: 10}"},
			{Name: "cost", Free: true, Values: pointsCost, Doc: "Its price in points. Without one it can only be given.", Example: "{stars: 150}"},
			{Name: "kind", Words: []string{"item", "voucher", "discount", "shipping", "perk", "gift_card", "donation"}, Fallback: "item",
				Doc: "What it is, for apps and reports."},
			forField, duringField, limitField,
			{Name: "valid", Phrase: document.Duration, Words: []string{"forever"}, Fallback: "forever",
				Doc: "How long it can be used after it was received.", Example: "30 days"},
			{Name: "hold", Phrase: document.Duration, Fallback: "15 minutes", Doc: "How long a claim holds its points before they are given back."},
			{Name: "codes", Words: []string{"generated", "pool"},
				Doc: "Where its codes come from: made by Laurel, or from a pool that you fill. None where it is left out."},
			{Name: "stock", Phrase: document.Whole, Doc: "How many there are. No end of them where it is left out.", Example: "500"},
		}}

	rulesetSection = &document.Section{Name: "ruleset", Doc: "A program.", Fields: []document.Field{
		{Name: "program", Phrase: document.ID, Required: true, Doc: "The program's id.", Example: "lark_coffee"},
		titleField,
		{Name: "timezone", Phrase: document.Zone, Fallback: "UTC", Doc: "A name of the tz database: whose days, weeks and months count.", Example: "Europe/Berlin"},
		{Name: "clock", Words: []string{"program", "member"}, Fallback: "program", Doc: "Whose midnight counts: the program's, or each member's own."},
		{Name: "week_starts", Words: []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}, Fallback: "monday",
			Doc: "The first day of the week."},
		{Name: "currency", Phrase: document.Currency, Doc: "The currency of all money, which has at most its digits after the point.", Example: "EUR"},
		{Name: "late", Phrase: document.Duration, Fallback: "72 hours", Doc: "How long after it happened an event may still arrive.", Example: "7 days"},
		{Name: "member", Free: true, Values: typeField, Recursive: true,
			Doc:     "The fields that you keep about a member, with their types. `?` after a name makes a field optional.",
			Example: "{country: text, birthday?: date, referred_by?: member}"},
		{Name: "events", Free: true, Values: typeField, Recursive: true, Required: true, Doc: "What your apps send: each event with its fields and their types.",
			Example: "{purchase: {order_id: text, amount: money, coupon?: text}, visit: {}}"},
		{Name: "client_events", Phrase: document.ID, Many: true, Doc: "Events that members' own devices may send.", Example: "[visit]"},
		{Name: "names", Words: []string{"alias", "first", "id", "none"},
			Doc: "What boards show of members: the member field `alias`, the first word of the name, the id, or nothing, as where it is left out.", Example: "alias"},
		{Name: "activity", Phrase: document.ID, Many: true, Doc: "Events by which statistics call a member active. All that your apps send " +
			"where it is left out.", Example: "[purchase, visit]"},
		{Name: "points", Entries: pointsSection, Doc: pointsSection.Doc},
		{Name: "tables", Free: true, Values: &document.Field{Free: true, Values: &document.Field{Phrase: document.Number}},
			Doc: "Named numbers by key, read by `table.NAME[key] ?? 0`.", Example: "{per_class: {economy: 1, business: 2.5}}"},
		{Name: "audiences", Free: true, Values: &document.Field{Phrase: document.Condition},
			Doc: "Named conditions on members, for `for: NAME` and `member.in.NAME`.", Example: "{locals: member.city == \"Berlin\"}"},
		{Name: "counters", Entries: counterSection, Doc: counterSection.Doc},
		{Name: "rules", Entries: ruleSection, Doc: ruleSection.Doc},
		{Name: "boosts", Entries: boostSection, Doc: boostSection.Doc},
		{Name: "promotions", Entries: promotionSection, Doc: promotionSection.Doc},
		{Name: "streaks", Entries: streakSection, Doc: streakSection.Doc},
		{Name: "challenges", Entries: challengeSection, Doc: challengeSection.Doc},
		{Name: "badges", Entries: badgeSection, Doc: badgeSection.Doc},
		{Name: "tiers", Entries: tierSection, Doc: tierSection.Doc},
		{Name: "leaderboards", Entries: leaderboardSection, Doc: leaderboardSection.Doc},
		{Name: "rewards", Entries: rewardSection, Doc: rewardSection.Doc},
	}}
)

package rulesets

import "github.com/laurel-engine/laurel/rulesets/document"

// Fields that several sections share.
var (
	titleField = document.Field{Name: "title", Phrase: document.Text, Doc: "What members see. The id where it is left out.", Cosmetic: true,
		MapNotYet: "titles by language"}
	aboutField    = document.Field{Name: "about", Phrase: document.Text, Doc: "A sentence for members.", Cosmetic: true}
	imageField    = document.Field{Name: "image", Phrase: document.Text, Doc: "Address of a picture.", Cosmetic: true}
	hiddenField   = document.Field{Name: "hidden", Phrase: document.Boolean, Fallback: "false", Doc: "Not shown to members until they have it."}
	ifField       = document.Field{Name: "if", Phrase: document.Condition, Doc: "Condition on the event."}
	forField      = document.Field{Name: "for", Phrase: document.Condition, Doc: "Which members: a condition on the member, or an audience."}
	duringField   = document.Field{Name: "during", Phrase: document.Window, Record: windowSection, Many: true, Fallback: "always", Doc: "The windows in which it holds; any of them."}
	limitField    = document.Field{Name: "limit", Phrase: document.Limit, Many: true, Doc: "Caps; all of them hold."}
	giveField     = document.Field{Name: "give", Free: true, Doc: "What members receive: points, badge, reward, tier."}
	reversalField = document.Field{Name: "on_reversal", Words: []string{"revoke", "leave"}, Fallback: "revoke", Doc: "Whether a void takes back what was given."}
	versionField  = document.Field{Name: "version", Phrase: document.Whole, Fallback: "1", Doc: "Raise it when the meaning changes: counting starts afresh."}
	whenField     = document.Field{Name: "when", Phrase: document.Trigger, Many: true, Required: true, Doc: "The trigger: an event or a timer."}
	everyField    = document.Field{Name: "every", Phrase: document.Period, Doc: "The calendar period that it repeats in."}
)

// countFields are the fields that say what a counter counts, wherever one is written.
var countFields = []document.Field{
	ifField,
	{Name: "add", Phrase: document.Amount, Doc: "Adds up this number of each event."},
	{Name: "highest", Phrase: document.Amount, Doc: "Keeps the highest number."},
	{Name: "lowest", Phrase: document.Amount, Doc: "Keeps the lowest number."},
	{Name: "latest", Phrase: document.Amount, Doc: "Keeps the number of the latest event."},
	{Name: "distinct", Phrase: document.Distinct, Doc: "Counts different values of a field."},
	{Name: "earned", Phrase: document.ID, Doc: "Counts points given."},
	{Name: "only", Phrase: document.ID, Many: true, Doc: "With `earned`: given by these definitions only."},
	{Name: "at_most", Phrase: document.Allowance, Doc: "More events than this do not count."},
}

func fields(groups ...[]document.Field) []document.Field {
	var all []document.Field
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

func optional(f document.Field) document.Field { f.Required = false; return f }

var (
	windowSection = &document.Section{Name: "window", Doc: "When something is open; all given keys must hold.", Fields: []document.Field{
		{Name: "from", Phrase: document.Date, Doc: "The first day."},
		{Name: "until", Phrase: document.Date, Doc: "The last day, included."},
		{Name: "days", Phrase: document.Day, Many: true, Doc: "Days of the week, or of the month: first friday."},
		{Name: "hours", Phrase: document.Hours, Doc: "Hours of the day."},
		{Name: "cron", Phrase: document.Cron, Doc: "When it opens."},
		{Name: "open_for", Phrase: document.Duration, Doc: "How long it stays open after `cron`."},
	}}

	pointsSection = &document.Section{Name: "points", Doc: "A currency of the program.", Fields: []document.Field{
		titleField,
		{Name: "decimals", Words: []string{"0", "1", "2", "3", "4", "5", "6"}, Fallback: "0", Doc: "Fractional digits."},
		{Name: "rounding", Words: []string{"down", "nearest", "up"}, Fallback: "down", Doc: "How amounts are rounded; nearest is half to even."},
		{Name: "expire", Phrase: document.Expiry, Many: true, Fallback: "never", Doc: "When points expire; of several the first to come.",
			MapNotYet: "expiry by audience and activity"},
		{Name: "pending", Phrase: document.Pending, Fallback: "none", Doc: "How long grants are held back."},
		{Name: "negative", Words: []string{"debt", "floor", "refuse"}, Fallback: "debt", Doc: "What a reversal larger than the balance does."},
		{Name: "spend", Words: []string{"soonest_expiry", "oldest"}, Fallback: "soonest_expiry", Doc: "Which points are spent first."},
	}, NotYet: map[string]string{"by": "points pooled by a field", "exchange": "exchange of points into other points"}}

	ruleSection = &document.Section{Name: "rule", Doc: "When, if, for, during: give or take, within a limit.", Fields: []document.Field{
		whenField, ifField, forField, duringField, giveField,
		{Name: "take", Free: true, Doc: "Points that are forfeited."},
		{Name: "to", Phrase: document.Reference, Doc: "Who receives. The event's member where it is left out."},
		{Name: "from", Phrase: document.Reference, Doc: "Who pays. The event's member where it is left out."},
		{Name: "pending", Phrase: document.Pending, Doc: "Replaces the points' own."},
		limitField, reversalField, titleField,
	}, NotYet: map[string]string{"each": "rules for each line of an event", "refuse": "refusing an event"}}

	boostSection = &document.Section{Name: "boost", Doc: "A factor or addition on what rules give.", Fields: []document.Field{
		titleField,
		{Name: "of", Phrase: document.ID, Required: true, Doc: "The points that it boosts."},
		{Name: "times", Phrase: document.Amount, Doc: "Factor."},
		{Name: "plus", Phrase: document.Amount, Doc: "Addition."},
		{Name: "only", Phrase: document.ID, Many: true, Doc: "Definitions that it boosts; else rules whose amount is computed from the event."},
		ifField, forField, duringField,
		{Name: "stacks", Phrase: document.Boolean, Fallback: "false", Doc: "Whether it adds to other boosts."},
		limitField,
	}}

	counterSection = &document.Section{Name: "counter", Doc: "A fold over matching events, by subject and period.", Fields: fields(
		[]document.Field{titleField, optional(whenField), forField, everyField,
			{Name: "last", Phrase: document.Duration, Doc: "A rolling period."}, duringField,
			{Name: "by", Phrase: document.Subject, Fallback: "member", Doc: "Whose count it is."},
			{Name: "public", Phrase: document.Boolean, Fallback: "false", Doc: "Readable through the API."}, versionField},
		countFields)}

	promotionSection = &document.Section{Name: "promotion", Doc: "A named window.", Fields: []document.Field{
		titleField, aboutField, forField,
		{Name: "limit", Phrase: document.Limit, Many: true, Doc: "Shared by all that its window lets give."},
		{Name: "during", Phrase: document.Window, Record: windowSection, Many: true, Doc: "Its dates."},
		{Name: "cron", Phrase: document.Cron, Doc: "When it opens."},
		{Name: "open_for", Phrase: document.Duration, Doc: "How long it stays open."},
		{Name: "on_call", Phrase: document.Boolean, Fallback: "false", Doc: "Opened by a call."},
	}}

	freezeSection = &document.Section{Name: "freeze", Doc: "What bridges a missed period.", Fields: []document.Field{
		{Name: "free", Phrase: document.Allowance, Doc: "Free ones; unused ones do not carry over."},
		{Name: "hold", Phrase: document.Whole, Doc: "How many bought ones can be held."},
		{Name: "cost", Free: true, Doc: "What one costs."},
	}}

	repairSection = &document.Section{Name: "repair", Doc: "Mends a broken streak.", Fields: []document.Field{
		{Name: "within", Phrase: document.Duration, Required: true, Doc: "How long after the break."},
		{Name: "cost", Free: true, Doc: "What it costs."},
	}}

	goalSection = &document.Section{Name: "goal", Doc: "A threshold and what reaching it gives.", Fields: []document.Field{
		{Name: "at", Phrase: document.Number, Required: true, Doc: "The threshold."},
		{Name: "id", Phrase: document.ID, Doc: "Its identity; else its rank."},
		giveField,
		{Name: "within", Phrase: document.Duration, Doc: "Time limit."},
		{Name: "again", Phrase: document.Boolean, Fallback: "false", Doc: "It repeats, the surplus carries over."},
	}}

	goalFields = []document.Field{
		{Name: "goal", Phrase: document.Number, Doc: "The threshold."},
		giveField,
		{Name: "goals", Record: goalSection, Many: true, Doc: "Several thresholds."},
	}

	streakSection = &document.Section{Name: "streak", Doc: "Consecutive periods in which something was done.", Fields: fields(
		[]document.Field{titleField, aboutField, hiddenField, whenField, forField, {Name: "every", Words: []string{"day", "week", "month"}, Required: true, Doc: "The period."},
			{Name: "at_least", Phrase: document.Number, Fallback: "1", Doc: "What a period needs to count."},
			{Name: "days", Phrase: document.Day, Many: true, Doc: "The days that count, for `every: day`."},
			{Name: "freeze", Phrase: document.Allowance, Record: freezeSection, Doc: "What bridges a missed period."},
			{Name: "repair", Record: repairSection, Doc: "Mends a broken streak."},
			{Name: "join", Words: []string{"automatic", "opt_in"}, Fallback: "automatic", Doc: "Whether members must join."},
			reversalField, versionField},
		countFields[:2], goalFields)}

	stepSection = &document.Section{Name: "step", Doc: "One part of a challenge of steps.", Fields: fields(
		[]document.Field{titleField, whenField},
		countFields,
		[]document.Field{{Name: "goal", Phrase: document.Number, Required: true, Doc: "The threshold."},
			{Name: "needs", Phrase: document.ID, Many: true, Doc: "Steps that come first."}})}

	challengeSection = &document.Section{Name: "challenge", Doc: "A counter with goals, or steps, in a window.", Fields: fields(
		[]document.Field{titleField, aboutField, hiddenField, forField, duringField,
			{Name: "join", Words: []string{"automatic", "opt_in"}, Fallback: "automatic", Doc: "Whether members must join."},
			{Name: "counter", Phrase: document.ID, Doc: "The counter whose meaning it takes."},
			optional(whenField),
			{Name: "by", Phrase: document.Subject, Fallback: "member", Doc: "Whose count it is."},
			{Name: "steps", Entries: stepSection, Doc: "Parts, in any order unless `needs` says so."},
			everyField,
			{Name: "within", Phrase: document.Duration, Doc: "Time limit for each member."},
			{Name: "again", Phrase: document.Boolean, Fallback: "false", Doc: "The goal repeats, the surplus carries over."},
			{Name: "winners", Phrase: document.Whole, Words: []string{"all"}, Fallback: "all", Doc: "How many are paid."},
			{Name: "needs", Phrase: document.ID, Many: true, Doc: "Challenges that come first."},
			{Name: "each_needs", Phrase: document.Number, Doc: "What a group's member must bring to be paid."},
			reversalField, versionField},
		countFields, goalFields)}

	badgeSection = &document.Section{Name: "badge", Doc: "A mark that stays.", Fields: []document.Field{
		titleField, aboutField, imageField, hiddenField,
		{Name: "counter", Phrase: document.ID, Doc: "The counter that its levels are on."},
		{Name: "levels", Free: true, Doc: "Level: threshold."},
		reversalField,
	}}

	tierSection = &document.Section{Name: "tier", Doc: "A status with levels that can fall.", Fields: []document.Field{
		titleField,
		{Name: "earned", Phrase: document.ID, Doc: "Counts points given."},
		{Name: "only", Phrase: document.ID, Many: true, Doc: "With `earned`: given by these definitions only."},
		{Name: "counter", Phrase: document.ID, Doc: "The counter that its levels are on."},
		{Name: "counters", Free: true, Doc: "Name: counter, for levels on several."},
		{Name: "levels", Free: true, Required: true, Doc: "Level: threshold, or {any: {…}}, {all: {…}}."},
		{Name: "last", Phrase: document.Duration, Doc: "A rolling period."},
		everyField,
		{Name: "keep", Phrase: document.Keep, Doc: "How long a level is held after it was reached."},
		{Name: "grace", Phrase: document.Duration, Doc: "After that."},
		{Name: "falls", Words: []string{"one level", "to what is met"}, Fallback: "one level", Doc: "How far it falls."},
		versionField,
		{Name: "perks", Free: true, Doc: "Level: list of texts.", Cosmetic: true},
	}}

	leaguesSection = &document.Section{Name: "leagues", Doc: "Cohorts that members rise and fall through.", Fields: []document.Field{
		{Name: "names", Phrase: document.ID, Many: true, Required: true, Doc: "Lowest first."},
		{Name: "size", Phrase: document.Whole, Fallback: "30", Doc: "Members of a cohort."},
		{Name: "up", Phrase: document.Whole, Fallback: "5", Doc: "How many rise."},
		{Name: "down", Phrase: document.Whole, Fallback: "5", Doc: "How many fall."},
	}}

	prizeSection = &document.Section{Name: "prize", Doc: "What ranks win.", Fields: []document.Field{
		{Name: "ranks", Phrase: document.Rank, Required: true, Doc: "The ranks."},
		{Name: "give", Free: true, Required: true, Doc: "What they receive."},
	}}

	leaderboardSection = &document.Section{Name: "leaderboard", Doc: "Ranks a counter.", Fields: []document.Field{
		titleField,
		{Name: "counter", Phrase: document.ID, Required: true, Doc: "The counter."},
		forField,
		{Name: "by", Phrase: document.Subject, Doc: "Whose count; the counter's where it is left out."},
		{Name: "split", Phrase: document.Reference, Doc: "One board a value."},
		{Name: "score", Words: []string{"total", "average"}, Fallback: "total", Doc: "Of a group: its total, or the average of its members."},
		{Name: "at_least", Phrase: document.Whole, Fallback: "1", Doc: "Contributions that a member needs to be in the average."},
		{Name: "order", Words: []string{"highest", "lowest"}, Fallback: "highest", Doc: "What ranks first."},
		{Name: "ties", Words: []string{"earliest", "share", "dense"}, Fallback: "earliest", Doc: "How equal scores rank."},
		{Name: "leagues", Record: leaguesSection, Doc: "Cohorts."},
		{Name: "prizes", Record: prizeSection, Many: true, Doc: "What ranks win when a season closes."},
		versionField,
		{Name: "closes", Phrase: document.Duration, Doc: "How long after its end a season becomes final; `late` where it is left out."},
	}}

	rewardSection = &document.Section{Name: "reward", Doc: "Something points buy, or that is given.", Fields: []document.Field{
		titleField, aboutField, imageField, hiddenField,
		{Name: "details", Free: true, Doc: "Texts, numbers and booleans for apps."},
		{Name: "cost", Free: true, Doc: "Points: amount, or `N or more`. Without cost it can only be given."},
		{Name: "kind", Words: []string{"item", "voucher", "discount", "shipping", "perk", "gift_card", "donation"}, Fallback: "item", Doc: "What it is."},
		forField, duringField, limitField,
		{Name: "valid", Phrase: document.Duration, Words: []string{"forever"}, Fallback: "forever", Doc: "How long it can be used."},
		{Name: "hold", Phrase: document.Duration, Fallback: "15 minutes", Doc: "How long a claim holds its points."},
		{Name: "codes", Words: []string{"generated", "pool"}, Doc: "Where its codes come from."},
		{Name: "stock", Phrase: document.Whole, Doc: "How many there are."},
	}}

	rulesetSection = &document.Section{Name: "ruleset", Doc: "A program.", Fields: []document.Field{
		{Name: "program", Phrase: document.ID, Required: true, Doc: "The program's id."},
		titleField,
		{Name: "timezone", Phrase: document.Zone, Fallback: "UTC", Doc: "Whose days, weeks and months count."},
		{Name: "clock", Words: []string{"program", "member"}, Fallback: "program", Doc: "Whose midnight counts."},
		{Name: "week_starts", Words: []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}, Fallback: "monday", Doc: "The first day of the week."},
		{Name: "currency", Phrase: document.Currency, Doc: "ISO 4217; money has its digits."},
		{Name: "late", Phrase: document.Duration, Fallback: "72 hours", Doc: "How late events may arrive."},
		{Name: "member", Free: true, Doc: "Fields of a member: name: type."},
		{Name: "events", Free: true, Required: true, Doc: "Event types: name: fields."},
		{Name: "client_events", Phrase: document.ID, Many: true, Doc: "Types that a member's own token may send."},
		{Name: "points", Entries: pointsSection, Doc: pointsSection.Doc},
		{Name: "tables", Free: true, Doc: "Named numbers: table.NAME[key]."},
		{Name: "audiences", Free: true, Doc: "Named conditions on members."},
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

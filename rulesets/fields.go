package rulesets

// section is a kind of definition: its fields, in the order in which they are best written.
type section struct {
	name   string // "rule"
	doc    string
	fields []field
}

// field is one field of a section. The table of them drives decoding, the canonical expansion and the JSON Schema.
type field struct {
	name     string
	is       shape
	required bool
	fallback string // the value of a field that is left out; "" for none
	doc      string
	cosmetic bool // no part of the version's hash
}

// shape says what a field's value can look like. A value has one of the forms that are set.
type shape struct {
	phrase  string   // a scalar of this form
	words   []string // a scalar that is one of these
	many    bool     // also a list of what it is
	record  *section // a map of these fields
	entries *section // a map of ids to such maps
	free    bool     // a map that its own section describes: `give`, `levels`
	names   string   // the section that an id must come from
}

func of(phrase string) shape      { return shape{phrase: phrase} }
func listOf(phrase string) shape  { return shape{phrase: phrase, many: true} }
func oneOf(words ...string) shape { return shape{words: words} }
func idOf(section string) shape   { return shape{phrase: anID, names: section} }
func idsOf(section string) shape  { return shape{phrase: anID, names: section, many: true} }
func recordOf(s *section) shape   { return shape{record: s} }
func recordsOf(s *section) shape  { return shape{record: s, many: true} }
func entriesOf(s *section) shape  { return shape{entries: s} }
func phraseOr(p string, s *section, many bool) shape {
	return shape{phrase: p, record: s, many: many}
}

var freeMap = shape{free: true}

// Fields that several sections share.
var (
	titleField    = field{name: "title", is: of(aText), doc: "What members see. The id where it is left out.", cosmetic: true}
	aboutField    = field{name: "about", is: of(aText), doc: "A sentence for members.", cosmetic: true}
	imageField    = field{name: "image", is: of(aText), doc: "Address of a picture.", cosmetic: true}
	hiddenField   = field{name: "hidden", is: of(aBoolean), fallback: "false", doc: "Not shown to members until they have it."}
	ifField       = field{name: "if", is: of(aCondition), doc: "Condition on the event."}
	forField      = field{name: "for", is: of(aCondition), doc: "Which members: a condition on the member, or an audience."}
	duringField   = field{name: "during", is: phraseOr(aWindow, windowSection, true), fallback: "always", doc: "The windows in which it holds; any of them."}
	limitField    = field{name: "limit", is: listOf(aLimit), doc: "Caps; all of them hold."}
	giveField     = field{name: "give", is: freeMap, doc: "What members receive: points, badge, reward, tier."}
	reversalField = field{name: "on_reversal", is: oneOf("revoke", "leave"), fallback: "revoke", doc: "Whether a void takes back what was given."}
	versionField  = field{name: "version", is: of(aWhole), fallback: "1", doc: "Raise it when the meaning changes: counting starts afresh."}
	whenField     = field{name: "when", is: listOf(aTrigger), required: true, doc: "The trigger: an event or a timer."}
	everyField    = field{name: "every", is: of(aPeriod), doc: "The calendar period that it repeats in."}
)

// countFields are the fields that say what a counter counts, wherever one is written.
var countFields = []field{
	ifField,
	{name: "add", is: of(anAmount), doc: "Adds up this number of each event."},
	{name: "highest", is: of(anAmount), doc: "Keeps the highest number."},
	{name: "lowest", is: of(anAmount), doc: "Keeps the lowest number."},
	{name: "latest", is: of(anAmount), doc: "Keeps the number of the latest event."},
	{name: "distinct", is: of(aDistinct), doc: "Counts different values of a field."},
	{name: "earned", is: idOf("points"), doc: "Counts points given."},
	{name: "only", is: idsOf("rules"), doc: "With `earned`: given by these definitions only."},
	{name: "at_most", is: of(anAllowance), doc: "More events than this do not count."},
}

func fields(groups ...[]field) []field {
	var all []field
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

func optional(f field) field { f.required = false; return f }

var (
	windowSection = &section{name: "window", doc: "When something is open; all given keys must hold.", fields: []field{
		{name: "from", is: of(aDate), doc: "The first day."},
		{name: "until", is: of(aDate), doc: "The last day, included."},
		{name: "days", is: listOf(aDay), doc: "Days of the week, or of the month: first friday."},
		{name: "hours", is: of(someHours), doc: "Hours of the day."},
		{name: "cron", is: of(aCron), doc: "When it opens."},
		{name: "open_for", is: of(aDuration), doc: "How long it stays open after `cron`."},
	}}

	pointsSection = &section{name: "points", doc: "A currency of the program.", fields: []field{
		titleField,
		{name: "decimals", is: oneOf("0", "1", "2", "3", "4", "5", "6"), fallback: "0", doc: "Fractional digits."},
		{name: "rounding", is: oneOf("down", "nearest", "up"), fallback: "down", doc: "How amounts are rounded; nearest is half to even."},
		{name: "expire", is: listOf(anExpiry), fallback: "never", doc: "When points expire; of several the first to come."},
		{name: "pending", is: of(aPending), fallback: "none", doc: "How long grants are held back."},
		{name: "negative", is: oneOf("debt", "floor", "refuse"), fallback: "debt", doc: "What a reversal larger than the balance does."},
		{name: "spend", is: oneOf("soonest_expiry", "oldest"), fallback: "soonest_expiry", doc: "Which points are spent first."},
	}}

	ruleSection = &section{name: "rule", doc: "When, if, for, during: give or take, within a limit.", fields: []field{
		whenField, ifField, forField, duringField, giveField,
		{name: "take", is: freeMap, doc: "Points that are forfeited."},
		{name: "to", is: of(aReference), doc: "Who receives. The event's member where it is left out."},
		{name: "from", is: of(aReference), doc: "Who pays. The event's member where it is left out."},
		{name: "pending", is: of(aPending), doc: "Replaces the points' own."},
		limitField, reversalField, titleField,
	}}

	boostSection = &section{name: "boost", doc: "A factor or addition on what rules give.", fields: []field{
		titleField,
		{name: "of", is: idOf("points"), required: true, doc: "The points that it boosts."},
		{name: "times", is: of(anAmount), doc: "Factor."},
		{name: "plus", is: of(anAmount), doc: "Addition."},
		{name: "only", is: idsOf("rules"), doc: "Definitions that it boosts; else rules whose amount is computed from the event."},
		ifField, forField, duringField,
		{name: "stacks", is: of(aBoolean), fallback: "false", doc: "Whether it adds to other boosts."},
		limitField,
	}}

	counterSection = &section{name: "counter", doc: "A fold over matching events, by subject and period.", fields: fields(
		[]field{titleField, optional(whenField), forField, everyField,
			{name: "last", is: of(aDuration), doc: "A rolling period."}, duringField,
			{name: "by", is: of(aSubject), fallback: "member", doc: "Whose count it is."},
			{name: "public", is: of(aBoolean), fallback: "false", doc: "Readable through the API."}, versionField},
		countFields)}

	promotionSection = &section{name: "promotion", doc: "A named window.", fields: []field{
		titleField, aboutField, forField,
		{name: "limit", is: listOf(aLimit), doc: "Shared by all that its window lets give."},
		{name: "during", is: phraseOr(aWindow, windowSection, true), doc: "Its dates."},
		{name: "cron", is: of(aCron), doc: "When it opens."},
		{name: "open_for", is: of(aDuration), doc: "How long it stays open."},
		{name: "on_call", is: of(aBoolean), fallback: "false", doc: "Opened by a call."},
	}}

	freezeSection = &section{name: "freeze", doc: "What bridges a missed period.", fields: []field{
		{name: "free", is: of(anAllowance), doc: "Free ones; unused ones do not carry over."},
		{name: "hold", is: of(aWhole), doc: "How many bought ones can be held."},
		{name: "cost", is: freeMap, doc: "What one costs."},
	}}

	repairSection = &section{name: "repair", doc: "Mends a broken streak.", fields: []field{
		{name: "within", is: of(aDuration), required: true, doc: "How long after the break."},
		{name: "cost", is: freeMap, doc: "What it costs."},
	}}

	goalSection = &section{name: "goal", doc: "A threshold and what reaching it gives.", fields: []field{
		{name: "at", is: of(aNumber), required: true, doc: "The threshold."},
		{name: "id", is: of(anID), doc: "Its identity; else its rank."},
		giveField,
		{name: "within", is: of(aDuration), doc: "Time limit."},
		{name: "again", is: of(aBoolean), fallback: "false", doc: "It repeats, the surplus carries over."},
	}}

	goalFields = []field{
		{name: "goal", is: of(aNumber), doc: "The threshold."},
		giveField,
		{name: "goals", is: recordsOf(goalSection), doc: "Several thresholds."},
	}

	streakSection = &section{name: "streak", doc: "Consecutive periods in which something was done.", fields: fields(
		[]field{titleField, aboutField, hiddenField, whenField, forField, {name: "every", is: oneOf("day", "week", "month"), required: true, doc: "The period."},
			{name: "at_least", is: of(aNumber), fallback: "1", doc: "What a period needs to count."},
			{name: "days", is: listOf(aDay), doc: "The days that count, for `every: day`."},
			{name: "freeze", is: phraseOr(anAllowance, freezeSection, false), doc: "What bridges a missed period."},
			{name: "repair", is: recordOf(repairSection), doc: "Mends a broken streak."},
			{name: "join", is: oneOf("automatic", "opt_in"), fallback: "automatic", doc: "Whether members must join."},
			reversalField, versionField},
		countFields[:2], goalFields)}

	stepSection = &section{name: "step", doc: "One part of a challenge of steps.", fields: fields(
		[]field{titleField, whenField},
		countFields,
		[]field{{name: "goal", is: of(aNumber), required: true, doc: "The threshold."},
			{name: "needs", is: idsOf("steps"), doc: "Steps that come first."}})}

	challengeSection = &section{name: "challenge", doc: "A counter with goals, or steps, in a window.", fields: fields(
		[]field{titleField, aboutField, hiddenField, forField, duringField,
			{name: "join", is: oneOf("automatic", "opt_in"), fallback: "automatic", doc: "Whether members must join."},
			{name: "counter", is: idOf("counters"), doc: "The counter whose meaning it takes."},
			optional(whenField),
			{name: "by", is: of(aSubject), fallback: "member", doc: "Whose count it is."},
			{name: "steps", is: entriesOf(stepSection), doc: "Parts, in any order unless `needs` says so."},
			everyField,
			{name: "within", is: of(aDuration), doc: "Time limit for each member."},
			{name: "again", is: of(aBoolean), fallback: "false", doc: "The goal repeats, the surplus carries over."},
			{name: "winners", is: shape{phrase: aWhole, words: []string{"all"}}, fallback: "all", doc: "How many are paid."},
			{name: "needs", is: idsOf("challenges"), doc: "Challenges that come first."},
			{name: "each_needs", is: of(aNumber), doc: "What a group's member must bring to be paid."},
			reversalField, versionField},
		countFields, goalFields)}

	badgeSection = &section{name: "badge", doc: "A mark that stays.", fields: []field{
		titleField, aboutField, imageField, hiddenField,
		{name: "counter", is: idOf("counters"), doc: "The counter that its levels are on."},
		{name: "levels", is: freeMap, doc: "Level: threshold."},
		reversalField,
	}}

	tierSection = &section{name: "tier", doc: "A status with levels that can fall.", fields: []field{
		titleField,
		{name: "earned", is: idOf("points"), doc: "Counts points given."},
		{name: "only", is: idsOf("rules"), doc: "With `earned`: given by these definitions only."},
		{name: "counter", is: idOf("counters"), doc: "The counter that its levels are on."},
		{name: "counters", is: freeMap, doc: "Name: counter, for levels on several."},
		{name: "levels", is: freeMap, required: true, doc: "Level: threshold, or {any: {…}}, {all: {…}}."},
		{name: "last", is: of(aDuration), doc: "A rolling period."},
		everyField,
		{name: "keep", is: of(aKeep), doc: "How long a level is held after it was reached."},
		{name: "grace", is: of(aDuration), doc: "After that."},
		{name: "falls", is: oneOf("one level", "to what is met"), fallback: "one level", doc: "How far it falls."},
		{name: "perks", is: freeMap, doc: "Level: list of texts.", cosmetic: true},
	}}

	leaguesSection = &section{name: "leagues", doc: "Cohorts that members rise and fall through.", fields: []field{
		{name: "names", is: listOf(anID), required: true, doc: "Lowest first."},
		{name: "size", is: of(aWhole), fallback: "30", doc: "Members of a cohort."},
		{name: "up", is: of(aWhole), fallback: "5", doc: "How many rise."},
		{name: "down", is: of(aWhole), fallback: "5", doc: "How many fall."},
	}}

	prizeSection = &section{name: "prize", doc: "What ranks win.", fields: []field{
		{name: "ranks", is: of(aRank), required: true, doc: "The ranks."},
		{name: "give", is: freeMap, required: true, doc: "What they receive."},
	}}

	leaderboardSection = &section{name: "leaderboard", doc: "Ranks a counter.", fields: []field{
		titleField,
		{name: "counter", is: idOf("counters"), required: true, doc: "The counter."},
		forField,
		{name: "by", is: of(aSubject), doc: "Whose count; the counter's where it is left out."},
		{name: "split", is: of(aReference), doc: "One board a value."},
		{name: "score", is: oneOf("total", "average"), fallback: "total", doc: "Of a group: its total, or the average of its members."},
		{name: "at_least", is: of(aWhole), fallback: "1", doc: "Contributions that a member needs to be in the average."},
		{name: "order", is: oneOf("highest", "lowest"), fallback: "highest", doc: "What ranks first."},
		{name: "ties", is: oneOf("earliest", "share", "dense"), fallback: "earliest", doc: "How equal scores rank."},
		{name: "leagues", is: recordOf(leaguesSection), doc: "Cohorts."},
		{name: "prizes", is: recordsOf(prizeSection), doc: "What ranks win when a season closes."},
		{name: "closes", is: of(aDuration), doc: "How long after its end a season becomes final; `late` where it is left out."},
	}}

	rewardSection = &section{name: "reward", doc: "Something points buy, or that is given.", fields: []field{
		titleField, aboutField, imageField, hiddenField,
		{name: "details", is: freeMap, doc: "Texts, numbers and booleans for apps."},
		{name: "cost", is: freeMap, doc: "Points: amount, or `N or more`. Without cost it can only be given."},
		{name: "kind", is: oneOf("item", "voucher", "discount", "shipping", "perk", "gift_card", "donation"), fallback: "item", doc: "What it is."},
		forField, duringField, limitField,
		{name: "valid", is: shape{phrase: aDuration, words: []string{"forever"}}, fallback: "forever", doc: "How long it can be used."},
		{name: "hold", is: of(aDuration), fallback: "15 minutes", doc: "How long a claim holds its points."},
		{name: "codes", is: oneOf("generated", "pool"), doc: "Where its codes come from."},
		{name: "stock", is: of(aWhole), doc: "How many there are."},
	}}

	rulesetSection = &section{name: "ruleset", doc: "A program.", fields: []field{
		{name: "program", is: of(anID), required: true, doc: "The program's id."},
		titleField,
		{name: "timezone", is: of(aZone), fallback: "UTC", doc: "Whose days, weeks and months count."},
		{name: "clock", is: oneOf("program", "member"), fallback: "program", doc: "Whose midnight counts."},
		{name: "week_starts", is: oneOf("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), fallback: "monday", doc: "The first day of the week."},
		{name: "currency", is: of(aCurrency), doc: "ISO 4217; money has its digits."},
		{name: "late", is: of(aDuration), fallback: "72 hours", doc: "How late events may arrive."},
		{name: "member", is: freeMap, doc: "Fields of a member: name: type."},
		{name: "events", is: freeMap, required: true, doc: "Event types: name: fields."},
		{name: "client_events", is: listOf(anID), doc: "Types that a member's own token may send."},
		{name: "points", is: entriesOf(pointsSection), doc: pointsSection.doc},
		{name: "tables", is: freeMap, doc: "Named numbers: table.NAME[key]."},
		{name: "audiences", is: freeMap, doc: "Named conditions on members."},
		{name: "counters", is: entriesOf(counterSection), doc: counterSection.doc},
		{name: "rules", is: entriesOf(ruleSection), doc: ruleSection.doc},
		{name: "boosts", is: entriesOf(boostSection), doc: boostSection.doc},
		{name: "promotions", is: entriesOf(promotionSection), doc: promotionSection.doc},
		{name: "streaks", is: entriesOf(streakSection), doc: streakSection.doc},
		{name: "challenges", is: entriesOf(challengeSection), doc: challengeSection.doc},
		{name: "badges", is: entriesOf(badgeSection), doc: badgeSection.doc},
		{name: "tiers", is: entriesOf(tierSection), doc: tierSection.doc},
		{name: "leaderboards", is: entriesOf(leaderboardSection), doc: leaderboardSection.doc},
		{name: "rewards", is: entriesOf(rewardSection), doc: rewardSection.doc},
	}}
)

func (s *section) field(name string) *field {
	for i := range s.fields {
		if s.fields[i].name == name {
			return &s.fields[i]
		}
	}
	return nil
}

func (s *section) names() []string {
	names := make([]string, len(s.fields))
	for i := range s.fields {
		names[i] = s.fields[i].name
	}
	return names
}

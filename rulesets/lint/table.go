package lint

import (
	"fmt"
	"strings"

	"github.com/laurel-engine/laurel/rulesets"
)

// Lint is one thing that a program is looked through for.
type Lint struct {
	Name     string // as comments name it
	Severity rulesets.Severity
	What     string // what it finds
	Why      string // why that is hardly meant
	Instead  string // what to write

	check func(*linter) // nil for what the comments themselves come to
}

// lints are all lints, in the order in which they are documented.
var lints = []Lint{
	{"never_true", rulesets.SeverityWarning, "A condition, or a part of one, that can never be true: alone, or together with `for` and `during`.",
		"The definition never does anything, and nobody is told.",
		"compare with a value that can occur; to switch a definition off, delete it", func(l *linter) { l.constantConditions(false) }},
	{"always_true", rulesets.SeverityWarning, "A condition, or a part of one, that is true for every event or member.",
		"It asks for nothing, though it looks as if it did.",
		"leave it out, or compare with a value that not all have", func(l *linter) { l.constantConditions(true) }},
	{"unknown_text", rulesets.SeverityWarning, "A text that is compared with a field and is in none of the places that list its values, or is all but another " +
		"text that the field is compared with elsewhere.",
		"Text is compared to the letter: `Gold` is not `gold`, and nothing says so when an event arrives.",
		"write the text as events send it", (*linter).unknownTexts},
	{"counter_before", rulesets.SeverityNote, "A condition of a rule or a boost on a count that the same event advances.",
		"Conditions see the member as before the event: on the tenth visit a count of visits is 9.",
		"compare with one less, or write a challenge with a goal", (*linter).countersBefore},
	{"unbounded", rulesets.SeverityWarning, "A rule that gives points or rewards for every event that an app sends, without any `limit`.",
		"An event that is sent twice under two ids, or a script, is paid each time.",
		"write a limit, such as limit: 10 per day", (*linter).unboundedRules},
	{"uncapped", rulesets.SeverityNote, "An amount that grows with a number of the event other than money, with neither a cap on points nor a bound " +
		"in the amount itself.",
		"One event with a wrong number gives as many points as it says. Money is at least paid.",
		"write limit: 500 stars per day, or min(event.minutes, 500)", (*linter).uncappedAmounts},
	{"one_for_all", rulesets.SeverityWarning, "A limit by fields of the event alone, such as `1 ever by event.lesson`.",
		"It counts all members together: the first who sends a lesson is paid, and nobody else for the same one.",
		"write 1 ever by member and event.lesson; or by everyone and event.order_id, where one for all is meant", (*linter).sharedLimits},
	{"slow_pattern", rulesets.SeverityWarning, "A pattern of `matches` that repeats large parts, such as `(a?){400}`.",
		"What one event may make the rules do is bounded; a few such patterns on a long text use it up, and the other rules are not asked.",
		"write a shorter pattern, or compare with a list of values", (*linter).slowPatterns},
	{"overlapping_boosts", rulesets.SeverityNote, "Boosts of which one `stacks` and that can hold at the same time, with the factor that they come to; and " +
		"boosts that never count because a larger one always holds.",
		"Factors multiply, and campaigns are rarely planned on one calendar.",
		"give them windows that do not meet, a limit, or leave stacks out: then only the best counts", (*linter).overlappingBoosts},
	{"expired_window", rulesets.SeverityNote, "A window, or a condition on the date, that lies in the past by more than `late`.",
		"Nothing can fall into it any more.",
		"give it new dates, or delete it", (*linter).expiredWindows},
	{"never_opens", rulesets.SeverityWarning, "A schedule that no day fits, such as the 30th of February, and a window without a day that has all it asks for.",
		"What depends on it never happens.",
		"choose a day that every month has, such as 28, or days: [last friday]", (*linter).closedWindows},
	{"clock_change", rulesets.SeverityNote, "A window or a schedule that begins at a time of day which the clock jumps over on a day in the next five years.",
		"On that day it begins with the jump, or does not open at all.",
		"begin outside the hour that the clock jumps over", (*linter).gaps},
	{"unused_definition", rulesets.SeverityNote, "Points, tables, audiences, counters, boosts, promotions, badges, rewards and events that nothing " +
		"uses, gives or looks at.",
		"It may be left over, or the place that should name it was forgotten. An audience may be there for lists of members alone.",
		"name it where it belongs, or delete it", (*linter).unusedDefinitions},
	{"unreachable_goal", rulesets.SeverityWarning, "A goal or a level above what `at_most`, limits, the condition and the time allow.",
		"Members see a target that nobody can reach.",
		"lower the goal, or allow more", (*linter).unreachableGoals},
	{"dear_reward", rulesets.SeverityWarning, "A reward that costs more than all limits let one member earn in a year.",
		"Points that cannot be spent disappoint, and they expire.",
		"lower the cost, or let members earn more", (*linter).dearRewards},
	{"endless_opt_in", rulesets.SeverityNote, "A challenge that members join, without `during`, `within` or `every`.",
		"Who joins has for ever; nothing is at stake and it never leaves the list of open challenges.",
		"write within: 30 days, or a window", (*linter).endlessOptIns},
	{"no_freeze", rulesets.SeverityNote, "A streak of days without `freeze`.",
		"One day of illness ends the work of months, and members who lose a long streak leave.",
		"write freeze: 1 per month", (*linter).unforgivingStreaks},
	{"no_each_needs", rulesets.SeverityNote,
		"A challenge of a group that pays its members without `each_needs`, and one of everyone that gives points or rewards.",
		"One small contribution buys a share of what others did.",
		"write each_needs: what a member must bring to be paid", (*linter).groupPrizes},
	{"any_level", rulesets.SeverityNote, "A rule on `tier_reached` that does not ask which level.",
		"It fires for every level, the lowest one too, which everybody reaches with joining.",
		`write if: event.level == "gold", or ask event.from`, (*linter).anyLevels},
	{"prize_feeds_board", rulesets.SeverityWarning, "A leaderboard of points earned whose prizes are such points.",
		"Last season's winners begin the next one ahead of all others.",
		"count with only: the definitions that are to be ranked", (*linter).selfFeedingBoards},
	{"overlapping_prizes", rulesets.SeverityWarning, "Rows of prizes that cover the same ranks.",
		"A place is paid by its narrowest row only.",
		"let each rank stand in one row", (*linter).overlappingPrizes},
	{"farming_loop", rulesets.SeverityWarning, "Points that give more points of their kind: by the balance, by a challenge on points earned, when they expire, " +
		"or when they are spent.",
		"They grow without anybody doing anything.",
		"compute the amount from the event, give other points, or count with only", (*linter).farmingLoops},
	{"gift_to_oneself", rulesets.SeverityNote, "A `to` or `from` that is a field of the event and may be the event's own member.",
		"Whoever sends the event decides who receives; a gift to oneself gives nothing, and that is better said before.",
		"ask in `if` that it is not member.id", (*linter).giftsToOneself},
	{"yearly_gift", rulesets.SeverityWarning, "A rule on a yearly date of the profile without a `limit`.",
		"Whoever changes the date has another birthday.",
		"write limit: 1 in last 300 days", (*linter).yearlyGifts},
	{"unused_ignore", rulesets.SeverityNote, "A comment that silences a lint which has nothing to say there.",
		"What it excused was mended, or stands elsewhere.",
		"delete the comment", nil},
}

// All are the lints, in the order in which they are documented.
func All() []Lint { return lints }

// Named is the lint of a name, nil without one.
func Named(name string) *Lint {
	for i := range lints {
		if lints[i].Name == name {
			return &lints[i]
		}
	}
	return nil
}

func names() []string {
	out := make([]string, len(lints))
	for i := range lints {
		out[i] = lints[i].Name
	}
	return out
}

// Reference is the table of lints as a section of the language's documentation, in Markdown.
func Reference() string {
	var b strings.Builder
	b.WriteString("## Lints\n\n" +
		"`laurel check` prints them after the errors. A warning is hardly meant, a note is worth a thought; neither stops a program,\n" +
		"and with `--strict` either fails the check. A comment silences one on its own line, or on the next where it stands alone: in a\n" +
		"definition's line for all of the definition, in a field's line for the field. The reason is mandatory.\n\n" +
		"```yaml\nprogram: runners\nevents: {run: {run_id: text, km: number}}\npoints: {stars: {}}\nrules:\n  distance:\n    when: run\n" +
		"    # lint:ignore uncapped because the app refuses runs of more than 100 km\n    give: {stars: event.km * 2}\n" +
		"    limit: 1 ever by everyone and event.run_id\n```\n\n" +
		"| lint | | finds | because | instead |\n|---|---|---|---|---|\n")
	for _, l := range lints {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", l.Name, l.Severity, l.What, l.Why, l.Instead)
	}
	return b.String()
}

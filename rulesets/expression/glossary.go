package expression

import "slices"

// Word describes something that authors can write in an expression, for references and editors. Its example has the result
// for the purchase that the reference shows; a test evaluates it.
type Word struct {
	Name    string // "sum", "event.day"
	Form    string // how it is written: "sum(list, value)"
	Type    string // what it yields
	Doc     string
	Example string
	Result  string
}

// functionWords describe the functions, in the order of a reference.
var functionWords = []Word{
	{Name: "sum", Type: "number", Doc: "Adds up a number of each item of a list; of a list of numbers, the numbers themselves.",
		Example: "sum(event.items, .qty * .price)", Result: "11.25"},
	{Name: "count", Type: "number", Doc: "How many items of a list meet a condition.", Example: "count(event.items, .price >= 3)", Result: "1"},
	{Name: "any", Type: "boolean", Doc: "Whether at least one item does.", Example: `any(event.items, .sku == "bun")`, Result: "true"},
	{Name: "all", Type: "boolean", Doc: "Whether every item does; true for an empty list.", Example: "all(event.items, .qty >= 2)", Result: "false"},
	{Name: "none", Type: "boolean", Doc: "Whether no item does; true for an empty list.", Example: `none(event.items, .sku == "tea")`, Result: "true"},
	{Name: "len", Type: "number", Doc: "The number of items of a list, or of characters of a text.", Example: "len(event.items)", Result: "2"},
	{Name: "min", Type: "number", Doc: "The smallest of its arguments: caps an amount.", Example: "min(event.amount * 2, 50)", Result: "50"},
	{Name: "max", Type: "number", Doc: "The largest of its arguments.", Example: "max(event.amount - 50, 0)", Result: "0"},
	{Name: "abs", Type: "number", Doc: "A number without its sign.", Example: "abs(event.qty - 5)", Result: "2"},
	{Name: "floor", Type: "number", Doc: "Rounds down to a whole number.", Example: "floor(event.amount / 10)", Result: "4"},
	{Name: "ceil", Type: "number", Doc: "Rounds up to a whole number.", Example: "ceil(event.amount / 10)", Result: "5"},
	{Name: "round", Type: "number", Doc: "Rounds to the nearest whole number, a half to the even one.", Example: "round(event.amount)", Result: "42"},
	{Name: "lower", Type: "text", Doc: "A text in small letters, to compare without regard to case.", Example: `lower(event.order_id) == "a-17"`, Result: "true"},
	{Name: "has", Type: "boolean", Doc: "Whether an optional field was sent.", Example: "has(event.coupon)", Result: "false"},
	{Name: "days_between", Type: "number", Doc: "Days from the first date to the second; negative where the second comes first.",
		Example: "days_between(event.date, event.due)", Result: "23"},
	{Name: "age", Type: "number", Doc: "Full years from a date to the event's date.", Example: `age(member.birthday ?? "2026-12-01")`, Result: "26"},
	{Name: "month", Type: "number", Doc: "The month of a date, 1 to 12.", Example: "month(event.due)", Result: "12"},
	{Name: "day", Type: "number", Doc: "The day of the month of a date, 1 to 31. The day of the week is `event.day`.", Example: "day(event.due)", Result: "24"},
	{Name: "bucket", Type: "number", Doc: "The member's place from 0 to 99 in an experiment of that name. It never changes: for groups, holdouts " +
		"and gradual starts.",
		Example: `bucket("spring_test") < 50`, Result: "true"},
}

// eventWords describe the fields that every event has.
var eventWords = []Word{
	{Name: "type", Type: "text", Doc: "The name of the event; for definitions with several in `when`.", Example: `event.type == "purchase"`, Result: "true"},
	{Name: "time", Type: "time", Doc: "When it happened. Compare it with a quoted date or moment.", Example: `event.time >= "2026-12-01"`, Result: "true"},
	{Name: "date", Type: "date", Doc: "The local date on which it happened.", Example: `event.date == "2026-12-01"`, Result: "true"},
	{Name: "day", Type: "text", Doc: "The local day of the week.", Example: `event.day in ["saturday", "sunday"]`, Result: "false"},
	{Name: "hour", Type: "number", Doc: "The local hour, 0 to 23.", Example: "event.hour < 12", Result: "true"},
	{Name: "month", Type: "number", Doc: "The local month, 1 to 12.", Example: "event.month", Result: "12"},
	{Name: "is_first", Type: "boolean", Doc: "Whether it is the first event of its type accepted for this member. Rules and boosts only.",
		Example: "event.is_first", Result: "true"},
	{Name: "days_since_last", Type: "number, optional", Doc: "Local days since the member's last event of the type; absent for the first. Rules and boosts only.",
		Example: "(event.days_since_last ?? 999) > 90", Result: "true"},
}

// memberWords describe what is known about a member besides the fields of `member`.
var memberWords = []Word{
	{Name: "id", Type: "text", Doc: "Your own id of the member. A field of type member compares with it.", Example: `member.id != "test"`, Result: "true"},
	{Name: "name", Type: "text", Doc: "The name, empty where none was sent.", Example: `member.name == "Ann"`, Result: "true"},
	{Name: "joined", Type: "date", Doc: "The local date of joining.", Example: "days_between(member.joined, event.date) < 365", Result: "true"},
	{Name: "timezone", Type: "text", Doc: "The member's time zone, the program's where none was sent.",
		Example: `member.timezone == "Europe/Berlin"`, Result: "true"},
	{Name: "in", Form: "member.in.AUDIENCE", Type: "boolean", Doc: "Whether the member belongs to an audience.", Example: "member.in.vips", Result: "true"},
	{Name: "points", Form: "member.points.POINTS", Type: "number", Doc: "Points that can be spent now.", Example: "member.points.stars", Result: "0"},
	{Name: "tier", Form: "member.tier.TIER", Type: "text", Doc: "The level that is held, empty below the lowest.",
		Example: `member.tier.club == "gold"`, Result: "false"},
	{Name: "counter", Form: "member.counter.COUNTER", Type: "number", Doc: "A counter's value in its present period.",
		Example: "member.counter.visits", Result: "0"},
	{Name: "streak", Form: "member.streak.STREAK", Type: "number", Doc: "The length of a streak.", Example: "member.streak.daily >= 7", Result: "false"},
	{Name: "challenge", Form: "member.challenge.CHALLENGE.progress, .done, .times", Type: "number, boolean, number",
		Doc: "What was reached of a challenge, whether its last goal was, and how often.", Example: "member.challenge.dash.done", Result: "false"},
	{Name: "has_badge", Form: "member.has_badge.BADGE", Type: "boolean", Doc: "Whether a badge was earned, at any level.",
		Example: "member.has_badge.first", Result: "false"},
	{Name: "rewards", Form: "member.rewards.REWARD", Type: "number", Doc: "How many of a reward the member has and can use.",
		Example: "member.rewards.coffee == 0", Result: "true"},
}

// FunctionWords are the functions of the language.
func FunctionWords() []Word {
	words := slices.Clone(functionWords)
	for i := range words {
		words[i].Form = functions[words[i].Name].usage
	}
	return words
}

// EventWords are the fields that every event has.
func EventWords() []Word { return below("event.", eventWords) }

// MemberWords are the fields that every member has, and the state that is kept for one.
func MemberWords() []Word { return below("member.", memberWords) }

func below(root string, words []Word) []Word {
	words = slices.Clone(words)
	for i := range words {
		if words[i].Form == "" {
			words[i].Form = root + words[i].Name
		}
	}
	return words
}

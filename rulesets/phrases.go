package rulesets

import (
	"regexp"
	"strings"
)

// phrase is one form of short text (language: Phrases): one regular expression, what it is called, and examples.
type phrase struct {
	pattern *regexp.Regexp // nil: any text
	noun    string
	example string
}

const (
	idPattern       = `[a-z][a-z0-9_]{0,39}`
	durationPattern = `[1-9]\d{0,7} (?:minute|hour|day|week|month|year)s?`
	periodPattern   = `hour|day|week|month|quarter|year`
	datePattern     = `\d{4}-\d{2}-\d{2}`
	momentPattern   = `(` + datePattern + `)(?:[ T]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?: ?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))?)?`
	numberPattern   = `(?:0|[1-9]\d*)(?:\.\d+)?`
	pathPattern     = `[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*`
	weekdayPattern  = `monday|tuesday|wednesday|thursday|friday|saturday|sunday`
)

func form(noun, example, pattern string) phrase {
	return phrase{regexp.MustCompile(`^(?:` + pattern + `)$`), noun, example}
}

func words(noun string, words ...string) phrase {
	return form(noun, strings.Join(words, ", "), `(`+strings.Join(words, "|")+`)`)
}

// The names of phrases, as the field table uses them.
const (
	aText       = "text"
	aCondition  = "condition" // an expression; package expression checks it
	anAmount    = "amount"
	aReference  = "reference" // one field of the event or the member
	aDistinct   = "distinct"
	anID        = "id"
	aBoolean    = "boolean"
	aNumber     = "number"
	aWhole      = "whole"
	aDuration   = "duration"
	aPeriod     = "period"
	aTrigger    = "trigger"
	aWindow     = "window"
	aDate       = "date"
	aDay        = "day"
	someHours   = "hours"
	aLimit      = "limit"
	anExpiry    = "expiry"
	aPending    = "pending"
	aCron       = "cron"
	anAllowance = "allowance"
	aKeep       = "keep"
	aCost       = "cost"
	aRank       = "rank"
	aSubject    = "subject"
	aType       = "type"
	aZone       = "zone"
	aCurrency   = "currency"
	aMoment     = "moment"
)

var phrases = map[string]phrase{
	aText:       {noun: "text"},
	aCondition:  {noun: "a condition"},
	anAmount:    {noun: "an amount"},
	aReference:  {noun: "a field"},
	aDistinct:   {noun: "a field"},
	aZone:       {noun: "a time zone"},
	anID:        form("an id", "spend or gold_member: small letters, digits and _, at most 40", idPattern),
	aBoolean:    form("true or false", "true or false", `(true|false)`),
	aNumber:     form("a number", "60 or 12.50", `(-?`+numberPattern+`)`),
	aWhole:      form("a whole number", "1 or 100", `([1-9]\d{0,8}|0)`),
	aDuration:   form("a duration", "15 minutes, 3 hours, 30 days, 12 months", `(`+durationPattern+`)`),
	aPeriod:     words("a period", "hour", "day", "week", "month", "quarter", "year"),
	aDate:       form("a date", "2026-12-31", `(`+datePattern+`)`),
	aMoment:     form("a moment", "2026-12-01 09:00, 2026-12-01 09:00:30 +01:00, 2026-12-01", momentPattern),
	aDay:        form("a day", "tuesday, first friday, last sunday", `(?:(first|second|third|fourth|fifth|last) )?(`+weekdayPattern+`)`),
	someHours:   form("hours", "14:00-16:00", `([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)`),
	aPending:    form("a delay", "14 days, until confirmed, none", `(`+durationPattern+`)|(until confirmed)|none`),
	aCurrency:   form("a code of ISO 4217", "EUR", `[A-Z]{3}`),
	anAllowance: form("an allowance", "1 per month", `([1-9]\d{0,5}) per (`+periodPattern+`)`),
	aCost:       form("a price", "150, 100 or more", `(`+numberPattern+`)( or more)?`),
	aRank:       form("ranks", "1, 2-3, top 10%", `([1-9]\d{0,6})(?:-([1-9]\d{0,6}))?|top ([1-9]\d?|100)%`),
	aSubject:    form("whose count it is", "member, everyone, member.team", `(member)|(everyone)|member\.(`+pathPattern+`)`),
	aType:       words("a type", "text", "number", "money", "integer", "boolean", "date", "time", "member"),
	aCron:       form("a schedule of five fields", "0 9 * * MON", `\S+ +\S+ +\S+ +\S+ +\S+`),
	aKeep: form("a duration or the end of a period", "12 months, to the end of next year",
		`(`+durationPattern+`)|to the end of (this|next) (month|quarter|year)`),
	anExpiry: form("an expiry", "12 months after earning, 6 months after last purchase, end of next quarter, end of month, 12 months after earning",
		`(never)|(`+durationPattern+`) after (?:(earning)|last (`+idPattern+`))|end of (?:(this|next) )?(month|quarter|year)(?:, (`+durationPattern+`) after earning)?`),
	aTrigger: form("a trigger", "purchase, 90 days after last purchase, 3 days after first visit, every year on member.birthday, cron 0 9 1 * *, happy_hour opens",
		`(`+idPattern+`)|(`+durationPattern+`) after (?:(last|first) (`+idPattern+`)|(joined))|every year on member\.(`+pathPattern+`)|cron (\S+ +\S+ +\S+ +\S+ +\S+)|(`+idPattern+`) opens`),
	aWindow: form("a window", "2026-12-01 to 2026-12-07, first 15 minutes after last lesson, first 30 days after joined, month of member.birthday, or a promotion",
		`(`+datePattern+`) to (`+datePattern+`)|first (`+durationPattern+`) after (?:(last|first) (`+idPattern+`)|(joined)|member\.(`+pathPattern+`))|(day|week|month) of member\.(`+pathPattern+`)|(always)|(`+idPattern+`)`),
	aLimit: form("a limit", "1 per day, 500 coins per quarter by member.manager, 1 ever by event.order_id, 3 in last 30 days, 100 per day by everyone",
		`(`+numberPattern+`)(?: (`+idPattern+`))??(?: per (`+periodPattern+`)| in last (`+durationPattern+`)|( ever))(?: by ([a-z0-9_., ]+?))?( or nothing)?`),
}

// groups finds where the groups of a phrase stand in a text: byte offsets, and "" with -1 where a group is absent.
type groups struct {
	text  string
	index []int
}

func match(name, text string) groups {
	return groups{text, phrases[name].pattern.FindStringSubmatchIndex(text)}
}

func (g groups) has(i int) bool { return g.index[2*i] >= 0 }

func (g groups) get(i int) string {
	if !g.has(i) {
		return ""
	}
	return g.text[g.index[2*i]:g.index[2*i+1]]
}

// at is the span of group i in the text. Phrases are ASCII, so bytes are characters.
func (g groups) at(i int) (from, to int) { return g.index[2*i], g.index[2*i+1] }

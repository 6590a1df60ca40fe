package document

import (
	"regexp"
	"strings"
)

// Phrase is one form of short text (language: Phrases): one regular expression, what it is called, and examples.
type Phrase struct {
	Example string

	noun    string
	pattern *regexp.Regexp // nil: any text, which has to be read otherwise
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

func form(noun, example, pattern string) *Phrase {
	return &Phrase{example, noun, regexp.MustCompile(`^(?:` + pattern + `)$`)}
}

func words(noun string, words ...string) *Phrase {
	return form(noun, strings.Join(words, ", "), `(`+strings.Join(words, "|")+`)`)
}

// The phrases of the language. Those without a pattern are read elsewhere.
var (
	Text      = &Phrase{noun: "text"}
	Condition = &Phrase{noun: "a condition"} // an expression; package expression checks it
	Amount    = &Phrase{noun: "an amount"}
	Reference = &Phrase{noun: "a field"} // one field of the event or the member
	Distinct  = &Phrase{noun: "a field"}
	Zone      = &Phrase{noun: "a time zone"}
	ID        = form("an id", "spend or gold_member: small letters, digits and _, at most 40", idPattern)
	Boolean   = form("true or false", "true or false", `(true|false)`)
	Number    = form("a number", "60 or 12.50", `(-?`+numberPattern+`)`)
	Whole     = form("a whole number", "1 or 100", `([1-9]\d{0,8}|0)`)
	Duration  = form("a duration", "15 minutes, 3 hours, 30 days, 12 months", `(`+durationPattern+`)`)
	Period    = words("a period", "hour", "day", "week", "month", "quarter", "year")
	Date      = form("a date", "2026-12-31", `(`+datePattern+`)`)
	Moment    = form("a moment", "2026-12-01 09:00, 2026-12-01 09:00:30 +01:00, 2026-12-01", momentPattern)
	Day       = form("a day", "tuesday, first friday, last sunday", `(?:(first|second|third|fourth|fifth|last) )?(`+weekdayPattern+`)`)
	Hours     = form("hours", "14:00-16:00", `([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)`)
	Pending   = form("a delay", "14 days, until confirmed, none", `(`+durationPattern+`)|(until confirmed)|none`)
	Currency  = form("a code of ISO 4217", "EUR", `[A-Z]{3}`)
	Allowance = form("an allowance", "1 per month", `([1-9]\d{0,5}) per (`+periodPattern+`)`)
	Cost      = form("a price", "150, 100 or more", `(`+numberPattern+`)( or more)?`)
	Rank      = form("ranks", "1, 2-3, top 10%", `([1-9]\d{0,6})(?:-([1-9]\d{0,6}))?|top ([1-9]\d?|100)%`)
	Subject   = form("whose count it is", "member, everyone, member.team", `(member)|(everyone)|member\.(`+pathPattern+`)`)
	Type      = words("a type", "text", "number", "money", "integer", "boolean", "date", "time", "member")
	Cron      = form("a schedule of five fields", "0 9 * * MON", `\S+ +\S+ +\S+ +\S+ +\S+`)
	Keep      = form("a duration or the end of a period", "12 months, to the end of next year",
		`(`+durationPattern+`)|to the end of (this|next) (month|quarter|year)`)
	Expiry = form("an expiry", "12 months after earning, 6 months after last purchase, end of next quarter, end of month, 12 months after earning",
		`(never)|(`+durationPattern+`) after (?:(earning)|last (`+idPattern+`))|end of (?:(this|next) )?(month|quarter|year)(?:, (`+durationPattern+`) after earning)?`)
	Trigger = form("a trigger", "purchase, 90 days after last purchase, 3 days after first visit, every year on member.birthday, cron 0 9 1 * *, happy_hour opens",
		`(`+idPattern+`)|(`+durationPattern+`) after (?:(last|first) (`+idPattern+`)|(joined))|every year on member\.(`+pathPattern+`)|cron (\S+ +\S+ +\S+ +\S+ +\S+)|(`+idPattern+`) opens`)
	Window = form("a window", "2026-12-01 to 2026-12-07, first 15 minutes after last lesson, first 30 days after joined, month of member.birthday, or a promotion",
		`(`+datePattern+`) to (`+datePattern+`)|first (`+durationPattern+`) after (?:(last|first) (`+idPattern+`)|(joined)|member\.(`+pathPattern+`))|(day|week|month) of member\.(`+pathPattern+`)|(always)|(`+idPattern+`)`)
	Limit = form("a limit", "1 per day, 500 coins per quarter by member.manager, 1 ever by event.order_id, 3 in last 30 days, 100 per day by everyone",
		`(`+numberPattern+`)(?: (`+idPattern+`))??(?: per (`+periodPattern+`)| in last (`+durationPattern+`)|( ever))(?: by ([a-z0-9_., ]+?))?( or nothing)?`)
)

// Matches reports whether a text has the form of p.
func (p *Phrase) Matches(text string) bool { return p.pattern == nil || p.pattern.MatchString(text) }

// Match takes a text of the form of p apart. The groups are those of its regular expression, from 1.
func (p *Phrase) Match(text string) Groups {
	return Groups{text, p.pattern.FindStringSubmatchIndex(text)}
}

// Groups are the parts of a text that is a phrase.
type Groups struct {
	text  string
	index []int
}

// Has reports whether the text has group i.
func (g Groups) Has(i int) bool { return g.index[2*i] >= 0 }

// Get is group i, "" where the text does not have it.
func (g Groups) Get(i int) string {
	if !g.Has(i) {
		return ""
	}
	return g.text[g.index[2*i]:g.index[2*i+1]]
}

// At is the span of group i in the text. Phrases are ASCII, so bytes are characters.
func (g Groups) At(i int) (from, to int) { return g.index[2*i], g.index[2*i+1] }

package document

import (
	"regexp"
	"strings"
)

// Phrase is one form of short text (language: Phrases): one regular expression, what it is called, and examples.
type Phrase struct {
	Noun     string
	Doc      string
	Examples []string

	pattern *regexp.Regexp // nil: any text, which has to be read otherwise
}

// Example is the examples in a row.
func (p *Phrase) Example() string {
	separator := ", "
	switch all := strings.Join(p.Examples, ""); {
	case strings.Contains(all, ", "):
		separator = "; "
	case len(p.Examples) == 2 && !strings.Contains(all, " or "):
		separator = " or "
	}
	return strings.Join(p.Examples, separator)
}

const (
	keyPattern      = `[a-z][a-z0-9_.]*`
	idPattern       = `[a-z][a-z0-9_]{0,39}`
	durationPattern = `[1-9]\d{0,7} (?:minute|hour|day|week|month|year)s?`
	periodPattern   = `hour|day|week|month|quarter|year`
	datePattern     = `\d{4}-\d{2}-\d{2}`
	momentPattern   = `(` + datePattern + `)(?:[ T]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?: ?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))?)?`
	numberPattern   = `(?:0|[1-9]\d*)(?:\.\d+)?`
	pathPattern     = `[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*`
	reachingPattern = `end of (?:(this|next) )?(month|quarter|year) (` + durationPattern + `) after reaching`
	weekdayPattern  = `monday|tuesday|wednesday|thursday|friday|saturday|sunday`
)

func form(noun, pattern, doc string, examples ...string) *Phrase {
	return &Phrase{noun, doc, examples, regexp.MustCompile(`^(?:` + pattern + `)$`)}
}

func words(noun, doc string, words ...string) *Phrase {
	return form(noun, `(`+strings.Join(words, "|")+`)`, doc, words...)
}

// The phrases of the language. Those without a pattern are read elsewhere.
var (
	Text      = &Phrase{Noun: "text"}
	Condition = &Phrase{Noun: "a condition"} // an expression; package expression checks it
	Amount    = &Phrase{Noun: "an amount"}
	Reference = &Phrase{Noun: "a field"} // one field of the event or the member
	Distinct  = &Phrase{Noun: "a field"}
	Zone      = &Phrase{Noun: "a time zone"}
	ID        = form("an id", idPattern, "Small letters, digits and `_`, beginning with a letter, at most 40 characters.", "spend", "gold_member")
	Boolean   = form("true or false", `(true|false)`, "Written just so; `yes` and `on` are text.", "true", "false")
	Number    = form("a number", `(-?`+numberPattern+`)`, "A decimal number, without an exponent.", "60", "12.50")
	Whole     = form("a whole number", `([1-9]\d{0,8}|0)`, "A number without digits after a point.", "1", "100")
	Duration  = form("a duration", `(`+durationPattern+`)`,
		"Minutes, hours, days, weeks, months or years. Minutes and hours are exact; what lasts days or longer ends with the local day.",
		"15 minutes", "3 hours", "30 days", "12 months")
	Period = words("a period", "A period of the calendar, in the program's time zone or the member's (`clock`).",
		"hour", "day", "week", "month", "quarter", "year")
	Date   = form("a date", `(`+datePattern+`)`, "Year, month, day.", "2026-12-31")
	Moment = form("a moment", momentPattern, "A date and a time in the program's time zone, or with an offset. A date alone is its first instant.",
		"2026-12-01 09:00", "2026-12-01 09:00:30 +01:00", "2026-12-01")
	Day = form("a weekday, or one of a month", `(?:(first|second|third|fourth|fifth|last) )?(`+weekdayPattern+`)`,
		"A day of the week: each one, or one of each month.", "tuesday", "first friday", "last sunday")
	Hours = form("a stretch of the day", `([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)`,
		"From and to, local; the second is not included. Hours over midnight belong to the day on which they begin.", "14:00-16:00", "22:00-02:00")
	Pending = form("a delay", `(`+durationPattern+`)|(until confirmed)|none`,
		"How long points are held back: for a time, until you confirm them, or not at all.", "14 days", "until confirmed", "none")
	Notice = form("how long ahead", `(`+durationPattern+`)|none`,
		"Days and longer ahead, members' apps are told at 18:00 of the member's own day, hours ahead at that hour; or not at all.", "30 days", "6 hours", "none")
	Currency  = form("a code of ISO 4217", `[A-Z]{3}`, "Three capital letters.", "EUR", "JPY")
	Money     = form("an amount of money", `(`+numberPattern+`) ([A-Z]{3})`, "A number and the code of its currency.", "0.01 EUR", "1 JPY")
	Allowance = form("an allowance", `([1-9]\d{0,5}) per (`+periodPattern+`)`, "So many in each period of the calendar.", "1 per month")
	Cost      = form("a price", `(`+numberPattern+`)( or more)?`, "So many points, or as many as the member likes from there on.", "150", "100 or more")
	Rank      = form("a place, a range of places or a share", `([1-9]\d{0,6})(?:-([1-9]\d{0,6}))?|top ([1-9]\d?|100)%`,
		"One rank, several, or a share of the members with a score, rounded up.", "1", "2-3", "top 10%")
	Subject = form("whose count it is", `(member)|(everyone)|member\.(`+pathPattern+`)`,
		"Each member's, that of all together, or that of all members with the same value of a field.", "member", "everyone", "member.team")
	Type = words("a type", "What a field of an event or a member holds.", "text", "number", "money", "integer", "boolean", "date", "time", "member")
	Cron = form("a schedule of five fields", `\S+ +\S+ +\S+ +\S+ +\S+`,
		"Minute, hour, day of the month, month, day of the week, in the program's time zone. Give the day of the month or of the week, not both.",
		"0 9 * * MON", "30 18 1 * *")
	Keep = form("a duration or the end of a period", `(`+durationPattern+`)|to the end of (this|next) (month|quarter|year)|`+reachingPattern,
		"Counted from the instant at which the level was reached.", "12 months", "to the end of next year", "end of month 12 months after reaching")
	Grace = form("a duration or the end of a period after reaching", `(`+durationPattern+`)|`+reachingPattern,
		"Counted from the end of `keep`, or from the day on which the level was last met; the end of a period counts from the reaching, and the later of "+
			"`keep` and `grace` holds.",
		"2 months", "end of month 14 months after reaching")
	Expiry = form("an expiry",
		`(never)|(`+durationPattern+`) after (?:(earning)|last (`+idPattern+`))|end of (?:(this|next) )?(month|quarter|year)(?:, (`+
			durationPattern+`) after earning)?`,
		"After the points became available, after the member's last event of a type, or at the end of a period. Points can be spent to the end of that local day.",
		"12 months after earning", "6 months after last purchase", "end of next quarter", "end of month, 12 months after earning", "never")
	Trigger = form("a trigger",
		`(`+idPattern+`)|(`+durationPattern+`) after (?:(last|first) (`+idPattern+`)|(joined))|every year on member\.(`+pathPattern+
			`)|cron (\S+ +\S+ +\S+ +\S+ +\S+)|(`+idPattern+`) opens`,
		"An event, by its name; or a timer: some time after an event or after joining, a day of each year, a schedule, a promotion that opens.",
		"purchase", "90 days after last purchase", "3 days after first visit", "every year on member.birthday", "cron 0 9 1 * *", "happy_hour opens")
	Window = form("a window",
		`(`+datePattern+`) to (`+datePattern+`)|first (`+durationPattern+`) after (?:(last|first) (`+idPattern+`)|(joined)|member\.(`+pathPattern+
			`))|(day|week|month) of member\.(`+pathPattern+`)|(always)|(`+idPattern+`)`,
		"Dates, both included; a promotion, by its id; or a time of each member's own.",
		"2026-12-01 to 2026-12-07", "happy_hour", "first 15 minutes after last lesson", "first 30 days after joined", "month of member.birthday", "always")
	Limit = form("a cap",
		`(`+numberPattern+`)(?: (`+idPattern+`))??(?: per (`+periodPattern+`)| in last (`+durationPattern+`)|( ever))(?: by (`+keyPattern+
			`(?:(?: *, *| +and +)`+keyPattern+`)*))?( or nothing)?`,
		"So many times, or so many points, in a period of the calendar, in a rolling period, or ever. It counts each receiving member. `by` replaces that: "+
			"`by member and event.lesson` counts each member's lessons, each by itself; `by everyone` all members together, `by everyone and event.order_id` "+
			"each order, whoever's it is. A gift that a cap on points would cut is cut, or with `or nothing` refused. A void gives a time back, points "+
			"of a cap it does not.",
		"1 per day", "1 ever by member and event.lesson", "1 ever by everyone and event.order_id", "500 coins per quarter by member.manager",
		"3 in last 30 days", "100 per day by everyone", "1000 coins ever or nothing")
)

// LimitKey is one of the names after `by` in a cap.
type LimitKey struct {
	Text string
	From int // in bytes, from the first name on
}

var limitKeyJoint = regexp.MustCompile(` *, *| +and +`)

// LimitKeys are the names after `by` in a cap, `member and event.sku`: joined by and, or by commas.
func LimitKeys(by string) (keys []LimitKey) {
	from := 0
	for _, joint := range append(limitKeyJoint.FindAllStringIndex(by, -1), []int{len(by), len(by)}) {
		keys = append(keys, LimitKey{by[from:joint[0]], from})
		from = joint[1]
	}
	return keys
}

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

// Len is one more than the number of groups that the form has.
func (g Groups) Len() int { return len(g.index) / 2 }

// At is the span of group i in the text. Phrases are ASCII, so bytes are characters.
func (g Groups) At(i int) (from, to int) { return g.index[2*i], g.index[2*i+1] }

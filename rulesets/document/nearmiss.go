package document

import (
	"regexp"
	"strings"

	"github.com/laurel-engine/laurel/rulesets/expression"
)

// miss is a way in which people write a phrase before they have read how it is written.
type miss struct {
	pattern *regexp.Regexp
	written string // with the groups of the pattern
}

func missed(pattern, written string) miss {
	return miss{regexp.MustCompile(`^(?:` + pattern + `)$`), written}
}

var misses = map[*Phrase][]miss{
	Expiry: {missed(`(?:after )?(`+durationPattern+`)`, "$1 after earning"), missed(`(`+durationPattern+`) after earn[a-z]*`, "$1 after earning"),
		missed(`(`+durationPattern+`) after (`+idPattern+`)`, "$1 after last $2"), missed(`end of the (month|quarter|year)`, "end of this $1")},
	Limit: {missed(`once (.+)`, "1 $1"), missed(`once`, "1 ever"), missed(`(.+) and`, "$1"), missed(`([\d.]+) ever per (event\..+)`, "$1 ever by member and $2"),
		missed(`(.+ by) \[([^,\]]+)\]`, "$1 $2"), missed(`(.+ by) \[([^,\]]+), ?([^,\]]+)\]`, "$1 $2 and $3"),
		missed(`(.+ by [a-z0-9_.]+) ?[&+/] ?([a-z0-9_.]+)`, "$1 and $2"), missed(`(.+ by [a-z0-9_.]+) (?:per )?([a-z0-9_.]+)`, "$1 and $2"),
		missed(`([\d.]+(?: `+idPattern+`)?) per (event\..+)`, "$1 ever by member and $2"), missed(`([\d.]+(?: `+idPattern+`)?) per (member\..+)`, "$1 ever by $2"),
		missed(`once per (event\..+)`, "1 ever by member and $1"), missed(`once per (member\..+)`, "1 ever by $1"),
		missed(`([\d.]+(?: `+idPattern+`)?) (?:per|by) member`, "$1 ever"),
		missed(`([\d.]+(?: `+idPattern+`)?) (?:per|by) (member|everyone)(?: and | per |, ?)(event\..+)`, "$1 ever by $2 and $3"),
		missed(`([\d.]+(?: `+idPattern+`)?) by (event\..+)`, "$1 ever by member and $2"),
		missed(`([\d.]+(?: `+idPattern+`)?) by (.+)`, "$1 ever by $2"),
		missed(`once (?:per|by|for each) (member|everyone)(?: and | per |, ?)(event\..+)`, "1 ever by $1 and $2"),
		missed(`(.+) for each (?:member )?((?:event|member)\..+)`, "$1 by member and $2"),
		missed(`([\d.]+)[x×]? (?:times )?((?:per|ever|in last) .+)`, "$1 $2"), missed(`(\d+) ever\b.*`, "$1 ever")},
	Window: {missed(`(`+datePattern+`) ?(?:-|–|until|till|\.\.+) ?(`+datePattern+`)`, "$1 to $2"), missed(`(`+datePattern+`)`, "$1 to $1")},
	Trigger: {missed(`(`+durationPattern+`) after (`+idPattern+`)`, "$1 after last $2"), missed(`(?:every|once a) day`, "cron 0 9 * * *"),
		missed(`every month`, "cron 0 9 1 * *"), missed(`every year on (`+pathPattern+`)`, "every year on member.$1")},
	Hours:    {missed(`(\d\d:\d\d) ?(?:to|–|until) ?(\d\d:\d\d)`, "$1-$2"), missed(`(\d\d) ?[-–] ?(\d\d)`, "$1:00-$2:00")},
	Period:   {missed(`(?:1 |every )(`+periodPattern+`)s?`, "$1"), missed(`(hour|week|month|quarter|year)ly`, "$1"), missed(`da[iy]ly`, "day")},
	Rank:     {missed(`top (\d+)`, "1-$1"), missed(`first`, "1"), missed(`#?(\d+)\.?`, "$1"), missed(`(\d+) ?(?:to|–) ?(\d+)`, "$1-$2")},
	Cost:     {missed(`([\d.]+) [a-z_]+`, "$1")},
	Currency: {missed(`(?i)euros?|€`, "EUR"), missed(`(?i)dollars?|\$`, "USD"), missed(`(?i)pounds?|£`, "GBP"), missed(`(?i)yen|¥`, "JPY")},
	Duration: {missed(`(\d+) ?min[a-z]*`, "$1 minutes"), missed(`(\d+) ?h[a-z]*`, "$1 hours"), missed(`(\d+) ?d[a-z]*`, "$1 days"),
		missed(`(\d+) ?w[a-z]*`, "$1 weeks"), missed(`(\d+) ?mo[a-z]*`, "$1 months"), missed(`(\d+) ?y[a-z]*`, "$1 years")},
	Allowance: {missed(`(?:once|one) (?:a|per|every) (`+periodPattern+`)`, "1 per $1"), missed(`(\d+) (?:a|every) (`+periodPattern+`)`, "$1 per $2")},
}

// orderWords and dayWords are the words of a day.
var (
	orderWords = []string{"first", "second", "third", "fourth", "fifth", "last"}
	dayWords   = strings.Split(weekdayPattern, "|")
)

// nearDay is a day whose words are like those of the text, "" where there is none.
func nearDay(text string) string {
	words := strings.Fields(strings.ToLower(text))
	for i, w := range words {
		candidates := orderWords
		if i == len(words)-1 {
			candidates = dayWords
		}
		words[i] = expression.Nearest(w, candidates)
	}
	return strings.Join(words, " ")
}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// meant is what a text that p does not match was probably meant to be, "" where that cannot be said.
func (p *Phrase) meant(text string) string {
	if p == ID {
		if id := strings.Trim(notInID.ReplaceAllString(strings.ToLower(text), "_"), "_"); p.Matches(id) {
			return id
		}
		return ""
	}
	for _, cased := range []string{strings.ToLower(text), strings.ToUpper(text)} {
		if p.Matches(cased) {
			return cased
		}
	}
	if p == Day && p.Matches(nearDay(text)) {
		return nearDay(text)
	}
	if near := nearPeriod(text); near != text && p.Matches(near) {
		return near
	}
	for _, m := range misses[p] {
		if written := m.pattern.ReplaceAllString(text, m.written); m.pattern.MatchString(text) && p.Matches(written) {
			return written
		}
	}
	return ""
}

var perWord = regexp.MustCompile(`\bper ([a-z]+)`)

// nearPeriod is a text in which the word after per is a period that is like it.
func nearPeriod(text string) string {
	at := perWord.FindStringSubmatchIndex(text)
	if at == nil {
		return text
	}
	near := expression.Nearest(text[at[2]:at[3]], strings.Split(periodPattern, "|"))
	if near == "" {
		return text
	}
	return text[:at[2]] + near + text[at[3]:]
}

// advice is what to write instead of a text that p does not match.
func (p *Phrase) advice(text string) string {
	switch meant := p.meant(text); {
	case p == ID && meant != "":
		return didYouMean(meant) + " Small letters, digits and _, at most 40"
	case p == ID:
		return "such as " + p.Example() + ": small letters, digits and _, at most 40"
	case meant != "":
		return didYouMean(meant)
	}
	return "such as " + p.Example() + habit(p, text)
}

// habit explains a value that other formats take.
func habit(p *Phrase, text string) string {
	if p != Boolean {
		return ""
	}
	switch strings.ToLower(text) {
	case "yes", "on", "y":
		return "; here it is true"
	case "no", "off", "n":
		return "; here it is false"
	}
	return ""
}

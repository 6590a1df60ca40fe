package calendar

import (
	"fmt"
	"time"
)

// Label returns the name of a period as people and the API know it: `2026-12-01T14`, `2026-12-01`, `2026-W49`, `2026-12`,
// `2026-Q4`, `2026`, and `all` for Always.
//
// Weeks that start on Monday are ISO weeks, under their ISO year (1 January 2027 lies in 2026-W53). Other weeks have no
// standard number and are named by their first day, `2026-11-29`.
func (c Calendar) Label(p Period, k Key) string {
	if p == Always {
		return "all"
	}
	first := c.FirstDate(p, k)
	var buffer [24]byte
	dst := buffer[:0]
	switch p {
	case Day:
		return first.String()
	case Hour:
		_, clock := floorDiv(int64(k), 24)
		return string(appendDigits(append(first.Append(dst), 'T'), clock, 2))
	case Week:
		return c.weekLabel(first)
	}
	year, month, _ := first.Civil()
	dst = appendDigits(dst, int64(year), 4)
	switch p {
	case Month:
		dst = appendDigits(append(dst, '-'), int64(month), 2)
	case Quarter:
		dst = appendDigits(append(dst, '-', 'Q'), int64((month-1)/3+1), 1)
	}
	return string(dst)
}

// weekLabel names the week that begins with a date.
func (c Calendar) weekLabel(first Date) string {
	if c.WeekStart != time.Monday {
		return first.String()
	}
	// An ISO week belongs to the year that has most of its days, which is the year of its Thursday.
	thursday := first + 3
	year, _, _ := thursday.Civil()
	week := (thursday-civil(year, 1, 1))/7 + 1
	var buffer [16]byte
	dst := append(appendDigits(buffer[:0], int64(year), 4), '-', 'W')
	return string(appendDigits(dst, int64(week), 2))
}

// ParseLabel reads what Label writes, and nothing else: a week that starts on Sunday is not found under its Monday.
func (c Calendar) ParseLabel(p Period, label string) (Key, error) {
	k, ok := c.parseLabel(p, label)
	if !ok || c.Label(p, k) != label {
		example := c.Label(p, c.KeyOfDate(p, civil(2026, 12, 1)))
		return 0, fmt.Errorf("%q is not a label for %s, want one like %s", label, p, example)
	}
	return k, nil
}

// parseLabel finds the only key whose label could be this one.
func (c Calendar) parseLabel(p Period, label string) (Key, bool) {
	if p == Always {
		return 0, true
	}
	if len(label) < 4 {
		return 0, false
	}
	text, clock := label, 0
	switch year, rest := label[:4], label[4:]; {
	case p == Hour && len(rest) == len("-12-01T14"):
		text, clock = label[:10], twoDigits(label, 11)
	case p == Week && c.WeekStart == time.Monday && len(rest) == len("-W49"):
		// 4 January is always in week 1.
		first, err := ParseDate(year + "-01-04")
		return c.KeyOfDate(p, first) + Key(twoDigits(rest, 2)) - 1, err == nil
	case p == Month:
		text = label + "-01"
	case p == Quarter && len(rest) == len("-Q4") && '1' <= rest[2] && rest[2] <= '4':
		text = year + [...]string{"-01", "-04", "-07", "-10"}[rest[2]-'1'] + "-01"
	case p == Year:
		text = label + "-01-01"
	}
	d, err := ParseDate(text)
	return c.KeyOfDate(p, d) + Key(clock), err == nil && clock >= 0
}

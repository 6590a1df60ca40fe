package rulesets

import (
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets/document"
)

// openness is what `during` comes to.
type openness struct {
	during *engine.During // nil: always open
	// limits are those of the promotion whose window it is: all that the window lets give shares them.
	limits []*engine.Limit
}

// during reads the windows of a definition.
func (b *builder) during(rec *document.Record) openness {
	d := &engine.During{}
	windows := rec.List("during")
	var limits []*engine.Limit
	for _, n := range windows {
		if n.Kind == document.Scalar && n.Text == "always" {
			return openness{}
		}
		w := b.window(n)
		if w == nil {
			continue
		}
		w.Text = Shown(expand(n, &duringField))
		d.Any = append(d.Any, *w)
		if w.Promotion == nil || len(w.Promotion.Limits) == 0 {
			continue
		}
		switch limits = w.Promotion.Limits; {
		case len(windows) > 1:
			b.Node(n, "write a definition for each window",
				"%s has a limit, so its window stands alone: what another window lets give would count as well", w.Promotion.ID)
		case rec.Section != ruleSection && rec.Section != boostSection && rec.Section != rewardSection:
			b.Node(n, "leave the limit out of the promotion, or name the promotion in rules, boosts and rewards only",
				"%s has a limit, which the window of a %s cannot keep", w.Promotion.ID, rec.Section.Name)
		}
	}
	if len(d.Any) == 0 {
		return openness{}
	}
	return openness{during: d, limits: limits}
}

// window reads one window; nil after an error.
func (b *builder) window(n *document.Node) *engine.Window {
	if n.Kind == document.Map {
		rec := b.Decode(n, windowSection, nil)
		b.combinations(rec)
		if len(n.Pairs) == 0 && !n.Holes {
			b.Node(n, "such as {days: [tuesday], hours: 14:00-16:00}", "a window has at least one key")
		}
		if c := b.calendarWindow(rec); c != nil {
			return &engine.Window{Calendar: c}
		}
		return nil
	}
	g := document.Window.Match(n.Text)
	switch {
	case g.Has(1):
		if c := b.dates(n, g); c != nil {
			return &engine.Window{Calendar: c}
		}
		return nil
	case g.Has(3):
		return b.firstWindow(n, g)
	case g.Has(8):
		of, _ := calendar.ParsePeriod(g.Get(8))
		if f := b.memberDate(n, g, 9); f != nil {
			return &engine.Window{Of: of, OfField: f}
		}
		return nil
	}
	if g.Has(10) {
		b.Node(n, "dates, or from, until, days, hours", "a promotion that is always open says nothing")
		return nil
	}
	if days := daysNamed(g.Get(11)); days != "" && b.windows[g.Get(11)] == nil {
		b.Node(n, "write {days: "+days+"}", "there is no promotion %q", n.Text)
		return nil
	}
	p := b.promotionNamed(n, g, 11)
	if p == nil {
		return nil
	}
	return &engine.Window{Promotion: p}
}

// daysNamed are the days that a word in the place of a promotion means, "" for none.
func daysNamed(word string) string {
	word = strings.TrimSuffix(word, "s")
	if word == "weekend" {
		return "[saturday, sunday]"
	}
	if document.Day.Matches(word) {
		return word
	}
	return ""
}

func (b *builder) dates(n *document.Node, g document.Groups) *calendar.Window {
	from, until := b.date(n, g, 1), b.date(n, g, 2)
	if from == nil || until == nil {
		return nil
	}
	if *until < *from {
		b.Node(n, "both days are included: FROM to UNTIL", "the window ends before it begins")
		return nil
	}
	w := &calendar.Window{From: *from, HasFrom: true, Until: *until, HasUntil: true}
	b.written.Windows[n] = w
	return w
}

func (b *builder) date(n *document.Node, g document.Groups, i int) *calendar.Date {
	d, err := calendar.ParseDate(g.Get(i))
	if err != nil {
		from, to := g.At(i)
		b.Span(n, from, to, "year-month-day, such as 2026-12-31", "there is no day %s", g.Get(i))
		return nil
	}
	return &d
}

// firstWindow is `first DURATION after last EVENT`, `after joined` or `after member.FIELD`.
func (b *builder) firstWindow(n *document.Node, g document.Groups) *engine.Window {
	w := &engine.Window{}
	w.First, _ = calendar.ParseDuration(g.Get(3))
	switch {
	case g.Has(6):
		w.Anchor.Joined = true
	case g.Has(7):
		if w.Anchor.Field = b.memberDate(n, g, 7); w.Anchor.Field == nil {
			return nil
		}
	case b.eventNamed(n, g, 5) == nil:
		return nil
	case g.Get(4) == "last":
		w.Anchor.Last = g.Get(5)
	default:
		w.Anchor.First = g.Get(5)
	}
	return w
}

// calendarWindow reads a window written as a map, or the dates and schedule of a promotion.
func (b *builder) calendarWindow(rec *document.Record) *calendar.Window {
	w := &calendar.Window{}
	ok := !rec.Broken
	if n := rec.Values["from"]; n != nil {
		if d := b.date(n, document.Date.Match(n.Text), 1); d != nil {
			w.From, w.HasFrom = *d, true
		}
	}
	if n := rec.Values["until"]; n != nil {
		if d := b.date(n, document.Date.Match(n.Text), 1); d != nil {
			w.Until, w.HasUntil = *d, true
		}
	}
	if w.HasFrom && w.HasUntil && w.Until < w.From {
		b.Node(rec.Values["until"], "both days are included: from: the first, until: the last", "the window ends before it begins")
		ok = false
	}
	for _, n := range rec.List("days") {
		w.Days = append(w.Days, dayRule(document.Day.Match(n.Text)))
	}
	if n := rec.Values["hours"]; n != nil {
		w.Hours = hours(document.Hours.Match(n.Text))
	}
	if n := rec.Values["cron"]; n != nil {
		w.Cron = b.cron(n, n.Text, 0)
		w.OpenFor = b.duration(rec, "open_for")
		ok = ok && w.Cron != nil
	}
	if !ok {
		return nil
	}
	b.written.Windows[rec.Node] = w
	return w
}

var nth = map[string]int{"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}

func dayRule(g document.Groups) calendar.DayRule {
	return calendar.DayRule{Nth: nth[g.Get(1)], Weekday: weekday(g.Get(2))}
}

func hours(g document.Groups) *calendar.Hours {
	clock := func(hour, minute int) time.Duration {
		h, _ := strconv.Atoi(g.Get(hour))
		m, _ := strconv.Atoi(g.Get(minute))
		return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	}
	h := &calendar.Hours{From: clock(1, 2), To: 24 * time.Hour}
	if g.Has(3) {
		h.To = clock(3, 4)
	}
	return h
}

// cron reads a schedule of five fields, which stands at offset in n.
func (b *builder) cron(n *document.Node, text string, offset int) *calendar.Cron {
	fail := func(suggestion, format string, args ...any) *calendar.Cron {
		b.Span(n, offset, offset+len(text), suggestion, format, args...)
		return nil
	}
	const example = "minute hour day month weekday: 0 9 * * MON is Mondays at 9:00"
	if strings.ContainsAny(text, "=@") {
		return fail(example, "a schedule is five fields")
	}
	schedule, err := cron.ParseStandard(text)
	if err != nil {
		return fail(example, "%s is not a schedule: %v", text, err)
	}
	s := schedule.(*cron.SpecSchedule)
	if s.Dom&calendar.CronStar == 0 && s.Dow&calendar.CronStar == 0 {
		return fail("with both, cron means either; write a window with days: [first friday] instead",
			"a schedule has a day of the month or a day of the week, not both")
	}
	return &calendar.Cron{Minute: s.Minute, Hour: s.Hour, Dom: s.Dom, Month: s.Month, Dow: s.Dow}
}

// promotions makes the named windows.
func (b *builder) promotions() {
	for i, rec := range b.records["promotions"] {
		p := b.rules.Promotions[i]
		p.OpenFor = b.duration(rec, "open_for")
		who := b.who(rec.Values["for"], reader{kept: true})
		p.For, p.Fails = who.cond, who.cond != nil && !who.safe
		p.Limits = b.limits(rec, "promotions/"+rec.ID, reader{kept: true}, nil)
		switch {
		case rec.Text("on_call") == "true":
			p.OnCall = true
		case rec.Has("cron"):
			p.Window = b.calendarWindow(rec)
		default:
			p.Window = b.dated(rec)
		}
	}
}

// dated is the window of a promotion with dates: one window, because it opens and closes as a whole.
func (b *builder) dated(rec *document.Record) *calendar.Window {
	windows := rec.List("during")
	if len(windows) != 1 {
		if len(windows) > 1 {
			b.Node(rec.Values["during"], "write one promotion for each", "a promotion has one window")
		}
		return nil
	}
	n := windows[0]
	w := b.window(n)
	if w == nil {
		return nil
	}
	if w.Calendar == nil {
		b.Node(n, "dates, or from, until, days, hours", "a promotion's window is the same for all members")
	}
	return w.Calendar
}

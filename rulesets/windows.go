package rulesets

import (
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// openness is what `during` comes to.
type openness struct {
	during *engine.During // nil: always open
	// never says why the windows can never be open in this version of the engine, "" when they can.
	never string
}

// during reads the windows of a definition.
func (b *builder) during(rec *record) openness {
	d := &engine.During{}
	never := ""
	for _, n := range rec.list("during") {
		if n.kind == scalarNode && n.text == "always" {
			return openness{}
		}
		w, idle := b.window(n)
		switch {
		case idle != "":
			never = idle
		case w != nil:
			d.Any = append(d.Any, *w)
		}
	}
	switch {
	case len(d.Any) > 0:
		return openness{during: d}
	case never != "":
		return openness{never: never}
	default:
		return openness{}
	}
}

// window reads one window; nil after an error, and idle when it never opens.
func (b *builder) window(n *node) (w *engine.Window, idle string) {
	if n.kind == mapNode {
		rec := b.decode(n, windowSection, nil)
		b.combinations(rec)
		if len(n.pairs) == 0 && !n.holes {
			b.node(n, "such as {days: [tuesday], hours: 14:00-16:00}", "a window has at least one key")
		}
		if c := b.calendarWindow(rec); c != nil {
			return &engine.Window{Calendar: c}, ""
		}
		return nil, ""
	}
	g := match(aWindow, n.text)
	switch {
	case g.has(1):
		if c := b.dates(n, g); c != nil {
			return &engine.Window{Calendar: c}, ""
		}
		return nil, ""
	case g.has(3):
		return b.firstWindow(n, g), ""
	case g.has(8):
		of, _ := calendar.ParsePeriod(g.get(8))
		if f := b.memberDate(n, g, 9); f != nil {
			return &engine.Window{Of: of, OfField: f}, ""
		}
		return nil, ""
	}
	p := b.promotionNamed(n, g, 11)
	if p == nil {
		return nil, ""
	}
	if b.never[p] {
		return nil, "its window " + p.ID + " is opened by a call, which the engine does not take yet"
	}
	return &engine.Window{Promotion: p}, ""
}

func (b *builder) dates(n *node, g groups) *calendar.Window {
	from, until := b.date(n, g, 1), b.date(n, g, 2)
	if from == nil || until == nil {
		return nil
	}
	if *until < *from {
		b.node(n, "both days are included: FROM to UNTIL", "the window ends before it begins")
		return nil
	}
	return &calendar.Window{From: *from, HasFrom: true, Until: *until, HasUntil: true}
}

func (b *builder) date(n *node, g groups, i int) *calendar.Date {
	d, err := calendar.ParseDate(g.get(i))
	if err != nil {
		from, to := g.at(i)
		b.span(n, from, to, "", "there is no day %s", g.get(i))
		return nil
	}
	return &d
}

// firstWindow is `first DURATION after last EVENT`, `after joined` or `after member.FIELD`.
func (b *builder) firstWindow(n *node, g groups) *engine.Window {
	w := &engine.Window{}
	w.First, _ = calendar.ParseDuration(g.get(3))
	switch {
	case g.has(6):
		w.Anchor.Joined = true
	case g.has(7):
		if w.Anchor.Field = b.memberDate(n, g, 7); w.Anchor.Field == nil {
			return nil
		}
	case b.eventNamed(n, g, 5) == nil:
		return nil
	case g.get(4) == "last":
		w.Anchor.Last = g.get(5)
	default:
		w.Anchor.First = g.get(5)
	}
	return w
}

// calendarWindow reads a window written as a map, or the dates and schedule of a promotion.
func (b *builder) calendarWindow(rec *record) *calendar.Window {
	w := &calendar.Window{}
	ok := !rec.broken
	if n := rec.values["from"]; n != nil {
		if d := b.date(n, match(aDate, n.text), 1); d != nil {
			w.From, w.HasFrom = *d, true
		}
	}
	if n := rec.values["until"]; n != nil {
		if d := b.date(n, match(aDate, n.text), 1); d != nil {
			w.Until, w.HasUntil = *d, true
		}
	}
	if w.HasFrom && w.HasUntil && w.Until < w.From {
		b.node(rec.values["until"], "", "the window ends before it begins")
		ok = false
	}
	for _, n := range rec.list("days") {
		w.Days = append(w.Days, dayRule(match(aDay, n.text)))
	}
	if n := rec.values["hours"]; n != nil {
		w.Hours = hours(match(someHours, n.text))
	}
	if n := rec.values["cron"]; n != nil {
		w.Cron = b.cron(n, n.text, 0)
		w.OpenFor = b.duration(rec, "open_for")
		ok = ok && w.Cron != nil
	}
	if !ok {
		return nil
	}
	return w
}

var nth = map[string]int{"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}

func dayRule(g groups) calendar.DayRule {
	return calendar.DayRule{Nth: nth[g.get(1)], Weekday: weekday(g.get(2))}
}

func hours(g groups) *calendar.Hours {
	clock := func(hour, minute int) time.Duration {
		h, _ := strconv.Atoi(g.get(hour))
		m, _ := strconv.Atoi(g.get(minute))
		return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	}
	h := &calendar.Hours{From: clock(1, 2), To: 24 * time.Hour}
	if g.has(3) {
		h.To = clock(3, 4)
	}
	return h
}

// cron reads a schedule of five fields, which stands at offset in n.
func (b *builder) cron(n *node, text string, offset int) *calendar.Cron {
	fail := func(suggestion, format string, args ...any) *calendar.Cron {
		b.span(n, offset, offset+len(text), suggestion, format, args...)
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
		p.For = b.who(rec.values["for"], reader{kept: true})
		p.Limits = b.limits(rec, "promotions/"+rec.id, reader{kept: true}, nil)
		switch {
		case rec.text("on_call") == "true":
			p.OnCall = true
			b.never[p] = true
			b.idle("promotions/"+rec.id, rec.key, "promotions cannot be opened by a call yet")
		case rec.has("cron"):
			p.Window = b.calendarWindow(rec)
		default:
			p.Window = b.dated(rec)
		}
	}
	b.rules.Promotions = without(b.rules.Promotions, func(p *engine.Promotion) bool { return b.never[p] })
}

// dated is the window of a promotion with dates: one window, because it opens and closes as a whole.
func (b *builder) dated(rec *record) *calendar.Window {
	windows := rec.list("during")
	if len(windows) != 1 {
		if len(windows) > 1 {
			b.node(rec.values["during"], "write one promotion for each", "a promotion has one window")
		}
		return nil
	}
	n := windows[0]
	w, _ := b.window(n)
	if w == nil {
		return nil
	}
	if w.Calendar == nil {
		b.node(n, "dates, or from, until, days, hours", "a promotion's window is the same for all members")
	}
	return w.Calendar
}

func without[T any](all []T, drop func(T) bool) []T {
	var kept []T
	for _, x := range all {
		if !drop(x) {
			kept = append(kept, x)
		}
	}
	return kept
}

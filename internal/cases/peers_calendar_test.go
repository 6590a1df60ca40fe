package cases

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// periodKeys translates questions about the calendar: of what period an instant is, and how many there are.
type periodKeys struct{ *peerCase }

func newPeriodKeys(c *peerCase) peerFamily { return &periodKeys{c} }

func (f *periodKeys) play(w *world) { w.publish(f.header("value?: number")) }

func (f *periodKeys) look(w *world, key string, _ any) any {
	cal := w.rules.Calendar
	list := []any{}
	for _, e := range f.Events {
		switch key {
		case "keys":
			for _, p := range []calendar.Period{calendar.Day, calendar.Week, calendar.Month, calendar.Quarter, calendar.Year} {
				list = append(list, periodKey(p, moment(e.At, time.Second)))
			}
		case "iso_week":
			list = append(list, cal.Label(calendar.Week, cal.Key(calendar.Week, moment(e.At, time.Second))))
		case "counts":
			from, until, _ := strings.Cut(fmt.Sprint(e.At), "/")
			list = append(list, cal.KeyOfDate(calendar.Day, date(until))-cal.KeyOfDate(calendar.Day, date(from))+1)
		default:
			unknown("expectation", key)
		}
	}
	return list
}

func date(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	must(err)
	return d
}

// seasonalWindow translates windows that return every day or year, in the time zone of each member: a rule that gives while
// one is open.
type seasonalWindow struct {
	*peerCase
	inside []bool
}

func newSeasonalWindow(c *peerCase) peerFamily { return &seasonalWindow{peerCase: c} }

func (f *seasonalWindow) play(w *world) {
	window := ""
	if m := f.find(`Daily (\d\d:\d\d)\.\.(\d\d:\d\d)`); m != nil {
		window = "{hours: " + m[1] + "-" + m[2] + "}"
	} else if m := f.find(`Every year (\d\d)-(\d\d)\.\.(\d\d)-(\d\d)`); m != nil {
		year := "2001"
		until := date(year + "-" + m[3] + "-" + m[4])
		if from := date(year + "-" + m[1] + "-" + m[2]); until < from {
			until = date("2002-" + m[3] + "-" + m[4])
		}
		days := until - date(year+"-"+m[1]+"-"+m[2]) + 1
		window = fmt.Sprintf("{cron: 0 0 %d %d *, open_for: %d days}", number(json.Number(strings.TrimPrefix(m[2], "0"))),
			number(json.Number(strings.TrimPrefix(m[1], "0"))), days)
	}
	text := f.header("value?: number") + lines("clock: member", "points: {stars: {}}", "rules:", "  inside: {when: probe, during: "+window+", give: {stars: 1}}")
	w.publish(text)
	for _, e := range f.Events {
		at := moment(e.At, time.Millisecond)
		w.reach(at)
		member := "in " + e.Zone
		w.join(member, e.Zone)
		a := w.happen(e.name(), "probe", member, &at, map[string]any{})
		w.accepted(a)
		f.inside = append(f.inside, a.points("") > 0)
	}
}

func (f *seasonalWindow) look(_ *world, key string, _ any) any {
	if key != "inside" {
		return unknown("expectation", key)
	}
	return f.inside
}

// durations translates what is a duration in a ruleset.
type durations struct{ *peerCase }

func newDurations(c *peerCase) peerFamily { return &durations{c} }

func (f *durations) play(w *world) { w.publish(f.header("value?: number")) }

func (f *durations) look(_ *world, _ string, _ any) any {
	list := []any{}
	for _, e := range f.Events {
		text := lines("program: worked_case", "events: {act: {}}", "points: {stars: {expire: "+fmt.Sprint(e.Value)+" after earning}}",
			"rules: {act: {when: act, give: {stars: 1}}}")
		list = append(list, problems(text) == "")
	}
	return list
}

// seasons translates questions about when a season is over.
type seasons struct{ *peerCase }

func newSeasons(c *peerCase) peerFamily {
	if c.Events[0].Type != "season.expiry" {
		return newRanking(c)
	}
	return &seasons{c}
}

// play makes a board whose season is final as long after its end as it lasts itself.
func (f *seasons) play(w *world) {
	every, closes := "", ""
	switch suffix := f.season(); {
	case strings.HasPrefix(suffix, "from"):
		cannot("a season is a period of the calendar: it does not go from one date to another")
	case strings.Contains(suffix, "month"):
		every, closes = ", every: month", ", closes: 1 month"
	case strings.Contains(suffix, "quarter"):
		every, closes = ", every: quarter", ", closes: 3 months"
	}
	w.publish(f.header("value: number", "score") + lines("counters: {score: {when: score, add: event.value"+every+"}}",
		"leaderboards: {board: {counter: score"+closes+"}}"))
}

// season is what the name of the board ends in: year2030month05.
func (f *seasons) season() string {
	name := fmt.Sprint(f.Events[0].Value)
	if i := strings.LastIndex(name, "_"); strings.ContainsAny(name, "0123456789") {
		return name[i+1:]
	}
	return ""
}

func (f *seasons) look(w *world, key string, _ any) any {
	b, cal := w.rules.Leaderboards[0], w.rules.Calendar
	season := f.season()
	if season == "" && b.Counter.Every == calendar.Always {
		return -1
	}
	k, err := cal.ParseLabel(b.Counter.Every, strings.NewReplacer("year", "", "month", "-", "quarter0", "-Q").Replace(season))
	switch {
	case err != nil:
		return err.Error()
	case key == "expire_at":
		return cal.After(cal.End(b.Counter.Every, k), b.Closes).Time().Unix()
	}
	return unknown("expectation", key)
}

// schedules translates openings by a schedule of five fields, and the ends of days: promotions.
type schedules struct {
	*peerCase
	now calendar.Instant
}

func newSchedules(c *peerCase) peerFamily { return &schedules{peerCase: c} }

func (f *schedules) play(w *world) {
	f.now = moment(f.Events[0].At, time.Second)
	text := f.header("value?: number")
	if m := f.find(`cron \(UTC\) '(.*?)'.*duration (\d+) s`); m != nil {
		seconds := number(json.Number(m[2]))
		text += lines("promotions:", "  session: {cron: "+m[1]+", open_for: "+exact(time.Duration(seconds)*time.Second)+"}")
	}
	w.publish(text)
	w.reach(f.now)
}

func (f *schedules) look(w *world, key string, _ any) any {
	cal := w.rules.Calendar
	if strings.HasPrefix(f.Rules, "Daily board") { // it closes when its first day is over
		day := cal.Key(calendar.Day, f.now)
		switch key {
		case "already_started":
			return cal.End(calendar.Day, day)
		case "starting_tomorrow":
			return cal.End(calendar.Day, day+1)
		}
		return unknown("expectation", key)
	}
	window := w.rules.Promotions[0].Window
	var from, until, next calendar.Instant
	for at := f.now.Add(-60 * 24 * time.Hour); ; at = next {
		start, end, ok := window.Next(cal, at)
		if next = start; !ok || start > f.now {
			break
		}
		from, until = start, end
	}
	switch key {
	case "start_active":
		return from.Time().Unix()
	case "end_active":
		return until.Time().Unix()
	case "next_reset":
		return next.Time().Unix()
	}
	return unknown("expectation", key)
}

// weeks translates weeks that start on another day than Monday, over changes of the clock.
type weeks struct{ *peerCase }

func newWeeks(c *peerCase) peerFamily { return &weeks{c} }

func (f *weeks) play(w *world) {
	m := f.find(`from (\S+) 00:00 in the brand's zone \((\S+?)\)`)
	day := strings.ToLower(date(m[1]).Weekday().String())
	text := strings.Replace(f.header("value?: number"), "events:", "timezone: "+m[2]+"\nweek_starts: "+day+"\nevents:", 1)
	w.publish(text)
}

func (f *weeks) look(w *world, key string, _ any) any {
	if key != "instance_start_local" {
		return unknown("expectation", key)
	}
	cal := w.rules.Calendar
	day, clock, _ := strings.Cut(fmt.Sprint(f.Events[0].At), "T")
	hour, minute, _ := strings.Cut(clock, ":")
	at := cal.Zone.At(date(day), time.Duration(clockPart(hour))*time.Hour+time.Duration(clockPart(minute))*time.Minute)
	from := cal.Start(calendar.Week, cal.Key(calendar.Week, at))
	return cal.Zone.Date(from).String() + "T" + fmt.Sprintf("%02d:%02d", cal.Zone.Clock(from)/time.Hour, cal.Zone.Clock(from)%time.Hour/time.Minute)
}

// states translates a challenge that fails when its time is over, unless what happened in time shows that it was completed.
type states struct {
	*peerCase
	failed calendar.Instant
}

func newStates(c *peerCase) peerFamily { return &states{peerCase: c} }

func (f *states) play(w *world) {
	for _, e := range f.Events {
		if e.Type == "challenge.fail" {
			f.failed = moment(e.At, time.Second)
		}
	}
	zone := zoneOf("")
	over := zone.Date(f.failed) // the last day on which it can be completed
	w.publish(f.header("value?: number", "challenge_complete") +
		lines("badges: {completed: {}}", "challenges:", "  challenge:", "    during: "+over.AddDays(-30).String()+" to "+over.String(),
			"    when: challenge_complete", "    goal: 1", "    give: {badge: completed}"))
	w.reach(zone.Start(over.AddDays(1)))
	for _, e := range f.Events {
		if e.Type == "challenge.fail" {
			continue
		}
		at := moment(e.At, time.Second)
		w.join(e.member(), "")
		w.accepted(w.happen(e.name(), eventName(e.Type), e.member(), &at, map[string]any{}))
	}
}

func (f *states) look(w *world, key string, want any) any {
	member := f.Events[0].member()
	p := w.progress(member).Challenges["challenge"]
	switch key {
	case "state":
		switch {
		case p.Done:
			return "COMPLETED"
		case p.Ends != nil && *p.Ends <= w.now:
			return "FAILED"
		}
		return "ACTIVE"
	case "dates":
		out := map[string]any{"FAILED": nil}
		for _, rec := range w.member(member).Challenges {
			for _, window := range rec.Windows {
				for _, g := range window.Goals {
					out["COMPLETED"] = g.At
				}
			}
		}
		return out
	}
	return unknown("expectation", key)
}

// instances translates a total that is set, of which each day or hour within a window receives the difference.
type instances struct {
	*peerCase
	window *calendar.Window
	first  map[calendar.Period]calendar.Instant
}

func newInstances(c *peerCase) peerFamily {
	return &instances{peerCase: c, first: map[calendar.Period]calendar.Instant{}}
}

func (f *instances) play(w *world) {
	day, hour := f.starts()
	f.first[calendar.Day], f.first[calendar.Hour] = day, hour
	during, promotion := f.during(day)
	w.publish(f.header("value: number", "total_set") + promotion + lines("counters:", "  day: {when: total_set, add: event.value, every: day"+during+"}",
		"  hour: {when: total_set, add: event.value, every: hour}"))
	if len(w.rules.Promotions) > 0 {
		f.window = w.rules.Promotions[0].Window
	}
	total := decimal.Decimal(0)
	for _, e := range f.Events {
		at := moment(e.At, time.Second)
		w.reach(at)
		if e.Type != "total.set" {
			continue
		}
		value := amountOf(ptr(e.number()))
		w.join(e.member(), "")
		w.accepted(w.happen(e.name(), "total_set", e.member(), &at, map[string]any{"value": value - total}))
		total = value
	}
}

var dates = regexp.MustCompile(`\d{4}-\d\d-\d\d`)

// starts are the first day and the first hour that are counted: those that the words name, else those of the first event.
func (f *instances) starts() (day, hour calendar.Instant) {
	zone := zoneOf("")
	day = zone.Start(zone.Date(moment(f.Events[0].At, time.Second)))
	found := dates.FindAllString(f.Rules, -1)
	if len(found) > 0 {
		day = zone.Start(date(found[0]))
	}
	hour = day
	if m := f.find(`hourly from (\d{4}-\d\d-\d\d)`); m != nil {
		hour = zone.Start(date(m[1]))
	}
	return day, hour
}

// during is the window in which days are counted: an opening of a promotion, which can end at any minute.
func (f *instances) during(day calendar.Instant) (during, promotion string) {
	var end calendar.Instant
	zone := zoneOf("")
	switch m := f.find(`to (\d{4}-\d\d-\d\d)T(\d\d):00`); {
	case m != nil:
		end = zone.Start(date(m[1])).Add(time.Duration(clockPart(m[2])) * time.Hour)
	case f.find(`\.\.(\d{4}-\d\d-\d\d)`) != nil:
		end = zone.Start(date(f.find(`\.\.(\d{4}-\d\d-\d\d)`)[1]).AddDays(1))
	default:
		return "", ""
	}
	return ", during: counted", opening("counted", day, end)
}

// opening is a promotion that is open from one instant to another, which dates cannot say to the minute. It opens again every
// year.
func opening(id string, from, until calendar.Instant) string {
	t := from.Time()
	return fmt.Sprintf("promotions: {%s: {cron: %d %d %d %d *, open_for: %s}}\n", id, t.Minute(), t.Hour(), t.Day(), t.Month(), exact(between(from, until)))
}

func (f *instances) look(w *world, key string, want any) any {
	switch key {
	case "instances":
		return f.list(w, calendar.Day, len(want.([]any)))
	case "instance2_end":
		_, end, _ := f.window.At(w.rules.Calendar, f.first[calendar.Day])
		return end
	case "daily":
		return map[string]any{"current": f.at(w, calendar.Day, 0), "previous": f.at(w, calendar.Day, -1), "index0": f.list(w, calendar.Day, 1)[0]}
	case "hourly":
		n := len(asObject(want)["instances"].([]any))
		return map[string]any{"instances": f.list(w, calendar.Hour, n), "current": f.at(w, calendar.Hour, 0), "previous": f.at(w, calendar.Hour, -1)}
	case "daily_previous":
		return f.at(w, calendar.Day, -1)
	case "future":
		return f.at(w, calendar.Day, 1)
	case "index10":
		return f.list(w, calendar.Hour, 11)[10]
	case "current_hour":
		cal := w.rules.Calendar
		k := cal.Key(calendar.Hour, w.now)
		return []any{cal.Start(calendar.Hour, k), cal.End(calendar.Hour, k)}
	case "unknown_period":
		return w.progress(f.Events[0].member()).Counters["week"] // no counter has this period
	}
	return unknown("expectation", key)
}

// at is the count of the present period, or of one before or after it.
func (f *instances) at(w *world, p calendar.Period, offset int) decimal.Decimal {
	cal := w.rules.Calendar
	return f.count(w, p, cal.Start(p, cal.Key(p, w.now)+calendar.Key(offset)))
}

func (f *instances) count(w *world, p calendar.Period, at calendar.Instant) decimal.Decimal {
	i := slices.IndexFunc(w.rules.Counters, func(c *engine.Counter) bool { return c.ID == p.String() })
	return w.member(f.Events[0].member()).Count(w.rules, w.rules.Counters[i], at)
}

// list are the counts of the first periods.
func (f *instances) list(w *world, p calendar.Period, n int) (list []decimal.Decimal) {
	cal := w.rules.Calendar
	first := cal.Key(p, f.first[p])
	for i := range n {
		list = append(list, f.count(w, p, cal.Start(p, first+calendar.Key(i))))
	}
	return list
}

package cases

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// schedule translates what happens at times of the day and year: timers that give a bonus, and windows of a boost.
type schedule struct {
	config struct {
		Zone       string      `json:"zone"`
		DailyAt    string      `json:"daily_at"`
		Birthday   string      `json:"birthday"`
		Bonus      json.Number `json:"bonus"`
		Window     []string    `json:"window"`
		Date       string      `json:"date"`
		Multiplier json.Number `json:"multiplier"`
	}
	query calendar.Instant
	last  calendar.Instant // of the last purchase
}

func newSchedule(c *semanticCase, _ func() *world) family {
	f := &schedule{query: c.At}
	c.configure(&f.config)
	if f.config.Bonus == "" {
		f.config.Bonus = "10"
	}
	return f
}

func (f *schedule) ruleset() string {
	text := lines("program: worked_case", "timezone: "+f.config.Zone, "currency: EUR", "member: {birthday?: date}",
		"events: {purchase: {amount: money}}", "points: {stars: {}}",
		"rules:", "  purchase: {when: purchase, give: {stars: event.amount}}")
	switch {
	case f.config.DailyAt != "":
		hour, minute, _ := strings.Cut(f.config.DailyAt, ":")
		cron := fmt.Sprintf("%d %d * * *", clockPart(minute), clockPart(hour))
		text += lines("  bonus:", "    when: cron "+cron, fmt.Sprintf("    give: {stars: %s}", f.config.Bonus))
	case f.config.Birthday != "":
		text += lines("  bonus:", "    when: every year on member.birthday", fmt.Sprintf("    give: {stars: %s}", f.config.Bonus))
	case len(f.config.Window) == 2:
		text += lines("boosts:", "  happy_hour: {of: stars, during: {hours: "+strings.Join(f.config.Window, "-")+"}, times: "+f.config.Multiplier.String()+"}")
	case f.config.Date != "":
		text += lines("boosts:", "  happy_day: {of: stars, during: "+f.config.Date+" to "+f.config.Date+", times: "+f.config.Multiplier.String()+"}")
	}
	return text
}

// clockPart reads the hours or minutes of a time of day.
func clockPart(digits string) int {
	return number(json.Number(strings.TrimPrefix(digits, "0") + line(digits == "00", "0")))
}

// start is how long before the question a program without a timeline has begun.
const start = 3 * 24 * time.Hour

func (f *schedule) begin(w *world, timeline []*step) {
	if len(timeline) > 0 {
		return
	}
	w.now = f.query.Add(-start)
	if f.config.Birthday == "" {
		w.join(soleMember, "")
		return
	}
	w.now = f.query.Add(-300 * 24 * time.Hour)
	birthday := json.RawMessage(`"2000-` + f.config.Birthday + `"`)
	w.accepted(w.send(engine.NewProfile("birthday", soleMember, engine.Profile{Fields: map[string]json.RawMessage{"birthday": birthday}})))
}

func (f *schedule) step(w *world, s *step) {
	switch s.Action {
	case "purchase":
		f.last = s.At
		w.join(s.member(), "")
		w.happen(s.name(), "purchase", s.member(), s.Occurred, map[string]any{"amount": json.Number(fmt.Sprintf("%d.%02d", *s.Minor/100, *s.Minor%100))})
	case "join":
		w.join(s.member(), "")
	case "import_join":
		e := engine.NewProfile("import/"+s.Member, s.Member, engine.Profile{})
		e.Time, e.Timed, e.Past = *s.Occurred, true, true
		w.accepted(w.send(e))
	default:
		unknown("action", s.Action)
	}
}

func (f *schedule) look(w *world, key string, want any) any {
	switch key {
	case "fired":
		return f.bonuses(w)
	case "points":
		return w.balance(soleMember, "stars").Spendable
	case "window":
		return f.window(w)
	case "occurrences":
		return len(f.bonuses(w))
	case "entry_dated":
		return f.bonuses(w)[0]
	}
	return w.balance(key, "stars").Spendable
}

// bonuses are the instants at which the bonus was given, as they are dated in members' ledgers.
func (f *schedule) bonuses(w *world) (dates []calendar.Instant) {
	w.runJobs(w.now)
	for _, rec := range w.records {
		for _, e := range rec.Outcome.Entries {
			if e.Source.String() == "rules/bonus" && !slices.Contains(dates, e.At) {
				dates = append(dates, e.At)
			}
		}
	}
	return dates
}

// window is the stretch of the boost's window on the local day of the purchase that is looked at.
func (f *schedule) window(w *world) any {
	cal := w.rules.Calendar
	var boost *engine.Boost
	for _, r := range w.rules.Rules {
		for _, g := range r.Give {
			if len(g.Boosts) > 0 {
				boost = g.Boosts[0]
			}
		}
	}
	open := boost.During.Any[0].Calendar
	if from, until, ok := open.At(cal, f.last); ok {
		return []any{from, until}
	}
	day := cal.Zone.Start(cal.Zone.Date(f.last - 1))
	if from, until, ok := open.Next(cal, day-1); ok && cal.Zone.Date(from) == cal.Zone.Date(day) {
		return []any{from, until}
	}
	if open.Hours == nil {
		return nil
	}
	date := cal.Zone.Date(f.last) // on this day the stretch is empty
	return []any{cal.Zone.At(date, open.Hours.From), cal.Zone.At(date, open.Hours.To)}
}

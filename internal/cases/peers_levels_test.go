package cases

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// achievement translates levels by a formula, for ever or in each period: a badge with that many levels, or goals that
// repeat.
type achievement struct {
	*peerCase
	step, top int
	period    string
	reached   map[int][]int // levels by the event that reached them
	state     map[int]map[string]any
}

func newAchievement(c *peerCase) peerFamily {
	f := &achievement{peerCase: c, reached: map[int][]int{}, state: map[int]map[string]any{}}
	step, top := c.find(`goal (?:of level L is )?(\d+)\*`), c.find(`max (?:level )?(\d+)`)
	if step == nil || top == nil {
		cannot("the levels are not understood")
	}
	f.step, f.top = number(json.Number(step[1])), number(json.Number(top[1]))
	if m := c.find(`(Weekly|Monthly|Yearly)`); m != nil {
		f.period = map[string]string{"Weekly": "week", "Monthly": "month", "Yearly": "year"}[m[1]]
	}
	return f
}

func (f *achievement) play(w *world) {
	levels, goals := []string{}, ""
	for n := 1; n <= f.top; n++ {
		levels = append(levels, fmt.Sprintf("l%d: %d", n, n*f.step))
		goals += fmt.Sprintf("      - {at: %d, id: l%d, give: {badge: goal}}\n", n*f.step, n)
	}
	text := f.header("value: number")
	if f.period == "" {
		text += lines("counters:", "  invited: {when: invite_users, add: event.value, public: true}",
			"badges:", "  level: {counter: invited, levels: {"+strings.Join(levels, ", ")+"}}")
	} else {
		text += lines("badges: {goal: {}}", "challenges:", "  level:", "    when: invite_users", "    add: event.value", "    every: "+f.period, "    goals:") + goals
	}
	w.publish(text)
	f.feed(w, time.Second, valued, func(e *peerEvent, a *answer) {
		p := w.progress(e.member())
		level := 0
		for _, b := range p.Badges {
			if b.Badge == "level" {
				level = levelNumber(b.Level)
			}
		}
		f.state[e.index] = map[string]any{"after": e.index, "level": level, "progress": p.Counters["invited"]}
		before := f.marks(w, e.member(), e.index-1)
		for _, l := range f.goalsReached(w, e) {
			if !slices.Contains(before, l) {
				f.reached[e.index] = append(f.reached[e.index], l)
			}
		}
	})
}

// goalsReached are the goals reached in the period of an event.
func (f *achievement) goalsReached(w *world, e *peerEvent) (list []int) {
	if len(w.rules.Challenges) == 0 {
		return nil
	}
	for _, id := range w.member(e.member()).ChallengeAt(w.rules, w.rules.Challenges[0], moment(e.At, time.Second)).Reached {
		list = append(list, levelNumber(id))
	}
	return list
}

// marks are the levels that earlier events of the same period reached.
func (f *achievement) marks(w *world, _ string, index int) (list []int) {
	if index == 0 || len(w.rules.Challenges) == 0 {
		return nil
	}
	cal, every := w.rules.Calendar, w.rules.Challenges[0].Every
	now, before := moment(f.Events[index].At, time.Second), moment(f.Events[index-1].At, time.Second)
	if cal.Key(every, now) != cal.Key(every, before) {
		return nil
	}
	return f.reached[index]
}

func (f *achievement) look(_ *world, key string, want any) any {
	switch key {
	case "level_after":
		list := []any{}
		for i := range f.Events {
			list = append(list, f.state[i+1]["level"])
		}
		return list
	case "checkpoints":
		list := []any{}
		for _, x := range want.([]any) {
			list = append(list, f.state[number(asObject(x)["after"].(json.Number))])
		}
		return list
	case "first", "period1", "week1":
		return f.reached[1]
	case "then_new", "period2_new", "week2_new":
		return f.reached[2]
	}
	return unknown("expectation", key)
}

// keyed translates a value for each of some keys: a board that is split by them.
type keyed struct {
	*peerCase
	values []decimal.Decimal
}

func newKeyed(c *peerCase) peerFamily { return &keyed{peerCase: c} }

func (f *keyed) play(w *world) {
	w.publish(f.header("value: number, key: text") + lines("counters:", "  total: {when: "+eventName(f.Events[0].Type)+", add: event.value}",
		"leaderboards:", "  totals: {counter: total, split: event.key}"))
	f.feed(w, time.Second, func(e *peerEvent) map[string]any {
		return map[string]any{"value": e.number(), "key": e.Key}
	}, func(e *peerEvent, _ *answer) {
		for _, r := range w.rows("totals", e.Key, w.now) {
			f.values = append(f.values, r.Value)
		}
	})
}

func (f *keyed) look(_ *world, key string, _ any) any {
	if key != "value_after" {
		return unknown("expectation", key)
	}
	return f.values
}

// levels translates levels by points in all, a tier, with a cap on the level that can be switched on and off: other versions
// of the ruleset.
type levels struct {
	*peerCase
	ladder [][]string
	after  []int
}

func newLevels(c *peerCase) peerFamily { return &levels{peerCase: c, ladder: thresholds(c)} }

func (f *levels) ruleset(most int) string {
	list := f.ladder
	if most > 0 {
		list = list[:most]
	}
	return f.header("value: number") + lines("counters:", "  xp: {when: xp, add: event.value, public: true}",
		"tiers:", "  level: {counter: xp, levels: "+ladder(list)+", falls: to what is kept}")
}

func (f *levels) play(w *world) {
	most, from, until := 0, decimal.Decimal(0), decimal.Decimal(-1)
	if m := f.find(`[Cc]ap (\d+)`); m != nil {
		most = number(json.Number(m[1]))
	}
	if m := f.find(`on after (\d+) XP and off again after (\d+) XP`); m != nil {
		from, until = amountOf(ptr(json.Number(m[1]))), amountOf(ptr(json.Number(m[2])))
	}
	capped := most > 0 && from == 0
	text := f.ruleset(0)
	if capped {
		text = f.ruleset(most)
	}
	w.publish(text)
	f.feed(w, time.Second, valued, func(e *peerEvent, _ *answer) {
		p := w.progress(e.member())
		f.after = append(f.after, levelNumber(p.Tiers["level"].Level))
		switch xp := p.Counters["xp"]; {
		case most > 0 && from > 0 && !capped && xp == from:
			capped = true
			w.publish(f.ruleset(most))
		case capped && xp == until:
			capped = false
			w.publish(f.ruleset(0))
		}
	})
}

func (f *levels) look(w *world, key string, _ any) any {
	p := w.progress(f.Events[0].member())
	switch key {
	case "xp":
		return p.Counters["xp"]
	case "level":
		return levelNumber(p.Tiers["level"].Level)
	case "to_next":
		return p.Tiers["level"].Missing
	case "level_after":
		return f.after
	}
	return unknown("expectation", key)
}

// pointsChallenge translates challenges to earn so many points, which may give points themselves.
type pointsChallenge struct {
	*peerCase
	ids  []string
	done []any
}

func newPointsChallenge(c *peerCase) peerFamily { return &pointsChallenge{peerCase: c} }

func (f *pointsChallenge) play(w *world) {
	text := f.header("value: number", "points") + lines("points: {stars: {}}", "rules: {points: {when: points, give: {stars: event.value}}}",
		"counters: {earned: {earned: stars}}", "badges: {done: {}}", "challenges:")
	join := line(f.find(`after enrolling`) != nil, ", join: opt_in")
	one := func(id, goal, gift string) {
		f.ids = append(f.ids, id)
		text += fmt.Sprintf("  %s: {counter: earned, goal: %s, give: {%s}%s}\n", strings.ToLower(id), goal, gift, join)
	}
	gift := func(points string) string { return "stars: " + points }
	switch a, b := f.find(`A: (\d+) points -> reward (\d+) points`), f.find(`B: (\d+) points`); {
	case a != nil && b != nil:
		one("A", a[1], gift(a[2]))
		one("B", b[1], "badge: done")
	default:
		m := f.find(`(\d+) points (?:after|-> reward (\d+))`)
		if m == nil {
			cannot("a challenge without anything to do is no challenge: the ruleset is refused")
		}
		if m[2] == "" {
			one("it", m[1], "badge: done")
		} else {
			one("it", m[1], gift(m[2]))
		}
	}
	w.publish(text)
	enrolled := join == ""
	for _, e := range f.Events {
		at := moment(e.At, time.Second)
		w.reach(at)
		w.join(e.member(), "")
		if e.Type == "challenge.join" {
			w.accepted(w.send(engine.NewEnrollment("join", e.member(), "it")))
			enrolled = true
			f.done = append(f.done, nil)
			continue
		}
		w.accepted(w.happen(e.name(), e.Type, e.member(), &at, valued(e)))
		if !enrolled {
			f.done = append(f.done, nil)
			continue
		}
		f.done = append(f.done, w.progress(e.member()).Challenges[strings.ToLower(f.ids[0])].Done)
	}
}

func (f *pointsChallenge) look(w *world, key string, _ any) any {
	p := w.progress(f.Events[0].member())
	switch key {
	case "points":
		return p.Points["stars"].Spendable
	case "done_after":
		return f.done
	case "completed":
		list := []string{}
		for _, id := range f.ids {
			if p.Challenges[strings.ToLower(id)].Done {
				list = append(list, id)
			}
		}
		return list
	}
	return unknown("expectation", key)
}

// multipliers translates several boosts at once, which multiply, add up, or of which the highest counts.
type multipliers struct{ *peerCase }

func newMultipliers(c *peerCase) peerFamily { return &multipliers{c} }

func (f *multipliers) play(w *world) {
	text := f.header("value: number, times?: number") + lines("points: {xp: {}}", "rules: {xp: {when: xp, give: {xp: event.value}}}", "boosts:")
	var factors []string
	if m := f.find(`multipliers (\d+)x and (\d+)x`); m != nil {
		factors = m[1:]
	}
	inline := f.find(`Inline multiplier (\d+) with a stored (\d+)x`)
	switch strategy := f.find(`(additive|compound|highest)`)[1]; {
	case inline != nil:
		text += lines("  stored: {of: xp, times: "+inline[2]+", stacks: true}", "  inline: {of: xp, if: has(event.times), times: event.times ?? 1, stacks: true}")
	case strategy == "additive": // 2x and 5x together are 7x
		text += lines("  all: {of: xp, times: " + strings.Join(factors, " + ") + "}")
	default:
		for i, x := range factors {
			text += fmt.Sprintf("  x%d: {of: xp, times: %s, stacks: %t}\n", i, x, strategy == "compound")
		}
	}
	w.publish(text)
	f.feed(w, time.Second, func(e *peerEvent) map[string]any {
		data := valued(e)
		if inline != nil {
			data["times"] = json.Number(inline[1])
		}
		return data
	}, nil)
}

func (f *multipliers) look(w *world, key string, _ any) any {
	if key != "xp" {
		return unknown("expectation", key)
	}
	return w.balance(f.Events[0].member(), "xp").Spendable
}

// daily translates days in a row, with freezes that are bought, or so many missed days forgiven.
type daily struct{ *peerCase }

func newDaily(c *peerCase) peerFamily { return &daily{c} }

func (f *daily) play(w *world) {
	freeze := line(f.find(`[Ff]reeze`) != nil, "    freeze: {hold: 1, cost: {gems: 1}}")
	if m := f.find(`grace of (\d+) day`); m != nil {
		freeze = "    freeze: " + m[1] + " per week"
	}
	w.publish(f.header("value: number", "activity") + lines("points: {gems: {}}", "rules: {gem: {when: activity, give: {gems: 1}}}",
		"streaks:", "  run:", "    when: activity", "    every: day", freeze))
	for _, e := range f.Events {
		at := moment(e.At, time.Second)
		w.reach(at)
		w.join(e.member(), "")
		if e.Type == "freeze" {
			w.accepted(w.send(engine.NewFreeze(e.name(), e.member(), "run")))
			continue
		}
		w.accepted(w.happen(e.name(), e.Type, e.member(), &at, valued(e)))
	}
}

func (f *daily) look(w *world, key string, _ any) any {
	standing := w.progress(f.Events[0].member()).Streaks["run"]
	switch key {
	case "streak", "documented_streak", "sane_streak":
		return standing.Length
	case "archived": // of the runs that are over the longest is kept
		return []int{standing.Longest}
	}
	return unknown("expectation", key)
}

// status translates a tier that falls as soon as it is not met.
type status struct{ *peerCase }

func newStatus(c *peerCase) peerFamily { return &status{c} }

func (f *status) play(w *world) {
	w.publish(f.header("value: number", "xp") + lines("counters: {xp: {when: xp, add: event.value, public: true}}",
		"tiers:", "  tier: {counter: xp, levels: "+ladder(thresholds(f.peerCase))+", falls: to what is kept}"))
	f.feed(w, time.Second, valued, nil)
}

func (f *status) look(w *world, key string, want any) any {
	p := w.progress(f.Events[0].member())
	tier := p.Tiers["tier"]
	switch key {
	case "tier":
		for _, l := range thresholds(f.peerCase) {
			if "l"+strings.ToLower(l[0]) == tier.Level {
				return l[0]
			}
		}
		return nil
	case "xp":
		return p.Counters["xp"]
	case "to_next":
		return tier.Missing
	case "progress_percent": // of the way from the present level to the next
		ladder := w.rules.Tiers[0].Ladder.Levels
		i := slices.IndexFunc(ladder, func(r challenges.Rung) bool { return r.Name == tier.Level })
		from, to := decimal.Decimal(0), ladder[i+1].All[0].At
		if len(ladder[i].All) > 0 { // the lowest level asks for nothing
			from = ladder[i].All[0].At
		}
		return int64(100 * (*tier.Value - from) / (to - from))
	}
	return unknown("expectation", key)
}

// expiring translates points that expire, each grant at its own time, and are spent in between.
type expiring struct{ *peerCase }

func newExpiring(c *peerCase) peerFamily { return &expiring{c} }

func (f *expiring) play(w *world) {
	w.publish(f.header("value: number", "points") + lines("points: {stars: {expire: "+f.find(`after (\d+ days)`)[1]+" after earning}}",
		"rules: {points: {when: points, give: {stars: event.value}}}", "rewards: {spend: {cost: {stars: 1 or more}}}"))
	for _, e := range f.Events {
		at := moment(e.At, time.Second)
		w.reach(at)
		switch e.Type {
		case "points":
			w.join(e.member(), "")
			w.accepted(w.happen(e.name(), e.Type, e.member(), &at, valued(e)))
		case "redeem":
			w.accepted(w.send(engine.NewClaim(e.name(), e.member(), "spend", amountOf(ptr(e.number())))))
			w.accepted(w.send(engine.NewConfirm("", e.name(), 0)))
		case "clock":
		default:
			unknown("event", e.Type)
		}
	}
}

func (f *expiring) look(w *world, key string, _ any) any {
	b := w.balance(f.Events[0].member(), "stars")
	switch key {
	case "balance":
		return b.Spendable
	case "expired":
		return b.Expired
	}
	return unknown("expectation", key)
}

// reached translates badges on points in all.
type reached struct{ *peerCase }

func newThresholds(c *peerCase) peerFamily { return &reached{c} }

func (f *reached) play(w *world) {
	text := f.header("value: number") + lines("points: {green: {}}", "rules: {trip: {when: trip, give: {green: event.value}}}",
		"counters: {green: {earned: green}}", "badges:")
	m := f.find(`badges at (\d+) and (\d+) points`)
	for _, at := range m[1:] {
		text += fmt.Sprintf("  green_%s: {title: %s-point-green, counter: green, levels: {reached: %s}}\n", at, at, at)
	}
	w.publish(text)
	f.feed(w, time.Second, valued, nil)
}

func (f *reached) look(w *world, key string, _ any) any {
	p := w.progress(f.Events[0].member())
	switch key {
	case "points":
		return p.Points["green"].Spendable
	case "badges":
		list := []string{}
		for _, b := range p.Badges {
			list = append(list, b.Title)
		}
		return list
	}
	return unknown("expectation", key)
}

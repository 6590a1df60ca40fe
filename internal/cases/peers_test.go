package cases

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// peerCase is what a test of another engine expects.
type peerCase struct {
	ID       string          `json:"id"`
	Peer     string          `json:"peer"`
	Source   string          `json:"source_file"`
	Area     string          `json:"area"`
	Title    string          `json:"title"`
	Rules    string          `json:"rules_in_words"`
	Rule     json.RawMessage `json:"rule"`
	Events   []*peerEvent    `json:"events"`
	InWords  string          `json:"expected_in_words"`
	Expected map[string]any  `json:"expected"`
	Note     string          `json:"note"`
	Late     bool            `json:"late_events"`
}

// peerEvent is one thing that happens, in the order in which it arrives.
type peerEvent struct {
	Of       any          `json:"member"`
	Type     string       `json:"type"`
	At       any          `json:"at"`
	Value    any          `json:"value"`
	N        int          `json:"n"`
	Team     any          `json:"team"`
	Subscore *json.Number `json:"subscore"`
	TTL      int          `json:"ttl_s"`
	Boards   []string     `json:"boards"`
	Groups   []string     `json:"groups"`
	Season   int          `json:"season"`
	Key      string       `json:"key"`
	Board    string       `json:"board"`
	Batch    int          `json:"batch"`
	Zone     string       `json:"tz"`

	index int              // its place, from 1
	day   calendar.Instant // where the language counts days, the one that this event has for itself
}

func (e *peerEvent) member() string { return fmt.Sprint(e.Of) }

// number is the event's value; 1 where it has none.
func (e *peerEvent) number() json.Number {
	if n, ok := e.Value.(json.Number); ok {
		return n
	}
	return "1"
}

// eventName is the event's type as the language writes names.
func eventName(peerType string) string {
	return strings.NewReplacer(".", "_", "-", "_").Replace(peerType)
}

// peerFamily translates one case.
type peerFamily interface {
	// play publishes a ruleset and lets everything happen.
	play(w *world)
	// look is what is true afterwards of something that is expected.
	look(w *world, key string, want any) any
}

func (c *peerCase) id() string { return c.ID }

func (c *peerCase) words() string {
	return c.Rules + "\n" + c.InWords + line(c.Note != "", "\nnote: %s", c.Note)
}

// kinds are the translators of cases that have a rule as data, by its kind.
var kinds = map[string]func(c *peerCase) peerFamily{
	"periodicAccumulation":       newBuckets,
	"periodicOccurrences":        newBuckets,
	"periodicAccumulationStreak": newBucketRuns,
	"periodicOccurrencesStreak":  newBucketRuns,
	"streak":                     newInARow,
	"timeBoundedStreak":          newWithin,
	"conditional":                newConditional,
	"firstEvent":                 newFirst,
	"points":                     newPointsRule,
	"milestone":                  newMilestone,
	"rating":                     newRating,
	"challenge":                  newWinners,
}

// areas are the translators of the other cases, by what their area begins with; the longest name that fits is taken.
var areas = map[string]func(c *peerCase) peerFamily{
	"leaderboard/":                 newRanking,
	"leaderboard/my ranks":         newPeriods,
	"leaderboard/order and offset": newTeamBoard,
	"leaderboard/season":           newSeasons,
	"leaderboard/by group":         newGroupBoard,
	"achievement":                  newAchievement,
	"counters":                     newKeyed,
	"levels":                       newLevels,
	"challenges":                   newPointsChallenge,
	"challenge winners":            newRankedWinners,
	"promotions/multipliers":       newMultipliers,
	"streak/":                      newDaily,
	"tiers":                        newStatus,
	"points expiry":                newExpiring,
	"challenge states":             newStates,
	"week across DST":              newWeeks,
	"points per custom period":     newInstances,
	"season schedule":              newSchedules,
	"badge by points threshold":    newThresholds,
	"badge/periodic streak":        newBadgeRuns,
	"badge/streak":                 newBadgeRuns,
	"milestone levels":             newRunningTotal,
	"points/":                      newPeriods,
	"ratings":                      newLatest,
	"period keys":                  newPeriodKeys,
	"seasonal window":              newSeasonalWindow,
	"definition parsing":           newDurations,
}

func (c *peerCase) run(world func() *world, differs func(format string, args ...any)) {
	for i, e := range c.Events {
		e.index = i + 1
	}
	f, w := c.family(), world()
	f.play(w)
	w.resume()
	var expected []expectation
	for _, key := range sortedKeys(c.Expected) {
		if c.counts(key) {
			expected = append(expected, expectation{key, c.Expected[key]})
		}
	}
	compare(expected, func(key string, want any) any { return f.look(w, key, want) }, differs, "")
}

func (c *peerCase) family() peerFamily {
	if c.Rule != nil {
		var rule struct {
			Kind string `json:"kind"`
		}
		must(json.Unmarshal(c.Rule, &rule))
		if build := kinds[rule.Kind]; build != nil {
			return build(c)
		}
		cannot("there is no translator for rules of kind %s", rule.Kind)
	}
	found := ""
	for name := range areas {
		if strings.HasPrefix(c.Area, name) && len(name) > len(found) {
			found = name
		}
	}
	if found == "" {
		cannot("there is no translator for the area %s", c.Area)
	}
	return areas[found](c)
}

// counts reports whether a key is an expectation. What the other engine itself gives, where it is known to be wrong, and what
// it gave on the way to a final state are none: the final state is that of all events in the order of their times.
func (c *peerCase) counts(key string) bool {
	switch key {
	case "note", "oasis_gives", "equals_batch_recompute", "removals":
		return false
	case "awards":
		return !has(c.Expected, "removals")
	}
	return !strings.HasPrefix(key, "peer_")
}

// decode reads a rule that is there as data, of which a translator has to know everything.
func (c *peerCase) decode(into any) {
	if err := strict(c.Rule, into); err != nil {
		cannot("the rule is not understood: %v", err)
	}
}

// beginning is when small numbers of time count from: a Monday, the first day of a month and a year.
var beginning, _ = calendar.ParseInstant("2024-01-01T00:00:00Z")

// moment is an event's time. Small numbers are units from the beginning, large ones milliseconds since 1970.
func moment(at any, unit time.Duration) calendar.Instant {
	switch at := at.(type) {
	case json.Number:
		n, err := at.Int64()
		must(err)
		if n > 1e11 {
			return calendar.FromTime(time.UnixMilli(n))
		}
		return beginning.Add(time.Duration(n) * unit)
	case string:
		if i, err := calendar.ParseInstant(at); err == nil {
			return i
		}
	}
	cannot("%v is no time", at)
	return 0
}

// feed sends the events, each arriving as soon as it can: at its own time, or late when a later one came before it. data is
// what an event carries; nil leaves it out. after looks at the answer of each.
func (c *peerCase) feed(w *world, unit time.Duration, data func(e *peerEvent) map[string]any, after func(e *peerEvent, a *answer)) {
	taken := map[int]int{}
	for _, e := range c.Events {
		fields := data(e)
		if fields == nil {
			continue
		}
		at := moment(e.At, unit)
		w.reach(at)
		w.join(e.member(), e.Zone)
		if a := c.corrects(w, e, unit, data, taken); a != nil {
			if after != nil {
				after(e, a)
			}
			continue
		}
		a := w.happen(e.name(), eventName(e.Type), e.member(), &at, fields)
		w.accepted(a)
		if after != nil {
			after(e, a)
		}
	}
}

// corrects takes back, where a case's lengths of time are days, what an event with a negative value takes from its day: in the
// language it is a reversal that revokes, so the events of that day are amended, the last ones first. taken is what was taken
// from each event before. It returns nil for any other event.
func (c *peerCase) corrects(w *world, e *peerEvent, unit time.Duration, data func(e *peerEvent) map[string]any, taken map[int]int) *answer {
	if !has(c.Expected, "removals") || !strings.HasPrefix(e.number().String(), "-") {
		return nil
	}
	all := &answer{id: e.name()}
	day := func(e *peerEvent) calendar.Date { return plain.Zone.Date(moment(e.At, unit)) }
	left := -number(e.number())
	for _, of := range slices.Backward(c.Events[:e.index-1]) {
		n := min(left, number(of.number())-taken[of.index])
		if n <= 0 || of.Type != e.Type || of.Of != e.Of || day(of) != day(e) {
			continue
		}
		taken[of.index] += n
		left -= n
		kept := *of
		kept.Value = json.Number(strconv.Itoa(number(of.number()) - taken[of.index]))
		a := w.send(engine.NewAmend(of.name(), []byte(written(data(&kept)))))
		w.accepted(a)
		all.records = append(all.records, a.records...)
	}
	if left > 0 {
		cannot("%s takes %d more from its day than there was", e.name(), left)
	}
	return all
}

// name is an event's id. Events of one instant are in the order of their ids.
func (e *peerEvent) name() string { return fmt.Sprintf("event/%06d", e.index) }

// valued is the data of events that carry a number.
func valued(e *peerEvent) map[string]any { return map[string]any{"value": e.number()} }

// header begins a ruleset that knows every type of event of a case, each with the fields given.
func (c *peerCase) header(fields string, more ...string) string {
	names := slices.Clone(more)
	for _, e := range c.Events {
		names = append(names, eventName(e.Type))
	}
	slices.Sort(names)
	text := lines("program: worked_case", "late: 20 years", "events:")
	for _, name := range slices.Compact(names) {
		text += "  " + name + ": {" + fields + "}\n"
	}
	return text
}

// words of numbers in prose, which is where most of these cases have their settings.
func (c *peerCase) find(pattern string) []string {
	return regexp.MustCompile(pattern).FindStringSubmatch(c.Rules + " | " + c.InWords)
}

// condition writes a condition on e.value, as rules have it, in the language.
func condition(text string) string {
	return regexp.MustCompile(`\b(?:e\.)?value\b`).ReplaceAllString(text, "event.value")
}

// pair puts what came in the order of what is wanted, each with the first one that agrees, so that lists compare as sets.
func pair(want any, came []map[string]any) []any {
	wanted, _ := normal(want).([]any)
	rest, out := slices.Clone(came), []any{}
	for _, x := range wanted {
		if i := slices.IndexFunc(rest, func(row map[string]any) bool { return agrees(x, normal(row)) }); i >= 0 {
			out = append(out, rest[i])
			rest = slices.Delete(rest, i, i+1)
		}
	}
	for _, row := range rest {
		out = append(out, row)
	}
	return out
}

// rewards are the ranks of badges that an answer gave, as rewards, which can be held several times.
func rewards(a *answer) (list []engine.Effect) {
	for _, e := range a.effects("") {
		if e.Kind == engine.RewardEffect && !e.Revoked {
			list = append(list, e)
		}
	}
	return list
}

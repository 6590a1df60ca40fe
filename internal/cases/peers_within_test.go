package cases

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// within translates some events within a time of each other: levels on a rolling count. The time is that of the first one
// and the last one included, so the count looks back one unit more.
type within struct {
	given
	*peerCase
	rule struct {
		Kind        string  `json:"kind"`
		Event       string  `json:"event"`
		Condition   string  `json:"condition"`
		Streaks     []award `json:"streaks"`
		Within      string  `json:"within"`
		Consecutive bool    `json:"consecutive"`
	}
}

func newWithin(c *peerCase) peerFamily {
	f := &within{peerCase: c}
	c.decode(&f.rule)
	if f.rule.Consecutive && f.interrupted() {
		cannot("the language has no events in a row: a streak counts periods of the calendar")
	}
	return f
}

// interrupted reports whether an event that does not count lies between two that do. Where none does, those that count are in
// a row, however many there are.
func (f *within) interrupted() bool {
	list := slices.DeleteFunc(slices.Clone(f.Events), func(e *peerEvent) bool { return e.Type != f.rule.Event })
	slices.SortFunc(list, func(a, b *peerEvent) int { return int(moment(a.At, time.Minute) - moment(b.At, time.Minute)) })
	counts := func(e *peerEvent) bool { return number(e.number()) >= f.least() }
	for len(list) > 0 && !counts(list[0]) {
		list = list[1:]
	}
	for len(list) > 0 && !counts(list[len(list)-1]) {
		list = list[:len(list)-1]
	}
	return slices.ContainsFunc(list, func(e *peerEvent) bool { return !counts(e) })
}

func (f *within) look(w *world, key string, want any) any { return f.given.look(w, key, want) }

func (f *within) play(w *world) {
	r := &f.rule
	var length int
	if !scans(r.Within, "%d millis", &length) {
		cannot("a time of %s is not understood", r.Within)
	}
	text := f.header("value: number", eventName(r.Event)) + lines("counters:",
		fmt.Sprintf("  recent: {when: %s, if: %s, last: %d minutes}", eventName(r.Event), condition(r.Condition), length+1), "badges:")
	for _, s := range r.Streaks {
		text += fmt.Sprintf("  rank_%d: {counter: recent, levels: {reached: %d}}\n", s.Rank, s.at())
	}
	w.publish(text)
	f.feed(w, time.Minute, valued, nil)
	for _, s := range r.Streaks {
		for _, b := range w.member(f.Events[0].member()).Badges {
			if b.ID == fmt.Sprintf("rank_%d", s.Rank) {
				f.rows = append(f.rows, map[string]any{"streak": s.at(), "badge_rank": s.Rank, "to_at": f.timeOf(b.At), "from_at": f.back(b.At, length)})
			}
		}
	}
}

// timeOf is a case's number for an instant.
func (f *within) timeOf(at calendar.Instant) any {
	for _, e := range f.Events {
		if moment(e.At, time.Minute) == at {
			return e.At
		}
	}
	return at
}

// back is the time of the first event that counted towards a badge: the earliest that the counter looked back at.
func (f *within) back(at calendar.Instant, length int) any {
	var first any
	for _, e := range f.Events {
		t := moment(e.At, time.Minute)
		counted := e.Type == f.rule.Event && !score(amountOf(ptr(e.number()))).less(f.least())
		if counted && t <= at && t >= at.Add(-time.Duration(length)*time.Minute) && (first == nil || number(e.At.(json.Number)) < first.(int)) {
			first = number(e.At.(json.Number))
		}
	}
	return first
}

// least is the value from which an event counts.
func (f *within) least() int {
	var n int
	if !scans(strings.TrimPrefix(f.rule.Condition, "e."), "value >= %d", &n) {
		cannot("the condition %s is not understood", f.rule.Condition)
	}
	return n
}

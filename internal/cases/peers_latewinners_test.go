package cases

import (
	"fmt"
	"slices"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// lateWinners translates a challenge whose winners are found when it is over, by the times of their events: a board on which
// everyone who qualified has the same score, so that who had it first is first, and whose season pays the first so many.
type lateWinners struct {
	*winners
	paid []map[string]any // the winners, once the season is closed
}

func newLateWinners(f *winners) peerFamily {
	if slices.Contains(f.rule.Flags, "REPEATABLE_WINNERS") {
		cannot("a member is on a board once, and prizes are fixed: nobody wins several times, each time another amount")
	}
	return &lateWinners{winners: f}
}

func (f *lateWinners) play(w *world) {
	r := &f.rule
	when, during := eventName(r.Event), ""
	if r.Expire > 0 {
		during, _ = f.window()
		during = "    during: " + during
	}
	w.publish(f.header("value: number, team: integer", when) + lines("points: {stars: {}}", "badges: {winner: {}}", "counters:",
		"  qualified:", "    when: "+when, "    if: "+condition(r.Filter)+f.scope(), "    highest: 1", "    every: year", during,
		"leaderboards:", "  race:", "    counter: qualified", "    closes: 1 day", "    prizes:",
		fmt.Sprintf("      - {ranks: 1-%d, give: {badge: winner%s}}", r.Count, line(r.Points != nil, ", stars: %v", r.Points))))
	f.feed(w, 24*time.Hour, func(e *peerEvent) map[string]any { return map[string]any{"value": e.number(), "team": e.Team} }, nil)
}

// candidates are those who would win if the season closed now.
func (f *lateWinners) candidates(w *world) (list []map[string]any) {
	for _, r := range w.rows("race", "", moment(f.Events[0].At, 24*time.Hour)) {
		if int(r.Rank) > f.rule.Count {
			break
		}
		i := slices.IndexFunc(f.Events, func(e *peerEvent) bool {
			return e.member() == r.Member && moment(e.At, 24*time.Hour) == r.Reached
		})
		list = append(list, map[string]any{"position": r.Rank, "member": f.Events[i].Of, "event_index": i + 1})
	}
	return list
}

func (f *lateWinners) look(w *world, key string, want any) any {
	switch key {
	case "after_challenge_over_event":
		return len(f.won(w)) > 0
	case "candidates_in_order":
		list := []any{}
		for _, c := range f.candidates(w) {
			list = append(list, c["member"])
		}
		return list
	case "winners":
		return pair(want, f.won(w))
	}
	return f.winners.look(w, key, want)
}

// won closes the season, and returns the winners with what each has then.
func (f *lateWinners) won(w *world) []map[string]any {
	if f.paid != nil {
		return f.paid
	}
	f.paid = f.candidates(w)
	b, cal := w.rules.Leaderboard("race"), w.rules.Calendar
	w.closeSeasons(w.rules.SeasonCloses(b, cal.Key(calendar.Year, w.now)))
	for _, c := range f.paid {
		c["points"] = w.balance(fmt.Sprint(c["member"]), "stars").Spendable
	}
	return f.paid
}

package engine_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// What was committed and answered is let go: outcomes are made in pieces, and no piece keeps another one, be it with effects, ranks,
// entries, causes or uses.
func TestOutcomesAreLetGo(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}, gems: {}}
rules:
  buy: {when: buy, give: {stars: event.amount}, limit: 100000 per day}
  much: {when: buy, if: event.amount > 4, give: {gems: 1}} # so that pieces end where others do not
counters: {spent: {when: buy, add: event.amount}}
challenges: {often: {when: buy, goal: 3, again: true, give: {stars: 1}}}
leaderboards: {spenders: {counter: spent}}
`)
	var answered []weak.Pointer[engine.Outcome]
	for i := range 5000 {
		out := w.after(time.Second).send(fmt.Sprint("m", i%50), "buy", "amount", i%7+1)
		if i < 4000 {
			answered = append(answered, weak.Make(out))
		}
		if i%100 == 99 {
			w.commit(i%1000 == 999)
		}
	}
	runtime.GC()
	kept := 0
	for _, out := range answered {
		if out.Value() != nil {
			kept++
		}
	}
	require.Less(t, kept, 200, "of %d outcomes that were answered long ago", len(answered))
}

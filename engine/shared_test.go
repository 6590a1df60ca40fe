package engine_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
)

// A ruleset does not change once it stands among its versions: processors that share a list of them may be made and work at the
// same time. The race detector is the judge, and all of them answer alike.
func TestProcessorsShareVersions(t *testing.T) {
	const text = `
timezone: Europe/Berlin
clock: member
events: {buy: {amount: number}}
points: {stars: {expire: 3 days after earning}}
counters: {spent: {when: buy, add: event.amount, every: day}}
rules:
  buy: {when: buy, if: event.amount > 1, give: {stars: event.amount * 2}, limit: 100 stars per day}
  daily: {when: 1 day after last buy, give: {stars: 1}}
streaks: {days: {when: buy, every: day, goals: [{at: 2, give: {stars: 1}}]}}
challenges: {dash: {when: buy, add: event.amount, goals: [{at: %d, give: {stars: 5}}]}}
badges: {buyer: {counter: spent, levels: {one: 5}}}
tiers: {club: {earned: stars, levels: {member: 0, gold: 50}}}
leaderboards: {day: {counter: spent}}
`
	start := calendar.Instant(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC).UnixMicro())
	day := func(n int) calendar.Instant {
		return start + calendar.Instant(time.Duration(n)*24*time.Hour/time.Microsecond)
	}
	versions := []engine.Version{
		{Number: 1, From: calendar.Beginning, Rules: compile(t, fmt.Sprintf(text, 50))},
		{Number: 2, From: day(3), Rules: compile(t, fmt.Sprintf(text, 20))},
		{Number: 3, From: day(6), Rules: compile(t, fmt.Sprintf(text, 10))},
	}
	const processors = 4
	var answers [processors]string
	var all sync.WaitGroup
	for n := range processors {
		all.Go(func() {
			p, err := engine.NewProcessor(engine.NewMemory(), versions, leaderboards.NewMemory())
			if !assert.NoError(t, err) {
				return
			}
			for i := range 60 {
				at := day(i / 6)
				out, refusal, err := p.Process(&event.Event{ID: fmt.Sprint(i), Type: "buy", Member: fmt.Sprint("m", i%3), Time: at, Arrived: at,
					Data: []byte(fmt.Sprintf(`{"amount":%d}`, i%7))})
				if !assert.NoError(t, err) || !assert.Nil(t, refusal) {
					return
				}
				p.ShowRanks()
				answers[n] += string(engine.AppendAnswer(nil, out)) + "\n"
			}
		})
	}
	all.Wait()
	for _, a := range answers {
		assert.NotEmpty(t, a)
		assert.Equal(t, answers[0], a)
	}
}

package engine_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

// counting is a store that counts what is read of it: at once, and one by one.
type counting struct {
	*engine.Memory
	loads int
	reads []string
}

func (c *counting) Load(l *engine.Lookup) error {
	if len(l.IDs)+len(l.Keys) > 0 {
		c.loads++
	}
	return engine.Load(c.Memory, l)
}

func (c *counting) Get(key string) ([]byte, error) {
	c.reads = append(c.reads, key)
	return c.Memory.Get(key)
}

func (c *counting) Seq(id string) (uint64, error) {
	c.reads = append(c.reads, "id "+id)
	return c.Memory.Seq(id)
}

func (c *counting) Record(seq uint64) ([]byte, error) {
	c.reads = append(c.reads, fmt.Sprint("record ", seq))
	return c.Memory.Record(seq)
}

func (c *counting) Scan(prefix, after string, yield func(string, []byte) bool) error {
	c.reads = append(c.reads, "scan "+prefix)
	return c.Memory.Scan(prefix, after, yield)
}

// askingMuch is a ruleset that asks for members, groups and shared limits of all kinds.
const askingMuch = `
member: {team: text, "friend?": member}
events:
  buy: {amount: number, order: text, lesson: text, "to?": member}
points: {stars: {}}
rules:
  earn:
    when: buy
    give: {stars: event.amount}
    limit: [1 ever by everyone and event.order, 5 per day by member and event.lesson, 100000 stars per day by everyone]
  share: {when: buy, if: has(event.to), give: {stars: 1}, to: event.to}
  refer: {when: buy, if: has(member.friend), give: {stars: 2}, to: member.friend}
counters:
  of_teams: {when: buy, by: member.team}
  of_all: {when: buy, add: event.amount, by: everyone}
challenges:
  together: {when: buy, by: member.team, goal: 1000000, give: {stars: 1}}
`

// TestReadsOfASteadyEvent holds that nothing is read of the store while events are decided of which all could be foreseen, and how
// often it is read beforehand.
func TestReadsOfASteadyEvent(t *testing.T) {
	w := program(t, askingMuch)
	c := &counting{Memory: w.store}
	open := func() {
		var err error
		w.p, err = engine.NewProcessor(c, w.versions, w.boards)
		require.NoError(t, err)
	}
	open()
	const members, teams, wave = 128, 4, 64
	for m := range members {
		w.put(fmt.Sprint("m", m), engine.Profile{Fields: map[string]json.RawMessage{
			"team": fmt.Appendf(nil, `"t%d"`, m%teams), "friend": fmt.Appendf(nil, `"m%d"`, (m+1)%members)}})
	}
	n := 0
	waves := func(count int) {
		for range count {
			var events []*event.Event
			for i := range wave {
				n++
				events = append(events, w.after(time.Second).event(fmt.Sprint("m", n%members), "buy", "amount", i+1, "order", fmt.Sprint("o", n), "lesson", "l1",
					"to", fmt.Sprint("m", (n+7)%members)))
			}
			var r engine.Reads
			w.p.Foresee(&r, events)
			for more := true; more; more = w.p.ForeseeMore(&r) {
				require.NoError(t, r.Load(c))
			}
			w.p.Use(&r)
			for _, e := range events {
				_, refusal, err := w.p.Process(e)
				require.NoError(t, err)
				require.Nil(t, refusal)
			}
			w.p.Use(nil)
			w.commit(false)
		}
	}
	waves(members / wave) // everybody is known then
	c.loads, c.reads = 0, nil
	waves(50)
	require.Empty(t, c.reads, "what is asked while events are decided")
	perEvent := float64(c.loads) / (50 * wave)
	t.Logf("%.4f reads an event", perEvent)
	require.LessOrEqual(t, perEvent, 0.02)

	w.commit(true) // and after a restart, when nobody is at hand
	open()
	c.loads, c.reads = 0, nil
	waves(members / wave)
	require.LessOrEqual(t, c.loads, 2*members/wave)
	for _, read := range c.reads { // friends of friends, who are looked at for circles
		require.Contains(t, read, "s/m/m")
	}
	require.LessOrEqual(t, len(c.reads), 10)
}

// TestAnIdOnItsWay holds that an event is known while its batch is on its way to the store, whenever it arrives there.
func TestAnIdOnItsWay(t *testing.T) {
	w := program(t, "events: {buy: {}}\npoints: {stars: {}}\nrules: {earn: {when: buy, give: {stars: 1}}}")
	for _, arrives := range []string{"before it is foreseen", "before it is read", "before it is decided", "later"} {
		e := w.event("ann", "buy")
		w.accept(e)
		b := w.p.Take(true)
		commit := func(when string) {
			if arrives == when {
				b.Complete()
				require.NoError(t, w.store.Commit(b))
				w.p.Committed(b)
			}
		}
		again := *e
		var r engine.Reads
		commit("before it is foreseen")
		w.p.Foresee(&r, []*event.Event{&again})
		commit("before it is read")
		require.NoError(t, r.Load(w.store))
		commit("before it is decided")
		w.p.Use(&r)
		out, refusal, err := w.p.Process(&again)
		w.p.Use(nil)
		require.NoError(t, err)
		require.Nil(t, refusal)
		require.True(t, out.Duplicate, arrives)
		commit("later")
	}
}

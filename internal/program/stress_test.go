package program_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/program"
)

// Those who send one event are answered while a request of many is decided.
func TestALongRequestLetsOthersPass(t *testing.T) {
	store := &gated{Store: engine.NewMemory(), started: make(chan struct{}), gate: make(chan struct{})}
	p, _ := open(t, store)
	const many = 10_000
	long := make([]*event.Event, many)
	for i := range long {
		long[i] = newEvent(fmt.Sprint("e", i), "ann", "buy")
	}
	answered := make(chan []program.Result, 2)
	submit := func(events ...*event.Event) {
		results, err := p.Submit(events...)
		assert.NoError(t, err)
		answered <- results
	}
	go submit(long...)
	<-store.started // its first batch is being committed, and the next one fills up
	go submit(newEvent("single", "bob", "buy"))
	go func() {
		for range store.started {
		}
	}()
	close(store.gate)
	single := <-answered
	require.Len(t, single, 1, "the single event is answered before the long request")
	require.Len(t, <-answered, many)
	require.NoError(t, p.Close())
	close(store.started)
}

// busy is the shop with all that a member's state is made of.
var busy = strings.NewReplacer("10 days after earning", "[10 days after earning, 20 days after last buy]", "challenges:", `
streaks: {daily: {when: go, every: day, goals: [{at: 1, give: {capped: 1}}]}}
tiers: {club: {counter: visits, levels: {new: 0, known: 3}}}
badges: {regular: {counter: visits, levels: {some: 2, many: 5}}}
challenges:`).Replace(shop)

// What callers do at once to the same members comes out as if one had done it after the other: the journal replays to the same states.
func TestManyAtOnce(t *testing.T) {
	store := engine.NewMemory()
	p, _ := openWith(t, store, busy)
	var all sync.WaitGroup
	each := func(n int, do func(i int) error) {
		all.Go(func() {
			for i := range n {
				if !assert.NoError(t, do(i)) {
					return
				}
			}
		})
	}
	hot := func(i int) string { return fmt.Sprint("hot", i%2) }
	for caller := range 4 {
		each(300, func(i int) error {
			_, err := p.Submit(newEvent(fmt.Sprint("single", caller, "-", i), hot(i), "buy"))
			return err
		})
	}
	for caller := range 2 {
		each(10, func(i int) error {
			events := make([]*event.Event, 200)
			for k := range events {
				events[k] = newEvent(fmt.Sprint("bulk", caller, "-", i, "-", k), fmt.Sprint("m", (i*200+k)%700), []string{"buy", "go"}[k%2])
			}
			_, err := p.Submit(events...)
			return err
		})
	}
	each(100, func(i int) error {
		_, _, _, err := p.Progress(hot(i), "")
		return err
	})
	each(100, func(i int) error {
		_, err := p.DryRun(newEvent(fmt.Sprint("dry", i), hot(i), "buy"), &engine.Trace{})
		return err
	})
	each(50, func(i int) error {
		_, err := p.Explain(fmt.Sprint("single0-", i))
		return err
	})
	each(50, func(int) error {
		_, err := p.Due(p.Now(), 100)
		return err
	})
	each(50, func(i int) error {
		r, err := p.Ranking(program.RankingName{Board: "visits"})
		if err != nil {
			return err
		}
		_, err = r.Page(context.Background(), 1, 10)
		return err
	})
	each(20, func(i int) error {
		_, err := p.Submit(engine.NewErasure(fmt.Sprint("m", i)))
		return err
	})
	each(10, func(int) error { return p.Flush() })
	versions := []engine.Version{{Number: 1, From: calendar.Beginning, Rules: compile(t, busy)}}
	for i := range 4 { // events that were decoded by the version before are decoded again
		text := strings.Replace(busy, "rules:", fmt.Sprintf("rules:\n  extra%d: {when: buy, give: {stars: %d}}", i, i+1), 1)
		if i%2 == 0 {
			text = strings.Replace(text, "buy: {}", `buy: {"note?": text}`, 1)
		}
		versions = append(versions, engine.Version{Number: i + 2, From: p.Now(), Rules: compile(t, text)})
	}
	all.Go(func() {
		for i, v := range versions[1:] {
			_ = p.Wait(uint64(i) * 500) // some events later
			p.Activate(v)
		}
	})
	all.Wait()
	require.NoError(t, p.Failed())
	require.NoError(t, p.Close())
	report, err := engine.Replay(store, versions)
	require.NoError(t, err)
	require.Empty(t, report.Differs)
	require.Equal(t, report.Stored, report.Hash)
}

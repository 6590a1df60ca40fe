package program_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

const shop = `
program: shop
events: {buy: {}, go: {}}
points: {stars: {expire: 10 days after earning}, capped: {}}
member: {team?: text}
rules:
  buy: {when: buy, give: {stars: 10}}
  budget: {when: buy, give: {capped: 7}, limit: 1000 capped ever by everyone}
challenges:
  team: {when: go, by: member.team, goal: 100, give: {stars: 1}}
counters: {visits: {when: go}}
leaderboards: {visits: {counter: visits}}
`

func compile(t testing.TB, text string) *engine.Ruleset {
	t.Helper()
	p, diagnostics := rulesets.Parse("ruleset.yaml", []byte(text))
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	return p.Ruleset
}

// clock is a clock that tests move.
type clock struct{ now atomic.Int64 }

func (c *clock) Now() calendar.Instant     { return calendar.Instant(c.now.Load()) }
func (c *clock) after(d time.Duration)     { c.now.Store(int64(c.Now().Add(d))) }
func (c *clock) set(i calendar.Instant)    { c.now.Store(int64(i)) }
func (c *clock) at(t *testing.T, s string) { c.set(moment(t, s)) }

func moment(t testing.TB, s string) calendar.Instant {
	t.Helper()
	i, err := calendar.ParseInstant(s)
	require.NoError(t, err)
	return i
}

// open starts the shop over a store, at noon on the first of May.
func open(t testing.TB, store engine.Store) (*program.Program, *clock) {
	t.Helper()
	return openWith(t, store, shop)
}

func openWith(t testing.TB, store engine.Store, text string) (*program.Program, *clock) {
	t.Helper()
	c := &clock{}
	c.set(moment(t, "2026-05-01T12:00:00Z"))
	boards := leaderboards.NewMemory()
	p, err := program.Open(program.Options{Store: store, Boards: boards, Ranks: boards, Now: c.Now,
		Versions: []engine.Version{{Number: 1, From: calendar.Beginning, Rules: compile(t, text)}}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() }) // a program that failed tells why again
	return p, c
}

func newEvent(id, member, kind string) *event.Event {
	return &event.Event{ID: id, Type: kind, Member: member, Data: []byte("{}")}
}

// stores are those that a program runs on.
func stores(t *testing.T, run func(t *testing.T, store engine.Store)) {
	t.Run("memory", func(t *testing.T) { run(t, engine.NewMemory()) })
	t.Run("pebble", func(t *testing.T) {
		db, err := pebblestore.Open(t.TempDir(), pebblestore.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		store, err := db.Program("shop")
		require.NoError(t, err)
		run(t, store)
	})
}

func TestABudgetIsNeverExceededHoweverManyAskAtOnce(t *testing.T) {
	stores(t, func(t *testing.T, store engine.Store) {
		p, _ := open(t, store)
		var given, duplicates atomic.Int64
		var all sync.WaitGroup
		for g := range 64 {
			all.Go(func() {
				for i := range 8 {
					id := fmt.Sprintf("e%d", (g*8+i)/2) // each id is sent twice, by neighbours
					results, err := p.Submit(newEvent(id, fmt.Sprint("m", (g*8+i)/2%50), "buy"))
					if err != nil || results[0].Refusal != nil {
						t.Errorf("%s: %v %v", id, err, results[0].Refusal)
						return
					}
					if results[0].Outcome.Duplicate {
						duplicates.Add(1)
						continue
					}
					for _, e := range results[0].Outcome.Effects {
						if e.ID == "capped" {
							given.Add(int64(e.Amount / 1_000_000))
						}
					}
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1000, given.Load())
		require.EqualValues(t, 256, duplicates.Load())
		var issued int64
		for i := range 50 {
			progress, found, err := p.ProgressAt(fmt.Sprint("m", i), p.Now())
			require.NoError(t, err)
			require.True(t, found)
			issued += int64(progress.Points["capped"].Issued / 1_000_000)
		}
		require.EqualValues(t, 1000, issued)
		require.EqualValues(t, 256, p.Durable())
	})
}

// faulty is a store whose n-th commit fails.
type faulty struct {
	engine.Store
	left atomic.Int64
}

var errDisk = errors.New("the disk is gone")

func (f *faulty) Commit(b *engine.Batch) error {
	if f.left.Add(-1) < 0 {
		return errDisk
	}
	return f.Store.Commit(b)
}

func TestAStoreThatFailsStopsAcknowledgements(t *testing.T) {
	for n := range int64(4) {
		store := &faulty{Store: engine.NewMemory()}
		store.left.Store(n)
		p, _ := open(t, store)
		for i := range n {
			_, err := p.Submit(newEvent(fmt.Sprint("e", i), "ann", "buy"))
			require.NoError(t, err)
		}
		_, err := p.Submit(newEvent("lost", "ann", "buy"))
		require.ErrorIs(t, err, program.ErrStopped)
		<-p.Done()
		require.ErrorIs(t, p.Failed(), errDisk)
		_, err = p.Submit(newEvent("later", "ann", "buy"))
		require.ErrorIs(t, err, program.ErrStopped)
		require.ErrorIs(t, p.Put(engine.Row{Key: "c/x"}), program.ErrStopped)
		_, _, _, err = p.Progress("ann", "")
		require.ErrorIs(t, err, program.ErrStopped, "what was decided and lost is not shown")
		_, _, err = p.Member("ann")
		require.ErrorIs(t, err, program.ErrStopped)
		require.ErrorIs(t, p.Settled(), program.ErrStopped)
		require.ErrorIs(t, p.Close(), errDisk)
		last, _ := store.Head()
		require.EqualValues(t, n, last)
	}
}

// TestAProgramThatIsTakenOverStops holds that who has lost a program acknowledges nothing more of it, and that the one who has it now
// takes the events that were not.
func TestAProgramThatIsTakenOverStops(t *testing.T) {
	first := enginetest.NewFenced()
	p, _ := open(t, first)
	submit(t, p, "e1", "ann", "buy", "{}")
	second, _ := open(t, first.TakeOver())
	_, err := p.Submit(newEvent("e2", "ann", "buy"))
	require.ErrorIs(t, err, program.ErrStopped)
	<-p.Done()
	require.ErrorIs(t, p.Failed(), engine.ErrFenced)
	results, err := second.Submit(newEvent("e2", "ann", "buy"), newEvent("e3", "ann", "buy"))
	require.NoError(t, err)
	require.Equal(t, []uint64{2, 3}, []uint64{results[0].Outcome.Seq, results[1].Outcome.Seq})
	require.False(t, results[0].Outcome.Duplicate)
}

// A store that cannot be read stops the program as well.
type unreadable struct {
	engine.Store
	broken  atomic.Bool
	derived bool // only ids that the engine makes are unreadable
}

func (u *unreadable) Seq(id string) (uint64, error) {
	if u.broken.Load() && (!u.derived || strings.HasPrefix(id, "laurel:")) {
		return 0, errDisk
	}
	return u.Store.Seq(id)
}

func TestAStoreThatCannotBeReadStopsTheProgram(t *testing.T) {
	store := &unreadable{Store: engine.NewMemory()}
	p, _ := open(t, store)
	_, err := p.Submit(newEvent("e1", "ann", "buy"))
	require.NoError(t, err)
	store.broken.Store(true)
	_, err = p.Submit(newEvent("e2", "ann", "buy"))
	require.ErrorIs(t, err, program.ErrStopped)
	require.ErrorIs(t, p.Close(), errDisk)
}

// An event whose gift to another member cannot be looked up must not be committed without it.
func TestAnEventIsCommittedWithAllThatItCausesOrNotAtAll(t *testing.T) {
	store := &unreadable{Store: engine.NewMemory(), derived: true}
	p, _ := openWith(t, store, `
program: shop
events: {gift: {to: member}}
points: {stars: {}}
rules: {gift: {when: gift, give: {stars: 5}, to: event.to}}
`)
	submit(t, p, "e1", "bob", "gift", `{"to":"nobody"}`)
	store.broken.Store(true)
	_, err := p.Submit(&event.Event{ID: "e2", Type: "gift", Member: "ann", Data: []byte(`{"to":"bob"}`)})
	require.ErrorIs(t, err, program.ErrStopped)
	require.ErrorIs(t, p.Close(), errDisk)
	last, _ := store.Head()
	require.EqualValues(t, 1, last)
}

func TestCloseWritesACheckpoint(t *testing.T) {
	stores(t, func(t *testing.T, store engine.Store) {
		p, _ := open(t, store)
		for i := range 5 {
			_, err := p.Submit(newEvent(fmt.Sprint("e", i), "ann", "buy"))
			require.NoError(t, err)
		}
		require.NoError(t, p.Close())
		last, mark := store.Head()
		require.Equal(t, []uint64{5, 5}, []uint64{last, mark})
		_, err := p.Submit(newEvent("e9", "ann", "buy"))
		require.ErrorIs(t, err, program.ErrStopped)
		again, _ := open(t, store)
		progress, found, err := again.ProgressAt("ann", again.Now())
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, "50", progress.Points["stars"].Spendable.String())
	})
}

// gated is a store whose commits wait for the test.
type gated struct {
	engine.Store
	started chan struct{}
	gate    chan struct{}
}

func (g *gated) Commit(b *engine.Batch) error {
	g.started <- struct{}{}
	<-g.gate
	return g.Store.Commit(b)
}

func TestCloseWhileCommitsAreWaiting(t *testing.T) {
	store := &gated{Store: engine.NewMemory(), started: make(chan struct{}), gate: make(chan struct{})}
	p, _ := open(t, store)
	answers := make(chan error, 3)
	submit := func(i int) {
		go func() {
			_, err := p.Submit(newEvent(fmt.Sprint("e", i), fmt.Sprint("m", i), "buy"))
			answers <- err
		}()
		for !p.Known(fmt.Sprint("m", i)) {
			runtime.Gosched()
		}
	}
	submit(1)
	<-store.started // the first batch is being committed, a second and a third form meanwhile
	submit(2)
	submit(3)
	store.gate <- struct{}{}
	<-store.started
	closed := make(chan error)
	go func() { closed <- p.Close() }()
	for range 10_000 { // Close wants its checkpoint while the second commit has not ended and the third waits
		runtime.Gosched()
	}
	go func() {
		for range store.started {
			store.gate <- struct{}{}
		}
	}()
	store.gate <- struct{}{}
	require.NoError(t, <-closed)
	close(store.started)
	for range 3 {
		require.NoError(t, <-answers)
	}
	last, mark := store.Head()
	require.Equal(t, []uint64{3, 3}, []uint64{last, mark})
}

func TestAnswersComeInTheOrderOfTheEvents(t *testing.T) {
	p, _ := open(t, engine.NewMemory())
	results, err := p.Submit(newEvent("e1", "ann", "buy"), newEvent("e2", "ann", "nothing"), newEvent("e1", "ann", "buy"))
	require.NoError(t, err)
	require.EqualValues(t, 1, results[0].Outcome.Seq)
	require.Equal(t, engine.CodeUnknownType, results[1].Refusal.Code)
	require.True(t, results[2].Outcome.Duplicate)
}

func TestWaitReturnsWhenAllIsDurable(t *testing.T) {
	store := &gated{Store: engine.NewMemory(), started: make(chan struct{}), gate: make(chan struct{}, 9)}
	p, _ := open(t, store)
	go func() { _, _ = p.Submit(newEvent("e1", "ann", "buy")) }() // its answer is that of Wait
	<-store.started
	require.Zero(t, p.Durable())
	waited := make(chan error)
	go func() { waited <- p.Wait(1) }()
	store.gate <- struct{}{}
	require.NoError(t, <-waited)
	require.EqualValues(t, 1, p.Durable())
	go func() { <-store.started; store.gate <- struct{}{} }()
	require.NoError(t, p.Close())
}

package pebblestore

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets"
)

// shopRules touch every kind of row: states of members and of uses of limits, ledgers, scores, the outbox, what is due.
const shopRules = `
program: shop
title: Shop
currency: EUR
timezone: Europe/Berlin
events:
  purchase:
    order_id: text
    amount: money
points:
  stars:
    title: Stars
    expire:
      - 2 days after earning
rules:
  spend:
    when: purchase
    give:
      stars: event.amount * 2
    limit: 1 ever by event.order_id
  welcome:
    when: joined
    give: {stars: 25}
    limit: 1 ever
counters:
  weekly_orders:
    when: purchase
    every: week
leaderboards:
  orders:
    title: Orders
    counter: weekly_orders
`

var shopVersions = sync.OnceValue(func() []engine.Version {
	program, diagnostics := rulesets.Parse("shop.yaml", []byte(shopRules))
	if diagnostics.HasErrors() {
		panic(diagnostics.Error())
	}
	return []engine.Version{{Number: 1, From: calendar.Beginning, Rules: program.Ruleset}}
})

// purchase is the n-th event of a seed: always the same.
func purchase(seed uint64, n int) *event.Event {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	start, _ := calendar.ParseInstant("2026-03-27T09:00:00+01:00")
	at := start.Add(time.Duration(n) * time.Hour)
	data := fmt.Sprintf(`{"order_id":"o%d","amount":%d.%02d}`, r.IntN(n+1), r.IntN(200), r.IntN(100))
	return &event.Event{ID: fmt.Sprintf("e%d", n), Type: "purchase", Member: fmt.Sprintf("m%d", r.IntN(6)), Time: at, Arrived: at,
		Timed: true, Data: []byte(data)}
}

// shop is a processor over a store under test.
type shop struct {
	t         *testing.T
	store     engine.Store
	processor *engine.Processor
}

func newShop(t *testing.T, s engine.Store) (*shop, error) {
	p, err := engine.NewProcessor(s, shopVersions(), nil)
	return &shop{t: t, store: s, processor: p}, err
}

// commit decides events [from, to) of a seed and commits them. Known ones must come back as duplicates of themselves.
func (s *shop) commit(seed uint64, from, to int, checkpoint bool) error {
	for n := from; n < to; n++ {
		out, refusal, err := s.processor.Process(purchase(seed, n))
		if err != nil {
			return err
		}
		require.Nil(s.t, refusal, "seed %d", seed)
		require.EqualValues(s.t, n+1, out.Seq, "seed %d: an event has one place in the journal", seed)
	}
	b := s.processor.Take(checkpoint)
	b.Complete()
	if err := s.store.Commit(b); err != nil {
		return err
	}
	s.processor.Committed(b)
	return nil
}

// content is everything that a store tells, for comparing stores.
type content struct {
	records map[uint64]string
	ids     map[string]uint64
	rows    map[string]string
}

func contentOf(s engine.Store) (content, error) {
	c := content{records: map[uint64]string{}, ids: map[string]uint64{}, rows: map[string]string{}}
	err := s.Records(1, func(seq uint64, b []byte) bool {
		c.records[seq] = string(b)
		return true
	})
	if err != nil {
		return c, err
	}
	for n := range len(c.records) + 3 { // and some ids that are not there
		id := fmt.Sprintf("e%d", n)
		if c.ids[id], err = s.Seq(id); err != nil {
			return c, err
		}
	}
	err = s.Scan("", "", func(key string, value []byte) bool {
		c.rows[key] = string(value)
		return true
	})
	if err != nil {
		return c, err
	}
	for key, value := range c.rows {
		if got, err := s.Get(key); err != nil || string(got) != value {
			return c, fmt.Errorf("Get(%q) and Scan differ: %w", key, err)
		}
	}
	return c, nil
}

// model is what a store must tell that holds the first n events of a seed, all states written.
func model(t *testing.T, seed uint64, n int) content {
	s, err := newShop(t, engine.NewMemory())
	require.NoError(t, err)
	require.NoError(t, s.commit(seed, 0, n, true))
	c, err := contentOf(s.store)
	require.NoError(t, err)
	return c
}

// smallMemtable makes stores of a test flush and compact.
const smallMemtable = 64 << 10

// smallSegment makes journals of a test begin new segments and seal old ones.
const smallSegment = 4 << 10

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func open(files vfs.FS, memtable uint64) (*DB, *Store, error) { return openPending(files, memtable, 1) }

// openPending opens a store that writes to the state when so many rows wait.
func openPending(files vfs.FS, memtable uint64, pending int) (*DB, *Store, error) {
	db, err := Open("/data", Options{FS: files, CacheBytes: 1 << 20, Logger: slog.New(slog.DiscardHandler), memtable: memtable, segment: smallSegment,
		pending: pending})
	if err != nil {
		return nil, nil, err
	}
	s, err := db.Program("shop")
	return db, s, err
}

package webhook_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/internal/webhook"
)

var (
	crashes   = flag.Int("crashes", 1000, "how many times the deliverer is killed")
	firstSeed = flag.Uint64("seed", 0, "the first seed, 0 for a new one")
)

// crashesALife is how many times one disk crashes.
const crashesALife = 10

// Promise P15: whatever is raised is delivered at least once or dead-lettered, with the same id and body each time, although
// the process is killed again and again, at every point at which it writes or sends, and loses what was not synced.
func TestAtLeastOnceAcrossKills(t *testing.T) {
	seed := *firstSeed
	if seed == 0 {
		seed = rand.Uint64() >> 16
	}
	t.Logf("seeds from %d", seed)
	total := crashed{}
	for i := 0; total.kills < *crashes; i++ {
		total.add(lives(t, seed+uint64(i)))
	}
	t.Logf("%d kills (%d before a send, %d after one, %d before a write, %d after one), %d messages, %d deliveries, %d dead",
		total.kills, total.at[beforeSend], total.at[afterSend], total.at[beforeWrite], total.at[afterWrite], total.messages, total.deliveries, total.dead)
	require.Greater(t, total.deliveries, total.messages, "kills that have nothing sent twice prove nothing")
	for point, n := range total.at {
		require.Positive(t, n, "no kill at point %d", point)
	}
	require.Positive(t, total.dead)
}

// Points at which the process is killed.
const (
	beforeSend = iota
	afterSend
	beforeWrite
	afterWrite
	points
)

// crashed counts what happened.
type crashed struct {
	kills, messages, deliveries, dead int
	at                                [points]int
}

func (c *crashed) add(other crashed) {
	c.kills += other.kills
	c.messages += other.messages
	c.deliveries += other.deliveries
	c.dead += other.dead
	for i := range c.at {
		c.at[i] += other.at[i]
	}
}

// victim is a process that is killed at its n-th dangerous point: the disk is cloned as it would be found then, and whatever
// the process does from then on reaches nobody.
type victim struct {
	*program.Program
	turn  sync.Mutex // one thing happens after another; in which order, goroutines decide and not the seed
	disk  *vfs.MemFS
	r     *rand.Rand
	kind  int        // of the point at which it is killed
	left  int        // how many of these it still passes
	after *vfs.MemFS // nil while it lives
	stop  context.CancelFunc
	count *crashed
}

func (v *victim) point(kind int) {
	if v.after != nil || kind != v.kind {
		return
	}
	if v.left--; v.left != 0 {
		return
	}
	v.count.kills++
	v.count.at[kind]++
	v.after = v.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 50, 100, v.r.IntN(101)}[v.r.IntN(4)], RNG: v.r})
	v.stop()
}

func (v *victim) Put(rows ...engine.Row) error {
	v.turn.Lock()
	defer v.turn.Unlock()
	v.point(beforeWrite)
	if v.after != nil {
		return program.ErrStopped
	}
	err := v.Program.Put(rows...)
	if v.r.IntN(3) == 0 { // what is put stays in memory for a second: then a kill would find nothing of it
		err = errors.Join(err, v.Keep(engine.Row{Key: "filler", Value: []byte{1}}))
	}
	v.point(afterWrite)
	return err
}

// dead reports whether the process was killed.
func (v *victim) dead() bool {
	v.turn.Lock()
	defer v.turn.Unlock()
	return v.after != nil
}

// lives runs a program, its deliverer and two receivers through several kills on one disk, and then until nothing is left.
func lives(t *testing.T, seed uint64) (count crashed) {
	r := rand.New(rand.NewPCG(seed, 0))
	disk, c := vfs.NewCrashableMem(), newClock()
	got := map[string]map[string]string{} // by endpoint, id: body
	var hooks []*webhook.Endpoint
	sent := 0
	for n := 0; n <= crashesALife; n++ {
		last := n == crashesALife
		db, err := pebblestore.Open("/data", pebblestore.Options{FS: disk, Logger: slog.New(slog.DiscardHandler), CacheBytes: 1 << 20})
		require.NoError(t, err, "seed %d", seed)
		store, err := db.Program("shop")
		require.NoError(t, err, "seed %d", seed)
		endpoints, err := webhook.NewEndpoints(db.Settings(), webhook.Guard{}, c.time)
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		v := &victim{Program: openProgram(t, store, c), disk: disk, r: r, kind: r.IntN(points), stop: stop, count: &count}
		v.left = 1 + r.IntN([points]int{60, 60, 8, 8}[v.kind])
		if last {
			v.left = 0
		}
		send := func(_ context.Context, e *webhook.Endpoint, id string, body []byte, _ time.Time) webhook.Result {
			v.turn.Lock()
			defer v.turn.Unlock()
			v.point(beforeSend)
			if v.after != nil {
				return webhook.Result{Error: "cut off"}
			}
			bodies := got[e.ID]
			if known, again := bodies[id]; again {
				require.Equal(t, known, string(body), "seed %d", seed)
			}
			result := webhook.Result{Status: 200}
			switch {
			case e.URL == two && body[len(body)-4]%5 == 0: // never takes some
				result = webhook.Result{Status: 500}
			case !last && r.IntN(4) == 0:
				result = webhook.Result{Status: []int{0, 500}[r.IntN(2)]}
			}
			if result.Delivered() {
				bodies[id] = string(body)
				count.deliveries++
			}
			v.point(afterSend)
			return result
		}
		d := webhook.NewDeliverer("shop", v, endpoints, send, slog.New(slog.DiscardHandler))
		if n == 0 {
			for _, url := range []string{one, two} {
				e, _, err := d.Create(webhook.Change{URL: &url})
				require.NoError(t, err)
				hooks = append(hooks, e)
				got[e.ID] = map[string]string{}
			}
		}
		tick := func() {
			_, err := d.Tick(ctx)
			require.NoError(t, err, "seed %d", seed)
			d.Wait()
		}
		for step := 0; step < 200 && !last && !v.dead(); step++ {
			events := make([]*event.Event, r.IntN(6))
			for i := range events {
				sent++
				events[i] = &event.Event{ID: fmt.Sprintf("e%d", sent), Type: "buy", Member: fmt.Sprintf("m%d", sent), Data: []byte("{}")}
			}
			_, err := v.Submit(events...)
			require.NoError(t, err)
			c.after(time.Duration(r.IntN(int(10 * time.Minute))))
			tick()
		}
		if last {
			for range 24 * 7 {
				c.after(time.Hour)
				tick()
			}
			count.finish(t, seed, d, store, hooks, got)
		}
		_ = v.Close() // of a process that was killed, nothing that this does is seen by anybody
		_ = db.Close()
		stop()
		if disk = v.after; disk == nil && !last {
			t.Fatalf("seed %d: nothing was killed", seed)
		}
	}
	return count
}

// finish compares what receivers have with what the journal says was raised.
func (c *crashed) finish(t *testing.T, seed uint64, d *webhook.Deliverer, store engine.Store, hooks []*webhook.Endpoint, got map[string]map[string]string) {
	for _, e := range hooks {
		var dead []string
		require.NoError(t, d.Dead(e, "", func(x *webhook.Delivery) bool { dead = append(dead, x.Message.ID()); return true }))
		status, err := d.Status(e)
		require.NoError(t, err)
		require.Zero(t, status.Waiting+int(status.Behind), "seed %d", seed)
		require.Len(t, dead, status.Dead, "seed %d", seed)
		raised := 0
		_, err = engine.Messages(store, "shop", 0, 1<<30, func(of []engine.Message) bool {
			for i := range of {
				raised++
				body, delivered := got[e.ID][of[i].ID()]
				if delivered {
					require.Equal(t, string(of[i].Body()), body, "seed %d", seed)
				} else {
					require.True(t, slices.Contains(dead, of[i].ID()), "seed %d: message %s of record %d is lost", seed, of[i].ID(), of[i].Seq)
				}
			}
			return true
		})
		require.NoError(t, err)
		require.LessOrEqual(t, len(got[e.ID]), raised, "seed %d: what was told is in the journal", seed)
		c.messages += raised
		c.dead += len(dead)
	}
}

package pebblestore

import (
	"flag"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
)

var (
	seeds = flag.Int("seeds", 100, "how many times three power cuts are simulated")
	seed  = flag.Uint64("seed", 0, "the first seed, 0 for a new one")
)

// outlet is a disk whose power is cut at the n-th write operation: what is on it then goes into after, with a random part
// of what was not synced.
type outlet struct {
	disk     *vfs.MemFS
	n        atomic.Int64 // set while the store works in the background
	cfg      vfs.CrashCloneCfg
	acked    atomic.Int64 // events whose commit has returned
	ops      atomic.Int64
	after    *vfs.MemFS
	survives int64 // events acknowledged before the cut
	once     sync.Once
	cut      atomic.Bool
}

// String implements errorfs.Injector.
func (o *outlet) String() string { return "power cut" }

// MaybeError implements errorfs.Injector.
func (o *outlet) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && o.ops.Add(1) == o.n.Load() {
		o.pull()
	}
	return nil
}

// pull cuts the power, and returns once that is done.
func (o *outlet) pull() {
	o.once.Do(func() {
		o.cut.Store(true) // first: what returns while the disk is looked at may not be on it
		o.survives = o.acked.Load()
		o.after = o.disk.CrashClone(o.cfg)
	})
}

func TestPowerCuts(t *testing.T) {
	first := *seed
	if first == 0 {
		first = rand.Uint64() >> 16
	}
	t.Logf("seeds from %d", first)
	lost := 0 // events that were decided, never acknowledged, and did not survive
	for i := range *seeds {
		lost += lives(t, first+uint64(i))
	}
	require.Positive(t, lost, "cuts that lose nothing prove nothing")
}

// lives runs a shop through three power cuts. After each, all acknowledged events must be there, and the whole store must
// be what it would be had only those events ever come.
func lives(t *testing.T, seed uint64) (lost int) {
	r := rand.New(rand.NewPCG(seed, 0))
	o := &outlet{disk: vfs.NewCrashableMem()}
	memtable := uint64(8<<10) << r.IntN(4)
	decided := 0
	for range 3 {
		o.n.Store(r.Int64N(250) + 1)
		o.cfg = vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 50, 100, r.IntN(101)}[r.IntN(4)], RNG: r}
		plan := rand.New(rand.NewPCG(seed, r.Uint64())) // of its own: the disk takes r at any moment
		kept, sent := life(t, o, seed, plan, memtable)
		lost += max(0, decided-kept)
		decided = sent
		next := &outlet{disk: o.after}
		next.acked.Store(o.survives)
		o = next
	}
	kept, _ := life(t, o, seed, r, memtable)
	return lost + max(0, decided-kept)
}

// life opens the disk, checks what is on it, and commits events until the power is cut. It returns how many events the
// disk held and how many were decided.
func life(t *testing.T, o *outlet, seed uint64, plan *rand.Rand, memtable uint64) (kept, decided int) {
	acked := o.acked.Load()
	db, s, err := openPending(errorfs.Wrap(o.disk, o), memtable, []int{1, 30, 300}[plan.IntN(3)])
	require.NoError(t, err, "seed %d", seed)
	last, mark := s.Head()
	require.GreaterOrEqual(t, last, uint64(acked), "seed %d: acknowledged events are lost", seed)
	require.LessOrEqual(t, mark, last, "seed %d", seed)
	shop, err := newShop(t, s)
	require.NoError(t, err, "seed %d", seed)
	require.NoError(t, shop.commit(seed, 0, 0, true), "seed %d", seed)
	got, err := contentOf(s)
	require.NoError(t, err, "seed %d", seed)
	require.Equal(t, model(t, seed, int(last)), got, "seed %d, %d events", seed, last)

	n := max(0, int(acked)-3) // clients that did not get an answer send again
	for !o.cut.Load() && n < int(acked)+400 {
		to := n + 1 + plan.IntN(8)
		decided = to
		require.NoError(t, shop.commit(seed, n, to, plan.IntN(6) == 0), "seed %d", seed)
		n = to
		o.acked.Store(int64(n))
	}
	o.pull()
	require.NoError(t, db.Close(), "seed %d", seed)
	return int(last), decided
}

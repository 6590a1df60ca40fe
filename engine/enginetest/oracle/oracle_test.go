package oracle

import (
	"flag"
	"fmt"
	"math/rand"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	eventsFlag = flag.Int("events", 50_000, "how many events the engine and the oracle are compared on")
	seedFlag   = flag.Int64("seed", 1, "seed of the first history; 0 takes a new one")
)

// situations are those without which a run has proved too little.
var situations = []string{"late event", "duplicate", "restart", "void", "amend", "several boosts", "times refused",
	"cap trimmed", "cap or nothing", "too little to take", "use given back", "pending", "expired", "refund after expiry", "debt",
	"floor", "brought back by a late event", "expiry moved back", "goal paid", "goal revoked", "freeze used",
	"paid runs joined by a late event", "tier fell"}

// tally gathers over all histories how often each situation came up.
type tally struct {
	sync.Mutex
	next, programs, events int
	reached                map[string]int
	wrong                  []string
}

// take is the number of the next history, false when there have been enough.
func (y *tally) take() (n int, ok bool) {
	y.Lock()
	defer y.Unlock()
	y.next++
	return y.next - 1, y.events < *eventsFlag && len(y.wrong) == 0
}

func (y *tally) add(b *both, wrong string) {
	y.Lock()
	defer y.Unlock()
	y.programs++
	y.events += len(b.sent)
	for situation, n := range b.world.Reached {
		y.reached[situation] += n
	}
	if wrong != "" {
		y.wrong = append(y.wrong, wrong)
	}
}

// invariantsEvery is the share of histories whose invariants are checked and whose journal is replayed: that costs as much
// as the history.
const invariantsEvery = 16

// TestTheEngineAgreesWithTheOracle holds that the engine and the oracle say the same of random programs with random
// histories: late events, duplicates, restarts, reversals, odd time zones. The histories
// are the same every time; -seed and -events ask for others and for more.
func TestTheEngineAgreesWithTheOracle(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Int63n(1 << 40)
	}
	if testing.Short() {
		*eventsFlag = min(*eventsFlag, 20_000)
	}
	y := &tally{reached: map[string]int{}}
	begun := time.Now()
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // what a history leaves is garbage at once
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for n, ok := y.take(); ok; n, ok = y.take() {
				h, invariants := draw(seed+int64(n)), n%invariantsEvery == 0
				b, wrong := play(h, invariants, false)
				if wrong != "" {
					_, wrong = play(shorter(h, invariants), invariants, true)
					wrong = fmt.Sprintf("seed %d\n%s", seed+int64(n), wrong)
				}
				y.add(b, wrong)
			}
		})
	}
	workers.Wait()
	t.Logf("seed %d: %d programs, %d events in %s: %v", seed, y.programs, y.events, time.Since(begun).Round(time.Second), y.reached)
	for _, wrong := range y.wrong {
		t.Error(wrong)
	}
	for _, situation := range situations {
		require.Positive(t, y.reached[situation], "%s: reached by no history", situation)
	}
}

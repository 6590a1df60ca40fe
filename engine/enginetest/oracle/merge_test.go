package oracle

import (
	"math/rand"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// notMerged are the features of which a merge, by what it leaves as it was given, comes to something else than a history in which all had
// been one member's, or which name members. Package engine has tests of its own for them.
var notMerged = []string{"tiers", "streak goals", "freezes", "repairs", "opt in", "leaving", "within", "winners", "group challenges", "seasons", "timers",
	"gifts", "transfers", "travel", "member clock", "earned", "teams change"}

// merging is a history in which two members are merged at some time, nil where there is only one.
func merging(seed int64) *history {
	h := drawWithout(seed, notMerged...)
	idles := func(p Points) bool { return p.Expire.Idle != "" } // what has expired stays so, though the other's events would have kept it alive
	if len(h.zones) < 2 || slices.ContainsFunc(h.program.Points, idles) {
		return nil
	}
	for i := range h.program.Challenges {
		c := &h.program.Challenges[i]
		c.Again, c.Every, c.From, c.Until = false, "", 0, 0 // of a period that ended long ago no goal is reached any more
	}
	for i := range h.program.Streaks {
		h.program.Streaks[i].Goals = nil
	}
	h.program.Badges = slices.DeleteFunc(h.program.Badges, func(b Badge) bool { // of a period that ended long ago no level is reached any more
		return slices.ContainsFunc(h.program.Counters, func(c Counter) bool { return c.ID == b.Counter && (c.Every != "" || c.Last.N > 0) })
	})
	r := rand.New(rand.NewSource(seed))
	at := r.Intn(len(h.steps) - 1)
	now := h.steps[at].now
	h.steps = slices.Insert(h.steps, at+1, step{now: now, do: "merge", member: "m0", what: "m1"}, step{now: now, do: "compare"})
	return &h
}

// TestTheEngineAgreesWithTheOracleOnMerges holds that both say the same of members that are merged, and of what is reversed, claimed and
// comes late afterwards.
func TestTheEngineAgreesWithTheOracleOnMerges(t *testing.T) {
	wanted := *eventsFlag / 8
	if testing.Short() || raced {
		wanted = min(wanted, 5_000)
	}
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Int63n(1 << 40)
	}
	reached := map[string]int{}
	for n := 0; n < wanted; seed++ {
		h := merging(seed)
		if h == nil {
			continue
		}
		b, wrong := play(*h, seed%invariantsEvery == 0, false)
		if wrong != "" {
			_, wrong = play(shorter(*h, false), false, true)
			t.Fatalf("go test ./engine/enginetest/oracle -run OnMerges -seed %d -events 4\n%s", seed, wrong)
		}
		n += len(b.sent)
		for situation, times := range b.world.Reached {
			reached[situation] += times
		}
	}
	for _, situation := range []string{"merge", "goal of a merge", "void", "amend", "debt", "claim"} {
		require.Positive(t, reached[situation], situation)
	}
}

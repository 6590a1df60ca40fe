package oracle

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// orderless are the features whose progress may not depend on the order of arrival: none is scarce, and none asks what came
// before something else.
var orderless = []string{"boosts", "streaks", "challenges", "within", "steps", "group challenges", "groups", "tiers", "badges", "boards",
	"member clock", "odd weeks"}

// permuted draws two histories of one program with the same events: in the order in which they happened, each at once, and
// in another one, each within the late window.
func permuted(seed int64) (inOrder, late history) {
	d := drawing{rand.New(rand.NewSource(seed))}
	m := mix{}
	for _, f := range orderless {
		m[f] = d.one(2)
	}
	s := &storyteller{drawing: d, left: map[string]int64{}, hours: pick(d, 30, 12, 6)}
	s.mix = m
	begin := dayOf(pick(d, beginnings...))
	s.begin, s.program = int64(begin)*day, d.ruleset(m, begin)
	for range d.between(1, 3) {
		s.zones, s.birthdays = append(s.zones, pick(d, zones...)), append(s.birthdays, 0)
	}
	s.now = s.begin + 80*3600*second
	for range d.between(10, 60) {
		s.now += d.gap(s.hours)
		s.send()
	}
	inOrder, late = s.history, s.history
	inOrder.steps, late.steps = nil, nil
	for _, e := range s.sent {
		inOrder.steps = append(inOrder.steps, step{now: e.At, do: "send", event: e})
		e.Arrived = e.At + int64(d.below(71*3600))*second
		late.steps = append(late.steps, step{now: e.Arrived, do: "send", event: e})
	}
	slices.SortStableFunc(late.steps, func(a, b step) int { return int(a.now - b.now) })
	return inOrder, late
}

// progress is what must not depend on the order of arrival.
func (b *both) progress(at Instant) map[string]any {
	all := map[string]any{}
	for _, id := range b.members {
		p := b.p.Member(id).Progress(b.p.Rules(), calendar.Instant(at), b.p.Group)
		for i := range p.Badges {
			p.Badges[i].At = 0 // when a badge was given is not when it was reached
		}
		slices.SortFunc(p.Badges, func(a, b engine.BadgeProgress) int { return int(a.Badge[2]) - int(b.Badge[2]) })
		all["counters of "+id], all["streaks of "+id], all["badges of "+id] = p.Counters, p.Streaks, p.Badges
		all["challenges of "+id], all["tiers of "+id], all["points of "+id] = p.Challenges, p.Tiers, p.Points["stars"].Issued
	}
	for _, board := range b.world.Program.Boards {
		for _, split := range []string{"", "k0", "k1"} {
			all[board.ID+" "+split] = b.table(board, split, at)
		}
	}
	return all
}

// TestTheOrderOfArrivalChangesNothing holds that events that arrive in another order, within the late window, lead to the same
// progress (reliability: Invariants): counters, streaks, challenges, badges, tiers with their levels and since when,
// boards.
func TestTheOrderOfArrivalChangesNothing(t *testing.T) {
	programs := 1500
	if testing.Short() || raced {
		programs = 150
	}
	seed := *seedFlag
	for n := range int64(programs) {
		inOrder, late := permuted(seed + n)
		one, wrong := play(inOrder, false, true)
		require.Empty(t, wrong, "seed %d, in order", seed+n)
		other, wrong := play(late, false, true)
		require.Empty(t, wrong, "seed %d, late", seed+n)
		last := late.steps[len(late.steps)-1].now
		for _, at := range []Instant{last, last + 10*day, last + 50*day} {
			want, got := one.progress(at), other.progress(at)
			for what := range want {
				require.Equal(t, want[what], got[what], "seed %d: %s at %s\n%s", seed+n, what, calendar.Instant(at), fmt.Sprint(inOrder.program.yaml(), other.story))
			}
		}
	}
}

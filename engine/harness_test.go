package engine_test

import (
	"context"
	"encoding/json"
	"flag"
	"math"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

var seedFlag = flag.Int64("seed", 0, "seed of the randomized tests; 0 takes a new one")

// random is a source whose seed the test prints; -seed repeats it.
func random(t testing.TB) *rand.Rand {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Int63()
	}
	t.Logf("seed %d", seed)
	return rand.New(rand.NewSource(seed))
}

// world is a program with its store, boards and clock. The invariants are checked when the test ends.
type world struct {
	calls     int // of promotions
	t         testing.TB
	store     *engine.Memory
	boards    *leaderboards.Memory
	listens   func(message string) bool
	merges    int  // how many merges of members are still to happen by themselves
	unchecked bool // the invariants do not hold: another build has decided some of it
	versions  []engine.Version
	p         *engine.Processor
	now       calendar.Instant
	happened  calendar.Instant // event time of the next event, when it differs from its arrival
	id        string           // of the next event, when the test wants a certain one
	sent      int
}

// compile makes a ruleset of YAML without its program line.
func compile(t testing.TB, text string) *engine.Ruleset {
	t.Helper()
	if !strings.HasPrefix(text, "program:") && !strings.Contains(text, "\nprogram:") {
		text = "program: test\n" + text
	}
	program, diagnostics := rulesets.Parse("ruleset.yaml", []byte(text))
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	return program.Ruleset
}

// program starts a program under a ruleset, at the first of May 2026.
func program(t testing.TB, text string) *world {
	t.Helper()
	w := &world{t: t, store: engine.NewMemory(), boards: leaderboards.NewMemory()}
	w.versions = []engine.Version{{Number: 1, From: calendar.Beginning, Rules: compile(t, text)}}
	w.open()
	w.at("2026-05-01T12:00:00Z")
	t.Cleanup(func() {
		if !t.Failed() && !w.unchecked {
			enginetest.CheckInvariants(t, w.store, w.p, w.versions)
			enginetest.CheckAllBoards(t, w.store, w.p, w.boards)
		}
	})
	return w
}

func (w *world) open() {
	defer func() { w.p.Listen(w.listens) }()
	w.t.Helper()
	var err error
	w.p, err = engine.NewProcessor(w.store, w.versions, w.boards)
	require.NoError(w.t, err)
	w.p.HoldHot(1) // so that states are read back as soon as they may be
}

// commit makes durable what was accepted.
func (w *world) commit(checkpoint bool) {
	w.t.Helper()
	b := w.p.Take(checkpoint)
	b.Complete()
	require.NoError(w.t, w.store.Commit(b))
	w.p.Committed(b)
}

// restart drops the processor after a commit and starts another one, as after a crash.
func (w *world) restart(checkpoint bool) {
	w.t.Helper()
	w.commit(checkpoint)
	w.open()
}

// deploy adds a version that the next processor has in force from now on.
func (w *world) deploy(text string) engine.Version {
	w.t.Helper()
	v := engine.Version{Number: len(w.versions) + 1, From: w.now, Rules: compile(w.t, text)}
	w.versions = append(slices.Clip(w.versions), v)
	return v
}

// activate puts another ruleset in force from now on.
func (w *world) activate(text string) {
	w.t.Helper()
	w.p.Activate(w.deploy(text))
}

func moment(t testing.TB, s string) calendar.Instant {
	t.Helper()
	i, err := calendar.ParseInstant(s)
	require.NoError(t, err)
	return i
}

// at moves the clock.
func (w *world) at(s string) *world {
	w.t.Helper()
	w.now = moment(w.t, s)
	return w
}

// after lets time pass.
func (w *world) after(d time.Duration) *world {
	w.now = w.now.Add(d)
	return w
}

// late says when the next event happened.
func (w *world) late(s string) *world {
	w.t.Helper()
	w.happened = moment(w.t, s)
	return w
}

// as gives the next event an id.
func (w *world) as(id string) *world {
	w.id = id
	return w
}

// event is the next event: its data are names and values in turn, or one text of JSON.
func (w *world) event(member, kind string, data ...any) *event.Event {
	w.t.Helper()
	w.sent++
	e := &event.Event{ID: w.id, Type: kind, Member: member, Time: w.now, Arrived: w.now, Data: []byte("{}")}
	if e.ID == "" {
		e.ID = "e" + decimal.Decimal(w.sent*1_000_000).String()
	}
	if w.happened != 0 {
		e.Time, e.Timed = w.happened, true
	}
	w.id, w.happened = "", 0
	if len(data) == 1 {
		e.Data = []byte(data[0].(string))
		return e
	}
	fields := map[string]any{}
	for pair := range slices.Chunk(data, 2) {
		fields[pair[0].(string)] = pair[1]
	}
	b, err := json.Marshal(fields)
	require.NoError(w.t, err)
	e.Data = b
	return e
}

// send accepts an event.
func (w *world) send(member, kind string, data ...any) *engine.Outcome {
	w.t.Helper()
	return w.accept(w.event(member, kind, data...))
}

func (w *world) accept(e *event.Event) *engine.Outcome {
	w.t.Helper()
	out, refusal, err := w.p.Process(e)
	require.NoError(w.t, err)
	require.Nil(w.t, refusal, "event %s is refused", e.ID)
	w.p.ShowRanks()
	enginetest.CheckBoards(w.t, w.p, w.boards, e.Member)
	return out
}

// refused requires that an event is not accepted, with a code.
func (w *world) refused(code string, e *event.Event) {
	w.t.Helper()
	last := w.p.Last()
	_, refusal, err := w.p.Process(e)
	require.NoError(w.t, err)
	require.NotNil(w.t, refusal, "event %s is accepted", e.ID)
	require.Equal(w.t, code, refusal.Code)
	require.Equal(w.t, last, w.p.Last(), "a refusal writes nothing")
}

// put changes a profile.
func (w *world) put(member string, p engine.Profile) {
	w.t.Helper()
	e := w.event(member, "")
	put := engine.NewProfile(e.ID, member, p)
	put.Time, put.Arrived = e.Time, e.Arrived
	w.accept(put)
}

// set gives one field of a profile a value, null to clear it.
func (w *world) set(member, field, value string) {
	w.t.Helper()
	w.put(member, engine.Profile{Fields: map[string]json.RawMessage{field: json.RawMessage(value)}})
}

func (w *world) moves(member, zone string) { w.put(member, engine.Profile{Timezone: &zone}) }

func (w *world) enroll(member, challenge string) {
	w.t.Helper()
	e := w.event(member, "")
	join := engine.NewEnrollment(e.ID, member, challenge)
	join.Time, join.Arrived, join.Timed = e.Time, e.Arrived, e.Timed
	w.accept(join)
}

// jobs writes down what time has done to members by now, each due instant once.
func (w *world) jobs() {
	w.t.Helper()
	for {
		w.commit(false)
		ticks, err := w.p.Due(w.now, math.MaxInt)
		require.NoError(w.t, err)
		if len(ticks) == 0 {
			return
		}
		for _, tick := range ticks {
			tick.Arrived = w.now
			require.False(w.t, w.accept(tick).Duplicate, "a due instant that was settled must not stay due: %s", tick.ID)
		}
	}
}

// spread tells all members of the latest news.
func (w *world) spread() {
	w.t.Helper()
	w.commit(true)
	var ticks []*event.Event
	require.NoError(w.t, engine.Spread(w.store, w.p.News(), "", func(tick *event.Event) bool {
		ticks = append(ticks, tick)
		return true
	}))
	for _, tick := range ticks {
		tick.Time, tick.Arrived = w.now, w.now
		w.accept(tick)
	}
}

// handOut pays the goals of groups to those who are still to be paid.
func (w *world) handOut() {
	w.t.Helper()
	w.commit(false)
	var gifts []engine.Fanout
	require.NoError(w.t, engine.Gifts(w.store, func(key string, f engine.Fanout) bool {
		gifts = append(gifts, f)
		w.p.Put(engine.Row{Key: key})
		return true
	}))
	for _, gift := range gifts {
		var members []string
		counter := w.p.Rules().Challenge(gift.Challenge).Counter.Name
		require.NoError(w.t, engine.Sharers(w.store, gift, counter, "", func(member string) bool {
			members = append(members, member)
			return true
		}))
		for _, member := range members {
			share := engine.NewShare(gift, member)
			share.Arrived = w.now
			if !w.p.Erased(member) {
				w.accept(share)
			}
		}
	}
	w.commit(false)
}

func (w *world) progress(member string) engine.Progress {
	w.t.Helper()
	m := w.p.Member(member)
	require.NotNil(w.t, m, member)
	return m.Progress(w.p.Rules(), w.now, w.p.Group)
}

// has requires a spendable balance.
func (w *world) has(member, points, amount string) {
	w.t.Helper()
	require.Equal(w.t, amount, w.progress(member).Points[points].Spendable.String(), "%s of %s at %s", points, member, w.now)
}

func (w *world) challenge(member, id string) engine.ChallengeProgress {
	w.t.Helper()
	c, ok := w.progress(member).Challenges[id]
	require.True(w.t, ok, id)
	return c
}

// reached requires the progress shown, done and times of a challenge.
func (w *world) reached(member, id, progress string, done bool, times int) {
	w.t.Helper()
	c := w.challenge(member, id)
	require.Equal(w.t, []any{progress, done, times}, []any{c.Shown.String(), c.Done, c.Times}, "%s of %s at %s", id, member, w.now)
}

func (w *world) streak(member, id string) engine.StreakProgress {
	return w.progress(member).Streaks[id]
}

func (w *world) tier(member, id string) string { return w.progress(member).Tiers[id].Level }

func (w *world) counter(member, id string) string { return w.progress(member).Counters[id].String() }

// badges are the badges held, with their levels: "distance gold".
func (w *world) badges(member string) []string {
	w.t.Helper()
	held := []string{}
	for _, b := range w.progress(member).Badges {
		held = append(held, strings.TrimSpace(b.Badge+" "+b.Level))
	}
	return held
}

// standings are the rows of a board: "1 ann 50".
func (w *world) standings(board, season, split string) []string {
	w.t.Helper()
	b := w.p.Rules().Leaderboard(board)
	require.NotNil(w.t, b, board)
	key := leaderboards.Key{Program: w.p.Rules().Program, Board: b.Key, Season: season, Split: split}
	rows, _, err := w.boards.Page(context.Background(), key, b.Rules, 1, 100)
	require.NoError(w.t, err)
	list := []string{}
	for _, r := range rows {
		list = append(list, decimal.Decimal(r.Rank*1_000_000).String()+" "+r.Member+" "+r.Value.String())
	}
	return list
}

// gave lists what definitions gave and took in an outcome: "rules/spend 10", "badges/regular badge silver".
func gave(out *engine.Outcome) []string {
	list := []string{}
	for _, e := range out.Effects {
		switch e.Kind {
		case engine.PointsEffect:
			list = append(list, e.Source.String()+" "+e.Amount.String()+" "+e.ID)
		case engine.BadgeEffect:
			list = append(list, strings.TrimSpace(e.Source.String()+" badge "+e.ID+" "+e.Level))
		case engine.RewardEffect:
			list = append(list, e.Source.String()+" reward "+e.ID)
		case engine.TierEffect:
			list = append(list, "tier "+e.ID+" "+e.From+"->"+e.Level)
		}
	}
	return list
}

// notes are the codes and definitions of an outcome's notes.
func notes(out *engine.Outcome) []string {
	list := []string{}
	for _, n := range out.Notes {
		list = append(list, n.Code+" "+n.Definition)
	}
	return list
}

// whyNot is why definitions gave nothing for an event, by a dry run.
func (w *world) whyNot(e *event.Event) map[string]engine.Reason {
	w.t.Helper()
	trace := &engine.Trace{}
	_, refusal, err := w.p.DryRun(e, trace)
	require.NoError(w.t, err)
	require.Nil(w.t, refusal)
	why := map[string]engine.Reason{}
	for _, s := range trace.Steps {
		if !s.Fired {
			why[s.Definition] = s.Reason
		}
	}
	return why
}

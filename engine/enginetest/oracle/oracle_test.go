package oracle

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// both is one program under the engine and under the oracle.
type both struct {
	d        drawing
	world    *World
	members  []string
	store    *engine.Memory
	versions []engine.Version
	p        *engine.Processor
	now      Instant
	sent     []*engine.Event
	events   []Event
	reversed map[string]bool
	lowest   map[string]int64 // what was left of an amended amount
	story    []string         // what happened, for whoever reads a failure
}

func (b *both) tell(format string, args ...any) {
	b.story = append(b.story, calendar.Instant(b.now).String()+" "+fmt.Sprintf(format, args...))
}

// same requires that the engine answers what the oracle expects, else it tells the whole story.
func (b *both) same(want, got any, about string) {
	if !assert.ObjectsAreEqual(want, got) {
		b.d.Fatalf("%s\n%s\n%s\nthe oracle says %v\nthe engine says %v", b.world.Program.yaml(), strings.Join(b.story, "\n"), about, want, got)
	}
}

func start(d drawing, reversals bool) *both {
	begin := dayOf(pick(d, beginnings...))
	b := &both{d: d, world: New(d.program(reversals, begin)), store: engine.NewMemory(), reversed: map[string]bool{}, lowest: map[string]int64{}}
	text := b.world.Program.yaml()
	program, diagnostics := rulesets.Parse("drawn.yaml", []byte(text))
	if diagnostics.HasErrors() {
		d.Fatalf("%s\n%s", text, diagnostics.Error())
	}
	b.versions = []engine.Version{{Number: 1, From: calendar.Beginning, Rules: program.Ruleset}}
	b.open()
	b.now = int64(begin) * 86400 * second
	for i := range d.between(1, 3) {
		id, zone := fmt.Sprint("m", i), pick(d, zones...)
		b.members = append(b.members, id)
		put := engine.NewProfile("put"+id, id, engine.Profile{Timezone: &zone})
		put.Time, put.Arrived = calendar.Instant(b.now), calendar.Instant(b.now)
		b.accept(put)
		b.world.Join(id, zone, b.now)
		b.tell("%s lives in %s", id, zone)
	}
	b.now += 80 * 3600 * second
	return b
}

func (b *both) open() {
	var err error
	b.p, err = engine.NewProcessor(b.store, b.versions, leaderboards.NewMemory())
	require.NoError(b.d, err)
}

func (b *both) accept(e *engine.Event) *engine.Outcome {
	out, refusal, err := b.p.Process(e)
	require.NoError(b.d, err)
	if refusal != nil {
		b.same("", refusal.Code+": "+refusal.Message, e.Type)
	}
	return out
}

// send lets both take an event, and compares what each rule gave.
func (b *both) send(e Event) {
	data := map[string]any{}
	if e.Type != "visit" {
		data["amount"] = json.Number(number(e.Amount))
	}
	if e.Type == "buy" {
		data["key"] = e.Key
	}
	body, err := json.Marshal(data)
	require.NoError(b.d, err)
	event := &engine.Event{ID: e.ID, Type: e.Type, Member: e.Member, Time: calendar.Instant(e.At), Timed: true,
		Arrived: calendar.Instant(e.Arrived), Data: body}
	again := *event
	b.sent, b.events = append(b.sent, &again), append(b.events, e)
	out := b.accept(event)
	given := map[string]int64{}
	for _, f := range out.Effects {
		if rule, ok := strings.CutPrefix(f.Source, "rules/"); ok && f.Kind == engine.PointsEffect {
			given[rule] += int64(f.Amount)
		}
	}
	b.tell("%s: %s %s %s of %s", e.Member, e.ID, e.Type, body, calendar.Instant(e.At))
	b.same(b.world.Send(e), given, "what "+e.ID+" gave")
}

// disturb restarts the engine, or sends again what it knows.
func (b *both) disturb() {
	switch b.d.below(12) {
	case 10:
		again := *b.sent[b.d.below(len(b.sent))]
		again.Arrived = calendar.Instant(b.now)
		require.True(b.d, b.accept(&again).Duplicate)
		b.world.reach("duplicate")
	case 11:
		b.commit(b.d.one(2))
		b.open()
		b.tell("restart")
		b.world.reach("restart")
	}
}

func (b *both) commit(checkpoint bool) {
	batch := b.p.Take(checkpoint)
	require.NoError(b.d, b.store.Commit(batch))
	b.p.Committed(batch)
}

// reverse voids an event or leaves less of it. What was taken is not given back here.
func (b *both) reverse() {
	e := b.events[b.d.below(len(b.events))]
	if b.reversed[e.ID] || e.Type == "spend" {
		return
	}
	left, amended := b.lowest[e.ID]
	if !amended {
		left = e.Amount
	}
	var command *engine.Event
	if e.Type == "buy" && left > 0 && b.d.one(2) {
		left = int64(b.d.below(int(left/10_000))) * 10_000
		b.lowest[e.ID] = left
		command = engine.NewAmend(e.ID, json.RawMessage(`{"amount":`+number(left)+`}`))
		b.tell("amend %s to %s", e.ID, number(left))
		b.world.Amend(e.ID, e.Member, left, b.now)
		b.world.reach("amend")
	} else {
		b.reversed[e.ID] = true
		command = engine.NewVoid(e.ID)
		b.tell("void %s", e.ID)
		b.world.Void(e.ID, e.Member, b.now)
		b.world.reach("void")
	}
	command.Time, command.Arrived = calendar.Instant(b.now), calendar.Instant(b.now)
	b.accept(command)
}

// state is everything that is compared, by what it is of; numbers are millionths.
type state map[string]any

func (b *both) compare(at Instant) {
	for _, id := range b.members {
		want, got := b.expected(id, at), b.answered(id, at)
		for _, key := range slices.Sorted(maps.Keys(want)) {
			b.same(want[key], got[key], fmt.Sprintf("%s of %s at %s", key, id, calendar.Instant(at)))
		}
	}
}

func (b *both) expected(id string, at Instant) state {
	s, p := state{}, b.world.Program
	for _, c := range p.Points {
		balance := b.world.Balance(id, c.ID, at)
		s[c.ID] = balance
		if balance.Expired > 0 {
			b.world.reach("expired")
		}
	}
	for _, c := range p.Counters {
		s[c.ID] = b.world.Counter(id, c, at)
	}
	for _, c := range p.Streaks {
		s[c.ID] = b.world.Streak(id, c, at)
	}
	for _, c := range p.Challenges {
		s[c.ID] = b.world.Challenge(id, c, at)
	}
	for _, c := range p.Tiers {
		s[c.ID] = fmt.Sprint("l", b.world.Tier(id, c, at))
	}
	return s
}

func (b *both) answered(id string, at Instant) state {
	s, m := state{}, b.p.Member(id)
	rules, instant := b.p.Rules(), calendar.Instant(at)
	p := m.Progress(rules, instant, b.p.Group)
	for points, v := range p.Points {
		balance := Balance{Spendable: int64(v.Spendable), Pending: int64(v.Pending), Debt: int64(v.Debt), Issued: int64(v.Issued), Expired: int64(v.Expired)}
		for _, e := range m.Balance(rules, rules.PointsType(points), instant).Expires {
			balance.Expiring = append(balance.Expiring, Expiring{int64(e.At), int64(e.Amount)})
		}
		s[points] = balance
	}
	for _, c := range rules.Counters {
		if slices.ContainsFunc(b.world.Program.Counters, func(x Counter) bool { return x.ID == c.ID }) {
			s[c.ID] = int64(m.Count(rules, c, instant))
		}
	}
	for streak, v := range p.Streaks {
		s[streak] = StreakStanding{fmt.Sprint(v.State), v.Length, v.Longest}
	}
	for challenge, v := range p.Challenges {
		s[challenge] = ChallengeStanding{int64(v.Progress), v.Done, v.Times}
	}
	for tier, v := range p.Tiers {
		s[tier] = v.Level
	}
	return s
}

// tally gathers over all histories how often each situation came up.
type tally struct {
	sync.Mutex
	events, programs int
	reached          map[string]int
}

func (y *tally) add(b *both) {
	y.Lock()
	defer y.Unlock()
	y.programs++
	y.events += len(b.events)
	for situation, n := range b.world.Reached {
		y.reached[situation] += n
	}
}

// situations are those without which a run has proved too little.
var situations = []string{"late event", "duplicate", "restart", "void", "amend", "several boosts", "times refused",
	"cap trimmed", "cap or nothing", "too little to take", "use given back", "pending", "expired", "refund after expiry", "debt",
	"floor", "brought back by a late event", "expiry moved back", "goal paid", "goal revoked", "freeze used",
	"paid runs joined by a late event", "tier fell"}

var (
	eventsFlag = flag.Int("events", 1_000_000, "how many events the engine and the oracle are compared on")
	seedFlag   = flag.Int64("seed", 0, "seed of the histories; 0 takes a new one")
)

// history lets both live through one random program.
func history(t *rapid.T, y *tally) {
	d := drawing{t}
	reversals := d.one(2)
	b := start(d, reversals)
	for i := range d.between(1, 250) {
		b.now += d.gap()
		b.send(d.event(b.world, fmt.Sprintf("e%04d", i), pick(d, b.members...), b.now))
		b.disturb()
		if reversals && d.one(6) {
			b.now += int64(d.below(7200)) * second
			b.reverse()
		}
		if d.one(8) {
			b.compare(b.now)
		}
	}
	b.compare(b.now)
	b.compare(b.now + int64(d.below(90*24*3600))*second)
	if d.one(8) {
		enginetest.CheckInvariants(t, b.store, b.p, b.versions)
	}
	y.add(b)
}

// TestTheEngineAgreesWithTheOracle holds that the engine and the oracle say the same of random programs with random
// histories: late events, duplicates, restarts, reversals, odd time zones.
func TestTheEngineAgreesWithTheOracle(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Int63()
	}
	t.Logf("seed %d", seed)
	y := &tally{reached: map[string]int{}}
	begun := time.Now()
	defer func() {
		t.Logf("%d programs, %d events in %s: %v", y.programs, y.events, time.Since(begun).Round(time.Second), y.reached)
	}()
	_ = seed
	_ = decimal.One
	require.NoError(t, flag.Set("rapid.checks", "200"))
	rapid.Check(t, func(rt *rapid.T) { history(rt, y) })
	for _, s := range situations {
		require.Positive(t, y.reached[s], s)
	}
}

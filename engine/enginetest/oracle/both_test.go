package oracle

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// both is one program under the engine and under the oracle.
type both struct {
	world    *World
	members  []string
	store    *engine.Memory
	versions []engine.Version
	p        *engine.Processor
	sent     map[string]Event
	story    []string
}

// disagreement ends a history; as a TB it lets the invariants end one as well.
type disagreement struct{ text string }

func (d *disagreement) Helper()                   {}
func (d *disagreement) Errorf(f string, a ...any) { d.text += fmt.Sprintf(f, a...) }
func (d *disagreement) FailNow()                  { panic(d) }

// play lets both live through a history. The text is empty when they agree all along.
func play(h history, invariants bool) (b *both, text string) {
	b = &both{world: New(h.program), store: engine.NewMemory(), sent: map[string]Event{}}
	defer func() {
		if r := recover(); r != nil {
			d, ok := r.(*disagreement)
			if !ok {
				panic(r)
			}
			text = h.program.yaml() + "\n" + strings.Join(b.story, "\n") + "\n" + d.text
		}
	}()
	program, diagnostics := rulesets.Parse("drawn.yaml", []byte(h.program.yaml()))
	if diagnostics.HasErrors() {
		b.disagree("the ruleset is refused: %s", diagnostics.Error())
	}
	b.versions = []engine.Version{{Number: 1, From: calendar.Beginning, Rules: program.Ruleset}}
	b.open()
	for i, zone := range h.zones {
		id := fmt.Sprint("m", i)
		b.members = append(b.members, id)
		b.command(engine.NewProfile("put"+id, id, engine.Profile{Timezone: &zone}), h.begin)
		b.world.Join(id, zone)
		b.tell(h.begin, "%s lives in %s", id, zone)
	}
	for _, s := range h.steps {
		b.do(s)
	}
	if invariants {
		enginetest.CheckInvariants(&disagreement{}, b.store, b.p, b.versions)
	}
	return b, ""
}

func (b *both) disagree(format string, args ...any) {
	panic(&disagreement{fmt.Sprintf(format, args...)})
}

func (b *both) tell(now Instant, format string, args ...any) {
	b.story = append(b.story, calendar.Instant(now).String()+" "+fmt.Sprintf(format, args...))
}

// same requires that the engine answers what the oracle expects.
func (b *both) same(want, got any, about string, at Instant) {
	if !assert.ObjectsAreEqual(want, got) {
		b.disagree("%s at %s:\nthe oracle says %v\nthe engine says %v", about, calendar.Instant(at), want, got)
	}
}

func (b *both) open() {
	var err error
	b.p, err = engine.NewProcessor(b.store, b.versions, leaderboards.NewMemory())
	require.NoError(&disagreement{}, err)
}

func (b *both) accept(e *engine.Event) *engine.Outcome {
	out, refusal, err := b.p.Process(e)
	require.NoError(&disagreement{}, err)
	if refusal != nil {
		b.disagree("%s %s is refused: %s, %s", e.Type, e.ID, refusal.Code, refusal.Message)
	}
	return out
}

func (b *both) command(e *engine.Event, now Instant) {
	e.Time, e.Arrived = calendar.Instant(now), calendar.Instant(now)
	b.accept(e)
}

func (b *both) commit(checkpoint bool) {
	batch := b.p.Take(checkpoint)
	require.NoError(&disagreement{}, b.store.Commit(batch))
	b.p.Committed(batch)
}

// do takes a step. One about an event that was not sent (a shorter history may lack it) is left out.
func (b *both) do(s step) {
	_, known := b.sent[s.event.ID]
	switch {
	case s.do == "send":
		b.send(s.event)
	case s.do == "restart":
		b.tell(s.now, "restart")
		b.commit(s.checkpoint)
		b.open()
		b.world.reach("restart")
	case s.do == "compare":
		b.compare(s.now + s.later)
	case !known:
	case s.do == "again":
		e := asSent(s.event)
		e.Arrived = calendar.Instant(s.now)
		if !b.accept(e).Duplicate {
			b.disagree("%s is not known as a duplicate", e.ID)
		}
		b.world.reach("duplicate")
	case s.do == "amend":
		b.tell(s.now, "amend %s to %s", s.event.ID, number(s.amount))
		b.command(engine.NewAmend(s.event.ID, json.RawMessage(`{"amount":`+number(s.amount)+`}`)), s.now)
		b.world.Amend(s.event.ID, s.event.Member, s.amount, s.now)
		b.world.reach("amend")
	case s.do == "void":
		b.tell(s.now, "void %s", s.event.ID)
		b.command(engine.NewVoid(s.event.ID), s.now)
		b.world.Void(s.event.ID, s.event.Member, s.now)
		b.world.reach("void")
	}
}

func asSent(e Event) *engine.Event {
	data := "{}"
	switch e.Type {
	case "buy":
		data = fmt.Sprintf(`{"amount":%s,"key":%q}`, number(e.Amount), e.Key)
	case "spend":
		data = fmt.Sprintf(`{"amount":%s}`, number(e.Amount))
	}
	return &engine.Event{ID: e.ID, Type: e.Type, Member: e.Member, Time: calendar.Instant(e.At), Timed: true,
		Arrived: calendar.Instant(e.Arrived), Data: []byte(data)}
}

// send lets both take an event, and compares what each rule gave.
func (b *both) send(e Event) {
	event := asSent(e)
	b.tell(e.Arrived, "%s: %s %s %s of %s", e.Member, e.ID, e.Type, event.Data, event.Time)
	b.sent[e.ID] = e
	given := map[string]int64{}
	for _, f := range b.accept(event).Effects {
		if rule, ok := strings.CutPrefix(f.Source, "rules/"); ok && f.Kind == engine.PointsEffect {
			given[rule] += int64(f.Amount)
		}
	}
	b.same(b.world.Send(e), given, "what "+e.ID+" gave", e.Arrived)
}

// state is everything that is compared, by what it is of; numbers are millionths.
type state map[string]any

func (b *both) compare(at Instant) {
	for _, id := range b.members {
		want, got := b.expected(id, at), b.answered(id, at)
		for _, key := range slices.Sorted(maps.Keys(want)) {
			b.same(want[key], got[key], key+" of "+id, at)
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
		balance := Balance{Spendable: int64(v.Spendable), Pending: int64(v.Pending), Debt: int64(v.Debt), Issued: int64(v.Issued),
			Expired: int64(v.Expired)}
		for _, e := range m.Balance(rules, rules.PointsType(points), instant).Expires {
			balance.Expiring = append(balance.Expiring, Expiring{int64(e.At), int64(e.Amount)})
		}
		s[points] = balance
	}
	for _, c := range rules.Counters {
		s[c.ID] = int64(m.Count(rules, c, instant))
	}
	for streak, v := range p.Streaks {
		s[streak] = StreakStanding{string(v.State), v.Length, v.Longest}
	}
	for challenge, v := range p.Challenges {
		s[challenge] = ChallengeStanding{int64(v.Progress), v.Done, v.Times}
	}
	for tier, v := range p.Tiers {
		s[tier] = v.Level
	}
	return s
}

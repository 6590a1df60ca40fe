package oracle

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/engine/event"
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
	boards   *leaderboards.Memory
	sent     map[string]Event
	nth      int // command
	reads    engine.Reads
	foresees bool
	into     map[string]string // members that were merged, into whom
	telling  bool              // keeps the story
	story    []string
}

// disagreement ends a history; as a TB it lets the invariants end one as well.
type disagreement struct{ text string }

func (d *disagreement) Helper()                   {}
func (d *disagreement) Errorf(f string, a ...any) { d.text += fmt.Sprintf(f, a...) }
func (d *disagreement) FailNow()                  { panic(d) }

// unfit is what a disagreement about the ruleset itself begins with.
const unfit = "the ruleset is refused: "

// play lets both live through a history. The text is empty when they agree all along.
func play(h history, invariants, telling bool) (b *both, text string) {
	b = &both{telling: telling, world: New(h.program), store: engine.NewMemory(), sent: map[string]Event{}}
	defer func() {
		if r := recover(); r != nil {
			d, ok := r.(*disagreement)
			if !ok {
				panic(r)
			}
			text = h.program.yaml() + "\n" + strings.Join(b.story, "\n") + "\n" + d.text
		}
	}()
	b.parse(h.program, calendar.Beginning)
	b.open()
	for i, zone := range h.zones {
		id, team := fmt.Sprint("m", i), teams[i%len(teams)]
		b.members = append(b.members, id)
		p := engine.Profile{Timezone: &zone, Fields: profile(team, h.birthdays[i])}
		if zone == "" {
			p.Timezone = nil
		}
		b.command(engine.NewProfile("put"+id, id, p), h.begin)
		b.world.Join(id, zone, team, h.birthdays[i], h.begin)
		b.tell(h.begin, "%s lives in %s, is %s", id, zone, team)
	}
	for _, s := range h.steps {
		b.do(s)
	}
	b.world.usedWeeks()
	b.compareMessages()
	if invariants {
		enginetest.CheckInvariants(&disagreement{}, b.store, b.p, b.versions)
	}
	return b, ""
}

// compareMessages compares how many messages about rewards there were.
func (b *both) compareMessages() {
	b.commit(false)
	told := map[string]map[string]int{}
	_, err := engine.Messages(b.store, "drawn", 0, 1<<30, func(of []engine.Message) bool {
		for i := range of {
			member := of[i].Member
			if into := b.into[member]; into != "" {
				member = into
			}
			if told[member] == nil {
				told[member] = map[string]int{}
			}
			told[member][of[i].Type]++
		}
		return true
	})
	require.NoError(&disagreement{}, err)
	for _, id := range b.members {
		for kind, n := range b.world.Told(id) {
			b.same(n, told[id][kind], kind+" told to "+id, 0)
		}
	}
}

// jobsBefore does what time asks for before a step, where that must not wait.
func (b *both) jobsBefore(now Instant) {
	if !b.world.PrizesInTime() && !b.world.PrizesCount() {
		return
	}
	for _, _, closes := b.world.nextClose(); closes <= now; _, _, closes = b.world.nextClose() {
		if !b.world.PrizesInTime() {
			closes = now
		}
		b.jobs(closes)
	}
}

// jobs does what time asks for.
func (b *both) jobs(now Instant) {
	b.tell(now, "jobs")
	h := &enginetest.Runtime{S: b.store, P: b.p, At: calendar.Instant(now)}
	b.commit(false)
	require.NoError(&disagreement{}, h.CloseSeasons())
	b.world.FireTimers(now)
	b.world.PayPrizes(now)
}

func (b *both) disagree(format string, args ...any) {
	panic(&disagreement{fmt.Sprintf(format, args...)})
}

func (b *both) tell(now Instant, format string, args ...any) {
	if !b.telling {
		return
	}
	b.story = append(b.story, calendar.Instant(now).String()+" "+fmt.Sprintf(format, args...))
}

// same requires that the engine answers what the oracle expects.
func (b *both) same(want, got any, about string, at Instant) {
	if !assert.ObjectsAreEqual(want, got) {
		b.disagree("%s at %s:\nthe oracle says %v\nthe engine says %v", about, calendar.Instant(at), want, got)
	}
}

// parse makes a version of a program.
func (b *both) parse(p Program, from calendar.Instant) engine.Version {
	program, diagnostics := rulesets.Parse("drawn.yaml", []byte(p.yaml()))
	if diagnostics.HasErrors() {
		b.disagree(unfit+"%s", diagnostics.Error())
	}
	v := engine.Version{Number: len(b.versions) + 1, From: from, Rules: program.Ruleset}
	b.versions = append(slices.Clip(b.versions), v)
	return v
}

// deploy puts other rules in force, as far as the program still has those rules.
func (b *both) deploy(s step) {
	p, v := b.world.Program, s.version
	v.From = s.now
	v.Rules = slices.DeleteFunc(slices.Clone(v.Rules), func(r Rule) bool {
		return !slices.ContainsFunc(p.Rules, func(o Rule) bool { return o.ID == r.ID })
	})
	p.Rules, p.Boosts = v.Rules, v.Boosts
	b.tell(s.now, "from now on:\n%s", p.yaml())
	b.p.Activate(b.parse(p, calendar.Instant(s.now)))
	b.world.Deploy(v)
}

func (b *both) open() {
	var err error
	if b.boards == nil {
		b.boards = leaderboards.NewMemory() // what restarts is the engine
	}
	b.p, err = engine.NewProcessor(b.store, b.versions, b.boards)
	require.NoError(&disagreement{}, err)
	n := len(b.world.Program.yaml()) // any number, and the same of the same seed
	b.p.HoldHot([]int{1, 3, engine.MaxHot}[n%3])
	b.foresees = n%2 == 0
}

func profile(team string, birthday int) map[string]json.RawMessage {
	fields := inTeam(team)
	if birthday != 0 {
		fields["birthday"] = json.RawMessage(strconv.Quote(dated(birthday)))
	}
	return fields
}

func inTeam(team string) map[string]json.RawMessage {
	return map[string]json.RawMessage{"team": json.RawMessage(strconv.Quote(team))}
}

// process lets the engine decide an event, of half of the seeds with what it asks the store for read beforehand.
func (b *both) process(e *event.Event) (*engine.Outcome, *engine.Refusal) {
	if b.foresees {
		b.p.Foresee(&b.reads, []*event.Event{e})
		for more := true; more; more = b.p.ForeseeMore(&b.reads) {
			require.NoError(&disagreement{}, b.reads.Load(b.store))
		}
		b.p.Use(&b.reads)
		defer b.p.Use(nil)
	}
	out, refusal, err := b.p.Process(e)
	require.NoError(&disagreement{}, err)
	return out, refusal
}

func (b *both) accept(e *event.Event) *engine.Outcome {
	out, refusal := b.process(e)
	if refusal != nil {
		b.disagree("%s %s is refused: %s, %s", e.Type, e.ID, refusal.Code, refusal.Message)
	}
	if len(out.Fanouts) > 0 {
		b.handOut(e.Arrived)
	}
	return out
}

// handOut pays the goals of groups to those who are still to be paid.
func (b *both) handOut(now calendar.Instant) {
	b.commit(false)
	var gifts []engine.Fanout
	require.NoError(&disagreement{}, engine.Gifts(b.store, func(key string, f engine.Fanout) bool {
		gifts = append(gifts, f)
		b.p.Put(engine.Row{Key: key})
		return true
	}))
	for _, gift := range gifts {
		var members []string
		counter := b.p.Rules().Challenge(gift.Challenge).Counter.Name
		require.NoError(&disagreement{}, engine.Sharers(b.store, gift, counter, "", func(member string) bool {
			members = append(members, member)
			return true
		}))
		for _, member := range members {
			share := engine.NewShare(gift, member)
			share.Arrived = now
			b.accept(share)
		}
	}
}

func (b *both) command(e *event.Event, now Instant) {
	e.Time, e.Arrived = calendar.Instant(now), calendar.Instant(now)
	b.accept(e)
}

// decide lets the engine take a command that may be refused, and compares whether it was.
func (b *both) decide(e *event.Event, now Instant, accepted bool, what string) {
	e.Time, e.Arrived = calendar.Instant(now), calendar.Instant(now)
	_, refusal := b.process(e)
	b.same(accepted, refusal == nil, what+" accepted", now)
}

func (b *both) commit(checkpoint bool) {
	batch := b.p.Take(checkpoint)
	batch.Complete()
	require.NoError(&disagreement{}, b.store.Commit(batch))
	b.p.Committed(batch)
}

// do takes a step. One about an event or a claim that was not made (a shorter history may lack it) is left out.
func (b *both) do(s step) {
	s = b.now(s)
	b.jobsBefore(s.now)
	if len(b.world.Program.Timers) > 0 {
		b.jobs(s.now)
	}
	switch s.do {
	case "send":
		b.send(s.event)
	case "restart":
		b.tell(s.now, "restart")
		b.commit(s.checkpoint)
		b.open()
		b.world.reach("restart")
	case "jobs":
		b.jobs(s.now)
	case "compare":
		b.compare(s.now + s.later)
	case "deploy":
		b.deploy(s)
	case "merge":
		b.merge(s)
	case "fire", "close":
		b.call(s)
	case "team", "travel", "enroll", "adjust", "claim", "use", "freeze", "repair", "leave":
		b.order(s)
	case "confirm", "cancel", "return":
		if b.world.claims[s.id] != nil || b.world.used[s.id] != nil {
			b.settle(s)
		}
	default:
		if _, known := b.sent[s.event.ID]; known {
			b.reverse(s)
			b.compareBoards(s.event.At)
		}
	}
}

// now is a step of a member who has been merged into another as that one's.
func (b *both) now(s step) step {
	if into := b.into[s.member]; into != "" {
		s.member = into
	}
	if sent, known := b.sent[s.event.ID]; known && s.do == "again" {
		s.event = sent
	} else if into := b.into[s.event.Member]; into != "" {
		s.event.Member = into
	}
	return s
}

// merge merges one member into another.
func (b *both) merge(s step) {
	b.tell(s.now, "%s is merged into %s", s.what, s.member)
	b.command(engine.NewMerge("merge "+s.what, s.member, s.what), s.now)
	b.world.Merge(s.member, s.what, s.now)
	b.into = map[string]string{s.what: s.member}
	b.members = slices.DeleteFunc(b.members, func(id string) bool { return id == s.what })
}

// reverse is about an earlier event.
func (b *both) reverse(s step) {
	b.nth++
	if s.do != "again" {
		b.tell(s.now, "%s %s %s", s.do, s.event.ID, number(s.amount))
	}
	switch s.do {
	case "again":
		e := asSent(s.event)
		e.Arrived = calendar.Instant(s.now)
		if !b.accept(e).Duplicate {
			b.disagree("%s is not known as a duplicate", e.ID)
		}
		b.world.reach("duplicate")
	case "raise", "amend":
		b.amend(s)
	case "void":
		if !b.world.MayVoid(s.event.ID, s.event.Member, nil, s.now) {
			return
		}
		b.command(engine.NewVoid(s.event.ID), s.now)
		b.world.Void(s.event.ID, s.event.Member, s.now)
	case "release":
		ok := b.world.Release(s.event.ID, s.event.Member, s.now)
		b.decide(engine.NewRelease(s.event.ID).Keyed(fmt.Sprint("release", b.nth)), s.now, ok, "release")
	case "refuse":
		ok := b.world.Refuse(s.event.ID, s.event.Member, s.now)
		b.decide(engine.NewRefuse(s.event.ID).Keyed(fmt.Sprint("refuse", b.nth)), s.now, ok, "refusal")
	}
}

// amend is a revision of an event under a key of its own: up, where the model can tell what that gives, or down.
func (b *both) amend(s step) {
	id, of, w := s.event.ID, s.event.Member, b.world
	now, stands := w.Amount(id, of)
	up := s.amount > now
	if !stands || s.amount == now || up && !w.MayRaise(id, of, s.amount, s.now) || !up && (!w.MayVoid(id, of, &s.amount, s.now) || w.RaiseRefused(id, of)) {
		return
	}
	b.command(engine.NewAmend(id, json.RawMessage(`{"amount":`+number(s.amount)+`}`)).Keyed(fmt.Sprint("amend", b.nth)), s.now)
	if up {
		w.Raise(id, of, s.amount, s.now)
	} else {
		w.Amend(id, of, s.amount, s.now)
	}
}

// call opens or closes the promotion.
func (b *both) call(s step) {
	b.nth++
	b.tell(s.now, "%s", s.do)
	if s.do == "fire" {
		b.command(engine.NewFire(fmt.Sprint("call", b.nth), "rain", calendar.Duration{}, ""), s.now)
		b.world.Fire(s.now)
		return
	}
	b.command(engine.NewClose(fmt.Sprint("call", b.nth), "rain", ""), s.now)
	b.world.Close(s.now)
}

// order is about a member.
func (b *both) order(s step) {
	b.nth++
	id := fmt.Sprint("n", b.nth)
	b.tell(s.now, "%s: %s %s %s %s", s.member, s.do, s.id, s.what, number(s.amount))
	switch s.do {
	case "team":
		b.command(engine.NewProfile(id, s.member, engine.Profile{Fields: inTeam(s.what)}), s.now)
		b.world.MoveTo(s.member, s.what, s.now)
	case "travel":
		b.command(engine.NewProfile(id, s.member, engine.Profile{Timezone: &s.what}), s.now)
		b.world.Travel(s.member, s.what, s.now)
	case "enroll":
		for _, c := range b.world.Program.Challenges {
			if c.ID == s.what && c.OptIn {
				b.decide(engine.NewEnrollment(id, s.member, s.what), s.now, b.world.Enroll(s.member, c, s.now), "enrollment")
			}
		}
	case "leave":
		for _, c := range b.world.Program.Challenges {
			if c.ID == s.what && c.OptIn {
				b.decide(engine.NewLeave(id, s.member, s.what), s.now, b.world.Leave(s.member, c), "leaving")
			}
		}
	case "freeze":
		for _, c := range b.world.Program.Streaks {
			b.decide(engine.NewFreeze(id, s.member, c.ID), s.now, b.world.Freeze(s.member, c, s.now), "freeze")
		}
	case "repair":
		for _, c := range b.world.Program.Streaks {
			b.decide(engine.NewRepair(id, s.member, c.ID), s.now, b.world.Repair(s.member, c, s.now), "repair")
		}
	case "adjust":
		ok := b.world.Adjust(s.member, s.what, s.amount, s.until, s.now)
		change := engine.Adjustment{Points: s.what, Amount: decimal.Decimal(s.amount), Reason: "test"}
		if s.until > 0 {
			change.Expires = calendar.Instant(s.until).String()
		}
		b.decide(engine.NewAdjustment(id, s.member, change), s.now, ok, "adjustment")
	case "use":
		if b.world.Program.has(s.what) {
			ok := b.world.Use(s.id, s.member, s.what, s.held, s.now)
			b.decide(engine.NewUse(s.id, s.member, engine.Use{Reward: s.what, Hold: s.held}), s.now, ok, "use")
		}
	case "claim":
		if slices.ContainsFunc(b.world.Program.Rewards, func(r Reward) bool { return r.ID == s.what }) {
			ok := b.world.Claim(s.id, s.member, s.what, s.amount, s.now)
			b.decide(engine.NewClaim(s.id, s.member, s.what, decimal.Decimal(s.amount)), s.now, ok, "claim")
		}
	}
}

// settle is about a claim.
func (b *both) settle(s step) {
	b.nth++
	id, amount := fmt.Sprint("n", b.nth), decimal.Decimal(s.amount)
	b.tell(s.now, "%s: %s %s %s", s.member, s.do, s.id, number(s.amount))
	if b.world.used[s.id] != nil {
		b.settleUse(s, id)
		return
	}
	switch s.do {
	case "confirm":
		b.decide(engine.NewConfirmation(id, s.id, amount, s.held, ""), s.now, b.world.Confirm(s.id, s.amount, s.held, s.now), "confirmation")
	case "cancel":
		b.decide(engine.NewCancel(id, s.id), s.now, b.world.Cancel(s.id, s.now), "cancellation")
	case "return":
		b.decide(engine.NewReturn(id, s.id, amount), s.now, b.world.Return(s.id, s.amount, s.now), "return")
	}
}

// settleUse is about a use.
func (b *both) settleUse(s step, id string) {
	e := map[string]*event.Event{"confirm": engine.NewConfirm(id, s.id, 0), "cancel": engine.NewCancel(id, s.id), "return": engine.NewReturn(id, s.id, 0)}[s.do]
	b.decide(e, s.now, b.world.settleUsing(s.do, s.id, s.member, s.now), s.do+" of a use")
}

func asSent(e Event) *event.Event {
	data := "{}"
	switch e.Type {
	case "buy":
		data = fmt.Sprintf(`{"amount":%s,"key":%q}`, number(e.Amount), e.Key)
		if e.Friend != "" {
			data = fmt.Sprintf(`{"amount":%s,"key":%q,"friend":%q}`, number(e.Amount), e.Key, e.Friend)
		}
	case "log":
		data = fmt.Sprintf(`{"amount":%s}`, number(e.Amount))
	case "spend":
		data = fmt.Sprintf(`{"amount":%s}`, number(e.Amount))
		if e.Friend != "" {
			data = fmt.Sprintf(`{"amount":%s,"friend":%q}`, number(e.Amount), e.Friend)
		}
	}
	return &event.Event{ID: e.ID, Type: e.Type, Member: e.Member, Time: calendar.Instant(e.At), Timed: true,
		Arrived: calendar.Instant(e.Arrived), Data: []byte(data)}
}

// send lets both take an event, and compares what each rule gave.
func (b *both) send(e Event) {
	event := asSent(e)
	b.tell(e.Arrived, "%s: %s %s %s of %s", e.Member, e.ID, e.Type, event.Data, event.Time)
	b.sent[e.ID] = e
	given := map[string]int64{}
	for _, f := range b.accept(event).Effects {
		if rule := f.Source.ID; f.Source.Section == engine.RuleSection && f.Kind == engine.PointsEffect && !b.world.isTimer(rule) {
			given[rule] += int64(f.Amount)
		}
	}
	b.same(b.world.Send(e), given, "what "+e.ID+" gave", e.Arrived)
	b.compareBoards(e.At)
}

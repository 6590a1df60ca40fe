package suite

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// world is where one test happens: the engine as a server runs it, with a clock that only steps move.
type world struct {
	program   *rulesets.Program
	rules     *engine.Ruleset
	store     *engine.Memory
	boards    *leaderboards.Memory
	processor *engine.Processor
	begun     bool
	now       calendar.Instant
	fired     coverage

	rankings []leaderboards.Key // that have scores, in the order of their first
	// Of the step at hand:
	trace   engine.Trace
	records []*engine.Record
	first   uint64 // seq of its event
}

// must stops the run where the engine fails over a store in memory, which only a mistake in it can cause.
func must(err error) {
	if err != nil {
		panic("suite: the engine failed: " + err.Error())
	}
}

// poolSize is how many codes a test finds in the pool of a reward.
const poolSize = 1000

// fill fills the pool of a reward, if it has one.
func (w *world) fill(r *engine.Reward) {
	if r.Codes != engine.PoolCodes {
		return
	}
	codes := make([]string, poolSize)
	for i := range codes {
		codes[i] = fmt.Sprintf("%s-%d", r.ID, i+1)
	}
	e := engine.NewCodes("test/"+r.ID, r.ID, codes)
	e.Timed, e.Past = true, true
	if _, refusal := w.process(e); refusal != nil {
		must(refusal)
	}
}

// newWorld makes the world of a test, with the members who are there from the start. They join under a ruleset without
// definitions, so that joining gives them nothing.
func newWorld(program *rulesets.Program, t *Test, fired coverage) *world {
	w := &world{program: program, rules: program.Ruleset, store: engine.NewMemory(), boards: leaderboards.NewMemory(), fired: fired}
	r := w.rules
	silent := &engine.Ruleset{Program: r.Program, Calendar: r.Calendar, MemberClock: r.MemberClock, Currency: r.Currency,
		Digits: r.Digits, Late: r.Late, Member: r.Member, Events: engine.BuiltinEvents()}
	silent.Link()
	var err error
	w.processor, err = engine.NewProcessor(w.store, []engine.Version{{Number: 1, From: calendar.Beginning, Rules: silent}}, w.boards)
	must(err)
	for _, m := range t.Members {
		e := engine.NewProfile("joined/"+m.ID, m.ID, m.Profile)
		e.Time, e.Timed, e.Past = m.Joined, true, true
		if _, refusal := w.process(e); refusal != nil {
			must(refusal)
		}
	}
	w.processor.Activate(engine.Version{Number: 2, From: calendar.Beginning, Rules: r})
	for _, reward := range r.Rewards {
		w.fill(reward)
	}
	w.processor.Watch(&w.trace)
	return w
}

func (w *world) zone() *calendar.Zone { return w.rules.Calendar.Zone }

// begin forgets what the step before has left behind.
func (w *world) begin() { w.trace.Steps, w.records, w.first = nil, nil, w.processor.Last()+1 }

// event is what a step sends, nil for one that only looks.
func (w *world) event(step, repetition int, t *Step) *event.Event {
	id := t.ID
	if id == "" {
		id = "step/" + strconv.Itoa(step+1) + "/" + strconv.Itoa(repetition+1)
	}
	var e *event.Event
	switch t.Action {
	case EventAction:
		e = &event.Event{ID: id, Type: t.Name, Member: t.Member, Data: t.Data, Timed: t.Timed, Time: t.Time}
	case EnrollAction:
		e = engine.NewEnrollment(id, t.Member, t.Name)
	case LeaveAction:
		e = engine.NewLeave(id, t.Member, t.Name)
	case EnrollStreakAction:
		e = engine.NewStreakEnrollment(id, t.Member, t.Name)
	case VoidAction:
		e = engine.NewVoid(t.Name).Keyed(id)
	case AmendAction:
		e = engine.NewAmend(t.Name, t.Data).Keyed(id)
	case ReleaseAction:
		e = engine.NewRelease(t.Name)
		if t.Data != nil {
			e = engine.NewPartialRelease(t.Name, t.Data)
		}
		e.Keyed(id)
	case RefuseAction:
		e = engine.NewRefuse(t.Name).Keyed(id)
	case ClaimAction:
		e = engine.NewClaim(id, t.Member, t.Name, t.Amount)
	case UseAction:
		e = engine.NewUse(id, t.Member, engine.Use{Reward: t.Name, Where: t.Use.Where, Hold: t.Use.Hold})
	case ConfirmAction:
		e = engine.NewConfirmation("", t.Name, t.Amount, t.Used, t.Use.Where)
	case CancelAction:
		e = engine.NewCancel("", t.Name)
	case ReturnAction:
		e = engine.NewReturn(id, t.Name, t.Amount)
	case FreezeAction:
		e = engine.NewFreeze(id, t.Member, t.Name)
	case RepairAction:
		e = engine.NewRepair(id, t.Member, t.Name)
	case MergeAction:
		e = engine.NewMerge(id, t.Member, t.Name)
	case AdjustAction:
		e = engine.NewAdjustment(id, t.Member, t.Adjust)
	case FireAction:
		e = engine.NewFire(id, t.Name, t.OpenFor, "")
	case CloseAction:
		e = engine.NewClose(id, t.Name, "")
	case SetAction:
		e = engine.NewProfile(id, t.Member, t.Profile)
	default:
		return nil
	}
	if !e.Timed {
		e.Time = w.now
	}
	e.Arrived = w.now
	return e
}

// process lets the engine decide and commits what it decided, so that the store shows it.
func (w *world) process(e *event.Event) (*engine.Outcome, *engine.Refusal) {
	before := w.processor.Last()
	out, refusal, err := w.processor.Process(e)
	must(err)
	w.commit()
	for seq := before + 1; seq <= w.processor.Last(); seq++ {
		text, err := w.store.Record(seq)
		must(err)
		rec, err := engine.DecodeRecord(text)
		must(err)
		w.records = append(w.records, rec)
		for _, s := range rec.Outcome.Scores {
			s.Key.Program = w.rules.Program // a store holds one program, and leaves its name out
			if !slices.Contains(w.rankings, s.Key) {
				w.rankings = append(w.rankings, s.Key)
			}
		}
		w.fired.outcome(w.rules, rec)
	}
	w.fired.trace(&w.trace)
	return out, refusal
}

func (w *world) commit() {
	b := w.processor.Take(false)
	b.Complete()
	must(w.store.Commit(b))
	w.processor.Committed(b)
}

// checkpoint writes what is only in memory.
func (w *world) checkpoint() {
	b := w.processor.Take(true)
	b.Complete()
	must(w.store.Commit(b))
	w.processor.Committed(b)
}

// advance lets time pass up to an instant: what falls due is settled at its own instant, one after another.
func (w *world) advance(to calendar.Instant) {
	if !w.begun {
		w.begun, w.now = true, to
		must(tasks.Quiesce(host{w})) // the timers of those who are there begin with the story
		w.begin()
	}
	must(tasks.Advance(host{w}, to, func() bool { return false }))
}

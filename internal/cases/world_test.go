package cases

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// world is where a case happens: the engine as a server runs it, with a clock that only the case's timeline moves.
type world struct {
	jobs      bool // run at their instants; without them everything is settled by the next event or look
	down      bool // whether jobs ran before the server went down
	program   *rulesets.Program
	rules     *engine.Ruleset
	store     *engine.Memory
	boards    *leaderboards.Memory
	processor *engine.Processor
	now       calendar.Instant
	trace     engine.Trace
	records   []*engine.Record // of all events, in order of acceptance
	texts     []string         // of the rulesets, in the order in which they were published
}

func newWorld(jobs bool) *world {
	return &world{jobs: jobs, store: engine.NewMemory(), boards: leaderboards.NewMemory(), now: calendar.Beginning}
}

// must stops the run where the engine fails over a store in memory, which only a mistake in it can cause.
func must(err error) {
	if err != nil {
		panic("cases: the engine failed: " + err.Error())
	}
}

// publish puts a ruleset in force: the first one from the beginning, each later one from now on.
func (w *world) publish(text string) {
	w.texts = append(w.texts, text)
	program, said := rulesets.Parse("ruleset.yaml", []byte(text))
	if program == nil {
		cannot("the ruleset has errors: %v", said)
	}
	w.program, w.rules = program, program.Ruleset
	v := engine.Version{Number: len(w.texts), From: w.now, Rules: w.rules}
	if w.processor != nil {
		w.processor.Activate(v)
		return
	}
	var err error
	v.From = calendar.Beginning
	w.processor, err = engine.NewProcessor(w.store, []engine.Version{v}, w.boards)
	must(err)
	w.processor.Watch(&w.trace)
}

// restart throws away all that is only in memory, as the end of a server does.
func (w *world) restart() {
	w.commit(false)
	p, err := engine.NewProcessor(w.store, w.processor.Versions(), w.boards)
	must(err)
	w.processor = p
	w.processor.Watch(&w.trace)
}

// resume comes before anybody looks: where jobs run, the server has been restarted, too.
func (w *world) resume() {
	if w.jobs {
		w.restart()
	}
}

// answer is what became of one event: an outcome, of which all is in records, or a refusal.
type answer struct {
	id      string
	outcome *engine.Outcome
	refusal *engine.Refusal
	records []*engine.Record // its own and those of what it caused for others
	trace   []engine.TraceStep
	// reversedBefore is how much of what a reversal's event had given was taken back from it before.
	reversedBefore decimal.Decimal
}

func (a *answer) duplicate() bool { return a.outcome != nil && a.outcome.Duplicate }

// send lets an event arrive now.
func (w *world) send(e *event.Event) *answer {
	if !e.Timed {
		e.Time = w.now
	}
	e.Arrived = w.now
	before := w.processor.Last()
	w.trace.Steps = nil
	out, refusal, err := w.processor.Process(e)
	must(err)
	a := &answer{id: e.ID, outcome: out, refusal: refusal, trace: slices.Clone(w.trace.Steps)}
	w.commit(false)
	for seq := before + 1; seq <= w.processor.Last(); seq++ {
		text, err := w.store.Record(seq)
		must(err)
		rec, err := engine.DecodeRecord(text)
		must(err)
		a.records = append(a.records, rec)
	}
	w.records = append(w.records, a.records...)
	w.handOut()
	return a
}

func (w *world) commit(checkpoint bool) {
	b := w.processor.Take(checkpoint)
	b.Complete()
	must(w.store.Commit(b))
	w.processor.Committed(b)
}

// reach lets the clock go on to an instant. It never goes back.
func (w *world) reach(at calendar.Instant) {
	if w.jobs && w.processor != nil {
		w.runJobs(at)
	}
	w.now = max(w.now, at)
}

// runJobs settles what falls due by an instant, each thing at its own instant.
func (w *world) runJobs(by calendar.Instant) {
	for {
		ticks, err := w.processor.Due(by, 1)
		must(err)
		if len(ticks) == 0 {
			return
		}
		tick := ticks[0]
		w.now = max(w.now, tick.Time)
		if a := w.send(tick); a.refusal != nil || a.duplicate() {
			panic("cases: " + tick.ID + " is due again after it was settled")
		}
	}
}

// closeSeasons lets the clock go on to an instant and closes what has reached its close.
func (w *world) closeSeasons(by calendar.Instant) {
	w.runJobs(by)
	w.now = max(w.now, by)
	h := enginetest.Runtime{S: w.store, P: w.processor, At: w.now}
	must(h.CloseSeasons())
}

// handOut pays the gifts to members of groups that wait to be paid.
func (w *world) handOut() {
	for {
		var key string
		var gift engine.Fanout
		must(engine.Gifts(w.store, func(k string, f engine.Fanout) bool {
			key, gift = k, f
			return false
		}))
		if key == "" {
			return
		}
		var members []string
		if ch := w.rules.Challenge(gift.Challenge); ch != nil {
			must(engine.Sharers(w.store, gift, ch.Counter.Name, "", func(member string) bool {
				members = append(members, member)
				return true
			}))
		}
		w.processor.Put(engine.Row{Key: key})
		w.commit(false)
		for _, member := range members {
			w.send(engine.NewShare(gift, member))
		}
	}
}

// join makes a member known, with the time zone whose days count for them ("" for the program's).
func (w *world) join(member, zone string) {
	if w.processor.Member(member) != nil {
		return
	}
	var p engine.Profile
	if zone != "" {
		p.Timezone = &zone
	}
	w.accepted(w.send(engine.NewProfile("join/"+member, member, p)))
}

// accepted stops the case where something is refused that only prepares it.
func (w *world) accepted(a *answer) {
	if a.refusal != nil {
		cannot("%s is refused: %v", a.id, a.refusal)
	}
}

// happen sends an event of the ruleset's; time nil is now.
func (w *world) happen(id, eventType, member string, time *calendar.Instant, data map[string]any) *answer {
	e := &event.Event{ID: id, Type: eventType, Member: member, Data: []byte(written(data))}
	if time != nil {
		e.Time, e.Timed = *time, true
	}
	return w.send(e)
}

// member is a member's state; nil for one that is not known.
func (w *world) member(id string) *engine.Member { return w.processor.Member(id) }

// balance is a member's account now; that of nobody is empty.
func (w *world) balance(member, points string) engine.Balance {
	m := w.member(member)
	if m == nil {
		return engine.Balance{}
	}
	return m.Balance(w.rules, w.rules.PointsType(points), w.now)
}

// progress is what an app is shown of a member now.
func (w *world) progress(member string) engine.Progress {
	m := w.member(member)
	if m == nil {
		cannot("member %s is not known", member)
	}
	return m.Progress(w.rules, w.now, w.processor.Group)
}

// ledger are the entries of a member's ledger.
func (w *world) ledger(member string) (list []engine.Entry) {
	must(engine.Ledger(w.store, member, 0, func(_ uint64, _ calendar.Instant, entries []engine.Entry) bool {
		list = append(list, entries...)
		return true
	}))
	return list
}

// effects are what an answer's event, and what followed from it, did to a member; nothing for one that was known already.
func (a *answer) effects(member string) (list []engine.Effect) {
	for _, rec := range a.records {
		if member == "" || rec.Event.Member == member {
			list = append(list, rec.Outcome.Effects...)
		}
	}
	return list
}

// points is how many points an answer gave or took.
func (a *answer) points(member string) (sum decimal.Decimal) {
	for _, e := range a.effects(member) {
		if e.Kind == engine.PointsEffect {
			sum += e.Amount
		}
	}
	return sum
}

// season is the ranking of a board in the season of an instant.
func (w *world) season(board, split string, at calendar.Instant) (leaderboards.Key, leaderboards.Rules) {
	b := w.rules.Leaderboard(board)
	cal, every := w.rules.Calendar, b.Counter.Every
	return leaderboards.Key{Program: w.rules.Program, Board: b.ID, Split: split, Season: cal.Label(every, cal.Key(every, at))}, b.Rules
}

// written are the rulesets of a world, for a case that failed.
func (w *world) written() string {
	var b strings.Builder
	for _, text := range w.texts {
		b.WriteString("\n" + text)
	}
	if w.program != nil {
		for _, i := range w.program.Inactive {
			fmt.Fprintf(&b, "# not yet active: %s, %s\n", i.Definition, i.Why)
		}
	}
	return b.String()
}

// lines joins the lines of a ruleset, leaving out empty ones.
func lines(list ...string) string {
	var b bytes.Buffer
	for _, line := range list {
		if line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// line is a line of a ruleset when a condition holds.
func line(when bool, format string, args ...any) string {
	if !when {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// exact is an elapsed time as the language writes it: in hours, or else in minutes.
func exact(d time.Duration) string {
	switch {
	case d <= 0 || d%time.Minute != 0:
		cannot("a duration of %s cannot be written in minutes", d)
	case d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + " hours"
	}
	return strconv.Itoa(int(d/time.Minute)) + " minutes"
}

// between is the elapsed time from one instant to another.
func between(from, to calendar.Instant) time.Duration { return to.Time().Sub(from.Time()) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// problems is what is wrong with a ruleset, "" for nothing.
func problems(text string) string {
	if program, said := rulesets.Parse("ruleset.yaml", []byte(text)); program == nil {
		return fmt.Sprint(said)
	}
	return ""
}

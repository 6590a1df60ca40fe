package engine

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/integer"
)

// Processor runs the events of one program: it knows duplicates, loads subjects, applies events one after another, and
// gathers what is to be committed. It is not safe for concurrent use and holds no goroutine: its owner calls Process for
// every event that waits, commits the Batch that Take returns, and only then answers.
type Processor struct {
	store    Store
	versions []Version // ascending by From
	subjects *Subjects
	ranks    Ranks
	apply    applier
	live     live  // the decisions of apply, but while the journal is applied again
	probe    Facts // for a look at what an event amounts to before it is applied

	last    uint64           // seq of the last accepted event
	arrived calendar.Instant // of the last accepted event; acceptance time never goes back
	opened  calendar.Instant // of the first
	batch   *Batch
	// recent are events not yet confirmed as committed, by id.
	recent map[string]Accepted
	// pending are rows that reversals read and that are not confirmed as committed.
	pending map[string]pendingRow
	// scores are the scores since the last checkpoint, of which only the last one counts.
	scores map[scoreID]ScoreChange
	dues   dueMoves // since the last checkpoint, too
	// taken are the batches that are not confirmed as committed, in order.
	taken     []*Batch
	marked    uint64          // the last event of the last checkpoint
	unmarked  int             // bytes of the data of events since then
	erased    map[string]bool // pseudonyms of erased members
	differing differing       // of records that were applied again
	reads     *Reads          // of the store, for the events that are processed now; nil: it is asked
	failure   error           // of the store: after it nothing is accepted
	trace     *Trace          // nil unless somebody watches
	listens   func(string) bool
}

// Bounds of what is held in memory.
const (
	// CheckpointAfter is after how many events the states of what they have changed are written. More of them would make the batch
	// with the checkpoint slower to commit, which shows in the slowest answers, and the tail of the journal longer that a restart
	// applies again; fewer would write the states of busy members more often.
	CheckpointAfter = 1024
	// checkpointBytes is after how many bytes of events, where they are large.
	checkpointBytes = 4 << 20
	// MaxHot is how many members are held as they are used.
	MaxHot = 16_384
	// maxGroups is how many states of groups are held, and a tenth of it how many of shared limits.
	maxGroups = 200_000
)

// NewProcessor makes a processor over a store with the versions of its program, the last of which is the present one, and
// applies the tail of the journal whose states were not yet written. ranks may be nil.
func NewProcessor(store Store, versions []Version, ranks Ranks) (*Processor, error) {
	return openProcessor(store, versions, ranks, decidedHere)
}

// openProcessor is NewProcessor where accepts says of a record of the tail whether it can be applied again.
func openProcessor(store Store, versions []Version, ranks Ranks, accepts func(*Record) error) (*Processor, error) {
	p := newProcessor(store, versions, ranks)
	versions[0].first()
	for i := range versions[1:] {
		versions[i+1].succeed(versions[i])
	}
	p.subjects = NewSubjects(p.current(), p.load)
	last, mark := store.Head()
	arrived, err := store.Get(arrivedRow)
	if err != nil {
		return nil, err
	}
	p.arrived = calendar.Instant(integer.Signed(sequence(string(arrived))))
	live, err := store.Get(liveRow)
	if err != nil {
		return nil, err
	}
	p.opened = calendar.Instant(integer.Signed(sequence(string(live))))
	erased := stateRow(erasedPrefix)
	err = store.Scan(erased, "", func(key string, _ []byte) bool {
		p.erased[restOf(key, erased)] = true
		return true
	})
	if err != nil {
		return nil, err
	}
	if err := p.recover(mark, last, accepts); err != nil {
		return nil, err
	}
	p.subjects.goBy(p.current()) // and not by the versions that the last records were decided by
	p.last, p.marked = last, mark
	return p, nil
}

// newProcessor is a processor that has read nothing yet.
func newProcessor(store Store, versions []Version, ranks Ranks) *Processor {
	p := &Processor{store: store, versions: versions, ranks: ranks, recent: map[string]Accepted{}, pending: map[string]pendingRow{},
		scores: map[scoreID]ScoreChange{}, dues: dueMoves{}, erased: map[string]bool{}, batch: &Batch{ranks: ranks}}
	p.apply = newApplier(&p.live)
	return p
}

// recover applies the journal after mark again. Every outcome must be what it was.
func (p *Processor) recover(mark, last uint64, accepts func(*Record) error) error {
	if mark > last {
		return fmt.Errorf("states are written up to event %d, but the journal ends at %d: the journal has lost records", mark, last)
	}
	var failed error
	err := p.store.Records(max(mark, 1), func(seq uint64, b []byte) bool {
		rec, err := DecodeRecord(b)
		if err != nil {
			failed = err
			return false
		}
		p.noteAccepted(&rec.Event)
		if seq > mark {
			if failed = accepts(rec); failed == nil {
				failed = p.reapply(rec)
			}
		}
		return failed == nil
	})
	if err != nil {
		return err
	}
	return failed
}

// reapply applies a recorded event and compares what it means now with what it meant then.
func (p *Processor) reapply(rec *Record) error {
	if isRedacted(rec) {
		p.redacted(rec)
		return p.failure
	}
	present, asOf, e, err := p.read(rec)
	if err != nil {
		return err
	}
	deltas := p.after(rec)
	p.noteAccepted(&rec.Event)
	p.apply.accepted, p.apply.opened = p.arrived, p.opened
	p.last, p.apply.decides = rec.Seq, &recovered{out: &rec.Outcome}
	p.apply.hearAgain(&rec.Outcome)
	out := p.apply.run(present, asOf, p.subjects, &e, rec.Seq, nil)
	p.apply.decides = &p.live
	p.apply.hear(p.listens)
	differs := !sameEffects(out.Effects, rec.Outcome.Effects) || !sameRaised(out, &rec.Outcome)
	if p.differing.see(rec, differs); differs && !p.differing.drifted() {
		return fmt.Errorf("journal record %d does not come out as it was recorded", rec.Seq)
	}
	for _, delta := range deltas {
		p.subjects.install(delta.Key, delta.Value, rec.Seq)
	}
	p.rows(out, &e)
	p.pending[ledgerKey(e.Member, rec.Seq)] = pendingRow{hasEntries, rec.Seq}
	return p.failure
}

// read finds the versions that a record was decided by, and its event with its fields.
func (p *Processor) read(rec *Record) (present, asOf *Ruleset, e event.Event, err error) {
	present, asOf, e = p.versionByNumber(rec.Present), p.versionByNumber(rec.Version), rec.Event
	if asOf == nil || present == nil {
		return nil, nil, e, fmt.Errorf("journal record %d was decided by ruleset versions %d and %d, which are not at hand", rec.Seq, rec.Version, rec.Present)
	}
	if t := asOf.EventType(e.Type); t != nil {
		fields, errs := t.Schema.Decode(e.Data, "data.")
		if len(errs) > 0 {
			return nil, nil, e, fmt.Errorf("journal record %d does not fit its own ruleset: %s", rec.Seq, errs[0].Message)
		}
		e.Fields = fields
	}
	return present, asOf, e, nil
}

// sameEffects compares effects as the journal has them, but for ranks, which are not a fact of the event.
func sameEffects(a, b []Effect) bool {
	if len(a) != len(b) {
		return false
	}
	var x, y writer
	for i := range a {
		x.effectWithoutRank(a[i])
		y.effectWithoutRank(b[i])
		if !bytes.Equal(x.B, y.B) {
			return false
		}
		x.B, y.B = x.B[:0], y.B[:0]
	}
	return true
}

func (w *writer) effectWithoutRank(e Effect) {
	e.Moved = nil
	w.effect(&e)
}

func (p *Processor) current() *Ruleset { return p.versions[len(p.versions)-1].Rules }

// Rules is the present version of the ruleset.
func (p *Processor) Rules() *Ruleset { return p.current() }

// Activate makes a version the present one. Its From must not be before the last accepted event.
func (p *Processor) Activate(v Version) {
	v.succeed(p.versions[len(p.versions)-1])
	p.versions = append(slices.Clip(p.versions), v)
	p.subjects.goBy(v.Rules)
}

// at is the version that decides for an instant: the first one for anything older.
func (p *Processor) at(i calendar.Instant) Version {
	n := sort.Search(len(p.versions), func(k int) bool { return p.versions[k].From > i })
	return p.versions[max(0, n-1)]
}

// Versions are the versions of the program, the last one in force. The list is never changed, only replaced.
func (p *Processor) Versions() []Version { return p.versions }

func (p *Processor) versionByNumber(number int) *Ruleset { return versionByNumber(p.versions, number) }

func versionByNumber(versions []Version, number int) *Ruleset {
	for _, v := range versions {
		if v.Number == number {
			return v.Rules
		}
	}
	return nil
}

// load reads a subject's state. A store that fails ends the acceptance of events; what is decided until then on an empty
// state is never committed.
func (p *Processor) load(key string) []byte {
	if state, asked := p.reads.state(key); asked {
		return state
	}
	state, err := p.store.Get(stateRow(key))
	if err != nil {
		p.fail(err)
	}
	return state
}

func (p *Processor) fail(err error) {
	if p.failure == nil {
		p.failure = err
	}
}

// Process accepts an event, or finds that it is known, or refuses it. The outcome must not be told to anybody before the
// batch that Take returns next has been committed. An error is a failure of the store.
func (p *Processor) Process(e *event.Event) (*Outcome, *Refusal, error) {
	if p.failure != nil {
		return nil, nil, p.failure
	}
	p.subjects.cool()
	p.reads.begin(e)
	if err := p.identify(e); err != nil {
		return p.unread(err)
	}
	p.nameErasure(e)
	if e.Type != commandErase && p.Erased(e.Member) {
		return nil, memberErased, nil
	}
	known, err := p.known(e.ID)
	if err != nil {
		return p.unread(err)
	}
	switch {
	case known != nil:
		return p.repeated(known, e)
	case p.Erased(e.Member): // a second erasure, by an id that had been merged into the one of the first
		return nil, memberErased, nil
	}
	if e.Past {
		e.Arrived = e.Time
	} else {
		e.Arrived = max(e.Arrived, p.arrived)
	}
	v := p.at(e.Time)
	p.redirect(e)
	reversal, refusal, err := p.prepare(e)
	if err != nil {
		return p.unread(err)
	}
	if reversal != nil && reversal.before != nil {
		return p.repeated(reversal.before, e)
	}
	if refusal == nil {
		refusal = check(v.Rules, p.subjects, e)
	}
	if refusal == nil && e.Type == commandCard {
		if refusal, err = p.decideCard(e); err != nil {
			return p.unread(err)
		}
	}
	if refusal == nil && e.Type == commandMerge {
		if reversal, refusal, err = p.prepareMerge(e, v); err != nil {
			return p.unread(err)
		}
	}
	if refusal == nil && reversal != nil && p.refusable(reversal) {
		refusal = p.imagine(e, v, reversal, nil).Refusal
	}
	if refusal == nil {
		refusal = p.outOfRange(e, v, reversal)
	}
	if refusal == nil && e.Type == commandErase {
		if p.apply.standings, err = p.scoresOf(e.Member); err != nil {
			p.fail(err)
		}
	}
	if refusal != nil || p.failure != nil {
		return nil, refusal, p.failure
	}
	out := p.accept(e, v, reversal)
	return out, out.Refusal, p.failure
}

// accept applies a checked event and everything it causes for others.
func (p *Processor) accept(e *event.Event, v Version, r *reversal) *Outcome {
	first := p.applyOne(e, v, r)
	queue := first.Queued
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if p.Erased(next.Member) {
			continue // what it would change is no more
		}
		next.Member = p.now(next.Member)
		known, err := p.accepted(next.ID)
		if err == nil && !known { // else it was given before: a derived id is given once
			if r, _, err = p.prepare(next); err == nil {
				queue = append(p.applyOne(next, v, r).Queued, queue...) // what an event promised comes before anything else is decided
			}
		}
		if err != nil {
			p.fail(err)
			break
		}
	}
	p.noteAccepted(e)
	return first
}

// applyOne applies one event and adds its record and rows to the batch.
func (p *Processor) applyOne(e *event.Event, v Version, r *reversal) *Outcome {
	p.last++
	present := p.versions[len(p.versions)-1]
	p.live.reversal, p.apply.accepted, p.apply.opened = r, p.arrived, p.opened
	out := p.apply.run(present.Rules, v.Rules, p.subjects, e, p.last, p.trace)
	p.live.reversal = nil
	p.verifyBooks(out, e)
	if p.ranks != nil {
		out.awaitRanks(&p.apply.kept)
	}
	if len(p.batch.Accepted) == 0 {
		p.batch.First = p.last
	}
	a := Accepted{e, out, v.Number, present.Number}
	p.batch.Accepted = append(p.batch.Accepted, a)
	p.batch.IDs = append(p.batch.IDs, e.ID)
	p.recent[e.ID] = a
	p.unmarked += len(e.Data)
	p.rows(out, e)
	return out
}

// unread is the answer to an event for which something cannot be read. A damaged record is no reason for others to wait; a store
// that fails is.
func (p *Processor) unread(err error) (*Outcome, *Refusal, error) {
	if errors.Is(err, ErrDamaged) {
		return nil, &Refusal{Code: CodeDamaged, Message: "what this is about was accepted, and cannot be read any more; those who run the server have been told"}, nil
	}
	p.fail(err)
	return nil, nil, err
}

// proveAllEvery is after how many events all lots of a member are proved, and not only those that have changed since they were read.
const proveAllEvery = 1024

// verifyBooks checks the books of the accounts that an event has changed. A broken one is a mistake of ours: nothing of the batch is
// ever committed or acknowledged, and the journal brings back what was (reliability: Invariants).
func (p *Processor) verifyBooks(out *Outcome, e *event.Event) {
	if len(out.Entries) == 0 && out.Merge == nil {
		return
	}
	for _, acc := range p.apply.m.Accounts {
		if !acc.proved(p.apply.now) || p.last%proveAllEvery == 0 && !acc.Proved() {
			p.fail(fmt.Errorf("event %s would leave the books of member %s in %s unbalanced; this is a mistake in Laurel, and the event was not accepted",
				e.ID, e.Member, acc.Points))
		}
	}
}

// Take returns what has been gathered since the last call, for the owner to complete and to commit, with a checkpoint when one is
// due or asked for. Batches are completed and committed in the order in which they are taken.
func (p *Processor) Take(checkpoint bool) *Batch {
	b := p.batch
	b.through = p.last
	// The next batch will be about as large as this one.
	p.batch = &Batch{ranks: p.ranks, Accepted: make([]Accepted, 0, len(b.Accepted)), IDs: make([]string, 0, len(b.IDs)), Rows: make([]Row, 0, len(b.Rows))}
	if checkpoint || p.last-p.marked >= CheckpointAfter || p.unmarked >= checkpointBytes {
		b.States, b.members, b.gone = p.subjects.checkpoint()
		b.scores, b.dues = p.scores, p.dues
		p.scores, p.dues = map[scoreID]ScoreChange{}, dueMoves{}
		if len(b.States) > 0 || len(b.members) > 0 || len(b.scores) > 0 {
			b.States = append(b.States, Row{Key: arrivedRow, Value: []byte(ordered(integer.Bits(int64(p.arrived))))},
				Row{Key: liveRow, Value: []byte(ordered(integer.Bits(int64(p.opened))))})
		}
		b.Mark, p.marked, p.unmarked = p.last, p.last, 0
	}
	p.taken = append(p.taken, b)
	return b
}

// ShowRanks moves the scores of what was decided so far on the boards at hand, for an owner that looks at them before it takes and
// completes the batch.
func (p *Processor) ShowRanks() { p.batch.record(func() {}) }

// Committed tells that a batch has been committed: its events are found in the store from now on.
func (p *Processor) Committed(b *Batch) {
	for i, m := range b.members {
		m.handed = false
		if p.subjects.members[m.ID] != nil && len(b.packed) > 0 { // else it was erased meanwhile, or nobody wrote it down
			p.subjects.packed.keep(m.ID, b.packed[i])
		}
	}
	for _, id := range b.IDs {
		delete(p.recent, id)
	}
	if len(p.pending) > 0 {
		p.settled(b)
	}
	for _, id := range b.gone {
		delete(p.subjects.members, id)
	}
	p.taken = slices.DeleteFunc(p.taken, func(t *Batch) bool { return t == b })
	if b.Mark > 0 {
		p.subjects.evict(maxGroups, b.Mark)
	}
}

// SealCodes makes the codes of rewards from now on depend on a key, so that nobody who does not have it can tell the code of
// a claim by its id. Codes that were made before stay what they are: the journal has them.
func (p *Processor) SealCodes(key []byte) { p.apply.codeKey = key }

// Listen tells which types of messages somebody listens to. Those that nearly every event would lead to (points_given) are told to
// listeners only; nil stands for nobody. It is asked as events are decided.
func (p *Processor) Listen(to func(message string) bool) {
	p.listens = to
	p.apply.hear(to)
}

// Watch lets a trace collect what definitions do with the events processed from now on; nil ends it.
func (p *Processor) Watch(t *Trace) { p.trace = t }

// Steps are those that the expressions of the ruleset took for the last event, in rules and in what counts together.
func (p *Processor) Steps() int {
	rules, counts := p.apply.facts.Steps()
	return rules + counts
}

// Last is the sequence number of the last accepted event.
func (p *Processor) Last() uint64 { return p.last }

// Put adds index rows of the owner's own to the next batch.
func (p *Processor) Put(rows ...Row) { p.batch.Rows = append(p.batch.Rows, rows...) }

// Dirty is how many subjects have changed since the last checkpoint.
func (p *Processor) Dirty() int { return p.subjects.Dirty() }

// Member is a member's present state, nil for an unknown one. It must not be changed, and not be kept beyond the lock that
// the owner guards the processor with.
func (p *Processor) Member(id string) *Member {
	p.subjects.cool()
	if m := p.subjects.see(id); m == nil || m.Into == "" {
		return m
	}
	return nil // it is another one now
}

// HoldHot bounds how many members are held as they are used, MaxHot when it is not called.
func (p *Processor) HoldHot(most int) { p.subjects.hot = most }

// Group is the present state of a group's count, or everyone's, under the same conditions.
func (p *Processor) Group(id CountID) *Group { return p.subjects.Group(id) }

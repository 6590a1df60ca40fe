// Package laurel is a loyalty program inside a Go program: the engine that `laurel serve` serves, with the same durable store, the
// same rulesets and the same work of time, called instead of requested.
//
//	loyalty, err := laurel.Open("data", laurel.Path("coffee"), laurel.Options{})
//	outcome, err := loyalty.Send(ctx, laurel.Event{ID: "o1", Type: "purchase", Member: "ann", Data: map[string]any{"amount": 12.50}})
//	progress, err := loyalty.Progress(ctx, "ann")
//	err = loyalty.Close()
//
// [Program.Send] takes what happens to members, [Program.Do] what somebody asks for: claims, adjustments, voids, profiles. Both
// answer once it is on the disk, with everything that it did. [Program.Progress], [Program.Ledger], [Program.Leaderboard],
// [Program.Standing] and [Program.Explain] ask. What is refused is an [*engine.Refusal], with a code that does not change, a
// sentence, and for each thing wrong its place and what to write instead.
//
// Amounts are exact decimals (package decimal), times in answers are instants (package calendar) with a Time method. Outcomes,
// progress, entries of ledgers, tables and standings are written by encoding/json as the HTTP API writes them.
//
// One program has one directory at a time, and one process: whoever opens it a second time gets [ErrInUse]. While it is not open
// anywhere `laurel serve --data` can serve it, `laurel replay --data` prove it and a copy of the directory back it up.
package laurel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"math"
	"path/filepath"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/backup"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// What is no refusal, and can be told apart with errors.Is.
var (
	// ErrInUse: the directory is open already, in this process or another one.
	ErrInUse = pebblestore.ErrLocked
	// ErrStopped: the program is closed, or its store has failed, which the error says then; what is on the disk can be opened again.
	ErrStopped = program.ErrStopped
	// ErrFull: the disk is nearly full (Options.KeepFree). Nothing is written until there is room; questions are answered.
	ErrFull = program.ErrFull
	// ErrClock: the machine's clock cannot be right, so nothing is accepted until it is put right (Options.AcceptClock).
	ErrClock = program.ErrHeld
	// ErrLive: the program is no sandbox, and its clock cannot be moved.
	ErrLive = clock.ErrLive
)

// Options of Open. The zero value is good.
type Options struct {
	// Logger is told what goes wrong behind the calls; slog.Default when nil.
	Logger *slog.Logger
	// SandboxAt makes a new program a sandbox, whose clock stands at this time until Advance moves it, so that a test answers the
	// same every time. A directory is a sandbox for ever, where its clock stood last, whatever a later Open says; a program that
	// has taken live events cannot become one.
	SandboxAt time.Time
	// KeepFree is how many bytes of the disk stay free: below it nothing is written. 1 GiB when 0.
	KeepFree uint64
	// KeyFile is a file of 32 random bytes that others cannot read, with which secrets in the directory are encrypted; they lie there
	// as they are when "". A directory that has encrypted ones is opened with the same file alone.
	KeyFile string
	// AcceptClock takes the machine's clock for right, however far it is from when something was last accepted. Without it a clock
	// that is far off, and for which no time server vouches, expires nothing at first and further off accepts nothing (operations:
	// The clock).
	AcceptClock bool
}

// Ruleset is where a ruleset comes from: Path, FS, Text, or a function that compiles one in another way.
type Ruleset func() (*rulesets.Program, rulesets.Diagnostics)

// Path is the ruleset at a path: a file, or a directory whose .yaml files make it up together, *_test.yaml aside.
func Path(name string) Ruleset {
	return func() (*rulesets.Program, rulesets.Diagnostics) { return rulesets.LoadPathIn(nil, name) }
}

// FS is the ruleset in a directory of a file system, such as an embed.FS.
func FS(files fs.FS, dir string) Ruleset {
	return func() (*rulesets.Program, rulesets.Diagnostics) { return rulesets.LoadFS(files, dir) }
}

// Text is the ruleset that a text in YAML is.
func Text(yaml string) Ruleset {
	return func() (*rulesets.Program, rulesets.Diagnostics) {
		return rulesets.Parse("ruleset.yaml", []byte(yaml))
	}
}

// Program is one program at work. Its methods may be called by any number of goroutines; a sync to the disk serves all who wait
// for it, so that many at once are as fast as a batch.
type Program struct {
	db      *pebblestore.DB
	program *program.Program
	runner  *jobs.Runner

	ctx     context.Context // over when the program is being closed
	cancel  context.CancelFunc
	tending sync.WaitGroup

	calls  sync.RWMutex // held for reading by every call
	closed bool
	once   sync.Once
	result error // of Close
}

// Open opens a program in a directory, which is made if there is none, under a ruleset. It is ready when Open returns: what time
// has done since it was last open is being written down, and answers know of it already.
//
// A ruleset that differs from the one before becomes a new version, which decides from now on; events of the past keep theirs. One
// that would break what was counted or promised is an error that says what (`laurel plan`). Errors of a ruleset are
// rulesets.Diagnostics, each with its line and what to write instead. A directory that somebody has open is ErrInUse.
//
// It may have served other programs, in whose place this one works; two programs at once need two directories, or `laurel serve`.
func Open(dir string, ruleset Ruleset, o Options) (*Program, error) {
	loaded, diagnostics := ruleset()
	if diagnostics.HasErrors() {
		return nil, fmt.Errorf("the ruleset has errors:\n%w", diagnostics)
	}
	mark := clock.Mark{Sandbox: !o.SandboxAt.IsZero()}
	if mark.Sandbox {
		if mark.At = calendar.FromTime(o.SandboxAt); mark.At <= 0 {
			return nil, errors.New("Options.SandboxAt is before 1970")
		}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	key, err := settings.ReadKey(o.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("Options.KeyFile: %w", err)
	}
	db, err := pebblestore.Open(dir, pebblestore.Options{Logger: o.Logger, Reserve: o.KeepFree, Key: key})
	if err != nil {
		return nil, err
	}
	p := &Program{db: db}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if err := encrypt(p.ctx, db); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	if err := p.start(dir, loaded, mark, o); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// encrypt encrypts what an earlier Open has written in the clear, and takes that off the disk.
func encrypt(ctx context.Context, db *pebblestore.DB) error {
	n, err := db.Settings().Seal()
	if err == nil && n > 0 {
		err = db.Scrub(ctx)
	}
	return err
}

func (p *Program) start(dir string, loaded *rulesets.Program, mark clock.Mark, o Options) error {
	machine := clock.New(clock.Kernel())
	if err := assembly.Resume(p.ctx, machine, assembly.Embedded(p.db), o.AcceptClock); err != nil {
		return err
	}
	boards := leaderboards.NewMemory()
	erasures, err := backup.OpenErasures(filepath.Join(dir, "erasures"), time.Now)
	if err != nil {
		return err
	}
	parts := assembly.Parts{Data: assembly.Embedded(p.db), Machine: machine, Mark: mark, Log: o.Logger,
		Erased: func(id string, pseudonyms ...string) {
			if err := erasures.Add(id, pseudonyms...); err != nil {
				o.Logger.Error("a restored backup could bring back members who were erased", "program", id, "error", err)
			}
		},
		Boards: func(engine.Store) leaderboards.Board { return boards }}
	working, sandbox, err := parts.Open(loaded)
	if err != nil {
		return fmt.Errorf("program %s: %w", loaded.Ruleset.Program, err)
	}
	p.program = working
	if p.runner, err = jobs.NewRunner(jobs.Tick, o.Logger); err != nil {
		return err
	}
	if err := p.runner.Add(working, jobs.Options{Sandbox: sandbox}); err != nil {
		return err
	}
	p.runner.Start()
	p.tending.Go(func() { machine.Tend(p.ctx, o.Logger) })
	return nil
}

// Close lets the calls under way end, writes everything to the disk and lets go of the directory. All that was answered is on the
// disk before, whatever it returns; an error says that the directory could not be left in order, and the next Open tells what of it
// matters. Closing again does nothing and returns the same.
func (p *Program) Close() error {
	p.once.Do(func() {
		p.cancel()
		p.calls.Lock()
		p.closed = true
		p.calls.Unlock()
		p.tending.Wait()
		var errs []error
		if p.runner != nil {
			errs = append(errs, p.runner.Stop())
		}
		if p.program != nil {
			errs = append(errs, p.program.Close())
		}
		p.result = errors.Join(append(errs, p.db.Close())...)
	})
	return p.result
}

// begin begins a call, which ends with p.calls.RUnlock. It is an error where ctx is over or the program is closed.
func (p *Program) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.calls.RLock()
	if p.closed {
		p.calls.RUnlock()
		return ErrStopped
	}
	return nil
}

// Now is the program's time: the machine's, or that of the sandbox.
func (p *Program) Now() time.Time { return p.program.Present().Time() }

// Advance moves the clock of a sandbox forward to a time, by way of all that falls due until then, each thing at its own instant:
// what expires, falls, closes, or is given. A time that has passed changes nothing. Where ctx ends it on the way, the clock stands
// at some instant before, and it can be called again. A live program is ErrLive.
func (p *Program) Advance(ctx context.Context, to time.Time) error {
	if err := p.begin(ctx); err != nil {
		return err
	}
	defer p.calls.RUnlock()
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(p.ctx, cancel)()
	defer cancel()
	until := calendar.FromTime(to)
	if err := p.runner.Advance(ctx, p.program.Rules().Program, until, math.MaxInt64); err != nil {
		return err
	}
	if p.program.Now() < until {
		return ctx.Err()
	}
	return p.program.Settled()
}

// Event is something that happened to a member.
type Event struct {
	// ID is the sender's own, such as that of the order: an event has one effect for ever, however often it is sent.
	ID string `json:"id"`
	// Type is one of the ruleset's events.
	Type string `json:"type"`
	// Member is the sender's own id of the member, who joins with the first event.
	Member string `json:"member"`
	// Time is when it happened, now where it is zero: at most 5 minutes ahead, and as far back as the ruleset's late lets it.
	Time time.Time `json:"time,omitzero"`
	// Data is what encoding/json writes as an object with the fields of the type; nil for none. Numbers are taken digit by digit:
	// a float64 of 12.1 is 12.1. An amount that was computed is better a decimal.Decimal or a json.Number.
	Data any `json:"data,omitempty"`
}

// body is the event as SendJSON takes it.
func (e Event) body() ([]byte, error) {
	for _, part := range []struct{ name, text string }{{"id", e.ID}, {"type", e.Type}, {"member", e.Member}} {
		if !utf8.ValidString(part.text) { // JSON would replace it, and two ids might become one
			return nil, invalid([]event.FieldError{{Location: part.name, Code: "wrong_id", Message: "it is not UTF-8"}})
		}
	}
	e.Time = e.Time.UTC()
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	if err := w.Encode(e); err != nil {
		return nil, fmt.Errorf("event %q cannot be written as JSON: %w", e.ID, err)
	}
	return b.Bytes(), nil
}

// Send takes an event and returns everything that it did, once that is on the disk. The same event again returns the same, marked
// Duplicate; another one under its id is refused with event_conflict. An outcome is to be read, not changed.
//
// A context that ends while the event waits for the disk returns its error, and whether the event was accepted is not known: send
// it again.
func (p *Program) Send(ctx context.Context, e Event) (*engine.Outcome, error) {
	body, err := e.body()
	if err != nil {
		return nil, err
	}
	return p.SendJSON(ctx, body)
}

// SendJSON is Send for an event as the HTTP API takes it: {"id", "type", "member", "time", "data"}, at most event.MaxBytes bytes.
func (p *Program) SendJSON(ctx context.Context, body []byte) (*engine.Outcome, error) {
	if len(body) > event.MaxBytes {
		return nil, &engine.Refusal{Code: "body_too_large", Message: fmt.Sprintf("an event has at most %d bytes", event.MaxBytes)}
	}
	e, errs := event.Parse(body)
	if len(errs) > 0 {
		return nil, invalid(errs)
	}
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	defer p.calls.RUnlock()
	if refusal := engine.RefuseCommand(e, p.program.Rules); refusal != nil {
		return nil, refusal
	}
	return p.submit(ctx, e)
}

func invalid(errs []event.FieldError) *engine.Refusal {
	if errs[0].Code == "invalid_json" {
		return &engine.Refusal{Code: "invalid_json", Message: "the event is not well-formed JSON", Errors: errs}
	}
	return &engine.Refusal{Code: "invalid_event", Message: "this is not an event", Errors: errs}
}

// Do carries out a command and returns everything that it did, once that is on the disk. Commands are made by the engine's
// functions:
//
//	NewProfile                    what a member told of themselves, whether or not they are known
//	NewVoid, NewAmend             an event as if it had never been, or had been another one
//	NewRelease, NewPartialRelease, NewRefuse
//	                              what an event gave and the ruleset holds back
//	NewClaim, NewConfirm, NewCancel, NewReturn
//	                              a reward: its points are held, spent, given back
//	NewAdjustment                 a balance by hand, with a reason
//	NewEnrollment, NewLeave, NewStreakEnrollment
//	                              what members join
//	NewFreeze, NewRepair          what they buy for a streak
//	NewFire, NewClose             promotions that open on call
//	NewCodes                      codes for the pool of a reward
//	NewErasure                    a member is forgotten
//
// Their ids are keys: a new one for each thing that is wanted, the same one to try again. Void, amend, release and refuse take
// theirs from the event that they are about, and an own one by Keyed. A context that ends is as for Send.
func (p *Program) Do(ctx context.Context, command *event.Event) (*engine.Outcome, error) {
	if refusal := engine.CheckCommand(command); refusal != nil {
		return nil, refusal
	}
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	defer p.calls.RUnlock()
	e := *command // the program fills it in
	return p.submit(ctx, &e)
}

func (p *Program) submit(ctx context.Context, e *event.Event) (*engine.Outcome, error) {
	results, err := p.program.SubmitContext(ctx, e)
	switch failed := p.program.Failed(); {
	case errors.Is(err, ErrStopped) && failed != nil:
		return nil, fmt.Errorf("%w: %w", err, failed)
	case errors.Is(err, ErrClock):
		return nil, fmt.Errorf("%w, which in a Go program is Options.AcceptClock", err)
	case err != nil:
		return nil, err
	case results[0].Refusal != nil:
		return nil, results[0].Refusal
	}
	return results[0].Outcome, nil
}

// Progress is everything an app shows of one member, now. Of an unknown member it is the refusal member_unknown, of an erased one
// member_erased.
func (p *Program) Progress(ctx context.Context, member string) (engine.Progress, error) {
	return p.ProgressAt(ctx, member, p.Now())
}

// Cards are those of a member, in the order in which they were issued (engine.NewCard, NewCardRotation and NewCardBlock change them).
func (p *Program) Cards(ctx context.Context, member string) ([]engine.Card, error) {
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	defer p.calls.RUnlock()
	list, found, err := p.program.Cards(member)
	if err == nil && !found {
		err = p.noMember(member)
	}
	return list, err
}

// FindCard finds a card by its number (engine.ReadCardNumber), with its Member and whether it is still taken; nil for one that nobody has.
func (p *Program) FindCard(ctx context.Context, number string) (*engine.Card, error) {
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	defer p.calls.RUnlock()
	found, err := p.program.FindCard(number)
	if err != nil || found == nil {
		return nil, err
	}
	return &found.Card, nil
}

// ProgressAt is Progress at another time: as it was then, or as it will be by time alone.
func (p *Program) ProgressAt(ctx context.Context, member string, at time.Time) (engine.Progress, error) {
	if err := p.begin(ctx); err != nil {
		return engine.Progress{}, err
	}
	defer p.calls.RUnlock()
	progress, found, err := p.program.ProgressAt(member, calendar.FromTime(at))
	if err == nil {
		err = p.program.Settled()
	}
	if err == nil && !found {
		err = p.noMember(member)
	}
	return progress, err
}

// noMember is why there is nothing to tell of a member.
func (p *Program) noMember(id string) error {
	if p.program.Erased(id) {
		return &engine.Refusal{Code: engine.CodeMemberErased, Message: "this member has been erased, and the id stays blocked"}
	}
	if now := p.program.Merged(id); now != "" {
		return &engine.Refusal{Code: engine.CodeMerged, Message: "this member has been merged into another: use that one's id", Member: now}
	}
	return &engine.Refusal{Code: engine.CodeMemberUnknown, Message: "there is no such member"}
}

// ledgerPage is how many entries are read at once.
const ledgerPage = 500

// Ledger is every change of a member's points, the latest first, each with the event that caused it. It ends with the first error.
// What is accepted meanwhile is not in it.
func (p *Program) Ledger(ctx context.Context, member string) iter.Seq2[engine.LedgerEntry, error] {
	return func(yield func(engine.LedgerEntry, error) bool) {
		for before, first := uint64(0), true; first || before > 0; first = false {
			page, next, err := p.ledgerBefore(ctx, member, before)
			if err != nil {
				yield(engine.LedgerEntry{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			before = next
		}
	}
}

// ledgerBefore reads entries of events before one, 0 for all, and before which to go on, 0 at the end. An event's are together.
func (p *Program) ledgerBefore(ctx context.Context, member string, before uint64) (page []engine.LedgerEntry, next uint64, err error) {
	if err := p.begin(ctx); err != nil {
		return nil, 0, err
	}
	defer p.calls.RUnlock()
	if !p.program.Known(member) {
		return nil, 0, p.noMember(member)
	}
	err = engine.LedgerBack(p.program.Store(), member, before, func(rec *engine.Record) bool {
		for i := len(rec.Outcome.Entries) - 1; i >= 0; i-- {
			page = append(page, engine.NewLedgerEntry(rec, &rec.Outcome.Entries[i], member))
		}
		if len(page) >= ledgerPage {
			next = rec.Seq
		}
		return next == 0
	})
	return page, next, err
}

// Ranking names one ranking.
type Ranking struct {
	Board  string // a leaderboard of the ruleset
	Season string // "current", which "" is too, "previous", or a label such as 2026-W49
	Split  string // which part of a board that is split, "" for any other
}

func (r Ranking) name() program.RankingName {
	name := program.RankingName{Board: r.Board, Season: r.Season}
	if r.Split != "" {
		name.Split = &r.Split
	}
	return name
}

// Bounds of what is read of a ranking at once.
const (
	standardRows = 100
	maxAround    = 100
)

// Leaderboard is a page of a ranking: at most limit rows from a position on, which counts from 1. A limit of 0 is 100; no page has
// more than leaderboards.MaxPage. Final tables of seasons that have closed are read in the same way. A ranking that there is not is
// the refusal not_found or wrong_parameter.
func (p *Program) Leaderboard(ctx context.Context, of Ranking, from, limit int) (engine.Table, error) {
	if err := p.begin(ctx); err != nil {
		return engine.Table{}, err
	}
	defer p.calls.RUnlock()
	r, err := p.program.Ranking(of.name())
	if err != nil {
		return engine.Table{}, err
	}
	if limit <= 0 {
		limit = standardRows
	}
	table, err := r.Page(ctx, int64(max(from, 1)), min(limit, leaderboards.MaxPage))
	if err == nil {
		err = p.program.Settled()
	}
	return table, err
}

// Standing is where a member, or a group where groups are ranked, is in a ranking, and so many rows on each side, at most 100. Who
// has no score has no rank.
func (p *Program) Standing(ctx context.Context, of Ranking, member string, around int) (engine.Standing, error) {
	if err := p.begin(ctx); err != nil {
		return engine.Standing{}, err
	}
	defer p.calls.RUnlock()
	r, err := p.program.Ranking(of.name())
	if err != nil {
		return engine.Standing{}, err
	}
	if !r.Board.RanksGroups() && !p.program.Known(member) {
		return engine.Standing{}, p.noMember(member)
	}
	standing, err := r.Standing(ctx, member, min(max(around, 0), maxAround))
	if err == nil {
		err = p.program.Settled()
	}
	return standing, err
}

// Explain says for each definition that looked at an event, or at a command, by its id, whether it did something or what kept it
// from it, and what it did. An id that no event has is the refusal not_found.
func (p *Program) Explain(ctx context.Context, event string) (*engine.Explanation, error) {
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	defer p.calls.RUnlock()
	if err := p.program.Settled(); err != nil {
		return nil, err
	}
	x, err := p.program.Explain(event)
	switch {
	case err != nil:
		return nil, err
	case x == nil:
		return nil, &engine.Refusal{Code: engine.CodeNotFound, Message: "there is no such event"}
	case p.program.Erased(x.Record.Event.Member):
		return nil, p.noMember(x.Record.Event.Member)
	}
	return x, nil
}

package activation

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/lint"
	"github.com/laurel-engine/laurel/rulesets/plan"
	"github.com/laurel-engine/laurel/rulesets/suite"
)

// Errors of changes, to be told apart with errors.Is.
var (
	// ErrPlanned: another version is to come into force at its instant; cancel that first.
	ErrPlanned = errors.New("another version is planned")
	// ErrNothingPlanned: nothing is to be cancelled.
	ErrNothingPlanned = errors.New("no version is planned")
	// ErrPast: it was to come into force at an instant that has passed.
	ErrPast = errors.New("the instant has passed")
	// ErrUnknownDefinition: there is no such definition.
	ErrUnknownDefinition = errors.New("there is no such definition")
	// ErrNotPausable: it counts, or is something that others look at.
	ErrNotPausable = errors.New("definitions of this section cannot be paused")
	// ErrUnknownVersion: there is no such version.
	ErrUnknownVersion = errors.New("there is no such version")
)

// InvalidError is a draft that does not compile, or is no draft of the program.
type InvalidError struct {
	Message string
	Report  lint.Report
}

func (e *InvalidError) Error() string { return e.Message }

// BlockedError is a draft that must not follow what is in force.
type BlockedError struct{ Plan *plan.Plan }

func (e *BlockedError) Error() string {
	return "it cannot follow the version in force:\n" + e.Plan.Only(plan.Change.IsBlocked).String()
}

// Manager changes rulesets of programs. Its methods may be called by any number of goroutines.
type Manager struct {
	Settings settings.Store
	Zones    *calendar.Zones // nil for the embedded ones
	Log      *slog.Logger

	changing sync.Mutex // one change at a time; another process meets the settings
}

// Draft is a ruleset that is to come into force.
type Draft struct {
	Files map[string]string // by name; those that end in _test.yaml are its tests
	At    calendar.Instant  // 0 for at once
	About program.About
}

// Activated is what an activation came to.
type Activated struct {
	// Version is the number of the version that is in force now, nil where it is planned.
	Version *int              `json:"version"`
	Hash    string            `json:"hash"`
	From    calendar.Instant  `json:"from"` // since when, or from when on
	Changed bool              `json:"changed"`
	Plan    *plan.Plan        `json:"plan"`
	Tests   *suite.Results    `json:"tests,omitempty"`
	text    map[string]string // its files
}

// recently is how long an instant may have passed that a version is to come into force at, while the call was on its way.
const recently = time.Minute

var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.ya?ml$`)

// split tells the files of a draft's ruleset from its tests.
func split(files map[string]string) (ruleset, tests map[string][]byte, err error) {
	ruleset, tests = map[string][]byte{}, map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !fileName.MatchString(name) {
			return nil, nil, &InvalidError{Message: fmt.Sprintf("%q cannot be the name of a file: it is like ruleset.yaml", name)}
		}
		if strings.HasSuffix(strings.TrimSuffix(name, path.Ext(name)), "_test") {
			tests[name] = []byte(files[name])
		} else {
			ruleset[name] = []byte(files[name])
		}
	}
	if len(ruleset) == 0 {
		return nil, nil, &InvalidError{Message: "a ruleset has one file at least"}
	}
	return ruleset, tests, nil
}

// Check looks at a draft by itself.
func (m *Manager) Check(p *program.Program, files map[string]string) (lint.Report, error) {
	ruleset, _, err := split(files)
	if err != nil {
		return lint.Report{}, err
	}
	compiled, diagnostics := rulesets.LoadIn(m.Zones, ruleset)
	return lint.Check(compiled, diagnostics, p.Now()), nil
}

// New makes a program of a draft that no program has yet, and runs its tests; results are nil where it has none.
func (m *Manager) New(files map[string]string, now calendar.Instant) (*rulesets.Program, *suite.Results, error) {
	compiled, tests, err := m.compileAt(files, now)
	if err != nil || len(tests) == 0 {
		return compiled, nil, err
	}
	return compiled, suite.RunTexts(tests, compiled), nil
}

func (m *Manager) compileAt(files map[string]string, now calendar.Instant) (*rulesets.Program, map[string][]byte, error) {
	ruleset, tests, err := split(files)
	if err != nil {
		return nil, nil, err
	}
	compiled, diagnostics := rulesets.LoadIn(m.Zones, ruleset)
	if compiled == nil || diagnostics.HasErrors() {
		return nil, nil, &InvalidError{Message: "the ruleset has errors", Report: lint.Check(nil, diagnostics, now)}
	}
	return compiled, tests, nil
}

// compile makes a program of a draft, which has to be one of p.
func (m *Manager) compile(p *program.Program, files map[string]string) (*rulesets.Program, map[string][]byte, error) {
	compiled, tests, err := m.compileAt(files, p.Now())
	if err != nil {
		return nil, nil, err
	}
	if id := p.Rules().Program; compiled.Ruleset.Program != id {
		return nil, nil, &InvalidError{Message: fmt.Sprintf("this is a ruleset of program %s, and the key is one of %s", compiled.Ruleset.Program, id)}
	}
	return compiled, tests, nil
}

// Plan says what a draft changes, and what that means for members in flight.
func (m *Manager) Plan(p *program.Program, files map[string]string) (*plan.Plan, error) {
	compiled, _, err := m.compile(p, files)
	if err != nil {
		return nil, err
	}
	if compiled, err = m.pausing(compiled, assembly.StillThere(p.Paused(), compiled)); err != nil { // as it would be activated
		return nil, err
	}
	changes, _, err := m.compare(p, compiled, true)
	return changes, err
}

// compare compares a draft with the version in force, whose number it tells. The journal is asked which names it uses only where it matters,
// and not at all for what comes later: it may use others by then.
func (m *Manager) compare(p *program.Program, next *rulesets.Program, now bool) (*plan.Plan, int, error) {
	versions, sources := p.Rulesets()
	last := versions[len(versions)-1]
	present, err := assembly.Compile(program.Text{Files: sources, Zones: last.Zones, Paused: p.Paused()})
	if err != nil {
		return nil, 0, err
	}
	changes := plan.Compare(present, next, nil)
	if now && changes.Blocked() {
		used, err := engine.NamesInUse(p.Store())
		if err != nil {
			return nil, 0, err
		}
		changes = plan.Compare(present, next, used)
	}
	return changes, last.Number, nil
}

// Test runs the tests of a draft.
func (m *Manager) Test(p *program.Program, files map[string]string) (*suite.Results, error) {
	compiled, tests, err := m.compile(p, files)
	if err != nil {
		return nil, err
	}
	return suite.RunTexts(tests, compiled), nil
}

// Activate puts a draft into force, or plans it. Where it has tests that fail nothing is done, and the answer has them.
func (m *Manager) Activate(p *program.Program, d Draft) (*Activated, error) {
	m.changing.Lock()
	defer m.changing.Unlock()
	compiled, tests, err := m.compile(p, d.Files)
	if err != nil {
		return nil, err
	}
	if _, err := m.planned(p); err == nil {
		return nil, ErrPlanned
	} else if !errors.Is(err, ErrNothingPlanned) {
		return nil, err
	}
	return m.activate(p, d, compiled, tests, assembly.StillThere(p.Paused(), compiled))
}

// pausing is a program with some definitions paused.
func (m *Manager) pausing(compiled *rulesets.Program, paused []string) (*rulesets.Program, error) {
	if len(paused) == 0 {
		return compiled, nil
	}
	return assembly.Compile(program.Text{Files: compiled.Sources, Zones: m.Zones, Paused: paused})
}

// activate is Activate of a draft that compiles, with some definitions paused.
func (m *Manager) activate(p *program.Program, d Draft, compiled *rulesets.Program, tests map[string][]byte, paused []string) (*Activated, error) {
	text := program.Text{Files: compiled.Sources, Zones: m.Zones, Paused: paused}
	compiled, err := m.pausing(compiled, paused)
	if err != nil {
		return nil, err
	}
	later := d.At > p.Now()
	if d.At != 0 && d.At < p.Now().Add(-recently) {
		return nil, ErrPast
	}
	changes, after, err := m.compare(p, compiled, !later)
	if err != nil {
		return nil, err
	}
	out := &Activated{Hash: compiled.Ruleset.Hash, Plan: changes, text: compiled.Sources}
	if len(tests) > 0 {
		if out.Tests = suite.RunTexts(tests, compiled); !out.Tests.OK {
			return out, nil
		}
	}
	if changes.Blocked() {
		return nil, &BlockedError{changes}
	}
	next := &program.Succession{Text: text, Rules: compiled.Ruleset, After: after, At: d.At, About: d.About}
	if later {
		out.From, out.Changed = d.At, true
		return out, m.plan(p, next)
	}
	versions, _ := p.Rulesets()
	if last := versions[len(versions)-1]; same(last, out, p) { // what is in force is sent again
		out.Version, out.From = &last.Number, last.From
		return out, nil
	}
	v, err := p.Succeed(m.Settings, next)
	if err != nil {
		return nil, err
	}
	m.tell(v, d.About)
	out.Version, out.From, out.Changed = &v.Number, v.From, true
	return out, nil
}

// same reports whether a draft is what is in force, to the letter.
func same(last engine.Version, a *Activated, p *program.Program) bool {
	_, sources := p.Rulesets()
	return last.Rules.Hash == a.Hash && maps.Equal(sources, a.text)
}

func (m *Manager) tell(v engine.Version, about program.About) {
	m.Log.Info("a version of a ruleset has come into force", "program", v.Rules.Program, "version", v.Number, "hash", v.Rules.Hash,
		"by", about.By, "note", about.Note)
}

// Pause lets a definition of the version in force give nothing until it is resumed, also under versions that come: by its section and id.
// Resume undoes that. Either makes a version of its own; where nothing changes there is none.
func (m *Manager) Pause(p *program.Program, path string, pause bool, about program.About) (*Activated, error) {
	m.changing.Lock()
	defer m.changing.Unlock()
	section, _, _ := strings.Cut(path, "/")
	versions, sources := p.Rulesets()
	compiled, err := assembly.Compile(program.Text{Files: sources, Zones: versions[len(versions)-1].Zones})
	if err != nil {
		return nil, err
	}
	if len(assembly.StillThere([]string{path}, compiled)) == 0 {
		return nil, ErrUnknownDefinition
	}
	if !slices.Contains(engine.Pausable, section) {
		return nil, ErrNotPausable
	}
	paused := slices.DeleteFunc(slices.Clone(p.Paused()), func(other string) bool { return other == path })
	if pause {
		paused = append(paused, path)
		slices.Sort(paused)
	}
	if about.Act != nil {
		act := *about.Act
		act.About = audit.Change("definition", path, nil, map[string]bool{"paused": pause})
		about.Act = &act
	}
	done, err := m.activate(p, Draft{About: about}, compiled, nil, paused)
	if err != nil {
		return nil, err
	}
	return done, m.replan(p, paused)
}

// replan lets a planned version follow the one that is in force now, with the same definitions paused: who stops a campaign that runs away
// need not know of what is planned.
func (m *Manager) replan(p *program.Program, paused []string) error {
	planned, err := m.planned(p)
	if errors.Is(err, ErrNothingPlanned) {
		return nil
	}
	if err != nil {
		return err
	}
	compiled, err := assembly.Compile(program.Text{Files: planned.Files, Zones: m.Zones})
	if err != nil {
		return err
	}
	planned.Paused = assembly.StillThere(paused, compiled)
	if compiled, err = m.pausing(compiled, planned.Paused); err != nil {
		return err
	}
	planned.Hash = compiled.Ruleset.Hash
	b, err := json.Marshal(planned)
	if err != nil {
		return err
	}
	if err := settings.Put(m.Settings, plannedKey(p.Rules().Program), b); err != nil {
		return err
	}
	versions, _ := p.Rulesets()
	m.await(p, &program.Succession{Text: program.Text{Files: planned.Files, Zones: m.Zones, Paused: planned.Paused}, Rules: compiled.Ruleset,
		After: versions[len(versions)-1].Number, At: planned.At, About: planned.About})
	return nil
}

// RollBack puts an older version into force again, as a new one.
func (m *Manager) RollBack(p *program.Program, to int, about program.About) (*Activated, error) {
	kept, err := program.KeptVersion(m.Settings, p.Rules().Program, to)
	if err != nil {
		return nil, err
	}
	if kept == nil {
		return nil, ErrUnknownVersion
	}
	return m.Activate(p, Draft{Files: kept.Text.Files, About: about})
}

// Planned is a version that is to come into force.
type Planned struct {
	At    calendar.Instant  `json:"at"`
	Hash  string            `json:"hash"`
	Files map[string]string `json:"files"`
	// Paused are the definitions that give nothing then.
	Paused []string `json:"paused,omitempty"`
	program.About
}

func plannedKey(id string) string { return "planned/" + id }

// Forget deletes what is planned for a program that is removed.
func (m *Manager) Forget(program string) error {
	return settings.Delete(m.Settings, plannedKey(program))
}

// Planned is the version that is to come into force; the error is ErrNothingPlanned where there is none.
func (m *Manager) Planned(p *program.Program) (*Planned, error) { return m.planned(p) }

func (m *Manager) planned(p *program.Program) (*Planned, error) {
	row, err := m.Settings.Get(plannedKey(p.Rules().Program))
	if errors.Is(err, settings.ErrAbsent) {
		return nil, ErrNothingPlanned
	}
	if err != nil {
		return nil, err
	}
	planned := &Planned{}
	if err := json.Unmarshal(row.Value, planned); err != nil {
		return nil, fmt.Errorf("the setting %s is damaged: %w", row.Key, err)
	}
	return planned, nil
}

func (m *Manager) plan(p *program.Program, next *program.Succession) error {
	b, err := json.Marshal(Planned{At: next.At, Hash: next.Rules.Hash, Files: next.Text.Files, Paused: next.Text.Paused, About: next.About})
	if err != nil {
		return err
	}
	recorded := next.About.Act.Recording(m.Settings, plannedKey(""), func() *audit.What {
		return audit.Change("ruleset", "planned", nil, map[string]any{"hash": next.Rules.Hash, "at": next.At})
	})
	if _, inserted, err := settings.Insert(recorded, plannedKey(next.Rules.Program), b); err != nil {
		return err
	} else if !inserted {
		return ErrPlanned
	}
	m.await(p, next)
	m.Log.Info("a version of a ruleset is planned", "program", next.Rules.Program, "hash", next.Rules.Hash, "at", next.At, "by", next.About.By)
	return nil
}

// await lets the program put a planned version into force at its instant.
func (m *Manager) await(p *program.Program, next *program.Succession) {
	next.About.Act = audit.Here(next.Rules.Program, "ruleset.activate", "the plan of "+next.About.By)
	p.Plan(m.Settings, next, func(v engine.Version, err error) {
		if err != nil {
			m.Log.Error("a planned version has not come into force; plan it again", "program", next.Rules.Program, "hash", next.Rules.Hash, "error", err)
		} else {
			m.tell(v, next.About)
		}
		if err := settings.Delete(m.Settings, plannedKey(next.Rules.Program)); err != nil {
			m.Log.Error("a planned version stays in the settings", "program", next.Rules.Program, "error", err)
		}
	})
}

// Cancel lets a planned version, which it returns, never come into force.
func (m *Manager) Cancel(p *program.Program, about program.About) (*Planned, error) {
	m.changing.Lock()
	defer m.changing.Unlock()
	planned, err := m.planned(p)
	if err != nil {
		return nil, err
	}
	p.Plan(m.Settings, nil, nil)
	recorded := about.Act.Recording(m.Settings, plannedKey(""), func() *audit.What {
		return audit.Change("ruleset", "planned", map[string]any{"hash": planned.Hash, "at": planned.At}, nil)
	})
	return planned, settings.Delete(recorded, plannedKey(p.Rules().Program))
}

// Resume lets a program that was opened know of the version that was planned for it. One that has come into force before the process ended is
// planned no more.
func (m *Manager) Resume(p *program.Program) error {
	m.changing.Lock()
	defer m.changing.Unlock()
	planned, err := m.planned(p)
	if errors.Is(err, ErrNothingPlanned) {
		return nil
	}
	if err != nil {
		return err
	}
	versions, sources := p.Rulesets()
	last := versions[len(versions)-1]
	if last.Rules.Hash == planned.Hash && maps.Equal(sources, planned.Files) && last.From >= planned.At {
		return settings.Delete(m.Settings, plannedKey(p.Rules().Program))
	}
	text := program.Text{Files: planned.Files, Zones: m.Zones, Paused: planned.Paused}
	compiled, err := assembly.Compile(text)
	if err != nil {
		return err
	}
	m.await(p, &program.Succession{Text: text, Rules: compiled.Ruleset, After: last.Number, At: planned.At,
		About: planned.About})
	return nil
}

// About is who made the versions of a program and why, by their numbers.
func (m *Manager) About(p *program.Program) (map[int]program.About, error) {
	return program.Abouts(m.Settings, p.Rules().Program)
}

// Kept is a version of a program by its number, nil for one that there is not.
func (m *Manager) Kept(p *program.Program, number int) (*program.Kept, error) {
	return program.KeptVersion(m.Settings, p.Rules().Program, number)
}

// Diff says what changed from one version to another.
func Diff(from, to *program.Kept) (*plan.Plan, error) {
	before, err := assembly.Compile(from.Text)
	if err != nil {
		return nil, err
	}
	after, err := assembly.Compile(to.Text)
	if err != nil {
		return nil, err
	}
	return plan.Compare(before, after, nil), nil
}

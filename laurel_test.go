package laurel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/laurel-engine/laurel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets"
)

var (
	start = time.Date(2026, 12, 2, 9, 0, 0, 0, time.UTC)
	quiet = slog.New(slog.DiscardHandler)
)

func open(t *testing.T, dir string, ruleset laurel.Ruleset) *laurel.Program {
	t.Helper()
	p, err := laurel.Open(dir, ruleset, laurel.Options{SandboxAt: start, Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Close()) })
	return p
}

func purchase(id string, amount float64) laurel.Event {
	return laurel.Event{ID: id, Type: "purchase", Member: "ann", Data: map[string]any{"order": id, "amount": amount}}
}

func stars(t *testing.T, p *laurel.Program) string {
	t.Helper()
	progress, err := p.Progress(t.Context(), "ann")
	require.NoError(t, err)
	return progress.Points["stars"].Spendable.String()
}

// refusedAs is the refusal that an error is.
func refusedAs(t *testing.T, err error, code string) *engine.Refusal {
	t.Helper()
	var r *engine.Refusal
	require.ErrorAs(t, err, &r)
	require.Equal(t, code, r.Code)
	return r
}

// What was answered is there after a restart, commands and the clock of a sandbox included.
func TestARestartKeepsEverything(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := open(t, dir, laurel.Text(cafe))
	ctx := t.Context()
	_, err := p.Send(ctx, purchase("o1", 30))
	require.NoError(t, err)
	_, err = p.Do(ctx, engine.NewClaim("c1", "ann", "free_drink", 0))
	require.NoError(t, err)
	require.NoError(t, p.Advance(ctx, start.Add(10*time.Minute))) // the hold of a claim is 15 minutes
	require.NoError(t, p.Close())

	p = open(t, dir, laurel.Text(cafe))
	require.Equal(t, start.Add(10*time.Minute), p.Now())
	require.Equal(t, "40", stars(t, p))
	again, err := p.Send(ctx, purchase("o1", 30))
	require.NoError(t, err)
	require.True(t, again.Duplicate)
	_, err = p.Send(ctx, purchase("o1", 31))
	_ = refusedAs(t, err, engine.CodeConflict)
	_, err = p.Do(ctx, engine.NewCancel("", "c1"))
	require.NoError(t, err)
	require.Equal(t, "60", stars(t, p))
	_, err = p.Do(ctx, engine.NewAmend("o1", json.RawMessage(`{"amount": 20}`)).Keyed("mistake"))
	require.NoError(t, err)
	require.Equal(t, "40", stars(t, p))
	_, err = p.Do(ctx, engine.NewVoid("o1"))
	require.NoError(t, err)
	require.Equal(t, "0", stars(t, p))
}

// TestWhatWasAnsweredSurvivesAKill copies the directory while the program is open, as a kill would leave it.
func TestWhatWasAnsweredSurvivesAKill(t *testing.T) {
	dir := t.TempDir()
	p := open(t, filepath.Join(dir, "data"), laurel.Text(cafe))
	for i := range 20 {
		_, err := p.Send(t.Context(), purchase(fmt.Sprint("o", i), 1))
		require.NoError(t, err)
	}
	require.NoError(t, os.CopyFS(filepath.Join(dir, "killed"), os.DirFS(filepath.Join(dir, "data"))))
	require.Equal(t, "40", stars(t, open(t, filepath.Join(dir, "killed"), laurel.Text(cafe))))
}

func TestADirectoryHasOneUser(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := open(t, dir, laurel.Text(cafe))
	_, err := laurel.Open(dir, laurel.Text(cafe), laurel.Options{Logger: quiet})
	require.ErrorIs(t, err, laurel.ErrInUse)
	require.ErrorContains(t, err, "the data directory is in use by another process: "+dir)
	_, err = p.Send(t.Context(), purchase("o1", 1))
	require.NoError(t, err)
}

func TestRulesetsComeFromPathsFileSystemsAndTexts(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "cafe.yaml")
	require.NoError(t, os.WriteFile(file, []byte(cafe), 0o600))
	data := filepath.Join(dir, "data")
	for _, ruleset := range []laurel.Ruleset{laurel.Text(cafe), laurel.Path(file), laurel.FS(fstest.MapFS{"cafe/cafe.yaml": {Data: []byte(cafe)}}, "cafe")} {
		p := open(t, data, ruleset)
		_, err := p.Send(t.Context(), purchase("o1", 1))
		require.NoError(t, err)
		require.NoError(t, p.Close())
	}
	_, err := laurel.Open(data, laurel.Text("program: cafe\npoints: {stars: {expires: never}}\n"), laurel.Options{Logger: quiet})
	var diagnostics rulesets.Diagnostics
	require.ErrorAs(t, err, &diagnostics)
	require.Contains(t, err.Error(), "ruleset.yaml:2")
	_, err = laurel.Open(data, laurel.Path(filepath.Join(dir, "nothing")), laurel.Options{Logger: quiet})
	require.ErrorAs(t, err, &diagnostics)
	_, err = laurel.Open(data, laurel.Text("program: cafe\nevents: {purchase: {order: text, amount: text}}\npoints: {stars: {}}\n"), laurel.Options{Logger: quiet})
	require.ErrorContains(t, err, "this ruleset cannot follow the one that was served before")
	open(t, data, laurel.Text(cafe)) // and what could not be opened left the directory free
}

func TestRefusalsSayWhere(t *testing.T) {
	p := open(t, t.TempDir(), laurel.Text(cafe))
	ctx := t.Context()
	_, err := p.SendJSON(ctx, []byte(`{"id": "o1", `))
	_ = refusedAs(t, err, "invalid_json")
	_, err = p.Send(ctx, laurel.Event{Type: "purchase", Member: "ann\xff"})
	require.Equal(t, "member", refusedAs(t, err, "invalid_event").Errors[0].Location)
	_, err = p.Send(ctx, laurel.Event{Type: "purchase", Member: "ann"})
	require.Equal(t, "id", refusedAs(t, err, "invalid_event").Errors[0].Location)
	_, err = p.Send(ctx, laurel.Event{ID: "o1", Type: "points.grant", Member: "ann"})
	_ = refusedAs(t, err, engine.CodeUnknownType)
	_, err = p.Send(ctx, laurel.Event{ID: "o1", Type: "purchase", Member: "ann", Time: start.Add(time.Hour)})
	_ = refusedAs(t, err, engine.CodeInFuture)
	_, err = p.SendJSON(ctx, make([]byte, event.MaxBytes+1))
	_ = refusedAs(t, err, "body_too_large")
	_, err = p.Send(ctx, laurel.Event{ID: "o1", Type: "purchase", Member: "ann", Data: func() {}})
	require.ErrorContains(t, err, `event "o1" cannot be written as JSON`)

	for name, command := range map[string]*event.Event{
		"an event":     {ID: "o1", Type: "purchase", Member: "ann"},
		"Laurel's own": {ID: "laurel:grant/1", Type: "points.grant", Member: "ann", Data: []byte(`{"points":"stars","amount":1}`)},
		"no key":       engine.NewClaim("", "ann", "free_drink", 0),
		"no member's":  engine.NewClaim("c1", "laurel:ann", "free_drink", 0),
	} {
		_, err = p.Do(ctx, command)
		_ = refusedAs(t, err, engine.CodeDoesNotFit)
		require.Error(t, err, name)
	}
	_, err = p.Do(ctx, engine.NewClaim("c1", "ann", "free_drink", 0))
	_ = refusedAs(t, err, engine.CodeMemberUnknown)
	_, err = p.Progress(ctx, "ann")
	_ = refusedAs(t, err, engine.CodeMemberUnknown)
	for _, err := range p.Ledger(ctx, "ann") {
		_ = refusedAs(t, err, engine.CodeMemberUnknown)
	}
	_, err = p.Explain(ctx, "o1")
	_ = refusedAs(t, err, engine.CodeNotFound)
	_, err = p.Leaderboard(ctx, laurel.Ranking{Board: "spender"}, 1, 10)
	require.Equal(t, "did you mean spenders?", refusedAs(t, err, engine.CodeNotFound).Errors[0].Suggestion)
	_, err = p.Leaderboard(ctx, laurel.Ranking{Board: "spenders", Season: "december"}, 1, 10)
	require.Equal(t, "season", refusedAs(t, err, "wrong_parameter").Errors[0].Location)
	_, err = p.Leaderboard(ctx, laurel.Ranking{Board: "spenders", Split: "DE"}, 1, 10)
	require.Equal(t, "split", refusedAs(t, err, "wrong_parameter").Errors[0].Location)
}

// A directory whose secrets were encrypted is opened with the key file alone.
func TestAKeyFile(t *testing.T) {
	dir, key := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(key, []byte(strings.Repeat("k", 32)), 0o600))
	for _, file := range []string{"", key, key} {
		p, err := laurel.Open(dir, laurel.Text(cafe), laurel.Options{Logger: quiet, KeyFile: file})
		require.NoError(t, err)
		if file == "" {
			_, err = p.Send(t.Context(), purchase("o1", 1))
			require.NoError(t, err)
			_, err = p.Do(t.Context(), engine.NewErasure("ann"))
			require.NoError(t, err)
		}
		_, err = p.Progress(t.Context(), "ann")
		_ = refusedAs(t, err, engine.CodeMemberErased)
		require.NoError(t, p.Close())
	}
	_, err := laurel.Open(dir, laurel.Text(cafe), laurel.Options{Logger: quiet})
	require.ErrorContains(t, err, "encrypted")
	_, err = laurel.Open(dir, laurel.Text(cafe), laurel.Options{Logger: quiet, KeyFile: dir})
	require.ErrorContains(t, err, "Options.KeyFile: "+dir+" is no file")
}

// An erased member is refused as such, and an erasure is a command like any other.
func TestErasure(t *testing.T) {
	p := open(t, t.TempDir(), laurel.Text(cafe))
	ctx := t.Context()
	_, err := p.Send(ctx, purchase("o1", 1))
	require.NoError(t, err)
	_, err = p.Do(ctx, engine.NewErasure("ann"))
	require.NoError(t, err)
	_, err = p.Progress(ctx, "ann")
	_ = refusedAs(t, err, engine.CodeMemberErased)
	_, err = p.Send(ctx, purchase("o2", 1))
	_ = refusedAs(t, err, engine.CodeMemberErased)
}

func TestStandings(t *testing.T) {
	p := open(t, t.TempDir(), laurel.Text(cafe))
	ctx := t.Context()
	for i := range 250 {
		e := purchase(fmt.Sprint("o", i), float64(i+1))
		e.Member = fmt.Sprint("m", i)
		_, err := p.Send(ctx, e)
		require.NoError(t, err)
	}
	table, err := p.Leaderboard(ctx, laurel.Ranking{Board: "spenders"}, 201, 0)
	require.NoError(t, err)
	require.EqualValues(t, 250, table.Total)
	require.Len(t, table.Data, 50)
	require.False(t, table.HasMore)
	standing, err := p.Standing(ctx, laurel.Ranking{Board: "spenders"}, "m249", 1)
	require.NoError(t, err)
	require.EqualValues(t, 1, *standing.Rank)
	require.Len(t, standing.Around, 3)
	_, err = p.Standing(ctx, laurel.Ranking{Board: "spenders"}, "nobody", 0)
	_ = refusedAs(t, err, engine.CodeMemberUnknown)
}

// A ledger longer than a page is whole, in order, and may be left.
func TestALongLedgerIsWhole(t *testing.T) {
	p := open(t, t.TempDir(), laurel.Text(cafe))
	var all sync.WaitGroup
	const n = 1203
	for i := range n {
		all.Go(func() {
			_, err := p.Send(t.Context(), purchase(fmt.Sprint("o", i), 1))
			assert.NoError(t, err)
		})
	}
	all.Wait()
	last, count := uint64(n+1), 0
	for e, err := range p.Ledger(t.Context(), "ann") {
		require.NoError(t, err)
		require.Equal(t, last-1, e.Seq)
		last, count = e.Seq, count+1
	}
	require.Equal(t, n, count)
	for _, err := range p.Ledger(t.Context(), "ann") {
		require.NoError(t, err)
		break
	}
}

func TestAContextIsRespected(t *testing.T) {
	p := open(t, t.TempDir(), laurel.Text(cafe))
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.Send(over, purchase("o1", 1))
	require.ErrorIs(t, err, context.Canceled)
	_, err = p.Progress(over, "ann")
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, p.Advance(over, start.Add(time.Hour)), context.Canceled)
	_, err = p.Progress(t.Context(), "ann")
	_ = refusedAs(t, err, engine.CodeMemberUnknown)
}

// A live program is moved by the machine's clock alone.
func TestALiveProgramIsNotMoved(t *testing.T) {
	dir := t.TempDir()
	p, err := laurel.Open(dir, laurel.Text(cafe), laurel.Options{Logger: quiet})
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), p.Now(), time.Minute)
	require.ErrorIs(t, p.Advance(t.Context(), time.Now().Add(time.Hour)), laurel.ErrLive)
	_, err = p.Send(t.Context(), purchase("o1", 1))
	require.NoError(t, err)
	require.NoError(t, p.Close())
	_, err = laurel.Open(dir, laurel.Text(cafe), laurel.Options{SandboxAt: start, Logger: quiet})
	require.ErrorContains(t, err, "it is live")
}

// Close waits for the calls under way, may be repeated, and leaves no goroutine behind; calls after it are told.
func TestClose(t *testing.T) {
	dir := t.TempDir()
	before := ours()
	p, err := laurel.Open(dir, laurel.Text(cafe), laurel.Options{SandboxAt: start, Logger: quiet})
	require.NoError(t, err)
	var senders sync.WaitGroup
	var mu sync.Mutex
	accepted := 0
	for i := range 50 {
		senders.Go(func() {
			for k := 0; ; k++ {
				_, err := p.Send(context.Background(), purchase(fmt.Sprintf("o%d-%d", i, k), 1))
				if errors.Is(err, laurel.ErrStopped) {
					return
				}
				assert.NoError(t, err)
				mu.Lock()
				accepted++
				mu.Unlock()
			}
		})
	}
	require.Eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return accepted > 100 }, time.Minute, time.Millisecond)
	require.NoError(t, p.Close())
	senders.Wait()
	require.NoError(t, p.Close(), "again")
	_, err = p.Progress(t.Context(), "ann")
	require.ErrorIs(t, err, laurel.ErrStopped)
	require.ErrorIs(t, p.Advance(t.Context(), start.Add(time.Hour)), laurel.ErrStopped)
	require.Eventually(t, func() bool { return ours() <= before }, time.Minute, 10*time.Millisecond, "goroutines are left")
	require.Equal(t, fmt.Sprint(2*accepted), stars(t, open(t, dir, laurel.Text(cafe))))
}

// ours counts the goroutines of this module and of what it is made of, those of these tests aside.
func ours() (n int) {
	stacks := make([]byte, 16<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, g := range strings.Split(string(stacks), "\n\n") {
		if !strings.Contains(g, "laurel_test.") && (strings.Contains(g, "laurel-engine/") || strings.Contains(g, "cockroachdb/") || strings.Contains(g, "gocron")) {
			n++
		}
	}
	return n
}

// TestNothingExportedIsInternal holds that nobody needs a package that they cannot import to use what this one exports.
func TestNothingExportedIsInternal(t *testing.T) {
	listed, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", ".").Output()
	require.NoError(t, err)
	exports := map[string]string{}
	for line := range strings.Lines(string(listed)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		exports[path] = file
	}
	imports := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	pkg, err := imports.Import("github.com/laurel-engine/laurel")
	require.NoError(t, err)
	qualified := func(p *types.Package) string { return p.Path() }
	checked := 0
	check := func(what string, of types.Type) {
		checked++
		assert.NotContains(t, types.TypeString(of, qualified), "/internal/", what)
	}
	for _, name := range pkg.Scope().Names() {
		o := pkg.Scope().Lookup(name)
		if !o.Exported() {
			continue
		}
		check(name, o.Type())
		named, is := o.Type().(*types.Named)
		if !is {
			continue
		}
		for m := range named.Methods() {
			if m.Exported() {
				check(name+"."+m.Name(), m.Type())
			}
		}
		switch u := named.Underlying().(type) {
		case *types.Struct:
			for f := range u.Fields() {
				if f.Exported() {
					check(name+"."+f.Name(), f.Type())
				}
			}
		default:
			check(name, u)
		}
	}
	require.Greater(t, checked, 30)
}

// TestAModuleOfItsOwn builds and tests a module that knows this one by its exported packages alone, and kills its program.
func TestAModuleOfItsOwn(t *testing.T) {
	root, err := filepath.Abs(".")
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/embed")))
	sums, err := os.ReadFile("go.sum") // what this module needs is what that one does
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600))
	run := func(name string, args ...string) (string, error) {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, args := range [][]string{{"mod", "edit", "-replace", "github.com/laurel-engine/laurel=" + root}, {"build", "-o", "loyalty", "."}} {
		out, err := run("go", args...)
		require.NoError(t, err, "go %v: %s", args, out)
	}
	out, err := run("go", "test", "-v", "./...")
	require.NoError(t, err, out)
	require.Contains(t, out, "--- PASS: Example")

	program := filepath.Join(dir, "loyalty")
	out, err = run(program, "data", "kill")
	require.Error(t, err, "it ends without a Close")
	require.Equal(t, "ann has 25 stars\n", out)
	out, err = run(program, "data")
	require.NoError(t, err, out)
	require.Equal(t, "ann has 25 stars\n", out, "what was answered is there, and is not given twice")
}

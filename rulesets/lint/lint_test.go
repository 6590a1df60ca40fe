package lint_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/examples"
	"github.com/laurel-engine/laurel/rulesets/lint"
)

var update = flag.Bool("update", false, "write the golden files anew")

// now is when the tests look at a program.
func now(t *testing.T) calendar.Instant {
	at, err := calendar.ParseInstant("2026-11-22T12:00:00Z")
	require.NoError(t, err)
	return at
}

// TestLints compares all that is said about each testdata/NAME.lint.yaml with NAME.lint.txt. A line with `# fine: why` is a near
// miss: the lint of that name has nothing to say about it.
func TestLints(t *testing.T) {
	files, err := filepath.Glob("testdata/*.lint.yaml")
	require.NoError(t, err)
	fired := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".lint.yaml")
		t.Run(name, func(t *testing.T) {
			p, diagnostics := rulesets.LoadPathIn(nil, file)
			require.Empty(t, diagnostics.Error())
			said := lint.Run(p, now(t))
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(said.Error()), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), said.Error())

			lines := strings.Split(p.Sources[filepath.Base(file)], "\n")
			for _, d := range said {
				require.False(t, d.Lint == name && strings.Contains(lines[d.Line-1], "# fine:"), "a false alarm:\n%s", d)
				fired[d.Lint] = true
			}
			if lint.Named(name) != nil {
				require.Contains(t, said.Error(), "["+name+"]")
				require.Contains(t, strings.Join(lines, "\n"), "# fine:", "there is no near miss")
			}
		})
	}
	for _, l := range lint.All() {
		require.True(t, fired[l.Name], "%s never fires", l.Name)
	}
}

// TestExamplesAreClean: what is shipped follows its own advice, or says why not.
func TestExamplesAreClean(t *testing.T) {
	for _, name := range examples.Names {
		text, err := examples.FS.ReadFile(name + "/ruleset.yaml")
		require.NoError(t, err)
		p, _ := rulesets.Parse(name+".yaml", text)
		require.Empty(t, lint.Run(p, now(t)).Error())
	}
}

// TestRunIsTheSameEachTime: reasoning goes through maps, what is said does not show it.
func TestRunIsTheSameEachTime(t *testing.T) {
	p, _ := rulesets.LoadPathIn(nil, "../testdata/everything.good.yaml")
	first := lint.Run(p, now(t)).Error()
	for range 20 {
		require.Equal(t, first, lint.Run(p, now(t)).Error())
	}
}

// TestReferenceNamesEveryLint: the section of the documentation is that of the table.
func TestReferenceNamesEveryLint(t *testing.T) {
	const path, begin, end = "../../docs/language.md", "<!-- lints -->\n", "<!-- end of lints -->\n"
	reference := lint.Reference()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), begin)
	written, after, ended := strings.Cut(rest, end)
	require.True(t, found && ended, "%s has no marks for lints", path)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+reference+end+after), 0o600))
		written = reference
	}
	require.Equal(t, reference, written)
	for _, l := range lint.All() {
		require.Contains(t, reference, "| `"+l.Name+"` | "+string(l.Severity)+" |")
		require.NotEmpty(t, l.What+l.Why+l.Instead)
		require.Regexp(t, `^[a-z]+(_[a-z]+)*$`, l.Name)
	}
}

// FuzzRun looks through any program that compiles: nothing panics, and whatever is said has a place and advice.
func FuzzRun(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "../testdata/*.good.yaml", "../examples/*/ruleset.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(text, int64(1_795_000_000_000_000))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, at int64) {
		p, _ := rulesets.Parse("ruleset.yaml", text)
		if p == nil || at < -1e17 || at > 1e17 {
			return
		}
		for _, d := range lint.Run(p, calendar.Instant(at)) {
			if d.Line < 1 || d.Column < 1 || d.Width < 1 || d.Message == "" || d.Suggestion == "" {
				t.Fatalf("no place or no advice: %#v", d)
			}
		}
	})
}

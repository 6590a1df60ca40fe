//go:build planted

package planted

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// events are how many the oracle may look at before it has to have found what is wrong.
const events = 200_000

var (
	compared = regexp.MustCompile(`(\d+) programs, (\d+) events in (\S+)`)
	failed   = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)
)

// TestPlanted takes each correction back and looks for who finds it.
func TestPlanted(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	require.NoError(t, err)
	patches, err := filepath.Glob("testdata/*.patch")
	require.NoError(t, err)
	require.NotEmpty(t, patches)
	dir := copied(t, root)
	rows := []string{"| taken back | found by | after |", "|---|---|---|"}
	for _, patch := range patches {
		name := strings.TrimSuffix(filepath.Base(patch), ".patch")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(patch)
			require.NoError(t, err)
			what, _, _ := strings.Cut(string(text), "\n")
			file, err := filepath.Abs(patch)
			require.NoError(t, err)
			apply(t, dir, file)
			defer apply(t, dir, "-R", file)
			by, after := find(t, dir)
			rows = append(rows, fmt.Sprintf("| %s | %s | %s |", what, by, after))
			t.Logf("%s Found by %s after %s.", what, by, after)
			require.NotEqual(t, "nobody", by)
		})
	}
	t.Log("\n" + strings.Join(rows, "\n"))
}

// copied is a copy of the source as it is here, tracked by Git or new.
func copied(t *testing.T, root string) string {
	t.Helper()
	list, err := command(root, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	require.NoError(t, err)
	dir := t.TempDir()
	for _, name := range strings.Split(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		b, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, and not yet committed
		}
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	return dir
}

func apply(t *testing.T, dir string, args ...string) {
	t.Helper()
	said, err := command(dir, "git", append([]string{"apply", "--whitespace=nowarn", "--recount"}, args...)...).CombinedOutput()
	require.NoError(t, err, "the patch does not apply any more; rebase it: %s", said)
}

// find tells who finds that something is wrong in a copy of the source.
func find(t *testing.T, dir string) (by, after string) {
	begun := time.Now()
	said, err := command(dir, "go", "test", "./engine/enginetest/oracle", "-count=1", "-timeout=20m", "-v",
		"-run=TestTheEngineAgreesWithTheOracle", fmt.Sprint("-events=", events)).CombinedOutput()
	if err != nil {
		if m := compared.FindStringSubmatch(string(said)); m != nil {
			return "the oracle", fmt.Sprintf("%s events, %s", m[2], m[3])
		}
		if strings.Contains(string(said), "panic: engine: ") { // the engine itself says that something cannot be
			return "the oracle, as the engine ends", time.Since(begun).Round(time.Second).String()
		}
		t.Fatalf("the oracle does not run: %s", said)
	}
	said, err = command(dir, "go", "test", "./engine", "./challenges", "./rulesets/expression", "-count=1", "-timeout=20m",
		"-run=Invariants|NoOrder|OrderOfArrival|Random|Fuzz|Agree").CombinedOutput()
	if err != nil {
		return "property tests: " + names(said), time.Since(begun).Round(time.Second).String()
	}
	return "nobody", time.Since(begun).Round(time.Second).String()
}

func names(said []byte) string {
	var list []string
	for _, m := range failed.FindAllSubmatch(said, 3) {
		list = append(list, string(m[1]))
	}
	return strings.Join(list, ", ")
}

func command(dir, name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+dir)
	return c
}

package engine_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// purePackages are the packages that must not know the world outside: the core.
var purePackages = []string{".", "calendar", "decimal", "event", "integer", "spelling", "tasks", "wire", "../challenges", "../leaderboards"}

// forbiddenImports would let the outside in.
var forbiddenImports = []string{"os", "net", "database/sql", "math/rand", "math/rand/v2", "crypto/rand", "io/ioutil", "os/exec",
	"os/signal", "syscall", "log", "log/slog", "runtime", "unsafe", "plugin"}

// forbiddenCalls read the clock, the machine's zones, or wait.
var forbiddenCalls = []string{"time.Now", "time.Since", "time.Until", "time.LoadLocation", "time.Sleep", "time.After", "time.Tick",
	"time.NewTimer", "time.NewTicker", "time.AfterFunc"}

func TestThePureCoreIsPure(t *testing.T) {
	checked := 0
	for _, dir := range purePackages {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			src, err := os.ReadFile(name)
			require.NoError(t, err)
			require.Empty(t, impurities(t, name, src))
			checked++
		}
	}
	require.Greater(t, checked, 30, "the packages must have been found")
}

// The check itself must be able to fail.
func TestImpuritiesAreFound(t *testing.T) {
	src := `package engine
import ("os"; "time"; "github.com/spf13/cobra"; "github.com/laurel-engine/laurel/rulesets")
func f() { go f(); _ = time.Now(); _ = os.Args; _ = cobra.Command{}; select {} }`
	require.Len(t, impurities(t, "planted.go", []byte(src)), 6)
}

// impurities lists what in a file reaches outside the core.
func impurities(t *testing.T, name string, src []byte) []string {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, 0)
	require.NoError(t, err)
	var found []string
	report := func(n ast.Node, what string) { found = append(found, fset.Position(n.Pos()).String()+": "+what) }
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		if !allowedImport(path) {
			report(spec, "imports "+path)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			report(n, "starts a goroutine")
		case *ast.SelectStmt:
			report(n, "waits in a select")
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok {
				call := pkg.Name + "." + n.Sel.Name
				for _, forbidden := range forbiddenCalls {
					if call == forbidden {
						report(n, "uses "+call)
					}
				}
			}
		}
		return true
	})
	return found
}

// readers are the files that read text, with what they read. All others have facts in fields and take no text apart to find one.
var readers = map[string]string{
	"validate_command.go": "ids and codes as they are sent",
	"mentions.go":         "what erased members sent, for their ids",
	"source.go":           "the data of commands, where a source is a text",
	"store_keys.go":       "the keys of rows",
	"shown_names.go":      "a member's name, for the first word of it",
}

// takingApart are the functions that look for something in a text.
var takingApart = regexp.MustCompile(`^(strings|bytes)\.` +
	`(HasPrefix|HasSuffix|Trim(Prefix|Suffix)|Cut\w*|Split\w*|Fields\w*|Contains\w*|(Last)?Index\w*)$|^regexp\.`)

func TestFactsAreFields(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	read := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		require.NoError(t, err)
		found := parsings(t, name, src)
		if readers[name] == "" {
			require.Empty(t, found, "give the fact a field: no decision reads it out of a text")
		}
		read[name] = len(found) > 0
	}
	for name := range readers {
		require.True(t, read[name], "%s reads no text any more and need not be listed", name)
	}
}

// The check itself must be able to fail.
func TestParsingsAreFound(t *testing.T) {
	src := `package engine
import ("strings"; "bytes"; "regexp")
func f(a string, b []byte) { strings.Cut(a, "/"); bytes.HasPrefix(b, b); regexp.MustCompile(a); cut := strings.SplitN; cut(a, a, 2); strings.ToLower(a) }`
	require.Len(t, parsings(t, "planted.go", []byte(src)), 4)
}

// parsings lists where a file takes a text apart.
func parsings(t *testing.T, name string, src []byte) (found []string) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := s.X.(*ast.Ident); ok && takingApart.MatchString(pkg.Name+"."+s.Sel.Name) {
				found = append(found, fset.Position(n.Pos()).String()+": "+pkg.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return found
}

// allowedImport: the standard library but for what reaches outside, and the core's own packages.
func allowedImport(path string) bool {
	for _, forbidden := range forbiddenImports {
		if path == forbidden || strings.HasPrefix(path, "net/") {
			return false
		}
	}
	const module = "github.com/laurel-engine/laurel/"
	if rest, ours := strings.CutPrefix(path, module); ours {
		switch rest {
		case "challenges", "leaderboards", "engine", "engine/calendar", "engine/decimal", "engine/event", "engine/integer", "engine/spelling", "engine/wire":
			return true
		}
		return false
	}
	return !strings.Contains(strings.SplitN(path, "/", 2)[0], ".")
}

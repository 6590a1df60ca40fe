package rulesets_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// reporters are the functions that report an error, by the index of the argument that is its message.
var reporters = map[string]int{"Node": 2, "Span": 4, "at": 4, "fail": 1, "refuse": 1, "want": 2}

// tables are the tables of explanations, by the index of the message in an entry.
var tables = map[string]int{"traps": 2, "syntaxHints": 1}

// unreachable are messages that no file can bring about, with the reason.
var unreachable = map[string]string{
	"cannot be read: .*":                            "it is about a file that is none",
	"the ruleset is larger than .* MiB":             "TestHostileDocuments shows it, so with those that follow",
	"more than .* boosts apply to .*":               "hostile",
	".* has .* definitions, more than .*":           "hostile",
	"when has .* events, more than .*":              "hostile",
	"this is not part of the language":              "every kind of node has a reason of its own",
	"# stands for an item, only inside a predicate": "the parser says it first",
}

// TestEveryMessageIsShown collects the messages of all errors from the source and asks that some golden file shows each.
func TestEveryMessageIsShown(t *testing.T) {
	said := goldenMessages(t)
	for _, dir := range []string{"document", "expression", "."} {
		for _, m := range messagesIn(t, dir) {
			form := regexp.MustCompile("^" + m.form + "$")
			if unreachable[m.form] == "" && !slices.ContainsFunc(said, form.MatchString) {
				t.Errorf("%s: no golden file shows: %s", m.place, m.form)
			}
		}
	}
}

// goldenMessages are the messages of all golden files.
func goldenMessages(t *testing.T) (all []string) {
	files, err := filepath.Glob("testdata/*.bad.txt")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if _, message, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": error: "); ok {
				all = append(all, message)
			}
		}
	}
	return all
}

// message is one message of the source, as a regular expression.
type message struct{ form, place string }

func messagesIn(t *testing.T, dir string) (out []message) {
	set := token.NewFileSet()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		require.NoError(t, err)
		add := func(e ast.Expr, after string) {
			if form := formOf(e) + after; strings.Trim(form, ".*") != "" && strings.Trim(form, ".*") != ", but this is " {
				out = append(out, message{form, set.Position(e.Pos()).String()})
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				name := nameOf(n.Fun)
				i, ok := reporters[name]
				if name == "refuse" && dir == "document" {
					i = 2
				}
				if ok && len(n.Args) > i {
					add(n.Args[i], map[bool]string{true: ", but this is .*"}[name == "want"])
				}
			case *ast.CompositeLit:
				if nameOf(n.Type) == "Error" && len(n.Elts) == 4 {
					add(n.Elts[2], "")
				}
			case *ast.ValueSpec:
				if i, ok := tables[n.Names[0].Name]; ok {
					for _, entry := range n.Values[0].(*ast.CompositeLit).Elts {
						add(entry.(*ast.CompositeLit).Elts[i], "")
					}
				}
			case *ast.FuncDecl:
				if n.Name.Name == "banned" {
					ast.Inspect(n, func(n ast.Node) bool {
						if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 2 {
							add(r.Results[0], "")
						}
						return true
					})
				}
			}
			return true
		})
	}
	return out
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	default:
		return ""
	}
}

var (
	verb        = regexp.MustCompile(`%[a-z]`)
	placeholder = regexp.MustCompile(`\\\$\d`)
)

// formOf is a message as a regular expression: what is put into it matches anything.
func formOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		if err != nil {
			return ".*"
		}
		return placeholder.ReplaceAllString(verb.ReplaceAllString(regexp.QuoteMeta(s), ".*"), ".*")
	case *ast.BinaryExpr:
		return formOf(e.X) + formOf(e.Y)
	case *ast.CallExpr:
		if nameOf(e.Fun) == "Sprintf" {
			return formOf(e.Args[0])
		}
	case *ast.ParenExpr:
		return formOf(e.X)
	}
	return ".*"
}

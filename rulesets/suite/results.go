package suite

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/document"
)

// Results is what came of the tests of several files. Its JSON form is what `laurel test --json` prints.
type Results struct {
	OK       bool        `json:"ok"`
	Files    []*Report   `json:"files"`
	Coverage []*Coverage `json:"coverage"` // of each ruleset; of none where only some tests were run

	rulesets map[string]*opened
}

// opened is a ruleset that files name: it is compiled once, and its errors are told once.
type opened struct {
	program *rulesets.Program
	fired   coverage
}

// RunFiles runs the tests of files. only chooses tests by their names; nil chooses all.
func RunFiles(files []string, only *regexp.Regexp) *Results {
	return runAll(files, document.ReadFile, rulesets.LoadPath, only)
}

// RunTexts runs the tests in texts by their names, all of which are about one ruleset, whatever path they name it by.
func RunTexts(texts map[string][]byte, of *rulesets.Program) *Results {
	read := func(name string) ([]byte, error) { return texts[name], nil }
	open := func(string) (*rulesets.Program, rulesets.Diagnostics) { return of, nil }
	return runAll(slices.Sorted(maps.Keys(texts)), read, open, nil)
}

// compiler compiles the ruleset at a path.
type compiler func(path string) (*rulesets.Program, rulesets.Diagnostics)

func runAll(files []string, read func(string) ([]byte, error), compile compiler, only *regexp.Regexp) *Results {
	r := &Results{OK: true, Files: []*Report{}, Coverage: []*Coverage{}, rulesets: map[string]*opened{}}
	var order []*Suite
	for _, file := range files {
		s, diagnostics := load(file, read, func(path string) (*rulesets.Program, rulesets.Diagnostics) { return r.open(path, compile) })
		report := &Report{File: file, Passed: []Passed{}, Failed: []Failure{}, Diagnostics: diagnostics}
		if s != nil {
			if r.rulesets[s.Ruleset] == nil { // written in the file itself
				r.rulesets[s.Ruleset] = &opened{program: s.Program, fired: coverage{}}
			}
			if !slices.ContainsFunc(order, func(other *Suite) bool { return other.Ruleset == s.Ruleset }) {
				order = append(order, s)
			}
			report.run(s, only, r.rulesets[s.Ruleset].fired)
		}
		r.OK = r.OK && report.OK
		r.Files = append(r.Files, report)
	}
	if only == nil {
		for _, s := range order {
			r.Coverage = append(r.Coverage, r.rulesets[s.Ruleset].fired.of(s))
		}
	}
	return r
}

func (r *Results) open(path string, compile compiler) (*rulesets.Program, rulesets.Diagnostics) {
	if known := r.rulesets[path]; known != nil {
		return known.program, nil
	}
	program, diagnostics := compile(path)
	r.rulesets[path] = &opened{program: program, fired: coverage{}}
	return program, diagnostics
}

// Ran is the number of tests that were run.
func (r *Results) Ran() int {
	n := 0
	for _, f := range r.Files {
		n += f.Tests()
	}
	return n
}

// CannotRun reports whether a file could not be run.
func (r *Results) CannotRun() bool {
	return slices.ContainsFunc(r.Files, func(f *Report) bool { return f.Diagnostics.HasErrors() })
}

// Rulesets are the paths of the rulesets that files of tests name, as far as these can be read.
func Rulesets(files []string) []string {
	var paths []string
	for _, file := range files {
		text, err := document.ReadFile(file)
		if err != nil {
			continue
		}
		if root := document.Parse(file, text, &document.Reporter{}); root != nil {
			if n := root.Find("ruleset"); n != nil && n.Kind == document.Scalar {
				paths = append(paths, relative(file, n.Text))
			}
		}
	}
	return paths
}

// relative is a path that a file names, from where the file was named.
func relative(file, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// load reads a file of tests. open compiles the ruleset at the path that it names.
func load(file string, read func(string) ([]byte, error), open compiler) (*Suite, rulesets.Diagnostics) {
	text, err := read(file)
	if err != nil {
		return nil, document.Unreadable(file, err)
	}
	return Parse(file, text, open)
}

package rulesets

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets/document"
)

// What is said about a ruleset is said in the words of package document.
type (
	// Diagnostic is one thing said about a place in a ruleset.
	Diagnostic = document.Diagnostic
	// Severity tells what stops a ruleset from what only informs.
	Severity = document.Severity
	// Diagnostics is all that was said about a ruleset, sorted by place.
	Diagnostics = document.Diagnostics
)

// The severities of a Diagnostic.
const (
	SeverityError   = document.SeverityError
	SeverityWarning = document.SeverityWarning
	SeverityNote    = document.SeverityNote
)

// Program is a compiled program.
type Program struct {
	Ruleset *engine.Ruleset // linked
	// Inactive are definitions, or parts of them, that are understood and checked but not run by this version of the
	// engine, which are not in Ruleset, and those that nothing can set off while that is so.
	Inactive []Inactive
	// Definitions are all that its sections define, inactive ones included, by section and id.
	Definitions []engine.Definition
	Sources     map[string]string // the text of each file, by name
	Written     *Written

	expansion map[string]any
}

// Expansion is the canonical expansion of the program, which its hash is of: each definition's fields by section and id, with every
// default filled in. It is not to be changed.
func (p *Program) Expansion() map[string]any { return p.expansion }

// Inactive is a definition or a part of one that does not run, and why.
type Inactive struct {
	Definition string // "rules/birthday_treat", "rewards/free_drink.cost"
	Position   engine.Position
	Why        string
}

// LoadPath compiles the ruleset at a path, a file or a directory, for tools. Its files are named by the path to them, so that
// what is said about a place can be opened from where it was asked: lark/rules.yaml:12.
func LoadPath(name string) (*Program, Diagnostics) {
	if info, err := os.Stat(name); err != nil || !info.IsDir() {
		text, err := document.ReadFile(name)
		if err != nil {
			return nil, document.Unreadable(name, err)
		}
		return Parse(name, text)
	}
	texts, err := readDir(os.DirFS(name), ".")
	if err != nil {
		return nil, document.Unreadable(name, err)
	}
	named := make(map[string][]byte, len(texts))
	for file, text := range texts {
		named[filepath.Join(name, file)] = text
	}
	return Load(named)
}

// LoadPathIn compiles the ruleset at a path with some time zone data, nil for the embedded data: a file, or the .yaml and .yml files
// of a directory, which make it up together. Files named *_test.yaml hold tests and are left out. Its files are named as they
// are in it, wherever it lies.
func LoadPathIn(zones *calendar.Zones, name string) (*Program, Diagnostics) {
	texts, base := map[string][]byte{}, filepath.Base(name)
	info, err := os.Stat(name)
	if err == nil && info.IsDir() {
		base = "."
		texts, err = readDir(os.DirFS(name), base)
	} else {
		texts[base], err = document.ReadFile(name)
	}
	if err != nil {
		return nil, document.Unreadable(base, err)
	}
	return LoadIn(zones, texts)
}

// LoadFS is LoadPathIn for a directory of a file system.
func LoadFS(files fs.FS, dir string) (*Program, Diagnostics) {
	texts, err := readDir(files, dir)
	if err != nil {
		return nil, document.Unreadable(path.Base(dir), err)
	}
	return Load(texts)
}

// readDir reads the files of a directory that make up a ruleset, by their names in it.
func readDir(files fs.FS, dir string) (map[string][]byte, error) {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() {
			if err := unread(files, path.Join(dir, name)); err != nil {
				return nil, err
			}
			continue
		}
		if !isRuleset(name) {
			continue
		}
		if texts[name], err = document.Read(files, path.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	if len(texts) == 0 {
		return nil, errors.New("there is no .yaml file in it")
	}
	return texts, nil
}

// unread is an error where a directory within that of a ruleset has files that look like a part of it. Hidden ones have none.
func unread(files fs.FS, dir string) error {
	if strings.HasPrefix(path.Base(dir), ".") {
		return nil
	}
	return fs.WalkDir(files, dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && isRuleset(name) {
			err = fmt.Errorf("%s lies in a directory of its own, which is not read: move it beside the other files of the ruleset, or elsewhere", name)
		}
		return err
	})
}

func isRuleset(name string) bool {
	ext := path.Ext(name)
	return (ext == ".yaml" || ext == ".yml") && !strings.HasSuffix(strings.TrimSuffix(name, ext), "_test")
}

// Parse compiles a ruleset that is one file.
func Parse(name string, text []byte) (*Program, Diagnostics) {
	return Load(map[string][]byte{name: text})
}

// Load compiles a ruleset from the texts of its files, by name. The program is nil when there are errors.
func Load(texts map[string][]byte) (*Program, Diagnostics) { return LoadIn(nil, texts) }

// LoadIn is Load with other time zone data than the embedded one; nil is that.
func LoadIn(zones *calendar.Zones, texts map[string][]byte) (*Program, Diagnostics) {
	return LoadPaused(zones, texts, nil)
}

// LoadPaused is LoadIn with some definitions paused, by section and id (engine.Ruleset.Pause).
func LoadPaused(zones *calendar.Zones, texts map[string][]byte, paused []string) (*Program, Diagnostics) {
	report := &document.Reporter{}
	var roots []*document.Node
	whole := true
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if root := document.Parse(name, texts[name], report); root != nil {
			roots = append(roots, root)
		} else {
			whole = false
		}
	}
	root := merge(roots, report)
	if root == nil || !whole {
		return nil, report.List.Sorted()
	}
	p := compile(root, report, zones, paused)
	if p != nil {
		for name, text := range texts {
			p.Sources[name] = string(text)
		}
		for _, file := range roots {
			p.Written.Comments = append(p.Written.Comments, file.Comments("lint:ignore")...)
		}
	}
	return p, report.List.Sorted()
}

// Compile makes a program of a ruleset that is a part of another document, nil when there are errors. It has no Sources.
func Compile(root *document.Node, report *document.Reporter) *Program {
	return compile(root, report, nil, nil)
}

func compile(root *document.Node, report *document.Reporter, zones *calendar.Zones, paused []string) *Program {
	b := newBuilder(report, root, zones)
	b.build()
	if report.List.HasErrors() {
		return nil
	}
	expansion := expandRecord(b.root.Node, b.root.Section)
	if b.rules.Hash = hash(expansion); len(paused) > 0 {
		b.rules.Pause(paused)
		expansion["paused"] = paused // a version of its own
		b.rules.Hash = hash(expansion)
		delete(expansion, "paused")
	}
	b.rules.Link()
	return &Program{Ruleset: b.rules, Inactive: b.sortedInactive(), Definitions: b.definitions(), Sources: map[string]string{},
		Written: b.written, expansion: expansion}
}

// merge makes one map of the files' maps. What is written in two files is an error that names both places.
func merge(roots []*document.Node, report *document.Reporter) *document.Node {
	var out *document.Node
	for _, root := range roots {
		if root.Kind != document.Map {
			report.Node(root, "write program: …, events: …", "a ruleset is a map of sections, but this is %s", root.Kind)
			continue
		}
		if out == nil {
			out = document.NewMap(root)
		}
		out.Holes = out.Holes || root.Holes
		for _, p := range root.Pairs {
			mergePair(out, p, report)
		}
	}
	return out
}

func mergePair(out *document.Node, p document.Pair, report *document.Reporter) {
	first := out.Find(p.Key.Text)
	if first == nil {
		copied := *p.Value
		copied.Pairs = slices.Clone(p.Value.Pairs)
		out.Pairs = append(out.Pairs, document.Pair{Key: p.Key, Value: &copied})
		return
	}
	if first.Kind != document.Map || p.Value.Kind != document.Map {
		at := first.Position()
		report.Node(p.Key, "keep one of them", "%s is defined twice: also in %s:%d", p.Key.Text, at.File, at.Line)
		return
	}
	for _, entry := range p.Value.Pairs {
		if other := first.Key(entry.Key.Text); other != nil {
			at := other.Position()
			report.Node(entry.Key, "rename one of them", "%s is defined twice in %s: also in %s:%d", entry.Key.Text, p.Key.Text, at.File, at.Line)
			continue
		}
		first.Pairs = append(first.Pairs, entry)
	}
}

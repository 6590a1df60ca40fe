package rulesets

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
)

// Program is a compiled program.
type Program struct {
	Ruleset *engine.Ruleset // linked
	// Inactive are definitions, or parts of them, that are understood and checked but not run by this version of the
	// engine. They are not in Ruleset.
	Inactive []Inactive
	// Definitions are all that its sections define, inactive ones included, by section and id.
	Definitions []engine.Definition
	Sources     map[string]string // the text of each file, by name
}

// Inactive is a definition or a part of one that does not run, and why.
type Inactive struct {
	Definition string // "rules/birthday_treat", "rewards/free_drink.cost"
	Position   engine.Position
	Why        string
}

// LoadFile compiles the ruleset in a file.
func LoadFile(name string) (*Program, Diagnostics) {
	text, err := readBounded(os.Open(name))
	if err != nil {
		return nil, unreadable(name, err)
	}
	return Parse(filepath.Base(name), text)
}

// LoadDir compiles the ruleset that the .yaml and .yml files of a directory make up together. Files named *_test.yaml hold
// tests and are left out.
func LoadDir(dir string) (*Program, Diagnostics) { return LoadFS(os.DirFS(dir), ".") }

// LoadFS is LoadDir for a directory of a file system.
func LoadFS(files fs.FS, dir string) (*Program, Diagnostics) {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, unreadable(dir, err)
	}
	texts := map[string][]byte{}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !isRuleset(name) {
			continue
		}
		text, err := readBounded(files.Open(path.Join(dir, name)))
		if err != nil {
			return nil, unreadable(name, err)
		}
		texts[name] = text
	}
	if len(texts) == 0 {
		return nil, unreadable(dir, errors.New("there is no .yaml file in it"))
	}
	return Load(texts)
}

func isRuleset(name string) bool {
	ext := path.Ext(name)
	return (ext == ".yaml" || ext == ".yml") && !strings.HasSuffix(strings.TrimSuffix(name, ext), "_test")
}

func readBounded(f fs.File, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSize+1))
}

func unreadable(name string, err error) Diagnostics {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return Diagnostics{{Severity: SeverityError, File: filepath.Base(name), Line: 1, Column: 1, Width: 1,
		Message: fmt.Sprintf("cannot be read: %v", err)}}
}

// Parse compiles a ruleset that is one file.
func Parse(name string, text []byte) (*Program, Diagnostics) {
	return Load(map[string][]byte{name: text})
}

// Load compiles a ruleset from the texts of its files, by name. The program is nil when there are errors.
func Load(texts map[string][]byte) (*Program, Diagnostics) {
	report := &reporter{}
	var roots []*node
	total, whole := 0, true
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		src := newSource(name, texts[name])
		if total += len(texts[name]); total > maxSize {
			report.at(src, place{1, 1}, 1, "split the program into several programs", "the ruleset is larger than %d MiB", maxSize>>20)
			return nil, report.list
		}
		root := parseYAML(src, report)
		whole = whole && root != nil
		if root != nil {
			roots = append(roots, root)
		}
	}
	root := merge(roots, report)
	if root == nil || !whole {
		return nil, report.list.sorted()
	}
	p := compile(root, report)
	if p != nil {
		for name, text := range texts {
			p.Sources[name] = string(text)
		}
	}
	return p, report.list.sorted()
}

// compile makes a program of a ruleset's map, nil when there are errors.
func compile(root *node, report *reporter) *Program {
	b := newBuilder(report, root)
	b.build()
	if report.list.HasErrors() {
		return nil
	}
	b.rules.Hash = hash(b.root)
	b.rules.Link()
	return &Program{Ruleset: b.rules, Inactive: b.sortedInactive(), Definitions: b.definitions(), Sources: map[string]string{}}
}

// merge makes one map of the files' maps. What is written in two files is an error that names both places.
func merge(roots []*node, report *reporter) *node {
	var out *node
	for _, root := range roots {
		if root.kind != mapNode {
			report.node(root, "write program: …, events: …", "a ruleset is a map of sections, but this is %s", nodeKindNames[root.kind])
			continue
		}
		if out == nil {
			out = &node{kind: mapNode, src: root.src, start: root.start}
		}
		for _, p := range root.pairs {
			mergePair(out, p, report)
		}
	}
	return out
}

func mergePair(out *node, p pair, report *reporter) {
	first := out.find(p.key.text)
	if first == nil {
		copied := *p.value
		copied.pairs = slices.Clone(p.value.pairs)
		out.pairs = append(out.pairs, pair{p.key, &copied})
		return
	}
	if first.kind != mapNode || p.value.kind != mapNode {
		report.node(p.key, "keep one of them", "%s is defined twice: also in %s:%d", p.key.text, first.src.name, first.start.line)
		return
	}
	for _, entry := range p.value.pairs {
		if other := keyOf(first, entry.key.text); other != nil {
			report.node(entry.key, "rename one of them", "%s is defined twice in %s: also in %s:%d", entry.key.text, p.key.text,
				other.src.name, other.start.line)
			continue
		}
		first.pairs = append(first.pairs, entry)
	}
}

func keyOf(n *node, key string) *node {
	for _, p := range n.pairs {
		if p.key.text == key {
			return p.key
		}
	}
	return nil
}

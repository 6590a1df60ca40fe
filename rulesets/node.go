package rulesets

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// Bounds on a ruleset, which its author may be anybody (architecture: Bounds).
const (
	maxSize  = 4 << 20 // bytes over all files
	maxDepth = 32      // the deepest legal definition nests eleven
)

type nodeKind uint8

const (
	scalarNode nodeKind = iota
	listNode
	mapNode
)

var nodeKindNames = [...]string{"a value", "a list", "a map"}

// node is one YAML node that has passed the checks of the format: no anchors, aliases, merges, tags or duplicate keys.
type node struct {
	kind  nodeKind
	src   *source
	start place
	style style
	text  string  // of a scalar, as written: `NO` is the text NO
	null  bool    // an empty plain scalar
	flow  bool    // written in { } or [ ]
	holes bool    // parts of it could not be used, which has been said
	items []*node // of a list
	pairs []pair  // of a map, in the order written

	places *positions
}

type pair struct{ key, value *node }

// find is the value under key, nil without one.
func (n *node) find(key string) *node {
	for _, p := range n.pairs {
		if p.key.text == key {
			return p.value
		}
	}
	return nil
}

// at is where the rune at offset of a scalar stands in its file.
func (n *node) at(offset int) place {
	if n.kind != scalarNode {
		return n.start
	}
	if n.places == nil {
		n.places = newPositions(n.src, n.start, n.style, n.text)
	}
	return n.places.at(offset)
}

// span is the place and width of the runes from..to of a scalar, cut at the end of its line.
func (n *node) span(from, to int) (place, int) {
	at := n.at(from)
	last := at.column
	for i := from + 1; i < to && n.at(i).line == at.line; i++ {
		last = max(last, n.at(i).column)
	}
	return at, last - at.column + 1
}

// whole is the place and width of all of a node; of lists and maps only the start.
func (n *node) whole() (place, int) {
	if n.kind != scalarNode || n.text == "" {
		return n.start, 1
	}
	return n.span(0, utf8.RuneCountInString(strings.TrimRight(n.text, "\n")))
}

// parseYAML reads one document. It returns nil when there is nothing that can be looked at further.
func parseYAML(src *source, report *reporter) *node {
	if len(src.text) > maxSize {
		report.at(src, place{1, 1}, 1, "split the program into several programs", "the ruleset is larger than %d MiB", maxSize>>20)
		return nil
	}
	if p, found := src.illegal(); found {
		report.at(src, p, 1, "write it as an escape in double quotes, or leave it out", "this character cannot stand in a ruleset")
		return nil
	}
	loader, err := yaml.NewLoader(strings.NewReader(src.text), yaml.WithPlugin(loaderlimits.New(
		loaderlimits.DepthValue(maxDepth), loaderlimits.AliasNone())))
	if err != nil {
		panic("rulesets: the YAML loader refuses its own options: " + err.Error())
	}
	var doc yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF):
		report.at(src, place{1, 1}, 1, "it needs at least `program` and `events`", "the file is empty")
		return nil
	case err != nil:
		reportYAML(src, err, report)
		return nil
	}
	var second yaml.Node
	if err := loader.Load(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			reportYAML(src, err, report)
			return nil
		}
		report.at(src, place{second.Line, second.Column}, 3, "a ruleset is one document: delete the ---, or write a second file",
			"there is a second document in this file")
		return nil
	}
	if len(doc.Content) != 1 {
		return nil
	}
	return convert(doc.Content[0], src, report)
}

// convert checks a YAML node and all below it. It returns nil where the node cannot be used, after saying why.
func convert(y *yaml.Node, src *source, report *reporter) *node {
	n := &node{src: src, start: place{y.Line, y.Column}, flow: y.Style&yaml.FlowStyle != 0}
	if !allowed(y, n, report) {
		return nil
	}
	switch y.Kind {
	case yaml.ScalarNode:
		n.text, n.style, n.null = y.Value, styleOf(y), y.Tag == "!!null" && y.Value == ""
		return n
	case yaml.SequenceNode:
		n.kind = listNode
		for _, c := range y.Content {
			item := convert(c, src, report)
			if item == nil {
				n.holes = true
				continue
			}
			n.items = append(n.items, item)
		}
		return n
	default:
		n.kind = mapNode
		convertPairs(y, n, report)
		return n
	}
}

// allowed refuses what YAML can do and a ruleset must not (language: Rules of the format).
func allowed(y *yaml.Node, n *node, report *reporter) bool {
	refuse := func(width int, suggestion, message string) bool {
		report.at(n.src, n.start, width, suggestion, "%s", message)
		return false
	}
	switch {
	case y.Kind == yaml.AliasNode:
		return refuse(len(y.Value)+1, "write the value out", "aliases are not part of the format")
	case y.Anchor != "":
		return refuse(len(y.Anchor)+1, "write the value out where it is used", "anchors are not part of the format")
	case y.Tag == "!" || strings.HasPrefix(y.Tag, "!") && !strings.HasPrefix(y.Tag, "!!"):
		return refuse(len(y.Tag), "write: not "+strings.TrimSpace(y.Tag[1:]+" "+y.Value), "YAML reads a leading ! as a tag")
	case y.Style&yaml.TaggedStyle != 0:
		return refuse(len(y.Tag), "leave the tag out", "tags are not part of the format")
	}
	return true
}

func convertPairs(y *yaml.Node, n *node, report *reporter) {
	if splitByComma(y, n, report) {
		return
	}
	seen := map[string]*node{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := convertKey(y.Content[i], n.src, seen, report)
		var value *node
		if key != nil {
			value = convert(y.Content[i+1], n.src, report)
		}
		if value == nil {
			n.holes = true
			continue
		}
		n.pairs = append(n.pairs, pair{key, value})
	}
}

// convertKey checks a key of a map; seen are those before it.
func convertKey(y *yaml.Node, src *source, seen map[string]*node, report *reporter) *node {
	key := convert(y, src, report)
	switch {
	case key == nil:
		return nil
	case key.kind != scalarNode:
		report.at(src, key.start, 1, "", "a key must be a word")
		return nil
	case y.Tag == "!!merge":
		report.node(key, "write the fields out", "merge keys are not part of the format")
		return nil
	case seen[key.text] != nil:
		report.node(key, "keep one of them", "%s is written twice in one map, first in line %d", key.text, seen[key.text].start.line)
		return nil
	}
	seen[key.text] = key
	return key
}

// splitByComma finds `{stars: min(event.amount, 100)}`, which YAML cuts at the comma.
func splitByComma(y *yaml.Node, n *node, report *reporter) bool {
	if !n.flow {
		return false
	}
	for _, c := range y.Content {
		if c.Kind != yaml.ScalarNode || styleOf(c) != plain || strings.Count(c.Value, "(") <= strings.Count(c.Value, ")") {
			continue
		}
		report.at(n.src, place{c.Line, c.Column}, utf8.RuneCountInString(c.Value), "quote the text, or write the map over several lines",
			"inside { } YAML ends this text at the comma")
		n.kind = scalarNode // nothing more can be said about the pieces
		n.null, n.holes = true, true
		return true
	}
	return false
}

func styleOf(y *yaml.Node) style {
	switch {
	case y.Style&yaml.SingleQuotedStyle != 0:
		return single
	case y.Style&yaml.DoubleQuotedStyle != 0:
		return double
	case y.Style&yaml.LiteralStyle != 0:
		return literal
	case y.Style&yaml.FoldedStyle != 0:
		return folded
	default:
		return plain
	}
}

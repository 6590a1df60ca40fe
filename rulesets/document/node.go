package document

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// Bounds on documents, whose author may be anybody (architecture: Bounds).
const (
	MaxSize  = 4 << 20 // bytes over all that one Reporter reports on
	maxDepth = 32      // the deepest legal definition nests eleven
	// MaxErrors is how many errors are shown at once: nobody reads more, and each costs a search for what was meant.
	MaxErrors = 1000
)

// Kind is what a Node is. As text it is a noun: "a list".
type Kind uint8

// The kinds of nodes.
const (
	Scalar Kind = iota
	List
	Map
)

func (k Kind) String() string { return [...]string{"a value", "a list", "a map"}[k] }

// Node is one YAML node that has passed the checks of the format: no anchors, aliases, merges, tags or duplicate keys.
type Node struct {
	Kind  Kind
	Text  string  // of a scalar, as written: `NO` is the text NO
	Null  bool    // an empty plain scalar
	Holes bool    // parts of it could not be used, which has been said
	Items []*Node // of a list
	Pairs []Pair  // of a map, in the order written

	src    *source
	start  place
	style  style
	flow   bool // written in { } or [ ], or a key or an item that stands in them
	places *positions
}

// Pair is one entry of a map.
type Pair struct{ Key, Value *Node }

// NewMap is a map that no file has, made of parts of one. Diagnostics about it point to where at starts.
func NewMap(at *Node, pairs ...Pair) *Node {
	return &Node{Kind: Map, Pairs: pairs, src: at.src, start: at.start}
}

// Find is the value under key, nil without one.
func (n *Node) Find(key string) *Node {
	for _, p := range n.Pairs {
		if p.Key.Text == key {
			return p.Value
		}
	}
	return nil
}

// Key is the key of that name, nil without one.
func (n *Node) Key(name string) *Node {
	for _, p := range n.Pairs {
		if p.Key.Text == name {
			return p.Key
		}
	}
	return nil
}

// Plain reports whether a scalar is written without quotes, so that it can mean something else than its text.
func (n *Node) Plain() bool { return n.style == plain }

// Position is a place in a file. Line and Column count from 1, Column in characters.
type Position struct {
	File         string
	Line, Column int
}

// Position is where n starts.
func (n *Node) Position() Position { return Position{n.src.name, n.start.line, n.start.column} }

// at is where the rune at offset of a scalar stands in its file.
func (n *Node) at(offset int) place {
	if n.Kind != Scalar {
		return n.start
	}
	if n.places == nil {
		n.places = newPositions(n.src, n.start, n.style, n.Text)
	}
	return n.places.at(offset)
}

// span is the place and width of the runes from..to of a scalar, cut at the end of its line.
func (n *Node) span(from, to int) (place, int) {
	at := n.at(from)
	last := at.column
	for i := from + 1; i < to && n.at(i).line == at.line; i++ {
		last = max(last, n.at(i).column)
	}
	return at, last - at.column + 1
}

// whole is the place and width of all of a node; of lists and maps only the start.
func (n *Node) whole() (place, int) {
	if n.Kind != Scalar || n.Text == "" {
		return n.start, 1
	}
	return n.span(0, utf8.RuneCountInString(strings.TrimRight(n.Text, "\n")))
}

// Parse reads the one document of a file. It returns nil, after saying why, when there is nothing that can be looked at
// further.
func Parse(name string, text []byte, report *Reporter) *Node {
	if report.size > MaxSize {
		return nil // which has been said of the file before
	}
	src := newSource(name, text)
	if report.size += len(text); report.size > MaxSize {
		report.at(src, place{1, 1}, 1, "split the program into several programs", "the ruleset is larger than %d MiB", MaxSize>>20)
		return nil
	}
	if p, found := src.illegal(); found {
		report.at(src, p, 1, "write it as an escape in double quotes, or leave it out", "this character cannot stand in a ruleset")
		return nil
	}
	loader, err := yaml.NewLoader(strings.NewReader(src.text), yaml.WithPlugin(loaderlimits.New(
		loaderlimits.DepthValue(maxDepth), loaderlimits.AliasNone())))
	if err != nil {
		panic("document: the YAML loader refuses its own options: " + err.Error())
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
func convert(y *yaml.Node, src *source, report *Reporter) *Node {
	n := &Node{src: src, start: place{y.Line, y.Column}, flow: y.Style&yaml.FlowStyle != 0}
	if !allowed(y, n, report) {
		return nil
	}
	switch y.Kind {
	case yaml.ScalarNode:
		n.Text, n.style, n.Null = y.Value, styleOf(y), y.Tag == "!!null" && y.Value == ""
		return n
	case yaml.SequenceNode:
		n.Kind = List
		for _, c := range y.Content {
			item := convert(c, src, report)
			if item == nil {
				n.Holes = true
				continue
			}
			item.flow = item.flow || n.flow
			n.Items = append(n.Items, item)
		}
		return n
	default:
		n.Kind = Map
		convertPairs(y, n, report)
		return n
	}
}

// allowed refuses what YAML can do and a ruleset must not.
func allowed(y *yaml.Node, n *Node, report *Reporter) bool {
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

func convertPairs(y *yaml.Node, n *Node, report *Reporter) {
	if splitByComma(y, n, report) {
		return
	}
	seen := map[string]*Node{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := convertKey(y.Content[i], n.src, seen, report)
		var value *Node
		if key != nil {
			value = convert(y.Content[i+1], n.src, report)
		}
		if value == nil {
			n.Holes = true
			continue
		}
		key.flow = n.flow
		n.Pairs = append(n.Pairs, Pair{key, value})
	}
}

// convertKey checks a key of a map; seen are those before it.
func convertKey(y *yaml.Node, src *source, seen map[string]*Node, report *Reporter) *Node {
	key := convert(y, src, report)
	switch {
	case key == nil:
		return nil
	case key.Kind != Scalar:
		report.at(src, key.start, 1, "such as stars: 10", "a key must be a word")
		return nil
	case y.Tag == "!!merge":
		report.Node(key, "write the fields out", "merge keys are not part of the format")
		return nil
	case seen[key.Text] != nil:
		report.Node(key, "keep one of them", "%s is written twice in one map, first in line %d", key.Text, seen[key.Text].start.line)
		return nil
	}
	seen[key.Text] = key
	return key
}

// splitByComma finds `{stars: min(event.amount, 100)}`, which YAML cuts at the comma.
func splitByComma(y *yaml.Node, n *Node, report *Reporter) bool {
	if !n.flow {
		return false
	}
	for _, c := range y.Content {
		if c.Kind != yaml.ScalarNode || styleOf(c) != plain || strings.Count(c.Value, "(") <= strings.Count(c.Value, ")") {
			continue
		}
		report.at(n.src, place{c.Line, c.Column}, utf8.RuneCountInString(c.Value), "quote the text, or write the map over several lines",
			"inside { } YAML ends this text at the comma")
		n.Kind = Scalar // nothing more can be said about the pieces
		n.Null, n.Holes = true, true
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

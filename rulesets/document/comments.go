package document

import (
	"strings"
	"unicode/utf8"
)

// Comments are the comments of a file that begin with word, "lint:ignore", each as a scalar without its #. The file is that
// of its whole document n.
func (n *Node) Comments(word string) []*Node {
	var out []*Node
	for i, line := range n.src.lines {
		for offset := 0; ; {
			at := strings.IndexByte(line[offset:], '#')
			if at < 0 {
				break
			}
			offset += at + 1
			text := line[offset:]
			blank := len(text) - len(strings.TrimLeft(text, " \t"))
			starts := offset == 1 || line[offset-2] == ' ' || line[offset-2] == '\t'
			if !starts || !strings.HasPrefix(text[blank:], word) {
				continue
			}
			p := place{i + 1, utf8.RuneCountInString(line[:offset+blank]) + 1}
			if !n.quotes(p) {
				out = append(out, &Node{Text: strings.TrimRight(text[blank:], " \t"), src: n.src, start: p})
			}
			break
		}
	}
	return out
}

// quotes reports whether a place of the file lies inside a quoted or block scalar of n, where # starts no comment.
func (n *Node) quotes(p place) bool {
	if n.Kind == Scalar {
		return n.style != plain && before(n.start, p) && before(p, n.at(utf8.RuneCountInString(n.Text)))
	}
	for _, item := range n.Items {
		if item.quotes(p) {
			return true
		}
	}
	for _, pair := range n.Pairs {
		if pair.Key.quotes(p) || pair.Value.quotes(p) {
			return true
		}
	}
	return false
}

func before(a, b place) bool { return a.line < b.line || a.line == b.line && a.column < b.column }

// Alone reports whether nothing but blanks stands before n on its line, but for the # of a comment.
func (n *Node) Alone() bool {
	runes := []rune(n.src.line(n.start.line))
	return strings.Trim(string(runes[:n.start.column-1]), " \t#") == ""
}

package document

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// style is how a scalar is written.
type style uint8

const (
	plain style = iota
	single
	double
	literal
	folded
)

// positions maps rune offsets of a decoded scalar to places in its file. Where source and decoded text cannot be aligned
// it answers the scalar's start, never a wrong place.
type positions struct {
	start  place
	places []place // one a decoded rune and one for the end; nil when not aligned
}

// at is the place of the rune at offset.
func (p *positions) at(offset int) place {
	if len(p.places) == 0 {
		return p.start
	}
	return p.places[min(max(offset, 0), len(p.places)-1)]
}

// newPositions aligns value with the scalar of that style that starts at start.
func newPositions(src *source, start place, st style, value string) *positions {
	p := &positions{start: start}
	if st == literal || st == folded {
		p.places = alignBlock(src, start, st, value)
		return p
	}
	offset, ok := src.offset(start)
	if !ok {
		return p
	}
	a := &aligner{rest: src.text[offset:], here: start, want: value}
	a.skipProperties()
	if (st == single && !a.skip("'")) || (st == double && !a.skip(`"`)) {
		return p
	}
	if a.flow(st) {
		a.places = append(a.places, a.here) // the end
		p.places = a.places
	}
	return p
}

// aligner walks the source of a plain or quoted scalar along the text it decodes to.
type aligner struct {
	rest   string
	here   place
	want   string // what is still to be matched
	places []place
}

// advance consumes n bytes of source.
func (a *aligner) advance(n int) {
	for _, r := range a.rest[:n] {
		if r == '\n' {
			a.here = place{a.here.line + 1, 1}
		} else {
			a.here.column++
		}
	}
	a.rest = a.rest[n:]
}

func (a *aligner) skip(text string) bool {
	if !strings.HasPrefix(a.rest, text) {
		return false
	}
	a.advance(len(text))
	return true
}

// skipProperties passes a tag or an anchor, which YAML places before the text.
func (a *aligner) skipProperties() {
	for strings.HasPrefix(a.rest, "!") || strings.HasPrefix(a.rest, "&") {
		n := strings.IndexAny(a.rest, " \n")
		if n < 0 {
			return
		}
		a.advance(n)
		a.advance(len(a.rest) - len(strings.TrimLeft(a.rest, " \n")))
	}
}

// emit matches one decoded rune r, written in n bytes of source.
func (a *aligner) emit(r rune, n int) bool {
	got, size := utf8.DecodeRuneInString(a.want)
	if size == 0 || got != r {
		return false
	}
	a.places = append(a.places, a.here)
	a.want = a.want[size:]
	a.advance(n)
	return true
}

func (a *aligner) flow(st style) bool {
	for a.want != "" {
		r, n := utf8.DecodeRuneInString(a.rest)
		switch {
		case n == 0:
			return false
		case st == double && strings.HasPrefix(a.rest, "\\\n"):
			a.advance(1)
			if !a.fold(0) {
				return false
			}
		case st == double && r == '\\':
			decoded, width := unescape(a.rest)
			if width == 0 || !a.emit(decoded, width) {
				return false
			}
		case st == single && r == '\'':
			if !strings.HasPrefix(a.rest, "''") || !a.emit('\'', 2) {
				return false
			}
		case startsFold(a.rest):
			if !a.fold(1) {
				return false
			}
		default:
			if !a.emit(r, n) {
				return false
			}
		}
	}
	return true
}

// fold matches line breaks with the blanks around them: k breaks decode to k-1 newlines, and one alone to spaces: one, or
// none where the break is escaped.
func (a *aligner) fold(spaces int) bool {
	blank := a.rest[:len(a.rest)-len(strings.TrimLeft(a.rest, " \t\n"))]
	breaks := strings.Count(blank, "\n")
	decoded, count := '\n', breaks-1
	if breaks == 1 {
		decoded, count = ' ', spaces
	}
	for range count {
		if !a.emit(decoded, 0) {
			return false
		}
	}
	a.advance(len(blank))
	return true
}

// startsFold reports whether only blanks stand between here and the end of the line.
func startsFold(s string) bool {
	return strings.HasPrefix(strings.TrimLeft(s, " \t"), "\n")
}

var simpleEscapes = map[byte]rune{
	'0': 0, 'a': 7, 'b': 8, 't': 9, '\t': 9, 'n': 10, 'v': 11, 'f': 12, 'r': 13, 'e': 27, ' ': ' ', '"': '"', '/': '/',
	'\\': '\\', 'N': 0x85, '_': 0xa0, 'L': 0x2028, 'P': 0x2029,
}

var hexEscapes = map[byte]int{'x': 2, 'u': 4, 'U': 8}

// unescape decodes the escape at the start of s and returns its width in bytes, 0 when it is none.
func unescape(s string) (r rune, width int) {
	if len(s) < 2 {
		return 0, 0
	}
	if r, ok := simpleEscapes[s[1]]; ok {
		return r, 2
	}
	digits := hexEscapes[s[1]]
	if digits == 0 || len(s) < 2+digits {
		return 0, 0
	}
	v, err := strconv.ParseUint(s[2:2+digits], 16, 32)
	if err != nil || v > unicode.MaxRune {
		return 0, 0
	}
	return rune(v), 2 + digits
}

// alignBlock aligns a literal or folded scalar, whose header stands at start. It returns nil when it cannot.
func alignBlock(src *source, start place, st style, value string) []place {
	lines := src.lines[start.line:]
	b := &blockAligner{lines: lines, first: start.line + 1, indent: blockIndent(lines, value), want: value}
	for b.want != "" {
		if !b.content() {
			return nil
		}
		if st == literal {
			b.newlines(1)
		} else {
			b.foldedBreaks()
		}
	}
	return append(b.places, b.here())
}

// blockIndent is how many leading spaces YAML took off each line: what the first line with text has more of in the source
// than in the decoded value.
func blockIndent(lines []string, value string) int {
	leading := func(lines []string) int {
		for _, l := range lines {
			if t := strings.TrimLeft(l, " "); t != "" {
				return len(l) - len(t)
			}
		}
		return 0
	}
	return max(0, leading(lines)-leading(strings.Split(value, "\n")))
}

// blockAligner walks the lines of a block scalar along the text they decode to.
type blockAligner struct {
	lines  []string
	first  int // number of lines[0] in the file
	index  int // of the current line
	column int // in the current line, from 0, after the indent
	indent int
	want   string
	places []place
}

func (b *blockAligner) here() place {
	if b.index >= len(b.lines) {
		return place{b.first + b.index, 1}
	}
	return place{b.first + b.index, min(b.indent, len(b.lines[b.index])) + b.column + 1}
}

// text is the current line without its indent.
func (b *blockAligner) text() string {
	if b.index >= len(b.lines) {
		return ""
	}
	l := b.lines[b.index]
	return l[min(b.indent, len(l)-len(strings.TrimLeft(l, " "))):]
}

// content matches the rest of the current line.
func (b *blockAligner) content() bool {
	text := b.text()
	if !strings.HasPrefix(b.want, text) {
		return false
	}
	for range text {
		b.places = append(b.places, b.here())
		b.column++
	}
	b.want = b.want[len(text):]
	return b.want == "" || b.want[0] == '\n' || b.want[0] == ' '
}

// newlines matches n decoded newlines, each the end of a line.
func (b *blockAligner) newlines(n int) {
	for ; n > 0 && strings.HasPrefix(b.want, "\n"); n-- {
		b.places = append(b.places, b.here())
		b.want = b.want[1:]
		b.index, b.column = b.index+1, 0
	}
}

// foldedBreaks matches what the line breaks after a folded line decode to: one space, or a run of newlines that is at most
// as long as the breaks are many.
func (b *blockAligner) foldedBreaks() {
	if strings.HasPrefix(b.want, " ") {
		b.places = append(b.places, b.here())
		b.want = b.want[1:]
		b.index, b.column = b.index+1, 0
		return
	}
	next := b.index + 1
	for next < len(b.lines) && strings.TrimLeft(b.lines[next], " ") == "" {
		next++
	}
	b.newlines(len(b.want) - len(strings.TrimLeft(b.want, "\n")))
	if b.want != "" {
		b.index, b.column = next, 0
	}
}

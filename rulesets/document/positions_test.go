package document

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// documents writes random YAML documents with one scalar in a given style. Words are unique, so that each can be found in
// the source again: that is where its position must point.
type documents struct {
	*rand.Rand
	words int
}

var letters = []string{"a", "é", "ß", "世", "x_y", "😀", "9", "z"}

func (d *documents) word() string {
	d.words++
	return fmt.Sprintf("%sw%dq", letters[d.IntN(len(letters))], d.words)
}

func (d *documents) blanks(most int) string { return strings.Repeat(" ", d.IntN(most+1)) }

// scalar is one scalar of a style, its lines indented by indent, as it follows "key: ".
func (d *documents) scalar(st style, indent string) string {
	var b strings.Builder
	block := st == literal || st == folded
	switch st {
	case single:
		b.WriteByte('\'')
	case double:
		b.WriteByte('"')
	case literal, folded:
		b.WriteString(map[style]string{literal: "|", folded: ">"}[st] + []string{"", "-", "+", " # note"}[d.IntN(4)] + "\n")
		if d.IntN(6) == 0 {
			b.WriteString("\n")
		}
		b.WriteString(indent)
	}
	for line := range 1 + d.IntN(4) {
		if line > 0 {
			if !block {
				b.WriteString(d.blanks(2))
			}
			b.WriteString("\n" + strings.Repeat(d.blanks(3)+"\n", d.IntN(2)*d.IntN(3)) + indent)
			if block && d.IntN(4) == 0 {
				b.WriteString(d.blanks(3)) // more indented
			} else if !block {
				b.WriteString(d.blanks(3))
			}
		}
		for i := range 1 + d.IntN(3) {
			if i > 0 {
				b.WriteString(" " + d.blanks(2))
			}
			b.WriteString(d.word() + d.extra(st))
		}
	}
	switch st {
	case single:
		b.WriteByte('\'')
	case double:
		b.WriteByte('"')
	}
	return b.String()
}

// extra is something after a word that decodes to another width than it is written in.
func (d *documents) extra(st style) string {
	if d.IntN(3) > 0 {
		return ""
	}
	switch st {
	case single:
		return "''"
	case double:
		return []string{`\"`, `\\`, `\t`, `\x41`, `\u00e9`, `\U0001F600`, "\\\n   ", `\n`}[d.IntN(8)]
	default:
		return []string{"'", `"`, "(", "\t"}[d.IntN(3)]
	}
}

func TestPositionsOfEveryStyle(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	aligned := 0
	const count = 20_000
	for i := range uint64(count) {
		d := &documents{Rand: rand.New(rand.NewPCG(seed, i))}
		st := style(d.IntN(5))
		before := strings.Repeat("k: v # é\n", d.IntN(2))
		text := before + "outer:\n  inner:\n    key: " + d.scalar(st, "      ") + "\n    next: " + d.word() + "\n"
		if d.IntN(4) == 0 {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		report := &Reporter{}
		root := Parse("a.yaml", []byte(text), report)
		require.NotNil(t, root, "%s\n%q", report.List.Error(), text)
		n := root.Find("outer").Find("inner").Find("key")
		require.Equal(t, st, n.style)
		p := newPositions(n.src, n.start, n.style, n.Text)
		if len(p.places) == 0 {
			continue
		}
		aligned++
		requireWords(t, n, p, text)
	}
	require.Equal(t, count, aligned, "every scalar is aligned with its source")
}

// requireWords finds each word of the decoded text in the source, at the place that its position names.
func requireWords(t *testing.T, n *Node, p *positions, text string) {
	runes := []rune(n.Text)
	require.Len(t, p.places, len(runes)+1, "%q", text)
	for i := range runes {
		rest := string(runes[i:])
		end := strings.IndexByte(rest, 'q')
		if end < 0 {
			break
		}
		start := i == 0 || strings.ContainsRune(" \n", runes[i-1])
		if !start || strings.ContainsAny(rest[:end], " \n") {
			continue
		}
		word := rest[:end+1]
		at := p.places[i]
		line := []rune(n.src.line(at.line))
		require.LessOrEqual(t, at.column, len(line), "%q in %q", word, text)
		require.True(t, strings.HasPrefix(string(line[at.column-1:]), word), "%q at %v in %q", word, at, text)
	}
}

func TestPositionsFallBackToTheStart(t *testing.T) {
	src := newSource("a.yaml", []byte("key: 'abc'\n"))
	p := newPositions(src, place{1, 6}, single, "something else")
	require.Equal(t, place{1, 6}, p.at(5))
	p = newPositions(src, place{9, 9}, plain, "x")
	require.Equal(t, place{9, 9}, p.at(0))
}

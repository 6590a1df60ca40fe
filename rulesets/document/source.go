package document

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"
)

// place is a line and column of a file, both from 1, the column in characters.
type place struct{ line, column int }

// source is the text of one file.
type source struct {
	name  string
	text  string
	lines []string
	start []int // offset of each line in text
}

func newSource(name string, src []byte) *source {
	text := strings.TrimPrefix(strings.ReplaceAll(string(src), "\r\n", "\n"), "\ufeff")
	s := &source{name: name, text: text, lines: strings.Split(text, "\n")}
	offset := 0
	for _, l := range s.lines {
		s.start = append(s.start, offset)
		offset += len(l) + 1
	}
	return s
}

// line is the text of line n, "" past the end.
func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

// offset is where p stands in the text, ok is false when there is no such place.
func (s *source) offset(p place) (offset int, ok bool) {
	if p.line < 1 || p.line > len(s.lines) {
		return 0, false
	}
	rest := s.lines[p.line-1]
	offset = s.start[p.line-1]
	for i := 1; i < p.column; i++ {
		_, n := utf8.DecodeRuneInString(rest)
		if n == 0 {
			return 0, false
		}
		rest, offset = rest[n:], offset+n
	}
	return offset, true
}

// illegal finds the first character that a ruleset cannot contain: control characters, invalid UTF-8, and the exotic line
// breaks that YAML counts as lines and editors do not.
func (s *source) illegal() (p place, found bool) {
	for i, l := range s.lines {
		column := 1
		for j, r := range l {
			_, n := utf8.DecodeRuneInString(l[j:])
			switch {
			case r == utf8.RuneError && n == 1,
				r < ' ' && r != '\t', r == 0x7f, r >= 0x80 && r < 0xa0,
				r == '\u2028', r == '\u2029', r == '\ufeff',
				r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
				return place{i + 1, column}, true
			}
			column++
		}
	}
	return place{}, false
}

// ErrNotAFile is the error of a name that is not one of a regular file: reading a pipe or a device may never end.
var ErrNotAFile = errors.New("this is no regular file")

// Read reads a file, no more of it than tells Parse that it is too large.
func Read(files fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return nil, err
	}
	return read(info, func() (fs.File, error) { return files.Open(name) })
}

// ReadFile is Read for a path of the machine.
func ReadFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	return read(info, func() (fs.File, error) { return os.Open(name) }) //nolint:gosec // whoever starts the command says what
}

func read(info fs.FileInfo, open func() (fs.File, error)) ([]byte, error) {
	if !info.Mode().IsRegular() {
		return nil, ErrNotAFile
	}
	f, err := open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxSize+1))
}

// Unreadable says of a file, or a directory, that it cannot be read.
func Unreadable(name string, err error) Diagnostics {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return Diagnostics{{Severity: SeverityError, File: name, Line: 1, Column: 1, Width: 1,
		Message: fmt.Sprintf("cannot be read: %v", err)}}
}

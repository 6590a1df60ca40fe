package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/laurel-engine/laurel/engine/spelling"
)

// maxRow is how much of a file a row of a table may take, in bytes: a quote that is never closed takes the rest of it.
const maxRow = 1 << 20

// table is a file in CSV, read row by row. Its columns are separated by commas, semicolons or tabs, whichever its first line has most of.
type table struct {
	file   *os.File
	read   *csv.Reader
	left   *rowLimit
	line   int // that the last row began at
	header []string
	fields []string // that columns are taken for, "" for one that is left out
}

// Columns that a file of refused rows has besides those of the file that was imported.
const (
	refusedKeyColumn    = "refused_key" // under which it was refused, and comes in once
	refusedLineColumn   = "refused_line"
	refusedReasonColumn = "refused_reason"
)

// tableRow is a row: the line it begins at, its cells as they are, and those that are taken by field.
type tableRow struct {
	line  int
	cells []string
	of    map[string]string
	wrong string // why it cannot be read
	key   string // that it had when it was refused before, "" for none
}

// openTable opens a table whose columns are fields by their names, or by what mapped says; fields that end in a point stand for all that begin
// with them.
func openTable(name string, fields []string, mapped map[string]string) (*table, error) {
	f, err := os.Open(name) //nolint:gosec // whoever imports says what
	if err != nil {
		return nil, err
	}
	t := &table{file: f}
	if err := t.begin(fields, mapped); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	return t, nil
}

func (t *table) begin(fields []string, mapped map[string]string) error {
	t.left = &rowLimit{from: bufio.NewReader(t.file)}
	start, err := bufio.NewReaderSize(t.left.from, maxRow).Peek(maxRow)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if _, err := t.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	mark := []byte("\ufeff") // which spreadsheets put before a text
	switch {
	case bytes.HasPrefix(start, []byte("PK")):
		return errors.New("this is a workbook or an archive, and no CSV: export the sheet as CSV (UTF-8)")
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}), bytes.HasPrefix(start, []byte{0xfe, 0xff}):
		return errors.New("the file is in UTF-16: save it as CSV (UTF-8)")
	}
	skip := 0
	if bytes.HasPrefix(start, mark) {
		skip = len(mark)
	}
	if _, err := t.file.Seek(int64(skip), io.SeekStart); err != nil {
		return err
	}
	first, _, _ := bytes.Cut(start[skip:], []byte("\n"))
	t.left = &rowLimit{from: bufio.NewReader(t.file)}
	t.read = csv.NewReader(t.left)
	t.read.FieldsPerRecord, t.read.Comma = -1, separator(first)
	row, err := t.next()
	if errors.Is(err, io.EOF) {
		return errors.New("it is empty: its first line names the columns")
	}
	if err != nil {
		return err
	}
	if row.wrong != "" {
		return fmt.Errorf("line 1: %s", row.wrong)
	}
	t.header = row.cells
	return t.assign(fields, mapped)
}

// separator is what separates the columns of a first line.
func separator(line []byte) rune {
	best, most := ',', 0
	for _, s := range ",;\t" {
		if n := strings.Count(string(line), string(s)); n > most {
			best, most = s, n
		}
	}
	return best
}

// assign says which field each column is taken for.
func (t *table) assign(fields []string, mapped map[string]string) error {
	is := func(field string) bool {
		return slices.ContainsFunc(fields, func(f string) bool {
			return f == field || strings.HasSuffix(f, ".") && strings.HasPrefix(field, f) && field != f
		})
	}
	used := map[string]string{}
	for i := range t.header {
		column := strings.TrimSpace(t.header[i])
		field, told := mapped[column]
		if column == refusedKeyColumn || column == refusedLineColumn || column == refusedReasonColumn {
			told = true // of a file of refused rows that was mended
		}
		if !told {
			field = column
		}
		switch {
		case told && field == "":
		case !is(field) && told:
			return fmt.Errorf("--map %s=%s: there is no such field%s", column, field, meant(field, fields))
		case !is(field):
			return fmt.Errorf("column %q is no field%s: say what it is with --map %q, or leave it out with --map %q", column, meant(field, fields), column+"=FIELD",
				column+"=")
		case used[field] != "":
			return fmt.Errorf("columns %q and %q are both %s", used[field], column, field)
		default:
			used[field] = column
		}
		t.fields = append(t.fields, field)
	}
	for column := range mapped {
		if !slices.ContainsFunc(t.header, func(h string) bool { return strings.TrimSpace(h) == column }) {
			return fmt.Errorf("--map names column %q, and there are %s", column, strings.Join(t.header, ", "))
		}
	}
	return nil
}

func meant(field string, fields []string) string {
	if near := spelling.Suggest(field, fields); near != "" {
		return " (" + near + ")"
	}
	return " (there are " + strings.ReplaceAll(strings.Join(fields, ", "), "fields.", "fields.NAME") + ")"
}

// has reports whether some column is taken for a field.
func (t *table) has(field string) bool { return slices.Contains(t.fields, field) }

// next is the next row; io.EOF after the last one. Rows without anything in them are passed over. An error is one of the file; what is wrong with
// a row stands in it.
func (t *table) next() (*tableRow, error) {
	for {
		t.left.used = 0
		cells, err := t.read.Read()
		line := t.line + 1
		if len(cells) > 0 {
			line, _ = t.read.FieldPos(0)
		}
		t.line = line
		var wrong *csv.ParseError
		switch {
		case errors.Is(err, errRowTooLong):
			return nil, fmt.Errorf("a row from line %d on has more than %d bytes: is a quote never closed?", line, maxRow)
		case errors.As(err, &wrong):
			return nil, fmt.Errorf("line %d: %w: is a quote never closed, or not doubled within quotes?", wrong.StartLine, wrong.Err)
		case err != nil:
			return nil, err
		}
		row := &tableRow{line: line, cells: cells, of: map[string]string{}}
		empty := true
		for i, cell := range cells {
			if !utf8.ValidString(cell) {
				row.wrong = "it is not in UTF-8: save the file as CSV (UTF-8)"
			}
			cell = strings.TrimSpace(cell)
			empty = empty && cell == ""
			if i < len(t.fields) && t.fields[i] != "" && cell != "" {
				row.of[t.fields[i]] = cell
			}
			if i < len(t.header) && t.header[i] == refusedKeyColumn {
				row.key = cell
			}
		}
		if t.header != nil && len(cells) != len(t.header) && row.wrong == "" {
			row.wrong = fmt.Sprintf("it has %d columns, and the first line has %d", len(cells), len(t.header))
		}
		if !empty {
			return row, nil
		}
	}
}

func (t *table) close() error { return t.file.Close() }

// rowLimit is a reader that gives no more than maxRow for a row, and what is read ahead.
type rowLimit struct {
	from *bufio.Reader
	used int
}

var errRowTooLong = errors.New("the row is too long")

func (l *rowLimit) Read(b []byte) (int, error) {
	if l.used > maxRow {
		return 0, errRowTooLong
	}
	n, err := l.from.Read(b)
	l.used += n
	return n, err
}

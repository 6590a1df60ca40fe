package api

import (
	"encoding/csv"
	"io"

	"github.com/laurel-engine/laurel/internal/program"
)

// writeTable writes an export as CSV (RFC 4180), its columns' names first.
func writeTable(to io.Writer, kind exportKind, p *program.Program, since, upTo uint64) error {
	w := csv.NewWriter(to)
	w.UseCRLF = true
	names := make([]string, len(kind.columns))
	for i, c := range kind.columns {
		names[i] = c.name
	}
	if err := w.Write(names); err != nil {
		return err
	}
	err := kind.rows(p, since, upTo, func(_ any, cells []string) error {
		for i, cell := range cells {
			if !kind.columns[i].number {
				cells[i] = plainCell(cell)
			}
		}
		return w.Write(cells)
	})
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	return err
}

// plainCell is a cell of text that no spreadsheet takes for a formula (design: a cell that begins with = + - @ is escaped).
func plainCell(text string) string {
	if text == "" {
		return text
	}
	switch text[0] {
	case '=', '+', '-', '@', '\t', '\r':
		return "'" + text
	}
	return text
}

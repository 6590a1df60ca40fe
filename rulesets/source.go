package rulesets

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// Written is a program as its author wrote it, for what looks at the text beside what it means: package lint.
type Written struct {
	Root    *document.Record
	Records map[string][]*document.Record // the definitions of each section, sorted by id
	// Expressions are the compiled ones by the scalar they are written in; with several events in `when`, those of the first.
	Expressions map[*document.Node]*expression.Expression
	// Windows are the stretches of the calendar by the window or the schedule they are written in; one of a schedule
	// without `open_for` has no length.
	Windows  map[*document.Node]*calendar.Window
	Comments []*document.Node // those that begin with lint:ignore
}

func newWritten(root *document.Record) *Written {
	return &Written{Root: root, Records: map[string][]*document.Record{}, Expressions: map[*document.Node]*expression.Expression{},
		Windows: map[*document.Node]*calendar.Window{}}
}

// Record finds a definition, nil without one.
func (w *Written) Record(section, id string) *document.Record {
	all := w.Records[section]
	i, found := slices.BinarySearchFunc(all, id, func(rec *document.Record, id string) int { return strings.Compare(rec.ID, id) })
	if !found {
		return nil
	}
	return all[i]
}

package program

import (
	"maps"

	"github.com/laurel-engine/laurel/engine"
)

// Row is a member in an export.
type Row struct {
	Profile
	Balances map[string]engine.PointsProgress
}

// Rows are the next members behind an id, in the order of their ids, each as of one moment, and whether there are more; last is where to go
// on. Balances are told where they are asked for. What they say is durable.
func (p *Program) Rows(after string, balances bool) (rows []Row, last string, more bool, err error) {
	ids, stored, more, err := p.idsAfter("", after, readAtOnce)
	if err != nil || len(ids) == 0 {
		return nil, after, false, err
	}
	taken, _ := p.times()
	found := make([]*Row, len(ids))
	seq, err := p.look(ids, stored, func(l look) {
		row := &Row{Profile: profileOf(l.m)}
		row.Fields = maps.Clone(row.Fields)
		if balances {
			row.Balances = l.m.Balances(l.rules, taken)
		}
		found[l.i] = row
	})
	if err != nil {
		return nil, after, false, err
	}
	for _, row := range found {
		if row != nil {
			rows = append(rows, *row)
		}
	}
	return rows, ids[len(ids)-1], more, p.Wait(seq)
}

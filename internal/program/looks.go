package program

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
)

const (
	// looksAtOnce is how many members are looked at while the program's lock is held.
	looksAtOnce = 64
	// readAtOnce is how many are read of the store in one go.
	readAtOnce = 256
	// MaxScanned is how many members one call for a list looks at.
	MaxScanned = 10_000
)

// look is a member who is looked at: the ith of those asked for. Held is set while the program's lock is held, so that what is done must be
// quick.
type look struct {
	rules *engine.Ruleset
	i     int
	m     *engine.Member
	held  bool
}

// look calls yield for members by their ids, each as of one moment, in no order; for those who are not known it does not. Who is held as
// they are used is looked at under the lock; the others are read without it, together, and none of them drives anybody out of memory.
// stored are states that were read of the store, nil where none was. seq is the last event that may be seen.
func (p *Program) look(ids []string, stored [][]byte, yield func(look)) (seq uint64, err error) {
	states := make([][]byte, len(ids))
	var cold []string
	var places []int
	var rules *engine.Ruleset
	for piece := range slices.Chunk(numbers(len(ids)), looksAtOnce) {
		p.locked(func(processor *engine.Processor) {
			rules, seq = processor.Rules(), processor.Last()
			for _, i := range piece {
				m, state, gone := processor.Peek(ids[i])
				switch {
				case m != nil && m.Into == "":
					yield(look{rules, i, m, true})
				case m != nil, gone: // it was merged into another, or erased
				case state == nil && i < len(stored) && stored[i] != nil:
					states[i] = stored[i]
				case state == nil:
					cold, places = append(cold, ids[i]), append(places, i)
				default:
					states[i] = state
				}
			}
		})
	}
	read, err := engine.MemberStates(p.store, cold)
	if err != nil {
		return seq, err
	}
	for n, i := range places {
		states[i] = read[n]
	}
	for i, state := range states {
		if state == nil {
			continue
		}
		if m := rules.ReadMember(state); m.Into == "" {
			yield(look{rules, i, m, false})
		}
	}
	return seq, nil
}

func (p *Program) locked(do func(*engine.Processor)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do(p.processor)
}

// numbers are those from 0 on.
func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// Renamed is the last event of this process that may have changed what boards show of some member.
func (p *Program) Renamed() uint64 { return p.renamed.Load() }

// Acted is the last event since the start that a call of an administrator is, 0 for none.
func (p *Program) Acted() uint64 { return p.acted.Load() }

// names are what boards show of members, by their ids.
func (p *Program) names(rules *engine.Ruleset, ids []string) (map[string]string, error) {
	found := make(map[string]string, len(ids))
	if rules.Names == engine.NamesNone {
		return found, nil
	}
	_, err := p.look(ids, nil, func(l look) { found[ids[l.i]] = l.rules.ShownName(l.m) })
	return found, err
}

// MemberQuery is which members a list has, in the order of their ids.
type MemberQuery struct {
	Prefix    string   // that their ids begin with
	After     string   // the id that the list begins behind, "" for its beginning
	Audiences []string // of which they belong to one; none: no matter
	Limit     int
	// Has asks for the rest; nil: all of them. It must be quick.
	Has func(rules *engine.Ruleset, m *engine.Member) bool
}

// MemberList is a piece of a list of members.
type MemberList struct {
	Members []engine.Summary
	Scanned int    // how many members were looked at
	Last    string // the last of them, where the list is by ids
	Seq     uint64 // the event that was looked at last, where it is by these
	More    bool   // there may be members behind it
}

// Members looks at no more than MaxScanned members, so that a piece may have none and yet another one after it. Each member is as of one
// moment, and the program's lock is never held for long.
func (p *Program) Members(q MemberQuery) (list MemberList, err error) {
	list = MemberList{Members: []engine.Summary{}, Last: q.After, More: true}
	var seq uint64
	for list.More && list.Scanned < MaxScanned && len(list.Members) < q.Limit {
		upTo, err := p.piece(&q, &list)
		if err != nil {
			return list, err
		}
		seq = max(seq, upTo)
	}
	return list, p.Wait(seq)
}

// piece adds the next members.
func (p *Program) piece(q *MemberQuery, list *MemberList) (seq uint64, err error) {
	ids, stored, more, err := p.idsAfter(q.Prefix, list.Last, min(readAtOnce, MaxScanned-list.Scanned))
	if err != nil {
		return 0, err
	}
	rows, seq, err := p.rows(q, ids, stored)
	if err != nil {
		return seq, err
	}
	list.More = more
	for i, row := range rows {
		if row != nil && len(list.Members) == q.Limit {
			list.More = true
			break
		}
		if list.Scanned, list.Last = list.Scanned+1, ids[i]; row != nil {
			list.Members = append(list.Members, *row)
		}
	}
	return seq, nil
}

// rows are the lines of members by their ids, nil of those whom the query leaves out. stored is as look has it.
func (p *Program) rows(q *MemberQuery, ids []string, stored [][]byte) (rows []*engine.Summary, seq uint64, err error) {
	taken, _ := p.times()
	rows = make([]*engine.Summary, len(ids))
	var asked []look // who would have to be asked for with the lock
	keep := func(l look) {
		row := l.m.Summary(l.rules, taken)
		row.Name = l.m.Name // whoever reads members is not shown what boards show
		rows[l.i] = &row
	}
	seq, err = p.look(ids, stored, func(l look) {
		switch {
		case !strings.HasPrefix(l.m.ID, q.Prefix) || q.Has != nil && !q.Has(l.rules, l.m):
		case len(q.Audiences) == 0 || l.held && p.includes(q, l.m):
			keep(l)
		case !l.held:
			asked = append(asked, l)
		}
	})
	if err != nil {
		return nil, seq, err
	}
	for piece := range slices.Chunk(asked, looksAtOnce) {
		p.locked(func(*engine.Processor) {
			for _, l := range piece {
				if p.includes(q, l.m) {
					keep(l)
				}
			}
		})
	}
	return rows, seq, nil
}

// includes reports whether a member belongs to one of the audiences of a query. The lock is held.
func (p *Program) includes(q *MemberQuery, m *engine.Member) bool {
	return slices.ContainsFunc(q.Audiences, func(a string) bool { return p.processor.Includes(a, m, p.Present()) })
}

// idsAfter are the next members whose ids begin with a text, with the states that the store has of them, and whether there are more.
func (p *Program) idsAfter(prefix, after string, most int) (ids []string, stored [][]byte, more bool, err error) {
	var fresh []string
	p.locked(func(processor *engine.Processor) { fresh = processor.Unwritten(prefix, after) })
	add := func(id string, state []byte) bool {
		if len(ids) == most {
			more = true
			return false
		}
		ids, stored = append(ids, id), append(stored, state)
		return true
	}
	err = engine.MembersFrom(p.store, prefix, after, func(id string, state []byte) bool {
		for len(fresh) > 0 && fresh[0] < id {
			if !add(fresh[0], nil) {
				return false
			}
			fresh = fresh[1:]
		}
		if len(fresh) > 0 && fresh[0] == id {
			fresh = fresh[1:]
		}
		return add(strings.Clone(id), slices.Clone(state))
	})
	for _, id := range fresh {
		if more || !add(id, nil) {
			break
		}
	}
	return ids, stored, more, err
}

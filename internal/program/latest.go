package program

import (
	"cmp"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

// Latest lists members by the last event that somebody sent about them, the one that was accepted last first; before is the Seq of the
// piece before, 0 for the first. It goes back through the journal, so that no event pays for an index, and looks at no more than MaxScanned
// events. Of whom nothing was ever sent it has none.
func (p *Program) Latest(q MemberQuery, before uint64) (list MemberList, err error) {
	list = MemberList{Members: []engine.Summary{}, Seq: before, More: true}
	seen := map[string]bool{}
	var seq uint64
	for list.More && list.Scanned < MaxScanned && len(list.Members) < q.Limit {
		ids, seqs, err := p.lastSent(&list, seen)
		if err != nil {
			return list, err
		}
		rows, upTo, err := p.rows(&q, ids, nil)
		if err != nil {
			return list, err
		}
		seq = max(seq, upTo)
		for i, row := range rows {
			if row == nil {
				continue
			}
			if len(list.Members) == q.Limit {
				list.More = true
				break
			}
			list.Members = append(list.Members, *row)
			if len(list.Members) == q.Limit && i < len(rows)-1 {
				list.Seq, list.More = seqs[i], true
			}
		}
	}
	return list, p.Wait(seq)
}

// lastSent goes back through the journal and finds the next members of a list by their last events, with the numbers of these.
func (p *Program) lastSent(list *MemberList, seen map[string]bool) (ids []string, seqs []uint64, err error) {
	var failed error
	list.More = false
	err = engine.JournalBack(p.store, list.Seq, func(rec *engine.Record) bool {
		if list.Scanned >= MaxScanned || len(ids) == looksAtOnce {
			list.More = true
			return false
		}
		list.Scanned, list.Seq = list.Scanned+1, rec.Seq
		if rec.Event.Kind != event.Sent || rec.Event.Member == "" {
			return true
		}
		member := cmp.Or(p.Merged(rec.Event.Member), rec.Event.Member)
		if seen[member] {
			return true
		}
		seen[member] = true
		var last uint64
		failed = engine.EventsBack(p.store, member, 0, func(own *engine.Record) bool {
			if list.Scanned++; own.Event.Kind == event.Sent {
				last = own.Seq
			}
			return last == 0
		})
		if last == rec.Seq {
			ids, seqs = append(ids, member), append(seqs, rec.Seq)
		}
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	return ids, seqs, err
}

package engine

import (
	"maps"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// SnapshotEvery is after how many events of a member its state is kept as it was then: a reversal reads the member's
// history from the last snapshot before the event, so that it does not cost more the longer the history is. A snapshot of
// one or two kilobytes every 256 events adds about one per cent to the store.
const SnapshotEvery = 256

// pendingRow is a row that was handed out in a batch, or will be, and is not known to be committed.
type pendingRow struct {
	value []byte // nil: deleted
	seq   uint64
}

// put adds a row to the batch that reversals read, and remembers it until it is committed.
func (p *Processor) put(row Row) {
	p.batch.Rows = append(p.batch.Rows, row)
	p.pending[row.Key] = pendingRow{row.Value, p.last}
}

// row is the value of a row that is committed or on its way there, nil when there is none.
func (p *Processor) row(key string) ([]byte, error) {
	if row, ok := p.pending[key]; ok {
		return row.value, nil
	}
	return p.store.Get(key)
}

// settled forgets the rows that a committed batch has written.
func (p *Processor) settled(b *Batch) {
	maps.DeleteFunc(p.pending, func(_ string, row pendingRow) bool { return row.seq <= b.through })
}

// scan calls yield for committed and pending rows in byte order of their keys.
func (p *Processor) scan(prefix, after string, yield func(key string, value []byte)) error {
	rows := map[string][]byte{}
	err := p.store.Scan(prefix, after, func(key string, value []byte) bool {
		rows[strings.Clone(key)] = slices.Clone(value)
		return true
	})
	for key, row := range p.pending {
		switch {
		case !startsWith(key, prefix) || key <= after:
		case row.value == nil:
			delete(rows, key)
		default:
			rows[key] = row.value
		}
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		yield(key, rows[key])
	}
	return err
}

// snapshots keeps the member's state where one is due. A reversal makes what was kept since its event stale: it starts
// again from here.
func (p *Processor) snapshots(m *Member, out *Outcome) {
	stale := false
	if rev := out.Revision; rev != nil && rev.Progress != nil {
		err := p.scan(snapshotRange(m.ID), snapshotKey(m.ID, rev.Seq-1), func(key string, _ []byte) {
			if seqOf(key) < out.Seq {
				p.put(Row{Key: key})
				stale = true
			}
		})
		if err != nil {
			p.fail(err)
		}
	}
	if stale || m.snapshotDue() {
		p.put(Row{Key: snapshotKey(m.ID, out.Seq), Value: encodeMember(m)})
	}
}

// snapshotDue reports whether a snapshot is due. Of very many lots they are rarer, so that they are no cost that grows with the lots.
func (m *Member) snapshotDue() bool {
	every, lots := SnapshotEvery, 0
	for _, acc := range m.Accounts {
		lots += acc.lots.n
	}
	for ; lots >= manyLots; lots /= 2 {
		every *= 2
	}
	return m.Events%every == 0
}

// manyLots is how many make a snapshot as dear as the next one is given double the events for.
const manyLots = 2048

// history is a member's last snapshot before an event, and all records of the member since. Those of members that were merged into it
// are as its own.
func (p *Processor) history(member string, before uint64) (snapshot []byte, records []*Record, err error) {
	from := uint64(0)
	member = p.now(member)
	err = p.scan(snapshotRange(member), "", func(key string, value []byte) {
		if seq := seqOf(key); seq < before {
			from, snapshot = seq, value
		}
	})
	if err != nil {
		return nil, nil, err
	}
	if records, err = p.recordsOf(member, from); err != nil {
		return nil, nil, err
	}
	for _, rec := range records {
		rec.as(member)
	}
	renumber(records)
	return snapshot, records, nil
}

// recordsOf are the records of a member after a sequence number.
func (p *Processor) recordsOf(member string, from uint64) (records []*Record, err error) {
	waiting := map[uint64]Accepted{}
	for _, a := range p.recent {
		if a.Event.Member == member || p.Merged(a.Event.Member) == member {
			waiting[a.Outcome.Seq] = a
		}
	}
	seqs := slices.Collect(maps.Keys(waiting))
	err = p.scan(ledgerRange(member), ledgerKey(member, from), func(key string, _ []byte) {
		if seq := seqOf(key); waiting[seq].Event == nil && seq <= p.last {
			seqs = append(seqs, seq)
		}
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(seqs)
	for _, seq := range seqs {
		if seq <= from {
			continue
		}
		rec, err := p.record(seq, waiting)
		if err != nil {
			return nil, err
		}
		records = append(records, rec)
	}
	return records, nil
}

func (p *Processor) record(seq uint64, waiting map[uint64]Accepted) (*Record, error) {
	if a, ok := waiting[seq]; ok {
		return &Record{Semantics: semanticsNow, Seq: seq, Version: a.version, Present: a.present, Event: *a.Event, Outcome: *a.Outcome}, nil
	}
	return recordAt(p.store, seq)
}

// sharers are the members who brought something to a group in a period, in byte order.
func (p *Processor) sharers(id CountID, period calendar.Key) (members []string) {
	prefix := shareKey(share{count: id, window: period})
	if err := p.scan(prefix, "", func(key string, _ []byte) { members = append(members, lastPart(key)) }); err != nil {
		p.fail(err)
	}
	return members
}

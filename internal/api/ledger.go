package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/integer"
)

// Pages of lists.
const (
	standardPage = 100
	maxPage      = 1000 // architecture: Bounds
)

// ledgerCursor is the place after an entry: the event that caused it and how many of the event's entries were shown. It
// names its owner and the order, so that one of another member, program or order is nobody's here.
type ledgerCursor struct {
	seq     uint64
	entries int
}

// showLedger answers with a page of a member's ledger, the latest entries first. With ?at= it is the ledger as it was known
// then; what time had done by then counts, though it may have been written down later.
func showLedger(c call) error {
	id, err := c.member()
	if err != nil {
		return err
	}
	at, given, err := c.at()
	if err != nil {
		return err
	}
	limit, err := c.number("limit", standardPage, 1, maxPage)
	if err != nil {
		return err
	}
	oldest, err := c.oldestFirst()
	if err != nil {
		return err
	}
	wanted, err := c.entryFilter()
	if err != nil {
		return err
	}
	owner := c.owner(strings.Join([]string{id, c.query("points"), c.query("kind"), c.query("lot")}, "\x00"), oldest)
	from, err := c.cursor(owner)
	if err != nil {
		return err
	}
	if !c.program.Known(id) {
		return c.noMember(id)
	}
	if !given {
		at = calendar.Forever
	}
	l := ledgerPage{member: id, store: c.program.Store(), at: at, wanted: wanted, limit: int(limit), from: from, oldest: oldest}
	if err := l.read(); err != nil {
		return err
	}
	out := page[engine.LedgerEntry]{Data: l.list, HasMore: l.more}
	if l.more {
		next := l.last.encode(owner)
		out.NextCursor = &next
	}
	return c.show(out)
}

// ledgerPage gathers the entries of one page.
type ledgerPage struct {
	member string
	store  engine.Store
	at     calendar.Instant
	// wanted is which entries the ledger has.
	wanted entryFilter
	limit  int
	from   ledgerCursor
	// oldest is set where the oldest entries come first.
	oldest bool

	list   []engine.LedgerEntry
	last   ledgerCursor
	more   bool
	looked int
}

// entryFilter is which entries of a ledger are asked for; what is empty asks for all.
type entryFilter struct {
	points, kinds []string
	lot           uint64 // what opened it and what took from it
}

// entryFilter reads ?points=, ?kind= and ?lot=.
func (c call) entryFilter() (f entryFilter, err error) {
	var ids, kinds []string
	versions, _ := c.program.Rulesets()
	for _, v := range slices.Backward(versions) {
		for _, p := range v.Rules.Points {
			ids = append(ids, p.ID)
		}
	}
	for _, k := range engine.EntryKinds {
		kinds = append(kinds, string(k))
	}
	if f.points, err = c.names("points", "points", ids); err != nil {
		return f, err
	}
	if f.kinds, err = c.names("kind", "kind", kinds); err != nil {
		return f, err
	}
	lot, err := c.number("lot", 0, 1, 1<<62)
	f.lot = integer.Bits(lot)
	return f, err
}

func (f *entryFilter) has(e *engine.Entry) bool {
	return (len(f.points) == 0 || slices.Contains(f.points, e.Points)) && (len(f.kinds) == 0 || slices.Contains(f.kinds, string(e.Kind))) &&
		(f.lot == 0 || e.Lot == f.lot)
}

func (l *ledgerPage) read() (err error) {
	l.list = []engine.LedgerEntry{}
	if !l.oldest {
		before := l.from.seq
		if l.from.entries > 0 {
			before++ // the rest of that event's entries comes first
		}
		return engine.LedgerBack(l.store, l.member, before, func(rec *engine.Record) bool {
			entries := slices.Clone(rec.Outcome.Entries)
			slices.Reverse(entries)
			return l.add(rec, entries)
		})
	}
	after := l.from.seq
	if l.from.entries > 0 {
		after-- // the rest of that event's entries comes first
	}
	scan := engine.Ledger(l.store, l.member, after, func(seq uint64, _ calendar.Instant, entries []engine.Entry) bool {
		var rec *engine.Record
		var b []byte
		if b, err = l.store.Record(seq); err == nil {
			rec, err = engine.DecodeRecord(b)
		}
		return err == nil && l.add(rec, entries)
	})
	if err != nil {
		return err
	}
	return scan
}

// add adds the entries of one event and reports whether there is room for more.
func (l *ledgerPage) add(rec *engine.Record, entries []engine.Entry) bool {
	for i := range entries {
		e := &entries[i]
		if rec.Seq == l.from.seq && i < l.from.entries || !l.knownAt(rec, e) {
			continue
		}
		wanted := l.wanted.has(e)
		if l.looked == maxLooked || wanted && len(l.list) == l.limit {
			l.more = true
			return false
		}
		l.looked++
		l.last = ledgerCursor{seq: rec.Seq, entries: i + 1}
		if wanted {
			l.list = append(l.list, engine.NewLedgerEntry(rec, e, l.member))
		}
	}
	return true
}

// knownAt reports whether an entry counted at the instant asked about.
func (l *ledgerPage) knownAt(rec *engine.Record, e *engine.Entry) bool {
	byTime := e.Source.None() // happened at its instant, whenever it was written down
	return e.At <= l.at && (byTime || rec.Event.Arrived <= l.at || rec.Event.Past)
}

// given is an instant that is one, nil for none and for never.
func given(i calendar.Instant) *calendar.Instant {
	if i == 0 || i == calendar.Forever || i == calendar.Beginning {
		return nil
	}
	return &i
}

// oldestFirst reads ?order=: histories begin with the latest, or with order=oldest with the oldest.
func (c call) oldestFirst() (bool, error) {
	switch c.query("order") {
	case "", "latest":
		return false, nil
	case "oldest":
		return true, nil
	}
	return false, wrongParameter("query.order", "it is latest or oldest", "")
}

// owner marks cursors of one list of one program, in one order.
func (c call) owner(list string, oldest bool) string {
	sum := sha256.Sum256([]byte(c.key.Program + "\x00" + list + "\x00" + strconv.FormatBool(oldest)))
	return hex.EncodeToString(sum[:6])
}

func (k ledgerCursor) encode(owner string) string {
	text := owner + "." + strconv.FormatUint(k.seq, 10) + "." + strconv.Itoa(k.entries)
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// cursor reads ?cursor=. One of another list is not found.
func (c call) cursor(owner string) (ledgerCursor, error) {
	text := c.query("cursor")
	if text == "" {
		return ledgerCursor{}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	parts := strings.Split(string(b), ".")
	if err != nil || len(parts) != 3 {
		return ledgerCursor{}, wrongParameter("query.cursor", "this is not a cursor", "send next_cursor of the page before")
	}
	seq, err := strconv.ParseUint(parts[1], 10, 64)
	entries, failed := strconv.Atoi(parts[2])
	if err != nil || failed != nil || seq == 0 || entries < 1 || parts[0] != owner {
		return ledgerCursor{}, noCursor()
	}
	return ledgerCursor{seq: seq, entries: entries}, nil
}

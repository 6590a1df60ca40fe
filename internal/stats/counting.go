package stats

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Rows is where rows are read that were written before, and records that others are about. An engine.Store is one.
type Rows interface {
	Get(key string) ([]byte, error)
	Scan(prefix, after string, yield func(key string, value []byte) bool) error
	Record(seq uint64) ([]byte, error)
}

// Flows are what becomes of points. A sum of all of them, signed as they are, is what members have.
const (
	issued    = 'i'
	imported  = 'o' // opening balances
	adjusted  = 'a'
	reversed  = 'r'
	returned  = 'b' // of claims, and by reversals
	spent     = 's'
	expired   = 'x'
	restored  = 'y' // expired, and back by a late event
	forfeited = 'f'
)

// Results of events. Every one that is there was accepted; the others are some of them.
const (
	accepted = 'a'
	late     = 'l'
	refused  = 'r'
	noted    = 'n'
	voided   = 'v'
)

// LateAfter is how long after its time an event is accepted that is called late, as in lists of events.
const LateAfter = 5 * time.Minute

// Types of commands that are looked at.
const (
	eraseType   = "member.erase"
	mergeType   = "member.merge"
	voidType    = "event.void"
	claimType   = "reward.claim"
	confirmType = "claim.confirm"
	cancelType  = "claim.cancel"
	returnType  = "claim.return"
)

// ofLaurel reports whether a type is of what Laurel itself makes of an event, or of time.
func ofLaurel(name string) bool {
	switch name {
	case "points.grant", "points.take", "challenge.share", "time.passed", "promotion.turn", "event.undo", "season.end", "season.table", "season.place":
		return true
	}
	return false
}

// sent reports whether an event is of a type that a ruleset declares. It is asked of the type, which a redaction leaves as it is.
func sent(e *event.Event) bool { return !strings.Contains(e.Type, ".") }

// counter counts records, one after another. It keeps what it has read and changed until it is told to let go.
type counter struct {
	rows    Rows
	version func(number int) *engine.Ruleset
	err     error // the first row or record that could not be read

	cells   map[string]*cell
	members map[string]*memberRow
	opened  []*Member         // of the rows that were looked at since the last writing
	spare   []*Member         // memory for more
	known   map[string]string // names in rows of members
	changed []*cell
	touched []*Member
	others  []engine.Row

	key    key
	rules  *engine.Ruleset // of the record at hand, by its number
	number int
	shared map[*engine.Ruleset]map[string][]string // promotions by the definitions that share their windows
	seen   []engine.Source                         // what the record at hand was counted for
	// reversing is set while it is a reversal.
	reversing bool

	// The day of the instant that was asked about last, with its month and from when until when it is.
	day, month  calendar.Key
	from, until calendar.Instant

	months  []began
	foreign map[uint64]calendar.Key // months of lots of history, that are not written yet
}

// began is with which event a month began.
type began struct {
	month calendar.Key
	seq   uint64
}

func newCounter(rows Rows, version func(int) *engine.Ruleset) (*counter, error) {
	c := &counter{rows: rows, version: version, cells: map[string]*cell{}, members: map[string]*memberRow{},
		known: map[string]string{}, shared: map[*engine.Ruleset]map[string][]string{}, foreign: map[uint64]calendar.Key{}}
	err := rows.Scan(monthPrefix, "", func(name string, value []byte) bool {
		k := readKey(name)
		seq, _ := binary.Uvarint(value)
		c.months = append(c.months, began{k.number(), seq})
		return true
	})
	return c, err
}

// Bounds of what is kept of rows that were written: rows of members are some 50 to 500 bytes.
const (
	maxCells   = 100_000
	maxMembers = 100_000
)

// take is all that has changed since it was called last.
func (c *counter) take() []engine.Row {
	rows := c.others
	for _, x := range c.changed {
		x.dirty = false
		r := engine.Row{Key: x.name}
		if x.count != 0 || x.sum != 0 {
			r.Value = encodeCell(x)
		}
		rows = append(rows, r)
	}
	for _, m := range c.touched {
		m.dirty = false
		if m.row.packed = nil; !m.gone {
			m.row.packed = encodeMember(m)
		}
		rows = append(rows, engine.Row{Key: memberPrefix + m.id, Value: m.row.packed})
	}
	c.changed, c.touched, c.others = c.changed[:0], c.touched[:0], nil
	return rows
}

// forget lets go of what has been written, where it has become much.
func (c *counter) forget() {
	if len(c.cells) > maxCells {
		clear(c.cells)
	}
	for _, m := range c.opened {
		if m.gone {
			delete(c.members, m.id)
		}
		m.row.open, m.row = nil, nil
	}
	c.spare = append(c.spare, c.opened...)
	c.opened = c.opened[:0]
	for id := range c.members { // whichever comes first: who is looked at again is there again
		if len(c.members) <= maxMembers {
			break
		}
		delete(c.members, id)
	}
	clear(c.foreign)
}

// pending is how many rows have changed.
func (c *counter) pending() int { return len(c.changed) + len(c.touched) + len(c.others) }

// get is a row as it was written; what cannot be read ends the counting.
func (c *counter) get(name string) []byte {
	value, err := c.rows.Get(name)
	c.broken(err)
	return value
}

func (c *counter) broken(err error) {
	if c.err == nil {
		c.err = err
	}
}

// add changes the cell of a key.
func (c *counter) add(k key, sum decimal.Decimal, count int64) {
	c.key = k
	x := c.cells[string(k)]
	if x == nil {
		name := string(k)
		x = &cell{name: name}
		if value := c.get(name); value != nil {
			c.broken(x.decode(value))
		}
		c.cells[name] = x
	}
	x.sum += sum
	x.count += count
	if !x.dirty {
		x.dirty = true
		c.changed = append(c.changed, x)
	}
}

// on finds out on which day an instant lies, by the calendar of the record at hand.
func (c *counter) on(at calendar.Instant) calendar.Key {
	if at < c.from || at >= c.until {
		cal := c.rules.Calendar
		c.day = cal.Key(calendar.Day, at)
		c.from, c.until = cal.Start(calendar.Day, c.day), cal.End(calendar.Day, c.day)
		c.month = c.period(calendar.Month, c.day)
	}
	return c.day
}

// period is the one that a day lies in.
func (c *counter) period(unit calendar.Period, day calendar.Key) calendar.Key {
	return c.rules.Calendar.KeyOfDate(unit, calendar.Date(day)) //nolint:gosec // a day
}

// by goes by a ruleset from now on.
func (c *counter) by(rules *engine.Ruleset) { c.rules, c.from, c.until = rules, 0, 0 }

// count counts a record. present is the version that was in force.
func (c *counter) count(present int, e *event.Event, o *engine.Outcome) {
	if c.rules == nil || c.number != present {
		rules := c.version(present)
		if rules == nil {
			return
		}
		c.number = present
		c.by(rules)
	}
	c.begins(o.Seq, e)
	day := c.on(e.Time)
	if e.Member != "" && !ofLaurel(e.Type) && e.Type != eraseType {
		c.joins(e.Member, o)
		c.activity(c.member(e.Member, day), e, o, day)
	}
	c.events(e, o, day)
	c.entries(e, o)
	c.partner(e, o, day)
	c.effects(e, o, day)
	c.notifications(o)
	switch {
	case e.Type == mergeType && o.Refusal == nil:
		c.merge(e, o, day)
	case e.Type == eraseType:
		c.erase(e.Member, day)
	case e.Type == voidType && o.Revision != nil:
		c.void(e.Member, o.Revision.Seq)
	}
}

// begins notes with which event a month began, by which lots are known to be of it; those of history are noted one by one.
func (c *counter) begins(seq uint64, e *event.Event) {
	if e.Past {
		return
	}
	c.on(e.Arrived)
	if n := len(c.months); n > 0 && c.months[n-1].month >= c.month {
		return
	}
	c.months = append(c.months, began{c.month, seq})
	c.put(string(c.key.of('t').number(c.month)), binary.AppendUvarint(nil, seq))
}

func (c *counter) put(name string, value []byte) {
	c.others = append(c.others, engine.Row{Key: name, Value: value})
}

// events counts events by day, type and result.
func (c *counter) events(e *event.Event, o *engine.Outcome, day calendar.Key) {
	if ofLaurel(e.Type) {
		return
	}
	c.result(accepted, e.Type, day)
	if !e.Past && e.Arrived > e.Time.Add(LateAfter) {
		c.result(late, e.Type, day)
	}
	if o.Refusal != nil {
		c.result(refused, e.Type, day)
	}
	if len(o.Notes) > 0 {
		c.result(noted, e.Type, day)
	}
}

func (c *counter) result(result byte, name string, day calendar.Key) {
	c.add(c.key.of(ofEvents).number(day).char(result).text(name), 0, 1)
	c.add(c.key.of(ofTotals).char('e').char(result).text(name), 0, 1)
}

// void takes an event that was voided off its day.
func (c *counter) void(member string, seq uint64) {
	b, err := c.rows.Record(seq)
	if c.broken(err); b == nil {
		return
	}
	rec, err := engine.DecodeRecord(b)
	if c.broken(err); err != nil {
		return
	}
	here, then := c.rules, c.version(rec.Present)
	if then == nil || !sent(&rec.Event) {
		return
	}
	c.by(then)
	day := c.on(rec.Event.Time)
	c.result(voided, rec.Event.Type, day)
	if m := c.look(member); m != nil {
		c.did(m, rec.Event.Type, day, -1)
		if c.isActivity(rec.Event.Type) {
			c.did(m, "", day, -1)
		}
	}
	c.by(here)
}

// flowOf is what an entry of the ledger does to what members have, 0 for what only moves within it.
func flowOf(x *engine.Entry, e *event.Event) byte {
	if x.Kind.Moves() {
		return 0
	}
	if x.Source.Section == engine.AdjustmentSection && e.Past && x.Kind == engine.EntryIssued {
		return imported
	}
	if x.Source.Section == engine.AdjustmentSection && (x.Kind == engine.EntryIssued || x.Kind == engine.EntryForfeited) {
		return adjusted
	}
	switch x.Kind {
	case engine.EntryIssued:
		return issued
	case engine.EntryReversed:
		return reversed
	case engine.EntrySpent:
		return spent
	case engine.EntryExpired:
		return expired
	case engine.EntryRestored:
		return restored
	case engine.EntryForfeited:
		return forfeited
	default: // refunded, returned, made good
		return returned
	}
}

// entries counts what the ledger says. What an event does is of the day on which it happened, however late it came; what time does
// is of its own day.
func (c *counter) entries(e *event.Event, o *engine.Outcome) {
	for i := range o.Entries {
		x := &o.Entries[i]
		flow := flowOf(x, e)
		if flow == 0 {
			continue
		}
		at := x.At
		if at == e.Arrived {
			at = e.Time
		}
		day := c.on(at)
		month := c.month
		c.add(c.key.of(ofDay).text(x.Points).number(day).char(flow).source(x.Source), x.Amount, 1)
		c.add(c.key.of(ofMonth).text(x.Points).number(month).char(flow), x.Amount, 1)
		c.add(c.key.of(ofTotals).char('p').char(flow).text(x.Points), x.Amount, 1)
		if x.Lot != 0 && flow != forfeited && flow != reversed {
			c.age(x, e, o.Seq, flow, month)
		}
	}
}

// partner counts what an event of another company did. An event of it that is voided stays counted, and the points that went back with it
// are taken off.
func (c *counter) partner(e *event.Event, o *engine.Outcome, day calendar.Key) {
	if e.By == nil || e.By.Partner == "" {
		return
	}
	c.add(c.key.of(ofPartner).text(e.By.Partner).number(day).text(""), 0, 1)
	for i := range o.Entries {
		if x := &o.Entries[i]; !x.Kind.Moves() && !x.Source.None() && x.Kind != engine.EntryExpired {
			c.add(c.key.of(ofPartner).text(e.By.Partner).number(day).text(x.Points), x.Amount, 1)
		}
	}
}

// age counts what becomes of lots by the month in which they were issued.
func (c *counter) age(x *engine.Entry, e *event.Event, seq uint64, flow byte, month calendar.Key) {
	var of calendar.Key
	switch {
	case x.Kind != engine.EntryIssued:
		of = c.monthOf(x.Lot)
	case e.Past:
		of = month
		c.foreign[seq] = month
		c.put(foreignRow(seq), binary.AppendVarint(nil, int64(month)))
	default: // as it is found again
		c.on(e.Arrived)
		of = c.month
	}
	switch flow {
	case imported, adjusted:
		flow = issued
	case restored:
		flow = expired
	case returned:
		flow = spent
	}
	c.add(c.key.of(ofAge).text(x.Points).number(of).number(max(0, month-of)).char(flow), x.Amount, 1)
}

func foreignRow(seq uint64) string {
	return string(binary.BigEndian.AppendUint64([]byte(foreignPrefix), seq))
}

// monthOf is the month in which the lot was issued that an event has opened.
func (c *counter) monthOf(seq uint64) calendar.Key {
	if month, known := c.foreign[seq]; known {
		return month
	}
	if value := c.get(foreignRow(seq)); value != nil {
		month, _ := binary.Varint(value)
		return calendar.Key(month)
	}
	i, found := slices.BinarySearchFunc(c.months, seq, func(b began, seq uint64) int {
		switch {
		case b.seq < seq:
			return -1
		case b.seq > seq:
			return 1
		}
		return 0
	})
	if !found {
		i--
	}
	if i < 0 {
		return c.month
	}
	return c.months[i].month
}

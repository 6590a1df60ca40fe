package api

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/spelling"
)

// Bounds of lists of events.
const (
	// maxLooked is how many events are looked at for one page: a page that ends before its limit may have a next one.
	maxLooked = 10_000
	// lateAfter is how long after its time an event is accepted that is called late.
	lateAfter = 5 * time.Minute
)

// What lists of events tell apart, by ?result=.
const (
	resultAccepted = "accepted" // in time, and nothing to note
	resultLate     = "late"
	resultRefused  = "refused" // a command that the member's state decided against
	resultNoted    = "noted"   // something that looked at it gave nothing, and says why
)

var eventResults = []string{resultAccepted, resultLate, resultRefused, resultNoted}

// eventFilter is which events a list has.
type eventFilter struct {
	types    []string // none: all
	results  []string
	from, to calendar.Instant // of the events' own times, from ≤ time < to
}

// eventFilter reads ?type=, ?result=, ?from= and ?to=.
func (c call) eventFilter() (f eventFilter, err error) {
	if f.types, err = c.names("type", "type", c.eventTypes()); err != nil {
		return f, err
	}
	if f.results, err = c.names("result", "result", eventResults); err != nil {
		return f, err
	}
	var given bool
	if f.from, given, err = c.instant("from"); err != nil {
		return f, err
	} else if !given {
		f.from = calendar.Beginning
	}
	if f.to, given, err = c.instant("to"); err != nil {
		return f, err
	} else if !given {
		f.to = calendar.Forever
	}
	if f.from > f.to {
		return f, wrongParameter("query.to", "it lies before from", "")
	}
	return f, nil
}

// eventTypes are the types that events of the journal may have.
func (c call) eventTypes() []string {
	versions, _ := c.program.Rulesets()
	return engine.EventTypes(versions)
}

// names reads a list of names of some kind, separated by commas, each of which is one of those that there are.
func (c call) names(parameter, noun string, there []string) (list []string, err error) {
	text := c.query(parameter)
	if text == "" {
		return nil, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		if !slices.Contains(there, name) {
			return nil, wrongParameter("query."+parameter, "there is no "+noun+" of this name", oneOf(name, there))
		}
		list = append(list, name)
	}
	return list, nil
}

// maxNamed is how many names a suggestion lists.
const maxNamed = 50

// oneOf is the name that is near, or all of them where they are not very many.
func oneOf(name string, there []string) string {
	near := spelling.Suggest(name, there)
	switch {
	case len(there) == 0:
		return "the ruleset has none"
	case near != "" || len(there) > maxNamed:
		return near
	}
	return "one of " + strings.Join(there, ", ")
}

// before reports whether no event that was accepted at an instant or before can be one of the list. No event lies further ahead of
// its acceptance than a clock may.
func (f *eventFilter) before(rec *engine.Record) bool {
	return !rec.Event.Past && rec.Event.Arrived.Add(engine.MaxAhead) < f.from
}

func (f *eventFilter) has(rec *engine.Record) bool {
	e := &rec.Event
	return e.Kind != event.Redacted && e.Time >= f.from && e.Time < f.to &&
		(len(f.types) == 0 || slices.Contains(f.types, e.Type)) && (len(f.results) == 0 || slices.ContainsFunc(resultsOf(rec), f.wanted))
}

func (f *eventFilter) wanted(result string) bool { return slices.Contains(f.results, result) }

// resultsOf are the words for what has become of an event.
func resultsOf(rec *engine.Record) (list []string) {
	if late(&rec.Event) {
		list = append(list, resultLate)
	}
	if rec.Outcome.Refusal != nil {
		list = append(list, resultRefused)
	}
	if len(rec.Outcome.Notes) > 0 {
		list = append(list, resultNoted)
	}
	if list == nil {
		list = append(list, resultAccepted)
	}
	return list
}

func late(e *event.Event) bool { return !e.Past && e.Arrived > e.Time.Add(lateAfter) }

// silent reports whether nothing can be told of a record: time was looked at, and nothing had happened.
func silent(rec *engine.Record) bool {
	o := &rec.Outcome
	return (rec.Event.Kind == event.Tick || rec.Event.Kind == event.News) && len(o.Effects)+len(o.Entries)+len(o.Notes)+len(o.Notifications) == 0
}

// history gathers one page of records, the latest first.
type history struct {
	limit  int
	looked int
	list   []*engine.Record
	last   uint64 // the one that was looked at last, from which the next page goes on
	more   bool
}

// look takes a record unless it is not wanted, and reports whether to go on.
func (h *history) look(rec *engine.Record, wanted bool) bool {
	if h.looked == maxLooked || wanted && len(h.list) == h.limit {
		h.more = true
		return false
	}
	h.looked++
	h.last = rec.Seq
	if wanted {
		h.list = append(h.list, rec)
	}
	return true
}

// next is the cursor of the page after it.
func (h *history) next(owner string) *string {
	if !h.more {
		return nil
	}
	text := ledgerCursor{seq: h.last, entries: 1}.encode(owner)
	return &text
}

// listEvents answers with the program's events or one member's, the latest first.
func listEvents(c call) error {
	f, err := c.eventFilter()
	if err != nil {
		return err
	}
	member := c.query("member")
	switch {
	case member != "" && !event.ValidID(member):
		return wrongParameter("query.member", "this cannot be an id", "")
	case member != "" && !c.program.Known(member):
		return c.noMember(member)
	}
	h, owner, err := c.history("events\x00" + member + "\x00" + c.query("type") + "\x00" + c.query("result") + "\x00" + c.query("from") + "\x00" + c.query("to"))
	if err != nil {
		return err
	}
	yield := func(rec *engine.Record) bool {
		return !f.before(rec) && h.look(rec, f.has(rec) && !silent(rec) && sees(c.key, rec))
	}
	if member != "" {
		err = engine.EventsBack(c.program.Store(), member, h.last, yield)
	} else {
		err = engine.JournalBack(c.program.Store(), h.last, yield)
	}
	if err != nil {
		return err
	}
	out := page[recorded]{Data: []recorded{}, HasMore: h.more, NextCursor: h.next(owner)}
	for _, rec := range h.list {
		if member != "" {
			out.Data = append(out.Data, showRecordOf(rec, member))
		} else {
			out.Data = append(out.Data, recordNow(c.program, rec))
		}
	}
	return c.show(out)
}

// history begins a page of a list, where the one before it ended.
func (c call) history(list string) (h history, owner string, err error) {
	if err := c.settled(); err != nil {
		return h, "", err
	}
	limit, err := c.number("limit", standardPage, 1, maxPage)
	if err != nil {
		return h, "", err
	}
	owner = c.owner(list, false)
	from, err := c.cursor(owner)
	return history{limit: int(limit), last: from.seq}, owner, err
}

// moment is one line of a member's timeline: an event or a call with all that it did, or what time did; or that another version
// of the ruleset came into force, which has no event.
type moment struct {
	Kind string           `json:"kind"` // event, call, time, gift or ruleset
	At   calendar.Instant `json:"at"`   // when it was accepted, or came into force
	*recorded
	Ledger   []engine.LedgerEntry `json:"ledger,omitempty"`
	Messages []json.RawMessage    `json:"messages,omitempty"`
	Version  *versionShown        `json:"version,omitempty"`
}

// versionShown is a version of the ruleset in a timeline.
type versionShown struct {
	Version int    `json:"version"`
	Hash    string `json:"hash"`
}

// kindOf is what a line of a timeline is called.
func kindOf(of event.Kind) string {
	switch of {
	case event.Command:
		return "call"
	case event.Tick, event.News:
		return "time"
	case event.Derived:
		return "gift"
	}
	return "event"
}

// showTimeline answers with everything that happened to a member, in one order, the latest first. A version of the ruleset stands
// between the events before and after it; versions do not count towards the limit.
func showTimeline(c call) error {
	id, err := c.member()
	if err != nil {
		return err
	}
	if !c.program.Known(id) {
		return c.noMember(id)
	}
	h, owner, err := c.history("timeline\x00" + id)
	if err != nil {
		return err
	}
	after := calendar.Forever // what came before this was not shown yet
	store := c.program.Store()
	if h.last != 0 {
		if err := engine.EventsBack(store, id, h.last+1, func(rec *engine.Record) bool {
			after = rec.Event.Arrived
			return false
		}); err != nil {
			return err
		}
	}
	if err := engine.EventsBack(store, id, h.last, func(rec *engine.Record) bool { return h.look(rec, !silent(rec)) }); err != nil {
		return err
	}
	versions, _ := c.program.Rulesets()
	out := page[moment]{Data: []moment{}, HasMore: h.more, NextCursor: h.next(owner)}
	for _, rec := range h.list {
		out.Data = appendVersions(out.Data, versions, rec.Event.Arrived, after)
		out.Data = append(out.Data, momentOf(rec, id, c.program.Rules().Program))
		after = rec.Event.Arrived
	}
	return c.show(out)
}

// appendVersions appends the versions that came into force after one instant up to another, the last one first.
func appendVersions(list []moment, versions []engine.Version, after, upTo calendar.Instant) []moment {
	for _, v := range slices.Backward(versions) {
		if v.From > after && v.From <= upTo {
			list = append(list, moment{Kind: "ruleset", At: v.From, Version: &versionShown{v.Number, v.Rules.Hash}})
		}
	}
	return list
}

func momentOf(rec *engine.Record, member, program string) moment {
	shown := showRecordOf(rec, member)
	m := moment{Kind: kindOf(rec.Event.Kind), At: rec.Event.Arrived, recorded: &shown}
	for i := range rec.Outcome.Entries {
		m.Ledger = append(m.Ledger, engine.NewLedgerEntry(rec, &rec.Outcome.Entries[i], member))
	}
	for _, message := range rec.Messages(program) {
		m.Messages = append(m.Messages, message.Body())
	}
	return m
}

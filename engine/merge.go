package engine

import (
	"encoding/json"
	"strconv"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// commandMerge makes two members one, as if every event of the other had been the survivor's (api: Merging members). What the
// other has moves (merge_join.go), and the progress of the one is found out from the events of both (merge_progress.go). The other's id
// leads to the survivor from then on (merged.go).
const commandMerge = "member.merge"

// Codes of merges.
const (
	CodeMerged = "merged" // the id of a member that was merged into another; not remembered
)

// merging is the data of a merge.
type merging struct {
	From string `json:"from"`
}

// NewMerge is an event that merges a member into another, the survivor.
func NewMerge(id, survivor, from string) *event.Event {
	return newKeyed(id, commandMerge, survivor, encodeJSON(merging{From: from}))
}

// Merge is what a merge did that nothing else of its outcome tells.
type Merge struct {
	From  string // the other member
	Moved []Moved
	Keeps []kept
	Idle  []renumbered
}

// Moved is what a merge has brought of some points: all that the other had, pending and held points included, less debt.
type Moved struct {
	Points string          `json:"points"`
	Amount decimal.Decimal `json:"amount"`
}

// kept is a level of a tier that either member held longer than their events as those of one come to.
type kept struct {
	Tier                 string // its key
	Level                int
	From, Reached, Unmet calendar.Instant
}

// renumbered are the rules by which some points of the other expire, by their numbers in the survivor's account.
type renumbered struct {
	Points string
	Rules  []int
}

// bits are the rules of a lot of the other by the survivor's numbers.
func (r *renumbered) bits(idle uint64) (bits uint64) {
	for i, to := range r.Rules {
		if idle&(1<<i) != 0 {
			bits |= 1 << to
		}
	}
	return bits
}

// renumber is bits for some points; those that are not told are as they were.
func (m *Merge) renumber(points string, idle uint64) uint64 {
	for i := range m.Idle {
		if m.Idle[i].Points == points {
			return m.Idle[i].bits(idle)
		}
	}
	return idle
}

func (w *writer) merge(m *Merge) {
	w.text(m.From)
	w.len(len(m.Moved))
	for i := range m.Moved {
		w.text(m.Moved[i].Points)
		w.num(m.Moved[i].Amount)
	}
	w.len(len(m.Keeps))
	for i := range m.Keeps {
		k := &m.Keeps[i]
		w.text(k.Tier)
		w.len(k.Level)
		w.at(k.From)
		w.at(k.Reached)
		w.at(k.Unmet)
	}
	w.len(len(m.Idle))
	for i := range m.Idle {
		w.text(m.Idle[i].Points)
		w.len(len(m.Idle[i].Rules))
		for _, n := range m.Idle[i].Rules {
			w.len(n)
		}
	}
}

func (r *reader) merge() *Merge {
	m := &Merge{From: r.text()}
	m.Moved = list(r, func(x *Moved) { *x = Moved{Points: r.text(), Amount: r.num()} })
	m.Keeps = list(r, func(k *kept) {
		*k = kept{Tier: r.text(), Level: r.len2(), From: r.at(), Reached: r.at(), Unmet: r.at()}
	})
	m.Idle = list(r, func(x *renumbered) {
		x.Points = r.text()
		x.Rules = list(r, func(n *int) { *n = r.len2() })
	})
	return m
}

// mergeCommand merges another member into the one at hand.
func (a *applier) mergeCommand(e *event.Event) {
	a.look(e)
	a.decides.reverse(a)
}

// checkMerge refuses a merge of members that are not two.
func (p *Processor) checkMerge(e *event.Event) *Refusal {
	var data merging
	switch {
	case json.Unmarshal(e.Data, &data) != nil:
		return &Refusal{Code: "invalid_json", Message: "the merge is not well-formed JSON"}
	case !event.ValidID(data.From):
		return &Refusal{Code: CodeDoesNotFit, Message: "the merge does not name the member that is to be merged",
			Errors: []event.FieldError{{Location: "from", Code: "wrong_id", Message: "the id of a member is expected"}}}
	case data.From == e.Member:
		return &Refusal{Code: CodeDoesNotFit, Message: "a member cannot be merged into itself",
			Errors: []event.FieldError{{Location: "from", Code: "wrong_value", Message: "this is the member itself", Suggestion: "name the other member"}}}
	case p.Erased(data.From):
		return memberErased
	}
	from, into := p.subjects.Member(data.From), p.subjects.Member(e.Member)
	unknown := &Refusal{Code: CodeMemberUnknown, Message: "there is no such member"}
	switch {
	case into == nil:
		return unknown
	case into.Into != "":
		return p.subjects.merged(into)
	case from == nil:
		unknown.Message = "there is no member to merge"
		unknown.Errors = []event.FieldError{{Location: "from", Code: CodeMemberUnknown, Message: "there is no such member"}}
		return unknown
	case from.Into != "":
		return p.subjects.merged(from)
	}
	for _, acc := range from.Accounts {
		if mine := into.account(acc.Points); mine != nil && !mine.takesInAll(acc) {
			return &Refusal{Code: CodeOverflow, Message: "together the members' " + acc.Points + " would be more than can be counted"}
		}
	}
	return nil
}

// takesInAll reports whether the books of two accounts as one stay within the range of numbers.
func (a *Account) takesInAll(o *Account) bool {
	fits := true
	for _, sum := range [...][2]decimal.Decimal{{a.Issued, o.Issued}, {a.Spent, o.Spent}, {a.Expired, o.Expired}, {a.Forfeited, o.Forfeited},
		{a.Reversed, o.Reversed}, {a.Debt, o.Debt}} {
		_, ok := sum[0].Add(sum[1])
		fits = fits && ok
	}
	return fits
}

// prepareMerge lets time pass over the other member, by an event of its own, and reads what both have done.
func (p *Processor) prepareMerge(e *event.Event, v Version) (*reversal, *Refusal, error) {
	var data merging
	_ = json.Unmarshal(e.Data, &data) // it was read before
	p.accept(&event.Event{ID: derivedID("merge", data.From, strconv.FormatUint(p.last+1, 10)), Kind: event.Tick, Type: commandTime, Member: data.From,
		Time: e.Arrived, Timed: true, Arrived: e.Arrived}, v, nil)
	r := &reversal{command: e.Type, target: &Record{Event: event.Event{Member: e.Member}}, versions: p.versions, present: p.subjects.state,
		sharers: p.sharers, known: p.mustKnow, history: p.mustRead}
	var err error
	if r.records, err = p.historyOfBoth(e.Member, data.From); err != nil {
		return nil, nil, err
	}
	for _, rec := range r.records {
		if !p.decidable(rec) {
			return nil, notAtHand, nil
		}
	}
	p.apply.standings, err = p.scoresOf(data.From)
	return r, nil, err
}

package engine

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// Explanation says, for each definition that looks at a recorded event, whether it fired or what kept it from firing, with
// the ruleset and the member of that day; and for every record, those of reversals, adjustments, claims, gifts and time among
// them, what it did, to what, and where the member stood after it.
type Explanation struct {
	Record *Record
	Origin string      // the event that it is about, or that led to it; "" for one that its sender or time began
	Steps  []TraceStep // in the order in which they were asked, one a definition and event of the chain
	Did    []Deed
	Short  []Shortfall // sorted by definition
	After  *Progress   // nil where nothing is known of the member any more, and for what is of no member
}

// Shortfall is what a challenge or a tier that looked at the event lacked after it.
type Shortfall struct {
	Definition string          `json:"definition"`
	Title      string          `json:"title"`
	Progress   decimal.Decimal `json:"progress"`
	Goal       decimal.Decimal `json:"goal"`
	Missing    decimal.Decimal `json:"missing"`
	Level      string          `json:"level,omitempty"` // of a tier: the next one
}

// Words are the reason as people read it after "did nothing: ".
func (r Reason) Words() string { return reasonWords[r] }

var reasonWords = map[Reason]string{
	NotThisEvent: "it does not look at this event",
	WindowClosed: "its window was closed",
	WhoseNot:     "it is not for this member",
	ConditionNot: "its condition was false",
	LimitReached: "its limit was used up",
	BalanceShort: "the balance was too small",
	OutOfStock:   "nothing is left of it",
	NotJoined:    "the member has not joined it",
	NotActive:    "it is not yet active",
	Failed:       "it could not be computed",
	NoPrize:      "the place wins nothing",
}

// Explain looks at a recorded event once more, as its member was before it: the member's earlier events are applied again
// with what they gave as recorded, so that it works for events of any age. It is nil for an id that no event has. Limits and
// goals shared with other members are told as they were decided, not with who used them.
func Explain(store Store, versions []Version, id string) (*Explanation, error) {
	seq, err := store.Seq(id)
	if err != nil || seq == 0 {
		return nil, err
	}
	rec, err := recordAt(store, seq)
	if err != nil {
		return nil, err
	}
	if isRedacted(rec) { // nothing is left to explain
		return &Explanation{Record: rec}, nil
	}
	x := &explainer{store: store, rec: rec}
	if x.present, x.asOf = versionByNumber(versions, rec.Present), versionByNumber(versions, rec.Version); x.present == nil || x.asOf == nil {
		return &Explanation{Record: rec}, nil
	}
	var failed error
	scratch := NewSubjects(x.present, calls(store, &failed))
	err = Events(store, rec.Event.Member, 0, func(earlier *Record) bool {
		if earlier.Seq >= rec.Seq {
			return false
		}
		x.remember(earlier)
		replay(versions, scratch, earlier)
		return true
	})
	if err != nil {
		return nil, err
	}
	out := x.explain(scratch)
	if failed != nil {
		return nil, failed
	}
	if out.Did, err = x.deeds(); err != nil {
		return nil, err
	}
	out.Origin, err = x.origin()
	return out, err
}

// explainer gathers what an explanation needs of the events before.
type explainer struct {
	store         Store
	rec           *Record
	present, asOf *Ruleset
	gave          map[string][]string // the last events for which a definition gave, by its path
}

// maxGave is how many earlier events an explanation names.
const maxGave = 3

func (x *explainer) remember(rec *Record) {
	for i := range rec.Outcome.Effects {
		e := &rec.Outcome.Effects[i]
		if e.Source.None() {
			continue
		}
		if x.gave == nil {
			x.gave = map[string][]string{}
		}
		by := e.Source.String()
		list := x.gave[by]
		if len(list) > 0 && list[len(list)-1] == rec.Event.ID {
			continue
		}
		x.gave[by] = append(list[max(0, len(list)-maxGave+1):], rec.Event.ID)
	}
}

func (x *explainer) explain(subjects *Subjects) *Explanation {
	e := x.rec.Event
	if t := x.asOf.EventType(e.Type); t != nil {
		e.Read(t.Schema)
	}
	trace := &Trace{}
	a := newApplier(asRecorded(&x.rec.Outcome))
	a.run(x.present, x.asOf, subjects, &e, x.rec.Seq, trace)
	out := &Explanation{Record: x.rec, Steps: trace.Last()}
	for i := range out.Steps {
		s := &out.Steps[i]
		x.asNoted(s)
		if gave := x.gave[s.Definition]; s.Reason == LimitReached && len(gave) > 0 {
			last := "it last gave for " + strings.Join(gave, ", ")
			if s.Detail != "" {
				last = s.Detail + "; " + last
			}
			s.Detail = last
		}
	}
	if m := subjects.Member(e.Member); m != nil {
		out.Short = x.shortfalls(m, out.Steps, e.Time)
		after := m.Progress(x.present, e.Arrived, nil)
		out.After = &after
	}
	return out
}

// asNoted tells a step that gave nothing as it was decided, where the member's own events do not show why: what others had used of
// a limit, and what was left of a stock, is in the notes of the answer.
func (x *explainer) asNoted(s *TraceStep) {
	if s.Fired || s.Event != x.rec.Event.ID {
		return
	}
	for i := range x.rec.Outcome.Notes {
		n := &x.rec.Outcome.Notes[i]
		if n.Definition != s.Definition || !n.Stopped() {
			continue
		}
		if s.Reason = Reason(n.Code); n.Limit != "" {
			s.Detail = n.Words()
		}
		return
	}
}

// shortfalls are what the challenges that looked at the event, and the tiers, lack.
func (x *explainer) shortfalls(m *Member, steps []TraceStep, at calendar.Instant) []Shortfall {
	var list []Shortfall
	for _, c := range x.present.Challenges {
		if c.Counter != nil && c.Counter.By != ByMember {
			continue // what a group lacked then is not known any more
		}
		looked := slices.ContainsFunc(steps, func(s TraceStep) bool {
			return s.Definition == c.Path || slices.ContainsFunc(c.Steps, func(step *Step) bool { return step.Counter.Name == s.Definition })
		})
		p := m.ChallengeAt(x.present, c, at)
		if looked && p.Open && !p.Done && p.Goal > p.Progress {
			list = append(list, Shortfall{Definition: c.Path, Title: c.Title, Progress: p.Progress, Goal: p.Goal, Missing: p.Goal - p.Progress})
		}
	}
	for _, t := range x.present.Tiers {
		p := m.tierProgress(x.present, t, at, at)
		if p.Missing != nil && p.Value != nil && *p.Missing > 0 {
			list = append(list, Shortfall{Definition: t.Path, Title: t.Title, Progress: *p.Value, Goal: *p.Value + *p.Missing, Missing: *p.Missing, Level: p.Next})
		}
	}
	return list
}

// Last are the steps of a trace with one a definition and event: a challenge that an event matched can still have been
// closed, and what was said last holds.
func (t *Trace) Last() []TraceStep {
	var out []TraceStep
	for i, s := range t.Steps {
		later := slices.ContainsFunc(t.Steps[i+1:], func(o TraceStep) bool { return o.Event == s.Event && o.Definition == s.Definition })
		if !later {
			out = append(out, s)
		}
	}
	return out
}

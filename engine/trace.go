package engine

import (
	"strconv"

	"github.com/laurel-engine/laurel/engine/event"
)

// Reason says why a definition gave nothing for an event (language: expect).
type Reason string

// The reasons why a definition did nothing.
const (
	NotThisEvent Reason = "not_this_event"
	WindowClosed Reason = "window"
	WhoseNot     Reason = "who"
	ConditionNot Reason = "condition"
	LimitReached Reason = "limit"
	BalanceShort Reason = "balance"
	OutOfStock   Reason = "stock"
	NotJoined    Reason = "not_joined"
	NotActive    Reason = "not_active"
	Failed       Reason = "failed" // its evaluation ended in an error
	NoPrize      Reason = "no_prize"
)

// Trace collects, for one event, what each definition of its type did or why it did nothing. A nil Trace collects nothing.
type Trace struct {
	Steps []TraceStep
}

// TraceStep is one definition's part in an event.
type TraceStep struct {
	Event      string // the event or follow-up it speaks of
	Definition string // section and id
	Position   Position
	Fired      bool
	Reason     Reason
	Detail     string
}

// Part is one of the conditions that `and` joins in a `for` or an `if`, as explanations tell of it.
type Part struct {
	Text  string // as written
	Cond  Cond
	Reads []Read
}

// Read is one thing that a Part looks at: "event.amount".
type Read struct {
	Path string
	Pick Pick
}

// Parts are those of a definition's conditions.
type Parts struct{ For, If []Part }

// unmet says which part of a condition does not hold, and what it saw.
func (f *Facts) unmet(parts []Part) string {
	for _, p := range parts {
		holds := p.Cond(f)
		if err := f.Failed(); err != nil {
			return p.Text + " cannot be computed: " + err.Error()
		}
		if holds {
			continue
		}
		said := p.Text
		for i, r := range p.Reads {
			v := r.Pick(f)
			if err := f.Failed(); err != nil {
				continue
			}
			said += [...]string{": ", ", "}[min(i, 1)] + r.Path + " is " + saidValue(v)
		}
		return said
	}
	return ""
}

// saidValue is a value as explanations show it.
func saidValue(v event.Value) string {
	switch v.Kind {
	case event.Absent:
		return "missing"
	case event.Text:
		return strconv.Quote(v.Text())
	case event.ListOf:
		return "a list of " + strconv.Itoa(v.List().Rows)
	default:
		return v.Key()
	}
}

func (t *Trace) fired(event, definition string, at Position) {
	if t != nil {
		t.Steps = append(t.Steps, TraceStep{Event: event, Definition: definition, Position: at, Fired: true})
	}
}

func (t *Trace) not(event, definition string, at Position, why Reason, detail string) {
	if t != nil {
		t.Steps = append(t.Steps, TraceStep{Event: event, Definition: definition, Position: at, Reason: why, Detail: detail})
	}
}

// stopped notes that a definition matched, and what kept it from giving.
func (a *applier) stopped(definition string, at Position, why Reason) {
	a.out.Notes = append(a.out.Notes, Note{Code: string(why), Definition: definition})
	a.trace.not(a.event.ID, definition, at, why, "")
}

// stoppedBy notes that a definition matched, and which limit kept it from giving to a member.
func (a *applier) stoppedBy(l *Limit, definition string, at Position, to *Member) {
	n := Note{Code: string(LimitReached), Definition: definition, Limit: l.Text, Used: a.used(l, to)}
	a.out.Notes = append(a.out.Notes, n)
	if a.trace != nil {
		a.trace.not(a.event.ID, definition, at, LimitReached, n.Words())
	}
}

package engine

// Reason says why a definition gave nothing for an event (language: Tests, why_not).
type Reason string

// The reasons why a definition did nothing.
const (
	NotThisEvent Reason = "not_this_event"
	WindowClosed Reason = "window"
	WhoseNot     Reason = "who"
	ConditionNot Reason = "condition"
	LimitReached Reason = "limit"
	BalanceShort Reason = "balance"
	NotJoined    Reason = "not_joined"
	NotActive    Reason = "not_active"
	Failed       Reason = "failed" // its evaluation ended in an error
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

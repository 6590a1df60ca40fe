package suite

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/spelling"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// Step is one step of a test's timeline: something that happens to a member, or a look at what is true by then.
type Step struct {
	Position engine.Position
	At       []calendar.Instant // ascending; more than one for a repeated step
	Member   string             // "" for a look at several members
	Action   Action
	Name     string // of the event's type, the challenge, or the id of the event that is reversed
	ID       string // of the event; "" for one that Run makes up
	Data     []byte // of the event, or what an amendment replaces
	Adjust   engine.Adjustment
	Use      engine.Use        // of a reward, and of its confirmation where it is
	Used     bool              // a confirmation hands over at once
	Amount   decimal.Decimal   // of a claim, or of what is confirmed or returned of it; 0 for all
	OpenFor  calendar.Duration // of a promotion that is fired; zero for its own
	Time     calendar.Instant  // of the event where it is not that of its arrival
	Timed    bool
	Profile  engine.Profile
	Expect   []*Expectation
	// Error is the code of the refusal that the step must end in, "" for none.
	Error     string
	Duplicate bool // the event must be known already

	lost bool // it has been said that nobody knows whose step this is
}

// Action is what a step does.
type Action uint8

// The actions of a step.
const (
	LookAction Action = iota
	EventAction
	EnrollAction
	EnrollStreakAction
	LeaveAction
	SetAction
	VoidAction
	AmendAction
	ReleaseAction
	RefuseAction
	AdjustAction
	ClaimAction
	ConfirmAction
	CancelAction
	ReturnAction
	UseAction
	FreezeAction
	RepairAction
	FireAction
	CloseAction
	MergeAction
)

// settlements are the actions about an earlier claim, mendings those about a streak, firings those about a promotion.
var (
	firings     = map[string]Action{"fire": FireAction, "close": CloseAction}
	settlements = map[string]Action{"confirm": ConfirmAction, "cancel": CancelAction, "return": ReturnAction}
	mendings    = map[string]Action{"freeze": FreezeAction, "repair": RepairAction}
)

// reversals are the actions about an earlier event.
var reversals = map[string]Action{"void": VoidAction, "amend": AmendAction, "release": ReleaseAction, "refuse": RefuseAction}

// actions are the fields of a step of which it has at most one.
var actions = []string{"event", "enroll", "leave", "set", "void", "amend", "release", "refuse", "merge", "adjust",
	"claim", "use", "confirm", "cancel", "return", "freeze", "repair", "fire", "close"}

// companions are fields of a step that go with some actions only.
var companions = map[string][]string{
	"with": {"event", "amend", "release"}, "id": {"event", "claim", "use"}, "time": {"event"}, "amount": {"claim", "confirm", "return"},
	"reason": {"adjust", "fire", "close"}, "open_for": {"fire"},
	"hold": {"use"}, "till": {"use", "confirm"}, "used": {"confirm"},
}

// maxRepeat bounds how often a step repeats.
const maxRepeat = 10_000

func (t *Step) asserts() bool { return len(t.Expect) > 0 || t.Error != "" || t.Duplicate }

func (s *reader) step(rec *document.Record) *Step {
	t := &Step{Position: engine.Position(rec.Node.Position())}
	s.when(rec, t)
	action := s.action(rec)
	if firings[action] == LookAction {
		s.who(rec, t, action)
	} else {
		s.who(rec, t, "") // it is nobody's step
	}
	expect := rec.Values["expect"]
	s.claiming = ""
	if id := rec.Values["id"]; id != nil && (action == "claim" || action == "use") {
		s.claiming = id.Text
	}
	if expect != nil {
		s.expect(expect, t)
	}
	switch n := rec.Values[action]; action {
	case "event":
		s.event(rec, t, n)
	case "enroll":
		if t.Action, t.Name = EnrollAction, n.Text; slices.Contains(s.ids["streaks"], n.Text) && !slices.Contains(s.ids["challenges"], n.Text) {
			t.Action = EnrollStreakAction
		} else if !s.named(n, "challenges") {
			t.Action = LookAction
		}
	case "leave":
		if s.named(n, "challenges") {
			t.Action, t.Name = LeaveAction, n.Text
		}
	case "void", "amend", "release", "refuse":
		s.reversal(rec, t, n, reversals[action])
	case "claim", "use":
		s.claim(rec, t, n, map[string]Action{"claim": ClaimAction, "use": UseAction}[action])
	case "confirm", "cancel", "return":
		s.settlement(rec, t, n, settlements[action])
	case "freeze", "repair":
		if s.named(n, "streaks") {
			t.Action, t.Name = mendings[action], n.Text
		}
	case "fire", "close":
		s.fire(rec, t, n, firings[action])
	case "merge":
		s.merge(t, n)
	case "adjust":
		s.adjust(rec, t, n)
	case "set":
		t.Action, t.Profile = SetAction, s.profile(n, n, false)
	case "":
		if expect == nil && !rec.Broken {
			s.Node(rec.Node, "such as event: purchase, or expect: {…}", "this step does nothing and looks at nothing")
		}
		if t.Error != "" || t.Duplicate {
			s.Node(expect, "", "nothing happens here that could be refused or known")
		}
	}
	return t
}

// action is the field that says what a step does, "" where it only looks or what it does has been refused.
func (s *reader) action(rec *document.Record) string {
	found := ""
	for _, a := range actions {
		key := rec.Node.Key(a)
		switch {
		case key == nil:
		case found != "":
			s.Node(key, "write a step for each", "a step does one thing, and this one has %s already", found)
		case rec.Has(a):
			found = a
		}
	}
	for _, p := range rec.Node.Pairs {
		if with := companions[p.Key.Text]; with != nil && !slices.Contains(with, found) && !rec.Broken {
			s.Node(p.Key, "leave it out", "%s goes with %s", p.Key.Text, strings.Join(with, " or "))
		}
	}
	return found
}

// when finds the instants of a step.
func (s *reader) when(rec *document.Record, t *Step) {
	at, after := rec.Values["at"], rec.Values["after"]
	now := s.now
	switch {
	case at != nil && after != nil:
		s.Node(after, "keep one of them", "at and after both say when the step is")
	case at != nil:
		if i, ok := s.moment(at); ok {
			now = i
			if s.begun && now < s.now {
				s.Node(at, "write steps in the order in which they happen; an event may have an earlier `time`", "this is before the step above it")
			}
		}
	case !s.begun && !rec.Broken:
		s.Node(rec.Node, "such as at: 2026-12-01 09:00", "the first step says when it is")
	case after != nil:
		d, err := calendar.ParseDuration(after.Text)
		if err != nil {
			s.Node(after, "", "%v", err)
		}
		now = s.rules.Calendar.After(now, d)
	}
	s.begun, s.now = true, now
	t.At = append(t.At, now)
	s.repeat(rec, t)
}

// repeat adds the instants of a step's repetitions. They keep the clock time, counted from the first.
func (s *reader) repeat(rec *document.Record, t *Step) {
	repeat, every := rec.Values["repeat"], rec.Values["every"]
	if repeat == nil && every == nil {
		return
	}
	if repeat == nil || every == nil {
		s.Node(rec.Node, "such as repeat: 7, every: 1 day", "repeat and every go together")
		return
	}
	n, _ := strconv.Atoi(repeat.Text)
	if n < 1 || n > maxRepeat {
		s.Node(repeat, "", "a step repeats 1 to %d times", maxRepeat)
		return
	}
	if id := rec.Values["id"]; id != nil && n > 1 {
		s.Node(id, "leave it out", "every repetition is an event of its own, and would have this id")
	}
	d, err := calendar.ParseDuration(every.Text)
	if err != nil {
		s.Node(every, "", "%v", err)
		return
	}
	for i := 1; i < n; i++ {
		t.At = append(t.At, s.rules.Calendar.After(s.now, calendar.Duration{N: i * d.N, Unit: d.Unit}))
	}
	s.now = t.At[len(t.At)-1]
}

// who finds the member of a step: `as`, or the only one there is.
func (s *reader) who(rec *document.Record, t *Step, action string) {
	as := rec.Values["as"]
	switch {
	case as != nil:
		if why := event.CheckID(as.Text); why != "" {
			s.Node(as, "", "%s", why)
		}
		t.Member = as.Text
		if !slices.Contains(s.known, as.Text) {
			s.known = append(s.known, as.Text)
		}
	case len(s.known) == 1:
		t.Member = s.known[0]
	case action != "" && !rec.Broken:
		s.nobody(rec.Node, t)
	}
}

// nobody says, once a step, that it does not say whose it is.
func (s *reader) nobody(n *document.Node, t *Step) {
	switch {
	case t.lost:
	case len(s.known) == 0:
		s.Node(n, "such as as: ann, or members: {ann: {}}", "nobody is there yet: say whose step this is")
	default:
		s.Node(n, "as: "+strings.Join(s.known, ", or as: "), "there are several members: say whose step this is")
	}
	t.lost = true
}

func (s *reader) event(rec *document.Record, t *Step, n *document.Node) {
	t.Action, t.Name = EventAction, n.Text
	if id := rec.Values["id"]; id != nil {
		t.ID = id.Text
		if why := event.CheckID(id.Text); why != "" {
			s.Node(id, "", "%s", why)
		}
		s.sent[id.Text] = n.Text
	}
	if at := rec.Values["time"]; at != nil {
		t.Time, t.Timed = s.moment(at)
	}
	declared := s.rules.EventType(n.Text)
	if declared == nil || declared.Builtin {
		declared = nil
		if t.Error == "" {
			s.Node(n, expression.DidYouMean(n.Text, s.eventNames()), "the ruleset has no event %q that can be sent", n.Text)
		}
	}
	with := rec.Values["with"]
	if with == nil {
		with = document.NewMap(n)
	}
	schema := event.NewSchema("", 0)
	if declared != nil {
		schema = declared.Schema
	}
	p := newPayload(schema)
	t.Data = p.object(with, "", schema, "")
	if declared == nil || t.Error != "" || with.Holes {
		return // what does not fit is what the test is about
	}
	_, errs := schema.Decode(t.Data, "")
	s.misfits(errs, p, n)
}

// reversal reads a step about an event that an earlier one sent.
func (s *reader) reversal(rec *document.Record, t *Step, n *document.Node, action Action) {
	t.Action, t.Name = action, n.Text
	kind, sent := s.sent[n.Text]
	if !sent && t.Error == "" {
		s.Node(n, expression.DidYouMean(n.Text, slices.Sorted(maps.Keys(s.sent))), "no step before this one sends an event with the id %q", n.Text)
	}
	with := rec.Values["with"]
	if action != AmendAction && (action != ReleaseAction || with == nil) {
		return
	}
	if with == nil {
		s.Node(n, "such as with: {amount: 5.00}", "an amendment says what the event becomes")
		return
	}
	schema := event.NewSchema("", 0)
	if declared := s.rules.EventType(kind); declared != nil {
		schema = declared.Schema
	}
	t.Data = newPayload(schema).object(with, "", schema, "")
}

// fire reads a step that opens or closes a promotion.
func (s *reader) fire(rec *document.Record, t *Step, n *document.Node, action Action) {
	if !s.named(n, "promotions") {
		return
	}
	t.Action, t.Name = action, n.Text
	if d := rec.Values["open_for"]; d != nil {
		var err error
		if t.OpenFor, err = calendar.ParseDuration(d.Text); err != nil {
			s.Node(d, "", "%v", err)
		}
	}
	if p := s.rules.Promotion(n.Text); p != nil && !p.OnCall && t.Error == "" {
		s.Node(n, "write on_call: true in the promotion, or test its dates with `at`", "%s is opened by its dates or schedule, not by a call", n.Text)
	}
}

// claim reads the claim of a reward, or the use of one; its id is what later steps call it by.
func (s *reader) claim(rec *document.Record, t *Step, n *document.Node, action Action) {
	if s.named(n, "rewards") {
		t.Action, t.Name = action, n.Text
	}
	t.Amount = s.amount(rec)
	s.handing(rec, t)
	if id := rec.Values["id"]; id != nil {
		if why := event.CheckID(id.Text); why != "" {
			s.Node(id, "", "%s", why)
		}
		t.ID = id.Text
		s.claims = append(s.claims, id.Text)
	}
}

// handing reads how a reward is handed over.
func (s *reader) handing(rec *document.Record, t *Step) {
	t.Used, t.Use.Hold = rec.Text("used") == "true", rec.Text("hold") == "true"
	if till := rec.Values["till"]; till != nil {
		t.Use.Where = till.Text
	}
}

// settlement reads a step about a claim that an earlier step made.
func (s *reader) settlement(rec *document.Record, t *Step, n *document.Node, action Action) {
	t.Action, t.Name, t.Amount = action, n.Text, s.amount(rec)
	s.handing(rec, t)
	if !slices.Contains(s.claims, n.Text) && t.Error == "" {
		s.Node(n, expression.DidYouMean(n.Text, s.claims), "no step before this one makes a claim with the id %q", n.Text)
	}
}

// amount reads how much of a claim a step speaks of, 0 for all.
func (s *reader) amount(rec *document.Record) decimal.Decimal {
	n := rec.Values["amount"]
	if n == nil {
		return 0
	}
	d, err := decimal.Parse(n.Text)
	if err != nil || d <= 0 {
		s.Node(n, "such as amount: 50", "an amount is a number above 0")
	}
	return d
}

// merge reads the member that is merged into the step's.
func (s *reader) merge(t *Step, n *document.Node) {
	switch {
	case n.Text == t.Member && t.Error == "":
		s.Node(n, "name the other one; `as` says into whom", "a member is not merged into itself")
	case !slices.Contains(s.known, n.Text) && t.Error == "":
		s.Node(n, spelling.Suggest(n.Text, s.known), "nobody called %s is in this test so far", n.Text)
	default:
		t.Action, t.Name = MergeAction, n.Text
	}
}

// adjust reads {POINTS: amount} with the reason.
func (s *reader) adjust(rec *document.Record, t *Step, n *document.Node) {
	t.Action = AdjustAction
	reason := rec.Values["reason"]
	if reason == nil {
		s.Node(n, "such as reason: a goodwill gesture", "an adjustment has a reason")
		return
	}
	for _, p := range n.Pairs {
		amount, err := decimal.Parse(p.Value.Text)
		if err != nil || amount == 0 {
			s.Node(p.Value, "such as {stars: -50}", "an adjustment is a number other than 0")
			continue
		}
		if s.named(p.Key, "points") {
			t.Adjust = engine.Adjustment{Points: p.Key.Text, Amount: amount, Reason: reason.Text}
		}
	}
	if len(n.Pairs) != 1 {
		s.Node(n, "write a step for each", "an adjustment is of one kind of points")
	}
}

func (s *reader) eventNames() []string {
	var names []string
	for _, t := range s.rules.Events {
		if !t.Builtin {
			names = append(names, t.Name)
		}
	}
	return names
}

// number reads a group of digits, "" as 0.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

func clock(hours, minutes, seconds int) time.Duration {
	return time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second
}

package engine

import (
	"encoding/json"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/spelling"
)

// MaxAhead is how far an event's time may lie ahead of its arrival: clocks of apps are never quite right.
const MaxAhead = 5 * time.Minute

// Refusal is why an event was not accepted. Nothing was written, and once it fits it may be sent again under its id.
type Refusal struct {
	Code    string // stable; api maps it to an HTTP status
	Message string
	Errors  []event.FieldError
	Member  string // of code merged: the one that the member is now
}

// Error makes a Refusal an error.
func (r *Refusal) Error() string { return r.Code + ": " + r.Message }

// Codes of refusals.
const (
	CodeUnknownType      = "unknown_event_type"
	CodeDoesNotFit       = "does_not_fit"
	CodeTooLate          = "event_too_late"
	CodeInFuture         = "event_in_future"
	CodeConflict         = "event_conflict"
	CodeMemberIncomplete = "member_incomplete"
	CodeMemberUnknown    = "member_unknown"
	CodeNotFound         = "not_found"
	CodeNotOptIn         = "not_opt_in"
	CodeChallengeOver    = "challenge_over"
	CodeNotJoined        = "not_joined"      // leaving a challenge that was never joined
	CodeMemberErased     = "member_erased"   // the id of an erased member; not remembered
	CodeUnknownEvent     = "unknown_event"   // a reversal of an id that was never accepted; not remembered
	CodeEventVoided      = "event_voided"    // a reversal of an event that was voided before
	CodeNothingPending   = "nothing_pending" // a release or refusal where nothing is held back; not remembered
	CodeEventRefused     = "event_refused"   // a release of what was refused before
	CodeDamaged          = "record_damaged"  // what was accepted before cannot be read any more
	CodeNotReversible    = "not_reversible"  // a reversal of an event of Laurel's own
	CodeOverflow         = "overflow"        // a command that would take a sum out of the range of numbers; not remembered
	CodePointsUnknown    = "unknown_points"
	CodeUnknownClaim     = "unknown_claim"
	CodeNotForSale       = "not_for_sale" // a reward without cost, a streak without freezes to buy or without repair
	CodeNotOnCall        = "not_on_call"  // a promotion whose dates or schedule are in the ruleset
	CodeKnownCode        = "known_code"   // codes that the pool of a reward has had before
	CodeCardIssued       = "card_issued"  // a first card of a member who has one; not remembered
	CodeCardEnded        = "card_ended"   // a card that is to be blocked, and is blocked or replaced; not remembered

	// Those below are decided by the state, and remembered under the event's id.
	CodeInsufficient   = "insufficient"  // fewer points than are asked for
	CodeWho            = "who"           // a reward for others
	CodeWindow         = "window"        // a reward that cannot be claimed at this time
	CodeLimit          = "limit"         // a reward whose limit is used up
	CodeStock          = "stock"         // a reward of which nothing is left, or no code
	CodeExceedsHold    = "exceeds_hold"  // a confirmation of more than the claim holds
	CodeHoldCaptured   = "hold_captured" // a claim that was confirmed before
	CodeHoldReleased   = "hold_released" // a claim that was cancelled, or whose hold is over
	CodeNotConfirmed   = "not_confirmed" // a return of a claim that is still open
	CodeReturnTooLarge = "return_too_large"
	CodeFreezesFull    = "freezes_full"   // as many stored freezes as can be held
	CodeNotRepairable  = "not_repairable" // no break, or one too long ago
	CodeNotHeld        = "not_held"       // a use of a reward that the member does not hold
	CodeAlreadyUsed    = "already_used"   // a use of a code, or the return of a reward, that was used before
)

// check decides whether an event may be accepted, and reads its data into slots. The ruleset is the one that decides for
// the event's time.
func check(rules *Ruleset, subjects *Subjects, e *event.Event) *Refusal {
	var m *Member
	if e.Member != "" {
		if m = subjects.Member(e.Member); m != nil && m.Into != "" {
			return subjects.merged(m)
		}
	}
	if r := checkTime(rules, e); r != nil {
		return r
	}
	if command := commands[e.Type]; command != nil {
		return checkCommand(rules, subjects, e)
	}
	t := rules.EventType(e.Type)
	if t == nil || t.Builtin {
		return unknownType(rules, e.Type)
	}
	if errs := e.Decode(t.Schema); len(errs) > 0 {
		code, message := CodeDoesNotFit, "the data does not fit event type "+t.Name
		if errs[0].Code == "invalid_json" {
			code, message = "invalid_json", "the data is not well-formed JSON"
		}
		return &Refusal{Code: code, Message: message, Errors: errs}
	}
	if m == nil {
		return incomplete(rules.Member, nil)
	}
	return nil
}

func checkTime(rules *Ruleset, e *event.Event) *Refusal {
	if e.Past {
		return nil
	}
	if e.Time > max(e.Arrived, e.Clock).Add(MaxAhead) {
		return &Refusal{Code: CodeInFuture, Message: "the event's time lies more than 5 minutes ahead",
			Errors: []event.FieldError{{Location: "time", Code: CodeInFuture, Message: "it lies in the future"}}}
	}
	if e.Time < rules.Calendar.Before(e.Arrived, rules.Late) && e.Type != commandTime && e.Type != commandShare && e.Type != commandTurn && !isSeason(e.Type) {
		return &Refusal{Code: CodeTooLate, Message: "the event's time lies more than " + rules.Late.String() + " back",
			Errors: []event.FieldError{{Location: "time", Code: CodeTooLate, Message: "it is older than the program's late window",
				Suggestion: "bring older events in with an import"}}}
	}
	return nil
}

func unknownType(rules *Ruleset, name string) *Refusal {
	names := make([]string, 0, len(rules.Events))
	said := "there is no such event type"
	for _, t := range rules.Events {
		switch {
		case !t.Builtin:
			names = append(names, t.Name)
		case t.Name == name:
			said = "this event is raised by the program itself, and cannot be sent"
		}
	}
	return &Refusal{Code: CodeUnknownType, Message: "the ruleset has no such event type",
		Errors: []event.FieldError{{Location: "type", Code: CodeUnknownType, Message: said,
			Suggestion: spelling.Suggest(name, names)}}}
}

// incomplete refuses a new member whose required fields are not given.
func incomplete(s *event.Schema, given []event.NamedValue) *Refusal {
	var errs []event.FieldError
	for _, f := range s.Fields {
		if f.Optional {
			continue
		}
		present := false
		for _, v := range given {
			present = present || v.Name == f.Name && v.Value.Kind != event.Absent
		}
		if !present {
			errs = append(errs, event.FieldError{Location: "fields." + f.Name, Code: "missing_field", Message: "this field is required"})
		}
	}
	if errs == nil {
		return nil
	}
	return &Refusal{Code: CodeMemberIncomplete, Message: "the member is not known yet and has required fields: create the member first", Errors: errs}
}

func checkCommand(rules *Ruleset, subjects *Subjects, e *event.Event) *Refusal {
	known := e.Member != "" && subjects.Member(e.Member) != nil
	switch e.Type {
	case commandTurn: // which nobody but a job sends
		return nil
	case commandFire, commandClose:
		return checkFiring(rules, e)
	case commandSeasonEnd, commandSeasonTable:
		return nil
	case commandCodes:
		return checkCodes(rules, subjects, e)
	case commandConfirm, commandCancel, commandReturn:
		return checkSettling(rules, subjects, e)
	case commandPut:
		return checkProfile(rules, subjects, e, known)
	case commandMerge:
		return nil // the processor has looked at both
	case commandEnroll:
		if !known {
			return &Refusal{Code: CodeMemberUnknown, Message: "there is no such member"}
		}
		return checkEnrollment(rules, subjects.Member(e.Member), e)
	case commandLeave:
		if !known {
			return &Refusal{Code: CodeMemberUnknown, Message: "there is no such member"}
		}
		return checkLeaving(rules, subjects.Member(e.Member), e)
	case commandAdjust:
		if !known {
			return &Refusal{Code: CodeMemberUnknown, Message: "there is no such member"}
		}
		return checkAdjustment(rules, subjects.Member(e.Member), e)
	case commandClaim:
		if !known {
			return &Refusal{Code: CodeMemberUnknown, Message: "there is no such member"}
		}
		return checkClaim(rules, e)
	case commandUse:
		if !known {
			return &Refusal{Code: CodeMemberUnknown, Message: "there is no such member"}
		}
		return checkUse(rules, subjects.Member(e.Member), e)
	case commandFreeze, commandRepair:
		if !known {
			return &Refusal{Code: CodeMemberUnknown, Message: "there is no such member"}
		}
		return checkMending(rules, e)
	default:
		if !known {
			return &Refusal{Code: CodeMemberUnknown, Message: "there is no such member"}
		}
		return nil
	}
}

func checkProfile(rules *Ruleset, subjects *Subjects, e *event.Event, known bool) *Refusal {
	var p Profile
	if err := json.Unmarshal(e.Data, &p); err != nil {
		return &Refusal{Code: "invalid_json", Message: "the profile is not well-formed JSON"}
	}
	values, errs := rules.Member.DecodeFields(p.Fields)
	if p.Timezone != nil {
		if _, err := rules.zones.Load(*p.Timezone); err != nil {
			errs = append(errs, event.FieldError{Location: "timezone", Code: "wrong_timezone", Message: err.Error()})
		}
	}
	for _, v := range values {
		if f := rules.Member.Field(v.Name); v.Value.Kind == event.Absent && !f.Optional && len(errs) == 0 {
			errs = append(errs, event.FieldError{Location: "fields." + v.Name, Code: "missing_field", Message: "this field is required and cannot be null"})
		}
	}
	var m *Member
	if known {
		m = subjects.Member(e.Member)
	}
	errs = append(errs, checkJoined(rules, &p, m, e.Time)...)
	if len(errs) > 0 {
		return &Refusal{Code: CodeDoesNotFit, Message: "the profile does not fit the ruleset's member fields", Errors: errs}
	}
	if !known {
		return incomplete(rules.Member, values)
	}
	return nil
}

func checkEnrollment(rules *Ruleset, m *Member, e *event.Event) *Refusal {
	var data enrollment
	if json.Unmarshal(e.Data, &data) != nil {
		return &Refusal{Code: "invalid_json", Message: "the enrollment is not well-formed JSON"}
	}
	if data.Streak != "" {
		return checkStreakEnrollment(rules, data.Streak)
	}
	ch := rules.Challenge(data.Challenge)
	if ch == nil {
		return unknownID("challenge", data.Challenge, challengeIDs(rules))
	}
	if !ch.OptIn {
		return &Refusal{Code: CodeNotOptIn, Message: "everybody takes part in this challenge without joining"}
	}
	return checkJoining(rules, m, ch, e.Time)
}

func checkStreakEnrollment(rules *Ruleset, id string) *Refusal {
	s := rules.streak(id)
	if s == nil {
		var ids []string
		for _, s := range rules.Streaks {
			ids = append(ids, s.ID)
		}
		return unknownID("streak", id, ids)
	}
	if !s.OptIn {
		return &Refusal{Code: CodeNotOptIn, Message: "everybody takes part in this streak without joining"}
	}
	return nil
}

// unknownID refuses a name that no definition has.
func unknownID(noun, id string, ids []string) *Refusal {
	message := "there is no such " + noun
	if s := spelling.Suggest(id, ids); s != "" {
		message += ": " + s
	}
	return &Refusal{Code: CodeNotFound, Message: message}
}

// over reports whether all of a challenge's dates have passed.
func (c *Challenge) over(cal calendar.Calendar, at calendar.Instant) bool {
	if c.During == nil {
		return false
	}
	for _, w := range c.During.Any {
		if w.Calendar == nil || !w.Calendar.HasUntil || at < cal.Zone.Start(w.Calendar.Until.AddDays(1)) {
			return false
		}
	}
	return true
}

package engine

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/laurel-engine/laurel/engine/event"
)

// RefuseCommand refuses an event of one of this package's own types: those are what the engine and its own API ask of a
// member's state, and no event that a sender may send. It is nil for every other type; Process judges those.
func RefuseCommand(e *event.Event, rules func() *Ruleset) *Refusal {
	if commands[e.Type] == nil {
		return nil
	}
	return unknownType(rules(), e.Type)
}

// own are the commands that nobody sends but the engine and the jobs around it.
var own = []string{commandGrant, commandTake, commandShare, commandTime, commandTurn, commandUndo, commandSeasonEnd, commandSeasonTable, commandPlace}

// CheckCommand refuses an event that is no command of those that somebody may send, which the New functions make, and one whose
// id or member was not given or cannot be one. It is nil for every other; Process judges those.
func CheckCommand(e *event.Event) *Refusal {
	unfit := func(location, code, message string) *Refusal {
		return &Refusal{Code: CodeDoesNotFit, Message: "this is not a command that can be sent",
			Errors: []event.FieldError{{Location: location, Code: code, Message: message}}}
	}
	_, named, _ := strings.Cut(strings.TrimPrefix(e.ID, event.Own), "/")
	switch {
	case commands[e.Type] == nil || slices.Contains(own, e.Type):
		return unfit("type", CodeUnknownType, "a command is made by one of the engine's New functions")
	case e.Type != commandErase && (named == "" || !utf8.ValidString(e.ID) || strings.ContainsFunc(e.ID, event.Invisible)):
		return unfit("id", "wrong_id", "an id without control or invisible characters is expected")
	case e.Member != "" && !event.ValidID(e.Member):
		return unfit("member", "wrong_id", "this cannot be the id of a member")
	case e.Type != commandErase && event.Reserved(e.Member):
		return unfit("member", "wrong_id", event.OwnIDs)
	}
	return nil
}

// fitsCode reports whether a text can be a code of a reward.
func fitsCode(code string) bool {
	return code != "" && len(code) <= maxCode && !strings.ContainsRune(code, 0)
}

package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/activation"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/rulesets"
)

// maxNote bounds what an author says of a version, in bytes.
const maxNote = 500

// draft is the body of calls about a ruleset that is not in force.
type draft struct {
	files   map[string]string
	at      calendar.Instant
	note    string
	to      int
	sandbox bool
}

// draft reads such a body, of which a call takes some fields.
func (c call) draft(takes ...string) (d draft, err error) {
	if err := c.takes(mediaJSON); err != nil {
		return d, err
	}
	var wrong []event.FieldError
	errs := event.ParseObject(c.http.Context().Request.Body(), "", takes, func(name string, value []byte) {
		failed := errors.New("null")
		if string(value) != "null" {
			failed = d.read(name, value)
		}
		if failed != nil {
			wrong = append(wrong, event.FieldError{Location: name, Code: "wrong_type", Message: draftFields[name] + " is expected"})
		}
	})
	if len(d.note) > maxNote {
		wrong = append(wrong, event.FieldError{Location: takes[len(takes)-1], Code: "wrong_value",
			Message: "a text of at most " + strconv.Itoa(maxNote) + " bytes is expected"})
	}
	if errs = append(errs, wrong...); len(errs) > 0 {
		return d, malformed("invalid_body", "the body does not describe a ruleset", errs)
	}
	return d, nil
}

// draftFields are the fields of such bodies, with what each is.
var draftFields = map[string]string{"files": "an object with the texts of files by their names", "at": "a time with its offset", "note": "a text",
	"reason": "a text", "to": "the number of a version", "sandbox": "true or false"}

// read reads one of them.
func (d *draft) read(name string, value []byte) error {
	switch name {
	case "files":
		return json.Unmarshal(value, &d.files)
	case "at":
		var text string
		err := json.Unmarshal(value, &text)
		if err == nil {
			d.at, err = calendar.ParseInstant(text)
			if d.at == 0 {
				d.at = -1 // 0 is at once
			}
		}
		return err
	case "to":
		return json.Unmarshal(value, &d.to)
	case "sandbox":
		return json.Unmarshal(value, &d.sandbox)
	default:
		return json.Unmarshal(value, &d.note)
	}
}

// about is who acts, and what they say of it.
func (c call) about(note string) (program.About, error) {
	act, err := c.act()
	if err != nil {
		return program.About{}, err
	}
	act.Reason = note
	by := c.key.Name
	if act.Actor != "" {
		by += ", for " + act.Actor
	}
	return program.About{By: by, Note: note, Act: act}, nil
}

// checkRuleset says what there is to say of a draft: errors, or lints where there are none.
func checkRuleset(c call) error {
	d, err := c.draft("files")
	if err != nil {
		return err
	}
	report, err := c.server.activations.Check(c.program, d.files)
	if err != nil {
		return changing(err)
	}
	return c.write(http.StatusOK, report)
}

// planRuleset says what a draft changes.
func planRuleset(c call) error {
	d, err := c.draft("files")
	if err != nil {
		return err
	}
	changes, err := c.server.activations.Plan(c.program, d.files)
	if err != nil {
		return changing(err)
	}
	return c.write(http.StatusOK, changes)
}

// testRuleset runs the tests of a draft.
func testRuleset(c call) error {
	d, err := c.draft("files")
	if err != nil {
		return err
	}
	results, err := c.server.activations.Test(c.program, d.files)
	if err != nil {
		return changing(err)
	}
	return c.write(http.StatusOK, results)
}

// activateRuleset puts a draft into force, at once or at an instant.
func activateRuleset(c call) error {
	d, err := c.draft("files", "at", "note")
	if err != nil {
		return err
	}
	about, err := c.about(d.note)
	if err != nil {
		return err
	}
	return c.activated(c.server.activations.Activate(c.program, activation.Draft{Files: d.files, At: d.at, About: about}))
}

// rollBackRuleset puts an older version into force again.
func rollBackRuleset(c call) error {
	d, err := c.draft("to", "note")
	if err != nil {
		return err
	}
	about, err := c.about(d.note)
	if err != nil {
		return err
	}
	return c.activated(c.server.activations.RollBack(c.program, d.to, about))
}

// pauseDefinition lets a definition give nothing until it is resumed, resumeDefinition lets it give again.
func pauseDefinition(c call) error  { return c.pause(true) }
func resumeDefinition(c call) error { return c.pause(false) }

func (c call) pause(pause bool) error {
	section, err := c.id("section")
	if err != nil {
		return err
	}
	id, err := c.id("definition")
	if err != nil {
		return err
	}
	d, err := c.draft("reason")
	if err != nil {
		return err
	}
	about, err := c.about(d.note)
	if err != nil {
		return err
	}
	return c.activated(c.server.activations.Pause(c.program, section+"/"+id, pause, about))
}

func (c call) activated(a *activation.Activated, err error) error {
	if err != nil {
		return changing(err)
	}
	if a.Tests != nil && !a.Tests.OK {
		return testsFailed(a.Tests)
	}
	return c.write(http.StatusOK, a)
}

// changing makes a problem of why a ruleset cannot be changed.
func changing(err error) error {
	var invalid *activation.InvalidError
	var blocked *activation.BlockedError
	switch {
	case errors.As(err, &invalid):
		return refuse("invalid_ruleset", invalid.Message, diagnosed(invalid.Report.Diagnostics)...)
	case errors.As(err, &blocked):
		p := refuse("ruleset_blocked", "this ruleset cannot follow the one in force")
		for _, change := range blocked.Plan.Changes {
			for _, why := range change.Blocked {
				p.errors = append(p.errors, event.FieldError{Location: change.Definition, Code: "blocked", Message: why})
			}
		}
		return p
	case errors.Is(err, activation.ErrPlanned):
		return refuse("version_planned", "another version is to come into force: cancel it first (laurel apply --cancel, or DELETE /v1/admin/rulesets/planned)")
	case errors.Is(err, activation.ErrPast):
		return malformed("invalid_body", "the ruleset cannot come into force in the past", []event.FieldError{{Location: "at", Code: "wrong_time",
			Message: "it has passed", Suggestion: "leave it out to put the ruleset into force at once"}})
	case errors.Is(err, activation.ErrUnknownDefinition):
		return notFound("definition")
	case errors.Is(err, activation.ErrNotPausable):
		return wrongParameter("path.section", "definitions of this section cannot be paused", "one of "+strings.Join(engine.Pausable, ", "))
	case errors.Is(err, activation.ErrUnknownVersion):
		return notFound("version of the ruleset")
	case errors.Is(err, activation.ErrNothingPlanned):
		return refuse("not_found", "nothing is planned")
	case errors.Is(err, program.ErrSucceeded):
		return refuse("version_conflict", "another version has come into force meanwhile: look at what it changes, and try again")
	}
	return err
}

// diagnosed are what the compiler says, as errors of a problem. Their locations are places in the files.
func diagnosed(list rulesets.Diagnostics) (errs []event.FieldError) {
	for _, d := range list {
		if d.Severity == rulesets.SeverityError {
			errs = append(errs, event.FieldError{Location: d.File + ":" + strconv.Itoa(d.Line) + ":" + strconv.Itoa(d.Column), Code: "invalid_ruleset",
				Message: d.Message, Suggestion: d.Suggestion})
		}
	}
	return errs
}

// showPlanned answers with the version that is to come into force, cancelPlanned lets it never do so.
func showPlanned(c call) error {
	planned, err := c.server.activations.Planned(c.program)
	if err != nil {
		return changing(err)
	}
	return c.show(planned)
}

func cancelPlanned(c call) error {
	about, err := c.about("")
	if err != nil {
		return err
	}
	cancelled, err := c.server.activations.Cancel(c.program, about)
	if err != nil {
		return changing(err)
	}
	return c.write(http.StatusOK, cancelled)
}

// keptRuleset answers with a version and its files.
func keptRuleset(c call) error {
	kept, err := c.kept("version")
	if err != nil {
		return err
	}
	return c.show(version{Version: kept.Number, Hash: kept.Hash, From: kept.From, Zones: kept.Text.Zones.Release(), By: kept.About.By, Note: kept.About.Note,
		Sources: kept.Text.Files})
}

// diffRulesets answers with what changed from one version to another.
func diffRulesets(c call) error {
	from, err := c.kept("version")
	if err != nil {
		return err
	}
	to, err := c.kept("to")
	if err != nil {
		return err
	}
	changes, err := activation.Diff(from, to)
	if err != nil {
		return err
	}
	return c.show(changes)
}

// kept is the version that a part of the path names.
func (c call) kept(part string) (*program.Kept, error) {
	n, err := strconv.Atoi(c.http.Params(part))
	if err != nil || n < 1 {
		return nil, wrongParameter("path."+part, "the number of a version is expected", "")
	}
	kept, err := c.server.activations.Kept(c.program, n)
	if err == nil && kept == nil {
		err = notFound("version of the ruleset")
	}
	return kept, err
}

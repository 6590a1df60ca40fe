package api

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/spelling"
	"github.com/laurel-engine/laurel/internal/program"
)

// maxMemberName is the longest name of a member, in bytes.
const maxMemberName = 200

// profileNames are what a profile's body has.
var profileNames = []string{"name", "timezone", "joined", "fields"}

// profile is a body as it was sent; nil is what was left out, "null" is null.
type profile struct {
	name, timezone, joined json.RawMessage
	fields                 map[string]json.RawMessage
}

// putMember states a member's whole profile: what the body leaves out is cleared, and the timezone goes back to the
// program's. patchMember changes what the body names, and null clears. Both make the member known if it is not yet, and
// write nothing when nothing changes.
func putMember(c call) error   { return c.changeMember(true) }
func patchMember(c call) error { return c.changeMember(false) }

// changed is the answer to a change of a profile. Event is what was written, null when nothing was.
type changed struct {
	Member program.Profile `json:"member"`
	Event  json.RawMessage `json:"event"`
}

func (c call) changeMember(whole bool) error {
	id, err := c.id("member")
	if err != nil {
		return err
	}
	if err := c.takes(mediaJSON, "application/merge-patch+json"); err != nil {
		return err
	}
	rules := c.program.Rules()
	sent, err := readProfile(c.http.Context().Request.Body(), rules)
	if err != nil {
		return err
	}
	present, known, err := c.program.Member(id)
	if err != nil {
		return err
	}
	if whole {
		sent.complete(rules.Member, &present)
	}
	change, same := sent.against(rules, &present)
	answer := changed{Member: present}
	if !known || !same {
		out, err := c.accept(engine.NewProfile(newEventID(id), id, change))
		if err != nil {
			return err
		}
		dry, err := c.flag("dry_run")
		if err != nil {
			return err
		}
		answer.Event = engine.AppendAnswer(nil, imagined(out, dry))
		if dry {
			return c.write(http.StatusOK, changed{Member: c.asItIs(id, &present), Event: answer.Event})
		}
		if answer.Member, _, err = c.program.Member(id); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if !known {
		status = http.StatusCreated
	}
	return c.write(status, answer)
}

// asItIs is a profile as it is, which is a new one where nothing is known.
func (c call) asItIs(id string, present *program.Profile) program.Profile {
	p := *present
	if p.ID == "" {
		p.ID, p.Joined, p.Fields = id, c.program.Now(), map[string]any{}
	}
	return p
}

// accept submits an event that this API made, and answers with its outcome or its refusal as a problem. With ?dry_run=true nothing is stored.
func (c call) accept(e *event.Event) (*engine.Outcome, error) {
	var err error
	if e.By, err = c.by(); err != nil {
		return nil, err
	}
	dry, err := c.flag("dry_run")
	if err != nil {
		return nil, err
	}
	r, err := c.decide(e, dry)
	if err != nil {
		return nil, err
	}
	if r.Refusal != nil {
		return nil, refused(r.Refusal)
	}
	return r.Outcome, nil
}

// decide has an event decided, or only imagined.
func (c call) decide(e *event.Event, dry bool) (program.Result, error) {
	if !dry {
		results, err := c.program.Offer(e)
		if err != nil {
			return program.Result{}, err
		}
		return results[0], nil
	}
	r, err := c.program.DryRun(e, nil)
	if err == nil {
		err = c.program.Settled() // a duplicate is told only once the first one is durable
	}
	return r, err
}

// newEventID is the id of an event that has no other name: a call that may be made again with another meaning.
func newEventID(member string) string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic("api: the system has no randomness: " + err.Error())
	}
	return member + "/" + hex.EncodeToString(b[:])
}

// readProfile reads a body strictly, the fields included. Their values are judged by the engine.
func readProfile(body []byte, rules *engine.Ruleset) (*profile, error) {
	schema := rules.Member
	p := &profile{fields: map[string]json.RawMessage{}}
	var fields json.RawMessage
	errs := event.ParseObject(body, "", profileNames, func(name string, value []byte) {
		switch value := slices.Clone(value); name {
		case "name":
			p.name = value
		case "timezone":
			p.timezone = value
		case "joined":
			p.joined = value
		case "fields":
			fields = value
		}
	})
	if len(errs) > 0 && errs[0].Code == "invalid_json" {
		return nil, malformed("", "", errs)
	}
	errs = append(errs, checkText("name", p.name, maxMemberName)...)
	errs = append(errs, checkText("joined", p.joined, maxMemberName)...)
	errs = append(errs, checkZone(rules.Zones(), p.timezone)...)
	if fields != nil {
		errs = append(errs, event.ParseObject(fields, "fields.", schema.Names(), func(name string, value []byte) {
			p.fields[name] = value
		})...)
	}
	if len(errs) > 0 { // all that is wrong at once: the engine would judge the fields after this
		errs = append(errs, schema.CheckFields(p.fields)...)
		return nil, refuse(engine.CodeDoesNotFit, "the body does not fit a member's profile", errs...)
	}
	return p, nil
}

// checkText judges a text or null.
func checkText(location string, raw json.RawMessage, most int) []event.FieldError {
	var text *string
	switch {
	case raw == nil:
		return nil
	case json.Unmarshal(raw, &text) != nil:
		return []event.FieldError{{Location: location, Code: "wrong_type", Message: "a text is expected", Suggestion: "write it in quotes"}}
	case text != nil && (len(*text) > most || *text != "" && event.CheckID((*text)[:min(len(*text), event.MaxID)]) != ""):
		return []event.FieldError{{Location: location, Code: "wrong_value",
			Message: "a text of at most " + strconv.Itoa(most) + " bytes without control or invisible characters is expected"}}
	}
	return nil
}

// checkZone judges the name of a time zone or null.
func checkZone(zones *calendar.Zones, raw json.RawMessage) []event.FieldError {
	errs := checkText("timezone", raw, maxMemberName)
	if name := textOf(raw); len(errs) == 0 && raw != nil && string(raw) != "null" {
		if _, err := zones.Load(name); err != nil {
			errs = append(errs, event.FieldError{Location: "timezone", Code: "wrong_timezone", Message: "there is no such time zone",
				Suggestion: spelling.Suggest(name, zones.Names())})
		}
	}
	return errs
}

var null = json.RawMessage("null")

// complete makes a profile that says everything: what was left out is null.
func (p *profile) complete(schema *event.Schema, present *program.Profile) {
	if p.name == nil {
		p.name = null
	}
	if p.timezone == nil {
		p.timezone = null
	}
	for _, f := range schema.Fields {
		if _, set := present.Fields[f.Name]; p.fields[f.Name] == nil && (set || !f.Optional) {
			p.fields[f.Name] = null
		}
	}
}

// against is what the engine is to change, and whether all of it is as it is at present.
func (p *profile) against(rules *engine.Ruleset, present *program.Profile) (change engine.Profile, same bool) {
	same = sameFields(rules.Member, p.fields, present.Fields)
	if p.name != nil {
		name := textOf(p.name)
		change.Name, same = &name, same && name == present.Name
	}
	if p.timezone != nil {
		standard := rules.Calendar.Zone.Name()
		zone, now := textOf(p.timezone), present.Timezone
		if string(p.timezone) == "null" {
			zone = standard
		}
		if now == "" {
			now = standard
		}
		if zone != now {
			change.Timezone, same = &zone, false
		}
	}
	change.Fields = p.fields
	if p.joined != nil && string(p.joined) != "null" {
		joined := textOf(p.joined)
		change.Joined = &joined
		at, ok := rules.JoinedAt(&change)
		same = same && ok && at == present.Joined
	}
	return change, same
}

// textOf reads a text that was checked; null is the empty one.
func textOf(raw json.RawMessage) (text string) {
	_ = json.Unmarshal(raw, &text)
	return text
}

// sameFields reports whether the fields sent have the values that the member has. What cannot be read is not the same, so
// that the engine gets to say what is wrong with it.
func sameFields(schema *event.Schema, sent map[string]json.RawMessage, present map[string]any) bool {
	for name, raw := range sent {
		have, set := present[name]
		if string(raw) == "null" {
			if set || !schema.Field(name).Optional {
				return false
			}
			continue
		}
		single := event.NewSchema(schema.Currency, schema.Field(name).Digits, copyOf(schema.Field(name)))
		values, errs := single.Decode(fieldObject(name, raw), "")
		if len(errs) > 0 || !set || !sameJSON(values[0].JSON(), have) {
			return false
		}
	}
	return true
}

func copyOf(f *event.Field) *event.Field {
	c := *f
	return &c
}

func fieldObject(name string, raw json.RawMessage) []byte {
	b := event.AppendText([]byte("{"), name)
	return append(append(append(b, ':'), raw...), '}')
}

func sameJSON(a, b any) bool {
	x, failed := json.Marshal(a)
	y, failedToo := json.Marshal(b)
	return failed == nil && failedToo == nil && string(x) == string(y)
}

// showMember answers with a member's profile.
func showMember(c call) error {
	id, err := c.member()
	if err != nil {
		return err
	}
	p, found, err := c.program.Member(id)
	if err != nil {
		return err
	}
	if !found {
		return c.noMember(id)
	}
	return c.show(p)
}

// member reads the member's id of a read, when what it must have seen is here.
func (c call) member() (string, error) {
	if err := c.settled(); err != nil {
		return "", err
	}
	id, err := c.id("member")
	if err == nil && (c.program.Erased(id) || c.program.Merged(id) != "") {
		return "", c.noMember(id)
	}
	return id, err
}

// showProgress answers with everything an app polls about a member.
func showProgress(c call) error {
	id, err := c.member()
	if err != nil {
		return err
	}
	at, given, err := c.at()
	if err != nil {
		return err
	}
	if given {
		return c.showProgressAt(id, at)
	}
	body, etag, found, err := c.program.Progress(id, c.known())
	switch {
	case err != nil:
		return err
	case !found:
		return c.noMember(id)
	case body == nil:
		return c.notModified(etag)
	}
	return c.showTagged(body, etag)
}

func (c call) showProgressAt(id string, at calendar.Instant) error {
	p, found, err := c.progressAt(id, at)
	if err != nil {
		return err
	}
	if !found {
		return c.noMember(id)
	}
	return c.show(p)
}

// progressAt is a member's progress at an instant, once what it shows is durable.
func (c call) progressAt(id string, at calendar.Instant) (engine.Progress, bool, error) {
	p, found, err := c.program.ProgressAt(id, at)
	if err == nil {
		err = c.program.Settled()
	}
	return p, found, err
}

// enroll opts a member in to a challenge. The event's id is the member's and the challenge's, with a number where it is not the
// first time, so that doing it again answers as before.
func enroll(c call) error {
	member, challenge, err := c.joining()
	if err != nil {
		return err
	}
	joins, again := c.program.Enrollment(member, challenge)
	if again {
		joins++
	}
	return c.carryOut(engine.NewEnrollment(numbered(max(1, joins))+challenge+"/"+member, member, challenge))
}

// leave takes a member out of a challenge, once for each time that they joined.
func leave(c call) error {
	member, challenge, err := c.joining()
	if err != nil {
		return err
	}
	joins, _ := c.program.Enrollment(member, challenge)
	return c.carryOut(engine.NewLeave(numbered(max(1, joins))+challenge+"/"+member, member, challenge))
}

// numbered begins the id of what is done for the nth time. No id of a challenge begins with a digit.
func numbered(n int) string {
	if n == 1 {
		return ""
	}
	return strconv.Itoa(n) + "/"
}

func (c call) joining() (member, challenge string, err error) {
	if member, err = c.id("member"); err != nil {
		return "", "", err
	}
	if challenge, err = c.id("challenge"); err != nil {
		return "", "", err
	}
	return member, challenge, c.noBody()
}

// enrollInStreak opts a member in to a streak, likewise.
func enrollInStreak(c call) error {
	return c.enroll("streak", "enroll/streaks/", engine.NewStreakEnrollment)
}

func (c call) enroll(noun, prefix string, command func(id, member, what string) *event.Event) error {
	id, err := c.id("member")
	if err != nil {
		return err
	}
	what, err := c.id(noun)
	if err != nil {
		return err
	}
	if err := c.noBody(); err != nil {
		return err
	}
	return c.carryOut(command(prefix+what+"/"+id, id, what))
}

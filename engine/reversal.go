package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Reversals are commands about an earlier event (semantics: Reversal). The id of one is a key of its sender's (Keyed): the
// same key is the same reversal for ever, a new one a new revision of the event. Without a key the id is made of the event's
// and the body, so that repeating one is harmless, too.
const (
	commandVoid    = "event.void"
	commandAmend   = "event.amend"
	commandRelease = "event.release"
	commandRefuse  = "event.refuse"
	// commandUndo reverses what an event had given to, or taken from, another member.
	commandUndo = "event.undo"
)

// reversing is the data of a reversal.
type reversing struct {
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data,omitempty"` // amend: fields that replace the event's
	// Keep is how much of the points an undo leaves; all of it is undone without one.
	Keep *decimal.Decimal `json:"keep,omitempty"`
}

// NewVoid is the command that undoes an event as if it had never been. Its Member is filled in by Process.
func NewVoid(event string) *event.Event {
	return newReversal(commandVoid, "void/"+event, reversing{Event: event})
}

// NewAmend is the command that makes an event what it would have been with other data: the fields given are merged into
// those of the original, null clears an optional one. Without a key, a body equal to that of an earlier amendment of the
// event is a duplicate. data is a JSON object; what does not fit is refused by Process.
func NewAmend(event string, data json.RawMessage) *event.Event {
	body := canonical(data)
	sum := sha256.Sum256(body)
	return newReversal(commandAmend, "amend/"+event+"/"+hex.EncodeToString(sum[:16]), reversing{Event: event, Data: body})
}

// NewRelease is the command that makes what an event gave and is held back available at once.
func NewRelease(event string) *event.Event {
	return newReversal(commandRelease, "release/"+event, reversing{Event: event})
}

// NewPartialRelease is the command that makes so much available as the event would have given with other data: that of all that
// has been shipped so far. The rest stays held back.
func NewPartialRelease(event string, data json.RawMessage) *event.Event {
	body := canonical(data)
	sum := sha256.Sum256(body)
	return newReversal(commandRelease, "release.part/"+event+"/"+hex.EncodeToString(sum[:16]), reversing{Event: event, Data: body})
}

// NewRefuse is the command that takes what an event gave and is held back away again. All else that the event did stays.
func NewRefuse(event string) *event.Event {
	return newReversal(commandRefuse, "refuse/"+event, reversing{Event: event})
}

func newReversal(command, id string, data reversing) *event.Event {
	return &event.Event{ID: event.Own + id, Kind: event.Command, Type: command, Data: encodeJSON(data)}
}

// isReversal reports whether a type of event is that of a command about an earlier event.
func isReversal(eventType string) bool {
	switch eventType {
	case commandVoid, commandAmend, commandRelease, commandRefuse, commandUndo:
		return true
	}
	return false
}

// canonical writes a JSON object in one way: keys sorted, numbers as short as they go. What is no JSON stays as it is.
func canonical(data []byte) []byte {
	v, err := decodeAny(data)
	if err != nil {
		return encodeJSON(string(data)) // a text is no object, so this does not fit any event
	}
	return encodeJSON(shortest(v))
}

func decodeAny(data []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err = d.Decode(&v); err == nil && d.More() {
		err = errors.New("more than one value")
	}
	return v, err
}

func shortest(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = shortest(v[k])
		}
	case []any:
		for i := range v {
			v[i] = shortest(v[i])
		}
	case json.Number:
		if d, err := decimal.Parse(v.String()); err == nil {
			return json.Number(d.String())
		}
	}
	return v
}

// merged is an event's data with some fields replaced: objects are merged, null removes (RFC 7396).
func merged(data, patch []byte) ([]byte, error) {
	v, err := decodeAny(data)
	if err != nil {
		return nil, err
	}
	p, err := decodeAny(patch)
	if err != nil {
		return nil, err
	}
	return encodeJSON(mergeValue(v, p)), nil
}

func mergeValue(v, patch any) any {
	fields, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	object, ok := v.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	for k, p := range fields {
		if p == nil {
			delete(object, k)
		} else {
			object[k] = mergeValue(object[k], p)
		}
	}
	return object
}

// reversal is all that is read of the store before a reversal is decided.
type reversal struct {
	command  string
	target   *Record
	before   *Record          // the same reversal, where it was made before under another id
	patch    []byte           // amend: what is merged into the event's data
	data     []byte           // amend: the event's data as amended
	keep     *decimal.Decimal // undo
	snapshot []byte           // the member as of a time before the target, nil: before everything
	records  []*Record        // of the member, after that
	versions []Version
	present  func(key string) []byte // states of now
	known    func(id string) *Record
	history  func(member string, before uint64) (snapshot []byte, records []*Record) // of another member, likewise
	// sharers are the members who brought something to a group in a period.
	sharers func(id CountID, period calendar.Key) []string
}

// identify gives a command about an earlier event, or about a claim, the member that it is of, whom its sender does not name.
func (p *Processor) identify(e *event.Event) error {
	if e.Member != "" {
		return nil
	}
	if !isReversal(e.Type) && !settles(e.Type) {
		return nil
	}
	target, err := p.known(targetOf(e))
	if target != nil {
		e.Member = p.now(target.Event.Member)
	}
	return err
}

// prepare reads what a reversal needs, or refuses it. Both are nil for any other event.
func (p *Processor) prepare(e *event.Event) (*reversal, *Refusal, error) {
	if e.Type == commandReturn {
		r, err := p.prepareReturn(e)
		return r, nil, err
	}
	if e.Type == commandMerge {
		return nil, p.checkMerge(e), nil
	}
	if !isReversal(e.Type) {
		return nil, nil, nil
	}
	var data reversing
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return nil, &Refusal{Code: "invalid_json", Message: "the reversal is not well-formed JSON"}, nil
	}
	target, err := p.known(data.Event)
	target = p.ofNow(target)
	switch {
	case err != nil:
		return nil, nil, err
	case e.Depth == 0 && target != nil && target.Event.Type == commandMerge:
		return nil, &Refusal{Code: CodeNotReversible, Message: "a merge of members cannot be undone"}, nil
	case e.Depth == 0 && (target != nil && target.Event.Kind != event.Sent || target == nil && event.Reserved(data.Event)):
		return nil, &Refusal{Code: CodeNotReversible, Message: "this is no event of yours but one that Laurel made: reverse the event that led to it"}, nil
	case target == nil:
		return nil, &Refusal{Code: CodeUnknownEvent, Message: "no event was accepted under this id"}, nil
	}
	r := &reversal{command: e.Type, target: target, patch: data.Data, keep: data.Keep, versions: p.versions, present: p.subjects.state,
		sharers: p.sharers, known: p.mustKnow, history: p.mustRead}
	if r.snapshot, r.records, err = p.history(target.Event.Member, target.Seq); err != nil {
		return nil, nil, err
	}
	if r.before = r.made(e); r.before != nil {
		return r, nil, nil
	}
	if refusal := r.over(); refusal != nil {
		return nil, refusal, nil
	}
	if !p.decidable(target) {
		return nil, notAtHand, nil
	}
	if data.Data != nil {
		base := target.Event.Data // amendments are told as changes of the event as it was sent
		if e.Type == commandRelease {
			base = r.inForce()
		}
		var refusal *Refusal
		if r.data, refusal = p.amended(target, base, data.Data); refusal != nil {
			return nil, refusal, nil
		}
	}
	if refusal := p.nothingPending(r, e); refusal != nil {
		return nil, refusal, nil
	}
	for _, rec := range r.records {
		if !p.decidable(rec) {
			return nil, notAtHand, nil
		}
	}
	return r, nil, nil
}

// prepareReturn reads what a return needs to undo what the confirmation of its claim counted; nil where there is nothing to be
// undone, or the versions that decided are not at hand.
func (p *Processor) prepareReturn(e *event.Event) (*reversal, error) {
	var data settling
	m := p.subjects.Member(e.Member)
	if m == nil || json.Unmarshal(e.Data, &data) != nil {
		return nil, nil
	}
	c := p.subjects.claimOf(m, data.Claim)
	if c == nil || c.State != ClaimConfirmed {
		return nil, nil
	}
	confirmed, used := c.Held == nil && m.looksAt(p.current(), RewardConfirmed), c.handsOver() && m.looksAt(p.current(), RewardUsed)
	if !confirmed && !used {
		return nil, nil
	}
	r := &reversal{command: e.Type, versions: p.versions, present: p.subjects.state, sharers: p.sharers, known: p.mustKnow, history: p.mustRead}
	var err error
	if r.snapshot, r.records, err = p.history(e.Member, c.Confirmed); err != nil {
		return nil, err
	}
	for _, rec := range r.records {
		if !p.decidable(rec) {
			return nil, nil
		}
		if rec.Seq == c.Confirmed {
			r.target = rec
		}
	}
	if r.target == nil {
		return nil, nil
	}
	return r, nil
}

// revisions are the reversals of the target so far, in order.
func (r *reversal) revisions() (list []*Record) {
	for _, rec := range r.records {
		if rec.Outcome.Revision != nil && rec.Outcome.Revision.Seq == r.target.Seq {
			list = append(list, rec)
		}
	}
	return list
}

// made finds the reversal that a command repeats under another id, nil where it is a new one: an event is voided once, and
// who sends no key repeats whatever was done in the same words.
func (r *reversal) made(e *event.Event) *Record {
	if e.Depth > 0 { // what another member's reversal led to has an id of its own
		return nil
	}
	for _, rec := range slices.Backward(r.revisions()) {
		if rec.Event.Type == e.Type && (e.Type == commandVoid || e.Key == "" && string(rec.Event.Data) == string(e.Data)) {
			return rec
		}
	}
	return nil
}

// over refuses a reversal of what is void.
func (r *reversal) over() *Refusal {
	for _, rec := range r.revisions() {
		switch {
		case rec.Event.Type == commandVoid:
			return &Refusal{Code: CodeEventVoided, Message: "this event has been voided: nothing of it is left"}
		case rec.Event.Type == commandRefuse && r.command == commandRelease:
			return &Refusal{Code: CodeEventRefused, Message: "what this event gave and was held back has been refused: nothing is left to release"}
		}
	}
	return nil
}

var notAtHand = &Refusal{Code: CodeNotReversible, Message: "a version of the ruleset that this event was decided by is not at hand"}

// mustKnow finds the record of an event; a store that fails ends the acceptance of events.
func (p *Processor) mustKnow(id string) *Record {
	rec, err := p.known(id)
	if err != nil {
		p.fail(err)
	}
	return p.ofNow(rec)
}

// mustRead is a member's history; a store that fails ends the acceptance of events.
func (p *Processor) mustRead(member string, before uint64) (snapshot []byte, records []*Record) {
	snapshot, records, err := p.history(member, before)
	if err != nil {
		p.fail(err)
	}
	return snapshot, records
}

// decidable reports whether the versions that a record was decided by are at hand.
func (p *Processor) decidable(rec *Record) bool {
	return p.versionByNumber(rec.Version) != nil && p.versionByNumber(rec.Present) != nil
}

// inForce is the event's data as the last amendment has it.
func (r *reversal) inForce() []byte {
	for _, rec := range slices.Backward(r.revisions()) {
		if rec.Outcome.Revision.Amended != nil {
			return rec.Outcome.Revision.Amended.Data
		}
	}
	return r.target.Event.Data
}

// nothingPending refuses to release, or to refuse, what is not held back, be it the member's own or another's.
func (p *Processor) nothingPending(r *reversal, e *event.Event) *Refusal {
	if e.Depth > 0 || e.Type != commandRelease && e.Type != commandRefuse {
		return nil
	}
	now, found := max(e.Arrived, p.arrived), false
	has := func(r *reversal) {
		if m := p.subjects.Member(r.target.Event.Member); m != nil {
			r.pending(m, now, func(*Account, *Lot) { found = true })
		}
	}
	has(r)
	for _, rec := range append([]*Record{r.target}, r.revisions()...) {
		for i := range rec.Outcome.Effects {
			if q := &rec.Outcome.Effects[i]; q.Kind == QueuedEffect && !q.Source.None() {
				if of := p.mustKnow(q.ID); of != nil {
					has(&reversal{target: of})
				}
			}
		}
	}
	if found {
		return nil
	}
	return &Refusal{Code: CodeNothingPending, Message: "nothing of what this event gave is held back"}
}

// amended is the data of an event with some fields replaced, which must fit the ruleset that decided.
func (p *Processor) amended(target *Record, data, patch []byte) ([]byte, *Refusal) {
	unfit := func(errs []event.FieldError) *Refusal {
		return &Refusal{Code: CodeDoesNotFit, Message: "the event would not fit its type with this data", Errors: errs}
	}
	if v, err := decodeAny(patch); err != nil {
		return nil, unfit(nil)
	} else if _, object := v.(map[string]any); !object {
		return nil, unfit([]event.FieldError{{Location: "data", Code: "wrong_type", Message: "an object with the fields to replace is expected"}})
	}
	data, err := merged(data, patch)
	if err != nil {
		return nil, unfit(nil)
	}
	if _, errs := p.versionByNumber(target.Version).EventType(target.Event.Type).Schema.Decode(data, "data."); len(errs) > 0 {
		return nil, unfit(errs)
	}
	return data, nil
}

// reverseCommand carries out a reversal: what it amounts to is found out from the member's history, or told by the record.
func (a *applier) reverseCommand(e *event.Event) {
	a.look(e)
	a.decides.reverse(a)
}

// accountsOf is a copy of the member's accounts.
func accountsOf(m *Member) []*Account {
	list := make([]*Account, len(m.Accounts))
	for i, acc := range m.Accounts {
		c := *acc
		c.lots, c.Idle, c.Missing = acc.lots.clone(), cloned(acc.Idle), acc.copyOfMissing()
		list[i] = &c
	}
	return list
}

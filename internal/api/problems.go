package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/program"
)

// Code is one line of the documented table of problems.
type Code struct {
	Code    string
	Status  int
	Meaning string
}

// codes is the one place where a refusal gets its HTTP status. What the engine refuses and is not named here does not fit
// the ruleset or its state: 422.
var codes = []Code{
	{"invalid_json", 400, "the body is not well-formed JSON; the location is the first faulty byte"},
	{"invalid_event", 400, "the body is not an event's envelope"},
	{"invalid_body", 400, "the body does not have the fields that this call takes"},
	{"wrong_parameter", 400, "a parameter of the path or query is unknown or has no such value"},
	{"idempotency_key_missing", 400, "this call is not harmless to repeat: it needs the header Idempotency-Key"},
	{"key_in_query", 400, "a key was sent in the query, where logs see it; revoke it and send keys in the Authorization header"},
	{"bad_request", 400, "the request is not HTTP as this server speaks it"},
	{"key_missing", 401, "the request has no key: send Authorization: Bearer lk_…"},
	{"key_unknown", 401, "there is no such key"},
	{"key_expired", 401, "the key has expired"},
	{"key_revoked", 401, "the key was revoked"},
	{"token_missing", 401, "the request has no member's token: send Authorization: Bearer eyJ…"},
	{"token_invalid", 401, "this is no token of a member, the key that signed it is gone, or the member was erased"},
	{"token_expired", 401, "the token has expired: take a new one"},
	{"origin_refused", 403, "pages of this origin may not call for this program; PATCH /v1/admin/program allows some"},
	{"not_for_members", 403, "a member's own device may not send this: the event's type is not in `client_events`, or it is about another member"},
	{"invalid_ruleset", 422, "the ruleset has errors, or is one of another program; the locations are file, line and column"},
	{"tests_failed", 422, "tests of the ruleset fail, so it was not activated"},
	{"ruleset_blocked", 409, "the ruleset would change what members have been promised, or what has been counted"},
	{"version_planned", 409, "another version of the ruleset is to come into force"},
	{"version_conflict", 409, "another version of the ruleset has come into force meanwhile"},
	{"key_narrowed", 403, "the key is narrowed to events of other types"},
	{"scope_missing", 403, "the key lacks the scope that this call needs"},
	{"not_found", 404, "there is nothing under this id"},
	{engine.CodeMemberUnknown, 404, "there is no such member"},
	{engine.CodeUnknownEvent, 404, "no event was accepted under this id; once it is, it can be reversed"},
	{engine.CodePointsUnknown, 404, "the ruleset has no such points"},
	{engine.CodeUnknownClaim, 404, "there is no such claim"},
	{"route_not_found", 404, "there is no such path"},
	{"method_not_allowed", 405, "the path does not take this method; Allow lists those it takes"},
	{"request_timeout", 408, "the request did not arrive in time"},
	{engine.CodeChallengeOver, 409, "the challenge is over, for everybody or for this member"},
	{engine.CodeNotJoined, 409, "the member has not joined this challenge"},
	{engine.CodeConflict, 409, "another event was accepted under this id"},
	{engine.CodeEventVoided, 409, "the event was voided: nothing of it is left to reverse"},
	{engine.CodeEventRefused, 409, "what the event gave and was held back was refused before, and cannot be released"},
	{engine.CodeNothingPending, 409, "nothing of what the event gave is held back"},
	{engine.CodeNotReversible, 409, "the event is one of Laurel's own, or the ruleset that decided it is not at hand"},
	{engine.CodeInsufficient, 409, "there are fewer points than this takes; that is remembered under the id, but for reversals"},
	{engine.CodeWho, 409, "the reward is for other members; that is remembered under the id, as are the following ones up to `not_repairable`"},
	{engine.CodeWindow, 409, "the reward cannot be claimed at this time"},
	{engine.CodeLimit, 409, "the reward's limit is used up"},
	{engine.CodeStock, 409, "nothing is left of the reward"},
	{engine.CodeExceedsHold, 409, "the claim holds fewer points than that"},
	{engine.CodeHoldCaptured, 409, "the claim has been confirmed"},
	{engine.CodeHoldReleased, 409, "the claim has been cancelled, or its hold is over"},
	{engine.CodeNotConfirmed, 409, "the claim has not been confirmed: cancel it instead"},
	{engine.CodeReturnTooLarge, 409, "less than that is left of what the claim has spent"},
	{engine.CodeNotHeld, 409, "the member does not hold the reward that is to be used, or it has expired"},
	{engine.CodeAlreadyUsed, 409, "the reward has been used; the answer says when and where"},
	{engine.CodeFreezesFull, 409, "as many freezes are stored as can be held"},
	{engine.CodeNotRepairable, 409, "the streak has no break that could still be repaired"},
	{engine.CodeKnownCode, 409, "the pool has had this code before"},
	{engine.CodeCardIssued, 409, "the member has a card, or the number is that of one"},
	{engine.CodeCardEnded, 409, "the card is blocked or replaced already"},
	{"program_exists", 409, "there is a program of this id"},
	{"program_of_files", 409, "the program is served from a file on the command line of the server"},
	{"not_a_sandbox", 409, "the clock of a live program cannot be moved"},
	{"too_many_keys", 409, "two keys of this name are active, or two keys sign tokens already"},
	{"too_many_webhooks", 409, "the program has as many webhooks as it may have"},
	{"too_many_waiting", 409, "so many messages wait to be tried again that no more can be added"},
	{engine.CodeMemberErased, 410, "the member has been erased, and the id stays blocked"},
	{engine.CodeMerged, 410, "the member has been merged into another, whose id the answer has as `member`: send that from now on"},
	{"card_blocked", 410, "the card was blocked: no member is found by it. The member can have a new one"},
	{"card_replaced", 410, "the card was replaced by a new one: no member is found by it"},
	{"body_too_large", 413, "the body is larger than this call takes"},
	{"too_many_events", 413, "the batch has more events than one request takes"},
	{"content_encoding_refused", 415, "bodies are sent without Content-Encoding"},
	{"media_type_refused", 415, "this call does not take bodies of this Content-Type"},
	{"idempotency_key_reused", 422, "another request was made with this Idempotency-Key"},
	{engine.CodeDoesNotFit, 422, "the data does not fit the ruleset"},
	{engine.CodeOverflow, 422, "with this a sum would be more than can be counted"},
	{engine.CodeUnknownType, 422, "the ruleset has no such event type"},
	{engine.CodeTooLate, 422, "the event's time lies further back than the program's late window"},
	{engine.CodeInFuture, 422, "the event's time lies in the future"},
	{engine.CodeMemberIncomplete, 422, "the member is not known yet and has required fields"},
	{engine.CodeNotForSale, 422, "the reward costs nothing and can only be given; or the streak sells no freezes or repairs"},
	{engine.CodeNotOnCall, 422, "the promotion opens by its dates or schedule in the ruleset, not by a call"},
	{engine.CodeNotOptIn, 422, "everybody takes part in this challenge without joining"},
	{"import_unsorted", 422, "an event of an import is older than the line before"},
	{"rate_limited", 429, "too many requests; Retry-After says when to come back"},
	{"header_too_large", 431, "the request's header is too large"},
	{"internal", 500, "the server failed; the request_id finds it in the log"},
	{engine.CodeDamaged, 500, "a record of the journal that this needs is damaged; operators are told"},
	{"storage_full", 503, "the disk is nearly full and nothing is written; reads go on. Retry-After says when to come back"},
	{"too_many_streams", 503, "as many streams are open as this server serves; Retry-After says when to come back"},
	{"overloaded", 503, "more waits for the program than it decides within a second; nothing was taken. Retry-After says when to come back"},
	{"program_paused", 503, "the program is paused and accepts nothing; reads go on. Retry-After says when to come back"},
	{"not_yet", 503, "this node has not seen min_seq yet; Retry-After says when to come back"},
	{"clock_wrong", 503, "the machine's clock cannot be right, so nothing is accepted; what the operators' `/readyz` says of the check `clock` " +
		"tells how far it is off"},
	{"program_stopped", 503, "the program has stopped by itself, because its store failed or something in it was not as it must be; operators are told, and " +
		"programs beside it go on. Retry-After says when to come back"},
	{"unavailable", 503, "the program is stopping or runs elsewhere, or a leaderboard cannot be read for a moment; Retry-After says when to come back"},
}

// fieldCodes are the codes of single errors within a problem, besides those above.
var fieldCodes = []Code{
	{"unknown_field", 0, "there is no such field"},
	{"duplicate_field", 0, "the field is given twice"},
	{"missing_field", 0, "a required field is not given or null"},
	{"wrong_type", 0, "the value has another type"},
	{"wrong_number", 0, "the number is written with an exponent or as minus zero"},
	{"too_many_digits", 0, "the number has more fractional digits than the field or currency"},
	{"out_of_range", 0, "the number is too large or too small"},
	{"list_too_long", 0, "the list has more items than an event may have"},
	{"wrong_date", 0, "this is no date"},
	{"wrong_time", 0, "this is no time with its offset, or not one that fits here"},
	{"wrong_id", 0, "this cannot be an id"},
	{"wrong_name", 0, "this cannot be a name"},
	{"wrong_timezone", 0, "this is no IANA time zone"},
	{"blocked", 0, "this must not change, or not like this"},
	{"test_failed", 0, "this test of a ruleset fails; the location is its file and line"},
	{"wrong_value", 0, "the value is not one of those that fit here"},
	{"wrong_amount", 0, "this amount does not fit here"},
	{"wrong_code", 0, "this cannot be a code of a pool"},
	{"wrong_url", 0, "messages cannot be sent to this address"},
	{"wrong_reason", 0, "this cannot be a reason"},
	{"unknown_scope", 0, "there is no such scope"},
}

// Codes is the documented table of problems, by status.
func Codes() []Code { return slices.Clone(codes) }

// FieldCodes is the documented table of the codes of single errors. Their status is that of the problem around them.
func FieldCodes() []Code { return slices.Clone(fieldCodes) }

var statusOf = func() map[string]int {
	m := make(map[string]int, len(codes))
	for _, c := range codes {
		m[c.Code] = c.Status
	}
	return m
}()

// problem is a refusal on its way to the client (RFC 9457). It never holds a value that the client sent.
type problem struct {
	code    string
	detail  string
	errors  []event.FieldError
	used    *engine.Holding // what was used before, with when and where
	member  string          // of code merged: the member that it is now
	retry   int             // seconds for Retry-After, 0: none
	because error           // for the log
}

// Error makes a problem an error.
func (p *problem) Error() string { return p.code + ": " + p.detail }

func (p *problem) status() int {
	if status, known := statusOf[p.code]; known {
		return status
	}
	return http.StatusUnprocessableEntity
}

func refuse(code, detail string, errs ...event.FieldError) *problem {
	return &problem{code: code, detail: detail, errors: errs}
}

// refused is the problem of a refusal of the engine.
func refused(r *engine.Refusal) *problem {
	p := refuse(r.Code, r.Message, r.Errors...)
	p.member = r.Member
	return p
}

// malformed is the problem of a body that could not be read: not JSON, or not what code says it should be.
func malformed(code, detail string, errs []event.FieldError) *problem {
	if errs[0].Code == "invalid_json" {
		code, detail = "invalid_json", "the body is not well-formed JSON"
	}
	return refuse(code, detail, errs...)
}

func wrongParameter(location, message, suggestion string) *problem {
	return refuse("wrong_parameter", "a parameter does not fit",
		event.FieldError{Location: location, Code: "wrong_value", Message: message, Suggestion: suggestion})
}

func notFound(what string) *problem { return refuse("not_found", "there is no such "+what) }

// noCursor is the answer to a cursor of another list.
func noCursor() *problem {
	return refuse("not_found", "this cursor is not one of this list with these parameters: begin again without it")
}

// noMember is the answer where a member is not known, or not any more.
func (c call) noMember(id string) *problem {
	if c.program.Erased(id) {
		return refuse(engine.CodeMemberErased, "this member has been erased, and the id stays blocked")
	}
	if now := c.program.Merged(id); now != "" {
		p := refuse(engine.CodeMerged, "this member has been merged into another: use that one's id")
		p.member = now
		return p
	}
	return refuse(engine.CodeMemberUnknown, "there is no such member")
}

// asProblem makes a problem of any error of a handler or of Fiber.
func asProblem(err error) *problem {
	var p *problem
	if errors.As(err, &p) {
		return p
	}
	var f *fiber.Error
	if errors.As(err, &f) {
		return fiberProblem(f)
	}
	if errors.Is(err, engine.ErrDamaged) {
		return refuse(engine.CodeDamaged, "this was accepted, and cannot be read any more; those who run the server have been told")
	}
	if errors.Is(err, program.ErrFull) {
		return &problem{code: "storage_full", detail: "the disk is nearly full; reads go on, and writes when there is room again", retry: 30}
	}
	if errors.Is(err, program.ErrBusy) {
		return &problem{code: "overloaded", detail: "more waits for this program than it decides within a second: nothing was taken, send it again", retry: 1}
	}
	if errors.Is(err, program.ErrPaused) {
		return &problem{code: "program_paused", detail: "the program is paused by those who run the server; reads go on", retry: retryStopped}
	}
	if errors.Is(err, program.ErrStopped) {
		return &problem{code: "unavailable", detail: "the program takes no requests now", retry: 1}
	}
	if errors.Is(err, program.ErrHeld) {
		return &problem{code: "clock_wrong", detail: "the server's clock cannot be right; nothing is accepted until it is put right or confirmed", retry: retryClock}
	}
	return &problem{code: "internal", detail: "the server failed", because: err}
}

// retryClock is how many seconds a sender waits while the clock is wrong: somebody has to see to it.
const retryClock = 30

// fiberProblem is the problem of what Fiber and fasthttp refuse before a handler is reached. Their messages quote the
// request and are not told.
func fiberProblem(f *fiber.Error) *problem {
	switch f.Code {
	case http.StatusNotFound:
		return refuse("route_not_found", "there is no such path")
	case http.StatusMethodNotAllowed:
		return refuse("method_not_allowed", "this path does not take this method")
	case http.StatusRequestEntityTooLarge:
		return refuse("body_too_large", "the body is larger than this call takes")
	case http.StatusRequestHeaderFieldsTooLarge:
		return refuse("header_too_large", "the request's header is too large")
	case http.StatusRequestTimeout, http.StatusBadGateway:
		return refuse("request_timeout", "the request did not arrive in time")
	case http.StatusBadRequest:
		return refuse("bad_request", "this is not a request that can be read")
	default:
		return &problem{code: "internal", detail: "the server failed", because: f}
	}
}

// body is a problem as JSON.
type body struct {
	Type      string             `json:"type"`
	Title     string             `json:"title"`
	Status    int                `json:"status"`
	Code      string             `json:"code"`
	Detail    string             `json:"detail"`
	RequestID string             `json:"request_id"`
	Errors    []event.FieldError `json:"errors,omitempty"`
	Used      *engine.Holding    `json:"used,omitempty"`
	Member    string             `json:"member,omitempty"`
}

// write answers a request with the problem.
func (p *problem) write(c *fiber.Ctx, requestID string) {
	status := p.status()
	b, err := json.Marshal(body{Type: "urn:laurel:problem:" + p.code, Title: http.StatusText(status), Status: status, Code: p.code,
		Detail: p.detail, RequestID: requestID, Errors: p.errors, Used: p.used, Member: p.member})
	if err != nil {
		panic("api: a problem must be writable as JSON: " + err.Error())
	}
	r := c.Response()
	r.ResetBody()
	r.SetStatusCode(status)
	r.Header.SetContentType("application/problem+json")
	r.Header.Set("Cache-Control", "no-store")
	if status == http.StatusUnauthorized {
		r.Header.Set("WWW-Authenticate", "Bearer")
	}
	if p.retry > 0 {
		r.Header.Set("Retry-After", strconv.Itoa(p.retry))
	}
	r.SetBody(b)
}

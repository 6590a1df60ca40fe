package api

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/laurel-engine/laurel/engine/event"
)

// The media types of CloudEvents 1.0 in their structured and batched modes. In the binary mode the data is the body, and the attributes are
// headers.
const (
	mediaCloudEvent = "application/cloudevents+json"
	mediaCloudBatch = "application/cloudevents-batch+json"
)

// cloudHeader begins the headers of the binary mode.
const cloudHeader = "ce-"

// cloudNames are the names that mean something here. Others are extensions, which are nobody's here.
var cloudNames = []string{"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "data", "data_base64"}

// cloudExtension is what CloudEvents call an attribute.
var cloudExtension = regexp.MustCompile(`^[a-z0-9]+$`)

// sourceEnds is between the source and the id of a CloudEvent, which together name an event. No URI has one.
const sourceEnds = "|"

// readEvent reads the body as an event, or as a CloudEvent where it says that it is one. Most are none, so that this costs one look at a header.
func (c call) readEvent() (*event.Event, []event.FieldError) {
	r := &c.http.Context().Request
	media := r.Header.ContentType()
	switch {
	case len(media) >= len(mediaCloudEvent) && bytes.EqualFold(media[:len(mediaCloudEvent)], []byte(mediaCloudEvent)):
		return parseCloudEvent(r.Body())
	case len(r.Header.Peek(cloudHeader+"specversion")) > 0:
		return c.binaryCloudEvent(r.Body())
	}
	return event.Parse(r.Body())
}

// cloudEvent is a CloudEvent as it was read.
type cloudEvent struct {
	attributes map[string]string
	data       []byte // nil: none
	prefix     string // of the attributes' names, where they are told
	wrong      []event.FieldError
}

func (e *cloudEvent) misfit(name, code, message, suggestion string) {
	e.wrong = append(e.wrong, event.FieldError{Location: e.prefix + name, Code: code, Message: message, Suggestion: suggestion})
}

// parseCloudEvent reads the structured mode.
func parseCloudEvent(body []byte) (*event.Event, []event.FieldError) {
	e := &cloudEvent{attributes: map[string]string{}}
	errs := event.ParseObject(body, "", cloudNames, func(name string, value []byte) {
		var text string
		switch {
		case string(value) == "null": // it is left out
		case name == "data":
			e.data = value
		case json.Unmarshal(value, &text) != nil:
			e.misfit(name, "wrong_type", "a text is expected", "write it in quotes")
		default:
			e.attributes[name] = text
		}
	})
	errs = slices.DeleteFunc(errs, func(err event.FieldError) bool {
		return err.Code == "unknown_field" && cloudExtension.MatchString(err.Location)
	})
	if len(errs) > 0 && errs[0].Location != "" && (errs[0].Code == "invalid_json" || errs[0].Location == "body") {
		return &event.Event{}, errs
	}
	e.wrong = append(errs, e.wrong...)
	if kind := e.attributes["datacontenttype"]; kind != "" && !jsonMedia(kind) {
		e.misfit("datacontenttype", "wrong_value", "data is JSON here", "send application/json")
	}
	if e.attributes["data_base64"] != "" {
		e.misfit("data_base64", "wrong_value", "data is JSON here", "send it as an object in data")
	}
	return e.event()
}

// jsonMedia reports whether a media type is one of JSON.
func jsonMedia(text string) bool {
	media, _, _ := strings.Cut(text, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	return media == mediaJSON || strings.HasSuffix(media, "+json")
}

// binaryCloudEvent reads the binary mode.
func (c call) binaryCloudEvent(body []byte) (*event.Event, []event.FieldError) {
	e := &cloudEvent{attributes: map[string]string{}, prefix: cloudHeader}
	if errs := event.ParseObject(body, "", nil, nil); len(body) > 0 && len(errs) > 0 && errs[0].Code == "invalid_json" {
		return &event.Event{}, errs
	}
	if len(body) > 0 {
		e.data = body
	}
	for _, name := range []string{"specversion", "id", "source", "type", "subject", "time"} {
		text, err := url.PathUnescape(string(c.http.Context().Request.Header.Peek(cloudHeader + name)))
		if err != nil || !utf8.ValidString(text) {
			e.misfit(name, "wrong_value", "what is not ASCII is expected in UTF-8, with a percent sign before each byte in hexadecimal", "")
		}
		e.attributes[name] = text
	}
	return e.event()
}

// event is what a CloudEvent says, as Laurel has it: source and id name it, the subject is the member, and what stands before the last dot of
// the type says whose type it is.
func (e *cloudEvent) event() (*event.Event, []event.FieldError) {
	of := e.attributes
	for _, name := range []string{"specversion", "id", "source", "type", "subject"} {
		blamed := slices.ContainsFunc(e.wrong, func(err event.FieldError) bool { return err.Location == e.prefix+name })
		switch {
		case blamed:
		case of[name] == "":
			e.misfit(name, "missing_field", "this field is required", "")
		case name == "specversion" && of[name] != "1.0":
			e.misfit(name, "wrong_value", "only version 1.0 of CloudEvents is known here", "send 1.0")
		case name == "source" && strings.Contains(of[name], sourceEnds):
			e.misfit(name, "wrong_value", "this is no URI", "")
		case name == "id" && len(of["source"])+len(sourceEnds)+len(of[name]) > event.MaxID:
			e.misfit(name, "wrong_id", "source and id have together at most 199 bytes", "")
		}
	}
	if len(e.wrong) > 0 {
		unread := &event.Event{}
		if of["source"] != "" && of["id"] != "" && event.ValidID(e.name()) {
			unread.ID = e.name() // by which its sender recognizes it
		}
		return unread, e.wrong
	}
	made, errs := event.Parse(e.envelope())
	for i := range errs {
		switch errs[i].Location {
		case "member":
			errs[i].Location = e.prefix + "subject"
		case "id", "type", "time":
			errs[i].Location = e.prefix + errs[i].Location
		}
	}
	return made, errs
}

// name is the event's id: its source and its own id.
func (e *cloudEvent) name() string { return e.attributes["source"] + sourceEnds + e.attributes["id"] }

// envelope is the same as Laurel's own envelope.
func (e *cloudEvent) envelope() []byte {
	of := e.attributes
	b := event.AppendText([]byte(`{"id":`), e.name())
	b = event.AppendText(append(b, `,"type":`...), of["type"][strings.LastIndexByte(of["type"], '.')+1:])
	b = event.AppendText(append(b, `,"member":`...), of["subject"])
	if of["time"] != "" {
		b = event.AppendText(append(b, `,"time":`...), of["time"])
	}
	if e.data != nil {
		b = append(append(b, `,"data":`...), e.data...)
	}
	return append(b, '}')
}

// readCloudBatch reads the batched mode.
func readCloudBatch(body []byte, t *turn) (items []item, err error) {
	errs := event.ParseValues(body, func(value []byte) bool {
		e, errs := parseCloudEvent(value)
		items = append(items, newItem(e, errs, len(items)+1))
		t.one()
		return len(items) <= MaxBatchEvents
	})
	return wholeArray(items, errs)
}

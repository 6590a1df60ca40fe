package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"sync"
)

// buffers are for answers that are written by hand; fasthttp copies them into the response.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// maxPooled keeps an exceptional answer from staying in memory.
const maxPooled = 1 << 20

func release(buffer *[]byte, b []byte) {
	if cap(b) <= maxPooled {
		*buffer = b[:0]
		buffers.Put(buffer)
	}
}

// JSON is the media type of answers.
const mediaJSON = "application/json"

// send answers with a body that is already JSON.
func (c call) send(status int, body []byte) error {
	r := c.http.Response()
	r.SetStatusCode(status)
	r.Header.SetContentType(mediaJSON)
	r.SetBody(body)
	return nil
}

// write answers a call that changes something.
func (c call) write(status int, answer any) error {
	b, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	c.http.Response().Header.Set("Cache-Control", "no-store")
	return c.send(status, b)
}

// show answers a read, with an ETag made of the answer itself; 304 when the client has it.
func (c call) show(answer any) error {
	b, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return c.showTagged(b, tagOf(b))
}

func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// showTagged answers a read whose ETag is known.
func (c call) showTagged(body []byte, etag string) error {
	if c.unchanged(etag) {
		return c.notModified(etag)
	}
	c.tag(etag)
	return c.send(http.StatusOK, body)
}

func (c call) notModified(etag string) error {
	c.tag(etag)
	c.http.Response().SetStatusCode(http.StatusNotModified)
	return nil
}

func (c call) tag(etag string) {
	h := &c.http.Response().Header
	h.Set("ETag", etag)
	h.Set("Cache-Control", "private, no-cache")
}

// unchanged reports whether the client has the answer with an ETag. The comparison is the weak one, as RFC 9110 has it
// for If-None-Match.
func (c call) unchanged(etag string) bool {
	rest := c.http.Context().Request.Header.Peek("If-None-Match")
	for len(rest) > 0 {
		var one []byte
		one, rest, _ = bytes.Cut(rest, []byte(","))
		one = bytes.TrimPrefix(bytes.TrimSpace(one), []byte("W/"))
		if string(one) == etag || string(one) == "*" {
			return true
		}
	}
	return false
}

// known is the only ETag that the client has, for reads that can tell from it whether they need to build an answer.
func (c call) known() string {
	header := bytes.TrimSpace(c.http.Context().Request.Header.Peek("If-None-Match"))
	return string(bytes.TrimPrefix(header, []byte("W/")))
}

// page is a list of things. NextCursor is null on the last page.
type page[T any] struct {
	Data       []T     `json:"data"`
	HasMore    bool    `json:"has_more"`
	NextCursor *string `json:"next_cursor"`
}

// listed answers with a list of which there is never much: all of it, or the part that ?limit= and ?cursor= ask for.
func listed[T any](c call, list []T) error {
	limit, err := c.number("limit", max(1, int64(len(list))), 1, maxPage)
	if err != nil {
		return err
	}
	owner := c.owner(c.route.path+"\x00"+c.self+"\x00"+c.query("member"), true)
	place, err := c.cursor(owner)
	if err != nil {
		return err
	}
	return c.show(pageFrom(list, place, int(limit), owner))
}

// whole is a list that is never longer than a page.
func whole[T any](list []T) page[T] {
	if list == nil {
		list = []T{}
	}
	return page[T]{Data: list}
}

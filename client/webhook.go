package client

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Why a message is not to be believed.
var (
	ErrWebhookHeaders   = errors.New("laurel: the headers webhook-id, webhook-timestamp and webhook-signature are needed")
	ErrWebhookTimestamp = errors.New("laurel: the message's timestamp is too far from now")
	ErrWebhookSignature = errors.New("laurel: no signature matches")
)

const (
	standardTolerance = 5 * time.Minute
	maxMessage        = 1 << 20
)

// Message is one thing that has happened, as webhooks and streams tell it (api: Webhooks).
type Message struct {
	// ID is the same however often the message is sent: remember those that you have acted on. A stream's messages have none.
	ID        string    `json:"-"`
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	// Data has the fields of the type; those that most types have are beside it.
	Data   json.RawMessage `json:"data"`
	Member string          `json:"-"`
	Number uint64          `json:"-"` // counts what happened to the member, from 1 without gaps
	Event  string          `json:"-"` // that brought it to light
}

// UnmarshalJSON reads a message.
func (m *Message) UnmarshalJSON(b []byte) error {
	type message Message
	if err := json.Unmarshal(b, (*message)(m)); err != nil {
		return err
	}
	var data struct {
		Member, Event string
		Number        uint64
	}
	if err := json.Unmarshal(m.Data, &data); err != nil {
		return err
	}
	m.Member, m.Number, m.Event = data.Member, data.Number, data.Event
	return nil
}

// Webhook is a receiver of messages. It does not know which it has seen before: each comes at least once.
type Webhook struct {
	// Secrets are those that may have signed: the endpoint's own, and while it is rotated the one before as well.
	Secrets []string
	// Tolerance is how far a message's timestamp may be from this clock, 5 minutes unless it is said.
	Tolerance time.Duration
}

// Read reads the message of a request, once it is verified. Answer 400 after an error, and 200 otherwise.
func (w Webhook) Read(r *http.Request) (*Message, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxMessage+1))
	if err != nil {
		return nil, fmt.Errorf("laurel: the message did not arrive: %w", err)
	}
	if len(body) > maxMessage {
		return nil, errors.New("laurel: no message is as long as this")
	}
	if err := w.Verify(r.Header, body); err != nil {
		return nil, err
	}
	m := &Message{ID: r.Header.Get("webhook-id")}
	if err := json.Unmarshal(body, m); err != nil {
		return nil, fmt.Errorf("laurel: this is no message: %w", err)
	}
	return m, nil
}

// Verify refuses what none of the secrets has signed, or not just now.
func (w Webhook) Verify(h http.Header, body []byte) error {
	id, timestamp, signatures := h.Get("webhook-id"), h.Get("webhook-timestamp"), strings.Fields(h.Get("webhook-signature"))
	if id == "" || timestamp == "" || len(signatures) == 0 {
		return ErrWebhookHeaders
	}
	tolerance := w.Tolerance
	if tolerance == 0 {
		tolerance = standardTolerance
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return ErrWebhookTimestamp
	}
	for _, secret := range w.Secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) < 24 { // an empty one would be everybody's
			return errors.New("laurel: a secret is whsec_ and at least 24 bytes in base64")
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + timestamp + "."))
		mac.Write(body)
		want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for _, got := range signatures {
			if hmac.Equal([]byte(got), []byte(want)) {
				return nil
			}
		}
	}
	return ErrWebhookSignature
}

package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Headers of a message (Standard Webhooks 1.0).
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// Tolerance is how far a message's timestamp may be from the receiver's clock, either way.
const Tolerance = 5 * time.Minute

const (
	secretMark  = "whsec_"
	secretBytes = 32
	// The least and most bytes of a secret, as the specification has it.
	leastSecret, mostSecret = 24, 64
	signatureMark           = "v1,"
)

var (
	// ErrSignature is the answer to a message that none of the secrets signed, or that was changed on its way.
	ErrSignature = errors.New("webhook: no signature matches")
	// ErrTimestamp is the answer to a message of another time: a captured one that is sent again, or a clock that is wrong.
	ErrTimestamp = errors.New("webhook: the timestamp is too far from now")
	// ErrReplayed is the answer to a message that was seen before. Deliveries are at least once: such a message is answered
	// with 200 and not acted upon.
	ErrReplayed = errors.New("webhook: this id was seen before")
	// ErrHeaders is the answer to a request that lacks a header of a message.
	ErrHeaders = errors.New("webhook: the headers webhook-id, webhook-timestamp and webhook-signature are needed")
	// ErrSecret is the answer to a secret that is none.
	ErrSecret = errors.New("webhook: a secret is whsec_ and 24 to 64 bytes in base64")
)

// newSecret is a secret of 256 random bits.
func newSecret() string {
	var b [secretBytes]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic("webhook: the system has no randomness: " + err.Error())
	}
	return secretMark + base64.StdEncoding.EncodeToString(b[:])
}

func secretKey(secret string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretMark))
	if err != nil || len(key) < leastSecret || len(key) > mostSecret {
		return nil, ErrSecret
	}
	return key, nil
}

// signature is the one of a message under one key.
func signature(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return signatureMark + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Sign sets the headers of a message: its id, the time of this try, and a signature for each secret.
func Sign(h http.Header, secrets []string, id string, body []byte, at time.Time) error {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	list := make([]string, len(secrets))
	for i, s := range secrets {
		key, err := secretKey(s)
		if err != nil {
			return err
		}
		list[i] = signature(key, id, timestamp, body)
	}
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, timestamp)
	h.Set(HeaderSignature, strings.Join(list, " "))
	return nil
}

// Verify checks that one of the secrets signed a message just now. It says nothing of whether the id was seen before; a
// Verifier does. The error is one of this package.
func Verify(secrets []string, h http.Header, body []byte, now time.Time) error {
	id, timestamp, signatures := h.Get(HeaderID), h.Get(HeaderTimestamp), h.Get(HeaderSignature)
	if id == "" || timestamp == "" || signatures == "" {
		return ErrHeaders
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return ErrTimestamp
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > Tolerance || age < -Tolerance {
		return ErrTimestamp
	}
	for _, s := range secrets {
		key, err := secretKey(s)
		if err != nil {
			return err
		}
		want := signature(key, id, timestamp, body)
		for _, got := range strings.Fields(signatures) {
			if hmac.Equal([]byte(got), []byte(want)) {
				return nil
			}
		}
	}
	return ErrSignature
}

// Verifier is a receiver's memory: it verifies messages and tells those that it has seen. Its zero value with Secrets is
// ready; it may be used by any number of goroutines. It forgets an id once nobody could replay it any more, so a receiver that
// acts on messages for longer than that keeps the ids with what it did.
type Verifier struct {
	Secrets []string

	mu   sync.Mutex
	seen map[string]time.Time
	next time.Time // when old ids are forgotten
}

// Verify is Verify, and refuses an id that it has accepted before.
func (v *Verifier) Verify(h http.Header, body []byte, now time.Time) error {
	if err := Verify(v.Secrets, h, body, now); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.seen == nil {
		v.seen = map[string]time.Time{}
	}
	// The timestamp is signed: after twice the tolerance no request that was captured passes for a new one.
	if now.After(v.next) {
		for id, at := range v.seen {
			if now.Sub(at) > 2*Tolerance {
				delete(v.seen, id)
			}
		}
		v.next = now.Add(Tolerance)
	}
	id := h.Get(HeaderID)
	if _, known := v.seen[id]; known {
		return ErrReplayed
	}
	v.seen[id] = now
	return nil
}

package audit

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Entry is one administrative action.
type Entry struct {
	N       uint64    `json:"n"` // from 1, without gaps
	At      time.Time `json:"at"`
	Action  string    `json:"action"`          // such as keys.create
	Key     string    `json:"key,omitempty"`   // the id of the key that was used, "" where none was: at the server's own machine
	KeyName string    `json:"name,omitempty"`  // its name
	Actor   string    `json:"actor,omitempty"` // the person for whom it was, as the caller says
	Request string    `json:"request_id,omitempty"`
	Seq     uint64    `json:"seq,omitempty"` // of the event that it is
	Sealed  string    `json:"sealed"`        // the hash of the salt and What
	Before  string    `json:"previous"`      // the hash of the entry before it
	Hash    string    `json:"hash"`          // of all of the above

	Salt string `json:"salt,omitempty"`
	What *What  `json:"what,omitempty"` // nil where it was erased
}

// What is what an action was about.
type What struct {
	Kind   string          `json:"kind"`              // of what was changed: key, webhook, event, member and so on
	ID     string          `json:"id,omitempty"`      // its id
	Member string          `json:"member,omitempty"`  // whom it was about
	Failed string          `json:"refused,omitempty"` // the code of the refusal, where nothing was done
	Before json.RawMessage `json:"before,omitempty"`  // as it was
	After  json.RawMessage `json:"after,omitempty"`   // as it is now, or what was asked for
	Reason string          `json:"reason,omitempty"`
}

// Beginning is what the first entry has as the hash of the one before it.
const Beginning = ""

// sum is the hash of the entry's line: it is JSON, with its fields in their order.
func (e Entry) sum() string {
	e.Hash, e.Salt, e.What = "", "", nil
	return hashOf(encode(e))
}

// seal is the hash of what an entry is about. Without the salt, which goes with it, nobody can try names.
func seal(salt string, w *What) string { return hashOf(append([]byte(salt), encode(w)...)) }

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("audit: an entry must be writable as JSON: " + err.Error())
	}
	return b
}

// decode reads strictly: a field that is not known would be no part of the hash.
func decode(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// text is a value as an entry shows it, nil for none.
func text(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	return encode(v)
}

// Change is what was changed, as it was and as it is.
func Change(kind, id string, before, after any) *What {
	return &What{Kind: kind, ID: id, Before: text(before), After: text(after)}
}

func newSalt() string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic("audit: the system has no randomness: " + err.Error())
	}
	return hex.EncodeToString(b[:])
}

// follow makes an entry the next one of a chain.
func (h *head) follow(e Entry, p *part) Entry {
	e.N, e.Before, e.Sealed = h.N+1, h.Hash, seal(p.Salt, p.What)
	e.At = e.At.UTC().Truncate(time.Microsecond)
	e.Hash = e.sum()
	h.N, h.Hash = e.N, e.Hash
	return e
}

// head is where a chain ends.
type head struct {
	N    uint64 `json:"n"`
	Hash string `json:"hash"`
	Seq  uint64 `json:"seq,omitempty"` // up to which the journal was read
}

// part is the row of what an entry is about.
type part struct {
	Salt string `json:"salt"`
	What *What  `json:"what"`
}

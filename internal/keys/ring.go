package keys

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/settings"
)

// MaxActive is how many active keys of one name a program may have: one in use and one that replaces it.
const MaxActive = 2

// MaxName is the longest name of a key, in bytes.
const MaxName = 100

var (
	// ErrUnknown is the answer to a secret that is nobody's, and to an id that the program has no key under.
	ErrUnknown = errors.New("keys: there is no such key")
	// ErrRevoked is the answer to the secret of a key that was revoked.
	ErrRevoked = errors.New("keys: the key was revoked")
	// ErrExpired is the answer to the secret of a key that has expired.
	ErrExpired = errors.New("keys: the key has expired")
	// ErrTooMany refuses a third active key of one name.
	ErrTooMany = errors.New("keys: two keys of this name are active: revoke one of them first")
)

// InvalidError is a request for a key that cannot be had, with everything that is wrong with it.
type InvalidError struct{ Errors []event.FieldError }

// Error makes it an error.
func (e *InvalidError) Error() string {
	return "keys: " + e.Errors[0].Location + ": " + e.Errors[0].Message
}

// settingsPrefix is what the keys of all rows here start with.
const settingsPrefix = "keys/"

// Key is one key, without its secret.
type Key struct {
	ID      string  `json:"id"`                // the first eight characters of the secret's random part
	Program string  `json:"program,omitempty"` // "": of the server
	Name    string  `json:"name"`
	Live    bool    `json:"live"` // lk_live_…, else lk_test_…
	Scopes  []Scope `json:"scopes"`
	Role    string  `json:"role,omitempty"` // that its scopes are of, to be shown: the scopes are what counts
	// EventTypes narrow the key to events of these types, and Partner to those that keys of this partner have sent.
	EventTypes []string  `json:"event_types,omitempty"`
	Partner    string    `json:"partner,omitempty"`
	Created    time.Time `json:"created_at"`
	Expires    time.Time `json:"expires_at,omitzero"` // zero: never
	Revoked    time.Time `json:"revoked_at,omitzero"`

	hash [sha256.Size]byte
	used *atomic.Int64 // in seconds, the hour of its last use since it was read
}

// row is a key as it is stored.
type row struct {
	Key
	Hash   []byte `json:"sha256"`
	Layout int    `json:"layout,omitempty"` // of the table of scopes; 0 for the first
}

// Allows reports whether the key has a scope.
func (k *Key) Allows(s Scope) bool { return slices.Contains(k.Scopes, s) }

// Narrowed reports whether only some events are there for the key.
func (k *Key) Narrowed() bool { return len(k.EventTypes) > 0 || k.Partner != "" }

// Sends reports whether the key may have to do with events of a type.
func (k *Key) Sends(eventType string) bool {
	return len(k.EventTypes) == 0 || slices.Contains(k.EventTypes, eventType)
}

// active is why the key cannot be used at an instant, nil when it can.
func (k *Key) active(now time.Time) error {
	switch {
	case !k.Revoked.IsZero():
		return ErrRevoked
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return ErrExpired
	}
	return nil
}

// Ring is all keys of all programs. Its methods may be called by any number of goroutines; a change is seen by every Find
// that begins after it, and one that was made elsewhere by those that begin after a Load.
type Ring struct {
	now  func() time.Time
	keys *settings.Mirror[*Key] // by id
	uses *settings.Mirror[time.Time]
	act  *audit.Act // that its changes are recorded with
}

// NewRing reads the stored keys.
func NewRing(s settings.Store, now func() time.Time) (*Ring, error) {
	keys, err := settings.NewMirror(s, settingsPrefix, settings.Codec[*Key]{Encode: encode, Decode: decode})
	if err != nil {
		return nil, err
	}
	uses, err := settings.NewMirror(s, usesPrefix, lastUses)
	return &Ring{now: now, keys: keys, uses: uses}, err
}

func encode(k *Key) ([]byte, error) {
	return json.Marshal(row{Key: *k, Hash: k.hash[:], Layout: layout})
}

func decode(value []byte) (*Key, error) {
	var stored row
	if err := json.Unmarshal(value, &stored); err != nil {
		return nil, err
	}
	if len(stored.Hash) != sha256.Size {
		return nil, errors.New("it has no hash")
	}
	if stored.Layout > layout {
		return nil, fmt.Errorf("its scopes have layout %d; this build reads %d: open it with the build that wrote it, or a later one", stored.Layout, layout)
	}
	if stored.Layout < layout {
		stored.Scopes = spelledOut(stored.Scopes)
	}
	copy(stored.hash[:], stored.Hash)
	stored.used = new(atomic.Int64)
	return &stored.Key, nil
}

// By is the same ring, whose changes are recorded as an act.
func (r *Ring) By(act *audit.Act) *Ring {
	by := *r
	by.act = act
	return &by
}

// Load reads what others have changed of the stored keys.
func (r *Ring) Load() error { return errors.Join(r.keys.Load(), r.uses.Load()) }

// Find is the key with a secret. The key must not be changed. Only the length and the first characters of a secret decide
// how long it takes: what is compared byte by byte is a hash, in constant time.
func (r *Ring) Find(secret []byte) (*Key, error) {
	id, ok := idOf(secret)
	if !ok {
		return nil, ErrUnknown
	}
	hash := sha256.Sum256(secret)
	k, _ := r.keys.Get(string(id))
	var want [sha256.Size]byte
	if k != nil {
		want = k.hash
	}
	if subtle.ConstantTimeCompare(hash[:], want[:]) != 1 || k == nil {
		return nil, ErrUnknown
	}
	if err := k.active(r.now()); err != nil {
		return nil, err
	}
	return k, nil
}

// Request is what a new key shall be.
type Request struct {
	Program string
	Name    string
	Live    bool
	Scopes  []Scope
	Role    string // instead of scopes: those of the role
	// EventTypes and Partner narrow the key.
	EventTypes []string
	Partner    string
	Expires    time.Time // zero: never
}

// all are the scopes that the key gets, sorted.
func (q *Request) all() []Scope {
	list := slices.Clone(q.Scopes)
	if role := roleOf(q.Role); role != nil {
		list = slices.Clone(role.Scopes)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Create makes a key and returns it with its secret, which is not kept. The error is *InvalidError, ErrTooMany, or one of
// the settings.
func (r *Ring) Create(q Request) (*Key, string, error) {
	return r.create(q, func() error {
		if r.activeOf(q.Program, q.Name) >= MaxActive {
			return ErrTooMany
		}
		return nil
	})
}

// First makes the first key of a program, and none where it has one already, even one that was revoked: then the key is nil.
func (r *Ring) First(q Request) (*Key, string, error) {
	has := errors.New("keys: the program has a key")
	k, secret, err := r.create(q, func() error {
		if len(r.List(q.Program)) > 0 {
			return has
		}
		return nil
	})
	if errors.Is(err, has) {
		return nil, "", nil
	}
	return k, secret, err
}

// create makes a key if may allows it among those that there are then.
func (r *Ring) create(q Request, may func() error) (*Key, string, error) {
	if errs := q.check(r.now()); errs != nil {
		return nil, "", &InvalidError{Errors: errs}
	}
	now := r.now().UTC().Truncate(time.Second)
	scopes, types := q.all(), slices.Compact(slices.Sorted(slices.Values(q.EventTypes)))
	for {
		secret := newSecret(q.Live)
		id, _ := idOf([]byte(secret))
		k := &Key{ID: string(id), Program: q.Program, Name: q.Name, Live: q.Live, Scopes: scopes, Role: q.Role, EventTypes: types,
			Partner: q.Partner, Created: now, Expires: q.Expires, hash: sha256.Sum256([]byte(secret)), used: new(atomic.Int64)}
		switch err := r.keys.Insert(k.ID, k, may, r.act.Through(settingsPrefix, func() *audit.What { return audit.Change("key", k.ID, nil, k) })); {
		case err == nil:
			return k, secret, nil
		case !errors.Is(err, settings.ErrConflict): // else two secrets begin alike: the id must tell them apart
			return nil, "", err
		}
	}
}

func (q *Request) check(now time.Time) []event.FieldError {
	var errs []event.FieldError
	wrong := func(location, code, message, suggestion string) {
		errs = append(errs, event.FieldError{Location: location, Code: code, Message: message, Suggestion: suggestion})
	}
	if q.Name == "" || len(q.Name) > MaxName || !event.ValidID(q.Name) {
		wrong("name", "wrong_name", "a name has 1 to "+strconv.Itoa(MaxName)+" bytes and no invisible characters", "")
	}
	switch {
	case q.Role != "" && len(q.Scopes) > 0:
		wrong("role", "wrong_value", "a key has a role or scopes, not both", "")
	case q.Role != "" && roleOf(q.Role) == nil:
		wrong("role", "wrong_value", "there is no such role", suggest(q.Role, RoleNames()))
	case q.Role == "" && len(q.Scopes) == 0:
		wrong("scopes", "missing_field", "a key has a role, or at least one scope", "")
	}
	for i, s := range q.Scopes {
		if !s.Valid() {
			wrong("scopes["+strconv.Itoa(i)+"]", "unknown_scope", "there is no such scope", s.Suggest())
		}
	}
	if !q.Expires.IsZero() && !q.Expires.After(now) {
		wrong("expires_at", "wrong_time", "a key expires in the future", "")
	}
	return append(errs, q.checkNarrowing()...)
}

// maxEventTypes bounds to how many types of events a key is narrowed.
const maxEventTypes = 100

// partnerName is what a partner is called by.
var partnerName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// narrow are the scopes that a narrowed key may have: any other would let it see or change what is not of its events.
var narrow = []Scope{EventsWrite, EventsRead, EventsReverse, EventsImport, LeaderboardsRead}

func (q *Request) checkNarrowing() (errs []event.FieldError) {
	no := func(location, message string) {
		errs = append(errs, event.FieldError{Location: location, Code: "wrong_value", Message: message})
	}
	if q.Role == Partner && q.Partner == "" {
		no("partner", "a key of this role says whose it is: a name of the partner, such as bakery")
	}
	if q.Partner != "" && !partnerName.MatchString(q.Partner) {
		no("partner", "a partner is called by lower case letters, digits and _, at most 40, a letter first")
	}
	if len(q.EventTypes) > maxEventTypes {
		no("event_types", "a key is narrowed to at most "+strconv.Itoa(maxEventTypes)+" types of events")
	}
	for i, name := range q.EventTypes {
		if name == "" || !event.ValidID(name) {
			no("event_types["+strconv.Itoa(i)+"]", "this cannot be a type of events")
		}
	}
	if q.Program == "" && !slices.Equal(q.all(), []Scope{Admin}) {
		no("scopes", "a key of the server has the scope admin, and no other")
	}
	if len(q.EventTypes) == 0 && q.Partner == "" {
		return errs
	}
	if q.Program == "" {
		no("program", "a key of the server has to do with no events")
	}
	for _, s := range q.all() {
		if !slices.Contains(narrow, s) {
			no("scopes", "a key that is narrowed cannot have "+string(s)+", which would lead around that")
		}
	}
	return errs
}

func (r *Ring) activeOf(program, name string) (n int) {
	now := r.now()
	for _, k := range r.keys.All() {
		if k.Program == program && k.Name == name && k.active(now) == nil {
			n++
		}
	}
	return n
}

// Revoke ends a key of a program, for good. Revoking it again changes nothing. The error is ErrUnknown or one of the
// settings.
func (r *Ring) Revoke(program, id string) (*Key, error) {
	var before, after *Key
	k, err := r.keys.Update(id, func(k *Key) (*Key, error) {
		if k.Program != program {
			return nil, ErrUnknown
		}
		revoked := *k
		if k.Revoked.IsZero() {
			revoked.Revoked = r.now().UTC().Truncate(time.Second)
		}
		before, after = k, &revoked
		return after, nil
	}, r.act.Through(settingsPrefix, func() *audit.What { return audit.Change("key", id, before, after) }))
	if errors.Is(err, settings.ErrAbsent) {
		return nil, ErrUnknown
	}
	return k, err
}

// List is the keys of a program, oldest first, revoked and expired ones too.
func (r *Ring) List(program string) []*Key {
	return r.keys.Oldest(func(x *Key) bool { return x.Program == program }, func(x *Key) (time.Time, string) { return x.Created, x.ID })
}

// Forget deletes the keys of a program that is removed.
func (r *Ring) Forget(program string) error {
	var errs []error
	for _, k := range r.List(program) {
		errs = append(errs, r.uses.Delete(k.ID))
	}
	return errors.Join(append(errs, r.keys.DeleteAll(func(k *Key) bool { return k.Program == program }))...)
}

// The parts of a secret: a mark, and 256 random bits in base 62, of which the first characters are the id.
const (
	liveMark     = "lk_live_"
	testMark     = "lk_test_"
	idLength     = 8
	randomBytes  = 32
	randomLength = 43 // digits of base 62 that hold 256 bits
)

func newSecret(live bool) string {
	var random [randomBytes]byte
	if _, err := rand.Read(random[:]); err != nil {
		panic("keys: the system has no randomness: " + err.Error())
	}
	digits := new(big.Int).SetBytes(random[:]).Text(62)
	mark := testMark
	if live {
		mark = liveMark
	}
	return mark + strings.Repeat("0", randomLength-len(digits)) + digits
}

// idOf cuts the id out of a secret; ok is false for what does not look like one.
func idOf(secret []byte) (id []byte, ok bool) {
	if len(secret) != len(liveMark)+randomLength {
		return nil, false
	}
	if mark := string(secret[:len(liveMark)]); mark != liveMark && mark != testMark {
		return nil, false
	}
	return secret[len(liveMark) : len(liveMark)+idLength], true
}

// LooksLikeKey reports whether text begins like a secret, so that one in the wrong place can be told from other text.
func LooksLikeKey(text string) bool {
	return strings.HasPrefix(text, liveMark) || strings.HasPrefix(text, testMark)
}

package tokens

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"time"

	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/settings"
)

// MaxKeys is how many signing keys a program may have: one in use and one that replaces it.
const MaxKeys = 2

var (
	// ErrUnknown is the answer to an id that the program has no signing key under.
	ErrUnknown = errors.New("tokens: there is no such signing key")
	// ErrTooMany refuses a third signing key.
	ErrTooMany = errors.New("tokens: the program has two signing keys: delete one of them first")
)

// prefix is what the keys of all rows of signing keys start with.
const prefix = "tokens/"

// Key signs the tokens of a program's members.
type Key struct {
	ID      string    `json:"id"`
	Program string    `json:"program"`
	Created time.Time `json:"created_at"`

	private ed25519.PrivateKey
}

// row is a key as it is stored.
type row struct {
	Key
	Seed []byte `json:"seed"`
}

// Private is the private key in PEM (PKCS #8): what mints tokens needs it, and nobody else must have it.
func (k *Key) Private() string {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		panic("tokens: an Ed25519 key must be writable: " + err.Error())
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// Ring is the signing keys of all programs. Its methods may be called by any number of goroutines.
type Ring struct {
	now  func() time.Time
	keys *settings.Mirror[*Key] // by id
	act  *audit.Act             // that its changes are recorded with
}

// NewRing reads the stored keys.
func NewRing(s settings.Store, now func() time.Time) (*Ring, error) {
	keys, err := settings.NewMirror(s, prefix, settings.Codec[*Key]{
		Encode: func(k *Key) ([]byte, error) { return json.Marshal(row{Key: *k, Seed: k.private.Seed()}) }, Decode: decode})
	return &Ring{now: now, keys: keys}, err
}

func decode(value []byte) (*Key, error) {
	var stored row
	if err := json.Unmarshal(value, &stored); err != nil {
		return nil, err
	}
	if len(stored.Seed) != ed25519.SeedSize {
		return nil, errors.New("it has no key")
	}
	stored.private = ed25519.NewKeyFromSeed(stored.Seed)
	return &stored.Key, nil
}

// By is the same ring, whose changes are recorded as an act.
func (r *Ring) By(act *audit.Act) *Ring {
	by := *r
	by.act = act
	return &by
}

// Load reads what others have changed of the stored keys.
func (r *Ring) Load() error { return r.keys.Load() }

// Forget deletes the keys of a program that is removed.
func (r *Ring) Forget(program string) error {
	return r.keys.DeleteAll(func(k *Key) bool { return k.Program == program })
}

// Create makes a signing key, which signs from now on; ErrTooMany beside two others.
func (r *Ring) Create(program string) (*Key, error) {
	return r.create(program, func() error {
		if len(r.List(program)) >= MaxKeys {
			return ErrTooMany
		}
		return nil
	})
}

// create makes a key if may allows it among those that there are then.
func (r *Ring) create(program string, may func() error) (*Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, err
	}
	k := &Key{ID: "tk_" + hex.EncodeToString(id[:]), Program: program, Created: r.now().UTC().Truncate(time.Millisecond), private: private}
	return k, r.keys.Insert(k.ID, k, may, r.act.Through(prefix, func() *audit.What { return audit.Change("token key", k.ID, nil, k) }))
}

// List is the signing keys of a program, oldest first: the last one signs what is minted here.
func (r *Ring) List(program string) []*Key {
	return r.keys.Oldest(func(x *Key) bool { return x.Program == program }, func(x *Key) (time.Time, string) { return x.Created, x.ID })
}

// Delete ends a signing key of a program, and with it every token that it has signed. The error is ErrUnknown or one of the settings.
func (r *Ring) Delete(program, id string) (*Key, error) {
	k, known := r.keys.Get(id)
	if !known || k.Program != program {
		return nil, ErrUnknown
	}
	return k, r.keys.Delete(id, r.act.Through(prefix, func() *audit.What { return audit.Change("token key", id, k, nil) }))
}

// signing is the key that signs for a program, made where it has none.
func (r *Ring) signing(program string) (*Key, error) {
	if list := r.List(program); len(list) > 0 {
		return list[len(list)-1], nil
	}
	has := errors.New("tokens: the program has a key")
	k, err := r.create(program, func() error {
		if len(r.List(program)) > 0 {
			return has // somebody else was faster
		}
		return nil
	})
	if errors.Is(err, has) {
		return r.signing(program)
	}
	return k, err
}

package settings

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// secretPrefixes are what the keys of rows start with that sign or hash: whoever reads one can speak for the program. Keys of the API are not
// among them, as their rows have hashes of them only.
var secretPrefixes = []string{"secret/", "tokens/", "webhooks/"}

// ErrSealed is the answer where a row is encrypted and the key that it needs is not there.
var ErrSealed = errors.New("the secrets of this data are encrypted: name the key file that they were encrypted with, by --key-file or LAUREL_KEY_FILE")

// KeyBytes is how long a key is.
const KeyBytes = 32

// mark is what an encrypted value begins with. No value in the clear does: they are JSON, or random, as long as a secret is.
var mark = []byte("\x00laurel sealed 1\x00")

// markID is how much of a key's hash stands behind the mark, so that the wrong key is told from damage.
const markID = 8

// Key encrypts secrets: AES-256 in GCM, with a random nonce each time and the key of the row bound to it, so that no row can be put
// in another one's place.
type Key struct {
	id     [markID]byte
	aead   cipher.AEAD
	former *Key // that older rows may have
}

// NewKey is a key of its bytes.
func NewKey(secret []byte) (*Key, error) {
	if len(secret) != KeyBytes {
		return nil, fmt.Errorf("a key is %d random bytes, and this has %d; laurel secrets new-key makes one", KeyBytes, len(secret))
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	k := &Key{}
	if k.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return nil, err
	}
	hash := sha256.Sum256(secret)
	copy(k.id[:], hash[:])
	return k, nil
}

// ReadKey reads a key from a file that others cannot read (the group may: orchestrators hand secrets out so); nil where none is named.
func ReadKey(name string) (*Key, error) {
	if name == "" {
		return nil, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", name)
	}
	if open := info.Mode().Perm() & 0o037; open != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("others can read or write %s (its mode is %04o): say chmod 600 %s, and make another key if somebody has",
			name, info.Mode().Perm(), name)
	}
	secret, err := os.ReadFile(name) //nolint:gosec // whoever starts the server says which
	if err != nil {
		return nil, err
	}
	k, err := NewKey(secret)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return k, nil
}

// WriteKey makes a key, and a file with it that must not be there yet.
func WriteKey(name string) error {
	secret := make([]byte, KeyBytes)
	if _, err := rand.Read(secret); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // whoever makes the key says where
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: what was encrypted with it can be read with it alone", name)
	} else if err != nil {
		return err
	}
	_, err = f.Write(secret)
	return errors.Join(err, f.Sync(), f.Close())
}

// After is the key for rows that are written, while those that an older one has encrypted are read with that.
func (k *Key) After(older *Key) *Key {
	return &Key{id: k.id, aead: k.aead, former: older}
}

// Sealed is a Store whose secrets are encrypted in another one. Without a key it writes them in the clear, and reads none that are
// encrypted.
type Sealed struct {
	Store
	key *Key
}

// NewSealed encrypts the secrets of a store.
func NewSealed(s Store, key *Key) *Sealed { return &Sealed{s, key} }

// Get implements Store.
func (s *Sealed) Get(key string) (Row, error) {
	r, err := s.Store.Get(key)
	if err != nil {
		return r, err
	}
	r.Value, err = s.open(key, r.Value)
	return r, err
}

// List implements Store.
func (s *Sealed) List(prefix string) ([]Row, uint64, error) {
	rows, revision, err := s.Store.List(prefix)
	for i := range rows {
		if err == nil {
			rows[i].Value, err = s.open(rows[i].Key, rows[i].Value)
		}
	}
	if err != nil {
		return nil, 0, err
	}
	return rows, revision, nil
}

// Apply implements Store.
func (s *Sealed) Apply(at uint64, changes ...Change) (uint64, error) {
	written := make([]Change, len(changes))
	for i, c := range changes {
		c.Value = s.seal(c.Key, c.Value)
		written[i] = c
	}
	return s.Store.Apply(at, written...)
}

// seal is a value as it is written. One that is encrypted already, as that of a backup, stays as it is.
func (s *Sealed) seal(key string, value []byte) []byte {
	if s.key == nil || value == nil || !isSecret(key) || bytes.HasPrefix(value, mark) {
		return value
	}
	sealed := append(append([]byte(nil), mark...), s.key.id[:]...)
	return s.key.aead.Seal(sealed, nil, value, []byte(key)) //nolint:gosec // it makes a random nonce itself, and puts it in front
}

// open is a value as it was before it was encrypted.
func (s *Sealed) open(key string, value []byte) ([]byte, error) {
	rest, sealed := bytes.CutPrefix(value, mark)
	if !sealed {
		return value, nil
	}
	if len(rest) < markID {
		return nil, fmt.Errorf("settings: the encrypted row %q is damaged", key)
	}
	for k := s.key; k != nil; k = k.former {
		if !bytes.Equal(k.id[:], rest[:markID]) {
			continue
		}
		opened, err := k.aead.Open([]byte{}, nil, rest[markID:], []byte(key))
		if err != nil {
			return nil, fmt.Errorf("settings: the encrypted row %q is damaged, or is that of another key of the settings", key)
		}
		return opened, nil
	}
	return nil, fmt.Errorf("%w (%s)", ErrSealed, key)
}

// Seal reads all secrets, and encrypts those that are not encrypted with the key yet. It returns how many these were: their old form may lie
// on the disk until it is taken off. Without a key it tells whether one is needed.
func (s *Sealed) Seal() (n int, err error) {
	for _, prefix := range secretPrefixes {
		rows, _, err := s.Store.List(prefix)
		if err != nil {
			return n, err
		}
		for _, r := range rows {
			value, err := s.open(r.Key, r.Value)
			if err != nil {
				return n, err
			}
			if s.key == nil || bytes.HasPrefix(r.Value, append(append([]byte(nil), mark...), s.key.id[:]...)) {
				continue
			}
			_, err = s.Store.Apply(Whenever, Change{Key: r.Key, Value: s.seal(r.Key, value), Was: r.Revision})
			if err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrAbsent) { // whoever was faster wrote it encrypted, or deleted it
				return n, err
			}
			n++
		}
	}
	return n, nil
}

func isSecret(key string) bool {
	for _, prefix := range secretPrefixes {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

package keys_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/settings"
)

// memory is settings without a disk, which can fail.
type memory struct {
	settings.Memory
	fail error
}

func (m *memory) Apply(at uint64, changes ...settings.Change) (uint64, error) {
	if m.fail != nil {
		return 0, m.fail
	}
	return m.Memory.Apply(at, changes...)
}

// bench is a ring with its settings and clock.
type bench struct {
	*keys.Ring
	store *memory
	now   time.Time
}

func newBench(t *testing.T) *bench {
	b := &bench{store: &memory{}, now: time.Date(2026, 12, 1, 9, 0, 0, 5, time.UTC)}
	err := settings.Put(b.store, "versions/x", []byte("of others"))
	require.NoError(t, err)
	b.Ring, err = keys.NewRing(b.store, func() time.Time { return b.now })
	require.NoError(t, err)
	return b
}

func request(name string) keys.Request {
	return keys.Request{Program: "acme", Name: name, Scopes: []keys.Scope{keys.EventsWrite}}
}

func TestCreateAndFind(t *testing.T) {
	b := newBench(t)
	k, secret, err := b.Create(keys.Request{Program: "acme", Name: "till", Live: true, Scopes: []keys.Scope{keys.MembersRead, keys.EventsWrite, keys.MembersRead},
		Expires: b.now.Add(time.Hour)})
	require.NoError(t, err)
	require.Regexp(t, `^lk_live_[0-9A-Za-z]{43}$`, secret)
	require.Equal(t, secret[8:16], k.ID)
	require.Equal(t, []keys.Scope{keys.EventsWrite, keys.MembersRead}, k.Scopes)
	require.True(t, k.Allows(keys.EventsWrite))
	require.False(t, k.Allows(keys.Admin))

	found, err := b.Find([]byte(secret))
	require.NoError(t, err)
	require.Equal(t, k, found)

	for name, wrong := range map[string]string{
		"nothing":          "",
		"the id alone":     k.ID,
		"cut short":        secret[:50],
		"one more":         secret + "a",
		"another ending":   secret[:50] + string(secret[50]^1),
		"another id":       "lk_live_" + strings.Repeat("a", 43),
		"as a test key":    strings.Replace(secret, "live", "test", 1),
		"of another make":  strings.Replace(secret, "lk_", "sk_", 1),
		"in capitals":      strings.ToUpper(secret),
		"with white space": " " + secret[1:],
	} {
		_, err := b.Find([]byte(wrong))
		require.ErrorIs(t, err, keys.ErrUnknown, name)
	}

	b.now = k.Expires.Add(-time.Nanosecond)
	_, err = b.Find([]byte(secret))
	require.NoError(t, err)
	b.now = k.Expires
	_, err = b.Find([]byte(secret))
	require.ErrorIs(t, err, keys.ErrExpired)
}

// TestStored checks that what is stored makes a ring that finds the same keys, and gives no secret away.
func TestStored(t *testing.T) {
	b := newBench(t)
	kept, secret, err := b.Create(request("kept"))
	require.NoError(t, err)
	gone, goneSecret, err := b.Create(request("gone"))
	require.NoError(t, err)
	_, err = b.Revoke("acme", gone.ID)
	require.NoError(t, err)

	again, err := keys.NewRing(b.store, func() time.Time { return b.now })
	require.NoError(t, err)
	found, err := again.Find([]byte(secret))
	require.NoError(t, err)
	require.Equal(t, kept, found)
	_, err = again.Find([]byte(goneSecret))
	require.ErrorIs(t, err, keys.ErrRevoked)
	require.Equal(t, b.List("acme"), again.List("acme"))
	rows, _, err := b.store.List("keys/")
	require.NoError(t, err)
	require.Len(t, rows, 2)
	for _, row := range rows {
		require.NotContains(t, string(row.Value), secret[16:])
		require.NotContains(t, string(row.Value), goneSecret[16:])
	}

	require.NoError(t, settings.Put(b.store, "keys/damaged", []byte(`{"id":"x"}`)))
	_, err = keys.NewRing(b.store, time.Now)
	require.ErrorContains(t, err, "keys/damaged")
}

func TestRotation(t *testing.T) {
	b := newBench(t)
	first, _, err := b.Create(request("till"))
	require.NoError(t, err)
	second := request("till")
	second.Expires = b.now.Add(time.Hour)
	_, _, err = b.Create(second)
	require.NoError(t, err)
	_, _, err = b.Create(request("till"))
	require.ErrorIs(t, err, keys.ErrTooMany)
	_, _, err = b.Create(request("other"))
	require.NoError(t, err)
	elsewhere := request("till")
	elsewhere.Program = "bravo"
	_, _, err = b.Create(elsewhere)
	require.NoError(t, err)

	b.now = second.Expires
	_, _, err = b.Create(request("till"))
	require.NoError(t, err, "one has expired")
	_, _, err = b.Create(request("till"))
	require.ErrorIs(t, err, keys.ErrTooMany)
	_, err = b.Revoke("acme", first.ID)
	require.NoError(t, err)
	_, _, err = b.Create(request("till"))
	require.NoError(t, err, "one was revoked")
	require.Len(t, b.List("acme"), 5)
	require.Len(t, b.List("bravo"), 1)
}

func TestRevoke(t *testing.T) {
	b := newBench(t)
	k, secret, err := b.Create(request("till"))
	require.NoError(t, err)
	_, err = b.Revoke("bravo", k.ID)
	require.ErrorIs(t, err, keys.ErrUnknown, "another program's")
	_, err = b.Revoke("acme", "aaaaaaaa")
	require.ErrorIs(t, err, keys.ErrUnknown)

	b.store.fail = errors.New("the disk is full")
	_, err = b.Revoke("acme", k.ID)
	require.ErrorContains(t, err, "the disk is full")
	_, err = b.Find([]byte(secret))
	require.NoError(t, err, "what is not stored did not happen")
	_, _, err = b.Create(request("more"))
	require.ErrorContains(t, err, "the disk is full")
	require.Len(t, b.List("acme"), 1)
	b.store.fail = nil

	revoked, err := b.Revoke("acme", k.ID)
	require.NoError(t, err)
	require.Equal(t, b.now.Truncate(time.Second), revoked.Revoked)
	require.True(t, k.Revoked.IsZero(), "a key in somebody's hand does not change")
	_, err = b.Find([]byte(secret))
	require.ErrorIs(t, err, keys.ErrRevoked)
	b.now = b.now.Add(time.Hour)
	again, err := b.Revoke("acme", k.ID)
	require.NoError(t, err)
	require.Equal(t, revoked, again)
}

// TestTwoRings has two processes on the same settings: a key of one is found and ended by the other, neither makes one too many, and one
// of them makes the first.
func TestTwoRings(t *testing.T) {
	b := newBench(t)
	other, err := keys.NewRing(b.store, func() time.Time { return b.now })
	require.NoError(t, err)
	var all sync.WaitGroup
	secrets := make(chan string, 8)
	for n := range cap(secrets) {
		all.Go(func() {
			k, secret, err := []*keys.Ring{b.Ring, other}[n%2].First(request("first"))
			if err != nil || (k == nil) != (secret == "") {
				t.Error(k, err)
			}
			secrets <- secret
		})
	}
	all.Wait()
	secret := ""
	for range cap(secrets) {
		if s := <-secrets; s != "" {
			require.Empty(t, secret, "one is the first")
			secret = s
		}
	}
	require.NotEmpty(t, secret)
	require.NoError(t, b.Load())
	require.NoError(t, other.Load())
	k, err := other.Find([]byte(secret))
	require.NoError(t, err)
	same, err := other.Find([]byte(secret))
	require.NoError(t, err)
	require.Same(t, k, same)

	_, _, err = b.Create(request("till"))
	require.NoError(t, err)
	_, _, err = other.Create(request("till"))
	require.NoError(t, err)
	_, _, err = b.Create(request("till"))
	require.ErrorIs(t, err, keys.ErrTooMany, "whoever made them")

	_, err = b.Revoke("acme", k.ID)
	require.NoError(t, err)
	again, err := other.Revoke("acme", k.ID)
	require.NoError(t, err)
	require.False(t, again.Revoked.IsZero())
	_, err = other.Find([]byte(secret))
	require.ErrorIs(t, err, keys.ErrRevoked)
}

func TestInvalidRequests(t *testing.T) {
	b := newBench(t)
	for name, c := range map[string]struct {
		q                          keys.Request
		location, code, suggestion string
	}{
		"no name":         {keys.Request{Scopes: keys.Scopes()}, "name", "wrong_name", ""},
		"a long name":     {keys.Request{Name: strings.Repeat("a", 101), Scopes: keys.Scopes()}, "name", "wrong_name", ""},
		"an odd name":     {keys.Request{Name: "a\u202eb", Scopes: keys.Scopes()}, "name", "wrong_name", ""},
		"no scopes":       {keys.Request{Name: "a"}, "scopes", "missing_field", ""},
		"a misspelt one":  {keys.Request{Name: "a", Scopes: []keys.Scope{keys.Admin, "member:read"}}, "scopes[1]", "unknown_scope", "did you mean members:read?"},
		"expired already": {keys.Request{Name: "a", Scopes: keys.Scopes(), Expires: b.now}, "expires_at", "wrong_time", ""},
	} {
		c.q.Program = "acme"
		_, _, err := b.Create(c.q)
		var invalid *keys.InvalidError
		require.ErrorAs(t, err, &invalid, name)
		require.Len(t, invalid.Errors, 1, name)
		e := invalid.Errors[0]
		require.Equal(t, []string{c.location, c.code, c.suggestion}, []string{e.Location, e.Code, e.Suggestion}, name)
		require.NotEmpty(t, err.Error())
	}
	require.Empty(t, b.List(""))
}

// TestSecretsAreRandom draws many secrets: no character stands out at any place but the first, where base 62 leaves a rest.
func TestSecretsAreRandom(t *testing.T) {
	b := newBench(t)
	const draws = 620
	seen := map[string]bool{}
	counts := map[byte]int{}
	for range draws {
		k, secret, err := b.Create(request("till"))
		require.NoError(t, err)
		require.False(t, seen[k.ID])
		seen[k.ID] = true
		for _, c := range []byte(secret[9:]) {
			counts[c]++
		}
		_, err = b.Revoke("acme", k.ID)
		require.NoError(t, err)
	}
	require.Len(t, counts, 62)
	for c, n := range counts {
		require.InDelta(t, draws*42/62, n, 150, "%c", c) // more than seven standard deviations
	}
}

// TestAtOnce changes keys while others are found.
func TestAtOnce(t *testing.T) {
	b := newBench(t)
	_, secret, err := b.Create(request("steady"))
	require.NoError(t, err)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for range 50 {
				k, s, err := b.Create(keys.Request{Program: "acme", Name: fmt.Sprint("fleeting", worker), Scopes: keys.Scopes()})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := b.Find([]byte(s)); err != nil {
					t.Error("a new key is seen at once:", err)
				}
				if _, err := b.Revoke("acme", k.ID); err != nil {
					t.Error(err)
				}
				if _, err := b.Find([]byte(s)); !errors.Is(err, keys.ErrRevoked) {
					t.Error("so is its end:", err)
				}
				if _, err := b.Find([]byte(secret)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

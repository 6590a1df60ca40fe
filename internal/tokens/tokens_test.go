package tokens_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/tokens"
)

// bench is two processes on the same settings.
type bench struct {
	*tokens.Ring
	other *tokens.Ring
	store *settings.Memory
	now   time.Time
}

func newBench(t *testing.T) *bench {
	b := &bench{store: &settings.Memory{}, now: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return b.now }
	var err error
	b.Ring, err = tokens.NewRing(b.store, clock)
	require.NoError(t, err)
	b.other, err = tokens.NewRing(b.store, clock)
	require.NoError(t, err)
	return b
}

var ann = tokens.Member{Program: "acme", ID: "ann"}

func TestATokenLastsAsLongAsItSays(t *testing.T) {
	b := newBench(t)
	token, expires, err := b.Mint(ann, 15*time.Minute)
	require.NoError(t, err)
	require.Equal(t, b.now.Add(15*time.Minute), expires)
	m, err := b.Verify([]byte(token))
	require.NoError(t, err)
	require.Equal(t, ann, m)
	_, err = b.other.Verify([]byte(token))
	require.ErrorIs(t, err, tokens.ErrInvalid, "it has not looked yet")
	require.NoError(t, b.other.Load())
	m, err = b.other.Verify([]byte(token))
	require.NoError(t, err)
	require.Equal(t, ann, m)

	b.now = expires.Add(-time.Second)
	_, err = b.Verify([]byte(token))
	require.NoError(t, err)
	b.now = expires
	_, err = b.Verify([]byte(token))
	require.ErrorIs(t, err, tokens.ErrExpired)
	for _, lasts := range []time.Duration{0, -time.Minute, tokens.Longest + 1} {
		_, _, err = b.Mint(ann, lasts)
		require.Error(t, err)
	}
}

// A program has one key that makes itself, two when somebody asks, and a token lives as long as its key.
func TestKeysOfTokens(t *testing.T) {
	b := newBench(t)
	var all sync.WaitGroup
	minted := make(chan string, 8)
	for n := range cap(minted) {
		all.Go(func() {
			token, _, err := []*tokens.Ring{b.Ring, b.other}[n%2].Mint(ann, time.Hour)
			if err != nil {
				t.Error(err)
			}
			minted <- token
		})
	}
	all.Wait()
	require.NoError(t, b.Load())
	require.Len(t, b.List("acme"), 1, "whoever comes first")
	old := ""
	for range cap(minted) {
		old = <-minted
		_, err := b.Verify([]byte(old))
		require.NoError(t, err)
	}

	b.now = b.now.Add(time.Minute)
	second, err := b.Create("acme")
	require.NoError(t, err)
	_, err = b.other.Create("acme")
	require.ErrorIs(t, err, tokens.ErrTooMany, "whoever made them")
	_, err = b.Create("bravo")
	require.NoError(t, err)
	fresh, _, err := b.Mint(ann, time.Hour)
	require.NoError(t, err)
	require.Equal(t, second.ID, headerOf(t, fresh)["kid"], "the newest one signs")

	first := b.List("acme")[0]
	_, err = b.Delete("bravo", first.ID)
	require.ErrorIs(t, err, tokens.ErrUnknown, "another program's")
	_, err = b.Delete("acme", first.ID)
	require.NoError(t, err)
	_, err = b.Delete("acme", first.ID)
	require.ErrorIs(t, err, tokens.ErrUnknown)
	_, err = b.Verify([]byte(old))
	require.ErrorIs(t, err, tokens.ErrInvalid)
	_, err = b.Verify([]byte(fresh))
	require.NoError(t, err)
	require.NoError(t, b.other.Load())
	_, err = b.other.Verify([]byte(old))
	require.ErrorIs(t, err, tokens.ErrInvalid)

	require.NoError(t, settings.Put(b.store, "tokens/tk_x", []byte(`{"id":"tk_x"}`)))
	require.ErrorContains(t, b.Load(), "tokens/tk_x")
}

func headerOf(t *testing.T, token string) (header map[string]any) {
	t.Helper()
	head, _, _ := strings.Cut(token, ".")
	b, err := base64.RawURLEncoding.DecodeString(head)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &header))
	return header
}

// part is a part of a token.
func part(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Whoever has the private key mints tokens with nothing but a few lines; whoever has not gets nowhere (security: Programs and keys).
func TestTokensThatOthersMint(t *testing.T) {
	b := newBench(t)
	k, err := b.Create("acme")
	require.NoError(t, err)
	foreign, err := b.Create("bravo")
	require.NoError(t, err)
	block, _ := pem.Decode([]byte(k.Private()))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	private := parsed.(ed25519.PrivateKey)
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	require.NoError(t, err)

	type claims = map[string]any
	good := func() claims {
		return claims{"iss": "acme", "aud": "member", "sub": "ann", "iat": b.now.Unix(), "exp": b.now.Add(time.Hour).Unix()}
	}
	with := func(name string, value any) claims {
		c := good()
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	header := claims{"alg": "EdDSA", "kid": k.ID, "typ": "JWT"}
	sign := func(header, c claims) string {
		text := part(header) + "." + part(c)
		return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, []byte(text)))
	}
	m, err := b.Verify([]byte(sign(header, good())))
	require.NoError(t, err)
	require.Equal(t, ann, m)
	_, err = b.Verify([]byte(sign(header, with("aud", []string{"others", "member"}))))
	require.NoError(t, err)
	_, err = b.Verify([]byte(sign(header, with("iat", b.now.Add(30*time.Second).Unix()))))
	require.NoError(t, err, "their clock is ahead")

	hs := func(secret []byte) string {
		text := part(claims{"alg": "HS256", "kid": k.ID}) + "." + part(good())
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	none := part(claims{"alg": "none", "kid": k.ID}) + "." + part(good()) + "."
	whole := sign(header, good())
	for name, token := range map[string]string{
		"nothing":                     "",
		"no algorithm":                none,
		"HMAC under the public key":   hs(public),
		"HMAC under its PEM":          hs(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		"HMAC under the raw key":      hs(private.Public().(ed25519.PublicKey)),
		"no key":                      sign(claims{"alg": "EdDSA"}, good()),
		"an unknown key":              sign(claims{"alg": "EdDSA", "kid": "tk_0"}, good()),
		"a number for a key":          sign(claims{"alg": "EdDSA", "kid": 7}, good()),
		"another program's key":       sign(claims{"alg": "EdDSA", "kid": foreign.ID}, good()),
		"another program":             sign(header, with("iss", "bravo")),
		"no program":                  sign(header, with("iss", nil)),
		"another audience":            sign(header, with("aud", "admin")),
		"no audience":                 sign(header, with("aud", nil)),
		"no end":                      sign(header, with("exp", nil)),
		"an end that is none":         sign(header, with("exp", "tomorrow")),
		"a longer life":               sign(header, with("exp", b.now.Add(time.Hour+time.Second).Unix())),
		"no beginning":                sign(header, with("iat", nil)),
		"minted in the future":        sign(header, with("iat", b.now.Add(2*time.Minute).Unix())),
		"not yet":                     sign(header, with("nbf", b.now.Add(time.Minute).Unix())),
		"no member":                   sign(header, with("sub", nil)),
		"a member that cannot be":     sign(header, with("sub", "a\u202eb")),
		"one letter of the signature": whole[:len(whole)-5] + string(whole[len(whole)-5]^1) + whole[len(whole)-4:],
		"without a signature":         whole[:strings.LastIndexByte(whole, '.')+1],
		"another's claims":            part(header) + "." + part(with("sub", "bob")) + whole[strings.LastIndexByte(whole, '.'):],
		"dots":                        strings.Repeat(".", 2000),
		"a long one":                  whole + strings.Repeat("a", 4000),
	} {
		_, err := b.Verify([]byte(token))
		require.ErrorIs(t, err, tokens.ErrInvalid, name)
	}
	require.Less(t, testing.AllocsPerRun(5, func() { _, _ = b.Verify([]byte(strings.Repeat(".", 1<<20))) }), 10.0, "nobody reads a megabyte of dots")
}

func TestOrigins(t *testing.T) {
	store := &settings.Memory{}
	o, err := tokens.NewOrigins(store)
	require.NoError(t, err)
	other, err := tokens.NewOrigins(store)
	require.NoError(t, err)
	require.Empty(t, o.Of("acme"))
	list := []string{"https://shop.example", "https://app.shop.example:8443", "http://localhost:3000", "http://127.0.0.1", "capacitor://localhost",
		"https://shop.example"}
	require.NoError(t, o.Set("acme", list))
	require.Equal(t, []string{"capacitor://localhost", "http://127.0.0.1", "http://localhost:3000", "https://app.shop.example:8443",
		"https://shop.example"}, o.Of("acme"))
	require.True(t, o.Allows("acme", "https://shop.example"))
	require.False(t, o.Allows("bravo", "https://shop.example"))
	require.True(t, o.AllowsAny("https://shop.example"))
	require.False(t, o.AllowsAny("https://shop.example.evil.example"))
	require.False(t, other.AllowsAny("https://shop.example"))
	require.NoError(t, other.Load())
	require.True(t, other.Allows("acme", "https://shop.example"))
	require.NoError(t, other.Set("acme", nil))
	require.NoError(t, o.Load())
	require.False(t, o.AllowsAny("https://shop.example"))

	for _, wrong := range []string{"", "*", "null", "shop.example", "https://", "https://shop.example/", "https://Shop.example", "https://shop.example:443",
		"http://shop.example", "http://localhost:80", "https://*.shop.example", "https://ann@shop.example", "https://shop.example?x", "ftp://shop.example",
		"https://käse.example", "https://shop.example#x", "file://", "https://shop .example"} {
		var invalid *tokens.InvalidError
		require.ErrorAs(t, o.Set("acme", []string{"https://fine.example", wrong}), &invalid, wrong)
		require.Len(t, invalid.Errors, 1)
		require.Equal(t, "origins[1]", invalid.Errors[0].Location)
	}
	var many []string
	for n := range tokens.MaxOrigins + 1 {
		many = append(many, fmt.Sprintf("https://shop%d.example", n))
	}
	require.Error(t, o.Set("acme", many))
	require.Empty(t, o.Of("acme"))
}

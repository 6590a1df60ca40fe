package tokens

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/laurel-engine/laurel/engine/event"
)

// Longest is how long a token lasts at most.
const Longest = time.Hour

const (
	// audience is what a member's token is for.
	audience = "member"
	// maxToken bounds what is looked at.
	maxToken = 2 << 10
	// ahead is how far the clock of whoever mints a token may be ahead of ours.
	ahead = time.Minute
)

var (
	// ErrInvalid is the answer to what is no token of a member: not signed by a key that there is, for somebody else, without an end.
	ErrInvalid = errors.New("tokens: this is no token of a member")
	// ErrExpired is the answer to a token whose time is over.
	ErrExpired = errors.New("tokens: the token has expired")
)

// Member is who a token says that a caller is.
type Member struct{ Program, ID string }

// Mint makes a token for a member of a program, which lasts as long as is said, at most Longest. The newest key of the program signs it; one
// is made where there is none.
func (r *Ring) Mint(m Member, lasts time.Duration) (token string, expires time.Time, err error) {
	if lasts <= 0 || lasts > Longest {
		return "", expires, errors.New("tokens: a token lasts an hour at most")
	}
	k, err := r.signing(m.Program)
	if err != nil {
		return "", expires, err
	}
	now := r.now().UTC().Truncate(time.Second) // a JWT tells times in seconds
	expires = now.Add(lasts)
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.RegisteredClaims{Issuer: m.Program, Subject: m.ID, Audience: jwt.ClaimStrings{audience},
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires)})
	t.Header["kid"] = k.ID
	token, err = t.SignedString(k.private)
	return token, expires, err
}

// Verify tells whose a token is. The error is ErrInvalid, or ErrExpired of one that was right.
func (r *Ring) Verify(token []byte) (Member, error) {
	if len(token) > maxToken {
		return Member{}, ErrInvalid
	}
	var claims jwt.RegisteredClaims
	var key *Key
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithAudience(audience), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(r.now), jwt.WithStrictDecoding())
	_, err := parser.ParseWithClaims(string(token), &claims, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		var known bool
		if key, known = r.keys.Get(id); !known {
			return nil, ErrUnknown
		}
		return key.private.Public(), nil
	})
	expired := errors.Is(err, jwt.ErrTokenExpired)
	if err != nil && !expired || claims.Issuer != key.Program || !event.ValidID(claims.Subject) || event.Reserved(claims.Subject) || !r.soon(claims) {
		return Member{}, ErrInvalid
	}
	if expired {
		return Member{}, ErrExpired
	}
	return Member{Program: key.Program, ID: claims.Subject}, nil
}

// soon reports whether a token was minted by now, and for no longer than a token may last.
func (r *Ring) soon(claims jwt.RegisteredClaims) bool {
	from, until := claims.IssuedAt, claims.ExpiresAt
	return from != nil && until != nil && !from.After(r.now().Add(ahead)) && until.Sub(from.Time) <= Longest
}

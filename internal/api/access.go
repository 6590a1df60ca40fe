package api

import (
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/program"
)

// call is one request that was let in.
type call struct {
	http    *fiber.Ctx
	server  *Server
	route   *route
	key     *keys.Key
	client  *client
	local   *Local
	program *program.Program // of local
	self    string           // the member whose token it is; "" where there is a key
}

// client is what the server keeps for a key: how much of its rate is used, and its program's counts.
type client struct {
	gcra
	program                       *gcra        // of all that is of its program
	minute                        atomic.Int64 // in which the key was last used, and seen whether another one replaces it
	replaced                      atomic.Bool
	accepted, duplicates, refused prometheus.Counter
}

// bearer is how the one header begins that carries a key, in any case (RFC 9110, section 11.1).
const bearer = "bearer "

// admit finds the key of a request and lets it in if the key may do what the route does. Keys come in the Authorization
// header alone: whatever else names a program or a key is not looked at, or refused.
func (s *Server) admit(c *fiber.Ctx, rt *route) (call, error) {
	if len(c.Context().URI().QueryString()) > 0 {
		if err := rt.checkQuery(c.Context().QueryArgs()); err != nil {
			return call{}, err
		}
	}
	if rt.scope == ofMember {
		return s.admitMember(c, rt)
	}
	header := c.Context().Request.Header.Peek(fiber.HeaderAuthorization)
	if len(header) < len(bearer) || !is(header[:len(bearer)], bearer) {
		return call{}, refuse("key_missing", "send the key in the header: Authorization: Bearer lk_…")
	}
	key, err := s.keys.Find(header[len(bearer):])
	if err != nil && s.memberToken(header[len(bearer):]) {
		return call{}, refuse("scope_missing", "a member's token is for /v1/me alone; this call needs a key with the scope "+string(rt.scope))
	}
	if err != nil {
		return call{}, s.badKey(c, err)
	}
	known := s.client(key)
	s.used(key, known)
	if wait := s.rated(known, 1); wait > 0 {
		return call{}, tooFast(seconds(wait))
	}
	if key.Program == "" || rt.scope == ofServer {
		return s.admitServer(call{http: c, server: s, route: rt, key: key, client: known})
	}
	if rt.scope != "" && !key.Allows(rt.scope) {
		return call{}, lacks(rt.scope)
	}
	local, err := s.local(key.Program)
	if err != nil {
		return call{}, err
	}
	return call{http: c, server: s, route: rt, key: key, client: known, local: local, program: local.Program}, nil
}

// lacks refuses a key for want of a scope.
func lacks(s keys.Scope) *problem {
	return refuse("scope_missing", "the key needs the scope "+string(s)+"; keys of these roles have it: "+strings.Join(s.Roles(), ", "))
}

// used notes that a key is used, once a minute for each, and counts the uses of one that another has replaced.
func (s *Server) used(key *keys.Key, known *client) {
	now := s.now()
	if minute := now.Unix() / 60; known.minute.Load() != minute && known.minute.Swap(minute) != minute {
		s.keys.Used(key, now)
		next := s.keys.ReplacedBy(key)
		if known.replaced.Store(next != nil); next != nil {
			s.log.Warn("a key is used that another one has replaced: revoke it when nobody uses it any more", "program", key.Program, "name", key.Name,
				"key", key.ID, "replaced_by", next.ID)
		}
	}
	if known.replaced.Load() {
		s.metrics.replaced.WithLabelValues(key.Program).Inc()
	}
}

func tooFast(retry int) *problem {
	return &problem{code: "rate_limited", detail: "too many requests", retry: retry}
}

// badKey answers a key that does not fit. An address that tries many is slowed down; good keys from there still work, and
// one that guesses learns nothing from that, as there are 2^256 of them.
func (s *Server) badKey(c *fiber.Ctx, err error) *problem {
	switch {
	case errors.Is(err, keys.ErrRevoked):
		return s.slowDown(c, refuse("key_revoked", "the key was revoked"))
	case errors.Is(err, keys.ErrExpired):
		return s.slowDown(c, refuse("key_expired", "the key has expired"))
	default:
		return s.slowDown(c, refuse("key_unknown", "there is no such key"))
	}
}

// slowDown answers what does not fit with why, or with how long to wait where the address has sent much of the kind.
func (s *Server) slowDown(c *fiber.Ctx, why *problem) *problem {
	s.refusedKey(c, why)
	if wait := s.badKeys.take(s.address(c), s.now()); wait > 0 {
		return tooFast(seconds(wait))
	}
	return why
}

// client finds what is kept for a key. Keys never change, so the key itself is its name here.
func (s *Server) client(k *keys.Key) *client {
	if known, ok := s.clients.Load(k); ok {
		return known.(*client)
	}
	events := func(result string) prometheus.Counter { return s.metrics.events.WithLabelValues(k.Program, result) }
	known, _ := s.clients.LoadOrStore(k, &client{program: s.sharedOf(k.Program), accepted: events("accepted"),
		duplicates: events("duplicate"), refused: events("refused")})
	return known.(*client)
}

// sharedOf is how much of a program's rate is used.
func (s *Server) sharedOf(program string) *gcra {
	known, _ := s.programOf.LoadOrStore(program, &gcra{})
	return known.(*gcra)
}

// rated charges a cost to a client, and to all of its program, or says how long to wait.
func (s *Server) rated(k *client, cost float64) time.Duration {
	now := s.now()
	if s.together.PerSecond > 0 {
		if wait := k.program.take(s.together, now, cost); wait > 0 {
			return wait
		}
	}
	return k.take(s.rate, now, cost)
}

// charge takes the cost of a request that is worth several.
func (c call) charge(cost int) error {
	if cost <= 0 {
		return nil
	}
	if wait := c.server.rated(c.client, float64(cost)); wait > 0 {
		return tooFast(seconds(wait))
	}
	return nil
}

// keyInQuery reports whether a query parameter is, or is meant as, a key.
func keyInQuery(name, value string) bool {
	switch strings.ToLower(name) {
	case "key", "api_key", "apikey", "token", "access_token", "authorization":
		return true
	}
	return keys.LooksLikeKey(value)
}

var errKeyInQuery = event.FieldError{Location: "query", Code: "key_in_query", Message: "a key must not be in the query",
	Suggestion: "send it in the header: Authorization: Bearer lk_…"}

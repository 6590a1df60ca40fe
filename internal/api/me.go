package api

import (
	"errors"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/cors"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/tokens"
)

// ofMember is what the routes of members' own devices need in the place of a scope: a token.
const ofMember keys.Scope = "a member's token"

// memberRoutes are the routes of members' own devices: what the routes of a member's id do, for whom the token names.
var memberRoutes = []route{
	{get, "/v1/me", ofMember, 0, params("min_seq"), showMember},
	{get, "/v1/me/progress", ofMember, 0, params("at", "min_seq"), showProgress},
	{get, "/v1/me/ledger", ofMember, 0, params("at", "min_seq", "order", "cursor", "limit"), showLedger},
	{get, "/v1/me/rewards", ofMember, 0, params("min_seq", "order", "cursor", "limit"), listHoldings},
	{get, "/v1/me/card", ofMember, 0, params("min_seq"), showCard},
	{get, "/v1/me/card.svg", ofMember, 0, params("min_seq", "code"), showCardSVG},
	{get, "/v1/me/card.png", ofMember, 0, params("min_seq", "code"), showCardPNG},
	{get, "/v1/me/export", ofMember, 0, params("min_seq"), exportOwn},
	{get, "/v1/me/catalogue/rewards", ofMember, 0, params("cursor", "limit", "min_seq"), listRewards},
	{get, "/v1/me/badges", ofMember, 0, params("cursor", "limit", "min_seq"), listBadges},
	{get, "/v1/me/tiers", ofMember, 0, params("cursor", "limit", "min_seq"), listTiers},
	{get, "/v1/me/streaks", ofMember, 0, params("cursor", "limit", "min_seq"), listStreaks},
	{get, "/v1/me/challenges", ofMember, 0, params("cursor", "limit", "min_seq"), listChallenges},
	{get, "/v1/me/promotions", ofMember, 0, params("cursor", "limit", "min_seq"), listPromotions},
	{get, "/v1/me/leaderboards", ofMember, 0, params("cursor", "limit"), listLeaderboards},
	{get, "/v1/me/leaderboards/:board", ofMember, 0, params("season", "split", "around", "at", "min_seq"), showStanding},
	{get, "/v1/me/stream", ofMember, 0, params("leaderboard", "promotions", "after"), openStream},
	{post, "/v1/me/events", ofMember, MaxEvent, nil, sendOwnEvent},
	{post, "/v1/me/claims", ofMember, MaxEvent, nil, claimReward},
	{post, "/v1/me/challenges/:challenge/enroll", ofMember, MaxEvent, nil, enroll},
	{del, "/v1/me/challenges/:challenge/enroll", ofMember, 0, nil, leave},
	{post, "/v1/me/streaks/:streak/enroll", ofMember, MaxEvent, nil, enrollInStreak},
	{post, "/v1/me/streaks/:streak/freeze", ofMember, MaxEvent, nil, buyFreeze},
	{post, "/v1/me/streaks/:streak/repair", ofMember, MaxEvent, nil, repairStreak},
	{post, "/v1/me/claims/:claim/cancel", ofMember, MaxEvent, nil, cancelOwnClaim},
}

// standardMemberRate is that of one member: as much as an app that polls and a person who taps.
var standardMemberRate = Rate{PerSecond: 20, Burst: 100}

// memberClients are what is kept for the members of a program together.
type memberClients struct{ byProgram sync.Map } // string -> *memberClient

// memberClient stands in the place of a key.
type memberClient struct {
	client
	key *keys.Key
}

func (s *Server) memberClient(program string) *memberClient {
	if known, ok := s.members.byProgram.Load(program); ok {
		return known.(*memberClient)
	}
	events := func(result string) prometheus.Counter { return s.metrics.events.WithLabelValues(program, result) }
	known, _ := s.members.byProgram.LoadOrStore(program, &memberClient{key: &keys.Key{Program: program},
		client: client{program: s.sharedOf(program), accepted: events("accepted"), duplicates: events("duplicate"), refused: events("refused")}})
	return known.(*memberClient)
}

// admitMember lets a request in whose token says which member it comes from.
func (s *Server) admitMember(c *fiber.Ctx, rt *route) (call, error) {
	header := c.Context().Request.Header.Peek(fiber.HeaderAuthorization)
	if len(header) < len(bearer) || !is(header[:len(bearer)], bearer) {
		return call{}, refuse("token_missing", "send the member's token in the header: Authorization: Bearer eyJ…")
	}
	m, err := s.tokens.Verify(header[len(bearer):])
	if errors.Is(err, tokens.ErrExpired) {
		return call{}, refuse("token_expired", "the token has expired: take a new one")
	}
	if err != nil {
		return call{}, s.slowDown(c, refuse("token_invalid", "this is no token of a member"))
	}
	if origin := c.Get(fiber.HeaderOrigin); origin != "" && !s.origins.Allows(m.Program, origin) {
		return call{}, refuse("origin_refused", "pages of this origin may not call for this program")
	}
	if wait := s.perMember.take(m.Program+"\x00"+m.ID, s.now()); wait > 0 {
		return call{}, tooFast(seconds(wait))
	}
	known := s.memberClient(m.Program)
	if s.together.PerSecond > 0 {
		if wait := known.program.take(s.together, s.now(), 1); wait > 0 {
			return call{}, tooFast(seconds(wait))
		}
	}
	local, err := s.local(m.Program)
	if err != nil {
		return call{}, err
	}
	if local.Program.Erased(m.ID) {
		return call{}, refuse("token_invalid", "this is no token of a member")
	}
	c.Vary(fiber.HeaderAuthorization) // the path is everybody's
	return call{http: c, server: s, route: rt, key: known.key, client: &known.client, local: local, program: local.Program, self: m.ID}, nil
}

// mountMembers registers the routes of members' own devices, which web pages of other origins may call.
func (s *Server) mountMembers() {
	pages := cors.New(cors.Config{AllowOriginsFunc: s.origins.AllowsAny, AllowMethods: strings.Join([]string{get, post, del}, ","),
		AllowHeaders: "Authorization,Content-Type,Idempotency-Key,If-None-Match", ExposeHeaders: "ETag,Retry-After,X-Request-Id", MaxAge: 600})
	taken := map[string][]string{}
	for i := range memberRoutes {
		rt := &memberRoutes[i]
		s.add(rt, pages)
		taken[rt.path] = append(taken[rt.path], rt.methods()...)
	}
	for path, methods := range taken {
		s.app.Options(path, pages, func(c *fiber.Ctx) error { // which nobody asks for before a call from elsewhere
			c.Append(fiber.HeaderAllow, methods...)
			return fiber.ErrMethodNotAllowed
		})
	}
}

// sendOwnEvent takes an event that a member's own device has noticed: of a type that the ruleset lists in client_events, about the member
// alone. Its id begins with the member's, so that no device can use up an id of the shop's.
func sendOwnEvent(c call) error {
	if err := c.takes(mediaJSON); err != nil {
		return err
	}
	e, errs := event.Parse(c.http.Context().Request.Body())
	errs = withoutMissing(errs, "member")
	if len(errs) > 0 {
		return malformed("invalid_event", "the body is not an event", errs)
	}
	if e.Member != "" && e.Member != c.self {
		return refuse("not_for_members", "a member's device tells of that member alone: leave member out")
	}
	if !contains(c.program.Rules().ClientEvents, e.Type) {
		return refuse("not_for_members", "a member's device may not send events of this type: the ruleset does not list it in client_events")
	}
	id, err := c.own("id", e.ID)
	if err != nil {
		return err
	}
	e.ID, e.Member = id, c.self
	r, err := c.submit(e, false)
	if err != nil {
		return err
	}
	if r.Refusal != nil {
		c.client.refused.Inc()
		return refused(r.Refusal)
	}
	return c.sendOutcome(r.Outcome, false)
}

// exportCost is for how many requests of a device an export counts: it reads all that the member ever did.
const exportCost = 20

// exportOwn is exportMember for the member's own device.
func exportOwn(c call) error {
	if wait := c.server.perMember.charge(c.key.Program+"\x00"+c.self, c.server.now(), exportCost); wait > 0 {
		return tooFast(seconds(wait))
	}
	return exportMember(c)
}

// cancelOwnClaim gives back what a claim holds that a device of this member has made: by the claim's id, or by the Idempotency-Key that the
// device sent. What others hold for the member, such as a till, is for them to cancel.
func cancelOwnClaim(c call) error {
	id, err := c.id("claim")
	if err != nil {
		return err
	}
	if err := c.noBody(); err != nil {
		return err
	}
	own := event.Own + "me:" + c.self + ":"
	if !strings.Contains(id, ":") {
		id = own + id
	}
	if rest, mine := strings.CutPrefix(id, own); !mine || strings.Contains(rest, ":") { // which another member's id may have
		return refuse(engine.CodeUnknownClaim, "there is no such claim that a device of this member has made")
	}
	return c.carryOut(engine.NewCancel("", id))
}

// withoutMissing drops that a field is missing.
func withoutMissing(errs []event.FieldError, name string) (rest []event.FieldError) {
	for _, e := range errs {
		if e.Location != name || e.Code != "missing_field" {
			rest = append(rest, e)
		}
	}
	return rest
}

// own is the id under which something of a member's own device is kept. Nobody else can send one like it, and no two members share one,
// as what the device has chosen has no colon.
func (c call) own(location, id string) (string, error) {
	whole := event.Own + "me:" + c.self + ":" + id
	if strings.Contains(id, ":") || len(whole) > event.MaxID {
		return "", refuse("wrong_parameter", "an id that a device chooses has no colon and is short", event.FieldError{Location: location, Code: "wrong_id",
			Message: "take a UUID"})
	}
	return whole, nil
}

// memberToken reports whether what a caller has in the place of a key is a member's token, which is good for the member's own routes alone.
func (s *Server) memberToken(text []byte) bool {
	if len(text) < 2 || string(text[:2]) != "ey" {
		return false
	}
	_, err := s.tokens.Verify(text)
	return err == nil
}

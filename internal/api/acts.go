package api

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"

	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/audit"
)

// actorHeader names the person on whose behalf a key acts.
const actorHeader = "Laurel-Actor"

// target is a route by its method and path.
type target struct{ method, path string }

// acts are what calls of administrators are called in the audit log. A call that changes something and is not here is what apps and tills do
// (unrecorded): its event tells of it.
var acts = map[target]string{
	{post, "/v1/events/:event/void"}:                                  "event.void",
	{post, "/v1/events/:event/amend"}:                                 "event.amend",
	{post, "/v1/events/:event/release"}:                               "event.release",
	{post, "/v1/events/:event/refuse"}:                                "event.refuse",
	{del, "/v1/members/:member"}:                                      "member.erase",
	{post, "/v1/members/:member/merge"}:                               "member.merge",
	{post, "/v1/members/:member/adjustments"}:                         "points.adjust",
	{post, "/v1/members/:member/streaks/:streak/freeze"}:              "streak.freeze",
	{post, "/v1/members/:member/streaks/:streak/repair"}:              "streak.repair",
	{post, "/v1/members/:member/card/rotate"}:                         "card.rotate",
	{post, "/v1/members/:member/card/block"}:                          "card.block",
	{post, "/v1/promotions/:promotion/fire"}:                          "promotion.fire",
	{post, "/v1/promotions/:promotion/close"}:                         "promotion.close",
	{post, "/v1/admin/definitions/:section/:definition/pause"}:        "definition.pause",
	{post, "/v1/admin/definitions/:section/:definition/resume"}:       "definition.resume",
	{post, "/v1/admin/rewards/:reward/codes"}:                         "codes.add",
	{post, "/v1/admin/keys"}:                                          "key.create",
	{del, "/v1/admin/keys/:key"}:                                      "key.revoke",
	{post, "/v1/admin/token-keys"}:                                    "token_key.create",
	{del, "/v1/admin/token-keys/:key"}:                                "token_key.delete",
	{patch, "/v1/admin/program"}:                                      "program.change",
	{post, "/v1/admin/rulesets/activate"}:                             "ruleset.activate",
	{post, "/v1/admin/rulesets/rollback"}:                             "ruleset.roll_back",
	{del, "/v1/admin/rulesets/planned"}:                               "ruleset.cancel",
	{post, "/v1/admin/clock"}:                                         "clock.move",
	{post, "/v1/admin/webhooks"}:                                      "webhook.create",
	{patch, "/v1/admin/webhooks/:webhook"}:                            "webhook.change",
	{del, "/v1/admin/webhooks/:webhook"}:                              "webhook.remove",
	{post, "/v1/admin/webhooks/:webhook/rotate"}:                      "webhook.rotate",
	{post, "/v1/admin/webhooks/:webhook/deliveries/:delivery/resend"}: "webhook.resend",
	{post, "/v1/admin/webhooks/:webhook/resend"}:                      "webhook.resend",
	{post, "/v1/admin/programs"}:                                      "program.create",
	{del, "/v1/admin/programs/:program"}:                              "program.remove",
	{post, "/v1/admin/programs/:program/pause"}:                       "program.pause",
	{post, "/v1/admin/programs/:program/resume"}:                      "program.resume",
	{post, "/v1/admin/programs/:program/keys"}:                        "key.create",
}

// unrecorded are the other calls that change something, or may.
var unrecorded = []target{{post, "/v1/events"}, {post, "/v1/events/batch"}, {post, "/v1/imports"}, {put, "/v1/members/:member"}, {patch, "/v1/members/:member"},
	{post, "/v1/members/:member/challenges/:challenge/enroll"}, {del, "/v1/members/:member/challenges/:challenge/enroll"},
	{post, "/v1/members/:member/streaks/:streak/enroll"}, {post, "/v1/members/:member/rewards/:reward/use"}, {post, "/v1/members/:member/tokens"},
	{post, "/v1/members/:member/claims"}, {post, "/v1/claims/:claim/confirm"}, {post, "/v1/claims/:claim/cancel"}, {post, "/v1/claims/:claim/return"},
	{post, "/v1/codes/:code/use"}, {post, "/v1/codes/:code/release"}, {post, "/v1/admin/rulesets/check"}, {post, "/v1/admin/rulesets/plan"},
	{post, "/v1/admin/rulesets/test"}, {post, "/v1/admin/webhooks/:webhook/ping"}}

// action is what a route is called in the audit log, "" where it is not in it.
func (rt *route) action() string { return acts[target{rt.method, rt.path}] }

// actor is the person for whom a call is, as the caller says.
func (c call) actor() (string, error) {
	actor := c.http.Get(actorHeader)
	if actor != "" && (len(actor) > maxMemberName || event.CheckID(actor) != "") {
		return "", refuse("wrong_parameter", "a header does not fit", event.FieldError{Location: "header." + actorHeader, Code: "wrong_value",
			Message: "a text of at most " + strconv.Itoa(maxMemberName) + " bytes without control or invisible characters is expected"})
	}
	return string([]byte(actor)), nil // it is kept for longer than the request is
}

// act is what a call of an administrator is about to do, to settings.
func (c call) act() (*audit.Act, error) {
	actor, err := c.actor()
	return &audit.Act{Program: c.key.Program, Action: c.route.action(), Key: c.key.ID, KeyName: c.key.Name, Actor: actor, Request: c.request(),
		Now: c.server.now}, err
}

// by is who a command is by, nil where that does not matter.
func (c call) by() (*event.By, error) {
	action := c.route.action()
	if action == "" && c.key.Partner == "" {
		return nil, nil //nolint:nilnil // most are by nobody in particular
	}
	if action == "" {
		return &event.By{Partner: c.key.Partner}, nil
	}
	actor, err := c.actor()
	var salt [16]byte
	if _, failed := rand.Read(salt[:]); failed != nil {
		return nil, failed
	}
	return &event.By{Action: action, Key: c.key.ID, Name: c.key.Name, Actor: actor, Request: c.request(), Partner: c.key.Partner,
		Salt: hex.EncodeToString(salt[:])}, err
}

// request is the id of the request.
func (c call) request() string { return string(c.http.Response().Header.Peek("X-Request-Id")) }

package api_test

import (
	"net/url"
	"testing"

	"github.com/laurel-engine/laurel/internal/api"
)

// What is refused is told in words that say what to do instead.
func TestRefusalsSayWhatToDo(t *testing.T) {
	play := &playClock{}
	h := newHooked(t, func(o *api.Options) { o.Clockwork = play })
	play.w = h.world
	h.do("POST", "/v1/events", purchase).ok()
	h.do("PUT", "/v1/members/bob", `{"name":"Bob"}`)
	h.do("POST", "/v1/members/ann/merge", `{"from":"bob"}`, "Idempotency-Key", "m1").ok()
	adjustment := func(amount string) string { return `{"points":"stars","reason":"x","amount":` + amount + `}` }
	for _, c := range []struct{ method, path, body, said string }{
		{"POST", "/v1/admin/clock", `{"forward":"soon"}`, "write it like 90 minutes, 2 hours or 3 days"},
		{"POST", "/v1/events", `{"specversion":"1.0","id":"x","source":"s","type":"visit","subject":"ann"}`, "application/cloudevents+json"},
		{"POST", "/v1/members/ann/adjustments", adjustment("99999999999999999999"), `"code":"out_of_range","message":"a number lies between`},
		{"POST", "/v1/members/ann/adjustments", adjustment("1.0000001"), `"code":"too_many_digits","message":"a number has at most six`},
		{"POST", "/v1/members/ann/adjustments", adjustment(`"1"`), `"code":"wrong_type","message":"a number is expected"`},
		{"POST", "/v1/members/ann/claims", `{"reward":"mug","amount":99999999999999999999}`, `"code":"out_of_range"`},
		{"GET", "/v1/members?in=zz", "", "there is no audience of this name"},
		{"GET", "/v1/members?sort=last&cursor=YS4xLjE", "", "begin again without it"},
		{"GET", "/v1/badges?cursor=YS4xLjE", "", "begin again without it"},
		{"GET", "/v1/members?cursor=YS54", "", "begin again without it"},
		{"POST", "/v1/events/" + url.PathEscape("laurel:key/m1") + "/void", "", "a merge of members cannot be undone"},
		{"POST", "/v1/members/ann/card/block", "", "this member has no card yet"},
	} {
		h.do(c.method, c.path, c.body, "Idempotency-Key", "k1").holds(t, c.said)
	}
}

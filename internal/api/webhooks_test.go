package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/webhook"
)

// hooked is a world with webhooks, and what answers in place of the network.
type hooked struct {
	*world
	hooks map[string]*webhook.Deliverer

	mu     sync.Mutex
	status int // of answers; 0: there is none
	got    []string
	signed []http.Header
}

func newHooked(t *testing.T, change ...func(*api.Options)) *hooked {
	h := &hooked{hooks: map[string]*webhook.Deliverer{}, status: 200}
	h.world = newWorld(t, append(change, func(o *api.Options) {
		endpoints, err := webhook.NewEndpoints(&settings.Memory{}, webhook.Guard{}, o.Clock)
		require.NoError(t, err)
		for _, id := range o.Programs.Locals() {
			l := o.Programs.Local(id)
			h.hooks[id] = webhook.NewDeliverer(id, l.Program, endpoints, h.send, slog.New(slog.DiscardHandler))
			l.Webhooks = h.hooks[id]
		}
	})...)
	return h
}

func (h *hooked) send(_ context.Context, e *webhook.Endpoint, id string, body []byte, at time.Time) webhook.Result {
	h.mu.Lock()
	defer h.mu.Unlock()
	header := http.Header{}
	if err := webhook.Sign(header, e.Signing(at), id, body, at); err != nil {
		return webhook.Result{Error: err.Error()}
	}
	h.got, h.signed = append(h.got, string(body)), append(h.signed, header)
	if h.status == 0 {
		return webhook.Result{Error: "connection refused"}
	}
	return webhook.Result{Status: h.status}
}

func (h *hooked) deliver(program string) {
	h.t.Helper()
	_, err := h.hooks[program].Tick(h.t.Context())
	require.NoError(h.t, err)
	h.hooks[program].Wait()
}

type hook struct {
	ID, URL, Secret string
	Types           []string
	Enabled, Down   bool
	Because         string `json:"disabled_because"`
	Secrets         []struct{ Until *time.Time }
	Behind, Waiting int
	Dead            int
}

func (h *hooked) create(body string) (made hook) {
	h.t.Helper()
	a := h.do("POST", "/v1/admin/webhooks", body)
	require.Equal(h.t, http.StatusCreated, a.status, "%s", a.body)
	a.json(&made)
	return made
}

func TestWebhooks(t *testing.T) {
	h := newHooked(t)
	made := h.create(`{"url":"https://shop.example/hooks?token=t","types":["joined"]}`)
	require.True(t, strings.HasPrefix(made.Secret, "whsec_"))
	require.True(t, made.Enabled)
	path := "/v1/admin/webhooks/" + made.ID

	for _, p := range []string{"/v1/admin/webhooks", path, path + "/deliveries"} {
		require.NotContains(t, string(h.get(p).ok().body), "whsec_", "a secret is shown once")
	}
	h.do("POST", "/v1/events", `{"id":"e1","type":"visit","member":"ann","data":{}}`).ok()
	h.deliver("acme")
	require.Equal(t, []string{`{"type":"joined","timestamp":"2026-12-02T12:00:00Z","data":{"member":"ann","number":1,"event":"e1"}}`}, h.got)
	require.NoError(t, webhook.Verify([]string{made.Secret}, h.signed[0], []byte(h.got[0]), h.time()))

	var rotated hook
	h.do("POST", path+"/rotate", `{"overlap":"2 hours"}`).ok().json(&rotated)
	require.NotEqual(t, made.Secret, rotated.Secret)
	require.Len(t, rotated.Secrets, 2)
	require.Equal(t, h.time().Add(2*time.Hour), *rotated.Secrets[0].Until)
	require.Nil(t, rotated.Secrets[1].Until)

	var pinged struct {
		Message   string
		Delivered bool
		Status    int
		Error     string
	}
	h.do("POST", path+"/ping", "").ok().json(&pinged)
	require.True(t, pinged.Delivered)
	require.Equal(t, 200, pinged.Status)
	require.Contains(t, h.got[1], `"type":"ping"`)
	for _, secret := range []string{made.Secret, rotated.Secret} {
		require.NoError(t, webhook.Verify([]string{secret}, h.signed[1], []byte(h.got[1]), h.time()), "both are valid")
	}
	h.status = 0
	h.do("POST", path+"/ping", "").ok().json(&pinged)
	require.False(t, pinged.Delivered)
	require.Equal(t, "connection refused", pinged.Error)
	h.do("POST", path+"/rotate", `{"overlap":"none"}`).ok().json(&rotated)
	require.Equal(t, h.time(), *rotated.Secrets[1].Until)
	h.do("POST", path+"/rotate", "").ok().json(&rotated)

	var patched hook
	h.do("PATCH", path, `{"enabled":false,"types":[]}`).ok().json(&patched)
	require.False(t, patched.Enabled)
	require.Equal(t, "disabled", patched.Because)
	require.Empty(t, patched.Types)
	require.Equal(t, made.URL, patched.URL)
	require.NotContains(t, h.log.String(), "whsec_")

	h.do("DELETE", path, "").ok()
	h.get(path).problem(404, "not_found")
	require.JSONEq(t, `{"data":[],"has_more":false,"next_cursor":null}`, string(h.get("/v1/admin/webhooks").ok().body))
}

func TestDeadDeliveries(t *testing.T) {
	h := newHooked(t)
	path := "/v1/admin/webhooks/" + h.create(`{"url":"https://shop.example/hooks","types":["joined"]}`).ID
	h.status = 500
	for i := range 3 {
		h.do("POST", "/v1/events", fmt.Sprintf(`{"id":"e%d","type":"visit","member":"m%d","data":{}}`, i, i)).ok()
	}
	h.deliver("acme")
	type list struct {
		Data []struct {
			ID, Message, Type, Member, Error string
			Tries, Status                    int
			Next                             string `json:"next_try_at"`
		}
		HasMore    bool   `json:"has_more"`
		NextCursor string `json:"next_cursor"`
	}
	var waiting list
	h.get(path + "/deliveries?state=waiting").ok().json(&waiting)
	require.Len(t, waiting.Data, 3)
	require.Equal(t, 500, waiting.Data[0].Status)
	require.NotEmpty(t, waiting.Data[0].Next)
	for range 24 * 4 {
		h.advance(time.Hour)
		h.deliver("acme")
	}
	var dead, rest list
	h.get(path + "/deliveries?limit=2").ok().json(&dead)
	require.True(t, dead.HasMore)
	require.Equal(t, "joined", dead.Data[0].Type)
	require.Equal(t, "m2", dead.Data[0].Member, "the latest first")
	require.Empty(t, dead.Data[0].Next)
	h.get(path + "/deliveries?limit=2&cursor=" + dead.NextCursor).ok().json(&rest)
	require.Len(t, rest.Data, 1)
	require.Equal(t, "m0", rest.Data[0].Member)
	var oldest list
	h.get(path + "/deliveries?limit=1&order=oldest").ok().json(&oldest)
	require.Equal(t, rest.Data, oldest.Data)
	h.get(path+"/deliveries?state=waiting&order=oldest").problem(400, "wrong_parameter")
	h.get(path+"/deliveries?state=waiting&cursor="+dead.NextCursor).problem(404, "not_found")
	h.get(path+"/deliveries?cursor=!").problem(400, "wrong_parameter")
	h.get(path+"/deliveries?state=lost").problem(400, "wrong_parameter")

	h.status = 200
	h.do("POST", path+"/deliveries/"+dead.Data[1].ID+"/resend", "").ok()
	h.do("POST", path+"/deliveries/"+dead.Data[1].ID+"/resend", "").problem(404, "not_found")
	h.do("POST", path+"/deliveries/nothing/resend", "").problem(404, "not_found")
	h.got = nil
	h.deliver("acme")
	require.Len(t, h.got, 1)
	require.JSONEq(t, `{"resent":2}`, string(h.do("POST", path+"/resend", "").ok().body))
	h.deliver("acme")
	require.Len(t, h.got, 3)
	var shown hook
	h.get(path).ok().json(&shown)
	require.Zero(t, shown.Waiting+shown.Dead+shown.Behind)
}

func TestWebhooksOfAnotherProgram(t *testing.T) {
	h := newHooked(t)
	path := "/v1/admin/webhooks/" + h.create(`{"url":"https://shop.example/hooks"}`).ID
	for _, r := range [][2]string{{"GET", path}, {"PATCH", path}, {"DELETE", path}, {"POST", path + "/rotate"}, {"POST", path + "/ping"},
		{"GET", path + "/deliveries"}, {"POST", path + "/resend"}, {"POST", path + "/deliveries/1-0/resend"}} {
		h.do(r[0], r[1], "", as(h.secrets["bravo"])...).problem(404, "not_found")
	}
	require.NotContains(t, string(h.get("/v1/admin/webhooks", as(h.secrets["bravo"])...).ok().body), "shop.example")
	h.do("POST", "/v1/events", `{"id":"e1","type":"sale","member":"ann","data":{"amount":1}}`, as(h.secrets["bravo"])...)
	h.deliver("acme")
	h.deliver("bravo")
	require.Empty(t, h.got)
}

func TestBadWebhooks(t *testing.T) {
	h := newHooked(t)
	for body, want := range map[string][3]string{
		`{}`:                                    {"invalid_body", "url", "missing_field"},
		`{"url":7}`:                             {"invalid_body", "url", "wrong_type"},
		`{"url":"http://shop.example/"}`:        {"invalid_body", "url", "wrong_url"},
		`{"url":"https://10.0.0.1/"}`:           {"invalid_body", "url", "wrong_url"},
		`{"url":"https://shop.example:22/"}`:    {"invalid_body", "url", "wrong_url"},
		`{"url":"https://a:b@shop.example/"}`:   {"invalid_body", "url", "wrong_url"},
		`{"url":"https://a.b/","types":["x"]}`:  {"invalid_body", "types[0]", "wrong_value"},
		`{"url":"https://a.b/","types":"join"}`: {"invalid_body", "types", "wrong_type"},
		`{"url":"https://a.b/","secret":"s"}`:   {"invalid_body", "secret", "unknown_field"},
		`{"url":`:                               {"invalid_json", "byte 8", "invalid_json"},
	} {
		p := h.do("POST", "/v1/admin/webhooks", body).problem(400, want[0])
		require.Equal(t, want[1], p.Errors[0].Location, body)
		require.Equal(t, want[2], p.Errors[0].Code, body)
	}
	p := h.do("POST", "/v1/admin/webhooks", `{"url":"https://a.b/","types":["tier_reach"]}`).problem(400, "invalid_body")
	require.Equal(t, "did you mean tier_reached?", p.Errors[0].Suggestion)
	path := "/v1/admin/webhooks/" + h.create(`{"url":"https://shop.example/hooks"}`).ID
	for _, body := range []string{`{"overlap":"soon"}`, `{"overlap":"60 days"}`, `{"overlap":"1 month"}`, `{"overlap":5}`} {
		p := h.do("POST", path+"/rotate", body).problem(400, "invalid_body")
		require.Equal(t, "overlap", p.Errors[0].Location)
	}
	h.do("PATCH", path, `{"url":"https://[::1]/"}`).problem(400, "invalid_body")
	for range webhook.MaxEndpoints - 1 {
		h.create(`{"url":"https://shop.example/hooks"}`)
	}
	h.do("POST", "/v1/admin/webhooks", `{"url":"https://shop.example/hooks"}`).problem(409, "too_many_webhooks")
}

package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
)

// logged is a world that logs requests.
func logged(t *testing.T, mode string) *world {
	return newWorld(t, func(o *api.Options) { o.AccessLog = mode })
}

// everywhere asks every route about a member, and sends events of it.
func everywhere(w *world, member string) {
	for i, rt := range append(api.Routes(), api.MemberRoutes()...) {
		if rt.Path == "/v1/stream" || rt.Path == "/v1/me/stream" {
			continue
		}
		path := strings.NewReplacer(":member", member, ":event", member, ":id", member, ":board", "week").Replace(rt.Path)
		body := ""
		if rt.Method == "POST" || rt.Method == "PUT" || rt.Method == "PATCH" {
			body = `{"id":"` + member + string(rune('a'+i%26)) + `","type":"purchase","member":"` + member + `","from":"` + member + `","data":{"amount":12.5}}`
		}
		w.client.Transport = &listeners{w, w.client.Transport.(*listeners).network, w.client.Transport.(*listeners).network} // nothing here is as described
		w.do(rt.Method, path, body, "Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	}
	w.get("/v1/members/"+member+"/ledger?limit=1", "Traceparent", "nonsense")
	w.get("/v1/leaderboards", as("lk_live_"+member+strings.Repeat("x", 43-len(member)))...)
}

// No log has the id of a member, or a key, unless it is asked for paths; and what a query says is in none.
func TestNoLogHasAMember(t *testing.T) {
	const member = "kunigunde"
	for _, mode := range []string{"", api.AccessRoutes, api.AccessPaths} {
		w := logged(t, mode)
		everywhere(w, member)
		w.shutdown()
		text := w.log.String()
		require.NotContains(t, text, "lk_live_")
		require.NotContains(t, text, "after=")
		require.NotContains(t, text, w.secrets["acme"])
		switch mode {
		case "":
			require.NotContains(t, text, "msg=request")
			require.NotContains(t, text, member)
		case api.AccessRoutes:
			require.NotContains(t, text, member)
			require.Contains(t, text, "route=/v1/members/:member/ledger status=")
			require.Contains(t, text, "program=acme key=")
			require.Contains(t, text, "trace_id=4bf92f3577b34da6a3ce929d0e0e4736")
			require.NotContains(t, text, "nonsense")
		default:
			require.Contains(t, text, "path=/v1/members/"+member+"/ledger ")
		}
		require.Equal(t, 1, strings.Count(text, "code=key_unknown"), "the reason once, without the key")
	}
}

// The same reason is told once a minute, with how often it was left untold.
func TestRefusedKeysAreToldOnce(t *testing.T) {
	w := logged(t, "")
	for range 5 {
		w.get("/v1/leaderboards", as("lk_live_"+strings.Repeat("x", 43))...).problem(401, "key_unknown")
	}
	w.shutdown()
	require.Equal(t, 1, strings.Count(w.log.String(), `msg="a key was refused" code=key_unknown route=/v1/leaderboards address=127.0.0.1`))
}

package api_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/laurel-engine/laurel/internal/api"
)

// Behind a trusted proxy each caller has a limit of wrong keys of its own; what somebody else says of addresses, or a caller itself, is not
// believed.
func TestForwardedAddresses(t *testing.T) {
	bad := func(forwarded ...string) []string {
		headers := as("lk_live_" + strings.Repeat("x", 43))
		for _, f := range forwarded {
			headers = append(headers, "X-Forwarded-For", f)
		}
		return headers
	}
	world := func(proxies ...string) *world {
		return newWorld(t, func(o *api.Options) {
			o.BadKeys = api.Rate{PerSecond: 0.001, Burst: 1}
			for _, p := range proxies {
				o.Proxies = append(o.Proxies, netip.MustParsePrefix(p))
			}
		})
	}
	w := world("127.0.0.0/8", "10.0.0.0/8")
	ask := func(status int, forwarded ...string) {
		t.Helper()
		w.get("/v1/leaderboards", bad(forwarded...)...).problem(status, map[int]string{401: "key_unknown", 429: "rate_limited"}[status])
	}
	ask(401, "192.0.2.1")
	ask(429, "192.0.2.1")
	ask(401, "192.0.2.2")
	ask(429, "8.8.8.8, 192.0.2.2")           // the caller wrote the first itself
	ask(429, "8.8.8.8, 192.0.2.2, 10.1.2.3") // two proxies, both trusted
	ask(429, "8.8.8.8", "192.0.2.2:4711")    // in two lines, with a port
	ask(401, "2001:db8:1:2::1")
	ask(429, "2001:db8:1:2:3::9") // of the same network
	ask(429, "[2001:db8:1:2::5]:443")
	ask(401, "192.0.2.3, nonsense") // what is behind nonsense is not believed: the proxy's own
	ask(429)

	w = world("10.0.0.0/8") // the connection comes from somebody else
	ask(401, "192.0.2.1")
	ask(429, "192.0.2.2")
}

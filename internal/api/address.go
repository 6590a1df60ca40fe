package api

import (
	"net"
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// address is what counts as one client of whoever sent a request: all of an IPv4 address, the network of 64 bits of IPv6. It is that of the
// connection; what X-Forwarded-For says is believed only of proxies that are trusted, from the last one on, up to the first that is not.
func (s *Server) address(c *fiber.Ctx) string {
	at, ok := netip.AddrFromSlice(c.Context().RemoteIP())
	if !ok {
		return ""
	}
	if len(s.proxies) > 0 {
		lines := c.Context().Request.Header.PeekAll(fiber.HeaderXForwardedFor)
		for i := len(lines) - 1; i >= 0; i-- {
			hops := strings.Split(string(lines[i]), ",")
			for j := len(hops) - 1; j >= 0; j-- {
				if !s.trusts(at) {
					return networkOf(at)
				}
				next, ok := hop(hops[j])
				if !ok { // what a trusted proxy did not understand either
					return networkOf(at)
				}
				at = next
			}
		}
	}
	return networkOf(at)
}

func (s *Server) trusts(at netip.Addr) bool {
	for _, p := range s.proxies {
		if p.Contains(at.Unmap()) {
			return true
		}
	}
	return false
}

// hop is one address of X-Forwarded-For; some proxies write its port, too.
func hop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return a, true
	}
	if host, _, err := net.SplitHostPort(text); err == nil {
		if a, err := netip.ParseAddr(host); err == nil {
			return a, true
		}
	}
	return netip.Addr{}, false
}

func networkOf(a netip.Addr) string {
	if a = a.Unmap(); a.Is6() {
		if network, err := a.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return a.String()
}

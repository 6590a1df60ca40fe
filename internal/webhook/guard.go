package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
)

// maxURL is the longest address of an endpoint, in bytes.
const maxURL = 2048

// ErrForbidden is the error of a connection to an address that messages must not be sent to.
var ErrForbidden = errors.New("the address leads to no public host")

// Guard decides where messages may be sent. The zero value allows public addresses over https only.
type Guard struct {
	// Private allows private and loopback addresses, and http to loopback: for a developer's machine.
	Private bool
}

// special are the ranges beside those that netip knows by name that lead into networks, not to hosts of the internet.
var special = prefixes(
	"0.0.0.0/8",       // this network
	"100.64.0.0/10",   // shared by carriers
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"240.0.0.0/4",     // reserved, and broadcast
	"::/96",           // v4-compatible
	"64:ff9b::/96",    // NAT64: a v4 address in disguise
	"64:ff9b:1::/48",  // NAT64, local
	"100::/64",        // discard
	"2001::/23",       // protocol assignments, Teredo among them
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4: a v4 address in disguise
	"3fff::/20",       // documentation
	"5f00::/16",       // segment routing
	"fec0::/10",       // site-local
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// forbidden reports whether an address must not be dialled.
func (g Guard) forbidden(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if g.Private && (ip.IsLoopback() || ip.IsPrivate()) {
		return false
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return true
	}
	for _, p := range special {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// allowedPort keeps messages away from services that speak something else than HTTP on well-known ports.
func allowedPort(port int) bool { return port == 443 || port == 80 || port >= 1024 && port <= 65535 }

// Control is for net.Dialer: it sees the address that is about to be connected to, after the name was resolved, so that a name
// which resolves to something else the second time is of no use.
func (g Guard) Control(_ context.Context, network, address string, _ syscall.RawConn) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(port)
	if err != nil || !allowedPort(n) || !strings.HasPrefix(network, "tcp") || g.forbidden(ip) {
		return ErrForbidden
	}
	return nil
}

// plainName reports whether a host is a name that every program reads alike: labels of letters, digits and hyphens, of which
// the last is no number. 0x7f.1, 2130706433 and 127.1 are addresses to some.
func plainName(host string) bool {
	if host == "" || len(host) > 253 {
		return host == ""
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	last := labels[len(labels)-1]
	return strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(last, "0x")
}

// checkURL tells what is wrong with an endpoint's address, "" for nothing. That it resolves to a public address is seen when
// it is dialled.
func (g Guard) checkURL(text string) (message, suggestion string) {
	if text == "" || len(text) > maxURL {
		return fmt.Sprintf("an address of 1 to %d bytes is expected", maxURL), ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Opaque != "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return "this is no address of a web server", "write it like https://example.com/webhooks"
	}
	host := u.Hostname()
	ip, notIP := netip.ParseAddr(host)
	local := host == "localhost" || strings.HasSuffix(host, ".localhost") || notIP == nil && ip.Unmap().IsLoopback()
	switch {
	case host != "" && notIP == nil && (ip.String() != host || ip.Is4In6()), notIP != nil && !plainName(host):
		return "the host is written in an unusual way", "write a name in small letters, digits and hyphens, without a dot at its end, or an IP " +
			"address in its usual form"
	case u.User != nil:
		return "an address has no user name and no password", "messages are signed; verify the signature"
	case u.Fragment != "":
		return "an address has no fragment", ""
	case host == "":
		return "the address has no host", ""
	case local && !g.Private || notIP == nil && g.forbidden(ip):
		return "messages are sent to public addresses only", "laurel serve --webhooks-allow-private allows others, for a developer's machine"
	case u.Scheme == "http" && g.Private && local:
	case u.Scheme != "https":
		return "messages are sent over https only", ""
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || !allowedPort(n) {
			return "messages are sent to the ports 443, 80 and those from 1024 on", ""
		}
	}
	return "", ""
}

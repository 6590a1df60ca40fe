package webhook_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/laurel-engine/laurel/internal/webhook"
)

// Every case of security: Outgoing.
func TestGuardRefusesAddresses(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "127.255.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "0.1.2.3",
		"100.64.0.1", "100.127.255.254", "192.0.0.8", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"[::1]", "[::]", "[fd00::1]", "[fc00::1]", "[fe80::1]", "[fe80::1%25eth0]", "[fec0::1]", "[ff02::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]",
		"[::ffff:169.254.169.254]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]"} {
		plain := strings.ReplaceAll(address, "%25", "%")
		require.ErrorIs(t, webhook.Guard{}.Control(t.Context(), "tcp", plain+":443", nil), webhook.ErrForbidden, address)
		w := newWorld(t)
		url := "https://" + address + "/hook"
		_, _, err := w.d.Create(webhook.Change{URL: &url})
		require.ErrorAs(t, err, new(*webhook.InvalidError), url)
	}
	for _, address := range []string{"93.184.215.14", "8.8.8.8", "[2606:2800:21f:cb07::1]", "[::ffff:93.184.215.14]", "172.32.0.1", "100.128.0.1"} {
		require.NoError(t, webhook.Guard{}.Control(t.Context(), "tcp", address+":443", nil), address)
	}
	for _, address := range []string{"127.0.0.1", "10.0.0.1", "[::1]", "[fd00::1]", "[::ffff:127.0.0.1]"} {
		require.NoError(t, webhook.Guard{Private: true}.Control(t.Context(), "tcp", address+":8080", nil), address)
	}
	for _, address := range []string{"169.254.169.254", "0.0.0.0", "224.0.0.1", "[fe80::1]", "100.64.0.1"} {
		require.ErrorIs(t, webhook.Guard{Private: true}.Control(t.Context(), "tcp", address+":8080", nil), webhook.ErrForbidden, "allowed or not: "+address)
	}
}

func TestGuardRefusesPorts(t *testing.T) {
	for port, want := range map[string]error{"443": nil, "80": nil, "1024": nil, "65535": nil, "22": webhook.ErrForbidden, "25": webhook.ErrForbidden,
		"1023": webhook.ErrForbidden, "0": webhook.ErrForbidden, "70000": webhook.ErrForbidden} {
		require.ErrorIs(t, webhook.Guard{}.Control(t.Context(), "tcp", "93.184.215.14:"+port, nil), want, port)
	}
	require.ErrorIs(t, webhook.Guard{}.Control(t.Context(), "udp", "93.184.215.14:443", nil), webhook.ErrForbidden)
}

func TestAddressesOfEndpoints(t *testing.T) {
	refused := []string{"", "https://", "example.com", "/hook", "file:///etc/passwd", "gopher://example.com/", "ftp://example.com/", "http://example.com/",
		"https://user@example.com/", "https://user:secret@example.com/", "https://example.com:22/", "https://example.com:0/", "https://example.com:99999/",
		"https://example.com/#part", "https://example.com/a b", "https://exa\nmple.com/", "https:example.com", "https://localhost/", "http://127.0.0.1:9000/",
		"https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://127.1/", "https://0177.0.0.1/", "https://example.com./",
		"https://localhost./", "https://a.localhost/",
		"https://ex%61mple.com/", "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://EXAMPLE.com/", "https://[::ffff:93.184.215.14]/",
		"https://[2606:2800:021f:cb07::1]/",
		"https://bücher.example/", "https://example..com/", "https://-/-",
		"https://[::1]/", "javascript:alert(1)", "https://:443/", "https://example.com/" + strings.Repeat("a", 2048)}
	for _, url := range refused {
		w := newWorld(t)
		_, _, err := w.d.Create(webhook.Change{URL: &url})
		var invalid *webhook.InvalidError
		require.ErrorAs(t, err, &invalid, url)
		require.Equal(t, "url", invalid.Errors[0].Location)
		require.NotContains(t, err.Error(), "secret")
	}
	for _, url := range []string{"https://example.com", "https://example.com:8443/a?b=c", "https://93.184.215.14/hook", "https://xn--bcher-kva.example/"} {
		w := newWorld(t)
		_, _, err := w.d.Create(webhook.Change{URL: &url})
		require.NoError(t, err, url)
	}
}

// lookups is a resolver that answers every question with the next of its addresses.
func lookups(t *testing.T, addresses ...string) (*net.Resolver, *atomic.Int64) {
	var asked atomic.Int64
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil {
				continue
			}
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				i := min(int(asked.Add(1)), len(addresses)) - 1
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body: &dnsmessage.AResource{A: netip.MustParseAddr(addresses[i]).As4()}}}
			}
			if packed, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(packed, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}, &asked
}

// A name that is public when it is looked up first and private when the connection is made (rebinding), names of loopback
// written as numbers, and redirects of the resolver: what counts is the address that is dialled.
func TestRebinding(t *testing.T) {
	resolver, asked := lookups(t, "93.184.215.14", "127.0.0.1")
	first, err := resolver.LookupNetIP(t.Context(), "ip4", "rebinding.example")
	require.NoError(t, err)
	require.Equal(t, "93.184.215.14", first[0].String(), "whoever checks the name first sees a public address")
	client := webhook.NewClient(webhook.ClientOptions{Resolver: resolver})
	e := &webhook.Endpoint{URL: "https://rebinding.example/", Secrets: []webhook.Secret{{Secret: oldSecret}}}
	r := client.Send(t.Context(), e, "msg_1", []byte("{}"), time.Now())
	require.Equal(t, webhook.Result{Error: webhook.ErrForbidden.Error()}, r)
	require.GreaterOrEqual(t, asked.Load(), int64(2))
}

func TestDialIsGuarded(t *testing.T) {
	for _, target := range []string{"https://127.0.0.1:8443/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://[::1]:8443/",
		"https://[::ffff:127.0.0.1]/", "https://0.0.0.0/", "https://2130706433/", "https://0x7f000001/", "https://127.1/", "https://metadata.example/"} {
		resolver, _ := lookups(t, "127.0.0.1")
		client := webhook.NewClient(webhook.ClientOptions{Resolver: resolver})
		r := client.Send(t.Context(), &webhook.Endpoint{URL: target, Secrets: []webhook.Secret{{Secret: oldSecret}}}, "msg_1", []byte("{}"), time.Now())
		require.Zero(t, r.Status, target)
		require.Equal(t, webhook.ErrForbidden.Error(), r.Error, target)
	}
	// Nor does an error tell whether a name exists within, or who was asked for it.
	asked := errors.New("lookup db.internal on 10.0.0.2:53: server misbehaving")
	client := webhook.NewClient(webhook.ClientOptions{Resolver: &net.Resolver{PreferGo: true,
		Dial: func(context.Context, string, string) (net.Conn, error) { return nil, asked }}})
	r := client.Send(t.Context(), &webhook.Endpoint{URL: "https://db.internal/", Secrets: []webhook.Secret{{Secret: oldSecret}}},
		"msg_1", []byte("{}"), time.Now())
	require.Equal(t, webhook.Result{Error: webhook.ErrForbidden.Error()}, r)
}

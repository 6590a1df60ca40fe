package redisboard_test

import (
	"crypto/tls"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/leaderboards/boardtest"
	"github.com/laurel-engine/laurel/leaderboards/redisboard"
)

// TestAURLOfAnotherForm holds that a URL whose form is not that of the server says so, with the one to write instead.
func TestAURLOfAnotherForm(t *testing.T) {
	host := strings.TrimPrefix(boardtest.Redis(t), "redis://")
	host, _, _ = strings.Cut(host, "/")
	for url, says := range map[string]string{
		"redis+cluster://" + host:         "no node of a cluster: write redis://" + host,
		"redis+sentinel://" + host + "/m": "this is no Sentinel: write redis://" + host,
		"redis://" + host + "/99999":      "no database of that number",
		"rediss://" + host:                "this port answers without TLS: write redis://" + host,
		"rediss+cluster://:hush@" + host:  "this port answers without TLS: write redis+cluster://USER:PASSWORD@" + host,
	} {
		b, err := redisboard.Open(url, nil)
		require.NoError(t, err)
		if err = b.Check(t.Context()); err == nil {
			err = b.Ping(t.Context())
		}
		require.Error(t, err, url)
		if strings.HasPrefix(url, "rediss") {
			err = b.Speaks(t.Context())
		}
		var form *redisboard.FormError
		require.ErrorAs(t, err, &form, url)
		require.ErrorContains(t, err, says)
		require.NoError(t, b.Close())
	}

	certified := httptest.NewTLSServer(nil) // for its certificate
	defer certified.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12})
	require.NoError(t, err)
	defer listener.Close()
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			_ = conn.(*tls.Conn).Handshake()
			_ = conn.Close()
		}
	}()
	b, err := redisboard.Open("redis://"+listener.Addr().String(), nil)
	require.NoError(t, err)
	defer b.Close()
	require.ErrorContains(t, b.Speaks(t.Context()), "this port is one of TLS: write rediss://")
}

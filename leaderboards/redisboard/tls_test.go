package redisboard_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/leaderboards/boardtest"
	"github.com/laurel-engine/laurel/leaderboards/redisboard"
)

// TestAuthorities speaks TLS with a Redis whose certificate is from an authority that only the file knows.
func TestAuthorities(t *testing.T) {
	server := strings.TrimPrefix(boardtest.Redis(t), "redis://")
	certified := httptest.NewTLSServer(nil) // for its certificate
	defer certified.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12})
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer client.Close()
				redis, err := net.Dial("tcp", server)
				if err != nil {
					return
				}
				defer redis.Close()
				go func() { _, _ = io.Copy(redis, client) }()
				_, _ = io.Copy(client, redis)
			}()
		}
	}()
	url := "rediss://" + listener.Addr().String()
	stranger := open(t, url)
	require.ErrorContains(t, stranger.Ping(t.Context()), "certificate")

	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	board, err := redisboard.Open(url, roots)
	require.NoError(t, err)
	defer board.Close()
	require.NoError(t, board.Ping(t.Context()))
	put(t, board, score("ann", 5, 1))
	require.Equal(t, []string{"1 ann 5"}, page(t, board))
}

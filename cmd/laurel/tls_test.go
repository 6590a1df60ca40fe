package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// signed writes a certificate for 127.0.0.1, signed by itself, and its key.
func signed(t *testing.T, dir, name string, until time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &private.PublicKey, private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	cert = write(t, dir, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	key = write(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	return cert, key
}

// Both listeners speak TLS. A certificate that is renewed is shown to whoever comes next, and connections that are open go on; files that do not
// fit together leave what was shown.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := signed(t, dir, "first", time.Now().Add(24*time.Hour))
	s := serveBinary(t, write(t, dir, "ruleset.yaml", pingRuleset), "--data", filepath.Join(dir, "data"), "--tls-cert", cert, "--tls-key", key)
	require.Contains(t, s.banner, "https://127.0.0.1:")
	client := func() *http.Client {
		return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // the test looks at it itself
	}
	shown := func(c *http.Client, url string) string {
		resp, err := c.Get(url)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.TLS.PeerCertificates[0].Subject.CommonName
	}
	api, health := "https"+s.base[len("http"):]+"/v1/members", "https"+s.health[len("http"):]+"/readyz"
	kept := client()
	require.Equal(t, "first", shown(kept, api))
	require.Equal(t, "first", shown(client(), health))

	resp, err := http.Get(s.base + "/v1/members") // in the clear
	if err == nil {
		require.NoError(t, resp.Body.Close())
		require.NotEqual(t, http.StatusOK, resp.StatusCode)
	}

	good, err := os.ReadFile(key)
	require.NoError(t, err)
	signed(t, dir, "second", time.Now().Add(48*time.Hour))
	second, err := os.ReadFile(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(key, good, 0o600)) // half of the renewal
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGHUP))
	require.Never(t, func() bool { return shown(client(), health) != "first" }, 300*time.Millisecond, 50*time.Millisecond)
	require.NoError(t, os.WriteFile(key, second, 0o600))
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGHUP))
	require.Eventually(t, func() bool { return shown(client(), health) == "second" }, 10*time.Second, 20*time.Millisecond)
	require.Equal(t, "second", shown(client(), api))
	require.Equal(t, "first", shown(kept, api), "its connection is the one of before")
	s.interrupt()
	require.Contains(t, s.log(), "the certificate was not read again")
	require.Contains(t, s.log(), "a new certificate is shown")
}

func TestACertificateThatCannotBeUsedEndsTheStart(t *testing.T) {
	dir := t.TempDir()
	ruleset := write(t, dir, "ruleset.yaml", pingRuleset)
	cert, key := signed(t, dir, "one", time.Now().Add(time.Hour))
	for _, c := range []struct{ args, want []string }{
		{[]string{"--tls-cert", cert}, []string{"--tls-cert and --tls-key go together"}},
		{[]string{"--tls-cert", cert, "--tls-key", filepath.Join(dir, "none")}, []string{"--tls-key: open ", "none"}},
		{[]string{"--tls-cert", key, "--tls-key", cert}, []string{"cannot be used"}},
		{[]string{"--trusted-proxy", "10.0.0.0/8,proxy"}, []string{`"proxy" is no address or network`}},
		{[]string{"--trusted-proxy", "0.0.0.0/0"}, []string{"is everybody"}},
	} {
		_, stderr, exit := laurel(t, append([]string{"serve", ruleset, "--data", filepath.Join(dir, "data")}, c.args...)...)
		require.Equal(t, exitUsage, exit)
		for _, want := range c.want {
			require.Contains(t, stderr, want)
		}
	}
}

// A listener that others can reach in the clear is warned of; not the loopback's, and not where something in front speaks TLS.
func TestAListenerInTheClearIsWarnedOf(t *testing.T) {
	dir := t.TempDir()
	ruleset := write(t, dir, "ruleset.yaml", pingRuleset)
	for i, c := range []struct {
		args []string
		warn bool
	}{
		{nil, false},
		{[]string{"--listen", "0.0.0.0:0"}, true},
		{[]string{"--operators", "0.0.0.0:0"}, true},
		{[]string{"--listen", "0.0.0.0:0", "--behind-tls"}, false},
	} {
		s := serveBinary(t, append([]string{ruleset, "--data", filepath.Join(dir, string(rune('a'+i)))}, c.args...)...)
		s.interrupt()
		require.Equal(t, c.warn, strings.Contains(s.log(), "without TLS"), "%v", c.args)
	}
}

func TestACertificateThatEndsSoon(t *testing.T) {
	dir := t.TempDir()
	cert, key := signed(t, dir, "one", time.Now().Add(20*24*time.Hour))
	c, err := openCertificate(cert, key, nil)
	require.NoError(t, err)
	require.NoError(t, c.ending(time.Now()))
	require.ErrorContains(t, c.ending(time.Now().Add(7*24*time.Hour)), "renew it")
	require.NoError(t, (*shownCertificate)(nil).ending(time.Now()))
}

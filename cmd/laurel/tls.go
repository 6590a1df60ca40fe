package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/laurel-engine/laurel/internal/seldom"
)

// certificateEvery is how often the files of a certificate are looked at: whoever renews one need not tell.
const certificateEvery = 10 * time.Second

// shownCertificate is what the listeners show, as the files had it when they were last whole. Connections that are open keep theirs.
type shownCertificate struct {
	cert, key string
	log       *slog.Logger
	told      seldom.Log
	shown     atomic.Pointer[tls.Certificate]

	mu   sync.Mutex
	read [2][]byte // what shown was made of
}

// openCertificate reads the two files; nil where none are named.
func openCertificate(cert, key string, log *slog.Logger) (*shownCertificate, error) {
	if cert == "" && key == "" {
		return nil, nil
	}
	if cert == "" || key == "" {
		return nil, &failure{exitUsage, "--tls-cert and --tls-key go together: the certificate with those that sign it, and its private key, in PEM"}
	}
	c := &shownCertificate{cert: cert, key: key, log: log}
	if _, err := c.load(); err != nil {
		return nil, &failure{exitUsage, err.Error()}
	}
	return c, nil
}

// load reads the files again, and shows what is in them if that has changed and fits together.
func (c *shownCertificate) load() (changed bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var now [2][]byte
	for i, file := range []string{c.cert, c.key} {
		if now[i], err = os.ReadFile(file); err != nil { //nolint:gosec // whoever starts the server says which
			return false, fmt.Errorf("%s: %w", [...]string{"--tls-cert", "--tls-key"}[i], err)
		}
	}
	if c.shown.Load() != nil && bytes.Equal(now[0], c.read[0]) && bytes.Equal(now[1], c.read[1]) {
		return false, nil
	}
	pair, err := tls.X509KeyPair(now[0], now[1])
	if err != nil {
		return false, fmt.Errorf("the certificate in %s with the key in %s cannot be used: %w", c.cert, c.key, err)
	}
	c.read = now
	c.shown.Store(&pair)
	return true, nil
}

// reload is load for a server that runs: what cannot be read leaves what is shown.
func (c *shownCertificate) reload() {
	changed, err := c.load()
	if err != nil {
		if again, may := c.told.May(err.Error()); may {
			c.log.Error("the certificate was not read again; the one before is shown", append(again, "error", err)...)
		}
	} else if changed {
		c.log.Info("a new certificate is shown", "subject", c.shown.Load().Leaf.Subject.String(), "until", c.shown.Load().Leaf.NotAfter)
	}
}

// watch reloads now and then, until ctx ends.
func (c *shownCertificate) watch(ctx context.Context, every time.Duration) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			c.reload()
		case <-ctx.Done():
			return
		}
	}
}

// expires is when the certificate ends.
func (c *shownCertificate) expires() time.Time { return c.shown.Load().Leaf.NotAfter }

// over wraps a listener, if there is a certificate.
func (c *shownCertificate) over(ln net.Listener) net.Listener {
	if c == nil {
		return ln
	}
	return tls.NewListener(ln, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return c.shown.Load(), nil
	}})
}

// scheme is that of a listener's address.
func (c *shownCertificate) scheme() string {
	if c == nil {
		return "http"
	}
	return "https"
}

// open warns of a listener that others can reach and that speaks in the clear, "" where all is well.
func open(of string, at net.Addr, c *shownCertificate, behind bool) string {
	address, ok := at.(*net.TCPAddr)
	if c != nil || behind || !ok || address.IP.IsLoopback() {
		return ""
	}
	return fmt.Sprintf("%s listens on %s without TLS: keys and what members do can be read on the way. Name --tls-cert and --tls-key, or, where a proxy speaks "+
		"TLS for it, say --behind-tls; or let it listen on 127.0.0.1", of, at)
}

// prefixes reads --trusted-proxy.
func prefixes(texts []string) (list []netip.Prefix, err error) {
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			if a, single := netip.ParseAddr(text); single == nil {
				p, err = a.Prefix(a.BitLen())
			}
		}
		if err != nil {
			return nil, &failure{exitUsage, fmt.Sprintf("--trusted-proxy: %q is no address or network: write such as 10.0.0.0/8 or 192.0.2.7", text)}
		}
		if p.Bits() == 0 {
			return nil, &failure{exitUsage, fmt.Sprintf("--trusted-proxy: %s is everybody, and everybody could then claim any address; name the proxy's network", text)}
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

// endsSoon is how long before its end a certificate is an alarm: who renews one does so a month before.
const endsSoon = 14 * 24 * time.Hour

// ending is an error while the certificate ends soon.
func (c *shownCertificate) ending(now time.Time) error {
	if c == nil || c.expires().Sub(now) > endsSoon {
		return nil
	}
	return errors.New("the certificate ends at " + c.expires().UTC().Format(time.RFC3339) + ": renew it")
}

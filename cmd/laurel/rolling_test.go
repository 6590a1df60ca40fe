package main

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// node is one of two servers behind a proxy.
type node struct {
	at    atomic.Pointer[server]
	ready atomic.Bool
}

// proxy sends each request to a node that was ready when it last asked, as a load balancer does: over connections that it keeps.
type proxy struct {
	nodes  [2]*node
	client http.Client
	next   atomic.Uint64
}

// ask asks each node once whether it is ready.
func (p *proxy) ask() {
	for _, n := range p.nodes {
		s := n.at.Load()
		resp, err := p.client.Get(s.health + "/readyz")
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		n.ready.Store(err == nil && resp.StatusCode == http.StatusOK)
	}
}

// send is one event through the proxy.
func (p *proxy) send(id string) (status int, err error) {
	n := p.nodes[p.next.Add(1)%2]
	if !n.ready.Load() {
		n = p.nodes[p.next.Add(1)%2]
	}
	s := n.at.Load()
	req, err := http.NewRequest(http.MethodPost, s.base+"/v1/events",
		strings.NewReader(`{"id":"`+id+`","type":"ping","member":"ann","data":{"order":"`+id+`"}}`))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+s.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// While the servers behind a proxy are stopped and started one after the other, nobody's request is refused: /readyz fails first, the server goes
// on serving while the proxy may not have seen that yet, and tells connections that are kept to go.
func TestARollingStopRefusesNobody(t *testing.T) {
	dir := t.TempDir()
	ruleset := write(t, dir, "ruleset.yaml", pingRuleset)
	p := &proxy{nodes: [2]*node{{}, {}}}
	p.client.Transport = &http.Transport{MaxIdleConnsPerHost: 8}
	var secrets [2]string
	var stop [2]context.CancelFunc
	var ended [2]<-chan error
	start := func(i int) {
		ctx, cancel := context.WithCancel(context.Background())
		t.Cleanup(cancel)
		s, done := serveUntil(ctx, t, serveOptions{data: filepath.Join(dir, strconv.Itoa(i)), drain: 400 * time.Millisecond}, ruleset)
		if secrets[i] == "" {
			secrets[i] = s.key
		}
		s.key = secrets[i]
		stop[i], ended[i] = cancel, done
		p.nodes[i].at.Store(s)
	}
	start(0)
	start(1)
	p.ask()

	asking, quit := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		every := time.NewTicker(20 * time.Millisecond)
		defer every.Stop()
		for asking.Err() == nil {
			p.ask()
			<-every.C
		}
	})
	var sent atomic.Int64
	for worker := range 4 {
		work.Go(func() {
			for n := 0; asking.Err() == nil; n++ {
				status, err := p.send(strconv.Itoa(worker) + "-" + strconv.Itoa(n))
				if err != nil || status != http.StatusOK {
					t.Errorf("request %d of %d: %d, %v", n, worker, status, err)
					return
				}
				sent.Add(1)
			}
		})
	}
	for i := range p.nodes {
		before := sent.Load()
		stop[i]()
		require.NoError(t, <-ended[i])
		require.Greater(t, sent.Load(), before)
		start(i)
		require.Eventually(t, p.nodes[i].ready.Load, 10*time.Second, 10*time.Millisecond)
	}
	quit()
	work.Wait()
	for i := range p.nodes {
		stop[i]()
		require.NoError(t, <-ended[i])
	}
}

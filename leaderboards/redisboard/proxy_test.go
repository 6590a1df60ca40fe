package redisboard_test

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// fault is what a proxy does to a reply. The server gets the command and runs it in any case.
type fault int32

const (
	none      fault = iota
	cut             // closes the connection instead of passing on the reply of the next script
	late            // withholds the reply of the next script until the client gives up
	mute            // withholds all replies
	unplugged       // closes all connections
)

// proxy stands between a board and its Redis.
type proxy struct {
	url    string
	server string
	fault  atomic.Int32
	lost   atomic.Int32 // replies
	open   sync.WaitGroup
}

func newProxy(t *testing.T, serverURL string) *proxy {
	server, err := url.Parse(serverURL)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{server: server.Host}
	server.Host = listener.Addr().String()
	p.url = server.String()
	p.open.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			p.open.Go(func() { p.serve(client) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		p.open.Wait() // the board was opened after the proxy, so it is closed already and has let its connections go
	})
	return p
}

func (p *proxy) set(f fault) { p.fault.Store(int32(f)) }

// serve passes bytes on in both directions until one side, or the fault, closes.
func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer server.Close()
	var script atomic.Bool // the reply that comes next is that of a script
	p.open.Go(func() {
		defer server.Close()
		copyChunks(server, client, func(command []byte) fault {
			if bytes.Contains(bytes.ToLower(command), []byte("\r\neval")) {
				script.Store(true)
			}
			return none
		})
	})
	copyChunks(client, server, func([]byte) fault { return p.meet(script.Swap(false)) })
}

// meet returns the fault that a reply meets.
func (p *proxy) meet(script bool) fault {
	f := fault(p.fault.Load())
	once := f == cut || f == late
	if f == none || once && (!script || !p.fault.CompareAndSwap(int32(f), int32(none))) {
		return none
	}
	p.lost.Add(1)
	return f
}

func copyChunks(to, from net.Conn, meet func([]byte) fault) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		switch meet(buffer[:n]) {
		case cut, unplugged:
			return
		case late, mute:
			continue
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

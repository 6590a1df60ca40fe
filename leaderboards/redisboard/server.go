package redisboard

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/laurel-engine/laurel/leaderboards"
)

// Keeps is the maxmemory-policy under which a Redis refuses writes rather than drop what it holds.
const Keeps = "noeviction"

// FormError says that a URL has another form than the server that it leads to, which will never do.
type FormError struct{ text string }

// Error says what to write instead.
func (e *FormError) Error() string { return e.text }

// quiet drops go-redis's own messages: whoever uses a board is told by errors.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(quiet{}) }

// Sharded reports whether the rankings lie on several masters, of which one can be away alone.
func (b *Board) Sharded() bool {
	_, is := b.client.(*redis.ClusterClient)
	return is
}

// Home is where the keys of a ranking lie: rankings of one home are away together.
func (b *Board) Home(key leaderboards.Key) string {
	if !b.Sharded() {
		return ""
	}
	return string(newTables(key).shown)
}

// Ping asks whether Redis answers, in a cluster each master, and takes writes: one that is full, or only a replica, does not.
func (b *Board) Ping(ctx context.Context) error {
	err := b.each(ctx, func(c *redis.Client) error { return c.Ping(ctx).Err() })
	if err == nil {
		err = b.client.Set(ctx, probeKey, "", probeTime).Err()
	}
	return b.trouble("ping", err)
}

// Policy is the maxmemory-policy, empty where nobody tells it: under another one than Keeps a Redis that is full drops rankings.
// In a cluster it is that of a master with another one, if there is one.
func (b *Board) Policy(ctx context.Context) (string, error) {
	var mu sync.Mutex
	policy := Keeps
	err := b.each(ctx, func(c *redis.Client) error {
		is, err := policyOf(ctx, c)
		mu.Lock()
		defer mu.Unlock()
		if is != Keeps && (is != "" || policy == Keeps) {
			policy = is
		}
		return err
	})
	return policy, b.trouble("policy", err)
}

// Release is the version of the server, of one of them in a cluster; empty where it does not tell.
func (b *Board) Release(ctx context.Context) (release string, err error) {
	var mu sync.Mutex
	err = b.each(ctx, func(c *redis.Client) error {
		info, err := c.Info(ctx, "server").Result()
		mu.Lock()
		defer mu.Unlock()
		if is := field(info, "redis_version"); is != "" {
			release = is
		}
		return err
	})
	return release, b.trouble("release", err)
}

// policyOf asks INFO first: a managed Redis may forbid to read its configuration.
func policyOf(ctx context.Context, c *redis.Client) (string, error) {
	info, err := c.Info(ctx, "memory").Result()
	if is := field(info, "maxmemory_policy"); is != "" {
		return is, nil
	}
	if err != nil && !forbidden(err) {
		return "", err
	}
	settings, err := c.ConfigGet(ctx, "maxmemory-policy").Result()
	if err != nil && !forbidden(err) {
		return "", err
	}
	return settings["maxmemory-policy"], nil
}

// forbidden reports whether a command is not for us.
func forbidden(err error) bool {
	text := err.Error()
	return strings.HasPrefix(text, "NOPERM") || strings.HasPrefix(text, "ERR unknown command")
}

// Check refuses a node of a cluster under the URL of a single Redis, by a *FormError. Any other error says that it could not
// be asked.
func (b *Board) Check(ctx context.Context) error {
	c, single := b.client.(*redis.Client)
	if !single {
		return nil
	}
	info, err := c.Info(ctx, "cluster").Result()
	if err == nil && field(info, "cluster_enabled") == "1" {
		text := "this Redis is a node of a cluster, which has a part of the rankings only"
		if b.at != nil {
			text += ": write " + b.at.as(formCluster, b.at.secure) + " (more nodes after commas are asked when that one is away)"
		}
		return &FormError{text}
	}
	if err != nil && forbidden(err) {
		return nil // who may not ask is told by the first read
	}
	return b.trouble("check", err)
}

// ErrFull says that a Redis takes no writes because its memory is full.
var ErrFull = errors.New("it is full")

// trouble names the operation in an error that is of no ranking. One that says that the server is of another form than the URL is a
// *FormError.
func (b *Board) trouble(operation string, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "OOM command not allowed"):
		err = fmt.Errorf("%w: %w", ErrFull, err)
	case b.at == nil:
	case strings.Contains(text, "cluster support disabled"):
		return &FormError{"this Redis is no node of a cluster: write " + b.at.as(formPlain, b.at.secure)}
	case b.at.form == formSentinel && strings.Contains(strings.ToLower(text), "unknown command") && strings.Contains(strings.ToLower(text), "sentinel"):
		return &FormError{"this is no Sentinel: write " + b.at.as(formPlain, b.at.secure) + " if it is the Redis itself, or the hosts and ports of the Sentinels"}
	case strings.Contains(text, "DB index is out of range"):
		return &FormError{"this Redis has no database of that number: write a smaller one, such as 0, or let its setting `databases` be more"}
	}
	return fmt.Errorf("redisboard: %s: %w", operation, err)
}

// Speaks finds out, where no answer comes, whether the server does without TLS what the URL wants with it, or the other way around: that
// is a *FormError.
func (b *Board) Speaks(ctx context.Context) error {
	if b.at == nil || len(b.at.hosts) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", b.at.hosts[0])
	if err != nil {
		return nil //nolint:nilerr // it is away, which was told
	}
	defer conn.Close()
	until, _ := ctx.Deadline()
	_ = conn.SetDeadline(until)
	if b.at.secure {
		reply := make([]byte, 1)
		_, err = conn.Write([]byte("PING\r\n"))
		if _, failed := conn.Read(reply); err == nil && failed == nil && strings.ContainsAny(string(reply), "+-") {
			return &FormError{"this port answers without TLS: write " + b.at.as(b.at.form, false) + ", or the port that has TLS"}
		}
		return nil
	}
	if tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(ctx) == nil { //nolint:gosec // nothing is said to it
		return &FormError{"this port is one of TLS: write " + b.at.as(b.at.form, true)}
	}
	return nil
}

// field is the value of a line of INFO.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// each asks every master.
func (b *Board) each(ctx context.Context, ask func(*redis.Client) error) error {
	switch c := b.client.(type) {
	case *redis.ClusterClient:
		return c.ForEachMaster(ctx, func(_ context.Context, master *redis.Client) error { return ask(master) })
	case *redis.Client:
		return ask(c)
	}
	return errors.New("a client of another kind")
}

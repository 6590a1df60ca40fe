package redisboard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/laurel-engine/laurel/leaderboards"
)

// Keeps is the maxmemory-policy under which a Redis refuses writes rather than drop what it holds.
const Keeps = "noeviction"

// NodeError says that the URL of a single Redis leads to a node of a cluster, which has a part of the rankings only.
type NodeError struct{ Instead string }

// Error says what to write instead.
func (e *NodeError) Error() string {
	instead := ""
	if e.Instead != "" {
		instead = ": write " + e.Instead + " (more nodes after commas are asked when that one is away)"
	}
	return "this Redis is a node of a cluster, which has a part of the rankings only" + instead
}

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
	return trouble("ping", err)
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
	return policy, trouble("policy", err)
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

// Check refuses a node of a cluster under the URL of a single Redis, by a *NodeError. Any other error says that it could not
// be asked.
func (b *Board) Check(ctx context.Context) error {
	c, single := b.client.(*redis.Client)
	if !single {
		return nil
	}
	info, err := c.Info(ctx, "cluster").Result()
	if err == nil && field(info, "cluster_enabled") == "1" {
		return &NodeError{b.instead}
	}
	if err != nil && forbidden(err) {
		return nil // who may not ask is told by the first read
	}
	return trouble("check", err)
}

// trouble names the operation in an error that is of no ranking.
func trouble(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("redisboard: %s: %w", operation, err)
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

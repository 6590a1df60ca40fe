package boardtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// settleTime bounds how long nodes take to agree.
const settleTime = 30 * time.Second

// Node is one server of a cluster or of a replicated Redis.
type Node struct {
	*Server
	Client *redis.Client
}

// StartNode starts an empty server with settings of its own, such as --cluster-enabled yes, and stops it when the test ends.
func StartNode(t testing.TB, settings ...string) *Node {
	t.Helper()
	s := &Server{binary: findServer(t), settings: settings}
	for range startAttempts {
		s.port = freePort(t)
		if s.start(t) {
			s.URL = "redis://127.0.0.1:" + s.port
			t.Cleanup(func() { s.stop() })
			n := &Node{Server: s, Client: redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + s.port, ContextTimeoutEnabled: true})}
			t.Cleanup(func() { require.NoError(t, n.Client.Close()) })
			return n
		}
	}
	require.FailNow(t, "the Redis server does not start", s.binary)
	return nil
}

// Cluster is a Redis cluster of three masters, with a replica each.
type Cluster struct {
	URL      string
	Masters  []*Node
	Replicas []*Node // in the order of their masters
}

const clusterSlots = 16384

// StartCluster starts a cluster, which takes a node for dead after half a second, and stops it when the test ends.
func StartCluster(t testing.TB) *Cluster {
	t.Helper()
	c, ctx := &Cluster{}, context.Background()
	for i := range 6 {
		n := StartNode(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "500", "--repl-diskless-sync-delay", "0", "--cluster-allow-replica-migration", "no",
			"--cluster-replica-validity-factor", "0")
		if i < 3 {
			c.Masters = append(c.Masters, n)
		} else {
			c.Replicas = append(c.Replicas, n)
		}
	}
	var addresses []string
	for i, n := range append(c.Masters[:3:3], c.Replicas...) {
		addresses = append(addresses, "127.0.0.1:"+n.port)
		require.NoError(t, n.Client.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err())
		if i > 0 {
			require.NoError(t, c.Masters[0].Client.ClusterMeet(ctx, "127.0.0.1", n.port).Err())
		}
	}
	c.URL = "redis+cluster://" + strings.Join(addresses, ",")
	for i, m := range c.Masters {
		require.NoError(t, m.Client.ClusterAddSlotsRange(ctx, clusterSlots*i/3, clusterSlots*(i+1)/3-1).Err())
	}
	for i, r := range c.Replicas {
		id := c.Masters[i].Client.ClusterMyID(ctx).Val()
		require.Eventually(t, func() bool { return r.Client.ClusterReplicate(ctx, id).Err() == nil }, settleTime, 20*time.Millisecond)
	}
	require.Eventually(t, c.whole, settleTime, 20*time.Millisecond)
	return c
}

// whole reports whether all nodes know all, and each replica follows its master.
func (c *Cluster) whole() bool {
	ctx := context.Background()
	for _, n := range append(c.Masters[:3:3], c.Replicas...) {
		info := n.Client.ClusterInfo(ctx).Val()
		nodes := n.Client.ClusterNodes(ctx).Val()
		if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:6") || strings.Count(nodes, "slave") != 3 {
			return false
		}
	}
	for _, r := range c.Replicas {
		if !strings.Contains(r.Client.Info(ctx, "replication").Val(), "master_link_status:up") {
			return false
		}
	}
	return true
}

// MasterOf is the number of the master that has a key.
func (c *Cluster) MasterOf(t testing.TB, key string) int {
	t.Helper()
	slot, err := c.Masters[0].Client.ClusterKeySlot(context.Background(), key).Result()
	require.NoError(t, err)
	for i := range c.Masters {
		if int(slot) < clusterSlots*(i+1)/3 {
			return i
		}
	}
	return -1
}

// Sentinel is a master with a replica, and a Sentinel that watches them.
type Sentinel struct {
	URL             string
	Master, Replica *Node
}

// StartSentinel starts them. The Sentinel takes a master for dead after half a second.
func StartSentinel(t testing.TB) *Sentinel {
	t.Helper()
	s := &Sentinel{Master: StartNode(t, "--repl-diskless-sync-delay", "0")}
	s.Replica = StartNode(t, "--replicaof", "127.0.0.1 "+s.Master.port)
	ctx := context.Background()
	require.Eventually(t, func() bool {
		return strings.Contains(s.Replica.Client.Info(ctx, "replication").Val(), "master_link_status:up")
	}, settleTime, 20*time.Millisecond)
	config := fmt.Sprintf("sentinel monitor boards 127.0.0.1 %s 1\nsentinel down-after-milliseconds boards 500\nsentinel failover-timeout boards 3000\n",
		s.Master.port)
	watcher := StartNode(t, "--sentinel", config)
	s.URL = "redis+sentinel://127.0.0.1:" + watcher.port + "/boards"
	require.Eventually(t, func() bool {
		master := watcher.Client.Do(ctx, "SENTINEL", "REPLICAS", "boards").Val()
		return strings.Contains(fmt.Sprint(master), s.Replica.port)
	}, settleTime, 20*time.Millisecond)
	return s
}

// Kill ends the server without a word.
func (s *Server) Kill() { s.stop() }

// command is how the server is started: settings are those of the command line; those of a Sentinel are a file.
func (s *Server) command(t testing.TB) *exec.Cmd {
	t.Helper()
	if len(s.settings) == 2 && s.settings[0] == "--sentinel" {
		file := t.TempDir() + "/sentinel.conf"
		text := "port " + s.port + "\nbind 127.0.0.1\n" + s.settings[1]
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return exec.Command(s.binary, file, "--sentinel")
	}
	return exec.Command(s.binary, append([]string{"--port", s.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--dir", t.TempDir()}, s.settings...)...)
}

package main

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/boards"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/leaderboards/boardtest"
	"github.com/laurel-engine/laurel/leaderboards/redisboard"
)

// soon bounds how long a server may take to notice, which it does within a second or two.
const soon = 30 * time.Second

// shown is what a leaderboard shows, with stale behind it where it says so.
type shown struct {
	Data []struct {
		Member string
		Score  int
	}
	Stale bool
}

func (s *server) board(path string) string {
	s.t.Helper()
	var b shown
	start := time.Now()
	status := s.do("GET", path, "", &b)
	require.Less(s.t, time.Since(start), 5*time.Second, "nobody waits for a Redis")
	text := fmt.Sprintf("%d%v", status, b.Data)
	if b.Stale {
		text += " stale"
	}
	return text
}

// pinged is a ruleset with a board.
func pinged(t *testing.T) (ruleset, data string) {
	t.Helper()
	dir := t.TempDir()
	text := pingRuleset + "counters:\n  pings: {when: ping}\nleaderboards:\n  most: {counter: pings}\n"
	return write(t, dir, "ruleset.yaml", text), filepath.Join(dir, "data")
}

func (s *server) ping(order int, member string) {
	s.t.Helper()
	var answer struct{ Effects []map[string]any }
	body := fmt.Sprintf(`{"id":"%d","type":"ping","member":%q,"data":{"order":"%d"}}`, order, member, order)
	start := time.Now()
	require.Equal(s.t, 200, s.do("POST", "/v1/events", body, &answer))
	require.Less(s.t, time.Since(start), 5*time.Second, "no event waits for a Redis")
	require.NotContains(s.t, fmt.Sprint(answer), "rank", "a board on Redis tells no ranks in answers")
}

func (s *server) shows(want string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.board("/v1/leaderboards/most") == want }, soon, 50*time.Millisecond, want)
}

// A board on Redis shows what was sent, and again after Redis was emptied.
func TestBoardsOnRedis(t *testing.T) {
	ruleset, data := pinged(t)
	redis := boardtest.StartRedis(t)
	s := serveBinary(t, ruleset, "--data", data, "--redis", redis.URL)
	for i, member := range []string{"ann", "bob", "ann"} {
		s.ping(i, member)
	}
	s.shows("200[{ann 2} {bob 1}]")
	require.Contains(t, s.operators("GET", "/readyz"), `{"name":"redis","ok":true}`)
	require.Contains(t, s.operators("GET", "/metrics"), "\nlaurel_redis_up 1\n")
	redis.Restart(t)
	s.shows("200[{ann 2} {bob 1}]")
	s.ping(3, "bob")
	s.ping(4, "bob")
	s.shows("200[{bob 3} {ann 2}]")
}

// A server starts without its Redis, accepts events, shows boards from the store and says that it is degraded; and the boards are
// on Redis as soon as it comes.
func TestAStartWithoutItsRedis(t *testing.T) {
	ruleset, data := pinged(t)
	redis := boardtest.StartRedis(t)
	redis.Kill()
	s := serveBinary(t, ruleset, "--data", data, "--redis", redis.URL)
	s.ping(0, "ann")
	s.shows("200[{ann 1}] stale")
	require.Contains(t, s.operators("GET", "/readyz"), `"ok":true,"degraded":true`)
	require.Contains(t, s.operators("GET", "/readyz"), `{"name":"redis","ok":false`)
	require.Contains(t, s.operators("GET", "/metrics"), "\nlaurel_redis_up 0\n")
	redis.Restart(t)
	require.Eventually(t, func() bool { return strings.Contains(s.operators("GET", "/metrics"), "\nlaurel_redis_up 1\n") }, soon, 50*time.Millisecond)
	require.NotContains(t, s.operators("GET", "/readyz"), "degraded")
	s.ping(1, "ann")
	s.shows("200[{ann 2}]")
	s.interrupt()
	require.Equal(t, 1, strings.Count(s.log(), "Redis does not answer"), s.log())
	require.Equal(t, 1, strings.Count(s.log(), "Redis answers again"), s.log())
	require.NotContains(t, s.log(), "a job failed")
}

// A Redis that holds its connections and answers nothing costs a read less than a second, and events nothing.
func TestARedisThatHangs(t *testing.T) {
	ruleset, data := pinged(t)
	redis := boardtest.StartNode(t)
	s := serveBinary(t, ruleset, "--data", data, "--redis", redis.URL)
	s.ping(0, "ann")
	s.shows("200[{ann 1}]")
	redis.Pause(t)
	for i := range 10 {
		s.ping(10+i, "bob")
		require.Contains(t, s.board("/v1/leaderboards/most"), "stale")
		require.Contains(t, s.board("/v1/leaderboards/most/standings/ann"), "200")
	}
	s.shows("200[{bob 10} {ann 1}] stale")
	require.NotContains(t, s.operators("GET", "/metrics"), "laurel_redis_reads_refused_total 0\n")
	require.Eventually(t, func() bool { return strings.Contains(s.operators("GET", "/readyz"), `"degraded":true`) }, soon, 50*time.Millisecond)
	require.Contains(t, s.operators("GET", "/readyz"), `"ok":true,"degraded":true`)
	redis.Resume(t)
	s.shows("200[{bob 10} {ann 1}]")
	require.Eventually(t, func() bool { return !strings.Contains(s.operators("GET", "/readyz"), "degraded") }, soon, 50*time.Millisecond)
	redis.Pause(t) // at a start, too
	s.interrupt()
	start := time.Now()
	key := s.key
	s = serveBinary(t, ruleset, "--data", data, "--redis", redis.URL)
	s.key = key
	require.Less(t, time.Since(start), soon)
	s.shows("200[{bob 10} {ann 1}] stale")
}

// A Redis that drops keys when it is full is warned of, also where CONFIG or INFO is forbidden.
func TestAnEvictingRedisIsWarnedOf(t *testing.T) {
	ruleset, data := pinged(t)
	node, ctx := boardtest.StartNode(t, "--maxmemory-policy", "allkeys-lru"), context.Background()
	for user, forbidden := range map[string]string{"nothing": "+@all", "config": "-config", "info": "-info"} {
		require.NoError(t, node.Client.Do(ctx, "ACL", "SETUSER", user, "on", ">pw", "~*", "&*", "+@all", forbidden).Err())
	}
	for _, user := range []string{"nothing", "config", "info"} {
		s := serveBinary(t, ruleset, "--data", data, "--redis", strings.Replace(node.URL, "redis://", "redis://"+user+":pw@", 1))
		require.Contains(t, s.operators("GET", "/readyz"), `"ok":true,"degraded":true`, user)
		require.Contains(t, s.operators("GET", "/readyz"), "maxmemory-policy allkeys-lru", user)
		require.Contains(t, s.operators("GET", "/metrics"), "\nlaurel_redis_evicts 1\n", user)
		require.Contains(t, s.operators("GET", "/metrics"), "\nlaurel_redis_up 1\n", user)
		s.interrupt()
		require.Contains(t, s.log(), "Set its maxmemory-policy to noeviction", user)
		require.NotContains(t, s.log(), "pw@")
	}
	require.NoError(t, node.Client.ConfigSet(ctx, "maxmemory-policy", "noeviction").Err())
	s := serveBinary(t, ruleset, "--data", data, "--redis", node.URL)
	require.NotContains(t, s.operators("GET", "/readyz"), "degraded")
	require.Contains(t, s.operators("GET", "/metrics"), "\nlaurel_redis_evicts 0\n")
	node.Kill()
	require.Eventually(t, func() bool { return strings.Contains(s.operators("GET", "/metrics"), "\nlaurel_redis_up 0\n") }, soon, 50*time.Millisecond)
	node.Restart(t) // with the setting that it was started with
	require.Eventually(t, func() bool { return strings.Contains(s.operators("GET", "/readyz"), "allkeys-lru") }, soon, 50*time.Millisecond)
	s.interrupt()
	require.Equal(t, 1, strings.Count(s.log(), "Set its maxmemory-policy to noeviction"), s.log())
}

// A Redis that is full refuses writes. That is told, events go on, and boards catch up when there is room.
func TestAFullRedis(t *testing.T) {
	ruleset, data := pinged(t)
	node, ctx := boardtest.StartNode(t), context.Background()
	s := serveBinary(t, ruleset, "--data", data, "--redis", node.URL)
	s.ping(0, "ann")
	s.shows("200[{ann 1}]")
	require.NoError(t, node.Client.ConfigSet(ctx, "maxmemory", "1").Err())
	require.Eventually(t, func() bool { return strings.Contains(s.operators("GET", "/readyz"), "OOM") }, soon, 50*time.Millisecond)
	require.Contains(t, s.operators("GET", "/readyz"), `"ok":true,"degraded":true`)
	s.ping(1, "ann")
	require.NoError(t, node.Client.ConfigSet(ctx, "maxmemory", "0").Err())
	s.shows("200[{ann 2}]")
	require.Eventually(t, func() bool { return !strings.Contains(s.operators("GET", "/readyz"), "degraded") }, soon, 50*time.Millisecond)
}

func TestRedisMistakes(t *testing.T) {
	ruleset, data := pinged(t)
	node := boardtest.StartNode(t, "--cluster-enabled", "yes", "--requirepass", "hush")
	address := strings.TrimPrefix(node.URL, "redis://")
	empty, dir := write(t, t.TempDir(), "empty.pem", "nothing"), t.TempDir()
	for says, args := range map[string][]string{
		"write redis+cluster://USER:PASSWORD@" + address: {"--redis", "redis://default:hush@" + address},
		"--redis: this is not the URL of a Redis":        {"--redis", "nonsense"},
		"there are several hosts":                        {"--redis", "redis://:hush@a,b"},
		"--redis-ca goes with --redis":                   {"--redis-ca", empty},
		"empty.pem holds no certificate":                 {"--redis", "rediss://" + address, "--redis-ca", empty},
		"--redis-ca: open " + dir + "/none":              {"--redis", "rediss://" + address, "--redis-ca", dir + "/none"},
		"write rediss instead of redis":                  {"--redis", "redis://" + address, "--redis-ca", certificate(t)},
	} {
		_, stderr, exit := laurel(t, append([]string{"serve", ruleset, "--data", data}, args...)...)
		require.Equal(t, exitUsage, exit, stderr)
		require.Contains(t, stderr, says)
		require.NotContains(t, stderr, "hush")
	}
}

// certificate is a file with some authority's.
func certificate(t *testing.T) string {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600))
	return file
}

// A Redis vouches for a clock that agrees with its own, and for no other; one that is away or hangs vouches for none.
func TestARedisVouchesForTheClock(t *testing.T) {
	node := boardtest.StartNode(t)
	board, err := redisboard.Open(node.URL, nil)
	require.NoError(t, err)
	redis := boards.NewRedis(board, newLog(false))
	t.Cleanup(func() { require.NoError(t, redis.Close()) })
	vouchers := vouchers(redis)
	require.Len(t, vouchers, 2, "the kernel and the Redis")
	believed := func(off time.Duration) bool {
		start := time.Now()
		machine := clock.Of(func() time.Time { return time.Now().Add(off) }, func() time.Duration { return time.Since(start) }, vouchers[1])
		machine.Resume(1) // a long silence
		require.NotNil(t, machine.Alarm())
		return machine.Ask(t.Context())
	}
	require.True(t, believed(0))
	require.True(t, believed(20*time.Second))
	require.True(t, believed(-20*time.Second))
	require.False(t, believed(time.Minute))
	require.False(t, believed(-time.Minute))
	node.Pause(t)
	start := time.Now()
	require.False(t, believed(0))
	require.Less(t, time.Since(start), soon)
	node.Kill()
	require.False(t, believed(0))
}

// A server whose machine nobody else vouches for believes its Redis after a weekend, as soon as that can be asked.
func TestAServerBelievesTheClockOfItsRedis(t *testing.T) {
	data, ruleset := silent(t, 64*time.Hour)
	node := boardtest.StartNode(t)
	board, err := redisboard.Open(node.URL, nil)
	require.NoError(t, err)
	redis := boards.NewRedis(board, newLog(false))
	t.Cleanup(func() { require.NoError(t, redis.Close()) })
	node.Kill()
	start := time.Now()
	machine := clock.Of(time.Now, func() time.Duration { return time.Since(start) }, vouchers(redis)[1])
	s, stop := serveWith(t, serveOptions{data: data, redis: node.URL, machine: machine}, ruleset)
	defer stop()
	require.Contains(t, s.operators("GET", "/metrics"), "\nlaurel_clock_alarm 1\n")
	node.Restart(t)
	require.Eventually(t, func() bool { return strings.Contains(s.operators("GET", "/metrics"), "\nlaurel_clock_alarm 0\n") }, soon, 50*time.Millisecond)
}

// TestABoardThatWasNotToldYetDoesNotAnswerForAnEvent: with ?min_seq= a read has that event or is a 503, also where Redis hangs.
func TestABoardThatWasNotToldYetDoesNotAnswerForAnEvent(t *testing.T) {
	redis := boardtest.StartRedis(t)
	s := serveBinary(t, "--redis", redis.URL, "--data", filepath.Join(t.TempDir(), "data"), "../../rulesets/examples/coffee")
	redis.Pause(t)
	var accepted struct{ Seq int }
	require.Equal(t, http.StatusOK, s.do("POST", "/v1/events", `{"id":"v1","type":"visit","member":"ann","data":{"store":"mitte"}}`, &accepted))
	standing := fmt.Sprintf("/v1/leaderboards/visits_this_week/standings/ann?min_seq=%d", accepted.Seq)
	var problem struct{ Code string }
	require.Equal(t, http.StatusServiceUnavailable, s.do("GET", standing, "", &problem))
	require.Equal(t, "not_yet", problem.Code)
	redis.Resume(t)
	require.Eventually(t, func() bool {
		var shown struct{ Rank int }
		status := s.do("GET", standing, "", &shown)
		require.True(t, status == http.StatusServiceUnavailable || shown.Rank == 1, "%d, rank %d", status, shown.Rank)
		return status == http.StatusOK
	}, time.Minute, 20*time.Millisecond)
}

// The doctor asks the Redis.
func TestTheDoctorAsksRedis(t *testing.T) {
	redis := boardtest.StartRedis(t)
	e, states, _ := doctor(t, exitDone, "--data", filepath.Join(t.TempDir(), "data"), "--keep-free", "1MiB", "--redis", redis.URL)
	require.Equal(t, "ok", states["redis"])
	for _, f := range e.Checks {
		if f.Name == "redis" {
			require.Regexp(t, `^version \d+\.\S+ answers, and drops nothing$`, f.Detail)
		}
	}
}

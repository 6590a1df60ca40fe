package redisboard

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

func TestURLs(t *testing.T) {
	plain := func(text string) *redis.Options {
		b, err := Open(text, nil)
		require.NoError(t, err, text)
		defer b.Close()
		require.False(t, b.Sharded())
		return b.client.(*redis.Client).Options()
	}
	o := plain("redis://ann:a%2Fb@box/3?read_timeout=3s")
	require.Equal(t, []any{"box:6379", "ann", "a/b", 3, 3 * time.Second}, []any{o.Addr, o.Username, o.Password, o.DB, o.ReadTimeout})
	require.Equal(t, []any{dialTimeout, dialerRetries, maxRetries, true}, []any{o.DialTimeout, o.DialerRetries, o.MaxRetries, o.ContextTimeoutEnabled})
	require.Nil(t, o.TLSConfig)
	require.Equal(t, "[::1]:6380", plain("redis://[::1]:6380").Addr)
	require.Equal(t, "[::1]:6379", plain("redis://[::1]").Addr)
	require.Equal(t, "box", plain("rediss://box:6380").TLSConfig.ServerName)
	require.Equal(t, "/run/redis.sock", plain("unix:///run/redis.sock?db=2").Addr)

	for _, text := range []string{
		"redis+sentinel://ann:pw@one,two:26380/boards/2", "redis+sentinel://ann:pw@one,two:26380?master=boards&db=2",
		"redis+sentinel://ann:pw@one,two:26380?master_name=boards&db=2", "redis+sentinel://ann:pw@one,two:26380/2?master=boards",
	} {
		o := plain(text)
		require.Equal(t, []any{"FailoverClient", "ann", "pw", 2, true, dialerRetries},
			[]any{o.Addr, o.Username, o.Password, o.DB, o.ContextTimeoutEnabled, o.DialerRetries}, text)
	}
	require.Empty(t, plain("rediss+sentinel://one,two/boards").TLSConfig.ServerName, "that of whichever host is dialled")

	b, err := Open("rediss+cluster://ann:pw@one,two:7000,three", nil)
	require.NoError(t, err)
	defer b.Close()
	require.True(t, b.Sharded())
	c := b.client.(*redis.ClusterClient).Options()
	require.Equal(t, []string{"one:6379", "two:7000", "three:6379"}, c.Addrs)
	require.Equal(t, []any{"ann", "pw", reloadCluster, dialerRetries, true},
		[]any{c.Username, c.Password, c.ClusterStateReloadInterval, c.DialerRetries, c.ContextTimeoutEnabled})
	require.NotNil(t, c.TLSConfig)
	require.Empty(t, c.TLSConfig.ServerName)
}

// TestSentinelsOfTheirOwnPassword holds that the password in front of the hosts is that of Redis, and the Sentinels have theirs.
func TestSentinelsOfTheirOwnPassword(t *testing.T) {
	a, err := parseAddress("redis+sentinel://ann:pw@one/boards?sentinel_username=sam&sentinel_password=s%2F3")
	require.NoError(t, err)
	o, err := a.failover()
	require.NoError(t, err)
	require.Equal(t, []string{"ann", "pw", "sam", "s/3", "boards"}, []string{o.Username, o.Password, o.SentinelUsername, o.SentinelPassword, o.MasterName})
	require.Equal(t, []string{"one:26379"}, o.SentinelAddrs)
}

// TestWrongURLs holds that a message says what to write instead, and nothing of a password.
func TestWrongURLs(t *testing.T) {
	for text, says := range map[string]string{
		"":                                         "write redis://HOST:6379",
		"localhost:6379":                           "write redis://HOST:6379",
		"http://hush@box":                          "write redis://HOST:6379",
		"hush@box:6379":                            "write redis://HOST:6379",
		"redis+cluster:/hush@box":                  "write redis://HOST:6379",
		"redis://ann:hush@":                        "a host is missing",
		"redis://:hush@:6379":                      `":6379" is no host with a port`,
		"redis://:hush@box:redis":                  `"box:redis" is no host with a port: a port is a number`,
		"redis://:hush@box:70000":                  "a port is a number from 1 to 65535",
		"redis://:hush@a:1:2":                      `"a:1:2" is no host with a port: write it as HOST:6379`,
		"redis://:hu/sh@box":                       "write %2F for /",
		"redis://:hush@box/0?pool_size=-5":         "a number of connections is 0 to 10000",
		"redis://:hush@box/0?pool_size=9999999999": "a number of connections is 0 to 10000",
		"redis://:hush@box/0?protocol=9":           "the protocol is 2 or 3",
		"redis://:hush@box/-1":                     "the number of a database is 0 or more",
		"redis://:hu?sh@box":                       "%3F for ?",
		"redis://:hu#sh@box":                       "%23 for #",
		"redis://:hush%zz@box":                     "the user or the password cannot be read",
		"redis://:hush@one:6379,two:6379":          "there are several hosts: write redis+sentinel://",
		"redis://:hush@box/boards":                 `invalid database number: "boards"`,
		"redis://:hush@box/1/2":                    "/1/2",
		"redis://:hush@box?nothing=1":              "unexpected option: nothing",
		"redis://:hush@box?read_timeout=%zz":       "write it like ?read_timeout=1s",
		"redis+sentinel://:hush@one,two":           "the name that the Sentinels have for the master is missing: write redis+sentinel://",
		"redis+sentinel://:hush@one/m/x":           `invalid database number: "x"`,
		"redis+cluster://:hush@one,,two":           "a host is missing",
		"redis+cluster://:hush@one/2":              "a cluster has no numbered databases",
		"redis+cluster://one?read_only=true":       "boards are read from the masters",
		"unix://?db=1":                             "unix:///run/redis/redis.sock",
		"unix://run/redis.sock":                    "with three slashes",
		"unix:///":                                 "unix:///run/redis/redis.sock",
		"redis://:hush@[::1":                       "such as [::1]:6379",
		"redis://:hush@[::1:6379":                  "an address in brackets is one of IPv6",
		"redis://:hush@::1]":                       "an address in brackets",
		"redis://:hush@[box]:6379":                 "an address in brackets",
		"redis://box?read_timeout=hush":            "the duration of read_timeout cannot be read: write it like ?read_timeout=1s",
		"redis://box?pool_size=hush":               "the number of pool_size cannot be read: write it like ?pool_size=20",
		"redis+cluster://box?dial_timeout=hush":    "the duration of dial_timeout cannot be read",
		"redis+sentinel://box/m?max_retries=hush":  "the number of max_retries cannot be read",
	} {
		_, err := Open(text, nil)
		require.ErrorContains(t, err, says, text)
		require.True(t, strings.HasPrefix(err.Error(), "redisboard: "))
		for _, part := range []string{"hush", "hu/", "sh@"} {
			require.NotContains(t, err.Error(), part, text)
		}
	}
	_, err := Open("redis://box", x509.NewCertPool())
	require.ErrorContains(t, err, "write rediss instead of redis")
}

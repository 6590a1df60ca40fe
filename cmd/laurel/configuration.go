package main

import (
	"log/slog"
	"os"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/configuration"
)

// env is an environment variable or a default, for commands that have no file.
func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// serveSettings are all that serve can be told, by flags, the environment or a file.
func serveSettings(o *serveOptions) *configuration.Set {
	var s configuration.Set
	s.Text(&o.data, "data", "laurel-data", "directory of the store")
	s.Text(&o.listen, "listen", "127.0.0.1:8080", "address of the API")
	s.Text(&o.operators, "operators", "127.0.0.1:9090", "address of health and metrics")
	s.Text(&o.cert, "tls-cert", "", "file of the certificate that both listeners show, followed by those that sign it, in PEM; read again when it changes")
	s.Text(&o.certKey, "tls-key", "", "file of the certificate's private key, in PEM")
	s.Switch(&o.behindTLS, "behind-tls", "a proxy in front speaks TLS, and nobody else reaches this server: no warning of a listener without it")
	s.List(&o.proxies, "trusted-proxy", "addresses or networks of proxies, with commas between, whose X-Forwarded-For is believed; without one nobody's is")
	s.Duration(&o.drain, "drain", 0, "how long a stopping server goes on serving while /readyz fails, so that a proxy sends nothing more")
	s.Count(&o.keyRate, "key-rate", api.KeyRate,
		"how many requests a second a key may make in the long run, where each event of a batch is one; twice as many at once")
	s.Count(&o.programRate, "program-rate", 0, "how many all keys and devices of a program may make together; 0 for as many as there are")
	s.Text(&o.redis, "redis", "",
		"Redis for leaderboards, without one they are in process: redis://HOST:6379, redis+sentinel://HOST:26379,HOST:26379/MASTER\n"+
			"or redis+cluster://HOST:6379,HOST:6379; rediss for TLS")
	s.Text(&o.redisCA, "redis-ca", "", "file of the authorities that sign the Redis's certificate, in PEM; without one those of the system")
	s.Switch(&o.private, "webhooks-allow-private", "send webhooks to private and loopback addresses too, for a developer's machine")
	s.Text(&o.reserve, "keep-free", "1GiB", "how much of the disk stays free: below it nothing is written, and reads go on")
	s.Text(&o.archive, "archive", "",
		"directory to which full segments of journals move, and from which they are served; without one that of the last time,\n"+
			"and with none no longer any")
	s.Text(&o.erasures, "erasures", "",
		"file with those who were erased, without their names, for laurel restore; keep it on another disk\n"+
			"(default \"erasures\" in the data directory)")
	s.Text(&o.zones, "zones", "", zonesUsage)
	s.Switch(&o.sandbox, "sandbox", "make new programs a sandbox, whose clock can be moved forward; live ones stay live")
	s.Text(&o.sandboxAt, "sandbox-at", "",
		"make new programs a sandbox whose clock stands at a time, such as 2026-12-01T09:00:00Z, until it is moved, so that every run answers the same")
	s.Text(&o.keyFile, "key-file", "", keyFileUsage)
	s.Choice(&o.accessLog, "access-log", []string{api.AccessRoutes, api.AccessPaths},
		"log each request: with its route, or with its path, in which ids of members stand; never with the values of its query")
	s.Switch(&o.verbose, "verbose", "log at debug level")
	s.Switch(&o.demo, "demo", "serve the shipped coffee ruleset with invented members").OnlyByHand()
	s.Switch(&o.acceptClock, "accept-clock", "the machine's clock is right, however far it is from when something was last accepted").OnlyByHand()
	s.Switch(&o.empty, "empty", "start without a ruleset, for programs that laurel programs create makes")
	return &s
}

// elsewhere are the variables of other commands, and those that are never anything but variables, as they are secret.
var elsewhere = []string{"LAUREL_KEY", "LAUREL_URL", "LAUREL_ACTOR"}

// tellConfiguration says what holds, and where it was said.
func tellConfiguration(log *slog.Logger, s *configuration.Set) {
	if s == nil {
		return
	}
	for _, unknown := range s.Unknown(os.Environ(), elsewhere...) {
		log.Warn("the environment has what nobody reads", "problem", unknown)
	}
	for _, one := range s.All {
		log.Debug("setting", "name", one.Name, "value", one.Shown(), "source", one.Source)
	}
}

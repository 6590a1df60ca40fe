package redisboard

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Bounds on how long one command may take, for those that a URL does not set. go-redis would dial five times for five
// seconds each, and look once a minute where the shards of a cluster are.
const (
	dialTimeout   = time.Second
	answerTimeout = 2 * time.Second
	poolTimeout   = 2 * time.Second
	maxRetries    = 1
	dialerRetries = 1
	reloadCluster = time.Second
)

// The forms of a URL. Each is also there with rediss, for TLS.
const (
	formPlain    = "redis"
	formSentinel = "redis+sentinel"
	formCluster  = "redis+cluster"
)

const socketForm = "the path of a socket cannot be read: write unix:///run/redis/redis.sock?db=0, with three slashes"

const forms = "write redis://HOST:6379, redis+sentinel://HOST:26379,HOST:26379/MASTER or redis+cluster://HOST:6379,HOST:6379, " +
	"with rediss instead of redis for TLS"

// Open makes a board on the Redis at a URL:
//
//	redis://user:password@host:6379/0
//	redis+sentinel://user:password@sentinel:26379,sentinel:26379/master/0
//	redis+cluster://user:password@host:6379,host:6379
//
// with rediss for TLS, and timeouts and pool sizes as query parameters of go-redis. roots are the authorities that sign the
// certificates of the Redis; nil for those of the system. It does not connect: a Redis that is down must not keep a node
// from starting. No error holds a part of the user or password.
func Open(text string, roots *x509.CertPool) (*Board, error) {
	a, err := parseAddress(text)
	if err == nil && roots != nil && !a.secure && a.form != "unix" {
		err = errors.New("a file of authorities goes with TLS: write rediss instead of redis in the URL")
	}
	if err != nil {
		return nil, fmt.Errorf("redisboard: %w", err)
	}
	client, err := a.client(roots)
	if err != nil {
		return nil, fmt.Errorf("redisboard: %w", unechoed(err))
	}
	b := New(client)
	b.at = a
	return b, nil
}

var wrongParameter = regexp.MustCompile(`^invalid (\w+) (duration|number|boolean)`)

// unechoed is an error of go-redis without the value of a parameter, which may be a password that was put in a wrong place.
func unechoed(err error) error {
	text := strings.TrimPrefix(err.Error(), "redis: ")
	m := wrongParameter.FindStringSubmatch(text)
	if m == nil || m[1] == "database" {
		return errors.New(text)
	}
	like := map[string]string{"duration": "1s", "number": "20", "boolean": "true"}[m[2]]
	return fmt.Errorf("the %s of %s cannot be read: write it like ?%s=%s", m[2], m[1], m[1], like)
}

// address is a URL taken apart.
type address struct {
	form   string // without the s of TLS; or unix
	secure bool
	user   *url.Userinfo
	hosts  []string
	path   []string
	query  url.Values
	text   string
}

func parseAddress(text string) (*address, error) {
	scheme, rest, is := strings.Cut(text, "://")
	a := &address{form: scheme, text: text}
	if tls, found := strings.CutPrefix(scheme, "rediss"); found {
		a.form, a.secure = "redis"+tls, true
	}
	switch a.form {
	case formPlain, formSentinel, formCluster:
	case "unix":
		if host, path, _ := strings.Cut(rest, "/"); host != "" && !strings.HasSuffix(host, "@") || strings.Trim(path, "/") == "" {
			return nil, errors.New(socketForm)
		}
		return a, nil
	default:
		is = false
	}
	if !is {
		return nil, errors.New("this is not the URL of a Redis: " + forms)
	}
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	if strings.Contains(tail, "@") {
		return nil, errors.New("there is an @ behind the host: in a user or password write %2F for /, %3F for ?, %23 for # and %40 for @")
	}
	if err := a.readAuthority(authority); err != nil {
		return nil, err
	}
	u, err := url.Parse("redis://host" + tail)
	if err != nil || u.Fragment != "" {
		return nil, errors.New("what follows the host cannot be read: " + forms)
	}
	a.path = strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	if a.query, err = url.ParseQuery(u.RawQuery); err != nil {
		return nil, errors.New("what follows the ? cannot be read: write it like ?read_timeout=1s&pool_size=20")
	}
	return a, nil
}

// readAuthority reads user, password and hosts.
func (a *address) readAuthority(authority string) error {
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		u, err := url.Parse("redis://" + authority[:i] + "@host")
		if err != nil || u.User == nil {
			return errors.New("the user or the password cannot be read: write other characters than letters and digits as % and two hexadecimal digits")
		}
		a.user, authority = u.User, authority[i+1:]
	}
	port := "6379"
	if a.form == formSentinel {
		port = "26379"
	}
	for _, text := range strings.Split(authority, ",") {
		host, err := withPort(text, port)
		if err != nil {
			return err
		}
		a.hosts = append(a.hosts, host)
	}
	if len(a.hosts) > 1 && a.form == formPlain {
		return errors.New("there are several hosts: write redis+sentinel://HOST:26379,HOST:26379/MASTER if these are Sentinels, " +
			"redis+cluster://HOST:6379,HOST:6379 if they are nodes of a cluster")
	}
	return nil
}

func withPort(text, port string) (string, error) {
	if text == "" {
		return "", errors.New("a host is missing: write it as HOST:" + port)
	}
	host := text
	if strings.ContainsAny(text, "[]") {
		inner, behind, closed := strings.Cut(strings.TrimPrefix(text, "["), "]")
		if text[0] != '[' || !closed || net.ParseIP(inner) == nil || behind != "" && behind[0] != ':' {
			return "", fmt.Errorf("%q is no host: an address in brackets is one of IPv6, such as [::1]:%s", text, port)
		}
		host = inner
	}
	if h, p, err := net.SplitHostPort(text); err == nil {
		host, port = h, p
	} else if strings.Contains(host, ":") && net.ParseIP(host) == nil {
		return "", fmt.Errorf("%q is no host with a port: write it as HOST:%s", text, port)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" {
		return "", fmt.Errorf("%q is no host with a port: a port is a number from 1 to 65535", text)
	}
	return net.JoinHostPort(host, port), nil
}

// as is the URL in another form, without the password.
func (a *address) as(form string, secure bool) string {
	if secure {
		form = "rediss" + strings.TrimPrefix(form, "redis")
	}
	form += "://"
	if a.user != nil {
		form += "USER:PASSWORD@"
	}
	return form + a.hosts[0]
}

// client makes the client of the form.
func (a *address) client(roots *x509.CertPool) (redis.UniversalClient, error) {
	switch a.form {
	case formSentinel:
		return a.sentinel(roots)
	case formCluster:
		return a.cluster(roots)
	}
	text := a.text
	if a.form == formPlain {
		text = a.plain(a.user, "/"+strings.Join(a.path, "/"))
	}
	o, err := redis.ParseURL(text)
	if err != nil && a.form == "unix" {
		return nil, errors.New(socketForm)
	}
	if err != nil {
		return nil, err
	}
	if err := inRange(o.DB, o.Protocol, o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns); err != nil {
		return nil, err
	}
	bound(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.PoolTimeout)
	o.MaxRetries, o.DialerRetries = orElse(o.MaxRetries, maxRetries), orElse(o.DialerRetries, dialerRetries)
	o.ContextTimeoutEnabled = true // go-redis would wait out its own timeouts
	trust(o.TLSConfig, roots)
	return redis.NewClient(o), nil
}

// inRange refuses numbers that no server has, and those that go-redis cannot make a pool of.
func inRange(db, protocol int, connections ...int) error {
	const most = 10_000
	switch {
	case db < 0:
		return errors.New("the number of a database is 0 or more")
	case protocol != 0 && protocol != 2 && protocol != 3:
		return errors.New("the protocol is 2 or 3")
	}
	for _, n := range connections {
		if n < 0 || n > most {
			return fmt.Errorf("a number of connections is 0 to %d: pool_size=20", most)
		}
	}
	return nil
}

func (a *address) sentinel(roots *x509.CertPool) (redis.UniversalClient, error) {
	o, err := a.failover()
	if err != nil {
		return nil, err
	}
	if err := inRange(o.DB, o.Protocol, o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns); err != nil {
		return nil, err
	}
	bound(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.PoolTimeout)
	o.MaxRetries, o.DialerRetries = orElse(o.MaxRetries, maxRetries), orElse(o.DialerRetries, dialerRetries)
	o.ContextTimeoutEnabled = true
	trust(o.TLSConfig, roots)
	if o.TLSConfig != nil {
		o.TLSConfig.ServerName = "" // that of whichever host is dialled
	}
	return redis.NewFailoverClient(o), nil
}

// failover reads where the Sentinels are, and of which master.
func (a *address) failover() (*redis.FailoverOptions, error) {
	// go-redis takes the user of the URL for that of the Sentinels.
	sentinel := url.UserPassword(a.take("sentinel_username"), a.take("sentinel_password"))
	if a.user != nil {
		password, _ := a.user.Password()
		a.query.Set("username", a.user.Username())
		a.query.Set("password", password)
	}
	if master := a.take("master"); master != "" {
		a.query.Set("master_name", master)
	} else if !a.query.Has("master_name") && len(a.path) > 0 {
		a.query.Set("master_name", a.path[0])
		a.path = a.path[1:]
	}
	if a.query.Get("master_name") == "" {
		return nil, errors.New("the name that the Sentinels have for the master is missing: write redis+sentinel://HOST:26379,HOST:26379/MASTER")
	}
	if a.query.Has("route_by_latency") || a.query.Has("route_randomly") || a.query.Has("replica_only") {
		return nil, errors.New("boards are read from the master: leave route_by_latency, route_randomly and replica_only out")
	}
	return redis.ParseFailoverURL(a.plain(sentinel, "/"+strings.Join(a.path, "/")))
}

func (a *address) cluster(roots *x509.CertPool) (redis.UniversalClient, error) {
	if len(a.path) > 1 || len(a.path) == 1 && a.path[0] != "0" {
		return nil, errors.New("a cluster has no numbered databases: leave what follows the hosts' / out")
	}
	if a.query.Has("read_only") || a.query.Has("route_by_latency") || a.query.Has("route_randomly") {
		return nil, errors.New("boards are read from the masters: leave read_only, route_by_latency and route_randomly out")
	}
	o, err := redis.ParseClusterURL(a.plain(a.user, ""))
	if err != nil {
		return nil, err
	}
	if err := inRange(0, o.Protocol, o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns); err != nil {
		return nil, err
	}
	bound(&o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.PoolTimeout)
	o.DialerRetries = orElse(o.DialerRetries, dialerRetries)
	o.ClusterStateReloadInterval = reloadCluster
	o.ContextTimeoutEnabled = true
	trust(o.TLSConfig, roots)
	if o.TLSConfig != nil {
		o.TLSConfig.ServerName, o.TLSConfig.MinVersion = "", tls.VersionTLS12
	}
	return redis.NewClusterClient(o), nil
}

// take takes a parameter out of the query.
func (a *address) take(name string) string {
	value := a.query.Get(name)
	a.query.Del(name)
	return value
}

// plain is the URL as go-redis takes it: one host, the others as parameters.
func (a *address) plain(user *url.Userinfo, path string) string {
	u := url.URL{Scheme: "redis", User: user, Host: a.hosts[0], Path: path}
	if a.secure {
		u.Scheme = "rediss"
	}
	for _, host := range a.hosts[1:] {
		a.query.Add("addr", host)
	}
	u.RawQuery = a.query.Encode()
	return u.String()
}

func bound(dial, read, write, pool *time.Duration) {
	*dial, *read, *write = orElse(*dial, dialTimeout), orElse(*read, answerTimeout), orElse(*write, answerTimeout)
	*pool = orElse(*pool, poolTimeout)
}

func orElse[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

func trust(config *tls.Config, roots *x509.CertPool) {
	if config != nil && roots != nil {
		config.RootCAs = roots
	}
}

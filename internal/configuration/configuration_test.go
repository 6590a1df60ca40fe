package configuration_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/configuration"
)

type values struct {
	data, redis, log string
	sandbox, fresh   bool
	drain            time.Duration
	proxies          []string
}

func read(t *testing.T, file string, environment map[string]string, args ...string) (*values, *configuration.Set, error) {
	t.Helper()
	var v values
	var s configuration.Set
	s.Text(&v.data, "data", "here", "directory")
	s.Text(&v.redis, "redis", "", "of boards")
	s.Choice(&v.log, "access-log", []string{"routes", "paths"}, "")
	s.Switch(&v.sandbox, "sandbox", "")
	s.Switch(&v.fresh, "fresh", "").OnlyByHand()
	s.Duration(&v.drain, "drain", 0, "")
	s.List(&v.proxies, "trusted-proxy", "")
	f := pflag.NewFlagSet("test", pflag.ContinueOnError)
	s.Flags(f)
	if file != "" {
		t.Chdir(t.TempDir())
		require.NoError(t, os.WriteFile("laurel.yaml", []byte(file), 0o600))
		args = append(args, "--config", "laurel.yaml")
	}
	require.NoError(t, f.Parse(args))
	return &v, &s, s.Read(func(name string) string { return environment[name] })
}

func sources(s *configuration.Set) map[string]string {
	all := map[string]string{}
	for _, one := range s.All {
		all[one.Name] = one.Value + " " + one.Source
	}
	return all
}

func TestAFlagIsStrongerThanTheEnvironmentAndThatThanTheFile(t *testing.T) {
	v, s, err := read(t, "data: file\nredis: file\nsandbox: 1\ndrain: 5s\ntrusted-proxy: [10.0.0.0/8, 192.0.2.1]\n",
		map[string]string{"LAUREL_DATA": "environment", "LAUREL_REDIS": "environment"}, "--data=flag")
	require.NoError(t, err)
	require.Equal(t, &values{data: "flag", redis: "environment", sandbox: true, drain: 5 * time.Second, proxies: []string{"10.0.0.0/8", "192.0.2.1"}}, v)
	require.Equal(t, map[string]string{"data": "flag --data", "redis": "environment LAUREL_REDIS", "access-log": " default", "sandbox": "1 laurel.yaml:3",
		"fresh": "false default", "drain": "5s laurel.yaml:4", "trusted-proxy": "10.0.0.0/8,192.0.2.1 laurel.yaml:5"}, sources(s))
}

func TestNothingSaidIsTheDefault(t *testing.T) {
	for _, file := range []string{"", "\n"} {
		v, _, err := read(t, file, nil)
		require.NoError(t, err)
		require.Equal(t, &values{data: "here"}, v)
	}
}

func TestTheFileMayBeNamedByTheEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.yaml")
	require.NoError(t, os.WriteFile(path, []byte("sandbox: true\n"), 0o600))
	v, _, err := read(t, "", map[string]string{"LAUREL_CONFIG": path})
	require.NoError(t, err)
	require.True(t, v.sandbox)
	_, _, err = read(t, "", map[string]string{"LAUREL_CONFIG": path + "x"})
	require.ErrorContains(t, err, "--config: open ")
}

// A switch is read strictly, and alike wherever it is said.
func TestSwitches(t *testing.T) {
	for text, on := range map[string]bool{"1": true, "true": true, "TRUE": true, "0": false, "false": false} {
		for _, at := range []struct {
			file        string
			environment map[string]string
			args        []string
		}{{file: "sandbox: " + text}, {environment: map[string]string{"LAUREL_SANDBOX": text}}, {args: []string{"--sandbox=" + text}}} {
			v, _, err := read(t, at.file, at.environment, at.args...)
			require.NoError(t, err)
			require.Equal(t, on, v.sandbox, "%s %+v", text, at)
		}
	}
	for _, text := range []string{"ja", "yes", "on", "2"} {
		_, _, err := read(t, "sandbox: "+text, nil)
		require.EqualError(t, err, `laurel.yaml:1: sandbox is "`+text+`": write true or false`)
		_, _, err = read(t, "", map[string]string{"LAUREL_SANDBOX": text})
		require.EqualError(t, err, `LAUREL_SANDBOX is "`+text+`": write true or false`)
		_, _, err = read(t, "", nil, "--sandbox="+text)
		require.EqualError(t, err, `--sandbox is "`+text+`": write true or false`)
	}
}

func TestWhatIsWrongSaysWhereAndWhatToWrite(t *testing.T) {
	for file, want := range map[string]string{
		"sandbx: true":               "did you mean sandbox?",
		"fresh: true":                "give --fresh to the one start that it is for",
		"colour: red":                "the settings are data, redis, access-log, sandbox, drain, trusted-proxy",
		"data: {here: 1}":            "such as data: here",
		"[data]":                     "a configuration is a map of settings",
		"data: a\ndata: b":           "keep one of them",
		"drain: soon":                `laurel.yaml:1: drain is "soon": write a time such as 10s or 1m30s`,
		"drain: -1s":                 `write a time such as 10s`,
		"access-log: all":            `laurel.yaml:1: access-log is "all": write routes or paths`,
		"sandbox: ja\ndrain: a\n":    `laurel.yaml:2: drain is "a"`,
		"data: *x":                   "unknown anchor",
		"sandbox: true\n---\na: b\n": "second document",
	} {
		_, _, err := read(t, file, nil)
		require.ErrorContains(t, err, want, file)
	}
}

func TestNoPasswordIsShown(t *testing.T) {
	for text, shown := range map[string]string{ //nolint:gosec // nobody has these passwords
		"redis://user:secret@host:6379/0":                 "redis://hidden@host:6379/0",
		"redis://host:6379?sentinel_password=secret":      "redis://host:6379",
		"redis+cluster://u:secret@a:1,b:2":                "redis+cluster://hidden@a:1,b:2",
		"unix:///run/redis.sock":                          "unix:///run/redis.sock",
		"/var/lib/laurel":                                 "/var/lib/laurel",
		"redis+cluster://u:secret@[a:1,b:2":               "hidden@[a:1,b:2",
		"redis+sentinel://u:secret@h:1/m?password=secret": "redis+sentinel://hidden@h:1/m",
	} {
		s := configuration.Setting{Value: text}
		require.Equal(t, shown, s.Shown())
	}
}

func TestUnknownVariables(t *testing.T) {
	_, s, err := read(t, "", nil)
	require.NoError(t, err)
	require.Equal(t, []string{"LAUREL_SANDBX is no setting; did you mean LAUREL_SANDBOX?"},
		s.Unknown([]string{"LAUREL_SANDBX=1",
			"PATH=/bin", "LAUREL_DATA=x", "LAUREL_KEY=lk", "LAUREL_CONFIG=y", "LAUREL_FRESH=1", "LAUREL_PORT=tcp://10.0.0.1"}, "LAUREL_KEY"))
}

package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A server that was started without a ruleset serves what is created, again after a restart and a kill, until it is removed; then the disk has
// nothing of it any more.
func TestProgramsOfAServer(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	ruleset := write(t, dir, "shop.yaml", "program: shop\nevents: {buy: {}}\npoints: {stars: {}}\nrules: {buy: {when: buy, give: {stars: 10}}}\n")
	_, stderr, exit := laurel(t, "serve", "--data", data)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "name the ruleset to serve")

	s := serveBinary(t, "--data", data, "--empty")
	info, err := os.Stat(filepath.Join(data, serverKeyFile))
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	text, err := os.ReadFile(filepath.Join(data, serverKeyFile))
	require.NoError(t, err)
	secret := strings.TrimSpace(string(text))
	require.NotContains(t, s.banner+s.errs.String(), secret)
	t.Setenv("LAUREL_KEY", secret)

	key, stderr, exit := laurel(t, "programs", "create", ruleset, "--url", checked(t, s.base), "--note", "a pilot")
	require.Equal(t, exitDone, exit, stderr)
	s.key = strings.TrimSpace(key)
	buy := func(id string) int {
		t.Helper()
		return s.do("POST", "/v1/events", `{"id":"`+id+`","type":"buy","member":"zacharias-the-member"}`, nil)
	}
	require.Equal(t, 200, buy("e1"))
	s.kill()
	s = serveBinary(t, "--data", data)
	s.key = strings.TrimSpace(key)
	require.Equal(t, 200, buy("e2"))
	_, stderr, exit = laurel(t, "programs", "pause", "shop", "--url", s.base)
	require.Equal(t, exitDone, exit, stderr)
	s.interrupt()

	s = serveBinary(t, "--data", data)
	s.key = strings.TrimSpace(key)
	require.Equal(t, 503, buy("e3"))
	out, stderr, exit := laurel(t, "programs", "list", "--url", s.base)
	require.Equal(t, exitDone, exit, stderr)
	require.Regexp(t, `shop +paused +1 +2 +live`, out)
	_, stderr, exit = laurel(t, "programs", "resume", "shop", "--url", s.base)
	require.Equal(t, exitDone, exit, stderr)
	require.Equal(t, 200, buy("e3"))

	_, stderr, exit = laurel(t, "programs", "remove", "shop", "--url", s.base)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "--confirm shop")
	_, stderr, exit = laurel(t, "programs", "remove", "shop", "--url", s.base, "--confirm", "shop")
	require.Equal(t, exitDone, exit, stderr)
	require.Equal(t, 401, buy("e4"))
	out, _, _ = laurel(t, "programs", "list", "--url", s.base)
	require.NotContains(t, out, "shop")
	s.interrupt()
	_, stderr, exit = laurel(t, "serve", "--data", data)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "name the ruleset to serve")
	serveBinary(t, "--data", data, "--empty").interrupt()
	require.NoError(t, filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		require.False(t, bytes.Contains(text, []byte("zacharias")), path)
		return err
	}))
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The first key is in a file that nobody else can read, and not in what the process prints, which a supervisor keeps as a log. The demo's,
// which dies with its next start, is printed.
func TestTheFirstKeyIsInAFile(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	ruleset := write(t, dir, "one.yaml", pingRuleset)
	s := serveBinary(t, ruleset, "--data", data)
	file := filepath.Join(data, "first-key.killed")
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	secret, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, s.key+"\n", string(secret))
	require.Contains(t, s.banner, file)
	require.Equal(t, 200, s.do("GET", "/v1/admin/program", "", nil))
	s.interrupt()
	require.NotContains(t, s.banner+s.errs.String(), "lk_")
	require.NoError(t, os.Remove(file))
	s = serveBinary(t, ruleset, "--data", data)
	require.NotContains(t, s.banner, "first-key", "the first one is made once")
	require.NoFileExists(t, file)
	s.interrupt()
	s = serveBinary(t, "--demo", "--data", filepath.Join(dir, "demo"))
	require.Contains(t, s.banner, "lk_")
	require.NoFileExists(t, filepath.Join(dir, "demo", "first-key.lark_coffee"))
	require.True(t, strings.HasPrefix(s.key, "lk_test_"))
}

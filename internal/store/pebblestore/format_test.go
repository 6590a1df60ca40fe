package pebblestore

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A directory that a newer build has written is left alone, and the version to start is named.
func TestADirectoryOfANewerBuild(t *testing.T) {
	dir := t.TempDir()
	o := Options{Logger: slog.New(slog.DiscardHandler)}
	db, err := Open(dir, o)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	name := filepath.Join(dir, formatFile)
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "2 0.1.0\n", string(text))

	for text, want := range map[string]string{
		"3 0.9.0\n": "has format 3, and this one reads up to 2; start version 0.9.0 or a later one",
		"newest":    "which is no format",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		_, err = Open(dir, o)
		require.ErrorContains(t, err, want)
		left, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, text, string(left))
	}
	require.NoError(t, os.Remove(name)) // as of a build that wrote none
	db, err = Open(dir, o)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.FileExists(t, name)
}

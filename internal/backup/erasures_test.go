package backup_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/backup"
)

// What is no list, or has lost something in the middle, is refused: members would come back. A last line that a crash has cut short is none, and the
// next one does not stick to it.
func TestAListOfErasures(t *testing.T) {
	name := filepath.Join(t.TempDir(), "somewhere", "erasures")
	list, err := backup.OpenErasures(name, time.Now)
	require.NoError(t, err)
	require.NoError(t, list.Add("shop", "laurel:erased/1", "laurel:erased/2"))
	require.NoError(t, list.Add("shop", "laurel:erased/2"))
	require.NoError(t, list.Add("other", "laurel:erased/1"))
	want := []backup.Erasure{{Program: "shop", As: "laurel:erased/1"}, {Program: "shop", As: "laurel:erased/2"}, {Program: "other", As: "laurel:erased/1"}}
	got, err := backup.ReadErasures(name)
	require.NoError(t, err)
	require.Equal(t, want, got)
	whole, err := os.ReadFile(name)
	require.NoError(t, err)
	lines := strings.SplitAfter(string(whole), "\n")

	require.NoError(t, os.WriteFile(name, whole[:len(whole)-9], 0o600))
	got, err = backup.ReadErasures(name)
	require.NoError(t, err)
	require.Equal(t, want[:2], got)
	list, err = backup.OpenErasures(name, time.Now)
	require.NoError(t, err)
	require.NoError(t, list.Add("other", "laurel:erased/1"))
	got, err = backup.ReadErasures(name)
	require.NoError(t, err)
	require.Equal(t, want, got)

	require.NoError(t, os.WriteFile(name, []byte(strings.Join(lines[1:], "")), 0o600))
	got, err = backup.ReadErasures(name)
	require.NoError(t, err)
	require.Equal(t, want, got, "of an earlier build")

	for what, text := range map[string]string{
		"nothing": "", "garbage": "garbage\n", "a line of something else": lines[0] + "{\"program\":\"x\"}\n" + lines[1],
		"an unknown field": lines[0] + `{"program":"x","as":"y","of":1}` + "\n",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		_, err := backup.ReadErasures(name)
		require.Error(t, err, what)
	}
}

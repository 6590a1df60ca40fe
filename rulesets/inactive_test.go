package rulesets_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets"
)

func TestFilesAreNamedByThePathToThem(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cafe")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	file := filepath.Join(dir, "ruleset.yaml")
	require.NoError(t, os.WriteFile(file, []byte("program: cafe\nevents: {visit: {}}\nrules: {a: {when: visit}}\n"), 0o600))
	for _, path := range []string{dir, file} {
		_, diagnostics := rulesets.LoadPath(path)
		require.Contains(t, diagnostics.Error(), file+":3:9: error: ")
	}
	_, diagnostics := rulesets.LoadPath(filepath.Join(dir, "nothing.yaml"))
	require.Contains(t, diagnostics.Error(), filepath.Join(dir, "nothing.yaml")+":1:1: error: cannot be read")
	_, diagnostics = rulesets.LoadPath(t.TempDir())
	require.Contains(t, diagnostics.Error(), "there is no .yaml file in it")
}

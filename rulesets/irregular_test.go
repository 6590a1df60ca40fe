//go:build unix

package rulesets_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/suite"
)

// Reading a pipe or a device may never end: neither is taken for a ruleset or its tests.
func TestPipesAndDevicesAreNotRead(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.yaml")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(dir, "zero.yaml")))
	for _, name := range []string{pipe, filepath.Join(dir, "zero.yaml"), "/dev/zero", dir} {
		_, diagnostics := rulesets.LoadPath(name)
		require.Contains(t, diagnostics.Error(), "this is no regular file", name)
	}
	require.False(t, suite.RunFiles([]string{pipe}, nil).OK)
}

package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// TestOlderZonesTakeNobodysPlace holds that a machine whose packages are behind does not put its release in place of a newer one.
func TestOlderZonesTakeNobodysPlace(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "zoneinfo.zip"), filepath.Join(t.TempDir(), "packed.zip")
	require.NoError(t, os.WriteFile(from, calendar.Embedded().Archive(), 0o600))
	require.ErrorContains(t, pack(io.Discard, []string{from, to, "2001a"}), `has the time zones "2001a", older than the `)
	require.NoFileExists(t, to)
	require.NoError(t, pack(io.Discard, []string{from, to}))
	require.FileExists(t, to)
}

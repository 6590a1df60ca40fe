package zonefile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// TestRead holds that a directory, as systems have it, and an archive give the same result data, with what they do not have from the
// embedded one.
func TestRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "zoneinfo")
	write := func(name string, content []byte) {
		t.Helper()
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	algiers := calendar.Embedded().Content("Africa/Algiers")
	write("Europe/Berlin", algiers)
	write("Mars/Crater", algiers)
	write("right/Europe/Berlin", []byte("TZif2 with leap seconds"))
	write("zone.tab", []byte("# text"))
	write("tzdata.zi", []byte("# version 2099b\n# more\n"))
	require.NoError(t, os.Symlink("Berlin", filepath.Join(dir, "Europe/Busingen")))
	require.NoError(t, os.Symlink("Gone", filepath.Join(dir, "Europe/Nowhere"))) // is passed over
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "posix"), 0o700))
	require.NoError(t, os.Symlink("../Europe", filepath.Join(dir, "posix/Europe")))

	z, err := Read(dir)
	require.NoError(t, err)
	require.Equal(t, "2099b", z.Release())
	for _, name := range []string{"Europe/Berlin", "Mars/Crater", "Europe/Busingen"} {
		require.Equal(t, algiers, z.Content(name), name)
	}
	require.Equal(t, calendar.Embedded().Content("Asia/Tokyo"), z.Content("Asia/Tokyo"), "no name that worked is unknown")
	require.Len(t, z.Names(), len(calendar.ZoneNames())+1)

	archive := filepath.Join(t.TempDir(), "zoneinfo.zip")
	require.NoError(t, os.WriteFile(archive, z.Archive(), 0o600))
	again, err := Read(archive)
	require.NoError(t, err)
	require.Equal(t, []string{z.Release(), z.Hash()}, []string{again.Release(), again.Hash()})

	own, err := Read("")
	require.NoError(t, err)
	require.Same(t, calendar.Embedded(), own)

	damaged := filepath.Join(t.TempDir(), "damaged.zip")
	bytes := slices.Clone(z.Archive())
	at := strings.Index(string(bytes), "Europe/Berlin") + len("Europe/Berlin") + 20
	bytes[at] ^= 0xff
	require.NoError(t, os.WriteFile(damaged, bytes, 0o600))

	write("Europe/Rome", []byte("TZif2 but cut"))
	for path, why := range map[string]string{
		dir:                            "the time zone Europe/Rome cannot be read",
		t.TempDir():                    "holds no compiled time zones: name a directory such as /usr/share/zoneinfo",
		filepath.Join(dir, "zone.tab"): "is no zip of compiled time zones",
		filepath.Join(dir, "none"):     "no such file",
		damaged:                        "damaged.zip: Europe/Berlin: ",
		os.DevNull:                     "is neither a file nor a directory",
	} {
		_, err := Read(path)
		require.ErrorContains(t, err, why)
		require.ErrorContains(t, err, path)
	}
}

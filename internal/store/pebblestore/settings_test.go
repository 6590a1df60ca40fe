package pebblestore

import (
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/settings/settingstest"
)

func TestSettingsConform(t *testing.T) {
	settingstest.Run(t, func(t *testing.T) (a, b settings.Store) {
		db, _, err := open(vfs.NewMem(), smallMemtable)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return db.Settings(), db.Settings()
	})
}

func TestSettingsSurviveCuts(t *testing.T) {
	settingstest.Cut(t, 30, func(t *testing.T) (settings.Store, func() settings.Store) {
		disk := vfs.NewCrashableMem()
		db, _, err := open(disk, smallMemtable)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return db.Settings(), func() settings.Store {
			after, _, err := open(disk.CrashClone(crash(rand.IntN(101))), smallMemtable)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, after.Close()) })
			return after.Settings()
		}
	})
}

// TestSettingsThatWereNotSynced are neither acknowledged nor seen, and the next start has what was.
func TestSettingsThatWereNotSynced(t *testing.T) {
	disk := vfs.NewCrashableMem()
	f := &fault{kinds: []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData}, err: syscall.EIO, n: 1 << 60}
	db, _, err := open(errorfs.Wrap(disk, f), smallMemtable)
	require.NoError(t, err)
	require.NoError(t, settings.Put(db.Settings(), "key", []byte("safe")))
	before, err := db.Settings().Revision()
	require.NoError(t, err)
	f.n = f.seen.Load() + 1
	require.ErrorIs(t, settings.Put(db.Settings(), "key", []byte("lost")), syscall.EIO)
	after, err := db.Settings().Revision()
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.ErrorIs(t, db.Close(), syscall.EIO)

	again, _, err := open(disk.CrashClone(crash(0)), smallMemtable)
	require.NoError(t, err)
	r, err := again.Settings().Get("key")
	require.NoError(t, err)
	require.Equal(t, "safe", string(r.Value))
	require.NoError(t, again.Close())
	f.healed.Store(true)
}

// TestSettingsOfAnEarlierBuildAreRefused: read as if there were none, they would be made again, secrets too.
func TestSettingsOfAnEarlierBuildAreRefused(t *testing.T) {
	disk := vfs.NewMem()
	db, _, err := open(disk, smallMemtable)
	require.NoError(t, err)
	require.NoError(t, db.settings.Set(settingKey("secret/shop"), []byte("of 32 bytes"), pebble.Sync))
	require.NoError(t, db.Close())
	_, _, err = open(disk, smallMemtable)
	require.ErrorContains(t, err, "the settings in /data/settings cannot be read: they are of an earlier build of Laurel")
}

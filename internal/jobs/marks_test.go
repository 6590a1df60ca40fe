package jobs_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/leaderboards"
)

const withTurns = `
program: club
events: {visit: {}}
points: {stars: {expire: 2 days after earning}}
rules: {visit: {when: visit, give: {stars: 1}}, yearly: {when: every year on member.joined, give: {stars: 1}}}
promotions: {noon: {cron: 30 12 * * *, open_for: 1 hour}}
`

// TestACrashLosesNoMarkOfTheWorkOfTime holds that after a loss of power it is still known what members and the world outside were told:
// what opens while nothing runs is told afterwards, and who has joined since is not told of news that they know.
func TestACrashLosesNoMarkOfTheWorkOfTime(t *testing.T) {
	disk, c := vfs.NewCrashableMem(), &clock{}
	start := func() (engine.Store, *program.Program) {
		db, err := pebblestore.Open("/data", pebblestore.Options{FS: disk, CacheBytes: 1 << 20, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		store, err := db.Program("club")
		require.NoError(t, err)
		return store, openUnder(t, withTurns, store, leaderboards.NewMemory(), c)
	}
	_, p := start()
	require.NoError(t, tasks.Quiesce(jobs.Runtime(p))) // at 12:00
	for _, member := range []string{"ann", "ben"} {
		submit(t, p, member, member, "visit", "{}")
	}

	disk = disk.CrashClone(vfs.CrashCloneCfg{})
	c.after(time.Hour)
	store, p := start()
	last, _ := store.Head()
	require.EqualValues(t, 2, last, "what was accepted is there")
	told, err := tasks.SpreadNews(jobs.Runtime(p))
	require.NoError(t, err)
	require.Zero(t, told, "who joins knows the version in force")
	require.NoError(t, tasks.Quiesce(jobs.Runtime(p)))
	require.Equal(t, []string{"2026-05-01T12:30:00Z promotion_opened noon"}, turns(t, store))
}

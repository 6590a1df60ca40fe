package jobs_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// TestMembersAreToldOfANewVersion holds that a gift on a schedule that a new version brings reaches those who send nothing:
// each once, however often the job starts again.
func TestMembersAreToldOfANewVersion(t *testing.T) {
	const members = 2500 // more than two pages
	store, c := engine.NewMemory(), &clock{}
	p := open(t, store, leaderboards.NewMemory(), c)
	for i := range members {
		submit(t, p, "e"+strconv.Itoa(i), "m"+strconv.Itoa(i), "visit", "{}")
	}
	drain := func(p *program.Program, job func(tasks.Runtime) (int, error)) (done int) {
		for {
			n, err := job(jobs.Runtime(p))
			require.NoError(t, err)
			if done += n; n == 0 {
				return done
			}
		}
	}
	require.Zero(t, drain(p, tasks.SpreadNews), "the first version has no timers")
	require.NoError(t, p.Close())

	c.after(time.Hour)
	rules, diagnostics := rulesets.Parse("ruleset.yaml", []byte(clubWithNoon))
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	first, _ := rulesets.Parse("ruleset.yaml", []byte(club))
	boards := leaderboards.NewMemory()
	p, err := program.Open(program.Options{Store: store, Boards: boards, Ranks: boards, Now: c.Now, Versions: []engine.Version{
		{Number: 1, From: 0, Rules: first.Ruleset}, {Number: 2, From: c.Now(), Rules: rules.Ruleset}}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	n, err := tasks.SpreadNews(jobs.Runtime(p))
	require.NoError(t, err)
	require.Less(t, n, members, "a page at a time")
	require.Equal(t, members, n+drain(p, tasks.SpreadNews))
	require.Zero(t, drain(p, tasks.SpreadNews))
	require.Zero(t, drain(p, tasks.Settle), "it is not noon yet")

	c.after(23 * time.Hour)
	require.Equal(t, members, drain(p, tasks.Settle))
	c.after(48 * time.Hour) // two noons were missed
	require.Positive(t, drain(p, tasks.Settle))
	for _, m := range []string{"m0", "m1249", "m2499"} {
		require.Equal(t, "3", progress(t, p, m).Points["gems"].Spendable.String())
	}
}

const clubWithNoon = `
program: club
events: {buy: {}, go: {n: integer}, visit: {}}
points: {stars: {expire: 2 days after earning}, gems: {}}
rules:
  buy: {when: buy, give: {stars: 10}}
  noon: {when: cron 0 12 * * *, give: {gems: 1}}
counters: {sum: {when: go, add: event.n}}
streaks: {days: {when: visit, every: day}}
challenges: {ours: {when: buy, by: everyone, goal: 1200, give: {gems: 1}}}
leaderboards: {sum: {counter: sum}, shared: {counter: sum, ties: share}}
`

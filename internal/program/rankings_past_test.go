package program_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
)

const contest = `
program: contest
events: {run: {km: number, lane: text}}
counters:
  week: {when: run, add: event.km, every: week}
  best: {when: run, highest: event.km}
  lanes: {when: run, add: event.km}
leaderboards: {week: {counter: week}, best: {counter: best}, lanes: {counter: lanes, split: event.lane}}
`

// What a ranking was like at any past instant is what it showed then, through late events, voids, and seasons that have gone by.
func TestPastRankingsAreWhatTheyWere(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	stores(t, func(t *testing.T, store engine.Store) {
		p, clock := openWith(t, store, contest)
		red := "red"
		type seen struct {
			at   calendar.Instant
			name program.RankingName
			text string
		}
		var log []seen
		show := func(name program.RankingName) string {
			t.Helper()
			ranking, err := p.Ranking(name)
			require.NoError(t, err)
			table, err := ranking.Page(t.Context(), 1, 100)
			require.NoError(t, err)
			text := table.Label
			for _, row := range table.Data {
				text += fmt.Sprint(" ", row.Rank, row.Member, row.Score, row.Reached)
			}
			return text
		}
		for i := range 60 {
			e := newEvent(fmt.Sprint("e", i), fmt.Sprint("m", r.IntN(5)), "run")
			e.Data = fmt.Appendf(nil, `{"km":%d,"lane":%q}`, r.IntN(9), []string{"red", "blue"}[r.IntN(2)])
			e.Time, e.Timed = clock.Now(), true
			if r.IntN(4) == 0 {
				e.Time = e.Time.Add(-time.Duration(r.IntN(60)) * time.Hour)
			}
			if i > 0 && r.IntN(4) == 0 {
				e = engine.NewVoid(fmt.Sprint("e", r.IntN(i)))
			}
			_, err := p.Submit(e)
			require.NoError(t, err)
			for _, name := range []program.RankingName{{Board: "week"}, {Board: "best"}, {Board: "lanes", Split: &red}} {
				log = append(log, seen{clock.Now(), name, show(name)})
			}
			clock.after(time.Duration(1+r.IntN(9)) * time.Hour)
		}
		for _, s := range log {
			s.name.At = s.at
			require.Equal(t, s.text, show(s.name), "%s at %s", s.name.Board, s.at)
		}
	})
}

// Of groups the past is not kept, the future nobody knows, and who asks too far back is told so.
func TestPastRankingsThatAreNotTold(t *testing.T) {
	p, clock := openWith(t, engine.NewMemory(), `
program: contest
member: {team?: text}
events: {run: {}}
counters: {teams: {when: run, by: member.team}, runs: {when: run}}
leaderboards: {teams: {counter: teams}, runs: {counter: runs}}
`)
	_, err := p.Ranking(program.RankingName{Board: "teams", At: clock.Now()})
	require.ErrorContains(t, err, "a parameter does not fit")
	_, err = p.Ranking(program.RankingName{Board: "runs", At: clock.Now().Add(time.Second)})
	require.ErrorContains(t, err, "a parameter does not fit")

	store := p.Store()
	for i := range 4 {
		_, err := p.Submit(&event.Event{ID: fmt.Sprint("e", i), Type: "run", Member: "ann", Data: []byte("{}")})
		require.NoError(t, err)
		clock.after(time.Hour)
	}
	key := leaderboards.Key{Board: p.Rules().Leaderboard("runs").Key, Season: leaderboards.AllTime}
	at := clock.Now().Add(-150 * time.Minute) // two runs are behind it
	_, err = engine.ScoresAt(store, key, calendar.Beginning, at, 2)
	require.ErrorIs(t, err, engine.ErrTooFarBack)
	scores, err := engine.ScoresAt(store, key, calendar.Beginning, at, 5)
	require.NoError(t, err)
	require.Equal(t, "2", scores["ann"].Value.String())
}

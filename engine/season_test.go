package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/leaderboards"
)

// weekly is a program with a board of weekly scores, from Monday, 4 May 2026 on; seasons close six hours after their end.
func weekly(t *testing.T, board, more string) *world {
	w := program(t, `
late: 48 hours
member: {team?: text, city?: text}
events: {score: {n: number}, visit: {}}
points: {coins: {}, gems: {decimals: 2}}
badges: {gold: {}, silver: {}, told: {}}
rewards: {dinner: {}}
counters: {sum: {when: score, add: event.n, every: week}}
leaderboards: {board: {counter: sum, closes: 6 hours`+board+`}}
`+more)
	return w.at("2026-05-04T10:00:00Z")
}

const podium = `, prizes: [{ranks: 1, give: {coins: 1000, badge: gold}}, {ranks: 2, give: {coins: 501, badge: silver}}, ` +
	`{ranks: 3, give: {coins: 200, reward: dinner}}]`

func (w *world) host() *enginetest.Runtime { return &enginetest.Runtime{S: w.store, P: w.p, At: w.now} }

// closes lets the job close what has reached its close.
func (w *world) closes() {
	w.t.Helper()
	w.commit(false)
	require.NoError(w.t, w.host().CloseSeasons())
}

// table is the final table of a season: "1 ann 50".
func (w *world) table(board, season, split string) []string {
	w.t.Helper()
	rows, err := engine.ClosedPage(w.store, leaderboards.Key{Board: board, Season: season, Split: split}, 1, 1000)
	require.NoError(w.t, err)
	list := []string{}
	for _, r := range rows {
		list = append(list, fmt.Sprint(r.Rank, " ", r.Member, " ", r.Value))
	}
	return list
}

func (w *world) season(board, season string) *engine.ClosedSeason {
	w.t.Helper()
	s, err := engine.ClosedSeasonOf(w.store, board, season)
	require.NoError(w.t, err)
	return s
}

// won is what a member has of coins, badges and rewards: "1000 gold".
func (w *world) won(member string) string {
	w.t.Helper()
	p := w.progress(member)
	all := append([]string{p.Points["coins"].Spendable.String()}, w.badges(member)...)
	for range p.Rewards {
		all = append(all, "dinner")
	}
	return strings.Join(all, " ")
}

func TestPrizesByTies(t *testing.T) {
	for ties, want := range map[string][]string{
		// zoe and adam are tied for the first place, bea is next, and cy after her.
		"earliest": {"1000 gold", "501 silver", "200 dinner", "0"},
		"share":    {"751 gold", "750 gold", "200 dinner", "0"},
		"dense":    {"1000 gold", "1000 gold", "501 silver", "200 dinner"},
	} {
		t.Run(ties, func(t *testing.T) {
			w := weekly(t, ", ties: "+ties+podium, "")
			w.scores("zoe", 100)
			w.after(time.Hour).scores("adam", 100)
			w.after(time.Hour).scores("bea", 90)
			w.after(time.Hour).scores("cy", 10)
			w.at("2026-05-11T05:59:59Z").closes()
			require.Equal(t, "0", w.won("zoe"), "not yet")
			require.Nil(t, w.season("board", "2026-W19"))
			w.at("2026-05-11T06:00:00Z").closes()
			for i, member := range []string{"zoe", "adam", "bea", "cy"} {
				require.Equal(t, want[i], w.won(member), member)
			}
			last := w.p.Last()
			w.after(time.Hour).closes()
			require.Equal(t, last, w.p.Last(), "nothing is left to be done")
			s := w.season("board", "2026-W19")
			require.Equal(t, int64(4), s.Members)
			require.True(t, s.Paid)
			require.Len(t, s.Hash, 64)
		})
	}
}

func TestARemainderIsTheEarliests(t *testing.T) {
	w := weekly(t, `, ties: share, prizes: [{ranks: 1-3, give: {gems: 33.34, coins: 500}}, {ranks: 2, give: {coins: 1}}]`, "")
	for _, member := range []string{"zoe", "adam", "bea", "cy"} {
		w.after(time.Hour).scores(member, 7)
	}
	w.at("2026-05-12T00:00:00Z").closes()
	// Places 1 and 3 are paid 500 coins, place 2 by its own narrower row 1 coin and no gems; the fourth wins nothing.
	w.has("zoe", "coins", "251")
	w.has("cy", "coins", "250")
	w.has("zoe", "gems", "16.67")
	w.has("bea", "gems", "16.67")
}

func TestAShareOfTheMembersIsRoundedUp(t *testing.T) {
	w := weekly(t, `, prizes: [{ranks: top 10%, give: {coins: 5}}, {ranks: 1, give: {coins: 100}}]`, "")
	for i := range 11 {
		w.after(time.Minute).scores("m"+string(rune('a'+i)), float64(i))
	}
	w.at("2026-05-12T00:00:00Z").closes()
	w.has("mk", "coins", "100")
	w.has("mj", "coins", "5")
	w.has("mi", "coins", "0")
}

func TestWhatComesAfterTheCloseChangesNoTable(t *testing.T) {
	w := weekly(t, podium, "rules: {each: {when: score, give: {coins: event.n}, limit: 100 per day}}")
	w.as("e1").scores("zoe", 100)
	w.after(time.Hour).scores("adam", 60)
	w.at("2026-05-11T05:59:59Z").late("2026-05-10T12:00:00Z").scores("adam", 10) // late, but in time for the table
	out := w.at("2026-05-11T06:00:00Z").late("2026-05-10T12:00:00Z").scores("adam", 50)
	require.Equal(t, []string{"season_closed leaderboards/board"}, notes(out))
	require.Equal(t, []string{"rules/each 50 coins"}, gave(out), "it pays all the same")
	void := engine.NewVoid("e1")
	void.Time, void.Arrived = w.now, w.now
	w.accept(void) // before the job has come to it
	w.after(time.Hour).closes()
	require.Equal(t, []string{"1 zoe 100", "2 adam 70"}, w.table("board", "2026-W19", ""))
	require.Equal(t, "1000 gold", w.won("zoe"), "the prize stays, what the event gave went")
	require.Equal(t, "621 silver", w.won("adam"))
	hash := w.season("board", "2026-W19").Hash
	w.late("2026-05-10T12:00:00Z").scores("bea", 1000)
	w.after(time.Hour).closes()
	require.Equal(t, hash, w.season("board", "2026-W19").Hash)
	require.Equal(t, []string{"1 zoe 100", "2 adam 70"}, w.table("board", "2026-W19", ""))
}

func TestPrizesAreDatedAtTheClose(t *testing.T) {
	w := weekly(t, podium, "rules: {told: {when: season_closed, if: event.rank == 1 and event.score >= 5, give: {badge: told}}}")
	w.scores("zoe", 5)
	w.scores("adam", 4)
	w.at("2026-05-20T00:00:00Z").closes() // nine days late
	require.Equal(t, "1000 gold told", w.won("zoe"))
	var raised []string
	require.NoError(t, w.store.Records(1, func(_ uint64, b []byte) bool {
		rec, err := engine.DecodeRecord(b)
		require.NoError(t, err)
		for _, x := range rec.Outcome.Notifications {
			if x.Type == engine.SeasonClosed {
				raised = append(raised, fmt.Sprint(rec.Event.Member, " ", x.At))
			}
		}
		for _, e := range rec.Outcome.Entries {
			require.Equal(t, "2026-05-11T06:00:00Z", e.At.String())
		}
		return true
	}))
	require.Equal(t, []string{"zoe 2026-05-11T06:00:00Z", "adam 2026-05-11T06:00:00Z"}, raised)
}

func TestBoostsThatNameTheBoardRaisePrizes(t *testing.T) {
	w := weekly(t, podium, `
boosts:
  named: {of: coins, only: [board], times: 2}
  others: {of: coins, times: 3}
`)
	w.scores("zoe", 5)
	w.at("2026-05-12T00:00:00Z").closes()
	require.Equal(t, "2000 gold", w.won("zoe"))
}

func TestEachSplitHasItsTableAndPrizes(t *testing.T) {
	w := weekly(t, ", split: member.city"+podium, "")
	for i, city := range []string{"rome", "oslo", "rome", "oslo", "a/b"} {
		member := "m" + string(rune('1'+i))
		w.set(member, "city", `"`+city+`"`)
		w.after(time.Minute).scores(member, float64(10-i))
	}
	w.at("2026-05-12T00:00:00Z").closes()
	require.Equal(t, []string{"1 m1 10", "2 m3 8"}, w.table("board", "2026-W19", "rome"))
	require.Equal(t, []string{"1 m2 9", "2 m4 7"}, w.table("board", "2026-W19", "oslo"))
	for member, want := range map[string]string{"m1": "1000 gold", "m2": "1000 gold", "m3": "501 silver", "m4": "501 silver", "m5": "1000 gold"} {
		require.Equal(t, want, w.won(member), member)
	}
	require.Equal(t, int64(5), w.season("board", "2026-W19").Members)
}

// Who brought something to a group in time wins what the group wins, whatever is taken back later.
func TestAGroupsPrizeGoesToThoseWhoBroughtSomething(t *testing.T) {
	w := weekly(t, ", by: member.team"+podium, "")
	for member, team := range map[string]string{"ann": "red", "bob": "red", "cat": "red", "dan": "red", "eve": "blue", "fay": "red"} {
		w.set(member, "team", `"`+team+`"`)
	}
	w.as("a").scores("ann", 5)
	w.as("b").scores("bob", 5)
	w.as("c").scores("cat", 5)
	w.scores("eve", 7)
	reverse := func(id string) {
		e := engine.NewVoid(id)
		e.Time, e.Arrived = w.now, w.now
		w.accept(e)
	}
	reverse("b") // before the close
	w.at("2026-05-11T06:00:00Z").late("2026-05-10T12:00:00Z").scores("dan", 50)
	reverse("c")
	w.after(time.Hour).closes()
	require.Equal(t, []string{"1 red 10", "2 blue 7"}, w.table("board", "2026-W19", ""))
	for member, want := range map[string]string{"ann": "1000 gold", "bob": "0", "cat": "1000 gold", "dan": "0", "eve": "501 silver", "fay": "0"} {
		require.Equal(t, want, w.won(member), member)
	}
}

func TestAverageBoardsCloseOnAverages(t *testing.T) {
	w := weekly(t, ", by: member.team, score: average, at_least: 2"+podium, "")
	for member, team := range map[string]string{"ann": "red", "bob": "red", "cat": "blue"} {
		w.set(member, "team", `"`+team+`"`)
	}
	for _, member := range []string{"ann", "ann", "bob", "cat", "cat"} {
		w.after(time.Minute).scores(member, 6)
	}
	w.after(time.Minute).scores("cat", 1)
	w.at("2026-05-12T00:00:00Z").closes()
	require.Equal(t, []string{"1 blue 13", "2 red 12"}, w.table("board", "2026-W19", ""))
	require.Equal(t, "501 silver", w.won("bob"), "who is not in the average brought something all the same")
}

func TestWithMembersClocksASeasonEndsWhereDaysEndLast(t *testing.T) {
	w := weekly(t, podium, "clock: member")
	w.moves("zoe", "Etc/GMT+12")
	w.after(48*time.Hour).scores("zoe", 5)
	w.at("2026-05-11T11:59:59Z").late("2026-05-11T11:59:00Z").scores("zoe", 1) // still Sunday there
	w.at("2026-05-11T17:59:59Z").closes()
	require.Nil(t, w.season("board", "2026-W19"))
	w.at("2026-05-11T18:00:00Z").closes()
	require.Equal(t, []string{"1 zoe 6"}, w.table("board", "2026-W19", ""))
}

// Weeks that lie in two years are one season (a peer put two weeks on one board).
func TestSeasonsOverTheYearsEnd(t *testing.T) {
	w := weekly(t, podium, "")
	w.at("2026-12-28T10:00:00Z").scores("zoe", 1)
	w.at("2027-01-03T10:00:00Z").scores("zoe", 2)
	w.at("2027-01-04T10:00:00Z").scores("zoe", 4)
	w.at("2027-01-10T10:00:00Z").scores("adam", 8)
	w.at("2027-01-12T10:00:00Z").closes()
	require.Equal(t, []string{"1 zoe 3"}, w.table("board", "2026-W53", ""))
	require.Equal(t, []string{"1 adam 8", "2 zoe 4"}, w.table("board", "2027-W01", ""))
	w.has("zoe", "coins", "1501")
}

func TestSeasonsThatPassedWithoutAnybody(t *testing.T) {
	w := weekly(t, podium, "")
	w.at("2026-05-12T00:00:00Z").closes()
	w.scores("zoe", 1)
	w.at("2027-05-10T00:00:00Z").closes()
	w.scores("zoe", 1)
	w.at("2028-05-10T00:00:00Z").closes()
	w.has("zoe", "coins", "2000")
	var seasons []string
	require.NoError(t, engine.ClosedSeasons(w.store, "board", "", func(s engine.ClosedSeason) bool {
		seasons = append(seasons, s.Season)
		return true
	}))
	require.Equal(t, []string{"2026-W20", "2027-W19"}, seasons)
}

// A version that changes `closes` opens no closed season again, and closes none before it is in force.
func TestAVersionMovesTheCloseOfOpenSeasonsOnly(t *testing.T) {
	longer, shorter := strings.Replace(weeklyText, "6 hours", "3 days", 1), strings.Replace(weeklyText, "6 hours", "1 hour", 1)
	t.Run("longer, too late", func(t *testing.T) {
		w := program(t, weeklyText).at("2026-05-04T10:00:00Z")
		w.scores("zoe", 5)
		w.at("2026-05-11T07:00:00Z").activate(longer)
		out := w.after(time.Hour).late("2026-05-10T12:00:00Z").scores("adam", 50)
		require.Equal(t, []string{"season_closed leaderboards/board"}, notes(out))
		w.closes()
		require.Equal(t, []string{"1 zoe 5"}, w.table("board", "2026-W19", ""))
		w.restart(true)
		require.Empty(t, w.late("2026-05-10T12:00:00Z").scores("adam", 50).Scores)
	})
	t.Run("longer, in time", func(t *testing.T) {
		w := program(t, weeklyText).at("2026-05-04T10:00:00Z")
		w.scores("zoe", 5)
		w.at("2026-05-11T05:00:00Z").activate(longer)
		w.at("2026-05-11T07:00:00Z").late("2026-05-10T12:00:00Z").scores("adam", 50)
		w.closes()
		require.Nil(t, w.season("board", "2026-W19"))
		w.at("2026-05-14T00:00:00Z").closes()
		require.Equal(t, []string{"1 adam 50", "2 zoe 5"}, w.table("board", "2026-W19", ""))
	})
	t.Run("shorter", func(t *testing.T) {
		w := program(t, weeklyText).at("2026-05-04T10:00:00Z")
		w.scores("zoe", 5)
		w.at("2026-05-11T04:00:00Z").late("2026-05-10T12:00:00Z").scores("adam", 50)
		w.after(time.Hour).activate(shorter)
		require.Empty(t, w.late("2026-05-10T12:00:00Z").scores("bea", 500).Scores)
		w.closes()
		require.Equal(t, "2026-05-11T05:00:00Z", w.season("board", "2026-W19").ClosesAt.String())
		require.Equal(t, []string{"1 adam 50", "2 zoe 5"}, w.table("board", "2026-W19", ""))
	})
}

const weeklyText = `
late: 48 hours
events: {score: {n: number}}
points: {coins: {}}
counters: {sum: {when: score, add: event.n, every: week}}
leaderboards: {board: {counter: sum, closes: 6 hours, prizes: [{ranks: 1, give: {coins: 10}}]}}
`

// The version in force at the close says what is won, and by which order and ties, however late the job.
func TestPrizesOfTheVersionAtTheClose(t *testing.T) {
	w := program(t, weeklyText).at("2026-05-04T10:00:00Z")
	w.scores("zoe", 5)
	w.scores("adam", 7)
	w.at("2026-05-11T06:00:01Z").activate(strings.Replace(weeklyText, "closes: 6 hours, prizes: [{ranks: 1, give: {coins: 10}}]",
		"closes: 6 hours, order: lowest, prizes: [{ranks: 1, give: {coins: 99}}]", 1))
	w.closes()
	require.Equal(t, []string{"1 adam 7", "2 zoe 5"}, w.table("board", "2026-W19", ""))
	w.has("adam", "coins", "10")
	w.has("zoe", "coins", "0")
}

// What was imported of seasons before the program went live is shown and pays nothing; of later ones it counts until the
// acceptance of what is live passes their close.
func TestImportedHistory(t *testing.T) {
	w := weekly(t, podium, "")
	past := func(at string, n int) *engine.Outcome {
		e := w.late(at).event("zoe", "score", "n", n)
		e.Past = true
		return w.accept(e)
	}
	past("2026-03-04T10:00:00Z", 5)
	w.closes()
	w.at("2026-05-12T10:00:00Z").scores("adam", 1)
	past("2026-03-05T10:00:00Z", 6)
	past("2026-05-06T10:00:00Z", 9) // closed the day before the program went live
	past("2026-05-11T10:00:00Z", 7)
	w.at("2026-05-20T10:00:00Z").closes()
	require.Equal(t, []string{"1 zoe 11"}, w.standings("board", "2026-W10", ""))
	require.Equal(t, []string{"1 zoe 9"}, w.standings("board", "2026-W19", ""))
	require.Equal(t, []string{"1 zoe 7", "2 adam 1"}, w.table("board", "2026-W20", ""))
	w.has("zoe", "coins", "1000")
	out := past("2026-05-12T10:00:00Z", 50)
	require.Empty(t, out.Scores)
	require.Equal(t, []string{"season_closed leaderboards/board"}, notes(out))
}

func TestAnErasedMembersPlaceIsKeptWithoutAName(t *testing.T) {
	w := weekly(t, podium, "")
	for i, member := range []string{"zoe-1", "adam-1", "bea-1"} {
		w.scores(member, float64(10-i))
	}
	w.at("2026-05-12T00:00:00Z").scores("cy-1", 1)
	w.erase("adam-1") // after the close, before the job
	w.closes()
	require.Equal(t, []string{"1 zoe-1 10", "2  9", "3 bea-1 8"}, w.table("board", "2026-W19", ""))
	require.Equal(t, "200 dinner", w.won("bea-1"), "nobody moves up")
	s := w.season("board", "2026-W19")
	w.erase("zoe-1")
	w.redact(4)
	require.Empty(t, w.found("adam-1"))
	require.Empty(t, w.found("zoe-1"))
	require.Equal(t, []string{"1  10", "2  9", "3 bea-1 8"}, w.table("board", "2026-W19", ""))
	require.Equal(t, s, w.season("board", "2026-W19"))
	require.Equal(t, []string{"1 cy-1 1"}, w.standings("board", "2026-W20", ""))
}

func TestOnlyTheBestAreToldWhereNothingIsWon(t *testing.T) {
	for listens, want := range map[string]int{"": tasks.ToldPlaces,
		"rules: {told: {when: season_closed, if: event.rank == 1, give: {badge: told}}}": tasks.ToldPlaces + 700} {
		w := weekly(t, podium, listens)
		for i := range tasks.ToldPlaces + 700 {
			w.scores(fmt.Sprint("m", i), float64(i))
		}
		w.at("2026-05-12T00:00:00Z")
		before := w.p.Last()
		w.closes()
		require.Equal(t, want+2, int(w.p.Last()-before), "one event each, and two of the season")
	}
}

func TestAVoidOfAnEventTakesNoPrizeBack(t *testing.T) {
	w := weekly(t, podium, "tiers: {club: {earned: coins, levels: {low: 0, high: 900}}}\nchallenges: {win: {when: season_closed, goal: 1, give: {gems: 1}}}")
	w.as("e1").scores("zoe", 5)
	w.at("2026-05-12T00:00:00Z").closes()
	require.Equal(t, "1000 gold", w.won("zoe"))
	require.Equal(t, "high", w.tier("zoe", "club"))
	w.has("zoe", "gems", "1")
	void := engine.NewVoid("e1")
	void.Time, void.Arrived = w.now, w.now
	w.accept(void)
	require.Equal(t, "1000 gold", w.won("zoe"))
	require.Equal(t, "high", w.tier("zoe", "club"))
	w.has("zoe", "gems", "1")
	require.Equal(t, []string{"1 zoe 5"}, w.table("board", "2026-W19", ""))
	w.restart(false)
	x, err := engine.Explain(w.store, w.versions, "laurel:season/place/board/2026-W19///zoe")
	require.NoError(t, err)
	i := slices.IndexFunc(x.Steps, func(s engine.TraceStep) bool { return s.Definition == "leaderboards/board" })
	require.True(t, x.Steps[i].Fired)
	require.Equal(t, "rank 1 with 5 in season 2026-W19", x.Steps[i].Detail)
}

// racing is a host to which an event comes in before a season's end.
type racing struct {
	*enginetest.Runtime
	first func()
}

func (r *racing) Submit(events ...*event.Event) error {
	if r.first != nil {
		r.first()
		r.first = nil
	}
	return r.Runtime.Submit(events...)
}

// What is accepted while the job begins counts, and is in the table; what was on its way when the clock had passed does not.
func TestEventsOnTheirWayAtTheClose(t *testing.T) {
	w := weekly(t, podium, "")
	w.scores("zoe", 100)
	w.at("2026-05-11T06:00:00Z").commit(true)
	h := &racing{Runtime: w.host(), first: func() {
		w.at("2026-05-11T05:59:59.9Z").late("2026-05-10T12:00:00Z").scores("adam", 200)
	}}
	for done := 1; done > 0; {
		var err error
		done, err = tasks.CloseSeasons(h)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"1 adam 200", "2 zoe 100"}, w.table("board", "2026-W19", ""))
	out := w.at("2026-05-11T05:59:59.9Z").late("2026-05-10T12:00:00Z").scores("bea", 300) // stamped before, decided after it
	require.Equal(t, []string{"season_closed leaderboards/board"}, notes(out))
	w.at("2026-05-11T06:00:01Z").closes()
	require.Equal(t, []string{"1 adam 200", "2 zoe 100"}, w.table("board", "2026-W19", ""))
}

// TestWhatTimeGivesCountsAtItsInstant holds that points that a timer gives before a season's close count on its board, though
// nothing ran until long after it (promise P6).
func TestWhatTimeGivesCountsAtItsInstant(t *testing.T) {
	const text = `
events: {visit: {}}
points: {stars: {}}
rules: {gift: {when: 3 days after last visit, give: {stars: 5}}}
counters: {stars: {earned: stars, every: week}}
leaderboards: {stars: {counter: stars, closes: 1 hour, prizes: [{ranks: 1, give: {stars: 100}}]}}
`
	for _, outage := range []bool{false, true} {
		w := program(t, text).at("2026-05-06T12:00:00Z") // a Wednesday
		w.send("ann", "visit")
		w.at("2026-05-07T23:30:00Z").send("bob", "visit") // his gift comes on Sunday evening
		w.at("2026-05-08T01:00:00Z").send("cem", "visit") // and this one after the week
		if outage {
			w.at("2026-05-20T12:00:00Z")
		} else {
			w.until("2026-05-11T02:00:00Z")
		}
		host := &enginetest.Runtime{S: w.store, P: w.p, At: w.now}
		require.NoError(t, tasks.Quiesce(host))
		rows, err := engine.ClosedPage(w.store, leaderboards.Key{Board: "stars", Season: "2026-W19"}, 1, 10)
		require.NoError(t, err)
		var members []string
		for _, row := range rows {
			members = append(members, row.Member+" "+row.Value.String())
		}
		require.Equal(t, []string{"ann 5", "bob 5"}, members, "outage: %v", outage)
	}
}

// A board that starts afresh, by its own version or by its counter's, closes on what it counted since; what it had counted before
// wins nothing, unless its season had closed by then, however late the job.
func TestABoardThatStartedAfreshClosesOnWhatItCounts(t *testing.T) {
	for name, raised := range map[string]string{
		"the board":   strings.Replace(weeklyText, "closes: 6 hours", "closes: 6 hours, version: 2", 1),
		"the counter": strings.Replace(weeklyText, "every: week", "every: week, version: 2", 1),
	} {
		t.Run(name+", from the start", func(t *testing.T) {
			w := program(t, raised).at("2026-05-04T10:00:00Z")
			w.scores("zoe", 5)
			w.at("2026-05-12T00:00:00Z").closes()
			require.Equal(t, []string{"1 zoe 5"}, w.table("board", "2026-W19", ""))
			w.has("zoe", "coins", "10")
		})
		t.Run(name+", within a season", func(t *testing.T) {
			w := program(t, weeklyText).at("2026-05-04T10:00:00Z")
			w.scores("zoe", 5)
			w.after(time.Hour).activate(raised)
			w.after(time.Hour).scores("adam", 3)
			w.restart(true)
			w.at("2026-05-12T00:00:00Z").closes()
			require.Equal(t, []string{"1 adam 3"}, w.table("board", "2026-W19", ""))
			w.has("adam", "coins", "10")
			w.has("zoe", "coins", "0")
		})
		t.Run(name+", after the close and before the job", func(t *testing.T) {
			w := program(t, weeklyText).at("2026-05-04T10:00:00Z")
			w.scores("zoe", 5)
			w.at("2026-05-11T06:00:01Z").activate(raised)
			w.after(time.Hour).scores("adam", 3)
			w.closes()
			require.Equal(t, []string{"1 zoe 5"}, w.table("board", "2026-W19", ""))
			w.has("zoe", "coins", "10")
			w.at("2026-05-18T12:00:00Z").closes()
			require.Equal(t, []string{"1 adam 3"}, w.table("board", "2026-W20", ""))
			w.has("adam", "coins", "10")
		})
	}
}

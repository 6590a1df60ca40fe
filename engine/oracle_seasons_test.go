package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What the oracle of enginetest/oracle found about seasons.

// A prize counts at the close at which it was won, in what counts points, whenever the job comes to it.
func TestAPrizeCountsAsOfItsCloseHoweverLateTheJob(t *testing.T) {
	const text = `
events: {buy: {amount: number}, play: {}}
points: {stars: {}, gems: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
counters:
  plays: {when: play, every: week}
  stars: {earned: stars, every: month}
leaderboards:
  weekly: {counter: plays, prizes: [{ranks: 1, give: {stars: 5}}]}
  monthly: {counter: stars, prizes: [{ranks: 1, give: {gems: 1}}]}
`
	for _, prompt := range []bool{true, false} {
		w := program(t, text).at("2026-05-05T12:00:00Z")
		w.send("ann", "buy", "amount", 4)
		w.send("bob", "play")
		if prompt {
			w.at("2026-05-14T00:00:00Z")
			w.closes()
		}
		w.at("2026-06-20T12:00:00Z")
		w.closes()
		require.Equal(t, []string{"1 bob 5", "2 ann 4"}, w.standings("monthly", "2026-05", ""), "prompt: %t", prompt)
		w.has("bob", "gems", "1")
	}
}

// A season that closes later than events may be late is known until then: what is taken back of it wins nothing.
func TestAVoidBeforeTheCloseOfASeasonIsNotTooLate(t *testing.T) {
	for _, x := range []struct{ clock, zone, closes, by string }{
		{"member", "Australia/Lord_Howe", "72 hours", "member.team"}, // whose day is over long before the last one on earth
		{"member", "Australia/Lord_Howe", "72 hours", "member"},
		{"program", "UTC", "9 days", "member.team"},
		{"program", "UTC", "9 days", "member"},
	} {
		w := program(t, `
clock: `+x.clock+`
member: {team?: text}
events: {visit: {}}
points: {gems: {}}
counters: {visits: {when: visit, by: `+x.by+`, every: day, public: true}}
leaderboards: {daily: {counter: visits, closes: `+x.closes+`, prizes: [{ranks: 1, give: {gems: 1}}]}}
`).at("2026-05-01T00:00:00Z")
		w.moves("ann", x.zone)
		w.set("ann", "team", `"blue"`)
		w.at("2026-05-04T20:30:00Z").as("a").send("ann", "visit")
		w.at("2026-05-08T16:00:00Z").send("ann", "visit")
		w.restart(true)
		w.at("2026-05-08T18:00:00Z").void("a")
		w.at("2026-06-01T00:00:00Z")
		w.closes()
		w.has("ann", "gems", "1")
	}
}

// What a member had brought to a group when the season closed does not count as brought by a later void of something else, which looks
// at it again.
func TestALaterVoidBringsNothingAgain(t *testing.T) {
	w := program(t, `
timezone: Australia/Lord_Howe
clock: member
member: {team?: text}
events: {buy: {amount: number, key: text}}
points: {gems: {}}
counters: {low: {when: buy, lowest: event.amount, by: member.team, public: true, every: day}}
leaderboards: {daily: {counter: low, split: event.key, closes: 4 days, prizes: [{ranks: 1, give: {gems: 1}}]}}
`).at("2026-04-20T00:00:00Z")
	w.moves("ann", "Etc/GMT+12")
	w.set("ann", "team", `"red"`)
	w.at("2026-04-24T01:43:43Z").send("ann", "buy", "amount", 11, "key", "k1")
	w.at("2026-04-26T00:12:34Z").as("b").send("ann", "buy", "amount", 32, "key", "k3")
	w.at("2026-04-28T03:47:28Z").as("c").send("ann", "buy", "amount", 14, "key", "k1")
	w.at("2026-04-28T14:22:35Z").amend("b", `{"amount":22.8}`)
	w.at("2026-05-13T08:37:32Z").void("c")
	w.at("2026-05-14T23:50:16Z")
	w.closes()
	w.has("ann", "gems", "3")
}

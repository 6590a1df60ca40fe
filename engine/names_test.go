package engine_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

// Teams and regions may be called anything: what looks like a separator is none.
func TestNamesOfGroupsAndSplitsNeverMeet(t *testing.T) {
	w := program(t, `
member: {team?: text, region?: text}
events: {run: {km: number, shoe: text}}
points: {stars: {}}
counters:
  km: {when: run, add: event.km}
  by_team: {when: run, add: event.km, by: member.team, public: true}
  shoes: {when: run, distinct: event.shoe, public: true}
challenges: {ten: {when: run, add: event.km, by: member.team, goal: 100, give: {stars: 1}}}
leaderboards: {teams: {counter: km, by: member.team, split: member.region}, regions: {counter: km, split: member.region}}
`)
	pairs := [][2]string{{"blue@north", "a"}, {"north", "a@blue"}, {"north", "blue@a"}, {"a@north", "blue"}, {"a", "b/c"}, {"c", "a/b"},
		{"0:x", "1:"}, {"x", "1:0:"}, {"%2F", "/"}, {"/", "%2F"}, {"@", "@"}, {"#2", "\""}}
	for i, p := range pairs {
		member := "m/" + p[0]
		w.set(member, "team", quoted(p[0]))
		w.set(member, "region", quoted(p[1]))
		w.as("run "+p[0]+p[1]).send(member, "run", "km", i+1, "shoe", p[1])
		require.Equal(t, []string{"1 " + p[0] + " " + number(i+1)}, w.standings("teams", "all", p[1]))
	}
	for i, p := range pairs {
		m := w.p.Member("m/" + p[0])
		require.Equal(t, m.ID, "m/"+p[0])
		if i == 0 {
			w.void("run " + p[0] + p[1])
			require.Empty(t, w.standings("teams", "all", p[1]), "its score is gone, and nobody else's")
			require.Empty(t, w.standings("regions", "all", p[1]))
			w.restart(true)
			continue
		}
		require.Equal(t, []string{"1 " + p[0] + " " + number(i+1)}, w.standings("teams", "all", p[1]))
	}
}

// Ids of members and events are texts as well: what an event queues for one is never taken for what another queues.
func TestDerivedIDsNeverMeet(t *testing.T) {
	w := program(t, `
events: {invite: {friend: member}}
points: {stars: {}}
rules: {invite: {when: invite, to: event.friend, give: {stars: 5}, limit: 99 per day}}
`)
	members := []string{"bob", "rules/invite/points.grant/stars/bob", "stars/bob", "ann/bob", "%2Fbob", "/bob", "invite/x/rules/invite/stars/bob"}
	events := []string{"x", "x/rules/invite/points.grant/stars", "x/rules%2Finvite/stars", "x/rules/invite", "x%2Frules", "claim/x", "points.grant/x"}
	for _, m := range members {
		w.put(m, engine.Profile{})
	}
	w.put("ann", engine.Profile{})
	for _, e := range events {
		for _, m := range members {
			out := w.as(e+" "+m).send("ann", "invite", "friend", m)
			require.Equal(t, m, queued(t, out).Member)
		}
	}
	for i, m := range members {
		w.has(m, "stars", number(5*len(events)))
		w.void(events[i%len(events)] + " " + m)
		w.has(m, "stars", number(5*(len(events)-1)))
	}
	w.restart(false)
}

func queued(t *testing.T, out *engine.Outcome) *engine.Queued {
	t.Helper()
	i := slices.IndexFunc(out.Effects, func(e engine.Effect) bool { return e.Kind == engine.QueuedEffect })
	require.GreaterOrEqual(t, i, 0)
	return out.Effects[i].Queued
}

// Nothing is decided by the words of a note or a refusal: a journal in other words replays to the same.
func TestTheWordsOfNotesDecideNothing(t *testing.T) {
	w := program(t, `
events: {visit: {n: integer}}
points: {stars: {}}
rules: {visit: {when: visit, give: {stars: event.n}, limit: 1 ever}}
rewards: {mug: {cost: {stars: 1000}}}
challenges: {first: {when: visit, goal: 2, winners: 1, give: {stars: 10}, again: true}}
`)
	for i, m := range []string{"ann", "bob", "ann", "bob", "cid", "cid"} {
		w.as("v"+number(i)).send(m, "visit", "n", 3)
	}
	_, refusal, err := w.p.Process(arrive(w, engine.NewClaim("c1", "ann", "mug", 0)))
	require.NoError(t, err)
	require.NotNil(t, refusal)
	w.void("v0") // the winner's place is free
	w.as("v9").send("bob", "visit", "n", 1)
	w.as("v10").send("bob", "visit", "n", 1) // and taken by bob's second time
	w.void("v10")
	w.commit(true)

	reworded := engine.NewMemory()
	require.NoError(t, w.store.Records(1, func(seq uint64, b []byte) bool {
		rec, err := engine.DecodeRecord(b)
		require.NoError(t, err)
		require.NoError(t, reworded.Commit(&engine.Batch{First: seq, Records: [][]byte{engine.Reworded(b)}, IDs: []string{rec.Event.ID}}))
		return true
	}))
	require.NoError(t, w.store.Scan("l/", "", func(key string, value []byte) bool { // a member's events
		return reworded.Commit(&engine.Batch{Rows: []engine.Row{{Key: key, Value: value}}}) == nil
	}))
	before, err := engine.Replay(w.store, w.versions)
	require.NoError(t, err)
	after, err := engine.Replay(reworded, w.versions)
	require.NoError(t, err)
	require.Equal(t, before.Hash, after.Hash)
	for _, m := range []string{"ann", "bob", "cid"} {
		was, err := engine.MemberAt(w.store, w.versions, m, w.now)
		require.NoError(t, err)
		is, err := engine.MemberAt(reworded, w.versions, m, w.now)
		require.NoError(t, err)
		require.Equal(t, was.Progress(w.p.Rules(), w.now, nil), is.Progress(w.p.Rules(), w.now, nil))
	}
}

func arrive(w *world, e *event.Event) *event.Event {
	e.Time, e.Arrived = w.now, w.now
	return e
}

func number(n int) string { return strconv.Itoa(n) }

func quoted(s string) string { return string(event.AppendText(nil, s)) }

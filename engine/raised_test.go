package engine_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

const raising = `
timezone: Europe/Berlin
events: {buy: {amount: number}, visit: {}}
points: {stars: {expire: 1 month after earning, notice: none}}
counters: {spent: {add: event.amount, when: buy}}
badges: {regular: {}}
rules:
  star: {when: buy, give: {stars: event.amount}}
  first: {when: buy, give: {badge: regular}, limit: 1 ever}
tiers: {club: {counter: spent, last: 1 month, levels: {green: 0, silver: 100}, notice: none}}
challenges: {hundred: {when: buy, add: event.amount, goals: [{at: 100, give: {stars: 5}}]}}
streaks: {daily: {when: visit, every: day, notice: none, goals: [{at: 2, give: {stars: 1}}]}}
rewards: {mug: {cost: {stars: 10}}}
`

// raised are the messages of outcomes: "1 joined", "2 badge_earned regular", with their numbers.
func raised(outcomes ...*engine.Outcome) []string {
	list := []string{}
	for _, out := range outcomes {
		for i, r := range out.Notifications {
			line := []string{strconv.FormatUint(out.Number+uint64(i), 10), r.Type}
			for _, v := range r.Fields {
				line = append(line, v.Key())
			}
			list = append(list, strings.TrimSpace(strings.Join(line, " ")))
		}
	}
	return list
}

// recorded are the outcomes of a member in the journal after a sequence number.
func (w *world) recorded(member string, after uint64) (list []*engine.Outcome) {
	w.t.Helper()
	w.commit(false)
	require.NoError(w.t, engine.Events(w.store, member, after, func(rec *engine.Record) bool {
		list = append(list, &rec.Outcome)
		return true
	}))
	return list
}

func TestRaised(t *testing.T) {
	w := program(t, raising)
	out := w.send("ann", "buy", "amount", 120)
	want := []string{"1 joined", "2 tier_reached club green", "3 challenge_completed hundred 1 0", "4 badge_earned regular", "5 tier_reached club silver green"}
	require.Equal(t, want, raised(out))
	require.Equal(t, w.now, out.Notifications[1].At)
	require.Equal(t, want, raised(w.recorded("ann", 0)...), "the journal says what the answer said")

	out = w.send("ann", "buy", "amount", 1)
	require.Empty(t, out.Notifications, "nothing happens twice")
	require.Zero(t, out.Number)

	w.restart(true)
	w.send("ann", "visit")
	out = w.at("2026-05-02T12:00:00Z").send("ann", "visit")
	require.Equal(t, []string{"6 streak_reached daily 2"}, raised(out))
	w.restart(false)
	seq := w.p.Last()
	w.until("2026-08-01T00:00:00Z")
	require.Equal(t, []string{"7 streak_broken daily 2", "8 tier_lost club silver green", "9 points_expired stars 126", "10 points_expired stars 1"},
		raised(w.recorded("ann", seq)...), "dated at its instant, whoever brings it to light")
}

func TestClaimsAreRaised(t *testing.T) {
	w := program(t, raising)
	w.send("ann", "buy", "amount", 50)
	claim := engine.NewClaim("c1", "ann", "mug", 0)
	claim.Time, claim.Arrived = w.now, w.now
	out := w.accept(claim)
	require.Equal(t, []string{"4 reward_claimed mug item c1 stars 10"}, raised(out))
}

func TestNothingOfHistoryIsRaised(t *testing.T) {
	w := program(t, raising)
	for _, at := range []string{"2026-01-05T12:00:00Z", "2026-01-06T12:00:00Z"} {
		e := w.late(at).event("ann", "visit")
		e.Past = true
		require.Empty(t, w.accept(e).Notifications)
		e = w.late(at).event("ann", "buy", "amount", 200)
		e.Past = true
		require.Empty(t, w.accept(e).Notifications)
	}
	w.jobs() // writes down what expired, broke and fell before today
	require.Empty(t, raised(w.recorded("ann", 0)...))
	require.Equal(t, []string{"1 tier_reached club silver green"}, raised(w.send("ann", "buy", "amount", 30), w.send("ann", "buy", "amount", 70)))
}

func TestWhatIsRaisedIsReplayed(t *testing.T) {
	w := program(t, raising)
	w.as("first").send("ann", "buy", "amount", 120)
	void := engine.NewVoid("first")
	void.Time, void.Arrived = w.now, w.now
	out := w.accept(void)
	require.Equal(t, []string{"6 tier_lost club silver green"}, raised(out))
	w.restart(false) // applies the journal again, and compares
	require.Equal(t, []string{"7 badge_earned regular"}, raised(w.send("ann", "buy", "amount", 1)))
}

func TestErasureForgetsWhatWasRaised(t *testing.T) {
	w := program(t, raising)
	w.send("ann", "buy", "amount", 120)
	w.send("bob", "buy", "amount", 120)
	erasure := engine.NewErasure("ann")
	erasure.Time, erasure.Arrived = w.now, w.now
	require.Empty(t, w.accept(erasure).Notifications)
	w.commit(true)
	members, err := engine.ToRedact(w.store)
	require.NoError(t, err)
	found, err := engine.Redact(w.store, w.versions, members, func() bool { return true })
	require.NoError(t, err)
	w.p.Rewrite(found.Rewritten)
	w.p.Put(found.Rows...)
	w.commit(true)
	require.NoError(t, w.store.Records(1, func(seq uint64, b []byte) bool {
		rec, err := engine.DecodeRecord(b)
		require.NoError(t, err)
		require.Equal(t, rec.Event.Member == "bob", len(rec.Outcome.Notifications) > 0, "record %d", seq)
		return true
	}))
}

func TestMessages(t *testing.T) {
	w := program(t, raising)
	w.as("o1").send("ann", "buy", "amount", 120)
	w.send("ann", "buy", "amount", 1)
	w.as("o3").send("bob", "visit")
	w.commit(false)
	var got []string
	ids := map[string]bool{}
	through, err := engine.Messages(w.store, "test", 0, 100, func(of []engine.Message) bool {
		for i := range of {
			got = append(got, string(of[i].Body()))
			ids[of[i].ID()] = true
		}
		return true
	})
	require.NoError(t, err)
	require.EqualValues(t, 3, through)
	require.Equal(t, []string{
		`{"type":"joined","timestamp":"2026-05-01T12:00:00Z","data":{"member":"ann","number":1,"event":"o1"}}`,
		`{"type":"tier_reached","timestamp":"2026-05-01T12:00:00Z","data":{"member":"ann","number":2,"event":"o1","tier":"club","level":"green","from":""}}`,
		`{"type":"challenge_completed","timestamp":"2026-05-01T12:00:00Z","data":{"member":"ann","number":3,"event":"o1","challenge":"hundred","goal":"1","days":0}}`,
		`{"type":"badge_earned","timestamp":"2026-05-01T12:00:00Z","data":{"member":"ann","number":4,"event":"o1","badge":"regular","level":""}}`,
		`{"type":"tier_reached","timestamp":"2026-05-01T12:00:00Z","data":{"member":"ann","number":5,"event":"o1","tier":"club","level":"silver","from":"green"}}`,
		`{"type":"joined","timestamp":"2026-05-01T12:00:00Z","data":{"member":"bob","number":1,"event":"o3"}}`,
		`{"type":"tier_reached","timestamp":"2026-05-01T12:00:00Z","data":{"member":"bob","number":2,"event":"o3","tier":"club","level":"green","from":""}}`}, got)
	require.Len(t, ids, 7)

	again, err := engine.MessagesOf(w.store, "test", 1)
	require.NoError(t, err)
	require.Len(t, again, 5)
	require.True(t, ids[again[3].ID()], "an id is the same whenever it is asked for")
	require.Equal(t, got[3], string(again[3].Body()))
	none, err := engine.MessagesOf(w.store, "test", 2)
	require.NoError(t, err)
	require.Empty(t, none)

	through, err = engine.Messages(w.store, "test", 0, 2, func([]engine.Message) bool { return true })
	require.NoError(t, err)
	require.EqualValues(t, 2, through, "a reader looks at no more records than it wants to")
	through, err = engine.Messages(w.store, "test", 1, 100, func([]engine.Message) bool { return false })
	require.NoError(t, err)
	require.EqualValues(t, 2, through, "what was not wanted comes again")
}

func TestAMessageOfNoMember(t *testing.T) {
	w := program(t, "events: {buy: {}}\npoints: {stars: {}}\npromotions: {rain: {title: Rain, on_call: true, open_for: 2 hours}}\n")
	fire := engine.NewFire("f1", "rain", calendar.Duration{}, "")
	fire.Time, fire.Arrived = w.now, w.now
	w.accept(fire)
	turns, _ := w.p.Turns(w.now-1, w.now.Add(3*time.Hour))
	w.after(3 * time.Hour)
	for _, turn := range turns {
		turn.Arrived = w.now
		w.accept(turn)
	}
	w.commit(false)
	var bodies []string
	_, err := engine.Messages(w.store, "test", 0, 100, func(of []engine.Message) bool {
		for i := range of {
			bodies = append(bodies, string(of[i].Body()))
		}
		return true
	})
	require.NoError(t, err)
	require.Len(t, bodies, 2)
	require.Regexp(t, `^{"type":"promotion_opened","timestamp":"2026-05-01T12:00:00Z","data":{"event":"[^"]+","promotion":"rain"}}$`, bodies[0])
	require.Regexp(t, `^{"type":"promotion_closed","timestamp":"2026-05-01T14:00:00Z","data":{"event":"[^"]+","promotion":"rain"}}$`, bodies[1])
}

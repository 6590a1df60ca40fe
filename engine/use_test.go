package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/enginetest"
)

// gives is a program that gives rewards, for a while.
const gives = `
member: {friend?: member}
events: {award: {}, visit: {}, bye: {}, card: {cups: integer}}
points: {stars: {}, thanks: {}}
rules:
  mug: {when: award, give: {reward: mug}}
  stars: {when: award, give: {stars: 100}}
  used: {when: reward_used, if: event.reward == "mug", give: {thanks: 5}}
  friend: {when: reward_used, if: event.reward == "mug", to: member.friend, give: {thanks: 1}}
counters:
  used: {when: reward_used, public: true}
challenges:
  thrice: {when: reward_used, goal: 2, give: {thanks: 1000}}
  stamps: {when: card, add: event.cups, goal: 10, again: true, give: {reward: drink}}
rewards:
  mug: {valid: 10 days, codes: generated, hold: 2 hours, stock: 3, limit: 1 ever, during: 2020-01-01 to 2020-01-02, for: member.points.stars < 0}
  drink: {}
  cake: {cost: {stars: 40}, valid: 20 days}
`

func (w *world) use(member, reward, id, till string) *engine.Outcome {
	w.t.Helper()
	return w.accept(w.dated(engine.NewUse(id, member, engine.Use{Reward: reward, Where: till})))
}

func (w *world) amends(id, data string) {
	w.t.Helper()
	w.accept(w.dated(engine.NewAmend(id, json.RawMessage(data))))
}

func effectsOf(out *engine.Outcome) string {
	_, rest, _ := strings.Cut(string(engine.AppendAnswer(nil, out)), `"effects":`)
	effects, _, _ := strings.Cut(rest, `,"notes":`)
	return effects
}

func (w *world) pin(member, reward, id string) *engine.Outcome {
	w.t.Helper()
	return w.accept(w.dated(engine.NewUse(id, member, engine.Use{Reward: reward, Hold: true})))
}

// held are the rewards that a member holds: "mug until 2026-05-12".
func (w *world) held(member string) (list []string) {
	for _, r := range w.progress(member).Rewards {
		said := r.Reward
		if r.Expires != nil {
			said += " until " + r.Expires.String()[:10]
		}
		list = append(list, said)
	}
	return list
}

func TestARewardThatIsHeldIsUsedOnce(t *testing.T) {
	w := program(t, gives)
	w.at("2026-05-01T12:00:00Z").as("e1").send("ann", "award")
	given := w.progress("ann").Rewards[0]
	require.Regexp(t, `^laurel:gift/\d+/0$`, given.ID)
	w.at("2026-05-02T12:00:00Z").as("e2").send("ann", "award")
	require.Equal(t, []string{"mug until 2026-05-12", "mug until 2026-05-13"}, w.held("ann"))

	out := w.use("ann", "mug", "u1", "till-7")
	require.JSONEq(t, `[{"kind":"points","points":"thanks","amount":5,"wanted":5,"rule":"used","available_at":"2026-05-02T12:00:00Z","expires_at":null},
		{"kind":"challenge","challenge":"thrice","progress":1,"shown":1,"goal":2,"done":false},
		{"kind":"reward","reward":"mug","claim":"u1","state":"confirmed","holding":"`+given.ID+`","where":"till-7","code":"`+given.Code+`"}]`,
		effectsOf(out))
	require.Equal(t, []string{"mug until 2026-05-13"}, w.held("ann"), "the first to expire")
	require.Equal(t, "1", w.counter("ann", "used"))
	again := w.accept(w.dated(engine.NewUse("u1", "ann", engine.Use{Reward: "mug", Where: "till-7"})))
	require.True(t, again.Duplicate)

	w.use("ann", "mug", "u2", "")
	w.has("ann", "thanks", "1010")
	w.decidedAgainst("not_held", engine.NewUse("u3", "ann", engine.Use{Reward: "mug"}))
	w.refused("not_found", w.dated(engine.NewUse("u4", "ann", engine.Use{Reward: "jug"})))
	w.refused("member_unknown", w.dated(engine.NewUse("u4", "nobody", engine.Use{Reward: "mug"})))
	w.refused("event_conflict", w.dated(engine.NewClaim("u1", "ann", "cake", 0)))
	w.decidedAgainst("already_used", engine.NewUse("u5", "ann", engine.Use{Reward: "mug", Holding: given.ID}))
	w.restart(false)
	require.Empty(t, w.held("ann"))
	w.commit(true)
	enginetest.CheckInvariants(t, w.store, w.p, w.versions)
}

// Its return brings back what was used, with its own expiry, and takes back what its use gave.
func TestAUseIsReturned(t *testing.T) {
	w := program(t, gives)
	w.at("2026-05-01T12:00:00Z").send("bob", "visit")
	w.send("ann", "award")
	w.set("ann", "friend", `"bob"`)
	w.use("ann", "mug", "u1", "till-7")
	w.has("ann", "thanks", "5")
	w.has("bob", "thanks", "1")
	w.refused("does_not_fit", w.dated(engine.NewReturn("r0", "u1", amountOf("1"))))
	out := w.giveBack("r1", "u1", "")
	require.Contains(t, effectsOf(out), `"state":"returned"`)
	require.Equal(t, []string{"mug until 2026-05-12"}, w.held("ann"))
	w.has("ann", "thanks", "0")
	w.has("bob", "thanks", "0")
	w.has("ann", "stars", "100")
	require.Equal(t, "0", w.counter("ann", "used"))
	w.decidedAgainst("return_too_large", engine.NewReturn("r2", "u1", 0))

	w.use("ann", "mug", "u2", "")
	w.send("ann", "award")
	w.use("ann", "mug", "u3", "")
	w.has("ann", "thanks", "1010")
	w.giveBack("r3", "u3", "")
	w.has("ann", "thanks", "5")
	require.Equal(t, []string{"mug until 2026-05-12"}, w.held("ann"))
	w.restart(false)
	w.has("ann", "thanks", "5")

	w.at("2026-05-20T12:00:00Z").giveBack("r4", "u2", "")
	require.Empty(t, w.held("ann"), "it has expired since")
	w.commit(true)
	enginetest.CheckInvariants(t, w.store, w.p, w.versions)
}

func TestAUseCanBeHeld(t *testing.T) {
	for _, restart := range []bool{false, true} {
		w := program(t, gives)
		w.at("2026-05-01T12:00:00Z").send("ann", "award")
		require.Contains(t, effectsOf(w.pin("ann", "mug", "u1")), `"state":"open"`)
		require.Empty(t, w.held("ann"))
		w.decidedAgainst("not_held", engine.NewUse("u2", "ann", engine.Use{Reward: "mug"}))
		if restart {
			w.restart(true)
		}
		w.cancel("u1")
		require.Len(t, w.held("ann"), 1)
		w.pin("ann", "mug", "u3")
		if restart {
			w.restart(true)
		}
		w.at("2026-05-01T13:59:59Z")
		require.Empty(t, w.held("ann"))
		w.at("2026-05-01T14:00:00Z")
		require.Len(t, w.held("ann"), 1, "the hold is over, whether or not anybody has written it down")
		w.decidedAgainst("hold_released", engine.NewConfirm("", "u3", 0))
		w.pin("ann", "mug", "u4")
		w.has("ann", "thanks", "0")
		w.accept(w.dated(engine.NewConfirmation("", "u4", 0, false, "till-9")))
		require.True(t, w.accept(w.dated(engine.NewConfirmation("", "u4", 0, false, "till-9"))).Duplicate)
		w.has("ann", "thanks", "5")
		require.Empty(t, w.held("ann"))
		claims := w.p.Member("ann").ClaimsAt(w.now)
		require.Equal(t, []string{"u1 cancelled", "u3 timed_out", "u4 confirmed"}, []string{
			claims[0].Claim + " " + claims[0].State, claims[1].Claim + " " + claims[1].State, claims[2].Claim + " " + claims[2].State})
		require.Equal(t, "till-9", claims[2].Where)
		w.giveBack("r1", "u4", "")
		w.has("ann", "thanks", "0")
		require.Len(t, w.held("ann"), 1)
		w.commit(true)
		enginetest.CheckInvariants(t, w.store, w.p, w.versions)
	}
}

// What is held over its expiry is handed over, and is gone if it is not.
func TestAHoldOutlivesTheRewardItHolds(t *testing.T) {
	w := program(t, gives)
	w.at("2026-05-01T12:00:00Z").send("ann", "award")
	w.at("2026-05-11T23:30:00Z").pin("ann", "mug", "u1")
	w.at("2026-05-12T00:30:00Z").confirm("u1", "")
	w.has("ann", "thanks", "5")
	w.giveBack("r1", "u1", "")
	require.Empty(t, w.held("ann"))

	w.at("2026-05-13T12:00:00Z").send("ann", "award")
	w.at("2026-05-23T23:30:00Z").pin("ann", "mug", "u2")
	w.at("2026-05-24T01:00:00Z").cancel("u2")
	require.Empty(t, w.held("ann"))
	w.decidedAgainst("not_held", engine.NewUse("u3", "ann", engine.Use{Reward: "mug"}))
}

// What was bought is held, or handed over at once; what was used is not returned.
func TestWhatWasBoughtIsUsed(t *testing.T) {
	w := program(t, gives)
	w.at("2026-05-01T12:00:00Z").send("ann", "award")
	w.claim("ann", "cake", "c1", "")
	w.confirm("c1", "")
	require.Equal(t, []string{"mug until 2026-05-12", "cake until 2026-05-22"}, w.held("ann"))
	require.Equal(t, "c1", w.progress("ann").Rewards[1].ID)
	w.use("ann", "cake", "u1", "till-1")
	w.decidedAgainst("already_used", engine.NewReturn("r1", "c1", 0))
	w.giveBack("r2", "c1", "30")
	w.decidedAgainst("already_used", engine.NewReturn("r3", "c1", amountOf("10")))
	w.giveBack("r4", "u1", "")
	require.Equal(t, []string{"mug until 2026-05-12", "cake until 2026-05-22"}, w.held("ann"))
	w.giveBack("r5", "c1", "")
	require.Equal(t, []string{"mug until 2026-05-12"}, w.held("ann"))
	w.has("ann", "stars", "100")

	w.claim("ann", "cake", "c2", "")
	out := w.accept(w.dated(engine.NewConfirmation("", "c2", 0, true, "till-2")))
	require.Contains(t, effectsOf(out), `"state":"confirmed","where":"till-2"`)
	require.True(t, w.accept(w.dated(engine.NewConfirmation("", "c2", 0, true, "till-2"))).Duplicate)
	w.decidedAgainst("hold_captured", engine.NewConfirm("", "c2", 0))
	require.Equal(t, []string{"mug until 2026-05-12"}, w.held("ann"))
	require.Equal(t, "1", w.counter("ann", "used"), "it was used")
	w.decidedAgainst("already_used", engine.NewUse("u2", "ann", engine.Use{Reward: "cake", Holding: "c2"}))
	w.restart(false)
	w.giveBack("r6", "c2", "")
	require.Equal(t, "0", w.counter("ann", "used"))
	w.has("ann", "stars", "100")
	require.Equal(t, []string{"mug until 2026-05-12"}, w.held("ann"))
	w.commit(true)
	enginetest.CheckInvariants(t, w.store, w.p, w.versions)
}

// Where what gave a reward is reversed, one that is there goes first; of one that is in use nothing comes back.
func TestTheCauseOfAUseIsReversed(t *testing.T) {
	for _, after := range []string{"use", "hold", "many"} {
		w := program(t, gives)
		w.at("2026-05-01T12:00:00Z").as("e1").send("ann", "award")
		if after == "hold" {
			w.pin("ann", "mug", "u1")
		} else {
			w.use("ann", "mug", "u1", "")
		}
		if after == "many" {
			for i := range engine.MaxClaims + 5 {
				w.send("ann", "award")
				w.claim("ann", "cake", fmt.Sprint("c", i), "")
				w.cancel(fmt.Sprint("c", i))
			}
			w.restart(true)
			require.NotEqual(t, "u1", w.p.Member("ann").Claims[0].ID)
		}
		held := len(w.held("ann"))
		w.accept(w.dated(engine.NewVoid("e1")))
		require.Len(t, w.held("ann"), held)
		w.restart(true)
		if after == "hold" {
			w.cancel("u1")
		} else {
			w.giveBack("r1", "u1", "")
		}
		require.Len(t, w.held("ann"), held, after)
		w.commit(true)
		replayed, err := engine.Replay(w.store, w.versions)
		require.NoError(t, err)
		require.Empty(t, replayed.Differs)
	}
}

func TestOneOfTwoRewardsFalls(t *testing.T) {
	w := program(t, gives)
	w.as("e1").send("ann", "card", "cups", 20)
	require.Len(t, w.held("ann"), 2)
	w.use("ann", "drink", "u1", "")
	w.amends("e1", `{"cups":10}`)
	require.Empty(t, w.held("ann"), "the one that is there")
	w.giveBack("r1", "u1", "")
	require.Len(t, w.held("ann"), 1)
	w.use("ann", "drink", "u2", "")
	w.accept(w.dated(engine.NewVoid("e1")))
	w.giveBack("r2", "u2", "")
	require.Empty(t, w.held("ann"))
}

// An event that gives again what was used gives no second one.
func TestAnAmendmentGivesNoSecondReward(t *testing.T) {
	w := program(t, `
events: {award: {points: number}}
rules: {mug: {when: award, if: event.points > 10, give: {reward: mug}}}
rewards: {mug: {}}
`)
	w.as("e1").send("ann", "award", "points", 20)
	w.use("ann", "mug", "u1", "")
	w.amends("e1", `{"points":5}`)
	w.amends("e1", `{"points":30}`)
	require.Empty(t, w.held("ann"))
	w.giveBack("r1", "u1", "")
	require.Empty(t, w.held("ann"), "what gave it was reversed meanwhile")
	w.amends("e1", `{"points":6}`)
	w.amends("e1", `{"points":31}`)
	require.Len(t, w.held("ann"), 1)
	w.restart(false)
	require.Len(t, w.held("ann"), 1)
}

// A reward that the ruleset has no more is still the member's.
func TestWhatIsHeldOutlivesItsDefinition(t *testing.T) {
	w := program(t, "events: {award: {}}\nrules: {mug: {when: award, give: {reward: mug}}}\nrewards: {mug: {}}")
	w.send("ann", "award")
	w.activate("events: {award: {}}\nrules: {none: {when: award, give: {reward: jug}}}\nrewards: {jug: {}}")
	w.use("ann", "mug", "u1", "")
	require.Empty(t, w.p.Member("ann").RewardsHeld(w.now))
	w.refused("not_found", w.dated(engine.NewUse("u2", "ann", engine.Use{Reward: "cup"})))
}

// The past is as it was, of uses as well.
func TestUsesInThePast(t *testing.T) {
	w := program(t, gives)
	w.at("2026-05-01T12:00:00Z").send("ann", "award")
	w.at("2026-05-01T13:00:00Z").pin("ann", "mug", "u1")
	w.at("2026-05-01T16:00:00Z").use("ann", "mug", "u2", "")
	w.at("2026-05-01T17:00:00Z").giveBack("r1", "u2", "")
	w.commit(false)
	for at, held := range map[string]int{"2026-05-01T12:30:00Z": 1, "2026-05-01T14:00:00Z": 0, "2026-05-01T15:30:00Z": 1,
		"2026-05-01T16:30:00Z": 0, "2026-05-01T17:00:00Z": 1, "2026-05-11T23:59:59Z": 1, "2026-05-12T00:00:00Z": 0} {
		m, err := engine.MemberAt(w.store, w.versions, "ann", moment(t, at))
		require.NoError(t, err)
		require.Len(t, m.RewardsHeld(moment(t, at)), held, at)
	}
}

// A member who is erased leaves neither uses nor codes behind, and the journal still replays.
func TestAnErasureOfWhoUsesRewards(t *testing.T) {
	w := program(t, gives)
	w.p.Listen(everything)
	w.at("2026-05-01T12:00:00Z").send("ann", "award")
	w.send("bob", "award")
	w.use("ann", "mug", "u1", "till-7")
	w.send("ann", "award")
	w.pin("ann", "mug", "u2")
	w.accept(w.dated(engine.NewErasure("ann")))
	w.refused("member_erased", w.dated(engine.NewUse("u3", "ann", engine.Use{Reward: "mug"})))
	w.refused("member_erased", w.dated(engine.NewConfirm("", "u2", 0)))
	w.use("bob", "mug", "u4", "")
	w.restart(false)
	enginetest.CheckInvariants(t, w.store, w.p, w.versions)
	members, err := engine.ToRedact(w.store)
	require.NoError(t, err)
	redaction, err := engine.Redact(w.store, w.versions, members, func() bool { return true })
	require.NoError(t, err)
	w.p.Rewrite(redaction.Rewritten)
	w.p.Put(redaction.Rows...)
	w.commit(true)
	require.NoError(t, w.store.Records(1, func(_ uint64, b []byte) bool {
		require.NotContains(t, string(b), "till-7")
		return true
	}))
	w.restart(false)
	enginetest.CheckInvariants(t, w.store, w.p, w.versions)
}

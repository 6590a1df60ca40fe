package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/enginetest"
)

// messages are those about members since a record, as receivers read them: "reward_given of ann: …".
func (w *world) messages(after uint64) (list []string) {
	w.commit(false)
	_, err := engine.Messages(w.store, "test", after, 1<<20, func(of []engine.Message) bool {
		for i := range of {
			_, data, _ := strings.Cut(string(of[i].Body()), `"event":`)
			_, data, _ = strings.Cut(data, `,`)
			list = append(list, strings.TrimSuffix(of[i].Type+" {"+strings.TrimSuffix(data, "}}"), ",")+"}")
		}
		return true
	})
	require.NoError(w.t, err)
	return list
}

func inOrder(list []string) []string {
	slices.Sort(list)
	return list
}

// everything listens to every type of message.
func everything(string) bool { return true }

func TestEveryGiftIsTold(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
rules:
  stars: {when: buy, give: {stars: event.amount * 2}}
  mug: {when: buy, if: event.amount >= 50, give: {reward: mug}}
challenges:
  card: {when: buy, goal: 2, give: {stars: 7}}
rewards:
  mug: {valid: 3 days, kind: voucher}
  cake: {cost: {stars: 10}}
`)
	w.p.Listen(everything)
	w.at("2026-05-01T12:00:00Z").send("ann", "buy", "amount", 50)
	require.Equal(t, []string{"joined {}", `points_given {"definition":"rules/stars","points":"stars","amount":100}`,
		`reward_given {"definition":"rules/mug","reward":"mug","kind":"voucher","holding":"laurel:gift/1/0","expires_at":"2026-05-05T00:00:00Z"}`},
		inOrder(w.messages(0)))
	last := w.p.Last()
	w.send("ann", "buy", "amount", 1)
	require.Equal(t, []string{`challenge_completed {"challenge":"card","goal":"1","days":0}`,
		`points_given {"definition":"challenges/card","points":"stars","amount":7}`,
		`points_given {"definition":"rules/stars","points":"stars","amount":2}`}, inOrder(w.messages(last)))

	last = w.p.Last()
	w.pin("ann", "mug", "u1")
	w.cancel("u1")
	w.pin("ann", "mug", "u2")
	w.after(time.Hour)
	w.jobs()
	w.use("ann", "mug", "u3", "till-7")
	w.giveBack("r1", "u3", "")
	w.claim("ann", "cake", "c1", "")
	w.confirm("c1", "")
	w.giveBack("r2", "c1", "")
	w.at("2026-05-06T12:00:00Z")
	w.jobs()
	require.Equal(t, []string{
		`claim_cancelled {"reward":"mug","kind":"voucher","claim":"u1","state":"cancelled"}`,
		`claim_cancelled {"reward":"mug","kind":"voucher","claim":"u2","state":"timed_out"}`,
		`reward_used {"reward":"mug","kind":"voucher","claim":"u3","at":"till-7"}`,
		`reward_returned {"reward":"mug","kind":"voucher","claim":"u3"}`,
		`reward_claimed {"reward":"cake","kind":"item","claim":"c1","points":"stars","amount":10}`,
		`reward_confirmed {"reward":"cake","kind":"item","claim":"c1","points":"stars","amount":10}`,
		`reward_returned {"reward":"cake","kind":"item","claim":"c1"}`,
		`reward_expired {"reward":"mug","kind":"voucher","holding":"laurel:gift/1/0"}`}, w.messages(last))
	w.restart(false)
	enginetest.CheckInvariants(t, w.store, w.p, w.versions)
}

// A reward that a hold has outlived is told of when it comes back; one that nobody has written down at its own instant.
func TestARewardExpiresAtItsInstant(t *testing.T) {
	w := program(t, gives)
	w.at("2026-05-01T12:00:00Z").send("ann", "award")
	w.at("2026-05-11T23:00:00Z").pin("ann", "mug", "u1")
	last := w.p.Last()
	w.at("2026-05-20T12:00:00Z").send("ann", "visit")
	var at []string
	w.commit(false)
	_, err := engine.Messages(w.store, "test", last, 1<<20, func(of []engine.Message) bool {
		for i := range of {
			at = append(at, of[i].Type+" "+of[i].At.String())
		}
		return true
	})
	require.NoError(t, err)
	require.Equal(t, []string{"reward_expired 2026-05-12T01:00:00Z", "claim_cancelled 2026-05-12T01:00:00Z"}, at)
}

// Where nobody listens, points that are given are told to nobody.
func TestPointsAreToldToListenersOnly(t *testing.T) {
	w := program(t, "events: {buy: {}}\npoints: {stars: {}}\nrules: {stars: {when: buy, give: {stars: 1}}}")
	w.send("ann", "buy")
	require.Equal(t, []string{"joined {}"}, w.messages(0))
	w.p.Listen(func(message string) bool { return message == engine.PointsGiven })
	w.send("ann", "buy")
	w.restart(false) // and what was told is told again
	w.send("ann", "buy")
	require.Len(t, w.messages(0), 2)
}

const onGifts = `
member: {friend?: member}
events: {buy: {amount: number}, gift: {to: member}, bye: {}}
points: {stars: {}, gems: {}, extra: {expire: 2 days after earning}}
rules:
  stars: {when: buy, give: {stars: event.amount}}
  gems: {when: points_given, if: event.points == "stars", give: {gems: event.amount / 10}}
  move: {when: gift, take: {stars: 5}, give: {stars: 5}, to: event.to}
  mug: {when: buy, if: event.amount >= 50, give: {reward: mug}}
  thanks: {when: reward_given, if: event.reward == "mug", give: {extra: 3}}
  late: {when: reward_expired, give: {extra: 1}}
counters:
  given: {when: points_given, if: event.points == "stars", add: event.amount, public: true}
  mugs: {when: reward_given, public: true}
  lost: {when: [reward_expired, reward_returned, claim_cancelled], public: true}
rewards: {mug: {valid: 10 days}}
`

func TestRulesOnGifts(t *testing.T) {
	w := program(t, onGifts)
	w.at("2026-05-01T12:00:00Z").send("bob", "bye")
	w.as("p1").send("ann", "buy", "amount", 60)
	w.has("ann", "gems", "6")
	w.has("ann", "extra", "3")
	require.Equal(t, "60", w.counter("ann", "given"))
	w.send("ann", "gift", "to", "bob")
	require.Equal(t, "0", w.counter("bob", "given"), "what is moved is no gift")
	w.accept(w.adjust("ann", "stars", "100", false))
	require.Equal(t, "60", w.counter("ann", "given"))

	w.amends("p1", `{"amount":40}`)
	require.Equal(t, "40", w.counter("ann", "given"), "what is left of it")
	require.Equal(t, "0", w.counter("ann", "mugs"))
	w.has("ann", "extra", "0")
	w.has("ann", "gems", "6")
	w.amends("p1", `{"amount":80}`)
	require.Equal(t, "1", w.counter("ann", "mugs"))
	w.has("ann", "extra", "3")
	w.as("p2").send("ann", "buy", "amount", 10)
	require.Equal(t, "50", w.counter("ann", "given"), "what an amendment gives more is not told")
	w.amends("p1", `{"amount":70}`)
	require.Equal(t, "50", w.counter("ann", "given"))
	w.accept(w.dated(engine.NewVoid("p1")))
	require.Equal(t, "10", w.counter("ann", "given"))
	w.has("ann", "gems", "1")
	w.has("ann", "extra", "0")
	w.restart(false)
	require.Equal(t, "10", w.counter("ann", "given"))

	w.as("p3").send("ann", "buy", "amount", 50)
	w.pin("ann", "mug", "u1")
	w.cancel("u1")
	w.at("2026-05-20T12:00:00Z").send("ann", "bye")
	require.Equal(t, "2", w.counter("ann", "lost"))
	w.accept(w.dated(engine.NewVoid("p2")))
	require.Equal(t, "2", w.counter("ann", "lost"), "what time did stands")
	require.Equal(t, "50", w.counter("ann", "given"))
	enginetest.CheckInvariants(t, w.store, w.p, w.versions)
}

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

const called = `
timezone: Europe/Berlin
events: {buy: {n: number}}
points: {stars: {}, gems: {}}
promotions:
  rain: {on_call: true, open_for: 2 hours}
  dated: {during: 2026-05-02 to 2026-05-03}
rules:
  buy: {when: buy, give: {stars: event.n}}
  wet: {when: buy, during: rain, give: {gems: 1}}
  hello: {when: rain opens, give: {gems: 100}}
  bye: {when: promotion_closed, if: event.promotion == "rain", give: {gems: 1000}}
counters: {wet: {when: buy, during: rain, public: true}}
`

func (w *world) fire(promotion, openFor string) *engine.Outcome {
	w.t.Helper()
	var d calendar.Duration
	if openFor != "" {
		var err error
		d, err = calendar.ParseDuration(openFor)
		require.NoError(w.t, err)
	}
	w.calls++
	return w.accept(w.dated(engine.NewFire(strconv.Itoa(w.calls), promotion, d, "it rains")))
}

func (w *world) close(promotion string) *engine.Outcome {
	w.t.Helper()
	w.calls++
	return w.accept(w.dated(engine.NewClose(strconv.Itoa(w.calls), promotion, "")))
}

// TestAPromotionIsOpenFromTheCallOn holds that its window is by event time from the instant of opening, for late events too.
func TestAPromotionIsOpenFromTheCallOn(t *testing.T) {
	w := program(t, called).at("2026-05-01T12:00:00Z")
	w.send("ann", "buy", "n", 1)
	w.has("ann", "gems", "0")
	w.after(time.Hour)
	out := w.fire("rain", "")
	require.Equal(t, "open", out.Effects[0].State)
	require.Equal(t, "2026-05-01T15:00:00Z", out.Effects[0].Expires.String())
	w.send("ann", "buy", "n", 1)
	w.has("ann", "gems", "101") // the opening was due before the purchase
	w.until("2026-05-01T15:00:00Z").has("ann", "gems", "1101")
	w.send("ann", "buy", "n", 1)
	w.has("ann", "gems", "1101")
	w.after(time.Hour).late("2026-05-01T14:59:59Z").send("ann", "buy", "n", 1)
	w.has("ann", "gems", "1102")
	w.late("2026-05-01T12:59:59Z").send("ann", "buy", "n", 1)
	w.has("ann", "gems", "1102")
	require.Equal(t, "2", w.counter("ann", "wet"))
	w.restart(true)
	w.late("2026-05-01T14:00:00Z").send("ann", "buy", "n", 1)
	w.has("ann", "gems", "1103")
	w.restart(false)
	w.late("2026-05-01T14:00:00Z").send("ann", "buy", "n", 1)
	w.has("ann", "gems", "1104")
}

// TestFiredTwiceIsOpenOnce holds that an open promotion is extended to the later end, never to an earlier one, and that
// members are told of its opening and closing once.
func TestFiredTwiceIsOpenOnce(t *testing.T) {
	w := program(t, called).at("2026-05-01T12:00:00Z")
	w.send("ann", "buy", "n", 1)
	w.send("bob", "buy", "n", 1)
	w.at("2026-05-01T12:00:01Z").fire("rain", "")
	w.spread()
	w.has("bob", "gems", "100") // who sends nothing is told
	w.after(time.Hour)
	require.Equal(t, "2026-05-01T14:00:01Z", w.fire("rain", "10 minutes").Effects[0].Expires.String())
	require.Equal(t, "2026-05-01T16:00:01Z", w.fire("rain", "3 hours").Effects[0].Expires.String())
	w.spread()
	w.until("2026-05-01T16:00:00Z").has("bob", "gems", "100")
	w.send("ann", "buy", "n", 1)
	w.has("ann", "gems", "101")
	w.until("2026-05-01T16:00:01Z").has("bob", "gems", "1100")
	w.has("ann", "gems", "1101")
	w.after(time.Minute)
	w.fire("rain", "")
	w.spread()
	w.has("bob", "gems", "1200")
	w.after(time.Minute)
	require.Equal(t, "closed", w.close("rain").Effects[0].State)
	w.spread()
	w.has("bob", "gems", "2200")
	require.Equal(t, "closed", w.close("rain").Effects[0].State, "it stays closed")
	w.send("ann", "buy", "n", 1)
	w.until("2026-05-02T12:00:00Z").has("ann", "gems", "2201")
	s := w.p.PromotionAt(w.p.Rules().Promotion("rain"), w.now)
	require.Equal(t, engine.PromotionStatus{}, s)
	w.send("cem", "buy", "n", 1) // who joins later was never told
	w.has("cem", "gems", "0")
}

// TestClosedInTheInstantOfItsOpening holds that a stretch without length never was.
func TestClosedInTheInstantOfItsOpening(t *testing.T) {
	w := program(t, called).at("2026-05-01T12:00:00Z")
	w.send("ann", "buy", "n", 1)
	w.fire("rain", "")
	w.close("rain")
	w.spread()
	w.until("2026-05-02T12:00:00Z").has("ann", "gems", "0")
}

// TestCallsThatAreRefused holds that only promotions that say so are opened by calls.
func TestCallsThatAreRefused(t *testing.T) {
	w := program(t, called)
	w.refused(engine.CodeNotOnCall, w.dated(engine.NewFire("1", "dated", calendar.Duration{}, "")))
	w.refused(engine.CodeNotOnCall, w.dated(engine.NewClose("1", "dated", "")))
	w.refused(engine.CodeNotFound, w.dated(engine.NewFire("1", "rian", calendar.Duration{}, "")))
	w.fire("rain", "1 hour")
	again := w.dated(engine.NewFire("1", "rain", calendar.Duration{N: 1, Unit: calendar.Hour}, "it rains"))
	require.True(t, w.accept(again).Duplicate)
	w.refused(engine.CodeConflict, w.dated(engine.NewFire("1", "rain", calendar.Duration{N: 2, Unit: calendar.Hour}, "it rains")))
}

// TestTheLimitOfAPromotion holds that all that its window lets give shares it (semantics: Timers and promotions).
func TestTheLimitOfAPromotion(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}, visit: {}}
points: {stars: {}, gems: {}}
promotions:
  sale: {on_call: true, open_for: 2 hours, limit: ["100 stars per day", "5 per day by everyone"]}
rules:
  buy: {when: buy, give: {stars: event.n}}
  more: {when: buy, during: sale, give: {stars: 60}}
  visit: {when: visit, during: sale, give: {stars: 30}}
boosts:
  double: {of: stars, times: 2, during: sale, only: [buy]}
`)
	w.send("ann", "buy", "n", 50)
	w.fire("sale", "")
	w.send("ann", "buy", "n", 50) // 50, 50 of the boost, which comes first by its id, and 50 of `more`
	w.has("ann", "stars", "200")
	w.send("ann", "visit")
	w.has("ann", "stars", "200")
	w.send("bob", "visit")
	w.has("bob", "stars", "30") // three uses by everyone so far
	w.send("bob", "visit")
	w.send("bob", "visit")
	w.send("bob", "visit")
	w.has("bob", "stars", "90")
	w.send("cem", "buy", "n", 1)
	w.has("cem", "stars", "1")
}

// turns are the openings and closings that the processor finds after an instant up to now.
func (w *world) turns(after string) (found []string) {
	w.t.Helper()
	list, through := w.p.Turns(moment(w.t, after), w.now)
	require.Equal(w.t, w.now, through)
	for _, e := range list {
		found = append(found, strings.TrimPrefix(e.ID, "laurel:"))
	}
	return found
}

// TestOpeningsAreThoseOfTheirTime holds that what opened and closed is what the version in force at that instant says: a
// schedule that is added or changed tells nothing of the past, and nothing of what was before is lost.
func TestOpeningsAreThoseOfTheirTime(t *testing.T) {
	const text = `
events: {buy: {}}
points: {stars: {}}
promotions:
  noon: {cron: 0 12 * * *, open_for: 1 hour}
`
	w := program(t, text).at("2026-05-02T00:00:00Z")
	w.activate(strings.Replace(text, "0 12", "0 10", 1) + "  night: {cron: 0 1 * * *, open_for: 1 hour}\n")
	w.at("2026-05-02T20:00:00Z")
	require.Equal(t, []string{
		"promotion_opened/noon/2026-05-01T12:00:00Z", "promotion_closed/noon/2026-05-01T13:00:00Z",
		"promotion_opened/night/2026-05-02T01:00:00Z", "promotion_closed/night/2026-05-02T02:00:00Z",
		"promotion_opened/noon/2026-05-02T10:00:00Z", "promotion_closed/noon/2026-05-02T11:00:00Z",
	}, w.turns("2026-05-01T00:00:00Z"))
}

// TestAPromotionClosesBeforeItOpensAgain holds that of two turns at one instant the closing comes first.
func TestAPromotionClosesBeforeItOpensAgain(t *testing.T) {
	w := program(t, called).at("2026-05-01T12:00:00Z")
	w.fire("rain", "1 hour")
	w.after(time.Hour).fire("rain", "1 hour")
	require.Equal(t, []string{"promotion_opened/rain/2026-05-01T12:00:00Z", "promotion_closed/rain/2026-05-01T13:00:00Z",
		"promotion_opened/rain/2026-05-01T13:00:00Z"}, w.turns("2026-05-01T00:00:00Z"))
}

package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

func replace(text, by string) string { return strings.ReplaceAll(text, "%s", by) }

// limited is a program whose one rule gives what the event says, within limits.
func limited(t *testing.T, header, limit string) *world {
	return program(t, header+`
member: {team?: text}
events: {earn: {points: number, sku?: text}}
points: {stars: {}}
rules:
  earn: {when: earn, give: {stars: event.points}, limit: `+limit+`}
`)
}

func (w *world) earns(member string, points int, sku ...string) string {
	w.t.Helper()
	data := []any{"points", points}
	if len(sku) > 0 {
		data = append(data, "sku", sku[0])
	}
	out := w.send(member, "earn", data...)
	for _, e := range out.Effects {
		if e.Kind == engine.PointsEffect {
			return e.Amount.String()
		}
	}
	return "0"
}

func TestCAP01_ADayIsLocal(t *testing.T) {
	w := limited(t, "timezone: Europe/Berlin", "100 stars per day")
	require.Equal(t, "100", w.at("2026-05-01T21:30:00Z").earns("ann", 100))
	require.Equal(t, "100", w.at("2026-05-01T22:30:00Z").earns("ann", 100))
}

func TestCAP02_TheGrantThatCrossesTheCapIsTrimmed(t *testing.T) {
	w := limited(t, "timezone: Europe/Berlin", "100 stars per day")
	require.Equal(t, "80", w.at("2026-05-01T08:00:00Z").earns("ann", 80))
	out := w.at("2026-05-01T09:00:00Z").send("ann", "earn", "points", 50)
	require.Equal(t, []string{"20", "50"}, []string{out.Effects[0].Amount.String(), out.Effects[0].Wanted.String()})
	require.Equal(t, "0", w.at("2026-05-01T10:00:00Z").earns("ann", 1))
}

func TestCAP03_OrNothing(t *testing.T) {
	w := limited(t, "timezone: Europe/Berlin", "100 stars per day or nothing")
	require.Equal(t, "80", w.at("2026-05-01T08:00:00Z").earns("ann", 80))
	require.Equal(t, "0", w.at("2026-05-01T09:00:00Z").earns("ann", 50))
	require.Equal(t, "20", w.at("2026-05-01T10:00:00Z").earns("ann", 20))
}

func TestCAP04_ALifetimeCap(t *testing.T) {
	w := limited(t, "", "500 stars ever")
	require.Equal(t, "450", w.at("2026-01-01T00:00:00Z").earns("ann", 450))
	require.Equal(t, "50", w.at("2027-01-01T00:00:00Z").earns("ann", 100))
	require.Equal(t, "0", w.at("2028-01-01T00:00:00Z").earns("ann", 10))
}

func TestCAP10_AcceptanceOrderDecides(t *testing.T) {
	w := limited(t, "", "100 stars per day")
	require.Equal(t, "80", w.at("2026-05-01T12:00:00Z").earns("ann", 80))
	w.at("2026-05-01T12:05:00Z").late("2026-05-01T06:00:00Z")
	require.Equal(t, "20", w.earns("ann", 80))
}

func TestLimitsInEveryScope(t *testing.T) {
	tests := []struct {
		name, limit string
		earns       []string // "member sku points -> given"
	}{
		{"each member", "1 per day", []string{"ann a 5 -> 5", "ann a 5 -> 0", "bob a 5 -> 5"}},
		{"everyone", "2 per day by everyone", []string{"ann a 5 -> 5", "bob a 5 -> 5", "cat a 5 -> 0"}},
		{"points by everyone", "8 stars per day by everyone", []string{"ann a 5 -> 5", "bob a 5 -> 3", "cat a 5 -> 0"}},
		{"a field of the event", "1 ever by event.sku", []string{"ann a 5 -> 5", "bob a 5 -> 0", "bob b 5 -> 5", "ann - 5 -> 5", "bob - 5 -> 0"}},
		{"member and field", `"1 ever by member, event.sku"`, []string{"ann a 5 -> 5", "bob a 5 -> 5", "ann a 5 -> 0", "ann b 5 -> 5"}},
		{"a field of the member", "8 stars ever by member.team", []string{"ann a 5 -> 5", "bob a 5 -> 3", "cat a 5 -> 5"}},
		{"two at once", "[2 per day, 8 stars per day]", []string{"ann a 5 -> 5", "ann a 5 -> 3", "ann a 5 -> 0"}},
		{"times use up even what rounds to nothing", "1 per day", []string{"ann a 0 -> 0", "ann a 5 -> 0"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := limited(t, "", test.limit)
			w.set("ann", "team", `"red"`)
			w.set("bob", "team", `"red"`)
			w.set("cat", "team", `"blue"`)
			for i, line := range test.earns {
				var sku []string
				f := strings.Fields(line)
				if f[1] != "-" {
					sku = f[1:2]
				}
				if i%2 == 1 {
					w.restart(i%4 == 1)
				}
				require.Equal(t, f[4], w.earns(f[0], int(f[2][0]-'0'), sku...), "%d: %s", i, line)
			}
		})
	}
}

func TestLimitsInEveryPeriod(t *testing.T) {
	tests := []struct{ limit, first, still, free string }{
		{"1 per hour", "2026-05-01T12:59:59Z", "2026-05-01T12:59:59Z", "2026-05-01T13:00:00Z"},
		{"1 per day", "2026-05-01T12:00:00Z", "2026-05-01T23:59:59Z", "2026-05-02T00:00:00Z"},
		{"1 per week", "2026-05-01T12:00:00Z", "2026-05-03T23:59:59Z", "2026-05-04T00:00:00Z"},
		{"1 per month", "2026-05-01T12:00:00Z", "2026-05-31T23:59:59Z", "2026-06-01T00:00:00Z"},
		{"1 per quarter", "2026-05-01T12:00:00Z", "2026-06-30T23:59:59Z", "2026-07-01T00:00:00Z"},
		{"1 per year", "2026-05-01T12:00:00Z", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"},
		{"1 in last 3 hours", "2026-05-01T12:00:00Z", "2026-05-01T14:59:59Z", "2026-05-01T15:00:01Z"},
		{"1 in last 3 days", "2026-05-01T12:00:00Z", "2026-05-03T23:59:59Z", "2026-05-04T00:00:00Z"},
		{"1 in last 1 month by everyone", "2026-05-01T12:00:00Z", "2026-05-31T23:59:59Z", "2026-06-01T00:00:00Z"},
	}
	for _, test := range tests {
		t.Run(test.limit, func(t *testing.T) {
			w := limited(t, "", test.limit)
			require.Equal(t, "5", w.at(test.first).earns("ann", 5))
			require.Equal(t, "0", w.at(test.still).earns("ann", 5))
			require.Equal(t, "5", w.at(test.free).earns("ann", 5))
		})
	}
}

// However events arrive, no stretch of the rolling time holds more than the limit.
func TestARollingLimitHoldsForLateEventsAsWell(t *testing.T) {
	w := limited(t, "late: 10 days", "1 in last 3 days")
	w.at("2026-05-10T12:00:00Z")
	require.Equal(t, "5", w.earns("ann", 5))
	require.Equal(t, "0", w.late("2026-05-09T12:00:00Z").earns("ann", 5), "10 May looks back on 9 May")
	require.Equal(t, "5", w.late("2026-05-07T12:00:00Z").earns("ann", 5), "but not on 7 May")
	require.Equal(t, "0", w.late("2026-05-08T12:00:00Z").earns("ann", 5))
}

// A limit is kept for events that may still come late, and forgotten after.
func TestAPeriodIsRememberedUntilNothingCanReachIt(t *testing.T) {
	w := limited(t, "late: 2 days", "1 per day")
	w.at("2026-05-01T12:00:00Z").earns("ann", 5)
	w.at("2026-05-02T12:00:00Z").earns("ann", 5)
	w.at("2026-05-03T11:00:00Z").earns("ann", 5)
	require.Equal(t, "0", w.late("2026-05-01T12:00:00Z").earns("ann", 5))
	w.at("2026-05-20T12:00:00Z").earns("ann", 5)
	require.Len(t, w.p.Member("ann").Uses, 1)
}

func TestDefinitionsThatCompeteAreServedInOrderOfTheirIds(t *testing.T) {
	w := program(t, `
events: {buy: {}}
points: {stars: {}}
counters: {}
rules:
  b_second: {when: buy, give: {stars: 5}, limit: 1 ever by everyone}
  a_first: {when: buy, give: {stars: 3}, limit: 1 ever by everyone}
`)
	require.Equal(t, []string{"rules/a_first 3 stars", "rules/b_second 5 stars"}, gave(w.send("ann", "buy")))
}

func TestTransfers(t *testing.T) {
	w := program(t, `
events: {earn: {}, gift: {to: member, coins: integer}, praise: {by: member, coins: integer}}
points: {coins: {}}
rules:
  earn: {when: earn, give: {coins: 100}}
  gift: {when: gift, take: {coins: event.coins}, give: {coins: event.coins}, to: event.to, limit: 150 coins ever}
  praise: {when: praise, take: {coins: event.coins}, give: {coins: event.coins}, from: event.by}
`)
	w.send("ann", "earn")
	w.send("bob", "earn")
	out := w.send("ann", "gift", "to", "bob", "coins", 60)
	require.Equal(t, []string{"rules/gift -60 coins"}, gave(out))
	require.Equal(t, engine.QueuedEffect, out.Effects[1].Kind, "what it gives another is queued")
	w.has("ann", "coins", "40")
	w.has("bob", "coins", "160")

	require.Empty(t, gave(w.send("ann", "gift", "to", "bob", "coins", 60)), "what cannot be taken in full gives nothing")
	w.has("bob", "coins", "160")
	require.Contains(t, notes(w.send("ann", "gift", "to", "nobody", "coins", 1)), "not_given rules/gift")
	require.Contains(t, notes(w.send("ann", "gift", "to", "ann", "coins", 1)), "not_given rules/gift", "a gift to oneself is none")
	require.Nil(t, w.p.Member("nobody"))
	w.has("ann", "coins", "40")

	w.send("ann", "praise", "by", "bob", "coins", 100)
	w.has("ann", "coins", "140")
	w.has("bob", "coins", "60")
	w.restart(false)
	w.has("ann", "coins", "140")
	w.has("bob", "coins", "60")
}

// A cap that would trim the gift refuses the whole transfer, or points would be taken for nothing.
func TestACappedTransferIsNotMade(t *testing.T) {
	w := program(t, `
events: {earn: {}, gift: {to: member, coins: integer}, burn: {coins: integer}}
points: {coins: {}, gems: {}}
rules:
  earn: {when: earn, give: {coins: 100}}
  gift: {when: gift, take: {coins: event.coins}, give: {coins: event.coins}, to: event.to, limit: 50 coins ever}
  burn: {when: burn, take: {coins: event.coins}, give: {gems: event.coins}, limit: 5 gems ever}
`)
	w.send("ann", "earn")
	w.send("bob", "earn")
	w.send("ann", "gift", "to", "bob", "coins", 30)
	refused := w.event("ann", "gift", "to", "bob", "coins", 30)
	require.Equal(t, engine.LimitReached, w.whyNot(refused)["rules/gift"])
	w.has("ann", "coins", "70")
	w.has("bob", "coins", "130")
	require.Empty(t, gave(w.send("ann", "burn", "coins", 6)))
	w.send("ann", "burn", "coins", 5)
	w.has("ann", "coins", "65")
	w.has("ann", "gems", "5")
}

// Two rules of one event may take from the same member: together they must not take more than there is.
func TestWhatOneEventTakesFromAnotherMemberIsTakenOnce(t *testing.T) {
	w := program(t, `
events: {earn: {}, split: {by: member}}
points: {coins: {}}
rules:
  earn: {when: earn, give: {coins: 100}}
  first: {when: split, take: {coins: 60}, give: {coins: 60}, from: event.by}
  second: {when: split, take: {coins: 60}, give: {coins: 60}, from: event.by}
`)
	w.send("bob", "earn")
	w.send("ann", "split", "by", "bob")
	w.has("ann", "coins", "60")
	w.has("bob", "coins", "40")
}

func TestATransferIsWholeEvenAtTheEndOfAChain(t *testing.T) {
	w := program(t, `
member: {friend?: member}
events: {buy: {}}
points: {coins: {}}
rules:
  buy: {when: buy, give: {coins: 100}}
  share: {when: badge_earned, if: event.badge == "d", take: {coins: 10}, give: {coins: 10}, to: member.friend}
  a: {when: buy, give: {badge: a}}
  b: {when: badge_earned, if: event.badge == "a", give: {badge: b}}
  c: {when: badge_earned, if: event.badge == "b", give: {badge: c}}
  d: {when: badge_earned, if: event.badge == "c", give: {badge: d}}
badges: {a: {}, b: {}, c: {}, d: {}}
`)
	w.send("bob", "buy")
	w.set("ann", "friend", `"bob"`)
	out := w.send("ann", "buy")
	require.Contains(t, notes(out), "depth rules/share")
	w.has("ann", "coins", "100")
	w.has("bob", "coins", "100")
}

// What a referral gives goes to the other member, within limits that count the receiver.
func TestAGiftToAnotherMember(t *testing.T) {
	w := program(t, `
member: {referred_by?: member}
events: {buy: {amount: number}}
points: {stars: {}}
rules:
  refer: {when: buy, if: event.is_first and event.amount >= 20, to: member.referred_by, give: {stars: event.amount, badge: friend, reward: mug}, limit: 2 ever}
badges: {friend: {}}
rewards: {mug: {}, friend: {}}
`)
	w.send("ann", "buy", "amount", 5)
	for _, friend := range []string{"bob", "cat", "dan", "eve"} {
		w.set(friend, "referred_by", `"ann"`)
	}
	w.send("bob", "buy", "amount", 19)
	w.has("ann", "stars", "0")
	w.send("cat", "buy", "amount", 20)
	w.has("ann", "stars", "20")
	require.Equal(t, []string{"friend"}, w.badges("ann"))
	require.Len(t, w.progress("ann").Rewards, 1)
	w.send("dan", "buy", "amount", 30)
	require.Equal(t, map[string]engine.Reason{"rules/refer": engine.LimitReached}, w.whyNot(w.event("eve", "buy", "amount", 30)))
	w.send("eve", "buy", "amount", 30)
	w.has("ann", "stars", "50")
	require.Len(t, w.progress("ann").Rewards, 2)
}

// Asking a limit must not change the member asked about: after a refusal it is as if nothing had been asked.
func TestARefusedTransferLeavesTheOtherUntouched(t *testing.T) {
	w := program(t, `
events: {earn: {}, gift: {to: member}}
points: {coins: {}}
rules:
  earn: {when: earn, give: {coins: 1}}
  gift: {when: gift, take: {coins: 10}, give: {coins: 10}, to: event.to, limit: 1 per day}
`)
	w.send("bob", "earn")
	w.commit(true)
	w.send("ann", "gift", "to", "bob")
	require.Empty(t, w.p.Member("bob").Uses)
}

func TestALevelGivenToAnotherMember(t *testing.T) {
	w := program(t, `
member: {friend?: member}
events: {go: {}}
counters: {visits: {when: go}}
tiers: {club: {counter: visits, levels: {basic: 0, gold: 20}, keep: 30 days}}
rules: {gift: {when: go, give: {tier: {club: gold}}, to: member.friend}}
`)
	w.send("bob", "go")
	w.set("ann", "friend", `"bob"`)
	w.send("ann", "go")
	require.Equal(t, []string{"gold", "basic"}, []string{w.tier("bob", "club"), w.tier("ann", "club")})
}

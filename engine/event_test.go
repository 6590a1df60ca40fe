package engine_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

const shop = `
currency: EUR
member: {country?: text, vip?: boolean}
events: {buy: {amount: money, items?: [{sku: text, price: money}]}, visit: {}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
`

func TestIDM01_TheSameEventAgainGivesTheFirstAnswer(t *testing.T) {
	w := program(t, shop)
	for i, body := range []string{`{"amount":10,"items":[{"sku":"a","price":1}]}`, `{"items":[{"price":1.00,"sku":"a"}], "amount" : 10.00}`} {
		if i == 1 {
			w.restart(false)
			w.after(time.Hour)
		}
		out := w.accept(w.as("e1").event("ann", "buy", body))
		require.Equal(t, i == 1, out.Duplicate)
		require.Equal(t, []string{"rules/buy 10 stars"}, gave(out))
		require.EqualValues(t, 1, out.Seq)
	}
	w.has("ann", "stars", "10")
}

func TestIDM02_TheSameIdWithAnotherBodyIsAConflict(t *testing.T) {
	w := program(t, shop)
	w.as("e1").send("ann", "buy", "amount", 10)
	for name, e := range map[string]*event.Event{
		"data":   w.as("e1").event("ann", "buy", "amount", 11),
		"member": w.as("e1").event("bob", "buy", "amount", 10),
		"type":   w.as("e1").event("ann", "visit"),
		"time":   w.as("e1").late("2026-05-01T11:00:00Z").event("ann", "buy", "amount", 10),
		"unfit":  w.as("e1").event("ann", "buy", "amount", "ten"),
		"items":  w.as("e1").event("ann", "buy", `{"amount":10,"items":[]}`),
	} {
		t.Run(name, func(*testing.T) { w.refused("event_conflict", e) })
	}
	w.has("ann", "stars", "10")
}

func TestNumbersOfTheBodyAreComparedExactly(t *testing.T) {
	w := program(t, "events: {go: {n: number}}\n")
	w.as("e1").send("ann", "go", `{"n":9007199254.740993}`)
	require.True(t, w.accept(w.as("e1").event("ann", "go", `{"n":9007199254.7409930}`)).Duplicate)
	w.refused("event_conflict", w.as("e1").event("ann", "go", `{"n":9007199254.740992}`))
}

func TestIDM06_WhatIsRefusedMayBeSentAgain(t *testing.T) {
	w := program(t, shop)
	w.refused("does_not_fit", w.as("e1").event("ann", "buy", `{"amount":"10"}`))
	w.refused("unknown_event_type", w.as("e1").event("ann", "bye"))
	w.refused("unknown_event_type", w.as("e1").event("ann", "joined"))
	w.refused("event_in_future", w.as("e1").late("2026-05-01T12:05:01Z").event("ann", "buy", "amount", 10))
	w.refused("event_too_late", w.as("e1").late("2026-04-28T11:59:59Z").event("ann", "buy", "amount", 10))
	require.False(t, w.as("e1").send("ann", "buy", "amount", 10).Duplicate)
}

func TestIDM07_ManyDeliveriesHaveOneEffect(t *testing.T) {
	w := program(t, shop)
	for i := range 20 {
		out := w.accept(w.as("e1").event("ann", "buy", "amount", 10))
		require.Equal(t, i > 0, out.Duplicate)
		if i%7 == 3 {
			w.commit(i%2 == 0)
		}
	}
	w.has("ann", "stars", "10")
	require.EqualValues(t, 1, w.p.Last())
}

func TestANewMemberJoinsFirst(t *testing.T) {
	w := program(t, `
member: {country: text, nick?: text}
events: {go: {}}
points: {gems: {}}
rules:
  welcome: {when: joined, if: member.country == "DE", give: {gems: 5}}
  rich: {when: go, if: member.points.gems >= 5, give: {gems: 1}}
`)
	w.refused("member_incomplete", w.event("ann", "go"))
	put := func(fields map[string]json.RawMessage) *event.Event {
		e := engine.NewProfile(fmt.Sprint("put", w.p.Last()), "ann", engine.Profile{Fields: fields})
		e.Time, e.Arrived = w.now, w.now
		return e
	}
	w.refused("member_incomplete", put(map[string]json.RawMessage{"nick": json.RawMessage(`"a"`)}))
	w.refused("does_not_fit", put(map[string]json.RawMessage{"country": json.RawMessage(`7`)}))
	w.refused("does_not_fit", put(map[string]json.RawMessage{"contry": json.RawMessage(`"DE"`)}))
	require.Equal(t, []string{"rules/welcome 5 stars"}[:0], gave(w.accept(put(map[string]json.RawMessage{"country": json.RawMessage(`"FR"`)}))))
	w.refused("does_not_fit", put(map[string]json.RawMessage{"country": json.RawMessage(`null`)}))

	w.set("bob", "country", `"DE"`)
	w.has("bob", "gems", "5")
	w.send("bob", "go")
	w.has("bob", "gems", "6")
}

func TestTheFirstEventOfAMemberSeesWhatJoiningGave(t *testing.T) {
	w := program(t, `
events: {go: {}}
points: {gems: {}}
rules:
  welcome: {when: joined, give: {gems: 5}, limit: 1 ever}
  rich: {when: go, if: member.points.gems >= 5, give: {gems: 1}}
  first: {when: go, if: event.is_first, give: {gems: 10}}
  back: {when: go, if: (event.days_since_last ?? 0) >= 2, give: {gems: 100}}
`)
	require.Equal(t, []string{"rules/welcome 5 gems", "rules/first 10 gems", "rules/rich 1 gems"}, gave(w.send("ann", "go")))
	w.after(48*time.Hour).send("ann", "go")
	w.has("ann", "gems", "117")
}

func TestAChainOfEventsHasAnEnd(t *testing.T) {
	w := program(t, `
events: {go: {}}
points: {gems: {}}
badges: {a: {}, b: {}, c: {}, d: {}, e: {}}
rules:
  a: {when: go, give: {badge: a}}
  b: {when: badge_earned, if: event.badge == "a", give: {badge: b}}
  c: {when: badge_earned, if: event.badge == "b", give: {badge: c}}
  d: {when: badge_earned, if: event.badge == "c", give: {badge: d}}
  e: {when: badge_earned, if: event.badge == "d", give: {badge: e}}
  f: {when: badge_earned, if: event.badge == "e", give: {gems: 1}}
`)
	out := w.send("ann", "go")
	require.Equal(t, []string{"a", "b", "c", "d", "e"}, w.badges("ann"))
	require.Equal(t, []string{"depth badge_earned"}, notes(out), "the fifth in the chain is not processed")
	w.has("ann", "gems", "0")
}

func TestConditionsSeeTheMemberAsBeforeTheEvent(t *testing.T) {
	w := program(t, `
events: {go: {}}
points: {gems: {}}
rules:
  a: {when: go, give: {gems: 5}}
  b: {when: go, if: member.points.gems >= 5, give: {gems: 100}}
  window: {when: go, during: first 10 minutes after last go, give: {gems: 1000}}
`)
	w.send("ann", "go")
	w.has("ann", "gems", "5")
	w.after(10*time.Minute-time.Second).send("ann", "go")
	w.has("ann", "gems", "1110")
	w.after(10*time.Minute).send("ann", "go")
	w.has("ann", "gems", "1215")
}

func TestWindowsOfRules(t *testing.T) {
	tests := []struct{ name, during, open, closed string }{
		{"dates, both included", "2026-12-01 to 2026-12-07", "2026-12-07T22:59:59Z", "2026-12-07T23:00:00Z"},
		{"SCH-07 a day of 23 hours", "2026-03-29 to 2026-03-29", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"},
		{"SCH-06 hours of a repeated night", "{hours: 02:00-03:00}", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"},
		{"SCH-05 hours that do not exist", "{hours: 02:00-03:00}", "2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z"},
		{"weekdays", "{days: [tuesday]}", "2026-05-05T12:00:00Z", "2026-05-06T12:00:00Z"},
		{"hours over midnight belong to their first day", "{days: [friday], hours: 22:00-02:00}", "2026-05-01T23:30:00Z", "2026-05-02T20:30:00Z"},
		{"a cron", "{cron: 0 15 * * FRI, open_for: 2 hours}", "2026-05-01T14:59:59Z", "2026-05-01T15:00:00Z"},
		{"a birthday's month", "month of member.birthday", "2026-02-01T12:00:00Z", "2026-03-01T12:00:00Z"},
		{"SCH-11 a leap day's birthday", "day of member.birthday", "2026-02-28T12:00:00Z", "2026-03-01T12:00:00Z"},
		{"after joining", "first 2 days after joined", "2026-01-02T23:59:59Z", "2026-01-03T00:00:00Z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := program(t, "timezone: Europe/Berlin\nmember: {birthday?: date}\nevents: {go: {}}\npoints: {gems: {}}\n"+
				"rules: {go: {when: go, during: "+test.during+", give: {gems: 1}}}\n")
			w.at("2026-01-01T00:00:00Z").set("ann", "birthday", `"2000-02-29"`)
			require.Len(t, gave(w.at(test.open).send("ann", "go")), 1)
			require.Equal(t, map[string]engine.Reason{"rules/go": engine.WindowClosed}, w.at(test.closed).whyNot(w.event("ann", "go")))
		})
	}
}

func TestEachMembersOwnMidnight(t *testing.T) {
	w := program(t, `
clock: member
events: {go: {}}
points: {gems: {}}
rules: {go: {when: go, give: {gems: 1}, limit: 1 per day}}
`)
	w.at("2026-05-01T01:00:00Z").moves("ann", "America/New_York")
	w.moves("bob", "Asia/Tokyo")
	for _, at := range []string{"2026-05-01T03:00:00Z", "2026-05-01T05:00:00Z", "2026-05-01T16:00:00Z"} {
		w.at(at).send("ann", "go") // 30 April, 1 May, 1 May
		w.send("bob", "go")        // 1 May, 1 May, 2 May
		w.send("cat", "go")        // 1 May, in the program's zone
	}
	w.has("ann", "gems", "2")
	w.has("bob", "gems", "2")
	w.has("cat", "gems", "1")
}

func TestAProfileKeepsWhatIsNotMentioned(t *testing.T) {
	w := program(t, shop)
	name := "Ann"
	w.put("ann", engine.Profile{Name: &name, Fields: map[string]json.RawMessage{"country": json.RawMessage(`"DE"`), "vip": json.RawMessage(`true`)}})
	w.set("ann", "vip", `null`)
	w.restart(true)
	require.Equal(t, map[string]any{"country": "DE"}, w.p.Member("ann").Fields())
	require.Equal(t, "Ann", w.p.Member("ann").Name)
}

// Versions: an event is judged by the version of its own time.
func TestALateEventIsJudgedByTheVersionOfItsTime(t *testing.T) {
	v1 := "events: {go: {}}\npoints: {gems: {}}\nmember: {a?: text, b?: text}\nrules: {go: {when: go, give: {gems: 1}}}\n"
	v2 := "events: {go: {}, new: {}}\npoints: {gems: {}}\nmember: {b?: text, c?: text}\nrules: {go: {when: go, give: {gems: 10}}}\n"
	w := program(t, v1)
	w.set("ann", "a", `"1"`)
	w.set("ann", "b", `"2"`)
	w.send("ann", "go")
	w.after(time.Hour).activate(v2)
	w.send("ann", "go")
	w.has("ann", "gems", "11")
	require.Equal(t, map[string]any{"b": "2"}, w.p.Member("ann").Fields(), "realigned to the fields of the new version")
	w.set("ann", "c", `"3"`)
	require.Equal(t, []string{"rules/go 1 gems"}, gave(w.late("2026-05-01T12:30:00Z").send("ann", "go")))
	w.refused("unknown_event_type", w.late("2026-05-01T12:30:00Z").event("ann", "new"))
	w.send("ann", "new")
	require.Equal(t, map[string]any{"b": "2", "c": "3"}, w.p.Member("ann").Fields())
	w.restart(false)
	require.Equal(t, map[string]any{"b": "2", "c": "3"}, w.p.Member("ann").Fields())
	w.activate(v1)
	w.after(time.Minute).send("ann", "go")
	require.Equal(t, map[string]any{"a": "1", "b": "2"}, w.p.Member("ann").Fields(), "nothing was forgotten")
}

// Whoever takes events in decodes them before they are decided: another version may be in force by then, or decide a late one.
func TestWhatWasDecodedByAnotherVersionIsDecodedAgain(t *testing.T) {
	v1 := "events: {go: {a: number, z?: number}}\npoints: {gems: {}}\nrules: {go: {when: go, give: {gems: event.a}}}\n"
	v2 := "events: {go: {a: number, b?: number, z?: number}}\npoints: {gems: {}}\nrules: {go: {when: go, give: {gems: event.z ?? 0}}}\n"
	w := program(t, v1)
	before := w.p.Rules()
	w.after(time.Hour).activate(v2)
	decoded := func(e *event.Event, by *engine.Ruleset) *event.Event {
		require.Empty(t, e.Decode(by.EventType("go").Schema))
		return e
	}
	data := `{"a": 1, "z": 30}`
	require.Equal(t, []string{"rules/go 30 gems"}, gave(w.accept(decoded(w.event("ann", "go", data), before))))
	require.Equal(t, []string{"rules/go 30 gems"}, gave(w.accept(decoded(w.event("ann", "go", data), w.p.Rules()))))
	late := w.late("2026-05-01T12:30:00Z").event("ann", "go", data)
	require.Equal(t, []string{"rules/go 1 gems"}, gave(w.accept(decoded(late, w.p.Rules()))))
	unfit := w.event("ann", "go", `{"a": 1, "b": "x"}`)
	require.NotEmpty(t, unfit.Decode(w.p.Rules().EventType("go").Schema))
	w.refused("does_not_fit", unfit)
}

func TestTheGroupOfAMemberIsFoundAfterALateEventOfAnOlderVersion(t *testing.T) {
	challenge := "challenges: {all: {when: go, by: member.team, goal: 100, give: {gems: 1}}}\n"
	w := program(t, "events: {go: {}}\npoints: {gems: {}}\nmember: {team?: text}\n"+challenge)
	w.set("ann", "team", `"red"`)
	w.send("ann", "go")
	w.after(time.Hour).activate("events: {go: {}}\npoints: {gems: {}}\nmember: {nick?: text, team?: text}\n" + challenge)
	w.set("ann", "nick", `"blue"`)
	w.late("2026-05-01T12:30:00Z").send("ann", "go")
	require.Equal(t, []string{"red", "2"}, []string{w.challenge("ann", "all").Group, w.challenge("ann", "all").Progress.String()})
}

func TestADryRunChangesNothing(t *testing.T) {
	w := program(t, `
events: {go: {n: number}}
points: {gems: {}}
rules: {go: {when: go, give: {gems: event.n}, limit: 10 gems per day by everyone}}
challenges: {all: {when: go, by: everyone, goal: 2, give: {gems: 1}}}
`)
	w.send("ann", "go", "n", 4)
	for range 3 {
		out, refusal, err := w.p.DryRun(w.as("e9").event("bob", "go", "n", 9), nil)
		require.NoError(t, err)
		require.Nil(t, refusal)
		require.Contains(t, gave(out), "rules/go 6 gems")
	}
	require.Nil(t, w.p.Member("bob"))
	require.EqualValues(t, 1, w.p.Last())
	_, refusal, err := w.p.DryRun(w.event("bob", "gone"), nil)
	require.NoError(t, err)
	require.Equal(t, "unknown_event_type", refusal.Code)
	require.Contains(t, gave(w.as("e9").send("bob", "go", "n", 9)), "rules/go 6 gems")
	out, _, err := w.p.DryRun(w.as("e9").event("bob", "go", "n", 9), nil)
	require.NoError(t, err)
	require.True(t, out.Duplicate, "a dry run of a known event tells what it gave")
}

// remembers requires that the past of all members, as asked now, is their present.
func (w *world) remembers() {
	w.t.Helper()
	w.commit(false)
	require.NoError(w.t, w.store.Scan("l/", "", func(key string, _ []byte) bool {
		id := key[2 : len(key)-9]
		if w.p.Merged(id) != "" {
			return true
		}
		past, err := engine.MemberAt(w.store, w.versions, id, w.now)
		require.NoError(w.t, err)
		require.Equal(w.t, w.p.Member(id).Progress(w.p.Rules(), w.now, nil), past.Progress(w.p.Rules(), w.now, nil), id)
		return true
	}))
}

func TestThePastIsAnsweredAsItWas(t *testing.T) {
	w := program(t, `
member: {friend?: member}
events: {go: {n: number}, gift: {to: member}}
points: {gems: {expire: 10 days after last go}}
rules:
  go: {when: go, give: {gems: event.n}, limit: 10 gems ever by everyone}
  gift: {when: gift, take: {gems: 2}, give: {gems: 2}, to: event.to}
  each: {when: challenge_completed, give: {gems: 3}, limit: 10 gems ever by everyone}
challenges:
  ours: {when: go, by: everyone, goals: [{at: 2, give: {gems: 100}}, {at: 4, give: {gems: 200}}]}
  first: {when: go, goal: 1, winners: 1, give: {gems: 1000}}
  again: {when: go, add: event.n, goal: 2, again: true, give: {gems: 7}}
`)
	w.send("ann", "go", "n", 6)
	w.after(time.Hour).send("bob", "go", "n", 6)
	w.handOut()
	before := w.progress("bob").Points["gems"]
	seen := w.now
	w.after(time.Hour).send("bob", "gift", "to", "ann")
	w.after(time.Hour).send("ann", "gift", "to", "bob")
	w.send("cat", "go", "n", 4)
	w.send("bob", "go", "n", 4)
	w.handOut()
	w.remembers()
	past, err := engine.MemberAt(w.store, w.versions, "bob", seen)
	require.NoError(t, err)
	require.Equal(t, before, past.Progress(w.p.Rules(), seen, nil).Points["gems"])
	early, err := engine.MemberAt(w.store, w.versions, "bob", moment(t, "2026-05-01T12:30:00Z"))
	require.NoError(t, err)
	require.Nil(t, early, "bob had not joined")
}

// Fields that no version declares any more are kept in an order that does not depend on when the process was restarted.
func TestUndeclaredFieldsAreKeptInOneOrder(t *testing.T) {
	version := func(fields string) string { return "events: {go: {}}\nmember: {" + fields + "}\n" }
	w := program(t, version("a?: text, b?: text"))
	w.set("ann", "b", `"2"`)
	w.set("ann", "a", `"1"`)
	w.after(time.Hour).activate(version("b?: text"))
	w.send("ann", "go")
	w.after(time.Hour).restart(true)
	w.deploy(version("c?: text")) // with the restart
	w.open()
	w.send("ann", "go")
	w.restart(false)
	require.Empty(t, w.p.Member("ann").Fields())
}

// An import has no acceptance time of its own: after it, and after a restart, the clock still does not go back.
func TestAcceptanceTimeNeverGoesBack(t *testing.T) {
	w := program(t, `
events: {buy: {}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: 1}}}
`)
	w.at("2026-12-01T12:00:00Z").send("ann", "buy")
	before := w.event("ann", "buy")
	before.Past, before.Timed, before.Time = true, true, moment(t, "2020-01-01T00:00:00Z")
	w.accept(before)
	w.restart(true)
	w.at("2026-12-01T11:00:00Z") // the machine's clock was set back
	stepped := w.event("ann", "buy")
	w.accept(stepped)
	require.Equal(t, moment(t, "2026-12-01T12:00:00Z"), stepped.Arrived)
}

package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
)

const explained = `
member: {country?: text}
events: {run: {km: number, shoes?: text}}
points: {gems: {}}
rules:
  long: {when: run, if: event.km >= 10 and (event.shoes ?? "") == "red", give: {gems: 5}}
  local: {when: run, for: (member.country ?? "") == "DE", give: {gems: 1}}
  daily: {when: run, give: {gems: 2}, limit: 1 per day}
  weekend: {when: run, during: {days: [saturday, sunday]}, give: {gems: 3}}
  ratio: {when: run, if: 10 / event.km > 1, give: {gems: 1}}
challenges:
  month: {when: run, add: event.km, every: month, goal: 20, give: {gems: 10}}
tiers: {club: {earned: gems, levels: {bronze: 0, silver: 50}}}
`

// TestExplain holds what is said of an event weeks later, by the ruleset and for the member of its day.
func TestExplain(t *testing.T) {
	w := program(t, explained)
	w.send("ann", "run", "km", 8)
	e := w.after(0).as("asked").event("ann", "run", "km", 10)
	w.accept(e)
	w.set("ann", "country", `"DE"`)
	w.as("zero").send("ann", "run", "km", 0)
	w.at("2026-06-20T12:00:00Z").activate(explained + "boosts: {twice: {of: gems, times: 2, only: daily}}\n")
	w.send("ann", "run", "km", 3)
	w.commit(true)

	x, err := engine.Explain(w.store, w.versions, "asked")
	require.NoError(t, err)
	require.Equal(t, "asked", x.Record.Event.ID)
	said := map[string]string{}
	for _, s := range x.Steps {
		said[s.Definition] = "fired"
		if !s.Fired {
			said[s.Definition] = s.Reason.Words() + "; " + s.Detail
		}
	}
	require.Equal(t, map[string]string{
		"rules/long":       `its condition was false; (event.shoes ?? "") == "red": event.shoes is missing`,
		"rules/local":      `it is not for this member; (member.country ?? "") == "DE": member.country is missing`,
		"rules/daily":      "its limit was used up; limit 1 per day: 1 used; it last gave for e1",
		"rules/weekend":    "its window was closed; open {days: [saturday, sunday]}; the event was on friday 2026-05-01 at 12:00",
		"rules/ratio":      "its condition was false; 10 / event.km > 1: event.km is 10",
		"challenges/month": "fired",
	}, said)
	require.Equal(t, []engine.Shortfall{
		{Definition: "challenges/month", Title: "month", Progress: 18_000_000, Goal: 20_000_000, Missing: 2_000_000},
		{Definition: "tiers/club", Title: "club", Progress: 3_000_000, Goal: 50_000_000, Missing: 47_000_000, Level: "silver"},
	}, x.Short)

	x, err = engine.Explain(w.store, w.versions, "zero")
	require.NoError(t, err)
	require.Contains(t, x.Steps, engine.TraceStep{Event: "zero", Definition: "rules/local", Fired: true, Position: w.versions[0].Rules.Rules[1].Position})
	require.Equal(t, []engine.Note{
		{Code: "evaluation", Definition: "rules/ratio", Message: "division by zero"},
		{Code: "limit", Definition: "rules/daily", Limit: "1 per day", Used: decimal.One},
	}, x.Record.Outcome.Notes)

	x, err = engine.Explain(w.store, w.versions, "nobody")
	require.NoError(t, err)
	require.Nil(t, x)
}

// What others used of a limit is not in the member's own events: an explanation says what was decided then.
func TestExplainTellsOfALimitThatOthersUsed(t *testing.T) {
	w := program(t, `
events: {buy: {order: text, coins: integer}}
points: {coins: {}}
rules:
  once: {when: buy, give: {coins: 5}, limit: 1 ever by everyone and event.order}
  few: {when: buy, give: {coins: event.coins}, limit: 8 coins ever by everyone}
`)
	w.send("bob", "buy", "order", "o1", "coins", 8)
	e := w.as("late").event("ann", "buy", "order", "o1", "coins", 3)
	w.accept(e)
	w.commit(true)
	x, err := engine.Explain(w.store, w.versions, "late")
	require.NoError(t, err)
	why := map[string]string{}
	for _, s := range x.Steps {
		why[s.Definition] = s.Reason.Words() + "; " + s.Detail
	}
	require.Equal(t, map[string]string{
		"rules/once": "its limit was used up; limit 1 ever by everyone and event.order: 1 used",
		"rules/few":  "its limit was used up; limit 8 coins ever by everyone: 8 used",
	}, why)
}

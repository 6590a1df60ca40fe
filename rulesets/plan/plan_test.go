package plan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/plan"
)

const planned = `program: cafe
timezone: Europe/Berlin
currency: EUR
member: {country?: text}
events:
  purchase: {order_id: text, amount: money, store?: text}
  visit: {}
points: {stars: {expire: 12 months after earning}}
audiences: {locals: (member.country ?? "") == "DE"}
counters:
  spent: {when: purchase, add: event.amount}
rules:
  per_euro: {when: purchase, give: {stars: event.amount * 2}, limit: 100 stars per day}
challenges:
  dash: {counter: spent, during: 2026-12-01 to 2026-12-07, goals: [{at: 50, give: {stars: 10}}, {at: 100, give: {stars: 30}}]}
  tour: {for: locals, when: visit, goal: 3, give: {stars: 5}}
  steps: {steps: {a: {when: visit, goal: 1}, b: {when: purchase, goal: 2}}, give: {stars: 3}}
streaks: {weekly: {when: visit, every: week, goal: 4, give: {stars: 20}}}
tiers: {club: {earned: stars, levels: {silver: 0, gold: 300}}}
leaderboards: {top: {counter: spent}}
rewards: {cup: {title: A cup}}
`

// TestCompare holds what a plan says of each kind of change.
func TestCompare(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"formatting, comments and titles are no change", "rewards: {cup: {title: A cup}}", "rewards:\n  cup: # of tea\n    title: Another cup", ""},
		{"a limit's number", "100 stars per day", "200 stars per day", `~ rules/per_euro
    limit: 100 stars per day -> 200 stars per day
    events from the activation on are judged by the new text, an event of before by the text of its time
    what was used so far counts towards a limit that differs in its number only; a limit by another key or period starts with nothing used
`},
		{"a definition more", "rewards:", "badges: {early: {}}\nrewards:", `+ badges/early
    members whose count has reached a level earn it at the activation, by a tick
`},
		{"a definition less", "streaks: {weekly: {when: visit, every: week, goal: 4, give: {stars: 20}}}\n", "", `- streaks/weekly
    running streaks stop; what they gave stays; its id stays reserved
`},
		{"goals that fall, rise and come", "{at: 50, give: {stars: 10}}, {at: 100,",
			"{at: 40, give: {stars: 10}}, {at: 120, give: {stars: 20}}, {at: 200,", `~ challenges/dash
    goals: [{again: false, at: 50, give: {stars: 10}}, {again: false, at: 100, give: {stars: 30}}] -> ` +
				`[{again: false, at: 40, give: {stars: 10}}, {again: false, at: 120, give: {stars: 20}}, {again: false, at: 200, give: {stars: 30}}]
    goal 1 falls from 50 to 40: who has that much completes it at the activation, by a tick
    goal 2 rises from 100 to 120: who completed it stays done, it applies to the rest
    goal 3 (at 200) is new: who has that much completes it at the activation, by a tick
`},
		{"what points are worth", "points: {stars: {", "points: {stars: {worth: 0.01 EUR, ", `~ points/stars
    worth: (none) -> 0.01 EUR
    statistics tell what is owed by it at once; members are shown nothing of it
`},
		{"who is active", "points: {stars", "activity: [purchase]\npoints: {stars", `~ activity
    (none) -> purchase
    statistics call members active by these events from the activation on; days that are counted stay as they were
`},
		{"another meaning", "goal: 3, give: {stars: 5}", "if: event.hour < 9, goal: 3, give: {stars: 5}", `~ challenges/tour
    if: (none) -> event.hour < 9
  ! what it counts changes (if): write version: 2 to start afresh, or give it another id
`},
		{"another meaning under a raised version", "goal: 3, give: {stars: 5}", "version: 2, if: event.hour < 9, goal: 3, give: {stars: 5}", `~ challenges/tour
    if: (none) -> event.hour < 9
    version: 1 -> 2
    starts afresh at the activation; what was counted so far is kept, but no longer shown
`},
		{"the meaning of what is named", `== "DE"`, `== "AT"`, `~ audiences/locals
    (member.country ?? "") == "DE" -> (member.country ?? "") == "AT"
    events from the activation on are judged by the new text, an event of before by the text of its time
~ challenges/tour
  ! what it counts changes (an audience or counter that it names): write version: 2 to start afresh, or give it another id
`},
		{"the meaning of a step", "b: {when: purchase,", "b: {when: visit,", `~ challenges/steps
    steps: {a: {goal: 1, when: visit}, b: {goal: 2, when: purchase}} -> {a: {goal: 1, when: visit}, b: {goal: 2, when: visit}}
  ! what step b counts changes: raise the version of the challenge, or give the step another id
`},
		{"a window", "to 2026-12-07", "to 2026-12-10", `~ challenges/dash
    during: 2026-12-01 to 2026-12-07 -> 2026-12-01 to 2026-12-10
    progress so far stays; what falls outside the new window no longer counts
`},
		{"an event's field goes", ", store?: text", "", `~ events/purchase
    store?: text -> (none)
  ! events were accepted with store: keep the field, as store? if it is no longer sent
`},
		{"an event's field of another type", "amount: money", "amount: integer", `~ events/purchase
    amount: money -> integer
  ! amount was money and cannot become integer: add a field of another name
`},
		{"an event's new field", "amount: money,", "amount: money, till: text,", `~ events/purchase
    till: (none) -> text
    events without till are refused from the activation on: write till? until all senders send it
`},
		{"a type of event comes", "  visit: {}", "  visit: {}\n  call: {}", `+ events/call
    apps may send it
`},
		{"points go", "points: {stars: {expire: 12 months after earning}}", "points: {stars: {expire: 12 months after earning, decimals: 2}}", `~ points/stars
    decimals: 0 -> 2
  ! members were given these points: their decimals cannot change; define other points
`},
		{"expiry", "12 months after earning", "6 months after earning", `~ points/stars
    expire: 12 months after earning -> 6 months after earning
    points given from the activation on expire by the new phrase; those given before keep theirs
`},
		{"a tier's level goes", "silver: 0", "bronze: 0", `~ tiers/club
    levels: {gold: 300, silver: 0} -> {bronze: 0, gold: 300}
    a level that is now met is reached with the member's next event; one that is no longer met is held for its keep and grace
  ! members may be on level silver: keep it, or define another tier
`},
		{"a tier counts otherwise", "earned: stars,", "earned: stars, last: 12 months,", `~ tiers/club
    last: (none) -> 12 months
  ! what it counts changes (last): write version: 2 to start afresh, or give it another id
`},
		{"another time zone", "Europe/Berlin", "Europe/Paris", `~ timezone
    Europe/Berlin -> Europe/Paris
    days, weeks and months begin at other instants from the activation on; what was counted stays in the period it was counted in
`},
		{"another program", "program: cafe", "program: bar", `~ program
    cafe -> bar
  ! this is another program: serve it beside the old one
`},
		{"yen are no euros", "currency: EUR", "currency: JPY", `~ currency
    EUR -> JPY
  ! amounts of money would be read with another number of digits
`},
		{"how a board ranks", "{counter: spent}}\nrewards", "{counter: spent, ties: share}}\nrewards", `~ leaderboards/top
    ties: earliest -> share
    open seasons are ranked by the new text; closed ones stay as they are
`},
	}
	before := mustLoad(t, planned)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(planned, tt.old, tt.new, 1)
			require.NotEqual(t, planned, changed)
			changes := plan.Compare(before, mustLoad(t, changed), allInUse)
			require.Equal(t, tt.want, changes.String())
			require.Equal(t, strings.Contains(tt.want, "  ! "), changes.Blocked())
		})
	}
}

// allInUse is what a program uses that has used every name of planned.
var allInUse = &engine.InUse{Events: map[string]map[string]bool{"purchase": {"order_id": true, "amount": true, "store": true}, "visit": {}},
	Member: map[string]bool{"country": true}, Points: map[string]bool{"stars": true}}

// TestWhatWasNeverUsedMayGo: a name is kept for what was accepted with it, and for nothing else.
func TestWhatWasNeverUsedMayGo(t *testing.T) {
	before := mustLoad(t, planned+"badges: {b: {}}\n")
	for name, change := range map[string]struct {
		old, new string
		use      func(*engine.InUse)
	}{
		"an event's field goes":     {", store?: text", "", func(u *engine.InUse) { u.Events["purchase"] = map[string]bool{"store": true} }},
		"an event's field, retyped": {"amount: money", "amount: number", func(u *engine.InUse) { u.Events["purchase"] = map[string]bool{"amount": true} }},
		"points with other decimals": {"{stars: {expire: 12 months after earning}}", "{stars: {expire: 12 months after earning, decimals: 2}}",
			func(u *engine.InUse) { u.Points["stars"] = true }},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(planned+"badges: {b: {}}\n", change.old, change.new, 1)
			after := mustLoad(t, text)
			used := &engine.InUse{Events: map[string]map[string]bool{"purchase": {"order_id": true}}}
			require.False(t, plan.Compare(before, after, used).Blocked())
			unknown := plan.Compare(before, after, nil)
			require.True(t, unknown.Blocked())
			require.Contains(t, unknown.String(), "laurel plan --url asks a running server")
			used = &engine.InUse{Points: map[string]bool{}, Events: map[string]map[string]bool{}}
			change.use(used)
			require.True(t, plan.Compare(before, after, used).Blocked())
		})
	}
	more := mustLoad(t, strings.Replace(planned, "  visit: {}", "  visit: {}\n  call: {}", 1))
	none := &engine.InUse{}
	require.False(t, plan.Compare(more, mustLoad(t, planned), none).Blocked())
	called := &engine.InUse{Events: map[string]map[string]bool{"call": {}}}
	require.True(t, plan.Compare(more, mustLoad(t, planned), called).Blocked())
}

func mustLoad(t *testing.T, text string) *rulesets.Program {
	t.Helper()
	p, diagnostics := rulesets.Parse("cafe.yaml", []byte(text))
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	return p
}

package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const clubRuleset = `
program: club
member: {city?: text, age?: integer}
events: {visit: {}, buy: {amount: number}}
points: {stars: {}}
rules: {stars: {when: buy, give: {stars: event.amount}}}
counters: {bought: {when: buy, add: event.amount}, all: {when: visit, by: everyone}}
tiers: {club: {counter: bought, levels: {silver: 10, gold: 100}}}
streaks: {daily: {when: visit, every: day}}
badges: {taster: {counter: bought, levels: {one: 5}}, dasher: {counter: bought, levels: {one: 50}}}
audiences:
  berliners: (member.city ?? "") == "Berlin"
  rich: member.points.stars >= 50
  busy: member.counter.all >= 2
`

// listing is a list of members as clients read it.
type listing struct {
	Data []struct {
		ID       string
		Name     string
		Balances map[string]float64
		Tiers    map[string]string
	}
	Scanned int
	Next    *string `json:"next_cursor"`
}

// members reads a list to its end, a page at a time.
func (w *world) members(key []string, query string) (ids []string, scanned, pages int) {
	w.t.Helper()
	for cursor := ""; ; {
		var page listing
		w.get("/v1/members?"+query+cursor, key...).ok().json(&page)
		for _, m := range page.Data {
			ids = append(ids, m.ID)
		}
		scanned, pages = scanned+page.Scanned, pages+1
		if page.Next == nil {
			return ids, scanned, pages
		}
		cursor = "&cursor=" + url.QueryEscape(*page.Next)
	}
}

// Members are listed by what is true of them, in the order of their ids.
func TestMembersAreListed(t *testing.T) {
	w := newWorld(t)
	key := w.add("club", clubRuleset)
	do := func(method, path, body string) *answer { return w.do(method, path, body, key...) }
	do("PUT", "/v1/members/ann", `{"name":"Ann Lark","fields":{"city":"Berlin"}}`)
	do("PUT", "/v1/members/anton", `{"fields":{"city":"Bonn"}}`)
	do("PUT", "/v1/members/bob", `{"fields":{"city":"Berlin"}}`)
	do("POST", "/v1/events", `{"id":"b1","type":"buy","member":"ann","data":{"amount":120}}`).ok()
	do("POST", "/v1/events", `{"id":"b2","type":"buy","member":"bob","data":{"amount":20}}`).ok()
	do("POST", "/v1/events", `{"id":"v1","type":"visit","member":"ann"}`).ok()
	w.advance(24 * time.Hour)
	do("POST", "/v1/events", `{"id":"v2","type":"visit","member":"bob"}`).ok()
	card := cardIn(do("GET", "/v1/members/bob/card", "")).Number

	var page listing
	do("GET", "/v1/members?q=ann", "").ok().json(&page)
	require.Len(t, page.Data, 1)
	require.Equal(t, "Ann Lark", page.Data[0].Name)
	require.Equal(t, map[string]float64{"stars": 120}, page.Data[0].Balances)
	require.Equal(t, map[string]string{"club": "gold"}, page.Data[0].Tiers)
	for query, want := range map[string][]string{
		"":                               {"ann", "anton", "bob"},
		"q=an":                           {"ann", "anton"},
		"q=x":                            nil,
		"q=" + card:                      {"bob"},
		"q=" + card + "&badge=dasher":    nil,
		"tier.club=gold":                 {"ann"},
		"tier.club=gold,none":            {"ann", "anton"},
		"tier.club=silver&badge=taster":  {"bob"},
		"badge=dasher,taster":            {"ann", "bob"},
		"streak.daily=at_risk":           {"ann"},
		"streak.daily=active":            {"bob"},
		"streak.daily=none":              {"anton"},
		"idle_days=1":                    {"ann", "anton"},
		"idle_days=2":                    nil,
		"in=berliners":                   {"ann", "bob"},
		"in=rich":                        {"ann"},
		"in=busy":                        {"ann", "anton", "bob"},
		"in=rich,berliners&tier.club=":   {"ann", "bob"},
		"in=berliners&idle_days=1&q=a":   {"ann"},
		"in=berliners&streak.daily=none": nil,
	} {
		for _, limit := range []string{"", "&limit=1"} {
			ids, _, _ := w.members(key, query+limit)
			require.Equal(t, want, ids, query+limit)
		}
	}
	for query, want := range map[string][]string{
		"sort=last": {"bob", "ann"}, "sort=last&q=an": {"ann"}, "sort=last&badge=dasher": {"ann"}, "sort=last&in=berliners": {"bob", "ann"},
		"sort=id": {"ann", "anton", "bob"},
	} {
		for _, limit := range []string{"", "&limit=1"} {
			ids, _, _ := w.members(key, query+limit)
			require.Equal(t, want, ids, query+limit)
		}
	}
	do("GET", "/v1/members?sort=name", "").problem(400, "wrong_parameter")
	require.NoError(t, w.programs["club"].Program.Flush())
	ids, scanned, _ := w.members(key, "in=berliners")
	require.Equal(t, []string{"ann", "bob"}, ids)
	require.Equal(t, 3, scanned)
	for query, hint := range map[string]string{
		"tier.clb=gold": "club", "tier.club=god": "gold", "streak.weekly=active": "daily", "streak.daily=risky": "at_risk", "badge=x": "dasher, taster",
		"in=x": "berliners, busy, rich", "idle_days=0": "", "tier=gold": "", "city=Berlin": "", "cursor=x": "",
	} {
		p := do("GET", "/v1/members?"+query, "")
		code := "wrong_parameter"
		status := 400
		if query == "cursor=x" {
			status, code = 400, "wrong_parameter"
		}
		problem := p.problem(status, code)
		if hint != "" {
			require.Contains(t, problem.Errors[0].Suggestion, hint, query)
		}
		require.NotContains(t, string(p.body), "Berlin")
	}
	w.get("/v1/members?tier.club=zz", key...).holds(t, "there is no level of this name")
	require.Equal(t, 200, do("DELETE", "/v1/members/ann", "").status)
	ids, _, _ = w.members(key, "")
	require.Equal(t, []string{"anton", "bob"}, ids)
}

// A list finds everybody once, while others come and go, and says how far it looked.
func TestAListFindsEverybodyOnce(t *testing.T) {
	w := newWorld(t)
	key := w.add("club", clubRuleset)
	const members = 1500
	var lines []string
	var want []string
	for i := range members {
		id := fmt.Sprintf("m%05d", i)
		want = append(want, id)
		lines = append(lines, fmt.Sprintf(`{"id":"v%d","type":"visit","member":"%s"}`, i, id))
	}
	for piece := range slices.Chunk(lines, 500) {
		w.do("POST", "/v1/events/batch", strings.Join(piece, "\n"), append(key, "Content-Type", "application/x-ndjson")...).ok()
	}
	var group sync.WaitGroup
	group.Go(func() {
		for i := range 300 {
			w.do("POST", "/v1/events", fmt.Sprintf(`{"id":"b%d","type":"buy","member":"m%05d","data":{"amount":3}}`, i, i*5), key...).ok()
		}
	})
	for range 5 {
		ids, scanned, _ := w.members(key, "limit=97")
		require.Equal(t, want, ids)
		require.Equal(t, members, scanned)
	}
	group.Wait()
	latest, _, _ := w.members(key, "sort=last&limit=97")
	require.Len(t, latest, members)
	for i := range 300 { // those who bought last come first
		require.Equal(t, fmt.Sprintf("m%05d", (299-i)*5), latest[i])
	}
	slices.Sort(latest)
	require.Equal(t, want, latest)
	ids, scanned, pages := w.members(key, "badge=dasher")
	require.Empty(t, ids)
	require.Equal(t, members, scanned)
	require.Equal(t, 1, pages)
}

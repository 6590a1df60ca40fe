package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/keys"
)

// add serves one more program, and answers with the header of a key of every scope.
func (w *world) add(id, ruleset string) []string {
	w.t.Helper()
	w.programs[id] = w.local(id, ruleset)
	_, w.secrets[id] = w.key(keys.Request{Program: id, Name: "all", Scopes: keys.Scopes()})
	return as(w.secrets[id])
}

const named = `
names: %s
member: {alias?: text}
events: {visit: {}}
counters: {visits: {when: visit}, weekly: {when: visit, every: week}}
leaderboards: {visitors: {counter: visits}, weekly: {counter: weekly}}
`

// Boards show members as the ruleset says, also once they are called otherwise.
func TestNamesOnBoards(t *testing.T) {
	for kind, want := range map[string][2]string{"first": {`"Ann"`, ""}, "alias": {`"Nightingale"`, ""}, "id": {`"ann"`, `"bob"`}, "none": {"", ""}} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			key := w.add("named", "program: named"+fmt.Sprintf(named, kind))
			do := func(method, path, body string, more ...string) *answer {
				return w.do(method, path, body, append(key, more...)...)
			}
			require.Equal(t, 201, do("PUT", "/v1/members/ann", `{"name":"Ann Lark","fields":{"alias":"Nightingale"}}`).status)
			do("POST", "/v1/events", `{"id":"1","type":"visit","member":"ann"}`).ok()
			do("POST", "/v1/events", `{"id":"2","type":"visit","member":"ann"}`).ok()
			do("POST", "/v1/events", `{"id":"3","type":"visit","member":"bob"}`).ok()
			row := func(rank int, member, name string) string {
				if name != "" {
					name = `"name":` + name + ","
				}
				return fmt.Sprintf(`{"rank":%d,"member":"%s",%s"score":`, rank, member, name)
			}
			shows := func(path string, parts ...string) *answer {
				t.Helper()
				a := do("GET", path, "").ok()
				a.holds(t, parts...)
				return a
			}
			board := "/v1/leaderboards/visitors"
			page := shows(board, row(1, "ann", want[0]), row(2, "bob", want[1]))
			shows(board+"/standings/bob?around=1", row(1, "ann", want[0]), row(2, "bob", want[1]))
			if want[0] != "" {
				shows(board+"/standings/ann", `"rank":1,"member":"ann","name":`+want[0])
			}
			number := cardIn(do("GET", "/v1/members/ann/card", "")).Number
			if want[0] != "" {
				shows("/v1/cards/"+number, `{"id":"ann","name":`+want[0])
			}

			etag := page.header.Get("ETag")
			require.Equal(t, http.StatusNotModified, do("GET", board, "", "If-None-Match", etag).status)
			do("PATCH", "/v1/members/ann", `{"name":"Anna","fields":{"alias":"Finch"}}`).ok()
			again := do("GET", board, "", "If-None-Match", etag)
			if kind == "first" || kind == "alias" {
				require.Equal(t, 200, again.status, "who is called otherwise is shown so")
				again.holds(t, row(1, "ann", map[string]string{"first": `"Anna"`, "alias": `"Finch"`}[kind]))
			} else {
				require.Equal(t, http.StatusNotModified, again.status)
			}
			do("PATCH", "/v1/members/ann", `{"name":null,"fields":{"alias":null}}`).ok()
			if kind != "id" {
				shows(board, row(1, "ann", ""))
			}
			require.Equal(t, 200, do("DELETE", "/v1/members/ann", "").status)
			require.NotContains(t, string(shows(board).body), "ann")
		})
	}
}

// A closed table keeps who was merged into another, without a name.
func TestAMergedMemberHasNoName(t *testing.T) {
	w := newWorld(t)
	key := w.add("named", "program: named"+fmt.Sprintf(named, "first"))
	do := func(method, path, body string, more ...string) *answer {
		return w.do(method, path, body, append(key, more...)...)
	}
	for i, member := range []string{"ann", "bob"} {
		require.Equal(t, 201, do("PUT", "/v1/members/"+member, fmt.Sprintf(`{"name":"N%d Lark"}`, i)).status)
		do("POST", "/v1/events", fmt.Sprintf(`{"id":"v%d","type":"visit","member":"%s"}`, i, member)).ok()
	}
	w.advance(14 * 24 * time.Hour)
	w.closeSeasonsOf("named")
	table := do("GET", "/v1/leaderboards/weekly?season=2026-W49", "").ok()
	table.holds(t, `"closed":true`, `"member":"ann","name":"N0"`, `"member":"bob","name":"N1"`)
	do("POST", "/v1/members/ann/merge", `{"from":"bob"}`, "Idempotency-Key", "m1").ok()
	again := do("GET", "/v1/leaderboards/weekly?season=2026-W49", "", "If-None-Match", table.header.Get("ETag")).ok()
	again.holds(t, `"member":"ann","name":"N0"`)
	require.NotContains(t, string(again.body), "N1")
}

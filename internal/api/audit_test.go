package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/keys"
)

// chain is the audit log of acme, the oldest first, as laurel audit verify takes it.
func (w *world) chain() (list []audit.Entry, text string) {
	w.t.Helper()
	text = string(w.get("/v1/admin/audit?format=ndjson").ok().body)
	for line := range strings.Lines(text) {
		var e audit.Entry
		require.NoError(w.t, json.Unmarshal([]byte(line), &e))
		if e.N > 0 {
			list = append(list, e)
		}
	}
	return list, text
}

func actions(list []audit.Entry) (names []string) {
	for _, e := range list {
		names = append(names, e.Action)
	}
	return names
}

// TestEveryRouteIsRecordedOrNot: a call that changes something is in the audit log, or is said not to be.
func TestEveryRouteIsRecordedOrNot(t *testing.T) {
	document, err := api.OpenAPI()
	require.NoError(t, err)
	require.Contains(t, string(document), `"Laurel-Actor"`)
	for _, r := range append(api.Routes(), api.ServerRoutes()...) {
		if r.Method == "GET" || r.Method == "HEAD" {
			continue
		}
		require.True(t, (r.Action != "") != r.Unrecorded, "%s %s: say in acts.go what it is called, or that it is not recorded", r.Method, r.Path)
	}
}

// TestWhatAdministratorsDoIsRecorded: who, when, before, after, why and by which request; of settings and of members alike.
func TestWhatAdministratorsDoIsRecorded(t *testing.T) {
	w := newWorld(t)
	start, _ := w.chain()
	ann := []string{"Laurel-Actor", "Ann from the desk"}
	w.do("POST", "/v1/events", purchase).ok()
	key := w.do("POST", "/v1/admin/keys", `{"name":"till 3","role":"till"}`, ann...)
	var made struct{ ID, Secret string }
	key.json(&made)
	w.do("DELETE", "/v1/admin/keys/"+made.ID, "", ann...).ok()
	w.do("PATCH", "/v1/admin/program", `{"origins":["https://shop.example"]}`, ann...).ok()
	w.do("POST", "/v1/admin/definitions/rules/per_euro/pause", `{"reason":"it runs away"}`, ann...).ok()
	adjusted := w.do("POST", "/v1/members/ann/adjustments", `{"points":"stars","amount":5,"reason":"broken cup"}`, append(ann, "Idempotency-Key", "k1")...).ok()
	w.do("POST", "/v1/members/ann/adjustments", `{"points":"stars","amount":5,"reason":"broken cup"}`, append(ann, "Idempotency-Key", "k1")...).ok()
	w.do("POST", "/v1/events/o1/void", "", ann...).ok()
	token := w.do("POST", "/v1/admin/token-keys", "", ann...)
	w.do("POST", "/v1/events/none/void", "", ann...).problem(404, "unknown_event")

	list, text := w.chain()
	list = list[len(start):]
	require.ElementsMatch(t, []string{"key.create", "key.revoke", "program.change", "definition.pause", "points.adjust", "event.void", "token_key.create"},
		actions(list))
	for _, e := range list {
		require.Equal(t, "Ann from the desk", e.Actor, e.Action)
		require.Equal(t, "all", e.KeyName)
		require.NotEmpty(t, e.Request)
		require.Equal(t, w.time(), e.At.UTC().Truncate(1), e.Action)
	}
	by := map[string]audit.Entry{}
	for _, e := range list {
		by[e.Action] = e
	}
	require.Equal(t, key.header.Get("X-Request-Id"), by["key.create"].Request)
	require.Contains(t, string(by["key.revoke"].What.After), "revoked_at")
	require.NotContains(t, string(by["key.revoke"].What.Before), "revoked_at")
	require.Equal(t, `["https://shop.example"]`, string(by["program.change"].What.After))
	require.Equal(t, "rules/per_euro", by["definition.pause"].What.ID)
	require.Equal(t, "it runs away", by["definition.pause"].What.Reason)
	require.Equal(t, adjusted.header.Get("X-Request-Id"), by["points.adjust"].Request)
	require.Equal(t, "ann", by["points.adjust"].What.Member)
	require.Equal(t, "broken cup", by["points.adjust"].What.Reason)
	require.Contains(t, string(by["points.adjust"].What.After), `"amount":5`)
	require.NotContains(t, text, made.Secret[16:])
	require.NotContains(t, text, "PRIVATE KEY")
	require.Contains(t, string(token.body), "PRIVATE KEY")

	found, err := audit.VerifyLines(strings.NewReader(text), "")
	require.NoError(t, err)
	require.EqualValues(t, len(list)+len(start), found.Entries)
	var event struct {
		By struct{ Action, Actor, Name string }
	}
	var page struct{ Data []json.RawMessage }
	w.get("/v1/events?type=points.adjust").json(&page)
	require.NoError(t, json.Unmarshal(page.Data[0], &event))
	require.Equal(t, "Ann from the desk", event.By.Actor)
	require.Equal(t, "points.adjust", event.By.Action)

	w.do("POST", "/v1/events/o1/void", "", "Laurel-Actor", "a\tb").problem(400, "wrong_parameter")
	_, other := w.key(keys.Request{Program: "acme", Name: "reader", Role: "viewer"})
	w.get("/v1/admin/audit", as(other)...).problem(403, "scope_missing")
	require.NotContains(t, string(w.get("/v1/admin/audit", as(w.secrets["bravo"])...).ok().body), "Ann from the desk")
}

// TestAnAuditLogIsRead in pages, the latest first, and by who and what and when.
func TestAnAuditLogIsRead(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", purchase).ok()
	for n := range 600 { // more than a block
		w.do("POST", "/v1/members/ann/adjustments", `{"points":"stars","amount":1,"reason":"r"}`, "Idempotency-Key", fmt.Sprint("k", n),
			"Laurel-Actor", fmt.Sprint("actor ", n%7)).ok()
	}
	all, _ := w.chain()
	var seen []uint64
	for path := "/v1/admin/audit?limit=250"; ; {
		var page struct {
			Data []audit.Entry
			Next *string `json:"next_cursor"`
		}
		w.get(path).ok().json(&page)
		for _, e := range page.Data {
			seen = append(seen, e.N)
		}
		if page.Next == nil {
			break
		}
		path = "/v1/admin/audit?limit=250&cursor=" + *page.Next
	}
	require.Len(t, seen, len(all))
	for i, n := range seen {
		require.EqualValues(t, len(all)-i, n)
	}
	var few struct{ Data []audit.Entry }
	w.get("/v1/admin/audit?actor=actor%203&action=points.adjust&limit=1000").ok().json(&few)
	require.Len(t, few.Data, 86)
	w.get("/v1/admin/audit?to=2020-12-02T12:00:00Z").ok().json(&few)
	require.Empty(t, few.Data)
	w.get("/v1/admin/audit?format=xml").problem(400, "wrong_parameter")
	w.get("/v1/admin/audit?format=ndjson&limit=3").problem(400, "wrong_parameter")
}

// TestAnErasureLeavesTheAuditLogWhole: what names the member goes, and the chain stands.
func TestAnErasureLeavesTheAuditLogWhole(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", strings.ReplaceAll(purchase, `"ann"`, `"zacharias"`)).ok()
	w.do("POST", "/v1/members/zacharias/adjustments", `{"points":"stars","amount":5,"reason":"for zacharias"}`, "Idempotency-Key", "k1").ok()
	w.do("POST", "/v1/members/zacharias/streaks/comes/enroll", "")
	_, text := w.chain()
	require.Contains(t, text, "for zacharias")
	w.do("DELETE", "/v1/members/zacharias", "", "Laurel-Actor", "Ann").ok()
	w.chain()
	_, err := w.programs["acme"].Program.Redact(t.Context())
	require.NoError(t, err)
	list, text := w.chain()
	require.NotContains(t, text, "zacharias")
	require.Contains(t, actions(list), "member.erase")
	require.Contains(t, actions(list), "points.adjust")
	found, err := audit.VerifyLines(strings.NewReader(text), "")
	require.NoError(t, err)
	require.Equal(t, 2, found.Erased)
	rows, _, err := w.kept.List("audit")
	require.NoError(t, err)
	for _, row := range rows {
		require.NotContains(t, string(row.Value), "zacharias", row.Key)
	}
	whole, err := audit.VerifyWith(w.kept, "acme", w.stores["acme"], "")
	require.NoError(t, err)
	require.Equal(t, found, whole)
}

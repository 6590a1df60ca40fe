package api_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// exported is an export as clients read it.
type exported struct {
	Member   map[string]any
	Progress struct {
		Points map[string]struct{ Spendable float64 }
	}
	Claims []map[string]any
	Events []struct {
		ID, Type, Member string
		Data             map[string]any
		Outcome          struct{ Effects []map[string]any }
	}
	Ledger []struct {
		Event   string
		Kind    string
		Amount  float64
		Balance float64
	}
}

func TestExport(t *testing.T) {
	w := newWorld(t)
	w.do("PUT", "/v1/members/ann", `{"name":"Ann","fields":{"level":3}}`)
	for i := range 250 { // more than a page
		w.do("POST", "/v1/events", strings.ReplaceAll(purchase, "o1", fmt.Sprint("o", i))).ok()
	}
	w.do("POST", "/v1/events", `{"id":"b1","type":"visit","member":"bob"}`).ok()
	a := w.get("/v1/members/ann/export").ok()
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	var x exported
	a.json(&x)
	require.Equal(t, "Ann", x.Member["name"])
	require.Equal(t, map[string]any{"level": 3.0}, x.Member["fields"])
	require.Empty(t, x.Claims)
	require.Len(t, x.Events, 251, "the profile and the purchases")
	sum := 0.0
	for i, e := range x.Events {
		require.Equal(t, "ann", e.Member)
		if i > 0 {
			require.Equal(t, fmt.Sprint("o", i-1), e.ID)
			require.Equal(t, fmt.Sprint("o", i-1), e.Data["order_id"])
			require.NotEmpty(t, e.Outcome.Effects)
		}
	}
	for _, entry := range x.Ledger {
		sum += entry.Amount
		require.Equal(t, sum, entry.Balance)
	}
	require.Equal(t, x.Progress.Points["stars"].Spendable, sum)
	require.NotContains(t, string(a.body), "bob")

	w.get("/v1/members/nobody/export").problem(404, "member_unknown")
	w.get("/v1/members/ann/export", "Authorization", "Bearer "+w.secrets["bravo"]).problem(404, "member_unknown")
}

func TestErasure(t *testing.T) {
	w := newWorld(t)
	w.do("PUT", "/v1/members/otti-4711", `{"name":"Ottilie Quandt","fields":{"level":3}}`)
	w.do("POST", "/v1/events", strings.ReplaceAll(purchase, `"ann"`, `"otti-4711"`)).ok()
	w.do("POST", "/v1/events", `{"id":"v1","type":"visit","member":"ann"}`).ok()
	w.do("DELETE", "/v1/members/otti-4711", "", "Authorization", "Bearer "+w.secrets["bravo"]).problem(404, "member_unknown")
	w.do("DELETE", "/v1/members/nobody", "").problem(404, "member_unknown")
	began := w.time().Format("2006-01-02T15:04:05Z")

	first := w.do("DELETE", "/v1/members/otti-4711", "").ok()
	require.Contains(t, string(first.body), `"kind":"points"`)
	for _, redacted := range []bool{false, true} {
		if redacted {
			n, err := w.programs["acme"].Program.Redact(context.Background())
			require.NoError(t, err)
			require.Equal(t, 1, n)
		}
		again := w.do("DELETE", "/v1/members/otti-4711", "").ok()
		require.Equal(t, strings.Replace(string(first.body), `"duplicate":false`, `"duplicate":true`, 1), string(again.body))
		for _, call := range [][3]string{
			{"GET", "/v1/members/otti-4711"}, {"GET", "/v1/members/otti-4711/progress"}, {"GET", "/v1/members/otti-4711/progress?at=" + began},
			{"GET", "/v1/members/otti-4711/ledger"}, {"GET", "/v1/members/otti-4711/export"},
			{"PUT", "/v1/members/otti-4711", `{"name":"O"}`}, {"PATCH", "/v1/members/otti-4711", `{"name":"O"}`},
			{"POST", "/v1/members/otti-4711/challenges/dash/enroll"},
			{"POST", "/v1/members/otti-4711/adjustments", `{"points":"stars","amount":5,"reason":"x"}`},
			{"GET", "/v1/leaderboards/top_spenders/standings/otti-4711"}, {"GET", "/v1/challenges?member=otti-4711"},
			{"POST", "/v1/events", `{"id":"v2","type":"visit","member":"otti-4711"}`},
			{"POST", "/v1/events?dry_run=true", `{"id":"v2","type":"visit","member":"otti-4711"}`},
			{"POST", "/v1/events", strings.ReplaceAll(purchase, `"ann"`, `"otti-4711"`)},
			{"GET", "/v1/events/o1"}, {"GET", "/v1/events/o1/explain"}, {"POST", "/v1/events/o1/void"},
			{"POST", "/v1/events/o1/amend", `{"data":{"amount":1}}`},
		} {
			headers := []string{"Idempotency-Key", "k1"}
			p := w.do(call[0], call[1], call[2], headers...).problem(410, "member_erased")
			require.NotContains(t, p.Detail, "otti")
		}
		outcomes, _ := w.batch(`{"id":"v3","type":"visit","member":"otti-4711"}`, fmt.Sprintf(`{"id":"v4-%t","type":"visit","member":"ann"}`, redacted))
		require.Len(t, outcomes, 2, "a refused line stops nothing")
		require.NotContains(t, string(w.get("/v1/leaderboards/top_spenders").ok().body), "otti")
	}
	n, err := w.programs["acme"].Program.Redact(context.Background())
	require.NoError(t, err)
	require.Zero(t, n, "nobody waits any more")
	require.NotContains(t, w.log.String(), "otti")
}

// Claims that the member's state does not hold any more are in the export, too, and before the others.
func TestAnExportHasAllClaims(t *testing.T) {
	w := newWorld(t)
	const claims = 230 // the state holds the last 200
	w.bravo("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`)
	for i := range claims {
		w.sale(fmt.Sprint("s", i))
		w.bravo("POST", "/v1/members/bob/claims", `{"reward":"tea"}`, "Idempotency-Key", fmt.Sprint("c", i)).ok()
		w.bravo("POST", fmt.Sprintf("/v1/claims/c%d/confirm", i), "").ok()
	}
	var x exported
	w.bravo("GET", "/v1/members/bob/export", "").ok().json(&x)
	require.Len(t, x.Claims, claims)
	for i, c := range x.Claims {
		require.Equal(t, fmt.Sprint("c", i), c["id"])
		require.Equal(t, "confirmed", c["state"])
	}
}

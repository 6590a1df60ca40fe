package api_test

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/decimal"
)

// table reads an export in CSV: its rows by column.
func (w *world) table(query string) (rows []map[string]string, seq string) {
	w.t.Helper()
	a := w.get("/v1/exports?format=csv&" + query).ok()
	require.Equal(w.t, "text/csv; charset=utf-8; header=present", a.header.Get("Content-Type"))
	all, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	require.NoError(w.t, err)
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = cells[i]
		}
		rows = append(rows, row)
	}
	return rows, a.header.Get("Laurel-Seq")
}

// What an export says adds up to what members have, and the next one has what came after it, and only that.
func TestExports(t *testing.T) {
	w := newWorld(t)
	buy := func(id, member string, amount int) {
		t.Helper()
		w.do("POST", "/v1/events", fmt.Sprintf(`{"id":%q,"type":"purchase","member":%q,"data":{"order_id":%q,"amount":%d}}`, id, member, id, amount)).ok()
	}
	for i := range 150 {
		buy(fmt.Sprint("e", i), fmt.Sprint("m", i%40), 1+i)
	}
	w.do("POST", "/v1/events/e7/void", "").ok()
	w.do("PUT", "/v1/members/m3", `{"name":"=HYPERLINK(\"http://x\")","fields":{}}`).ok()
	w.do("POST", "/v1/members/m4/adjustments", `{"points":"stars","amount":-5,"reason":"-a mistake"}`, "Idempotency-Key", "a1").ok()

	ledger, upTo := w.table("what=ledger")
	sums := map[string]decimal.Decimal{}
	for _, row := range ledger {
		amount, err := decimal.Parse(row["amount"])
		require.NoError(t, err, "a number stays one: %v", row)
		if row["points"] == "stars" && row["kind"] != "held" && row["kind"] != "freed" && row["kind"] != "released" && row["kind"] != "merged" {
			sums[row["member"]] += amount
		}
	}
	balances, _ := w.table("what=balances")
	stars := 0
	for _, row := range balances {
		if row["points"] != "stars" {
			continue
		}
		stars++
		require.Equal(t, w.starsOf(row["member"]), row["spendable"])
		require.Equal(t, sums[row["member"]].String(), row["spendable"], "the ledger of %s adds up", row["member"])
	}
	require.Equal(t, 40, stars)
	members, _ := w.table("what=members")
	require.Len(t, members, 40)
	for _, row := range members {
		if row["id"] == "m3" {
			require.Equal(t, `'=HYPERLINK("http://x")`, row["name"], "no spreadsheet computes it")
		}
	}
	events, seq := w.table("what=events")
	require.Equal(t, upTo, seq)
	last, err := strconv.Atoi(upTo)
	require.NoError(t, err)
	require.Len(t, events, last)

	buy("later", "m9", 10)
	events, _ = w.table("what=events&since=" + upTo)
	require.Equal(t, "later", events[0]["id"])
	for _, row := range events {
		require.Equal(t, "m9", row["member"])
	}
	ledger, _ = w.table("what=ledger&since=" + upTo)
	require.NotEmpty(t, ledger)
	for _, row := range ledger {
		require.Equal(t, "m9", row["member"])
	}
	balances, _ = w.table("what=balances&since=" + upTo)
	require.NotEmpty(t, balances)
	require.Equal(t, "m9", balances[0]["member"])
	members, _ = w.table("what=members&since=" + upTo)
	require.Len(t, members, 1)

	for _, what := range []string{"ledger", "events", "members", "balances"} {
		a := w.get("/v1/exports?what="+what, "Accept-Encoding", "gzip").ok()
		require.Equal(t, "application/x-ndjson", a.header.Get("Content-Type"))
		require.Equal(t, "gzip", a.header.Get("Content-Encoding"))
		z, err := gzip.NewReader(strings.NewReader(string(a.body)))
		require.NoError(t, err)
		text, err := io.ReadAll(z)
		require.NoError(t, err)
		rows, _ := w.table("what=" + what)
		require.Len(t, rows, strings.Count(string(text), "\n"), what)
		for line := range strings.Lines(string(text)) {
			require.True(t, json.Valid([]byte(line)))
		}
		w.get("/v1/exports?what="+what, "Accept-Encoding", "identity").ok()
	}
}

// What cannot be exported is refused, and who was erased is not in an export, even before the journal has been written again.
func TestExportsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", `{"id":"p1","type":"purchase","member":"zacharias","data":{"order_id":"zacharias-1","amount":10}}`).ok()
	w.do("PUT", "/v1/members/zacharias", `{"name":"Zacharias","fields":{}}`).ok()
	w.do("DELETE", "/v1/members/zacharias", "").ok()
	for _, what := range []string{"ledger", "events", "members", "balances"} {
		for _, format := range []string{"csv", "ndjson"} {
			text := string(w.get("/v1/exports?what="+what+"&format="+format, "Accept-Encoding", "identity").ok().body)
			require.NotContains(t, strings.ToLower(text), "zacharias")
		}
	}
	rows, _ := w.table("what=ledger")
	require.NotEmpty(t, rows, "the numbers stay")
	w.get("/v1/exports").problem(400, "wrong_parameter")
	require.Contains(t, w.get("/v1/exports?what=members,ledger").problem(400, "wrong_parameter").Errors[0].Suggestion, "balances")
	w.get("/v1/exports?what=ledger&format=xlsx").problem(400, "wrong_parameter")
	w.get("/v1/exports?what=ledger&since=-1").problem(400, "wrong_parameter")
}

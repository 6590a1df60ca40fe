package api_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
)

// TestEveryListHasPages holds the table of routes against what the description calls a page: whatever is a list takes limit and cursor, and what
// two pages of one entry have is the beginning of the whole.
func TestEveryListHasPages(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", purchase).ok()
	var document specified
	require.NoError(t, json.Unmarshal(must(api.OpenAPI()), &document))
	var lists []string
	for path, item := range document.Paths {
		for method, op := range item {
			answers := string(must(json.Marshal(op.Responses["200"])))
			if !strings.Contains(answers, `"next_cursor":`) || strings.HasSuffix(path, "/admin/jobs") {
				continue
			}
			require.Equal(t, "get", method, path)
			lists = append(lists, path)
			takes := func(name string) bool {
				return slices.ContainsFunc(op.Parameters, func(p parameter) bool { return p.Name == name })
			}
			require.True(t, takes("limit") && takes("cursor"), "%s is a list", path)
		}
	}
	require.Greater(t, len(lists), 15)
	type page struct {
		Data []json.RawMessage
		More bool    `json:"has_more"`
		Next *string `json:"next_cursor"`
	}
	onServer, _, server := hosted(t)
	onServer.secrets["acme"] = strings.TrimPrefix(server[1], "Bearer ")
	for _, path := range lists {
		if strings.Contains(path, "{") || strings.HasPrefix(path, "/v1/me") {
			continue
		}
		w := w
		if path == "/v1/admin/programs" {
			w = onServer
		}
		var whole, first, second page
		w.get(path).ok().json(&whole)
		w.get(path + "?limit=1").ok().json(&first)
		w.get(path+"?limit=0").problem(400, "wrong_parameter")
		w.get(path+"?cursor=AAAA").problem(400, "wrong_parameter")
		if len(whole.Data) < 2 {
			continue
		}
		require.True(t, first.More, path)
		w.get(path + "?limit=1&cursor=" + *first.Next).ok().json(&second)
		require.Equal(t, whole.Data[:2], append(first.Data, second.Data...), path)
	}
	var rewards page
	w.bravo("GET", "/v1/rewards?limit=2", "").ok().json(&rewards)
	w.bravo("GET", "/v1/badges?cursor="+*rewards.Next, "").problem(404, "not_found")
}

package api_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/laurel-engine/laurel/internal/api"
)

// TestThePageLoadsNothingFromElsewhere follows all that the page of the API names: its own files, and places within it.
func TestThePageLoadsNothingFromElsewhere(t *testing.T) {
	w := newWorld(t)
	page := w.get("/docs/api", "Authorization", "", "Accept-Encoding", "identity").ok()
	require.Equal(t, "text/html; charset=utf-8", page.header.Get("Content-Type"))
	policy := page.header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "unsafe")
	ids, links, files := map[string]bool{}, map[string]bool{}, []string{}
	root, err := html.Parse(bytes.NewReader(page.body))
	require.NoError(t, err)
	calls := 0
	for n := range root.Descendants() {
		require.False(t, n.Type == html.ElementNode && n.Data == "style", "the policy has no inline styles")
		if n.Type == html.ElementNode && n.Data == "pre" {
			calls++
		}
		sourced := false
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				require.False(t, ids[a.Val], "%s is there twice", a.Val)
				ids[a.Val] = true
			case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
				links[a.Val[1:]] = true
			case (a.Key == "href" || a.Key == "src") && a.Val != "data:,":
				files = append(files, a.Val)
				sourced = true
			}
			require.False(t, a.Key == "style" || strings.HasPrefix(a.Key, "on"), "the policy has no inline %s", a.Key)
		}
		require.False(t, n.Type == html.ElementNode && n.Data == "script" && !sourced, "the policy has no inline scripts")
	}
	require.ElementsMatch(t, []string{"api.css", "api.js", "../openapi.json"}, files)
	for link := range links {
		require.True(t, ids[link], "nothing is at #%s", link)
	}
	require.Equal(t, len(api.Routes())+len(api.MemberRoutes())+len(api.ServerRoutes()), calls, "each route has a call to copy")
	for path, media := range map[string]string{"/docs/api.css": "text/css", "/docs/api.js": "text/javascript"} {
		file := w.get(path, "Authorization", "").ok()
		require.True(t, strings.HasPrefix(file.header.Get("Content-Type"), media), path)
		require.Equal(t, "nosniff", file.header.Get("X-Content-Type-Options"))
		for _, elsewhere := range []string{"url(", "http", "@import", "import(", "fetch", "innerHTML"} {
			require.NotContains(t, string(file.body), elsewhere)
		}
	}
	zipped := w.get("/docs/api", "Accept-Encoding", "gzip").ok()
	require.Equal(t, "gzip", zipped.header.Get("Content-Encoding"))
	require.NotEqual(t, page.header.Get("ETag"), zipped.header.Get("ETag"))
	whole, err := gzip.NewReader(bytes.NewReader(zipped.body))
	require.NoError(t, err)
	require.Equal(t, string(page.body), string(must(io.ReadAll(whole))))
}

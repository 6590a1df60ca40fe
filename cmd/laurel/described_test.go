package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/api/conformance"
)

// described holds what the tests send to servers, and what these answer, against the description of the API.
var described = sync.OnceValues(func() (*conformance.Checker, error) {
	document, err := api.OpenAPI()
	if err != nil {
		return nil, err
	}
	return conformance.New(document)
})

// checking is a network through which nothing goes that does not fit the description.
func checking(t *testing.T) http.RoundTripper {
	checker, err := described()
	require.NoError(t, err)
	return checker.Transport(http.DefaultTransport, func(err error) { t.Errorf("%v", err) })
}

// checked is where a server can be reached by other programs, so that what they send is held against the description.
func checked(t *testing.T, base string) string {
	to, err := url.Parse(base)
	require.NoError(t, err)
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, Transport: checking(t), FlushInterval: -1})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

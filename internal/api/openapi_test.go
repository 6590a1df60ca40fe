package api_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi/datamodel"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/api/conformance"
)

// described holds what the tests send, and what they get, against the description of the API.
var described = must(conformance.New(must(api.OpenAPI())))

// TestMain runs the tests. When it was all of them, a route that none of them has called with success is a failure: nothing would hold its
// description against what it does.
func TestMain(m *testing.M) {
	code := m.Run()
	if unseen := described.Unseen(); code == 0 && all() && len(unseen) > 0 {
		fmt.Printf("FAIL: no test has seen these answers, so nothing holds their descriptions against them:\n%s\n", strings.Join(unseen, "\n"))
		code = 1
	}
	os.Exit(code)
}

// all reports whether no test was left out.
func all() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return !testing.Short()
}

// TestEveryRouteIsDescribed says what has to be written of routes, and where. The document is served to everybody.
func TestEveryRouteIsDescribed(t *testing.T) {
	_, err := api.OpenAPI()
	require.NoError(t, err)
	w := newWorld(t)
	a := w.get("/openapi.json", "Authorization", "").ok()
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	var doc struct {
		OpenAPI string
		Info    struct{ Version string }
		Paths   map[string]map[string]struct {
			OperationID string
			Security    []map[string][]string
		}
	}
	a.json(&doc)
	require.Equal(t, "3.1.0", doc.OpenAPI)
	require.Equal(t, "test", doc.Info.Version)
	in := 0
	for _, r := range slices.Concat(api.Routes(), api.MemberRoutes(), api.ServerRoutes()) {
		operation, described := doc.Paths[api.Shown(r.Path)][strings.ToLower(r.Method)]
		require.True(t, described, "%s %s", r.Method, r.Path)
		require.NotEmpty(t, operation.OperationID)
		in++
	}
	for _, item := range doc.Paths {
		in -= len(item)
	}
	require.Zero(t, in, "nothing is described that there is not")
	again := w.get("/openapi.json", "Authorization", "", "If-None-Match", a.header.Get("ETag"))
	require.Equal(t, 304, again.status)
	require.NotContains(t, string(a.body), "nullable")
}

// TestTheDocumentIsOpenAPI has others than this package read the document: the schema of OpenAPI 3.1 itself, and a library that follows every
// reference.
func TestTheDocumentIsOpenAPI(t *testing.T) {
	text := must(api.OpenAPI())
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("oas.json", must(jsonschema.UnmarshalJSON(strings.NewReader(datamodel.OpenAPI31SchemaData)))))
	oas, err := compiler.Compile("oas.json")
	require.NoError(t, err)
	require.NoError(t, oas.Validate(must(jsonschema.UnmarshalJSON(bytes.NewReader(text)))))

	document, err := libopenapi.NewDocument(text)
	require.NoError(t, err)
	model, err := document.BuildV3Model()
	require.NoError(t, err)
	for name, s := range model.Model.Components.Schemas.FromOldest() {
		built, err := s.BuildSchema()
		require.NoError(t, err, name)
		require.NotEmpty(t, built.Description, "what %s is", name)
	}
}

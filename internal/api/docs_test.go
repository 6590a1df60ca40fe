package api

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/keys"
)

var update = flag.Bool("update", false, "write the tables of docs/api.md anew")

const reference = "../../docs/api.md"

// The tables of docs/api.md are those of the code.
func TestReference(t *testing.T) {
	text, err := os.ReadFile(reference)
	require.NoError(t, err)
	want := string(text)
	for name, table := range map[string]string{"routes": routeTable(), "member routes": memberRouteTable(memberRoutes),
		"server routes": memberRouteTable(serverRoutes), "scopes": scopeTable(), "roles": roleTable(), "codes": codeTable(Codes(), true),
		"field codes": codeTable(FieldCodes(), false),
		"messages":    messageTable()} {
		want = replaceTable(t, want, name, table)
	}
	if *update {
		require.NoError(t, os.WriteFile(reference, []byte(want), 0o600))
		return
	}
	require.Equal(t, want, string(text), "run go test ./internal/api -run TestReference -update")
}

func routeTable() string {
	var b strings.Builder
	b.WriteString("| method and path | scope | parameters |\n|---|---|---|\n")
	for _, r := range routes {
		scope := "`" + string(r.scope) + "`"
		if r.scope == "" {
			scope = "of what is read"
		}
		fmt.Fprintf(&b, "| %s %s | %s | %s |\n", r.method, shown(r.path), scope, strings.Join(r.query, ", "))
	}
	return b.String()
}

// scopeTable is what each scope allows, and which roles have it.
func scopeTable() string {
	var b strings.Builder
	b.WriteString("| scope | allows | roles |\n|---|---|---|\n")
	for _, s := range keys.Scopes() {
		var calls []string
		for _, r := range routes {
			if r.scope == s {
				calls = append(calls, r.method+" "+strings.TrimPrefix(shown(r.path), "/v1"))
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s, strings.Join(calls, ", "), strings.Join(s.Roles(), ", "))
	}
	return b.String()
}

func roleTable() string {
	var b strings.Builder
	b.WriteString("| role | for | scopes |\n|---|---|---|\n")
	for _, r := range keys.Roles() {
		var list []string
		for _, s := range r.Scopes {
			list = append(list, "`"+string(s)+"`")
		}
		if len(r.Scopes) == len(keys.Scopes()) {
			list = []string{"all"}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Name, r.For, strings.Join(list, ", "))
	}
	return b.String()
}

func memberRouteTable(routes []route) string {
	var b strings.Builder
	b.WriteString("| method and path | parameters |\n|---|---|\n")
	for _, r := range routes {
		fmt.Fprintf(&b, "| %s %s | %s |\n", r.method, shown(r.path), strings.Join(r.query, ", "))
	}
	return b.String()
}

// messageTable is the types of webhooks with their fields.
func messageTable() string {
	var b strings.Builder
	b.WriteString("| type | fields of `data` besides `event`, and `member` and `number` |\n|---|---|\n")
	for _, t := range engine.MessageTypes() {
		var fields []string
		for _, f := range t.Schema.Fields {
			fields = append(fields, "`"+f.Name+"`")
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", t.Name, strings.Join(fields, ", "))
	}
	return b.String()
}

func codeTable(codes []Code, status bool) string {
	var b strings.Builder
	if status {
		b.WriteString("| code | status | meaning |\n|---|---|---|\n")
	} else {
		b.WriteString("| code | meaning |\n|---|---|\n")
	}
	for _, c := range codes {
		if status {
			fmt.Fprintf(&b, "| `%s` | %d | %s |\n", c.Code, c.Status, c.Meaning)
		} else {
			fmt.Fprintf(&b, "| `%s` | %s |\n", c.Code, c.Meaning)
		}
	}
	return b.String()
}

// replaceTable puts a table between the marks of its name.
func replaceTable(t *testing.T, text, name, table string) string {
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
	i, j := strings.Index(text, begin), strings.Index(text, end)
	require.True(t, i >= 0 && j > i, "%s has no marks for %s", reference, name)
	return text[:i+len(begin)] + table + text[j:]
}

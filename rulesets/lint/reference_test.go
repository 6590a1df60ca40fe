package lint_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets/lint"
)

// What docs/language.md says of lints is what the code has.
func TestReference(t *testing.T) {
	const file, begin, end = "../../docs/language.md", "<!-- lints -->\n", "<!-- end of lints -->\n"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), begin)
	written, after, ended := strings.Cut(rest, end)
	require.True(t, found && ended, "%s has no marks for lints", file)
	if flag.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.WriteFile(file, []byte(before+begin+lint.Reference()+end+after), 0o600))
		return
	}
	require.Equal(t, lint.Reference(), written, "run go test -p 1 ./rulesets/... -run Reference -update")
}

package suite

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/document"
)

const reference = "../../docs/language.md"

// What docs/language.md says of tests is what the code has.
func TestReference(t *testing.T) {
	text, err := os.ReadFile(reference)
	require.NoError(t, err)
	updating := flag.Lookup("update").Value.String() == "true"
	for name, fields := range map[string][]document.Field{
		"test file": suiteSection.Fields, "test": testSection.Fields, "step of a test": stepSection.Fields, "expect": expectations,
	} {
		begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
		before, rest, found := strings.Cut(string(text), begin)
		written, after, ended := strings.Cut(rest, end)
		require.True(t, found && ended, "%s has no marks for %s", reference, name)
		if updating {
			text = []byte(before + begin + table(fields) + end + after)
			continue
		}
		require.Equal(t, table(fields), written, "run go test -p 1 ./rulesets/... -run Reference -update")
	}
	if updating {
		require.NoError(t, os.WriteFile(reference, text, 0o600))
	}
}

// Every expectation's example can be read, beside a ruleset that has what it names, and every step's has its form.
func TestReferenceExamples(t *testing.T) {
	cafe := func(string) (*rulesets.Program, rulesets.Diagnostics) { return rulesets.LoadPath("testdata/cafe.yaml") }
	for _, f := range expectations {
		require.Regexp(t, `^[A-Z].*\.$`, f.Doc, f.Name)
		step := "{at: 2026-12-01, claim: cake, id: c1}, {at: 2026-12-01, event: purchase, with: {order: o1, amount: 10}, expect: {" + f.Name + ": " + f.Example + "}}"
		_, diagnostics := Parse("example.yaml", []byte("ruleset: cafe\ntests: {example: {members: {ann: {}}, timeline: ["+step+"]}}\n"), cafe)
		require.Empty(t, diagnostics.Error())
	}
	for _, s := range []*document.Section{suiteSection, testSection, stepSection} {
		for i := range s.Fields {
			f := &s.Fields[i]
			require.Regexp(t, `^[A-Z].*\.$`, f.Doc, f.Name)
			if f.Example == "" {
				require.Nil(t, f.Phrase, f.Name)
				continue
			}
			var report document.Reporter
			root := document.Parse("example.yaml", []byte(f.Name+": "+f.Example+"\n"), &report)
			require.Empty(t, report.List.Error())
			require.True(t, report.Fits(root.Pairs[0].Value, f), report.List.Error())
		}
	}
	for _, a := range actions {
		require.NotNil(t, stepSection.Field(a), a)
	}
}

func table(fields []document.Field) string {
	var b strings.Builder
	b.WriteString("| key | what it is | for example |\n|---|---|---|\n")
	for _, f := range fields {
		example := ""
		if f.Example != "" {
			example = "`" + f.Example + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Name, f.Doc, example)
	}
	return b.String()
}

package rulesets

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

const reference = "../docs/language.md"

// The generated parts of docs/language.md are those of the tables of the code.
func TestReference(t *testing.T) {
	text, err := os.ReadFile(reference)
	require.NoError(t, err)
	parts := map[string]string{
		"phrases": phraseTable(),
		"types": wordTable([]string{"type", "a value", "what it holds"}, typeWords, func(w expression.Word) []string {
			return []string{code(w.Name), code(w.Example), w.Doc}
		}),
		"functions":       wordTable([]string{"function", "yields", "what it does", "example"}, expression.FunctionWords(), wordRow),
		"event fields":    wordTable([]string{"field", "type", "what it is", "example"}, expression.EventWords(), wordRow),
		"member fields":   wordTable([]string{"field", "type", "what it is", "example"}, expression.MemberWords(), wordRow),
		"built-in events": wordTable([]string{"event", "fields", "when"}, builtinWords, builtinRow),
	}
	for _, s := range allSections() {
		parts[s.Name] = fieldTable(s)
	}
	updating := flag.Lookup("update").Value.String() == "true"
	for name, part := range parts {
		begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
		before, rest, found := strings.Cut(string(text), begin)
		written, after, ended := strings.Cut(rest, end)
		require.True(t, found && ended, "%s has no marks for %s", reference, name)
		if updating {
			text = []byte(before + begin + part + end + after)
			continue
		}
		require.Equal(t, part, written, "run go test -p 1 ./rulesets/... -run Reference -update")
	}
	if updating {
		require.NoError(t, os.WriteFile(reference, text, 0o600))
	}
}

// Examples have the form that they are examples of, and nothing is left undescribed.
func TestReferenceExamples(t *testing.T) {
	for _, s := range allSections() {
		require.Regexp(t, `^[A-Z].*\.$`, s.Doc, s.Name)
		for i := range s.Fields {
			f := &s.Fields[i]
			require.Regexp(t, `^[A-Z].*\.$`, f.Doc, "%s.%s", s.Name, f.Name)
			if f.Example == "" {
				require.False(t, f.Phrase != nil && f.Fallback == "" && f.Words == nil, "%s.%s wants an example", s.Name, f.Name)
				continue
			}
			var report document.Reporter
			root := document.Parse("example.yaml", []byte(f.Name+": "+f.Example+"\n"), &report)
			require.Empty(t, report.List.Error())
			require.True(t, report.Fits(root.Pairs[0].Value, f), "%s\n%s", s.Name, report.List.Error())
		}
	}
	for _, p := range phrases() {
		require.NotEmpty(t, p.Examples, p.Noun)
		for _, example := range p.Examples {
			require.True(t, p.Matches(example), "%s: %s", p.Noun, example)
		}
	}
	names := func(words []expression.Word) (all []string) {
		for _, w := range words {
			all = append(all, w.Name)
		}
		slices.Sort(all)
		return all
	}
	var builtin []string
	for _, e := range engine.BuiltinEvents() {
		builtin = append(builtin, e.Name)
	}
	slices.Sort(builtin)
	require.Equal(t, builtin, names(builtinWords))
	require.Equal(t, slices.Sorted(slices.Values(document.Type.Examples)), names(typeWords))
}

// allSections are the ruleset and what is below it, each once, in the order in which they are written.
func allSections() []*document.Section {
	var all []*document.Section
	var visit func(*document.Section)
	visit = func(s *document.Section) {
		if s == nil || slices.Contains(all, s) {
			return
		}
		all = append(all, s)
		for _, f := range s.Fields {
			visit(f.Entries)
			visit(f.Record)
		}
	}
	visit(rulesetSection)
	return all
}

// phrases are those with a form of their own, in the order of the reference.
func phrases() []*document.Phrase {
	return []*document.Phrase{document.Trigger, document.Limit, document.Window, document.Day, document.Hours, document.Cron, document.Expiry,
		document.Pending, document.Keep, document.Grace, document.Duration, document.Period, document.Allowance, document.Subject, document.Cost, document.Money,
		document.Rank, document.ID, document.Number, document.Whole, document.Boolean, document.Date, document.Moment, document.Currency}
}

func fieldTable(s *document.Section) string {
	rows := [][]string{{"field", "value", "default", "what it does"}}
	for _, f := range s.Fields {
		doc, fallback := f.Doc, code(f.Fallback)
		if f.Example != "" {
			doc += " For example " + code(f.Example) + "."
		}
		if f.Required {
			fallback = "required"
		}
		rows = append(rows, []string{code(f.Name), form(f), fallback, doc})
	}
	return table(rows)
}

// form says what a field's value looks like.
func form(f document.Field) string {
	var forms []string
	if f.Phrase != nil {
		forms = append(forms, f.Phrase.Noun)
	}
	for _, w := range f.Words {
		forms = append(forms, code(w))
	}
	switch {
	case f.Record != nil && f.Many && f.Phrase == nil:
		return "a list of [" + f.Record.Name + "s](#" + f.Record.Name + ")"
	case f.Record != nil:
		forms = append(forms, "a map, see ["+f.Record.Name+"](#"+f.Record.Name+")")
	case f.Entries != nil:
		forms = append(forms, "by id, see ["+f.Name+"](#"+f.Name+")")
	case f.Free:
		forms = append(forms, "a map")
	}
	if f.Many {
		forms = append(forms, "a list")
	}
	return strings.Join(forms, ", ")
}

func phraseTable() string {
	rows := [][]string{{"phrase", "examples", "what it means"}}
	for _, p := range phrases() {
		var examples []string
		for _, e := range p.Examples {
			examples = append(examples, code(e))
		}
		rows = append(rows, []string{p.Noun, strings.Join(examples, "<br>"), p.Doc})
	}
	return table(rows)
}

func wordRow(w expression.Word) []string {
	return []string{code(w.Form), w.Type, w.Doc, code(w.Example) + " is " + code(w.Result)}
}

func builtinRow(w expression.Word) []string {
	var fields []string
	for _, e := range engine.BuiltinEvents() {
		if e.Name == w.Name {
			for _, f := range e.Schema.Fields {
				fields = append(fields, code("event."+f.Name))
			}
		}
	}
	return []string{code(w.Name), strings.Join(fields, ", "), w.Doc}
}

func wordTable(head []string, words []expression.Word, row func(expression.Word) []string) string {
	rows := [][]string{head}
	for _, w := range words {
		rows = append(rows, row(w))
	}
	return table(rows)
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// table writes rows, the first of which is its head, as Markdown.
func table(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", len(row)) + "\n")
		}
	}
	return b.String()
}

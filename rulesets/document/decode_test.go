package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets/document"
)

var (
	shelf = &document.Section{Name: "shelf", Fields: []document.Field{
		{Name: "holds", Phrase: document.Whole, Required: true, Doc: "how many books"},
	}}
	shop = &document.Section{Name: "shop", Fields: []document.Field{
		{Name: "title", Phrase: document.Text, MapNotYet: "titles by language"},
		{Name: "opens", Phrase: document.Day, Many: true},
		{Name: "floor", Words: []string{"ground", "first"}, Fallback: "ground"},
		{Name: "limit", Phrase: document.Limit},
		{Name: "heated", Phrase: document.Boolean},
		{Name: "shelves", Entries: shelf},
		{Name: "window", Record: shelf, Many: true},
		{Name: "notes", Free: true},
	}, NotYet: map[string]string{"lift": "shops of several floors"}}
)

func decode(t *testing.T, text string) (*document.Record, *document.Reporter) {
	t.Helper()
	report := &document.Reporter{}
	root := document.Parse("shop.yaml", []byte(text), report)
	require.NotNil(t, root, report.List.Error())
	return report.Decode(root, shop, nil), report
}

func TestRecord(t *testing.T) {
	rec, report := decode(t, "title: Books\nopens: monday\nshelves:\n  b: {holds: 3}\n  a: {holds: 5}\nnotes: {x: 1}\n")
	shelves := report.Entries(rec.Values["shelves"], shelf)
	require.Empty(t, report.List)
	require.False(t, rec.Broken)
	require.Equal(t, "a shop", rec.String())
	require.Equal(t, "Books", rec.Text("title"))
	require.Equal(t, "ground", rec.Text("floor"), "the default")
	require.Len(t, rec.List("opens"), 1, "one is a list of one")
	require.Empty(t, rec.List("window"))
	require.True(t, rec.Has("notes"))
	require.True(t, rec.Lacks("floor", "limit"))
	require.False(t, rec.Lacks("floor", "opens"))

	require.Len(t, shelves, 2)
	require.Equal(t, "shelf a", shelves[0].String(), "sorted by id")
	require.Equal(t, document.Position{File: "shop.yaml", Line: 5, Column: 3}, shelves[0].Place().Position())
}

func TestWhatDoesNotFit(t *testing.T) {
	for text, want := range map[string]string{
		"titel: Books":                  `1:1 a shop has no field "titel"; did you mean title?`,
		"name: Books":                   `1:1 a shop has no field "name"; did you mean title?`,
		"xyzzy: 1":                      `1:1 a shop has no field "xyzzy"; it has: title, opens, floor, limit, heated, shelves, window, notes`,
		"lift: true":                    `1:1 not yet: shops of several floors; leave it out`,
		"title: {en: Books}":            `1:8 not yet: titles by language; write one for all`,
		"title: [Books]":                `1:8 title must be text, but this is a list; `,
		"opens: [monday, someday]":      `1:17 opens must be a weekday, or one of a month, not "someday"; such as tuesday, first friday, last sunday`,
		"opens: []":                     `1:8 opens is an empty list; leave the field out`,
		"floor: grond":                  `1:8 floor must be one of ground, first, not "grond"; did you mean ground?`,
		"heated: yes":                   `1:9 heated must be true or false, not "yes"; such as true or false; here it is true`,
		"limit:":                        `1:7 limit is empty; `,
		"window: none":                  `1:9 window must be a list, but this is a value; `,
		"shelves: 3":                    `1:10 shelves must be a map, but this is a value; give each an id: shelves: {ID: {holds: …}}`,
		"shelves: {Top: {holds: 1}}":    `1:11 "Top" is not an id; did you mean top? Small letters, digits and _, at most 40`,
		"shelves: {top: {}}":            `1:11 shelf top needs holds; how many books`,
		"shelves: {top: 3}":             `1:16 a shelf is a map of fields, but this is a value; write its fields: holds: …`,
		"shelves: {top: {holds: many}}": `1:24 holds must be a whole number, not "many"; such as 1 or 100`,
	} {
		rec, report := decode(t, text+"\n")
		report.Entries(rec.Values["shelves"], shelf)
		require.Len(t, report.List, 1, text)
		d := report.List[0]
		require.Equal(t, want, fmt.Sprintf("%d:%d %s; %s", d.Line, d.Column, d.Message, d.Suggestion), text)
	}
}

func TestPhraseIsTakenApart(t *testing.T) {
	const text = "500 coins per quarter by member.team"
	require.True(t, document.Limit.Matches(text))
	require.False(t, document.Limit.Matches("500 coins a quarter"))
	g := document.Limit.Match(text)
	require.Equal(t, []string{"500", "coins", "quarter", "", "", "member.team", ""},
		[]string{g.Get(1), g.Get(2), g.Get(3), g.Get(4), g.Get(5), g.Get(6), g.Get(7)})
	require.True(t, g.Has(6))
	require.False(t, g.Has(7))
	from, to := g.At(2)
	require.Equal(t, "coins", text[from:to])
}

func TestDocumentsAreBoundedTogether(t *testing.T) {
	report := &document.Reporter{}
	half := []byte("notes: {a: 1}\n" + strings.Repeat("# filler\n", document.MaxSize/18))
	require.NotNil(t, document.Parse("a.yaml", half, report))
	require.Nil(t, document.Parse("b.yaml", half, report))
	require.Nil(t, document.Parse("c.yaml", half, report))
	require.Len(t, report.List, 1, "it is said once")
	require.Equal(t, "b.yaml", report.List[0].File)
	require.Contains(t, report.List[0].Message, "larger than 4 MiB")
}

func TestSortedSaysAThingOnce(t *testing.T) {
	d := func(file string, line int, message string) document.Diagnostic {
		return document.Diagnostic{Severity: document.SeverityError, File: file, Line: line, Column: 1, Width: 1, Message: message}
	}
	said := document.Diagnostics{d("b", 1, "x"), d("a", 2, "x"), d("a", 1, "y"), d("a", 2, "x")}
	require.Equal(t, document.Diagnostics{d("a", 1, "y"), d("a", 2, "x"), d("b", 1, "x")}, said.Sorted())
	require.Len(t, said, 4, "a sorted copy")
}

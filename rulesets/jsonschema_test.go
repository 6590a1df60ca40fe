package rulesets_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/examples"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(rulesets.JSONSchema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	require.NoError(t, c.AddResource("ruleset.schema.json", doc))
	schema, err := c.Compile("ruleset.schema.json")
	require.NoError(t, err)
	return schema
}

// TestSchemaTakesWhatCompiles holds that every ruleset that compiles also fits the schema that editors check with.
func TestSchemaTakesWhatCompiles(t *testing.T) {
	schema := compiledSchema(t)
	texts := map[string][]byte{}
	require.NoError(t, fs.WalkDir(examples.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Base(name) == "ruleset.yaml" {
			texts[name], err = fs.ReadFile(examples.FS, name)
		}
		return err
	}))
	files, err := filepath.Glob("testdata/*.good.yaml")
	require.NoError(t, err)
	for _, file := range files {
		texts[file], err = os.ReadFile(file)
		require.NoError(t, err)
	}
	require.Greater(t, len(texts), len(examples.Names))
	for name, text := range texts {
		require.NoError(t, schema.Validate(asEditor(t, text)), name)
	}
}

// TestSchemaRefuses holds that an editor marks what the loader refuses, as far as a schema can tell.
func TestSchemaRefuses(t *testing.T) {
	schema := compiledSchema(t)
	const head = "program: p\nevents: {buy: {amount: money, items?: [{sku: text}]}}\n"
	for name, text := range map[string]string{
		"no events":                "program: p\n",
		"an unknown section":       head + "rule: {}\n",
		"an unknown field":         head + "rules: {a: {when: buy, then: {stars: 1}}}\n",
		"an id that is none":       head + "rules: {A-b: {when: buy}}\n",
		"a misspelt word":          head + "points: {stars: {rounding: floor}}\n",
		"a phrase of another form": head + "points: {stars: {expire: after 12 months}}\n",
		"a limit without a period": head + "rules: {a: {when: buy, give: {stars: 1}, limit: 3 a day}}\n",
		"a type that is none":      "program: p\nevents: {buy: {amount: float}}\n",
		"a list of two types":      "program: p\nevents: {buy: {amounts: [money, text]}}\n",
		"text for a number":        head + "streaks: {s: {when: buy, every: week, goal: three}}\n",
		"prizes without ranks":     head + "counters: {c: {when: buy}}\nleaderboards: {l: {counter: c, prizes: [{give: {stars: 1}}]}}\n",
	} {
		require.Error(t, schema.Validate(asEditor(t, []byte(text))), name)
		_, diagnostics := rulesets.Parse("a.yaml", []byte(text))
		require.True(t, diagnostics.HasErrors(), name)
	}
}

// asEditor reads YAML 1.2 as editors do: a date is text.
func asEditor(t *testing.T, text []byte) any {
	t.Helper()
	var doc yaml.Node
	require.NoError(t, yaml.Unmarshal(text, &doc))
	var plain func(n *yaml.Node)
	plain = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!timestamp" {
			n.Tag = "!!str"
		}
		for _, c := range n.Content {
			plain(c)
		}
	}
	plain(&doc)
	var out any
	require.NoError(t, doc.Decode(&out))
	return out
}

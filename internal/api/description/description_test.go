package description

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// TestNotation holds what is written in a line against the JSON Schema that it stands for.
func TestNotation(t *testing.T) {
	for line, want := range map[string]string{
		"text. A name.":                  `{"type":"string","description":"A name."}`,
		"text or null. A name.":          `{"type":["string","null"],"description":"A name."}`,
		"text up to 200. A name.":        `{"type":"string","maxLength":200,"description":"A name."}`,
		"text of 1 to 200. A name.":      `{"type":"string","minLength":1,"maxLength":200,"description":"A name."}`,
		"count or null. How many.":       `{"type":["integer","null"],"minimum":0,"description":"How many."}`,
		"integer -3 to 100. How many.":   `{"type":"integer","minimum":-3,"maximum":100,"description":"How many."}`,
		"id. Whom.":                      `{"$ref":"#/components/schemas/ID","description":"Whom."}`,
		"instant or null. When.":         `{"anyOf":[{"$ref":"#/components/schemas/Instant"},{"type":"null"}],"description":"When."}`,
		"list of Effect. What.":          `{"type":"array","items":{"$ref":"#/components/schemas/Effect"},"description":"What."}`,
		"list of text or null. What.":    `{"type":["array","null"],"items":{"type":"string"},"description":"What."}`,
		"list of A or B.":                `{"type":"array","items":{"anyOf":[{"$ref":"#/components/schemas/A"},{"$ref":"#/components/schemas/B"}]}}`,
		"map of boolean.":                `{"type":"object","additionalProperties":{"type":"boolean"}}`,
		"one of a, b. Which.":            `{"type":"string","enum":["a","b"],"description":"Which."}`,
		"one of a, b or null. Which.":    `{"anyOf":[{"type":"string","enum":["a","b"]},{"type":"null"}],"description":"Which."}`,
		`"points"`:                       `{"const":"points"}`,
		"const true. It is so.":          `{"const":true,"description":"It is so."}`,
		"object. Such as 1.5. And more.": `{"type":"object","description":"Such as 1.5. And more."}`,
	} {
		made, err := described(line)
		require.NoError(t, err, line)
		got, err := json.Marshal(made)
		require.NoError(t, err)
		require.Equal(t, want, string(got), line)
	}
	for _, line := range []string{"txt. A name.", "integer 1 to many. How many.", "list of. What.", "const yes. It is so.", ""} {
		_, err := described(line)
		require.Error(t, err, line)
	}
}

// TestWhatIsMissingIsSaid leaves out, one by one, what a maintainer may forget, and is told what to write and where.
func TestWhatIsMissingIsSaid(t *testing.T) {
	whole, err := read()
	require.NoError(t, err)
	facts := Facts{Codes: []Code{{"x", 400, "x"}}}
	said := func(facts Facts, change func(*texts)) string {
		t, err := read()
		if err != nil {
			return err.Error()
		}
		change(t)
		_, err = t.document(facts)
		return err.Error()
	}
	nothing := func(*texts) {}
	require.Contains(t, said(Facts{Routes: []Route{{Method: "GET", Path: "/v1/events/{event}/pictures"}}}, nothing),
		"route GET /v1/events/{event}/pictures has no description: add it to internal/api/description/sections/events.yaml")
	require.Contains(t, said(facts, nothing), "sections/events.yaml describes POST /v1/events, and there is no such route")
	require.Contains(t, said(Facts{Scopes: []string{"cars:drive"}}, nothing), "what the scope cars:drive allows has to be said")
	require.Contains(t, said(Facts{Routes: []Route{{Method: "GET", Path: "/v1/challenges", Query: []string{"colour"}}}}, nothing),
		"what the parameter colour of GET /v1/challenges is has to be said, under `query` there or in api.yaml")
	require.Contains(t, said(Facts{Routes: []Route{{Method: "POST", Path: "/v1/events"}}}, nothing), "POST /v1/events takes no body: take `body` out")
	require.Contains(t, said(Facts{Routes: []Route{{Method: "GET", Path: "/v1/challenges", Body: true}}}, nothing), "GET /v1/challenges takes a body: say which")
	require.Contains(t, said(Facts{Messages: []Message{{Type: "sold", Fields: []string{"price"}}}}, nothing), "what the field price of messages is has to be said")
	require.Contains(t, said(Facts{Routes: []Route{{Method: "GET", Path: "/v1/challenges"}}}, nothing), "there is no problem \"wrong_parameter\"")
	require.Contains(t, said(facts, func(t *texts) {
		t.sections[0].Schemas = append(t.sections[0].Schemas, entry[yaml.Node]{"Car", yaml.Node{Kind: yaml.ScalarNode, Value: "list of Wheel. Its wheels."}})
	}), "there is no schema Wheel, which is spoken of")
	require.NotEmpty(t, whole.Sections)
}

package rulesets

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// hash is the version of a ruleset: the SHA-256 of its canonical expansion as JSON with sorted keys. Formatting, comments, titles and the order of
// keys do not count; a default that is written out counts as if it were left out.
func hash(expansion map[string]any) string {
	text, err := json.Marshal(expansion)
	if err != nil {
		panic("rulesets: the canonical expansion is not JSON: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// expandRecord is the canonical expansion of a record: its fields by name, every default filled in.
func expandRecord(n *document.Node, s *document.Section) map[string]any {
	out := map[string]any{}
	for i := range s.Fields {
		f := &s.Fields[i]
		if f.Cosmetic {
			continue
		}
		if v := n.Find(f.Name); v != nil {
			out[f.Name] = expand(v, f)
		} else if f.Fallback != "" {
			out[f.Name] = f.Fallback
		}
	}
	return out
}

// freeMap is a field of which nothing is known.
var freeMap = &document.Field{Free: true}

func expand(n *document.Node, f *document.Field) any {
	switch {
	case n.Kind == document.List:
		items := make([]any, len(n.Items))
		for i, item := range n.Items {
			items[i] = expand(item, f)
		}
		if len(items) == 1 && f.Many {
			return items[0] // `limit: [x]` is `limit: x`
		}
		return items
	case n.Kind == document.Map && f.Entries != nil:
		out := map[string]any{}
		for _, p := range n.Pairs {
			out[p.Key.Text] = expandRecord(p.Value, f.Entries)
		}
		return out
	case n.Kind == document.Map && f.Record != nil:
		return expandRecord(n, f.Record)
	case n.Kind == document.Map:
		out := map[string]any{}
		for _, p := range n.Pairs {
			out[p.Key.Text] = expand(p.Value, freeMap)
		}
		return out
	default:
		return canonicalScalar(n, f)
	}
}

// expressions are the phrases that are compiled as expressions; nil is the phrase of a scalar in a free map.
var expressions = []*document.Phrase{document.Condition, document.Amount, document.Reference, document.Distinct, nil}

func canonicalScalar(n *document.Node, f *document.Field) string {
	text := strings.TrimSpace(n.Text)
	if d, err := decimal.Parse(text); err == nil {
		return d.String()
	}
	if slices.Contains(expressions, f.Phrase) && f.Words == nil {
		if c, ok := expression.Canonical(text); ok {
			return c
		}
	}
	return strings.Join(strings.Fields(text), " ")
}

// Shown is a value of the expansion as people read it.
func Shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "(none)"
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = Shown(v[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, k := range ids(v) {
			parts = append(parts, k+": "+Shown(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		text, _ := json.Marshal(v)
		return string(text)
	}
}

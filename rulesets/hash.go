package rulesets

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// hash is the version of a ruleset: the SHA-256 of its canonical expansion. Formatting, comments, titles and the order of
// keys do not count; a default that is written out counts as if it were left out.
func hash(root *record) string {
	sum := sha256.Sum256(canonical(root))
	return hex.EncodeToString(sum[:])
}

// canonical is the canonical expansion: JSON with sorted keys, every default filled in.
func canonical(root *record) []byte {
	text, err := json.Marshal(expandRecord(root.node, root.section))
	if err != nil {
		panic("rulesets: the canonical expansion is not JSON: " + err.Error())
	}
	return text
}

func expandRecord(n *node, s *section) map[string]any {
	out := map[string]any{}
	for i := range s.fields {
		f := &s.fields[i]
		if f.cosmetic {
			continue
		}
		if v := n.find(f.name); v != nil {
			out[f.name] = expand(v, f.is)
		} else if f.fallback != "" {
			out[f.name] = f.fallback
		}
	}
	return out
}

func expand(n *node, is shape) any {
	switch {
	case n.kind == listNode:
		items := make([]any, len(n.items))
		for i, item := range n.items {
			items[i] = expand(item, is)
		}
		if len(items) == 1 && is.many {
			return items[0] // `limit: [x]` is `limit: x`
		}
		return items
	case n.kind == mapNode && is.entries != nil:
		out := map[string]any{}
		for _, p := range n.pairs {
			out[p.key.text] = expandRecord(p.value, is.entries)
		}
		return out
	case n.kind == mapNode && is.record != nil:
		return expandRecord(n, is.record)
	case n.kind == mapNode:
		out := map[string]any{}
		for _, p := range n.pairs {
			out[p.key.text] = expand(p.value, freeMap)
		}
		return out
	default:
		return canonicalScalar(n, is)
	}
}

// expressions are the phrases that are compiled as expressions.
var expressions = []string{aCondition, anAmount, aReference, aDistinct, ""}

func canonicalScalar(n *node, is shape) string {
	text := strings.TrimSpace(n.text)
	if d, err := decimal.Parse(text); err == nil {
		return d.String()
	}
	if slices.Contains(expressions, is.phrase) && is.words == nil {
		if c, ok := expression.Canonical(text); ok {
			return c
		}
	}
	return strings.Join(strings.Fields(text), " ")
}

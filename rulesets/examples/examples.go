// Package examples holds the shipped rulesets, each in a directory of its own, for `laurel init` and for tests.
package examples

import "embed"

// FS holds NAME/ruleset.yaml for every name of Names.
//
//go:embed */*.yaml
var FS embed.FS

// Names are the shipped rulesets, sorted.
var Names = []string{"coffee", "fashion", "fitness", "sales", "stampcard"}

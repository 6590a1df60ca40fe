package rulesets

import "github.com/laurel-engine/laurel/rulesets/document"

// JSONSchema is the JSON Schema (draft-07) of rulesets, made from the table of fields that reads them.
func JSONSchema() []byte { return rulesetSection.JSONSchema("urn:laurel:ruleset", "A Laurel ruleset") }

// Root is the section that a whole ruleset is: its settings, and the sections of its definitions.
func Root() *document.Section { return rulesetSection }

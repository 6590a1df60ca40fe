package rulesets

// JSONSchema is the JSON Schema (draft-07) of rulesets, made from the table of fields that reads them.
func JSONSchema() []byte { return rulesetSection.JSONSchema("urn:laurel:ruleset", "A Laurel ruleset") }

// Package rulesets makes an engine.Ruleset of what a brand writes: YAML with expressions (language).
//
// The path of a ruleset: parseYAML reads each file into nodes and refuses what YAML can do and a ruleset must not; merge
// joins the files; decode reads nodes into records by the table of fields; builder makes every definition that others can
// name and then compiles what they mean, expressions with package expression. Nothing stops at the first error: all of
// them are collected as Diagnostics, each with its place in the file, the source line and a suggestion.
//
// The types: Program is a compiled ruleset, Diagnostic one thing said about one, Inactive a part that is understood but not
// yet run. A Suite is a file of tests, read with the same nodes, records and diagnostics; package suite runs it.
package rulesets

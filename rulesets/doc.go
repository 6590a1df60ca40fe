// Package rulesets makes an engine.Ruleset of what a brand writes: YAML with expressions (language).
//
// The path of a ruleset: package document reads each file into nodes; merge joins the files; the nodes become records by the
// table of fields; builder makes every definition that others can name and then compiles what they mean, expressions with
// package expression. Nothing stops at the first error: all of them are collected as Diagnostics.
//
// The types: Program is a compiled ruleset, Diagnostic one thing said about one, Inactive a part that is understood but not
// yet run. The tests of a ruleset are read and run by package suite.
package rulesets

// Package plan says what a new version of a ruleset changes: each definition that differs (plan.go), what that means for members in
// flight, and what forbids it (consequences.go). It compares canonical expansions; nothing is run.
package plan

// Package expand prints what a ruleset amounts to: everything that is short for something else spelt out, and every default filled in.
package expand

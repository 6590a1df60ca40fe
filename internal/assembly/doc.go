// Package assembly puts a program together from a data directory, a clock and a compiled ruleset: its versions, its secret, its
// boards. It is what the binary and package laurel have in common.
package assembly

// Package assembly puts a program together from where its data lies, a clock and a compiled ruleset: its versions, its secret, its
// boards. It is what the binary and package laurel have in common.
package assembly

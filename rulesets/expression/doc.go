// Package expression compiles the expressions of a ruleset (language: Expressions) to closures that engine calls.
//
// The path of one expression: expr-lang/expr parses it; audit allows only the node kinds of the language; compiler resolves
// names against a Scope, checks types and guards of optional values, and builds a typed closure a node; verify asks expr's
// own type checker as a second opinion. Numbers are exact decimals from the source text to the result, nothing runs in a
// virtual machine, and a compiled expression allocates nothing.
//
// The types: Scope is what an expression may look at, Expression a compiled one, Error one thing wrong with its source.
package expression

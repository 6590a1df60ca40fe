// Package lint finds in a program that compiles what its author can hardly have meant (language: Lints).
//
//	Run ───────> what each lint of the table has to say, without what a comment silences         (lint.go, ignore.go)
//	Reference ─> the table as documentation                                                      (table.go)
//
// Lints look at a program as it is written (rulesets.Written) beside what it means. Two questions come up again and again: can
// a condition come out as true, or as false, at all (truth.go, over domains of values, domain.go, that ranges.go finds for each
// part of an expression); and how many points can a member earn in some time at best (earnings.go). Both are answered carefully:
// what is not known for certain counts as possible, so that a lint rather stays silent than cries wolf.
package lint

// Package oracle is a second opinion on the semantics: it says what a program must answer after a history, computed in
// the plainest and slowest way and sharing no code with the engine.
//
// A Program is a small model of a ruleset. A World takes what happens in acceptance order; it decides points once, keeps
// what each event gave, and works out everything else (counters, badges, streaks, challenges, groups, tiers, boards) anew
// from the whole list whenever it is asked. The tests of this package draw random programs and histories, each program
// with a random half of the features, and hold the engine to it; they count the situations that came up, and fail where
// one never did.
//
// The generator is the package's own and not a library's: one seed draws a whole history, so that a million events are
// drawn in seconds and every history is found again by one number. A history that disagrees is shortened by leaving out
// what happened at some instants and then definitions, with the times of all else untouched, which a shrinker of random
// choices cannot do.
package oracle

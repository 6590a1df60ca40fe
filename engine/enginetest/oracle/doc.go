// Package oracle is a second opinion on the semantics: it says what a program must answer after a history, computed in
// the plainest and slowest way and sharing no code with the engine.
//
// A Program is a small model of a ruleset. A World takes what happens in acceptance order; it decides points once, keeps
// what each event gave, and works out everything else (counters, badges, streaks, challenges, groups, tiers, boards) again
// from the whole list whenever it is asked. The tests of this package draw random programs and histories around a pair of
// features, each other feature in a random half of them, and hold the engine to it; every pair of features is the focus of
// as many histories as any other. They count the situations that came up and the pairs of features that really happened in
// one history, and on a full run fail where one never did.
//
// Where the contract leaves a question open, what would ask it is not drawn: the
// drawing says so at its place.
//
// The generator is the package's own and not a library's: one seed draws a whole history, so that a million events are
// drawn in minutes and every history is found again by one number, for as long as the drawing is not changed. A history that
// disagrees is shortened by leaving out what happened at some instants and then definitions, with the times of all else
// untouched, which a shrinker of random choices cannot do; what it shows becomes a test of package engine.
package oracle

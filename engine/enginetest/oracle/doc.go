// Package oracle is a second opinion on the semantics: it says what a program must answer after a history, computed in
// the plainest and slowest way and sharing no code with the engine.
//
// A Program is a small model of a ruleset. A World takes what happens in acceptance order; it decides points once, keeps
// what each event gave, and works out everything else (counters, streaks, challenges, tiers) anew from the whole list
// whenever it is asked. The tests of this package draw random programs and histories, and hold the engine to it.
package oracle

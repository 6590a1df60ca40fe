// Package tasks is what time asks for: members that are due, news for all of them, gifts to groups, seasons that close, openings
// and closings that the world outside is told of.
//
// A Task reads the store, and what it does is events, which take the path of all others, and rows that say how far it has come. So
// a piece of a task may be stopped anywhere and done again, late, or by another process. A server's jobs run them as the clock goes
// on (All); a test of a ruleset and a sandbox move a clock of their own through them (Advance).
//
// Nothing of the core knows this package. Like the core it is pure: it asks a Runtime for the time, and to write.
package tasks

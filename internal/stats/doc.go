// Package stats keeps the numbers of a program: what was issued and spent, which events came, who is active, how far members are with
// challenges.
//
// A Follower is told of what was accepted once it is durable (Follower.Accepted), and counts it off the path of events. What it counts it keeps
// as rows of the program's store, together with how far it has got, in one commit; a crash loses the tail of them, and the journal gives
// it back. It reads the journal where it has fallen behind, where it starts again, and where a build counts otherwise than the one before.
//
//	cells.go      rows that are sums, and their keys
//	member.go     the row of a member: on which days they were active
//	counting.go   a record to changes of cells and members (pure)
//	follower.go   the queue, the goroutine, the commits
//	census.go     what members have now, read from their states
//	figures…      rows to answers (pure)
//
// Counting knows nothing of clocks, and gives the same rows whoever counts, in one go or with a crash in between: tests compare them.
package stats

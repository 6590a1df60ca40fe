// Package leaderboards ranks the members of a counter.
//
// A [Key] names one ranking: one season and one split of a leaderboard. Into it go absolute [Score] values, each with the
// sequence number of the event that made it; out of it come [Standing] rows, numbered by the [Rules]. [Board] is what
// keeps rankings: [Memory] here, in process, and package redisboard on Redis. Package boardtest holds the contract as
// tests, which both pass.
//
//	event --> Score{member, value, reached, version} --> Board.Put --> Board.Page, Standing, Around --> Standing{rank, …}
//
// When a season closes, [Rank] makes its final table of the stored scores, and a [Final] row tells which [Places] of the prizes
// it is paid from.
//
// A board is a projection: nothing in it is a fact, all of it can be put again from the store, in any order and any
// number of times (architecture: The one idea; semantics: Leaderboards).
//
// The package is pure: it reads no clock, starts no goroutine and does no input or output.
package leaderboards

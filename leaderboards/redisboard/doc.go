// Package redisboard keeps leaderboards on Redis 5 or later, for several nodes that share them.
//
// [Board] implements leaderboards.Board. Everything in Redis can be lost and comes back by itself: scores are written as
// absolute values guarded by a version, never as increments, so the client may repeat any command whose answer was lost,
// and the caller notices by [Board.Epoch] that a Redis was flushed, replaced or promoted without its tail, and calls
// Rebuild (operations: Redis).
//
// Redis scores are doubles, which lose scores beyond 2^53. So every score in a sorted set is 0, and the member of the
// set begins with the exact score and time in bytes that sort as the ranking does. The keys of one ranking:
//
//	laurel:{7:coffee…}:order         sorted set   score, reached, member: the ranking; a position is a ZRANK
//	laurel:{7:coffee…}:members       hash         member -> version, score, reached; the version alone once removed
//	laurel:{7:coffee…}:values        sorted set   the distinct scores, if ties are dense
//	laurel:{7:coffee…}:meta          hash         layout, version, and the sizes of the other three
//	laurel:{7:coffee…}:next:order …  the same four while a rebuild runs; renamed when it is done
//
// The braces are a cluster's hash tag, so these keys share a slot; names in it carry their lengths, so that no program
// can name its boards into another's keys. All changes go through the Lua scripts beside this file, each of which is
// atomic; table.lua, which stands before each of them, describes the formats.
package redisboard

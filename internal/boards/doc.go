// Package boards makes leaderboards on a Redis safe to use while that Redis is away, slow, or has lost something.
//
// [Redis] is the server: it watches whether it answers, and remembers where it did not, so that not everybody waits for it.
// [Remote] is the leaderboards.Board of one program on it. A read is bounded in time, and is refused where the ranking is not
// known to hold all that it was told: the caller then shows the ranking from the store, and jobs rebuild it.
package boards

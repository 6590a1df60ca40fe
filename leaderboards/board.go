package leaderboards

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/bits"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/integer"
)

const (
	// AllTime is the season of a board whose counter has no period.
	AllTime = "all"
	// MaxPage is the most rows that one read returns; a larger limit is taken as this one (architecture: Bounds).
	MaxPage = 1000
	// Forever is the version of a removal that no later write undoes: a member removed from a season stays out of it.
	Forever uint64 = math.MaxUint64
)

var (
	// ErrRules says that the ranking is kept in another layout than the rules ask for: in the other order, or without
	// the count of distinct scores that dense ranks need. Rebuild it under the new rules.
	ErrRules = errors.New("leaderboards: the ranking is kept under other rules and has to be rebuilt")
	// ErrDamaged says that a part of the ranking was lost or replaced outside the board. Rebuild it.
	ErrDamaged = errors.New("leaderboards: a part of the ranking is lost and it has to be rebuilt")
	// ErrUnavailable says that whatever keeps the ranking outside this process is away, too slow, or refuses.
	ErrUnavailable = errors.New("leaderboards: what keeps the ranking does not serve it")
	// ErrUntold is the ErrUnavailable of a board that may not have been told yet of a ranking that it does not have.
	ErrUntold = fmt.Errorf("%w: it may still be told", ErrUnavailable)
	// ErrSuperseded says that a Rebuild was given up because another one, or a Reset, of the same ranking came after it.
	ErrSuperseded = errors.New("leaderboards: another rebuild or a reset of the ranking took over")
)

// Key names one ranking. Any strings may be used; no two different keys ever share a row.
type Key struct {
	Program string
	Board   string
	Season  string // the label of the period, AllTime without one
	Split   string // empty for a board that is not split
}

// Score is the absolute score of one member, not an increment, so that writing it again is harmless.
type Score struct {
	Member string
	Value  decimal.Decimal
	// Rest is what the exact score is above or below Value, in units of 2^-63 of a millionth: for averages, which Average makes.
	Rest    int64
	Reached calendar.Instant // event time at which the score was reached (semantics: Leaderboards)
	Version uint64           // seq of the event that made this score, of which it is what all of the event came to
	Removed bool             // the member has no score (any more); Value, Rest and Reached are ignored
}

// Latest is the last event that scores are of, removals for ever aside, which are of none.
func Latest(scores []Score) (version uint64) {
	for _, s := range scores {
		if s.Version != Forever {
			version = max(version, s.Version)
		}
	}
	return version
}

// Average returns the average of a sum over n members as Value and Rest of a Score: exact enough that two averages are equal
// only if their fractions are. n is from 1 to 2^31.
func Average(sum decimal.Decimal, n int) (value decimal.Decimal, rest int64) {
	by := int64(n)
	quotient, left := int64(sum)/by, int64(sum)%by
	if left < 0 {
		quotient, left = quotient-1, left+by
	}
	if 2*left > by || 2*left == by && quotient&1 == 1 { // half-even, as everywhere
		quotient, left = quotient+1, left-by
	}
	away := integer.Bits(max(left, -left))
	part, _ := bits.Div64(away>>1, away<<63, integer.Bits(by))
	if rest = integer.Signed(part); left < 0 {
		rest = -rest
	}
	return decimal.Decimal(quotient), rest
}

// Standing is one row of a ranking.
type Standing struct {
	Rank    int64 // from 1
	Member  string
	Value   decimal.Decimal
	Rest    int64 // of an average, as in Score
	Reached calendar.Instant
}

// Board keeps rankings. Its methods may be called by any number of goroutines.
//
// The first write decides the layout of a ranking, which is its order and whether its ties are dense. A call with rules
// of another layout fails with ErrRules and changes nothing; earliest and share are one layout. A ranking that nothing
// was ever written to is empty under any rules.
//
// Every read is consistent: its rows, ranks and total are those of one instant.
type Board interface {
	// Put writes scores. A score whose Version is not greater than the one stored for its member changes nothing, so
	// retries and writes out of order are harmless; the version outlives a removal. Of several scores of one member the
	// one with the greatest version stays. After an error some scores may have been written: put all of them again.
	Put(ctx context.Context, key Key, rules Rules, scores []Score) error

	// Page returns at most limit consecutive rows from the position from (the first row is 1, as is anything below),
	// and how many members are ranked. A page past the end is empty.
	Page(ctx context.Context, key Key, rules Rules, from int64, limit int) ([]Standing, int64, error)

	// Standing returns the row of one member, and whether the member is ranked.
	Standing(ctx context.Context, key Key, rules Rules, member string) (Standing, bool, error)

	// Around returns the member's row with n rows on each side. At an edge the window is shifted, not cut: it has 2n+1
	// rows whenever that many members are ranked. It is empty if the member is not ranked.
	Around(ctx context.Context, key Key, rules Rules, member string, n int) ([]Standing, error)

	// Size returns how many members are ranked.
	Size(ctx context.Context, key Key) (int64, error)

	// Version identifies the content of a ranking: 0 while nothing was written to it, as after a Reset, else a number that
	// grows with each change of a row and comes back neither after a Reset nor after a Rebuild. It may come back when the
	// process, or the Redis, starts again, so an ETag has to say which one it was. Read it before the page it identifies.
	Version(ctx context.Context, key Key) (uint64, error)

	// Reset drops a ranking with all that it remembers of removed members. It succeeds if there is none.
	Reset(ctx context.Context, key Key) error

	// Rebuild replaces a ranking by the scores of a sequence, which may be in any order and under other rules. Until it
	// is done readers see the old ranking; scores put meanwhile go to both and are not lost, provided that the sequence
	// is first read from the store after Rebuild was called. Those scores have to be put under the new rules.
	// An error, also one out of the sequence, leaves the old ranking as it was.
	Rebuild(ctx context.Context, key Key, rules Rules, scores iter.Seq2[Score, error]) error
}

package engine

import (
	"strings"

	"github.com/laurel-engine/laurel/leaderboards"
)

// What a board outside this process was told: one row for each ranking that it has, with the last event that the ranking was
// told of. A ranking that remembers less has lost something, and one without a row is not there for anybody.

// ToldEpoch is the row that holds the epoch of the board: the key of the last row of the outbox that it was told of. It goes when
// a program keeps its boards in its own process, where nobody tells the other one any more.
const ToldEpoch = "c/boards"

// ToldMore is the mark of a ranking that has to be rebuilt: a number that no event has.
const ToldMore uint64 = 1 << 53

// Told is up to which event a board outside this process was told of a ranking; is is false where it was told nothing.
func Told(store Store, key leaderboards.Key) (seq uint64, is bool, err error) {
	value, err := store.Get(toldKey(key))
	if err != nil || len(value) != 8 {
		return 0, false, err
	}
	return sequence(string(value)), true, nil
}

// ToldRow is the row that says so.
func ToldRow(key leaderboards.Key, seq uint64) Row {
	return Row{Key: toldKey(key), Value: []byte(ordered(seq))}
}

// ToldRankings calls yield for the rankings that a board outside this process was told of whose rows come after one, with their
// rows' keys. The rankings name no program.
func ToldRankings(store Store, after string, yield func(row string, key leaderboards.Key) bool) error {
	return store.Scan(toldPrefix, after, func(row string, _ []byte) bool {
		row = strings.Clone(row)
		key, ok := rankingOfTold(row)
		return !ok || yield(row, key)
	})
}

package engine

import (
	"errors"
	"iter"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Events calls yield for the recorded events of a member after a sequence number, in order of acceptance.
func Events(store Store, member string, after uint64, yield func(*Record) bool) error {
	prefix := ledgerRange(member)
	start := ""
	if after > 0 {
		start = prefix + ordered(after)
	}
	return recordsOf(store, prefix, start, store.Scan, yield)
}

// EventsBack calls yield for the recorded events of a member before a sequence number, 0 for all, the latest first.
func EventsBack(store Store, member string, before uint64, yield func(*Record) bool) error {
	prefix := ledgerRange(member)
	end := ""
	if before > 0 {
		end = prefix + ordered(before)
	}
	return recordsOf(store, prefix, end, store.ScanBack, yield)
}

// recordsOf reads the records that rows lead to, as a scan finds them from a key on.
func recordsOf(store Store, prefix, from string, scan func(string, string, func(string, []byte) bool) error, yield func(*Record) bool) error {
	var failed error
	err := scan(prefix, from, func(key string, _ []byte) bool {
		var rec *Record
		if rec, failed = recordAt(store, seqOf(key)); failed != nil {
			return false
		}
		return yield(rec)
	})
	return errors.Join(err, failed)
}

// recordAt reads a record that is there.
func recordAt(store Store, seq uint64) (*Record, error) {
	b, err := store.Record(seq)
	if err != nil {
		return nil, err
	}
	return DecodeRecord(b)
}

// journalPiece is how many records are read at once where the journal is read backwards.
const journalPiece = 256

// JournalBack calls yield for the records of the whole journal before a sequence number, 0 for all, the latest first.
func JournalBack(store Store, before uint64, yield func(*Record) bool) error {
	if before == 0 {
		last, _ := store.Head()
		before = last + 1
	}
	for before > 1 {
		first := max(before, journalPiece+1) - journalPiece
		var piece []*Record
		var failed error
		err := store.Records(first, func(seq uint64, b []byte) bool {
			if seq >= before {
				return false
			}
			var rec *Record
			if rec, failed = DecodeRecord(b); failed == nil {
				piece = append(piece, rec)
			}
			return failed == nil
		})
		if err = errors.Join(err, failed); err != nil {
			return err
		}
		for _, rec := range slices.Backward(piece) {
			if !yield(rec) {
				return nil
			}
		}
		before = first
	}
	return nil
}

// Ledger calls yield for a member's ledger entries after a sequence number, in order of acceptance.
func Ledger(store Store, member string, after uint64, yield func(seq uint64, at calendar.Instant, entries []Entry) bool) error {
	prefix := ledgerRange(member)
	start := ""
	if after > 0 {
		start = prefix + ordered(after)
	}
	return ledgerRows(store, prefix, start, store.Scan, func(rec *Record) bool { return yield(rec.Seq, rec.Event.Time, rec.Outcome.Entries) })
}

// LedgerBack calls yield for the records that changed a member's points before a sequence number, 0 for all, the latest first.
func LedgerBack(store Store, member string, before uint64, yield func(*Record) bool) error {
	prefix := ledgerRange(member)
	end := ""
	if before > 0 {
		end = prefix + ordered(before)
	}
	return ledgerRows(store, prefix, end, store.ScanBack, yield)
}

// ledgerRows reads the records of rows that have entries, as a scan finds them from a key on.
func ledgerRows(store Store, prefix, from string, scan func(string, string, func(string, []byte) bool) error, yield func(*Record) bool) error {
	var failed error
	err := scan(prefix, from, func(key string, value []byte) bool {
		if len(value) == 1 && value[0] == noEntries[0] {
			return true
		}
		var rec *Record
		if rec, failed = recordAt(store, seqOf(key)); failed != nil {
			return false
		}
		return yield(rec)
	})
	return errors.Join(err, failed)
}

// Outbox calls yield for the scores that a board outside this process has not been told, oldest first. The key is that of
// the row to delete once it has been.
func Outbox(store Store, yield func(key string, s ScoreChange) bool) error {
	return scanScores(store, outboxScores, yield)
}

// Gifts calls yield for the gifts to groups that are not handed out yet, oldest first.
func Gifts(store Store, yield func(key string, f Fanout) bool) error {
	var failed error
	err := store.Scan(outboxGifts, "", func(key string, value []byte) bool {
		r := newReader(value)
		r.uint()
		var f Fanout
		r.fanout(&f)
		if failed = r.Err; failed != nil {
			return false
		}
		return yield(key, f)
	})
	return errors.Join(err, failed)
}

// Scores calls yield for the scores of all rankings, in byte order of board, season, split and member.
func Scores(store Store, yield func(ScoreChange) bool) error {
	return scanScores(store, boardPrefix, func(_ string, s ScoreChange) bool { return yield(s) })
}

// ScoresOf are the stored scores of one ranking, in byte order of members.
func ScoresOf(store Store, key leaderboards.Key) iter.Seq2[leaderboards.Score, error] {
	prefix := rankingRange(key)
	return func(yield func(leaderboards.Score, error) bool) {
		on := true
		err := scanScores(store, prefix, func(_ string, s ScoreChange) bool {
			on = yield(s.Score, nil)
			return on
		})
		if err != nil && on {
			yield(leaderboards.Score{}, err)
		}
	}
}

// NextRanking is the first ranking of a season of a board that has stored scores, by the key of the board, with where a reading
// goes on behind it, or the first behind such a place; without a board where there is none.
func NextRanking(store Store, board, season, after string) (ranking leaderboards.Key, next string, err error) {
	err = store.Scan(seasonRange(board, season), after, func(key string, _ []byte) bool {
		ranking, _ = scoreOf(key)
		next = afterRanking(ranking)
		return false
	})
	return ranking, next, err
}

// NextScoredSeason is the label of the first season of a board that has stored scores, in byte order, or of the first after one;
// "" where there is none.
func NextScoredSeason(store Store, board, after string) (season string, err error) {
	start := ""
	if after != "" {
		start = afterSeason(board, after)
	}
	err = store.Scan(boardRange(board), start, func(key string, _ []byte) bool {
		ranking, _ := scoreOf(key)
		season = ranking.Season
		return false
	})
	return season, err
}

func scanScores(store Store, prefix string, yield func(string, ScoreChange) bool) error {
	var failed error
	err := store.Scan(prefix, "", func(key string, value []byte) bool {
		r := newReader(value)
		r.uint()
		var s ScoreChange
		r.score(&s)
		if failed = r.Err; failed != nil {
			return false
		}
		return yield(key, s)
	})
	return errors.Join(err, failed)
}

// Sharers calls yield for the members who brought something to a group's challenge in a window, after one of them in byte
// order, until it returns false.
func Sharers(store Store, f Fanout, counter, after string, yield func(member string) bool) error {
	prefix := shareKey(share{count: CountID{Name: counter, Group: f.Group}, window: f.Window})
	return store.Scan(prefix, scanAfter(prefix, after), func(key string, _ []byte) bool { return yield(lastPart(key)) })
}

// SharersBy calls yield for the members who have a share in a count of a window, after one of them in byte order, with whether it
// counted at an instant: whether what came and went of it by then, by acceptance and imports included, ends with what came.
func SharersBy(store Store, count CountID, window calendar.Key, by calendar.Instant, after string, yield func(member string, counted bool) bool) error {
	prefix := shareKey(share{count: count, window: window})
	var failed error
	err := store.Scan(prefix, scanAfter(prefix, after), func(key string, value []byte) bool {
		counted := false
		if counted, failed = countedBy(store, value, by); failed != nil {
			return false
		}
		return yield(lastPart(key), counted)
	})
	return errors.Join(err, failed)
}

// countedBy reports whether a share counted at an instant.
func countedBy(store Store, share []byte, by calendar.Instant) (counted bool, err error) {
	for i := 0; i+8 <= len(share); i += 8 {
		rec, err := recordAt(store, sequence(string(share[i:i+8])))
		if err != nil {
			return false, err
		}
		if rec.Event.Arrived >= by {
			return counted, nil
		}
		counted = !counted
	}
	return counted, nil
}

// NewShare is the event that pays a group's goal to one member. Its id makes it harmless to repeat.
func NewShare(f Fanout, member string) *event.Event {
	s := shared{Challenge: f.Challenge, Window: f.Window, Group: f.Group, Goal: f.Goal}
	id := derivedID("share", f.Challenge, f.Goal, ordinal(f.Window), f.Group, member)
	return &event.Event{ID: id, Kind: event.Derived, Type: commandShare, Member: member, Time: f.At, Timed: true, Data: encodeJSON(s)}
}

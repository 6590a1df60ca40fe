package engine

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/integer"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Rows of a program's store. This file makes all of their keys and reads them: no other part of the engine takes one apart.
// The parts of a key are joined with NUL, which no text of anybody's holds (event/decode.go refuses it); a <number> is eight bytes,
// the most significant first, so that rows sort by it.
//
// Subjects, written by a checkpoint (Subjects.checkpoint) and by nobody else:
//
//	key                                   value                            deleted by
//	s/m/ member                           Member                           the erasure of the member
//	s/g/ counter NUL length:split group   Group; one of everyone: 0:       nobody
//	s/u/ limit                            Use of a shared limit, a stock   nobody
//	s/u/ limit NUL hash                   the same by values of events     nobody
//	s/c/ claim                            Claim that its member's state    the redaction of the member
//	                                      does not hold any more
//	s/p/ promotion                        Openings: openings by calls       nobody
//	s/k/ reward NUL number                a code of a pool                 nobody
//	s/k/ reward NUL NUL code              that the pool has the code       nobody
//	s/e/ pseudonym                        Erased: an account's totals      nobody
//
// What follows from events, written with the batch that they are in (Processor.rows) unless it says otherwise:
//
//	l/ member NUL <seq>                   whether it has ledger entries;   the redaction of the member
//	                                      of one merged into it as well
//	n/ member NUL <seq>                   Member as after that event       a reversal of an earlier event, the redaction
//	d/ <instant> member                   <seq> since which it is due; by  the checkpoint after an event that finds another
//	                                      a checkpoint (due_index.go)      instant due, or an erasure
//	w/ counter NUL window NUL split NUL   by turns <seq> of what a member  the redaction of the member
//	   group NUL member                   brought to a group, and <seq> of
//	                                      what took the last of it back
//	x/ code NUL reward                    whose a code is that was given,   the redaction of the member
//	                                      of what, and the last use of that
//	k/ number                             Card                            the erasure of the member
//	ko/ member NUL <seq>                  the number of a card of theirs  the erasure of the member
//	q/ promotion                          Openings, for looks at the past   nobody
//	e/ pseudonym                          the erased id                    the redaction of the member (Redacted)
//	os/ <seq> <number>                    ScoreChange for another process  jobs, once the board has it; the redaction
//	of/ <seq> <number>                    Fanout: a gift to a group        tasks.HandOut, once all have it
//	b/ board NUL season NUL split NUL     ScoreChange; by a checkpoint     the redaction of the member
//	   member
//
// Closed seasons, written by tasks.CloseSeasons and kept for ever, but for the names of the redacted:
//
//	zs/ board NUL season                  ClosedSeason
//	zt/ board NUL season NUL split        ClosedTable
//	zp/ board NUL season NUL split NUL    a row of the table               (rewritten without its member by a redaction)
//	    <position>
//	zm/ board NUL season NUL split NUL    <position>                       the redaction of the member
//	    member
//
// How far somebody's work has come, written by whoever does it; those of c/season to c/promotions belong to package tasks, which
// makes their keys:
//
//	c/arrived, c/live                     <instant>: Processor.Clock, by a checkpoint
//	c/season                              closing, deleted once the season is closed
//	c/season/ board                       the label of the last season that has closed
//	c/news                                News that members have been told, and the last member while some are left
//	c/gift                                the gift that is handed out and the last member, deleted with it
//	c/promotions                          up to when openings and closings have been told
//	c/boards                              what a board in another process was told last (told.go), by jobs
//	c/told/ board NUL season NUL split    <seq> that it was told of one ranking, by jobs, kept
//
// Rows of others: c/sweep (internal/jobs), c/scrub (internal/program), h/ (internal/webhook), t/ (internal/stats).
const (
	statePrefix    = "s/"
	ledgerPrefix   = "l/"
	snapshotPrefix = "n/"
	duePrefix      = "d/"
	sharePrefix    = "w/"
	calledPrefix   = "q/"
	givenPrefix    = "x/"
	cardPrefix     = "k/"
	cardsPrefix    = "ko/"
	redactPrefix   = "e/"
	outboxScores   = "os/"
	outboxGifts    = "of/"
	boardPrefix    = "b/"

	seasonPrefix = "zs/"
	tablePrefix  = "zt/"
	placePrefix  = "zp/"
	rankedPrefix = "zm/"

	arrivedRow = "c/arrived"
	liveRow    = "c/live"
	toldPrefix = "c/told/"
)

// Keys of subjects, as Subjects ask for them: the same without s/.
const (
	memberPrefix   = "m/"
	groupPrefix    = "g/"
	usePrefix      = "u/"
	erasedPrefix   = "e/"
	claimPrefix    = "c/"
	openingsPrefix = "p/"
	codePrefix     = "k/"
)

// nul is between the parts of a key, and behind comes after every text that follows it.
const (
	nul    = "\x00"
	behind = "\xff" // no text has this byte
)

// startsWith reports whether a key is in the range of those with a prefix.
func startsWith(key, prefix string) bool { return strings.HasPrefix(key, prefix) }

// scanAfter is where a scan of a range goes on behind one that it has come to, and where it begins when that is "".
func scanAfter(prefix, name string) string {
	if name == "" {
		return ""
	}
	return prefix + name
}

// restOf is what a key has behind the prefix of its range.
func restOf(key, prefix string) string { return key[len(prefix):] }

// lastPart is the last part of a key.
func lastPart(key string) string { return key[strings.LastIndexByte(key, 0)+1:] }

// ordered writes a number so that texts sort like numbers.
func ordered(n uint64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	return string(b[:])
}

// sequence reads what ordered wrote.
func sequence(s string) uint64 {
	var n uint64
	for i := range len(s) {
		n = n<<8 | uint64(s[i])
	}
	return n
}

// seqOf is the number that a key ends with: a member's event, a place in a table.
func seqOf(key string) uint64 { return sequence(key[len(key)-8:]) }

// subjectKey is the key of a subject: its kind, which is one of the prefixes, and its name.
func subjectKey(kind, name string) string { return kind + name }

// subjectOf takes the key of a subject apart.
func subjectOf(key string) (kind, name string) { return key[:2], key[2:] }

// stateRow is the row of a subject, by its key; of a kind it begins those of all its subjects.
func stateRow(subject string) string { return statePrefix + subject }

// subjectRow is the row of a subject, by its kind and name.
func subjectRow(kind, name string) string { return statePrefix + kind + name }

// isState reports whether a row is of a subject.
func isState(key string) bool { return startsWith(key, statePrefix) }

// key writes the name of a count as one text. No name of a counter holds a NUL, and the length of the split value keeps it
// apart from the group, so no two names have one key.
func (id CountID) key() string {
	return id.Name + nul + strconv.Itoa(len(id.Split)) + ":" + id.Split + id.Group
}

// countOfKey reads what key has written.
func countOfKey(key string) (id CountID) {
	var rest string
	id.Name, rest, _ = strings.Cut(key, nul)
	length, rest, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n > len(rest) {
		panic(fmt.Sprintf("engine: %q is no key of a count", key))
	}
	id.Split, id.Group = rest[:n], rest[n:]
	return id
}

// Names of uses. A limit's is its Key, with a hash of the values that it counts by where there are any.

// useOf names the use of a limit for some values.
func useOf(limit, hash string) string { return limit + nul + hash }

// winnersKey names the count of a goal's winners, stockKey that of what was given and claimed of a reward, codesKey that of its
// codes.
func (c *Challenge) winnersKey(goal string) string {
	return challengeNames + c.Key + "/winners" + nul + goal
}

func (r *Reward) stockKey() string { return r.Path + "/stock" }

func (r *Reward) codesKey() string { return codesOf(r.Path) }

func codesOf(reward string) string { return reward + "/codes" }

// codeRow names the code of a pool with a number, knownCode that the pool has a code.
func codeRow(reward string, n decimal.Decimal) string {
	return reward + nul + strconv.FormatInt(int64(n/decimal.One), 10)
}

// codeKey is the row of a code that was given; of no reward it begins those of all rewards that have the code.
func codeKey(code, reward string) string { return givenPrefix + code + nul + reward }

func knownCode(reward, code string) string { return reward + nul + nul + code }

// cardKey is the row of a card, cardsRange begins those of a member's; they end with the event that issued it.
func cardKey(number string) string    { return cardPrefix + number }
func cardsRange(member string) string { return cardsPrefix + member + nul }

// ledgerRange begins the keys of a member's events, snapshotRange those of its snapshots. Both end with the event's seq.
func ledgerRange(member string) string   { return ledgerPrefix + member + nul }
func snapshotRange(member string) string { return snapshotPrefix + member + nul }

// ledgerKey is made for every event, so it is made in one piece.
func ledgerKey(member string, seq uint64) string {
	var b strings.Builder
	var number [8]byte
	b.Grow(len(ledgerPrefix) + len(member) + len(nul) + len(number))
	b.WriteString(ledgerPrefix)
	b.WriteString(member)
	b.WriteString(nul)
	binary.BigEndian.PutUint64(number[:], seq)
	b.Write(number[:])
	return b.String()
}

func snapshotKey(member string, seq uint64) string { return snapshotRange(member) + ordered(seq) }

// dueKey is the key of a member that is due at an instant.
func dueKey(at calendar.Instant, member string) string {
	return duePrefix + ordered(integer.Bits(int64(at))^1<<63) + member
}

// dueOf reads what dueKey has written.
func dueOf(key string) (at calendar.Instant, member string) {
	due := restOf(key, duePrefix)
	return calendar.Instant(integer.Signed(sequence(due[:8]) ^ 1<<63)), due[8:]
}

func ordinal(k calendar.Key) string { return strconv.FormatInt(int64(k), 10) }

// calledRow is the row of what calls opened of a promotion, erasedRow that of a member who is to be redacted.
func calledRow(promotion string) string { return calledPrefix + promotion }
func erasedRow(pseudonym string) string { return redactPrefix + pseudonym }

// shareKey is the key of a share; of one of nobody it begins those of all members. It ends with the member (lastPart).
func shareKey(s share) string {
	return sharePrefix + s.count.Name + nul + ordinal(s.window) + nul + s.count.Split + nul + s.count.Group + nul + s.member
}

// outboxKey is the key of what is to be delivered of an event.
func outboxKey(outbox string, seq uint64, i int) string {
	return outbox + ordered(seq) + ordered(integer.Exact[uint64](i))
}

// scoreKey is the key of a score; of one of nobody it begins those of its ranking.
func scoreKey(s *ScoreChange) string { return rankingRange(s.Key) + s.Score.Member }

// boardRange begins the keys of the scores of a board, rankingRange those of a ranking; afterSeason is behind those of a
// season, afterRanking behind those of a ranking.
func boardRange(board string) string { return boardPrefix + board + nul }

func rankingRange(key leaderboards.Key) string {
	return boardPrefix + key.Board + nul + key.Season + nul + key.Split + nul
}

func seasonRange(board, season string) string  { return boardRange(board) + season + nul }
func afterSeason(board, season string) string  { return seasonRange(board, season) + behind }
func afterRanking(key leaderboards.Key) string { return rankingRange(key) + behind }

// isScore reports whether a row is of a score, and scoreOf takes its key apart.
func isScore(key string) bool { return startsWith(key, boardPrefix) }

func scoreOf(key string) (ranking leaderboards.Key, member string) {
	parts := strings.SplitN(strings.Clone(restOf(key, boardPrefix)), nul, 4)
	return leaderboards.Key{Board: parts[0], Season: parts[1], Split: parts[2]}, parts[3]
}

// Rows of closed seasons. Boards, their labels and splits are in them, so that one board's seasons, one season's tables and
// one table's rows are each a range. A board that starts afresh goes on with them.

func seasonKey(board, season string) string { return seasonPrefix + board + nul + season }

// tablesRange begins the keys of the tables of a season, placesRange those of all of their rows.
func tablesRange(board, season string) string { return tablePrefix + board + nul + season + nul }
func placesRange(board, season string) string { return placePrefix + board + nul + season + nul }

// tableName is what the keys of a table and of its rows have in common.
func tableName(key leaderboards.Key) string {
	return idOfKey(key.Board) + nul + key.Season + nul + key.Split
}

func tableKey(key leaderboards.Key) string { return tablePrefix + tableName(key) }

// tableOf reads what tableKey has written.
func tableOf(key string) leaderboards.Key {
	parts := strings.SplitN(strings.Clone(restOf(key, tablePrefix)), nul, 3)
	return leaderboards.Key{Board: parts[0], Season: parts[1], Split: parts[2]}
}

// tableRange begins the keys of the rows of a table, which end with their position.
func tableRange(key leaderboards.Key) string { return placePrefix + tableName(key) + nul }

func placeKey(key leaderboards.Key, position int64) string {
	return tableRange(key) + ordered(integer.Bits(position))
}

// placeOf reads what placeKey has written, of a season.
func placeOf(key, season string) (split string, position int64) {
	return key[len(season) : len(key)-len(nul)-8], integer.Signed(seqOf(key))
}

// afterTable is behind the rows of a table, of which one is known.
func afterTable(place string) string { return place[:len(place)-8] + ordered(math.MaxUint64) }

// rankedKey is the key of a member's position in a table.
func rankedKey(key leaderboards.Key, member string) string {
	return rankedPrefix + tableName(key) + nul + member
}

// versionedKey is the key under which states know a definition: a version that starts afresh has one of its own.
func versionedKey(id string, version int) string {
	if version > 1 {
		return id + "#" + strconv.Itoa(version)
	}
	return id
}

// boardKey is that of a board, which starts afresh with its counter, too.
func boardKey(id string, version, counted int) string {
	if counted > 1 {
		return id + "#" + strconv.Itoa(max(1, version)) + "." + strconv.Itoa(counted)
	}
	return versionedKey(id, version)
}

// idOfKey is the id of a definition, of which states know the key: it has the version behind the id.
func idOfKey(key string) string {
	id, _, _ := strings.Cut(key, "#")
	return id
}

func toldKey(key leaderboards.Key) string {
	return toldPrefix + key.Board + nul + key.Season + nul + key.Split
}

// rankingOfTold reads what toldKey has written; ok is false for what it has not.
func rankingOfTold(key string) (ranking leaderboards.Key, ok bool) {
	parts := strings.SplitN(restOf(key, toldPrefix), nul, 3)
	if len(parts) != 3 {
		return ranking, false
	}
	return leaderboards.Key{Board: parts[0], Season: parts[1], Split: parts[2]}, true
}

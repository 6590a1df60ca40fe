package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/integer"
	"github.com/laurel-engine/laurel/engine/wire"
	"github.com/laurel-engine/laurel/leaderboards"
)

// ClosedSeason is a season of a board whose tables are final.
type ClosedSeason struct {
	Season   string           `json:"season"`
	ClosesAt calendar.Instant `json:"closes_at"`
	Members  int64            `json:"members"` // in all of its tables
	// Hash is that of its table; of a split board that of the splits with the hashes of their tables.
	Hash string `json:"hash"`
	Paid bool   `json:"paid"` // all places have been told
}

// ClosedTable is the final table of a season, or of one split of it.
type ClosedTable struct {
	Members int64  `json:"members"`
	Hash    string `json:"hash"`
	Order   string `json:"order"`
	Ties    string `json:"ties"`
}

// Row is the row of a closed season of a board.
func (s *ClosedSeason) Row(board string) Row {
	return Row{Key: seasonKey(board, s.Season), Value: encodeJSON(s)}
}

// Row is the row of the final table of a ranking.
func (t *ClosedTable) Row(key leaderboards.Key) Row {
	return Row{Key: tableKey(key), Value: encodeJSON(t)}
}

// ClosedPlace is a place in a table of a closed season.
type ClosedPlace struct {
	Split    string
	Position int64 // from 1
	leaderboards.Final
	// Key is that of its row, from which a reading goes on; AfterTable is where it goes on behind the table of the place.
	Key        string
	AfterTable string
}

// ClosedSeasons calls yield for the closed seasons of a board after one ("" for all), the first one first, until it returns
// false.
func ClosedSeasons(store Store, board, after string, yield func(ClosedSeason) bool) error {
	start := ""
	if after != "" {
		start = seasonKey(board, after)
	}
	return store.Scan(seasonKey(board, ""), start, func(_ string, value []byte) bool {
		var s ClosedSeason
		decodeRow(value, &s)
		return yield(s)
	})
}

// ClosedSeasonOf is a closed season of a board, nil for one that is not closed.
func ClosedSeasonOf(store Store, board, season string) (*ClosedSeason, error) {
	value, err := store.Get(seasonKey(board, season))
	if err != nil || value == nil {
		return nil, err
	}
	s := &ClosedSeason{}
	decodeRow(value, s)
	return s, nil
}

// BoardID is the id of the board that a ranking is of: a board that has started afresh keeps its scores under another key.
func BoardID(ranking leaderboards.Key) string { return idOfKey(ranking.Board) }

// ClosedTableOf is the final table of a ranking, nil where nobody had a score. Its season has to be closed.
func ClosedTableOf(store Store, key leaderboards.Key) (*ClosedTable, error) {
	value, err := store.Get(tableKey(key))
	if err != nil || value == nil {
		return nil, err
	}
	t := &ClosedTable{}
	decodeRow(value, t)
	return t, nil
}

// ClosedTables calls yield for the final tables of a season of a board, in byte order of splits, until it returns false.
func ClosedTables(store Store, board, season string, yield func(split string, t ClosedTable) bool) error {
	return store.Scan(tablesRange(board, season), "", func(key string, value []byte) bool {
		var t ClosedTable
		decodeRow(value, &t)
		return yield(tableOf(key).Split, t)
	})
}

// ClosedPlaces calls yield for the places in the tables of a season of a board after a key ("" for all), table by table, until it
// returns false.
func ClosedPlaces(store Store, board, season, after string, yield func(ClosedPlace) bool) error {
	tables := placesRange(board, season)
	return store.Scan(tables, after, func(key string, value []byte) bool {
		p := ClosedPlace{Final: decodePlace(value), Key: key, AfterTable: afterTable(key)}
		p.Split, p.Position = placeOf(key, tables)
		return yield(p)
	})
}

// ClosedPage are at most limit rows of a final table from a position (from 1) on. The rows of erased members have no
// member.
func ClosedPage(store Store, key leaderboards.Key, from int64, limit int) ([]leaderboards.Standing, error) {
	var rows []leaderboards.Standing
	if limit <= 0 {
		return nil, nil
	}
	err := store.Scan(tableRange(key), placeKey(key, max(from, 1)-1), func(k string, value []byte) bool {
		rows = append(rows, decodePlace(value).Standing)
		return len(rows) < limit
	})
	return rows, err
}

// ClosedPosition is where a member stands in a final table, from 1; 0 for one that is not in it.
func ClosedPosition(store Store, key leaderboards.Key, member string) (int64, error) {
	value, err := store.Get(rankedKey(key, member))
	return integer.Signed(sequence(string(value))), err
}

func decodeRow(value []byte, into any) {
	if err := json.Unmarshal(value, into); err != nil {
		panic(fmt.Sprintf("engine: a row of a closed season is damaged: %v", err))
	}
}

func encodePlace(f leaderboards.Final) []byte {
	var c codec
	c.place(&f)
	return c.B
}

func decodePlace(value []byte) (f leaderboards.Final) {
	c := codec{Codec: wire.Reading(value, nil)}
	c.place(&f)
	c.whole("place", f.Member)
	return f
}

func (c *codec) place(f *leaderboards.Final) {
	c.format()
	c.Int(&f.Rank)
	c.Int(&f.Tied)
	c.Text(&f.Member)
	c.Num(&f.Value)
	c.At(&f.Reached)
}

// anonymousRow is a row of a final table without its member.
func anonymousRow(key string, value []byte) Row {
	f := decodePlace(value)
	f.Member = ""
	return Row{Key: strings.Clone(key), Value: encodePlace(f)}
}

// UnnamedPlaceRows are PlaceRows without the member, whom an erasure has taken out since.
func UnnamedPlaceRows(key leaderboards.Key, position int64, f leaderboards.Final) []Row {
	ranked := Row{Key: rankedKey(key, f.Member)}
	f.Member = ""
	return append([]Row{ranked}, PlaceRows(key, position, f)...)
}

// PlaceRows are the rows of a place in a table.
func PlaceRows(key leaderboards.Key, position int64, f leaderboards.Final) []Row {
	at := ordered(integer.Bits(position))
	rows := []Row{{Key: placeKey(key, position), Value: encodePlace(f)}}
	if f.Member != "" {
		rows = append(rows, Row{Key: rankedKey(key, f.Member), Value: []byte(at)})
	}
	return rows
}

// TableHash is the hash of a final table: SHA-256 over one line a row, in the order of the table, of its rank, the member or
// group as a JSON string, the score and the instant at which it was reached, with tabs between them and a newline at the
// end, each written as the API writes it. So whoever keeps the table can prove that it was this one.
type TableHash struct {
	sum  hash.Hash
	line []byte
}

// NewTableHash is the hash of a table without rows.
func NewTableHash() *TableHash { return &TableHash{sum: sha256.New()} }

// Add adds the next row.
func (h *TableHash) Add(s leaderboards.Standing) {
	b := strconv.AppendInt(h.line[:0], s.Rank, 10)
	b = event.AppendText(append(b, '\t'), s.Member)
	b = s.Value.Append(append(b, '\t'))
	b = s.Reached.Append(append(b, '\t'))
	b = append(b, '\n')
	h.sum.Write(b)
	h.line = b
}

// AddTable adds a split with its table, to the hash of a split board's season.
func (h *TableHash) AddTable(split string, t ClosedTable) {
	b := event.AppendText(h.line[:0], split)
	b = strconv.AppendInt(append(b, '\t'), t.Members, 10)
	b = append(b, '\t')
	b = append(b, t.Hash...)
	b = append(b, '\n')
	h.sum.Write(b)
	h.line = b
}

// String is the hash in hexadecimal digits.
func (h *TableHash) String() string { return hex.EncodeToString(h.sum.Sum(nil)) }

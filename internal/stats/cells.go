package stats

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/integer"
)

// Rows of statistics. The parts of a key that are texts end with NUL, which no name holds; a <day>, <week>, <month> or <number> is four bytes that
// sort as it does. All but those of members are cells: a sum and a count.
//
//	key                                                cell
//	t/-                                                (how far the rows are, and their layout)
//	t/M/ member                                        (Member)
//	t/d/ points NUL <day> flow definition NUL          what a definition has done to points on a day
//	t/m/ points NUL <month> flow                       what became of points in a month
//	t/b/ points NUL <month of issue> <age> flow        what became of lots of a month, by their age in months
//	t/e/ <day> result type NUL                         events
//	t/f/ definition NUL <day>                          events in which a definition gave, took or was reached
//	t/n/ definition NUL <day> reason NUL               that a definition applied, and was stopped
//	t/w/ definition NUL <day> points NUL               what was wanted and cut
//	t/g/ boost NUL <day> points NUL                    what a boost has added
//	t/c/ reward NUL <day> state                        claims that came to a state
//	t/h/ challenge NUL <day> step                      members who joined, came to a quarter, or are done
//	t/y/ challenge NUL step <days>                     the same, by the days since they joined
//	t/s/ streak NUL <length>                           runs that broke
//	t/l/ tier NUL <day> from NUL to NUL                moves
//	t/p/ promotion NUL <day> state                     openings and closings
//	t/a/ type NUL unit <period>                        active members; the sum: those who were in the period before as well
//	t/A/ type NUL unit <period>                        active members who joined in the period
//	t/k/ type NUL <week of joining> <week>             a cohort's active members
//	t/z/ type NUL <week of joining> <week>             a cohort's members by the last week in which they were active
//	t/q/ type NUL <day>                                members by the last day on which they were active
//	t/v/ promotion NUL <day>                           members whom it brought something for the first time
//	t/r/ partner NUL <day> points NUL                  what a partner's events did to points; of no points: its events
//	t/j/ <day>                                         members who joined; the sum: who left, by an erasure or a merge
//	t/J/ <week>                                        the size of a cohort
//	t/t/ <month>                                       (the first event that was accepted in a month)
//	t/u/ number                                        (the month of lots that an import has issued)
//	t/x/ kind result, flow or state text NUL           totals: e events by type, p points, c claims
const (
	prefix = "t/"

	markRow       = "t/-"
	memberPrefix  = "t/M/"
	monthPrefix   = "t/t/"
	foreignPrefix = "t/u/"
)

// Kinds of cells.
const (
	ofDay       = 'd'
	ofMonth     = 'm'
	ofAge       = 'b'
	ofEvents    = 'e'
	ofFired     = 'f'
	ofNotes     = 'n'
	ofWanted    = 'w'
	ofBoosted   = 'g'
	ofClaims    = 'c'
	ofSteps     = 'h'
	ofStepDays  = 'y'
	ofBroken    = 's'
	ofMoves     = 'l'
	ofOpenings  = 'p'
	ofActive    = 'a'
	ofNewActive = 'A'
	ofCohort    = 'k'
	ofLastWeek  = 'z'
	ofLastDay   = 'q'
	ofJoined    = 'j'
	ofCohorts   = 'J'
	ofResponse  = 'v'
	ofPartner   = 'r'
	ofTotals    = 'x'
)

// cell is a sum and a count.
type cell struct {
	name  string
	sum   decimal.Decimal
	count int64
	dirty bool
}

var errDamaged = errors.New("a row of statistics is damaged: rebuild them with `laurel replay --stats`")

func encodeCell(c *cell) []byte {
	return binary.AppendVarint(binary.AppendVarint(make([]byte, 0, 8), int64(c.sum)), c.count)
}

func (c *cell) decode(b []byte) error {
	r := numbers{b: b}
	c.sum, c.count = decimal.Decimal(r.int()), r.int()
	if r.damaged {
		return errDamaged
	}
	return nil
}

// key is a key that is being made, in memory that is used again.
type key []byte

func (k key) of(kind byte) key { return append(k[:0], 't', '/', kind, '/') }

func (k key) text(s string) key { return append(append(k, s...), 0) }

// source is the definition that an entry or an effect names, as Source.String is, but for the reasons of adjustments.
func (k key) source(s engine.Source) key {
	k = append(k, s.Section.String()...)
	if s.ID != "" && s.Section != engine.AdjustmentSection {
		k = append(append(k, '/'), s.ID...)
	}
	return append(k, 0)
}

func (k key) char(c byte) key { return append(k, c) }

func (k key) number(n calendar.Key) key {
	return binary.BigEndian.AppendUint32(k, uint32(integer.Exact[int32](int64(n)))^1<<31) //nolint:gosec // the sign is turned round, so that keys sort
}

// keyReader takes a key apart.
type keyReader string

func readKey(s string) keyReader { return keyReader(s[len("t/x/"):]) }

func (k *keyReader) text() string {
	s, rest, _ := strings.Cut(string(*k), "\x00")
	*k = keyReader(rest)
	return s
}

func (k *keyReader) char() byte {
	if *k == "" {
		return 0
	}
	c := (*k)[0]
	*k = (*k)[1:]
	return c
}

func (k *keyReader) number() calendar.Key {
	if len(*k) < 4 {
		*k = ""
		return 0
	}
	n := binary.BigEndian.Uint32([]byte((*k)[:4]))
	*k = (*k)[4:]
	return calendar.Key(int32(n ^ 1<<31)) //nolint:gosec // as number has written it
}

package webhook

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/integer"
)

// Rows of an endpoint, in the store of its program. They say which messages, never what is in them: that is in the journal,
// and goes from there when a member is erased.
const (
	cursorPrefix  = "h/c/" // endpoint: the last record of which everything was sent, is waiting or dead
	waitingPrefix = "h/w/" // endpoint NUL due message: to be tried again
	deadPrefix    = "h/d/" // endpoint NUL message: given up
)

// place is where a message is in the journal.
type place struct {
	seq   uint64
	index int
}

// String is the place as the API names deliveries.
func (p place) String() string {
	return strconv.FormatUint(p.seq, 10) + "-" + strconv.Itoa(p.index)
}

func parsePlace(text string) (p place, ok bool) {
	seq, index, found := strings.Cut(text, "-")
	n, err1 := strconv.ParseUint(seq, 10, 63)
	i, err2 := strconv.ParseUint(index, 10, 31)
	p = place{n, int(i)}
	return p, found && err1 == nil && err2 == nil && p.String() == text
}

const placeSize = 12

func (p place) key() string {
	var b [placeSize]byte
	binary.BigEndian.PutUint64(b[:], p.seq)
	binary.BigEndian.PutUint32(b[8:], integer.Exact[uint32](p.index))
	return string(b[:])
}

func placeOf(key string) place {
	b := []byte(key[len(key)-placeSize:])
	return place{binary.BigEndian.Uint64(b), int(binary.BigEndian.Uint32(b[8:]))}
}

// tries is what a row tells of a message that has not arrived.
type tries struct {
	Tries int   `json:"tries"`
	First int64 `json:"first,omitempty"` // microseconds, of the first try; 0 before it
	Last  int64 `json:"last,omitempty"`
	Result
}

func deadKey(endpoint string, p place) string { return deadPrefix + endpoint + "\x00" + p.key() }

func waitingKey(endpoint string, due calendar.Instant, p place) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], integer.Bits(int64(due)))
	return waitingPrefix + endpoint + "\x00" + string(b[:]) + p.key()
}

func dueOf(key string) calendar.Instant {
	at := len(key) - placeSize - 8
	return calendar.Instant(integer.Signed(binary.BigEndian.Uint64([]byte(key[at : at+8]))))
}

func (t *tries) encode() []byte {
	b, err := json.Marshal(t)
	if err != nil {
		panic("webhook: a row must be writable as JSON: " + err.Error())
	}
	return b
}

func decodeTries(key string, value []byte) (t tries, err error) {
	if err := json.Unmarshal(value, &t); err != nil {
		return t, fmt.Errorf("webhook: the row %q is damaged: %w", key, err)
	}
	return t, nil
}

func cursorRow(endpoint string, seq uint64) engine.Row {
	return engine.Row{Key: cursorPrefix + endpoint, Value: binary.BigEndian.AppendUint64(nil, seq)}
}

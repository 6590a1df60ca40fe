package redisboard

import (
	"encoding/binary"
	"fmt"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/integer"
	"github.com/laurel-engine/laurel/leaderboards"
)

// placeSize is the length of a place: sixteen bytes of score and eight of the time at which it was reached.
const placeSize = 24

// layout names what the tables of a ranking are kept for; put.lua looks for the word dense.
func layout(rules leaderboards.Rules) string {
	if rules.Ties == leaderboards.Dense {
		return rules.Order.String() + " dense"
	}
	return rules.Order.String()
}

func encodeVersion(version uint64) string {
	return string(binary.BigEndian.AppendUint64(nil, version))
}

// encodePlace returns bytes that sort as the ranking does, empty for a removal.
func encodePlace(order leaderboards.Order, s leaderboards.Score) string {
	if s.Removed {
		return ""
	}
	place := make([]byte, 0, placeSize)
	place = binary.BigEndian.AppendUint64(place, sortable(flip(order, int64(s.Value))))
	place = binary.BigEndian.AppendUint64(place, sortable(flip(order, s.Rest)))
	place = binary.BigEndian.AppendUint64(place, sortable(int64(s.Reached)))
	return string(place)
}

// decodeRow reads a place with its member, without the rank.
func decodeRow(order leaderboards.Order, row string) (leaderboards.Standing, error) {
	if len(row) < placeSize {
		return leaderboards.Standing{}, fmt.Errorf("a row of %d bytes: %w", len(row), leaderboards.ErrDamaged)
	}
	place := []byte(row[:placeSize])
	return leaderboards.Standing{
		Member:  row[placeSize:],
		Value:   decimal.Decimal(flip(order, unsortable(binary.BigEndian.Uint64(place)))),
		Rest:    flip(order, unsortable(binary.BigEndian.Uint64(place[8:]))),
		Reached: calendar.Instant(unsortable(binary.BigEndian.Uint64(place[16:]))),
	}, nil
}

// flip turns scores around if the highest ranks first, and back. The complement does it for every int64.
func flip(order leaderboards.Order, v int64) int64 {
	if order == leaderboards.HighestFirst {
		return ^v
	}
	return v
}

// sortable maps integers to unsigned ones in the same order.
func sortable(v int64) uint64 { return integer.Bits(v) ^ 1<<63 }

func unsortable(v uint64) int64 { return integer.Signed(v ^ 1<<63) }

package engine

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// Whom time changes, and when. A checkpoint writes the last move of each member since the one before; until it is committed the
// moves are held here.

// dueMove is where a member has moved to in the order of what is due.
type dueMove struct {
	was, at calendar.Instant // was is what the store has; 0 and calendar.Forever for nothing
	since   uint64           // the event since which it is due
}

// dueMoves are by member.
type dueMoves map[string]dueMove

// move notes that a member is due at another instant, was being the one noted before.
func (d dueMoves) move(member string, was, at calendar.Instant, since uint64) {
	if earlier, ok := d[member]; ok {
		was = earlier.was
	}
	d[member] = dueMove{was, at, since}
}

// rows writes the moves.
func (d dueMoves) rows(rows []Row) []Row {
	for member, move := range d {
		if move.was != 0 && move.was != calendar.Forever && move.was != move.at {
			rows = append(rows, Row{Key: dueKey(move.was, member)})
		}
		if move.at != calendar.Forever {
			rows = append(rows, Row{Key: dueKey(move.at, member), Value: []byte(ordered(move.since))})
		}
	}
	return rows
}

// Due are the events that settle what time has done to members by an instant, in the order of their instants: the first most of them.
func (p *Processor) Due(by calendar.Instant, most int) (ticks []*event.Event, err error) {
	by = min(by, calendar.Forever-1)
	moves := dueMoves{} // that the store does not have yet
	for _, b := range p.taken {
		maps.Copy(moves, b.dues)
	}
	maps.Copy(moves, p.dues)
	err = p.store.Scan(duePrefix, "", func(key string, value []byte) bool {
		at, member := dueOf(key)
		if at > by || len(ticks) == most {
			return false
		}
		if _, moved := moves[member]; !moved {
			ticks = append(ticks, newTick(strings.Clone(member), at, sequence(string(value))))
		}
		return true
	})
	for member, move := range moves {
		if move.at <= by {
			ticks = append(ticks, newTick(member, move.at, move.since))
		}
	}
	slices.SortFunc(ticks, func(a, b *event.Event) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), strings.Compare(a.Member, b.Member))
	})
	return ticks[:min(most, len(ticks))], err
}

// newTick is the event that writes down what time has done to a member by an instant. Its id names the instant and the
// event since which it was due, so that it has one effect however often it is sent.
func newTick(member string, due calendar.Instant, since uint64) *event.Event {
	id := event.Own + "tick/" + due.String() + "/" + strconv.FormatUint(since, 10) + "/" + member
	return &event.Event{ID: id, Kind: event.Tick, Type: commandTime, Member: member, Time: due, Timed: true}
}

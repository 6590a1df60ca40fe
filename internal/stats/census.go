package stats

import (
	"sync"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// census is what members have now, read from the states of all. It is not kept by events: points expire and streaks break by time, and
// the end of points that expire after the last visit moves with every visit. One that took long answers for a while.
type census struct {
	mu   sync.Mutex
	last *counted
}

// counted is one census.
type counted struct {
	seq     uint64
	at      calendar.Instant
	made    time.Time
	took    time.Duration
	members int64
	points  map[string]*held
	tiers   map[string]map[string]int64 // members by tier and level
	streaks map[string]map[string]int64 // members by streak and state
	lengths map[string]map[int]int64    // members by streak and length of the run that goes on
}

// held is what all members have of some points.
type held struct {
	live, pending, held, debt decimal.Decimal
	byMonth                   map[calendar.Key]decimal.Decimal // of what is live, by the month of its last day
}

// slow is how long a census takes that is not made again for every question, and patient by how much longer than it took it then holds.
const (
	slow    = 100 * time.Millisecond
	patient = 50
)

// holds reports whether a census need not be made again.
func (c *counted) holds(seq uint64, at calendar.Instant) bool {
	if c == nil {
		return false
	}
	return c.seq == seq && c.at == at || c.took > slow && time.Since(c.made) < patient*c.took
}

// of is a census of now.
func (c *census) of(x *Figures) *counted {
	c.mu.Lock()
	defer c.mu.Unlock()
	seq := x.follower.program.Durable()
	if c.last.holds(seq, x.now) {
		return c.last
	}
	n := &counted{seq: seq, at: x.now, made: time.Now(), points: map[string]*held{}, tiers: map[string]map[string]int64{},
		streaks: map[string]map[string]int64{}, lengths: map[string]map[int]int64{}}
	if x.err = x.follower.program.Flush(); x.err == nil {
		x.err = engine.MembersFrom(x.store, "", "", func(_ string, state []byte) bool {
			if m := x.rules.ReadMember(state); m.Into == "" {
				n.add(x, m)
			}
			return true
		})
	}
	if x.err != nil {
		return n
	}
	n.took = time.Since(n.made)
	c.last = n
	return n
}

func (c *counted) add(x *Figures, m *engine.Member) {
	c.members++
	for _, p := range x.rules.Points {
		b := m.Balance(x.rules, p, x.now)
		h := need(c.points, p.ID, held{byMonth: map[calendar.Key]decimal.Decimal{}})
		h.live, h.pending, h.held, h.debt = h.live+b.Spendable, h.pending+b.Pending, h.held+b.Held, h.debt+b.Debt
		for _, e := range b.Expires {
			h.byMonth[x.cal.Key(calendar.Month, e.At-1)] += e.Amount
		}
	}
	for _, t := range x.rules.Tiers {
		tally(c.tiers, t.ID, m.Level(x.rules, t, x.now))
	}
	for _, s := range x.rules.Streaks {
		st := m.StreakAt(x.rules, s, x.now)
		tally(c.streaks, s.ID, string(st.State))
		if st.Length > 0 {
			tally(c.lengths, s.ID, st.Length)
		}
	}
}

func tally[K comparable](of map[string]map[K]int64, id string, k K) {
	if of[id] == nil {
		of[id] = map[K]int64{}
	}
	of[id][k]++
}

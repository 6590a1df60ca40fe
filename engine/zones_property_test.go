package engine_test

import (
	"encoding/json"
	"math/rand"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/engine/tasks"
)

const unruly = `
timezone: Europe/Berlin
clock: member
late: 48 hours
events: {visit: {}, earn: {points: integer}, score: {n: integer}}
points:
  stars: {}
  gems: {expire: end of month}
  coins: {expire: 2 days after last visit}
rules:
  earn: {when: earn, give: {stars: event.points}, limit: 100 stars per day}
  noon: {when: cron 0 12 * * *, give: {stars: 1000}}
  visit: {when: visit, give: {gems: 1, coins: 1}}
streaks: {daily: {when: visit, every: day, freeze: 1 per month, goals: [{at: 3, give: {coins: 10}}]}}
challenges: {busy: {when: visit, goal: 2, every: day, give: {gems: 5}}}
counters: {sum: {when: score, add: event.n, every: day}}
leaderboards: {board: {counter: sum, closes: 6 hours, prizes: [{ranks: 1, give: {gems: 100}}]}}
`

// clocks is what the clocks of a zone have shown, worked out from the offsets of each release while it was in force.
type clocks struct{ spans []enginetest.Offset }

// goBy sets the clocks by other offsets from an instant on.
func (c *clocks) goBy(offsets []enginetest.Offset, at calendar.Instant) {
	seconds := offsets[0].Seconds
	var ahead []enginetest.Offset
	for _, o := range offsets[1:] {
		if o.From <= at {
			seconds = o.Seconds
		} else {
			ahead = append(ahead, o)
		}
	}
	c.spans = slices.DeleteFunc(c.spans, func(o enginetest.Offset) bool { return o.From >= at })
	c.spans = append(append(c.spans, enginetest.Offset{From: at, Seconds: seconds}), ahead...)
}

// passed is how far the clocks have come by an instant, in seconds; a clock that was turned back shows nothing new until it is
// there again.
func (c *clocks) passed(at calendar.Instant) (seconds int64) {
	seconds = -1 << 62
	for i, o := range c.spans {
		if o.From > at {
			break
		}
		end := at.Time().Unix()
		if i+1 < len(c.spans) {
			end = min(end, c.spans[i+1].From.Time().Unix()-1)
		}
		seconds = max(seconds, end+int64(o.Seconds))
	}
	return seconds
}

// days counts the days that the clocks have begun by an instant, hours late.
func (c *clocks) days(at calendar.Instant, hours int64) int64 {
	return (c.passed(at) - hours*3600) / 86_400
}

// noons counts the noons that the clocks have passed between two instants. Those that one setting of the clocks leaps over come
// together, once, as all times of a schedule in one gap do.
func (c *clocks) noons(after, until calendar.Instant) int64 {
	n := c.days(until, 12) - c.days(after, 12)
	for _, o := range c.spans {
		if after < o.From && o.From <= until {
			n -= max(0, c.days(o.From, 12)-c.days(o.From-1, 12)-1)
		}
	}
	return n
}

// unrulyZone invents the offsets of a zone around a time: clocks are set by hours, now and then by a day.
func unrulyZone(r *rand.Rand, now calendar.Instant) []enginetest.Offset {
	list := enginetest.Always(3600 * (r.Intn(27) - 13))
	at := now.Add(-48 * time.Hour)
	for range r.Intn(7) {
		at = at.Add(time.Duration(1+r.Intn(60)) * time.Hour)
		last := list[len(list)-1].Seconds
		seconds := last + 1800*(r.Intn(9)-4)
		if r.Intn(6) == 0 {
			seconds = -last
		}
		list = append(list, enginetest.Offset{From: at, Seconds: min(max(seconds, -13*3600), 14*3600)})
	}
	return list
}

// nomad is a member who moves, so that nobody has worked out what comes of it.
const nomad = "nia"

// unrulyRun is one history, with what must come out of it.
type unrulyRun struct {
	*world
	r       *rand.Rand // of the history
	how     *rand.Rand // of restarts and jobs
	clocks  map[string]*clocks
	visits  map[string]map[string]int64 // by member and event: the day
	earned  map[string]map[int64]int64
	joined  map[string]calendar.Instant
	members []string
}

func (u *unrulyRun) release() *calendar.Zones {
	differ := map[string][]enginetest.Offset{"Europe/Berlin": unrulyZone(u.r, u.now), "Asia/Tokyo": unrulyZone(u.r, u.now)}
	for name, offsets := range differ {
		if u.clocks[name] == nil {
			u.clocks[name] = &clocks{}
			u.clocks[name].goBy(offsets, calendar.Beginning+calendar.Instant(time.Hour)) // any long ago
			u.clocks[name].spans[0].Seconds = offsets[0].Seconds
		} else {
			u.clocks[name].goBy(offsets, u.now)
		}
	}
	return enginetest.Zones(u.t, "20"+strconv.Itoa(u.r.Int()), differ)
}

func (u *unrulyRun) of(member string) *clocks {
	if member == "kai" || member == "mio" {
		return u.clocks["Asia/Tokyo"]
	}
	return u.clocks["Europe/Berlin"]
}

// runUnruly lets members live through days whose clocks are set by rules that change. seed is of what happens, how of who
// writes it down when.
func runUnruly(t *testing.T, seed, how int64) *unrulyRun {
	u := &unrulyRun{world: program(t, unruly), r: rand.New(rand.NewSource(seed)), how: rand.New(rand.NewSource(how)), clocks: map[string]*clocks{},
		visits: map[string]map[string]int64{}, earned: map[string]map[int64]int64{}, joined: map[string]calendar.Instant{},
		members: []string{"ann", "bob", "kai", "mio", nomad}}
	u.at("2026-05-29T12:00:00Z")
	u.versions[0].Zones = u.release()
	u.open()
	for _, m := range u.members {
		if u.of(m) == u.clocks["Asia/Tokyo"] {
			u.moves(m, "Asia/Tokyo")
		} else {
			u.moves(m, "Europe/Berlin")
		}
		u.joined[m], u.visits[m], u.earned[m] = u.now, map[string]int64{}, map[int64]int64{}
	}
	for range 120 {
		u.after(time.Duration(1+u.r.Intn(5*60)) * time.Minute)
		u.step(u.members[u.r.Intn(len(u.members))])
		switch u.how.Intn(6) {
		case 0:
			u.restart(true)
		case 1:
			u.restart(false)
		case 2, 3:
			require.NoError(t, tasks.Quiesce(u.host()))
		}
	}
	u.after(time.Second)
	require.NoError(t, tasks.Quiesce(u.host()))
	return u
}

func (u *unrulyRun) step(member string) {
	at := u.now
	switch kind := u.r.Intn(24); {
	case kind == 0:
		u.released(unruly, u.release())
	case kind < 3:
		if at = at.Add(-time.Duration(u.r.Intn(47)) * time.Hour); at > u.joined[member] {
			u.late(at.String())
			u.visit(member, at)
		}
	case member == nomad && kind < 8:
		u.moves(member, []string{"Europe/Berlin", "Asia/Tokyo", "America/New_York"}[u.r.Intn(3)])
	case kind < 12:
		u.visit(member, at)
	case kind < 14:
		u.send(member, "score", "n", 1+u.r.Intn(9))
	case kind < 16:
		var sent []string
		for id := range u.visits[member] {
			sent = append(sent, id)
		}
		if slices.Sort(sent); len(sent) > 0 {
			id := sent[u.r.Intn(len(sent))]
			u.void(id)
			delete(u.visits[member], id)
		}
	default:
		n := int64(1 + u.r.Intn(90))
		u.send(member, "earn", "points", n)
		u.earned[member][u.of(member).days(at, 0)] += n
	}
}

func (u *unrulyRun) visit(member string, at calendar.Instant) {
	u.sent++
	id := "v" + strconv.Itoa(u.sent)
	u.as(id).send(member, "visit")
	u.visits[member][id] = u.of(member).days(at, 0)
}

// stars are those that a member must have: up to a hundred for each day, and a thousand for each noon.
func (u *unrulyRun) stars(member string) int64 {
	c := u.of(member)
	sum := 1000 * c.noons(u.joined[member], u.now)
	for _, n := range u.earned[member] {
		sum += min(n, 100)
	}
	return sum
}

// qualified are the days on which a member has visited.
func (u *unrulyRun) qualified(member string) (days []int64) {
	for _, d := range u.visits[member] {
		days = append(days, d)
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// TestNoDayIsCountedTwiceOrLost holds over releases that set clocks at will: a cap is that of each day, once; every day has one
// noon; a run is the days that were visited; and it is all the same for whoever replays, restarts, writes down late, voids or
// erases.
func TestNoDayIsCountedTwiceOrLost(t *testing.T) {
	seeds := random(t)
	histories := []int64{5687577049701672293} // leaps over two noons at once
	for range 3 {
		histories = append(histories, seeds.Int63())
	}
	for _, seed := range histories {
		t.Logf("history %d", seed)
		u := runUnruly(t, seed, 1)
		for _, m := range u.members[:4] {
			u.has(m, "stars", decimal.Decimal(u.stars(m)*1_000_000).String())
			s := u.p.Member(m).Streaks
			days := u.qualified(m)
			if len(days) > 0 {
				require.NotEmpty(t, s)
			}
			var counted []int64
			for _, rec := range s {
				for _, span := range rec.Spans {
					for d := span.First; d <= span.Last; d++ {
						counted = append(counted, int64(d))
					}
				}
			}
			require.Equal(t, days, counted, m)
		}
		other := runUnruly(t, seed, 2)
		for _, m := range u.members {
			require.JSONEq(t, u.shown(m), other.shown(m), m)
		}
		u.erase("bob")
		u.redact(4)
		enginetest.CheckInvariants(t, u.store, u.p, u.versions)
		u.restart(false)
	}
}

// shown is what a member is shown.
func (u *unrulyRun) shown(member string) string {
	p := u.progress(member)
	p.Seq = 0 // of ticks, which come as jobs run
	gems := p.Points["gems"]
	gems.Expiring = nil // those that a job gave expire by the month's end as it was known when it did
	p.Points["gems"] = gems
	b, err := json.Marshal(p)
	require.NoError(u.t, err)
	return string(b)
}

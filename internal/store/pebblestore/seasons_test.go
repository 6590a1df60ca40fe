package pebblestore

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// arenaPrizes are what the first places win; a place beyond them wins nothing.
var arenaPrizes = []int64{100, 50, 20, 20}

const (
	arenaLate   = 30 * time.Hour
	arenaCloses = 5 * time.Hour
)

func arenaVersions(t *testing.T, ties string) []engine.Version {
	t.Helper()
	program, diagnostics := rulesets.Parse("arena.yaml", []byte(`
program: shop
late: 30 hours
member: {city?: text}
events: {score: {n: integer, city: text}}
points: {coins: {}, told: {}}
rules: {told: {when: season_closed, give: {told: 1}, limit: 1000 per day}}
counters: {sum: {when: score, add: event.n, every: day}}
leaderboards:
  arena:
    counter: sum
    split: event.city
    closes: 5 hours
    ties: `+ties+`
    prizes: [{ranks: 1, give: {coins: 100}}, {ranks: 2, give: {coins: 50}}, {ranks: 3-4, give: {coins: 20}}]
`))
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	return []engine.Version{{Number: 1, From: calendar.Beginning, Rules: program.Ruleset}}
}

// contribution is a score as the model knows it.
type contribution struct {
	id, member, city string
	n                int64
	at               calendar.Instant // event time
	arrived          calendar.Instant
	voided           calendar.Instant // Forever: never
}

// season is the number of the day that an instant lies in.
func season(at calendar.Instant) int64 { return at.Time().Unix() / (24 * 60 * 60) }

func closesAt(season int64) calendar.Instant {
	at, _ := calendar.ParseInstant(time.Unix((season+1)*24*60*60, 0).UTC().Add(arenaCloses).Format(time.RFC3339))
	return at
}

// place is a row of the model's table.
type place struct {
	rank, position, tied int64
	member               string
	sum                  int64
	reached              calendar.Instant
}

// tables are what the model makes of all contributions, by season and city, of the seasons that close after one instant and
// until another.
func tables(all []*contribution, ties string, after, until calendar.Instant) map[string][]place {
	byMember := map[string]map[string]*place{}
	for _, c := range all {
		closes := closesAt(season(c.at))
		if closes <= after || closes > until || c.arrived >= closes || c.voided < closes {
			continue
		}
		key := time.Unix(season(c.at)*24*60*60, 0).UTC().Format(time.DateOnly) + " " + c.city
		if byMember[key] == nil {
			byMember[key] = map[string]*place{}
		}
		p := byMember[key][c.member]
		if p == nil {
			p = &place{member: c.member}
			byMember[key][c.member] = p
		}
		p.sum += c.n
		p.reached = max(p.reached, c.at)
	}
	out := map[string][]place{}
	for key, members := range byMember {
		var rows []place
		for _, p := range members {
			rows = append(rows, *p)
		}
		slices.SortFunc(rows, func(a, b place) int {
			return cmp.Or(cmp.Compare(b.sum, a.sum), cmp.Compare(a.reached, b.reached), strings.Compare(a.member, b.member))
		})
		for i := range rows {
			rows[i].position = int64(i + 1)
			distinct := map[int64]bool{}
			better := int64(0)
			for j := range rows {
				if rows[j].sum > rows[i].sum {
					better++
					distinct[rows[j].sum] = true
				}
				if rows[j].sum == rows[i].sum {
					rows[i].tied++
				}
			}
			rows[i].rank = map[string]int64{"earliest": int64(i + 1), "share": better + 1, "dense": int64(len(distinct)) + 1}[ties]
		}
		out[key] = rows
	}
	return out
}

// wins are the coins of a place.
func (p place) wins(ties string) int64 {
	prize := func(n int64) int64 {
		if n > int64(len(arenaPrizes)) {
			return 0
		}
		return arenaPrizes[n-1]
	}
	if ties != "share" {
		return prize(p.rank)
	}
	pool := int64(0)
	for n := p.rank; n < p.rank+p.tied; n++ {
		pool += prize(n)
	}
	if p.position == p.rank {
		return pool/p.tied + pool%p.tied
	}
	return pool / p.tied
}

// TestSeasonsCloseOnce lets random scores, late ones and voids come while seasons close, with a job that runs early, late,
// twice or not at all, and cuts the power at random writes. Tables and prizes must be those of a model that knows nothing of
// jobs.
func TestSeasonsCloseOnce(t *testing.T) {
	first := *seed
	if first == 0 {
		first = rand.Uint64() >> 16
	}
	t.Logf("seeds from %d", first)
	cuts := 0
	for i := range max(*seeds/4, 1) {
		cuts += arena(t, first+uint64(i))
	}
	require.Positive(t, cuts)
}

// arenaRun is one program on a disk whose power is cut now and then.
type arenaRun struct {
	t        *testing.T
	seed     uint64
	r        *rand.Rand
	o        *outlet
	db       *DB
	store    *Store
	versions []engine.Version
	host     *enginetest.Runtime
	cuts     int
}

// open starts the program from what is on the disk.
func (a *arenaRun) open() {
	a.t.Helper()
	a.o.n.Store(a.r.Int64N(400) + 20)
	unsynced := []int{0, 50, 100, a.r.IntN(101)}[a.r.IntN(4)]
	ofDisk := rand.New(rand.NewPCG(a.seed, a.r.Uint64())) // which takes from it at any moment, and is not to change what is done
	a.o.cfg = vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced, RNG: ofDisk}
	var err error
	a.db, a.store, err = openPending(errorfs.Wrap(a.o.disk, a.o), uint64(16<<10)<<a.r.IntN(4), []int{1, 1, 30, 1 << 20}[a.r.IntN(4)])
	require.NoError(a.t, err, "seed %d", a.seed)
	p, err := engine.NewProcessor(a.store, a.versions, nil)
	require.NoError(a.t, err, "seed %d", a.seed)
	a.host = &enginetest.Runtime{S: a.store, P: p}
}

// do does a step until the power stays on during it.
func (a *arenaRun) do(at calendar.Instant, step func()) {
	a.t.Helper()
	for {
		a.host.At = at
		step()
		if !a.o.cut.Load() {
			return
		}
		a.cuts++
		a.o.pull() // another goroutine may be at it
		require.NoError(a.t, a.db.Close(), "seed %d", a.seed)
		a.o = &outlet{disk: a.o.after}
		a.open()
	}
}

func (a *arenaRun) submit(e event.Event) {
	a.t.Helper()
	require.NoError(a.t, a.host.Submit(&e), "seed %d", a.seed)
}

func arena(t *testing.T, seed uint64) (cuts int) {
	r := rand.New(rand.NewPCG(seed, 1))
	ties := []string{"earliest", "share", "dense"}[r.IntN(3)]
	a := &arenaRun{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 2)), o: &outlet{disk: vfs.NewCrashableMem()}, versions: arenaVersions(t, ties)}
	a.open()
	start, err := calendar.ParseInstant("2026-12-27T20:00:00Z")
	require.NoError(t, err)
	now := start
	var all []*contribution
	lazy := r.IntN(8) + 2 // how seldom the job runs
	for i := range 150 {
		now = now.Add(time.Duration(r.IntN(100)) * time.Minute)
		switch {
		case r.IntN(lazy) == 0:
			for range r.IntN(6) {
				a.do(now, func() {
					_, err := tasks.CloseSeasons(a.host)
					require.NoError(t, err, "seed %d", seed)
				})
			}
		case len(all) > 0 && r.IntN(5) == 0:
			c := all[r.IntN(len(all))]
			a.do(now, func() {
				void := *engine.NewVoid(c.id)
				void.Time = now
				a.submit(void)
			})
			c.voided = min(c.voided, now)
		default:
			c := &contribution{id: fmt.Sprint("e", i), member: fmt.Sprint("m", r.IntN(6)), city: []string{"oslo", "rome"}[r.IntN(2)],
				n: int64(r.IntN(3)) + 1, at: now, arrived: now, voided: calendar.Forever}
			if i > 0 && r.IntN(2) == 0 {
				c.at = now.Add(-time.Duration(r.IntN(int(arenaLate/time.Minute))) * time.Minute)
			}
			all = append(all, c)
			a.do(now, func() {
				a.submit(event.Event{ID: c.id, Type: "score", Member: c.member, Time: c.at, Timed: true,
					Data: fmt.Appendf(nil, `{"n":%d,"city":%q}`, c.n, c.city)})
			})
		}
	}
	now = now.Add(72 * time.Hour)
	for done := 1; done > 0; {
		a.do(now, func() {
			done, err = tasks.CloseSeasons(a.host)
			require.NoError(t, err, "seed %d", seed)
		})
	}
	a.compare(tables(all, ties, all[0].arrived, now), ties)
	require.NoError(t, a.db.Close())
	return a.cuts
}

// compare compares tables and balances with the model's, and checks the invariants.
func (a *arenaRun) compare(want map[string][]place, ties string) {
	t := a.t
	coins, told := map[string]int64{}, map[string]int64{}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		day, city, _ := strings.Cut(key, " ")
		rows, err := engine.ClosedPage(a.store, leaderboards.Key{Board: "arena", Season: day, Split: city}, 1, 1000)
		require.NoError(t, err)
		var got, model []string
		for _, row := range rows {
			got = append(got, fmt.Sprint(row.Rank, " ", row.Member, " ", row.Value, " ", row.Reached))
		}
		for _, p := range want[key] {
			model = append(model, fmt.Sprint(p.rank, " ", p.member, " ", p.sum, " ", p.reached))
			coins[p.member] += p.wins(ties)
			told[p.member]++
		}
		require.Equal(t, model, got, "seed %d, %s, ties: %s", a.seed, key, ties)
	}
	seasons := 0
	require.NoError(t, engine.ClosedSeasons(a.store, "arena", "", func(s engine.ClosedSeason) bool {
		seasons++
		require.True(t, s.Paid)
		return true
	}))
	days := map[string]bool{}
	for key := range want {
		day, _, _ := strings.Cut(key, " ")
		days[day] = true
	}
	require.Equal(t, len(days), seasons, "seed %d", a.seed)
	require.NoError(t, a.host.Flush())
	for i := range 6 {
		member := fmt.Sprint("m", i)
		if m := a.host.P.Member(member); m != nil {
			for points, amount := range map[string]int64{"coins": coins[member], "told": told[member]} {
				of := m.Balance(a.versions[0].Rules, a.versions[0].Rules.PointsType(points), a.host.At)
				require.Equal(t, decimal.Decimal(amount)*decimal.One, of.Spendable, "seed %d: %s of %s", a.seed, points, member)
			}
		}
	}
	enginetest.CheckInvariants(t, a.store, a.host.P, a.versions)
}

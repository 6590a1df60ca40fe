package stats_test

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/stats"
)

var (
	seed    = flag.Int64("seed", 0, "the first seed of random histories; 0: of the time")
	stories = flag.Int("stories", 12, "how many random histories")
)

func eachStory(t *testing.T, run func(t *testing.T, seed int64)) {
	first := *seed
	if first == 0 {
		first = time.Now().UnixNano() % 1_000_000
	}
	for i := range int64(*stories) {
		t.Run(fmt.Sprint("seed_", first+i), func(t *testing.T) { run(t, first+i) })
	}
}

// Whoever counts makes the same rows: a follower that is told of everything and stopped at times, one that begins in the middle, one that reads
// the journal in one go.
func TestAFollowerIsLikeAnother(t *testing.T) {
	eachStory(t, func(t *testing.T, seed int64) {
		w := newWorld(t, engine.NewMemory(), seed)
		for range 400 {
			w.step()
			switch w.r.Intn(20) {
			case 0:
				w.leave()
			case 1:
				w.follow()
			case 2:
				if w.follower != nil {
					require.True(t, w.follower.CatchUp(context.Background()))
				}
			}
		}
		w.follow()
		require.True(t, w.follower.CatchUp(context.Background()))
		require.NoError(t, w.follower.Failed())
		lived := rows(t, w.store)
		w.leave()
		n, err := stats.Rebuild(w.store, w.versions)
		require.NoError(t, err)
		require.Equal(t, w.program.Durable(), n)
		require.Equal(t, lived, rows(t, w.store))
		require.Greater(t, len(lived), 200)
	})
}

// figures are rows of one kind, as texts, with their cells.
func figures(of map[string]string, kind, layout string) map[string]string {
	found := map[string]string{}
	for key, value := range of {
		if strings.HasPrefix(key, "t/"+kind+"/") {
			parts, sum, count := stats.ReadRow(key, value, layout)
			found[fmt.Sprint(parts...)] = fmt.Sprint(sum, " ", count)
		}
	}
	return found
}

// tally are cells that a test has found out by itself.
type tally struct {
	sums   map[string]decimal.Decimal
	counts map[string]int64
}

func newTally() *tally { return &tally{map[string]decimal.Decimal{}, map[string]int64{}} }

func (x *tally) add(sum decimal.Decimal, count int64, parts ...any) {
	key := fmt.Sprint(parts...)
	x.sums[key] += sum
	x.counts[key] += count
}

func (x *tally) figures() map[string]string {
	found := map[string]string{}
	for key, count := range x.counts {
		if x.sums[key] != 0 || count != 0 {
			found[key] = fmt.Sprint(x.sums[key], " ", count)
		}
	}
	return found
}

// naive goes through the journal without any of what a follower keeps.
type naive struct {
	w       *world
	cal     calendar.Calendar
	records map[uint64]*engine.Record
	// days are those of events by member and type, with a "" for what the ruleset calls activity; those who were erased stay by their ids.
	days                           map[string]map[string]map[calendar.Key]int
	joined                         map[string]calendar.Key
	merged                         map[string]string
	months, days2, events, members *tally
}

func (n *naive) key(p calendar.Period, day calendar.Key) calendar.Key {
	return n.cal.KeyOfDate(p, calendar.Date(day))
}

func (n *naive) member(id string) string {
	for n.merged[id] != "" {
		id = n.merged[id]
	}
	return id
}

func (n *naive) did(member, name string, day calendar.Key, by int) {
	if n.days[member] == nil {
		n.days[member] = map[string]map[calendar.Key]int{}
	}
	if n.days[member][name] == nil {
		n.days[member][name] = map[calendar.Key]int{}
	}
	n.days[member][name][day] += by
}

func (n *naive) record(rec *engine.Record) {
	e, o := &rec.Event, &rec.Outcome
	day := n.cal.Key(calendar.Day, e.Time)
	ours := map[string]bool{"points.grant": true, "points.take": true, "time.passed": true, "challenge.share": true, "promotion.turn": true, "event.undo": true}
	if e.Member != "" && !ours[e.Type] && e.Type != "member.erase" {
		if _, known := n.joined[e.Member]; !known {
			n.joined[e.Member] = day
			n.members.add(0, 1, day)
		}
	}
	sent := e.Type == "buy" || e.Type == "go"
	if sent {
		n.did(e.Member, e.Type, day, 1)
		if e.Type == "buy" {
			n.did(e.Member, "", day, 1)
		}
	}
	if !ours[e.Type] {
		n.events.add(0, 1, day, "a", e.Type)
		if !e.Past && e.Arrived.Time().Sub(e.Time.Time()) > 5*time.Minute {
			n.events.add(0, 1, day, "l", e.Type)
		}
		if o.Refusal != nil {
			n.events.add(0, 1, day, "r", e.Type)
		}
		if len(o.Notes) > 0 {
			n.events.add(0, 1, day, "n", e.Type)
		}
	}
	switch {
	case e.Type == "event.void" && o.Revision != nil:
		if of := n.records[o.Revision.Seq]; of.Event.Type == "buy" || of.Event.Type == "go" {
			then := n.cal.Key(calendar.Day, of.Event.Time)
			n.events.add(0, 1, then, "v", of.Event.Type)
			n.did(n.member(of.Event.Member), of.Event.Type, then, -1)
			if of.Event.Type == "buy" {
				n.did(n.member(of.Event.Member), "", then, -1)
			}
		}
	case e.Type == "member.merge" && o.Refusal == nil:
		n.members.add(1, 0, day)
		from := o.Merge.From
		for name, days := range n.days[from] {
			for d, count := range days {
				n.did(e.Member, name, d, count)
			}
		}
		n.joined[e.Member] = min(n.joined[e.Member], n.joined[from])
		delete(n.joined, from)
		delete(n.days, from)
		n.merged[from] = e.Member
	case e.Type == "member.erase":
		n.members.add(1, 0, day)
	}
	for i := range o.Entries {
		n.entry(&o.Entries[i], e)
	}
}

func (n *naive) entry(x *engine.Entry, e *event.Event) {
	flow := map[engine.EntryKind]string{engine.EntryIssued: "i", engine.EntrySpent: "s", engine.EntryRefunded: "b", engine.EntryExpired: "x",
		engine.EntryRestored: "y", engine.EntryForfeited: "f", engine.EntryReversed: "r", engine.EntryMadeGood: "b", engine.EntryReturned: "b"}[x.Kind]
	if strings.HasPrefix(x.Source.String(), "adjustments") && (flow == "i" || flow == "f") {
		flow = "a"
	}
	if flow == "" {
		return
	}
	at, by := x.At, x.Source.String()
	if at == e.Arrived {
		at = e.Time
	}
	if flow == "a" || strings.HasPrefix(by, "adjustments") {
		by = "adjustments"
	}
	n.months.add(x.Amount, 1, x.Points, n.cal.Key(calendar.Month, at), flow)
	n.days2.add(x.Amount, 1, x.Points, n.cal.Key(calendar.Day, at), flow, by)
}

// activity is what follows from the days of members.
func (n *naive) activity() map[string]*tally {
	found := map[string]*tally{"a": newTally(), "A": newTally(), "k": newTally(), "z": newTally(), "q": newTally(), "J": newTally()}
	for id, joined := range n.joined {
		cohort := n.key(calendar.Week, joined)
		found["J"].add(0, 1, cohort)
		for name, days := range n.days[id] {
			for unit, p := range map[string]calendar.Period{"d": calendar.Day, "w": calendar.Week, "m": calendar.Month, "y": calendar.Year} {
				periods := map[calendar.Key]bool{}
				for d, count := range days {
					if count > 0 {
						periods[n.key(p, d)] = true
					}
				}
				for k := range periods {
					kept := decimal.Decimal(0)
					if periods[k-1] {
						kept = 1
					}
					found["a"].add(kept, 1, name, unit, k)
					if n.key(p, joined) == k {
						found["A"].add(0, 1, name, unit, k)
					}
					if p == calendar.Week {
						found["k"].add(0, 1, name, cohort, k)
					}
				}
			}
			last := calendar.Key(-1 << 30)
			for d, count := range days {
				if count > 0 {
					last = max(last, d)
				}
			}
			if last > -1<<30 {
				found["q"].add(0, 1, name, last)
				found["z"].add(0, 1, name, cohort, n.key(calendar.Week, last))
			}
		}
	}
	return found
}

// What a follower keeps is what anybody would find who reads all of the journal, and its months add up to what members have.
func TestFiguresAreThoseOfTheJournal(t *testing.T) {
	seen := map[string]int{}
	eachStory(t, func(t *testing.T, seed int64) {
		w := newWorld(t, engine.NewMemory(), seed)
		w.follow()
		for range 600 {
			w.step()
		}
		require.True(t, w.follower.CatchUp(context.Background()))
		n := &naive{w: w, cal: w.versions[0].Rules.Calendar, records: map[uint64]*engine.Record{}, days: map[string]map[string]map[calendar.Key]int{},
			joined: map[string]calendar.Key{}, merged: map[string]string{}, months: newTally(), days2: newTally(), events: newTally(), members: newTally()}
		require.NoError(t, w.store.Records(1, func(seq uint64, b []byte) bool {
			rec, err := engine.DecodeRecord(b)
			require.NoError(t, err)
			n.records[seq] = rec
			n.record(rec)
			seen[rec.Event.Type]++
			return true
		}))
		kept := rows(t, w.store)
		require.Equal(t, n.months.figures(), figures(kept, "m", "TNC"))
		require.Equal(t, n.days2.figures(), figures(kept, "d", "TNCT"))
		require.Equal(t, n.events.figures(), figures(kept, "e", "NCT"))
		require.Equal(t, n.members.figures(), figures(kept, "j", "N"))
		for kind, layout := range map[string]string{"a": "TCN", "A": "TCN", "k": "TNN", "z": "TNN", "q": "TN", "J": "N"} {
			require.Equal(t, n.activity()[kind].figures(), figures(kept, kind, layout), kind)
		}
		require.Greater(t, len(figures(kept, "k", "TNN")), 10)
		require.Greater(t, len(n.days2.figures()), 50)
		w.sumsUp(n)
	})
	for _, name := range []string{"buy", "go", "event.void", "event.amend", "member.merge", "member.erase", "reward.claim", "claim.confirm",
		"claim.return", "points.adjust",
		"points.grant", "promotion.fire"} {
		require.Positive(t, seen[name], "%s never happened in %v", name, seen)
	}
}

// sumsUp compares the flows of all months with the accounts of members, those of the erased included.
func (w *world) sumsUp(n *naive) {
	require.NoError(w.t, w.program.Flush())
	have := map[string]decimal.Decimal{}
	add := func(accounts []*engine.Account) {
		for _, a := range accounts {
			have[a.Points] += a.Issued - a.Spent - a.Expired - a.Forfeited - a.Reversed
		}
	}
	require.NoError(w.t, w.store.Scan("s/m/", "", func(_ string, state []byte) bool {
		add(w.versions[0].Rules.ReadMember(state).Accounts)
		return true
	}))
	require.NoError(w.t, w.store.Scan("s/e/", "", func(_ string, state []byte) bool {
		add(engine.DecodeErased(state).Accounts)
		return true
	}))
	for _, points := range []string{"stars", "coins", "gems"} {
		flows := decimal.Decimal(0)
		for key, sum := range n.months.sums {
			if strings.HasPrefix(key, points) {
				flows += sum
			}
		}
		require.Equal(w.t, have[points], flows, points)
	}
}

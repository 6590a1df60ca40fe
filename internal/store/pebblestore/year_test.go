package pebblestore

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/rulesets"
)

// timed is a program in which time alone gives: by each member's own clock, by the program's, and after what members do.
const timed = `
program: shop
timezone: America/Santiago
clock: member
member: {born?: date}
events: {visit: {}}
points: {gems: {}, stars: {expire: 10 days after earning}}
promotions: {happy: {cron: 30 1 * * SUN, open_for: 90 minutes}}
rules:
  daily: {when: cron 30 2 * * *, give: {gems: 1}}
  midnight: {when: cron 0 0 1 * *, give: {gems: 1}}
  monday: {when: cron 15 9 * * MON, give: {gems: 1}}
  birthday: {when: every year on member.born, give: {gems: 1}}
  happy: {when: happy opens, give: {gems: 1}}
  missed: {when: 3 days after last visit, give: {gems: 1}}
  star: {when: visit, give: {stars: 1}}
`

// yearZones are twelve zones with every kind of transition: at midnight, at one and two o'clock, by half an hour, north and
// south, none at all, half-hour offsets.
var yearZones = []string{"America/Santiago", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Beirut",
	"America/Sao_Paulo", "Asia/Kolkata", "Pacific/Auckland", "America/Havana", "Africa/Casablanca", "Pacific/Chatham"}

// wallClock walks through a zone's local time minute by minute with Go's time package, and tells when each local minute is
// first reached: a second opinion on every instant of package calendar.
func wallClock(t *testing.T, zone string, from, until time.Time, reached func(at, local time.Time)) {
	t.Helper()
	loc, err := time.LoadLocationFromTZData(zone, calendar.Embedded().Content(zone))
	require.NoError(t, err)
	local := func(at time.Time) time.Time {
		l := at.In(loc)
		return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC)
	}
	last := local(from)
	for at := from.Add(time.Minute); at.Before(until); at = at.Add(time.Minute) {
		for now := local(at); last.Before(now); { // a gap is passed in one minute
			last = last.Add(time.Minute)
			reached(at, last)
		}
	}
}

// occurrences are what must happen to a member of a zone, with when.
func occurrences(t *testing.T, zone string, born time.Time, visits []time.Time, from, until time.Time) (all []string) {
	t.Helper()
	add := func(rule string, at time.Time) {
		if at.After(from) && !at.After(until) {
			all = append(all, at.UTC().Format(time.RFC3339)+" "+rule)
		}
	}
	wallClock(t, zone, from, until.Add(time.Minute), func(at, l time.Time) {
		clock := l.Format("15:04")
		if clock == "02:30" {
			add("daily", at)
		}
		if clock == "00:00" && l.Day() == 1 {
			add("midnight", at)
		}
		if clock == "09:15" && l.Weekday() == time.Monday {
			add("monday", at)
		}
		if clock == "00:00" && l.Month() == born.Month() && l.Day() == born.Day() {
			add("birthday", at)
		}
	})
	wallClock(t, "America/Santiago", from, until.Add(time.Minute), func(at, l time.Time) {
		if l.Format("15:04") == "01:30" && l.Weekday() == time.Sunday {
			add("happy", at)
		}
	})
	loc, err := time.LoadLocationFromTZData(zone, calendar.Embedded().Content(zone))
	require.NoError(t, err)
	for i, visit := range visits {
		l := visit.In(loc)
		want := time.Date(l.Year(), l.Month(), l.Day()+3, l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
		var due time.Time
		wallClock(t, zone, visit, visit.Add(100*time.Hour), func(at, local time.Time) {
			if due.IsZero() && !local.Before(want.Truncate(time.Minute)) {
				due = at
			}
		})
		if i+1 == len(visits) || !visits[i+1].Before(due) { // who comes at that very instant comes after it
			add("missed", due)
		}
	}
	slices.Sort(all)
	return all
}

// TestAYearOverTwelveZones lets a year pass for members of twelve zones, with work that is done early, late or not for days,
// and power cuts in the middle of it. Every occurrence happens once, at its instant, and none is missing (reliability: P9).
func TestAYearOverTwelveZones(t *testing.T) {
	first := *seed
	if first == 0 {
		first = rand.Uint64() >> 16
	}
	t.Logf("seed %d", first)
	program, diagnostics := rulesets.Parse("shop.yaml", []byte(timed))
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	r := rand.New(rand.NewPCG(first, 2))
	a := &arenaRun{t: t, seed: first, r: r, o: &outlet{disk: vfs.NewCrashableMem()},
		versions: []engine.Version{{Number: 1, From: calendar.Beginning, Rules: program.Ruleset}}}
	a.open()
	start := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(48*60)) * time.Minute)
	end := start.Add(370 * 24 * time.Hour)
	born, visits := map[string]time.Time{}, map[string][]time.Time{}
	for i, zone := range yearZones {
		member := fmt.Sprint("m", i)
		born[member] = time.Date(1990, time.Month(r.IntN(12)+1), r.IntN(28)+1, 0, 0, 0, 0, time.UTC)
		a.do(calendar.FromTime(start), func() {
			profile := engine.Profile{Timezone: &zone, Fields: map[string]json.RawMessage{"born": json.RawMessage(`"` + born[member].Format(time.DateOnly) + `"`)}}
			e := *engine.NewProfile("p"+member, member, profile)
			e.Time, e.Timed = calendar.FromTime(start), true
			a.submit(e)
		})
	}
	for n, now := 0, start; now.Before(end); n++ {
		next := now.Add(time.Duration(r.IntN(60*60)+1) * time.Minute) // up to two and a half days
		i := r.IntN(len(yearZones))
		if last := visits[fmt.Sprint("m", i)]; len(last) > 0 && r.IntN(2) == 0 {
			if at := last[len(last)-1].Add(3 * 24 * time.Hour); at.After(now) && at.Before(next.Add(72*time.Hour)) {
				next = at // most often that is just when it is due
			}
		}
		now = next
		if now.After(end) {
			now = end
		}
		if r.IntN(3) == 0 && now.Before(end) {
			member := fmt.Sprint("m", i)
			visits[member] = append(visits[member], now)
			a.do(calendar.FromTime(now), func() {
				a.submit(event.Event{ID: fmt.Sprint("v", n), Type: "visit", Member: member, Time: calendar.FromTime(now), Timed: true, Data: []byte("{}")})
			})
			continue
		}
		a.do(calendar.FromTime(now), func() { require.NoError(t, tasks.Quiesce(a.host), "seed %d", first) })
	}
	a.do(calendar.FromTime(end), func() { require.NoError(t, tasks.Quiesce(a.host), "seed %d", first) })
	require.Positive(t, a.cuts, "the power was cut")
	total := 0
	for i, zone := range yearZones {
		member := fmt.Sprint("m", i)
		var got []string
		require.NoError(t, engine.Ledger(a.store, member, 0, func(_ uint64, _ calendar.Instant, entries []engine.Entry) bool {
			for _, e := range entries {
				if rule := e.Source.ID; e.Source.Section == engine.RuleSection && e.Points == "gems" {
					got = append(got, e.At.Time().UTC().Format(time.RFC3339)+" "+rule)
				}
			}
			return true
		}))
		slices.Sort(got)
		require.Equal(t, occurrences(t, zone, born[member], visits[member], start, end), got, "seed %d: %s", first, zone)
		total += len(got)
	}
	t.Logf("%d occurrences, %d power cuts", total, a.cuts)
	require.NoError(t, a.db.Close())
}

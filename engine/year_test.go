package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/event"
)

// aYear is a program with much that a member can be in: 30 challenges, 5 streaks, 12 counters, points that expire.
func aYear() string {
	var b strings.Builder
	b.WriteString(`
timezone: Europe/Berlin
currency: EUR
events: {purchase: {order_id: text, amount: money, store: text, sku: text}, visit: {store: text}}
points: {stars: {expire: 12 months after earning}, gems: {expire: 6 months after last purchase}}
rules:
  spend: {when: purchase, give: {stars: event.amount * 2, gems: 1}, limit: 5000 stars per day}
  visit: {when: visit, give: {gems: 1}, limit: 1 per day}
boosts: {tuesday: {of: stars, times: 2, during: {days: [tuesday]}}}
tiers: {club: {earned: stars, last: 12 months, levels: {green: 0, silver: 500, gold: 5000}, keep: 12 months}}
counters:
`)
	folds := []string{"add: event.amount", "highest: event.amount", "distinct: event.sku"}
	periods := []string{"", ", every: month", ", every: week", ", last: 30 days"}
	for i := range 12 {
		fmt.Fprintf(&b, "  c%d: {when: purchase, %s%s}\n", i, folds[i%3], periods[i%4])
	}
	b.WriteString("streaks:\n")
	for i, every := range []string{"day", "week", "month", "day", "week"} {
		fmt.Fprintf(&b, "  s%d: {when: [purchase, visit], every: %s, freeze: 1 per month, goals: [{at: %d, give: {gems: 5}}]}\n", i, every, 3+i)
	}
	b.WriteString("challenges:\n")
	for i := range 30 {
		fmt.Fprintf(&b, "  h%d: {when: purchase, if: event.store == \"s%d\", add: event.amount, every: %s, goals: [{at: %d, give: {gems: 1}}]}\n",
			i, i%10, []string{"week", "month", "quarter"}[i%3], 50+i)
	}
	return b.String()
}

// BenchmarkYear is what an event costs a member with a year of history: 200 lots of stars, about 500 events.
func BenchmarkYear(b *testing.B) {
	w := program(b, aYear()).at("2026-01-05T09:00:00+01:00")
	const days = 200
	n := 0
	purchase := func() *event.Event {
		n++
		return w.as(fmt.Sprint("p", n)).event("ann", "purchase", fmt.Sprintf(`{"order_id":"o%d","amount":%d.50,"store":"s%d","sku":"k%d"}`, n, n%80, n%10, n%50))
	}
	for range days {
		w.accept(purchase())
		w.after(8*time.Hour).send("ann", "visit", `{"store":"s1"}`)
		w.after(34 * time.Hour)
	}
	w.commit(true)
	require.Len(b, w.p.Member("ann").Accounts[0].Lots(), days)
	state, err := w.store.Get("s/m/ann")
	require.NoError(b, err)
	b.Run("purchase", func(b *testing.B) {
		events := make([]*event.Event, b.N)
		for i := range events {
			events[i] = purchase()
			events[i].Time, events[i].Arrived = w.now, w.now
		}
		b.ReportAllocs()
		b.ResetTimer()
		for i, e := range events {
			if _, refusal, err := w.p.Process(e); refusal != nil || err != nil {
				b.Fatal(refusal, err)
			}
			if i%500 == 499 {
				b.StopTimer()
				w.commit(false)
				b.StartTimer()
			}
		}
		b.StopTimer()
		w.commit(true)
		b.ReportMetric(float64(len(state)), "state-bytes")
	})
	b.Run("load", func(b *testing.B) { // of the state, as for a member who was not in memory
		b.ReportAllocs()
		for range b.N {
			w.open()
			w.p.Member("ann")
		}
	})
}

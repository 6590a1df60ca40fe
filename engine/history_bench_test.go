package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
)

// The benchmarks of this file tell what a plain purchase costs by what its member has: no figure may grow with a history. Run
//
//	go test ./engine -run '^$' -bench History -benchtime 5000x -benchmem
//
// quiet-ns/op is of the best stretch of 50 events, which does not depend on what else the machine does.

// past is a program whose members have a history, which every measurement starts from.
type past struct {
	store    *engine.Memory
	versions []engine.Version
	members  int
	now      calendar.Instant
}

// restarts is after how many events of each member a measurement starts from the history again, so that it does not grow meanwhile.
const restarts = 200

// stretch is how many events are timed together.
const stretch = 50

// lived lets so many members buy n times each, every step, and keeps their states. between may do more before each of the purchases.
func lived(b *testing.B, ruleset string, members, n int, step time.Duration, between func(w *world, member string, i int)) *past {
	b.Helper()
	w := &world{t: b, store: engine.NewMemory(), boards: leaderboards.NewMemory()}
	w.versions = []engine.Version{{Number: 1, From: calendar.Beginning, Rules: compile(b, ruleset)}}
	w.open()
	w.at("2026-03-01T12:00:00Z")
	for i := range n {
		w.after(step)
		for m := range members {
			member := fmt.Sprint("m", m)
			if between != nil {
				between(w, member, i)
			}
			_, refusal, err := w.p.Process(w.bought(member, i))
			require.NoError(b, err)
			require.Nil(b, refusal)
		}
		if i%100 == 0 {
			w.commit(false)
		}
	}
	w.commit(true)
	return &past{w.store, w.versions, members, w.now}
}

// bought is a purchase, the i-th.
func (w *world) bought(member string, i int) *event.Event {
	e := w.event(member, "purchase", fmt.Sprintf(`{"order_id":"%s-%d-%d","amount":%d.50,"store":"s%02d"}`, member, w.now, i, i%80, i%20))
	e.ID = fmt.Sprint(member, "-", w.now, "-", i)
	return e
}

// buy measures further purchases.
func (p *past) buy(b *testing.B) {
	b.Helper()
	w := &world{t: b, store: p.store, versions: p.versions, boards: leaderboards.NewMemory()}
	events := make([]*event.Event, restarts*p.members)
	quiet, began := time.Hour, time.Time{}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if i%len(events) == 0 {
			b.StopTimer()
			w.open()
			w.now = p.now
			for m := range p.members { // whoever was read from the store is decoded, which is no part of this
				_, refusal, err := w.p.Process(w.after(time.Minute).bought(fmt.Sprint("m", m), 1))
				require.NoError(b, err)
				require.Nil(b, refusal)
			}
			for k := range events {
				events[k] = w.after(time.Minute).bought(fmt.Sprint("m", k%p.members), 7*k)
			}
			b.StartTimer()
		}
		if i%stretch == 0 {
			began = time.Now()
		}
		if _, refusal, err := w.p.Process(events[i%len(events)]); refusal != nil || err != nil {
			b.Fatal(refusal, err)
		}
		if i%stretch == stretch-1 {
			quiet = min(quiet, time.Since(began))
		}
		if i%100 == 99 {
			w.p.Committed(w.p.Take(false))
		}
	}
	if b.N >= stretch {
		b.ReportMetric(float64(quiet)/stretch, "quiet-ns/op")
	}
}

// lotPrograms are points by what becomes of their lots.
var lotPrograms = []struct{ name, text string }{
	{"never", `points: {stars: {}}`},
	{"year", `points: {stars: {expire: 12 months after earning}}`},
	{"idle", `points: {stars: {expire: 6 months after last purchase}}`},
	{"both", `points: {stars: {expire: [12 months after earning, 6 months after last purchase]}}`},
	{"two", `points: {stars: {expire: 12 months after earning}, gems: {expire: 6 months after last purchase, spend: oldest}}`},
	{"pending", `points: {stars: {expire: 12 months after earning, pending: 30 days}}`},
	{"held", `points: {stars: {expire: 12 months after earning}}`},
	{"balance", `points: {stars: {expire: 12 months after earning}}`},
	{"takes", `points: {stars: {expire: 12 months after earning}}`},
	{"recent", `points: {stars: {expire: 2 days after last purchase}}`},
}

func lotProgram(name, points string) string {
	give := "{stars: 10}"
	if name == "two" {
		give = "{stars: 10, gems: 3}"
	}
	text := `
events: {purchase: {order_id: text, amount: money, store: text}}
currency: EUR
` + points + `
rewards: {tea: {cost: {stars: 1}, hold: 10 days}}
rules:
  base: {when: purchase, give: ` + give + `}
`
	switch name {
	case "balance":
		text += "  rich: {when: purchase, if: member.points.stars > 100000000, give: {stars: 1}}\n"
	case "takes":
		text += "  fee: {when: purchase, take: {stars: 1}}\n"
	}
	return text
}

func BenchmarkHistoryLots(b *testing.B) {
	for _, of := range lotPrograms {
		for _, members := range []int{1, 100} {
			for _, lots := range []int{10, 100, 1040, 9700} {
				if members > 1 && lots > 1040 {
					continue
				}
				var p *past
				b.Run(fmt.Sprintf("%s/members=%d/lots=%d", of.name, members, lots), func(b *testing.B) {
					if p == nil {
						p = lived(b, lotProgram(of.name, of.text), members, lots, 52*time.Minute, func(w *world, member string, i int) {
							if of.name == "held" && i == lots-5 {
								claim := engine.NewClaim(fmt.Sprint(member, "claim"), member, "tea", 0)
								claim.Time, claim.Arrived = w.now, w.now
								w.accept(claim)
							}
						})
					}
					p.buy(b)
				})
			}
		}
	}
}

// livedProgram has a definition of every kind that keeps something of a purchase.
const livedProgram = `
events: {purchase: {order_id: text, amount: money, store: text}}
currency: EUR
points: {stars: {expire: 12 months after earning}}
counters:
  daily: {when: purchase, every: day}
  lately: {when: purchase, add: event.amount, last: 30 days}
  best: {when: purchase, highest: event.amount, last: 90 days}
  ever: {when: purchase, add: event.amount}
  orders: {when: purchase, distinct: event.order_id}
  stores: {when: purchase, distinct: event.store, every: month}
rules:
  base: {when: purchase, give: {stars: event.amount}, limit: [1 ever by event.order_id, 1000 stars per day]}
  last: {when: purchase, if: event.amount > 20, give: {stars: 1}, limit: 100 in last 30 days}
  cup: {when: purchase, if: event.amount == 30.5, give: {reward: cup}}
  steady: {when: purchase, if: member.counter.lately > 20 and member.streak.days >= 3, give: {stars: 2}}
streaks:
  days: {when: purchase, every: day, freeze: 1 per month, goals: [{at: 3, give: {stars: 1}}]}
  weeks: {when: purchase, every: week, goals: [{at: 4, give: {stars: 1}, again: true}]}
challenges:
  week: {when: purchase, every: week, goal: 5, give: {stars: 3}}
  card: {when: purchase, goal: 10, again: true, give: {stars: 1}}
badges:
  regular: {counter: ever, levels: {bronze: 10, silver: 100, gold: 100000}}
tiers:
  club: {earned: stars, last: 12 months, levels: {green: 0, gold: 1000}, keep: 12 months}
  lately: {earned: stars, last: 12 months, levels: {some: 0, many: 500}}
rewards:
  cup: {}
  tea: {cost: {stars: 1}}
`

// BenchmarkHistoryEvents is by how many purchases there were before, one a day or one every three minutes, with a claim for every tenth.
func BenchmarkHistoryEvents(b *testing.B) {
	for _, of := range []struct {
		pace    string
		members int
		step    time.Duration
	}{{"daily", 1, 24 * time.Hour}, {"daily", 100, 24 * time.Hour}, {"busy", 1, 3 * time.Minute}} {
		for _, n := range []int{1, 10, 40, 1040} {
			var p *past
			members := of.members
			b.Run(fmt.Sprintf("%s/members=%d/events=%d", of.pace, members, n), func(b *testing.B) {
				if p == nil {
					p = lived(b, livedProgram, members, n, of.step, func(w *world, member string, i int) {
						if i%10 == 9 {
							claim := engine.NewClaim(fmt.Sprint(member, "c", i), member, "tea", 0)
							claim.Time, claim.Arrived = w.now, w.now
							w.accept(claim)
							confirm := engine.NewConfirm("", fmt.Sprint(member, "c", i), 0)
							confirm.Time, confirm.Arrived = w.now, w.now
							w.accept(confirm)
						}
					})
				}
				p.buy(b)
			})
		}
	}
}

// BenchmarkHistoryRules is by how many rules look at purchases, of which one of each store's matches.
func BenchmarkHistoryRules(b *testing.B) {
	for _, rules := range []int{10, 100, 10_000} {
		var p *past
		b.Run(fmt.Sprintf("rules=%d", rules), func(b *testing.B) {
			if p == nil {
				var text strings.Builder
				text.WriteString("events: {purchase: {order_id: text, amount: money, store: text}}\ncurrency: EUR\npoints: {stars: {}}\nrules:\n" +
					"  base: {when: purchase, give: {stars: 10}}\n")
				for i := range rules - 1 {
					store := fmt.Sprintf("s%02d", i)
					if i >= 9 {
						store = fmt.Sprintf("elsewhere%d", i)
					}
					fmt.Fprintf(&text, "  r%d: {when: purchase, if: event.store == %q and event.amount > 5, give: {stars: 1}, limit: 5 per day}\n", i, store)
				}
				p = lived(b, text.String(), 10, 10, 40*time.Minute, nil)
			}
			p.buy(b)
		})
	}
}

// BenchmarkHistoryKinds is by how much a member has of one kind: runs of a streak that broke, claims that were confirmed, rewards that
// were given, badges.
func BenchmarkHistoryKinds(b *testing.B) {
	const begin = "events: {purchase: {order_id: text, amount: money, store: text}}\ncurrency: EUR\npoints: {stars: {expire: 12 months after last purchase}}\n"
	claim := func(w *world, member string, i int) {
		if i == 0 {
			return
		}
		id := fmt.Sprint(member, "c", i)
		for _, e := range []*event.Event{engine.NewClaim(id, member, "tea", 0), engine.NewConfirm("", id, 0)} {
			e.Time, e.Arrived = w.now, w.now
			w.accept(e)
		}
	}
	for _, of := range []struct {
		name, text string
		step       time.Duration
		between    func(w *world, member string, i int)
	}{
		{"runs", "rules: {base: {when: purchase, give: {stars: 1}}, steady: {when: purchase, if: member.streak.days >= 300, give: {stars: 1}}}\n" +
			"streaks: {days: {when: purchase, every: day, goal: 300, give: {stars: 1}}}\n", 48 * time.Hour, nil},
		{"claims", "rules: {base: {when: purchase, give: {stars: 10}}}\nrewards: {tea: {cost: {stars: 1}}}\n", time.Hour, claim},
		{"rewards", "rules: {base: {when: purchase, give: {reward: tea}}, many: {when: purchase, if: member.rewards.tea > 100000, give: {stars: 1}}}\n" +
			"rewards: {tea: {valid: 30 days}}\n", time.Hour, nil},
		{"limits", "rules: {base: {when: purchase, give: {stars: 1}, limit: [100 in last 30 days, 5 per day, 1 ever by event.order_id]}}\n", 24 * time.Hour, nil},
	} {
		for _, n := range []int{10, 100, 1040} {
			var p *past
			b.Run(fmt.Sprintf("%s/n=%d", of.name, n), func(b *testing.B) {
				if p == nil {
					p = lived(b, begin+of.text, 1, n, of.step, of.between)
				}
				p.buy(b)
			})
		}
	}
}

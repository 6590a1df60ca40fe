package engine_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets"
)

// indexed are conditions of every form that the index judges, and of forms that it leaves alone; %d is a small number.
var indexed = []string{
	`event.sku == "s%d"`, `event.sku in ["s%d", "s1", "s2"]`, `"s%d" == event.sku`, `event.sku != "s%d"`, `event.sku matches "%d$"`,
	`event.qty == %d`, `event.qty in [%d, 3.5]`, `event.qty > %d`, `event.qty >= %d`, `event.qty < %d`, `%d <= event.qty`, `event.qty > 0.0000001 * %d`,
	`event.amount / event.qty > %d`, `event.amount %% event.qty == %d`, `event.amount > %d.5`, `event.app`, `not event.app`, `event.app == false`,
	`(event.coupon ?? "none") == "c%d"`, `has(event.coupon) and event.coupon == "c%d"`, `has(event.coupon) and event.coupon in ["c%d", "c0"]`,
	`event.day == "monday"`, `event.hour < %d`, `event.hour in [%d, 12, 13]`, `event.month == %d`, `event.date >= "2026-12-1%d"`, `event.date < "2026-12-1%d"`,
	`event.is_first`, `member.country == "L%d"`, `member.age < %d`, `member.tier.club == "gold"`, `member.points.stars > %d`, `member.in.locals`,
	`member.counter.visits >= %d`, `event.type == "buy"`, `event.delivery > "2026-12-1%d"`, `any(event.items, .sku == "s%d")`,
}

var indexedWindows = []string{
	"2026-12-0%d to 2026-12-09", "{from: 2026-12-0%d}", "{until: 2026-12-0%d, hours: 20:00-04:00}", "{days: [monday, first tuesday, last sunday]}",
	"{days: friday, hours: 1%d:30-18:00}", "{days: friday, hours: 22:00-0%d:00}", "{cron: 0 1%d * * *, open_for: 3 hours}", "first %d days after joined",
	"[2026-12-0%d to 2026-12-03, {days: sunday}]", "rush", "advent", "month of member.born",
}

// indexedProgram writes a program with many rules and counters of random conditions.
func indexedProgram(r *rand.Rand) string {
	var b strings.Builder
	clock, zone := []string{"program", "member"}[r.Intn(2)], []string{"UTC", "America/New_York", "Pacific/Apia"}[r.Intn(3)]
	fmt.Fprintf(&b, `program: indexed
timezone: %s
clock: %s
member: {country: text, age: integer, born: date}
events:
  buy: {sku: text, qty: number, amount: number, app: boolean, coupon?: text, delivery: date, items: [{sku: text}]}
points: {stars: {}}
audiences: {locals: 'member.country == "L1" or member.age > 60'}
promotions: {rush: {cron: 0 17 * * *, open_for: 2 hours}, advent: {during: 2026-12-01 to 2026-12-24, for: member.age / member.age == 1}}
tiers: {club: {earned: stars, levels: {silver: 0, gold: 40}}}
`, zone, clock)
	var condition func(depth int) string
	condition = func(depth int) string {
		if depth == 0 || r.Intn(3) == 0 {
			c := indexed[r.Intn(len(indexed))]
			if strings.Contains(c, "%d") {
				return fmt.Sprintf(c, r.Intn(10))
			}
			return c
		}
		joined := condition(depth-1) + []string{" and ", " or "}[r.Intn(2)] + condition(depth-1)
		return []string{"(" + joined + ")", "(" + joined + ")", "not (" + joined + ")"}[r.Intn(3)]
	}
	who := []string{"locals", `member.country in ["L1", "L2"]`, "member.age / member.age == 1 and member.age > 30", "member.age > 20"}
	definition := func(kept bool) {
		c := condition(3)
		for !kept && (strings.Contains(c, "is_first") || strings.Contains(c, "member.tier") || strings.Contains(c, "member.points") ||
			strings.Contains(c, "member.counter")) {
			c = condition(3)
		}
		if r.Intn(8) > 0 {
			fmt.Fprintf(&b, "    if: '%s'\n", c)
		}
		if r.Intn(3) == 0 {
			fmt.Fprintf(&b, "    for: '%s'\n", who[r.Intn(len(who))])
		}
		if r.Intn(3) == 0 {
			w := indexedWindows[r.Intn(len(indexedWindows))]
			if strings.Contains(w, "%d") {
				w = fmt.Sprintf(w, 1+r.Intn(3))
			}
			fmt.Fprintf(&b, "    during: %s\n", w)
		}
	}
	b.WriteString("counters:\n  visits: {when: buy, add: 1}\n")
	for i := range 20 {
		fmt.Fprintf(&b, "  c%d:\n    when: buy\n", i)
		definition(false)
	}
	b.WriteString("rules:\n")
	for i := range 40 {
		fmt.Fprintf(&b, "  r%d:\n    when: buy\n", i)
		definition(true)
		b.WriteString("    give: {stars: 1}\n")
	}
	return b.String()
}

func indexedEvents(r *rand.Rand, n int) []*event.Event {
	start := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	events := make([]*event.Event, n)
	for i := range events {
		start = start.Add(time.Duration(r.Intn(16)) * time.Hour)
		coupon := ""
		if r.Intn(2) == 0 {
			coupon = fmt.Sprintf(`"coupon":"c%d",`, r.Intn(10))
		}
		data := fmt.Sprintf(`{"sku":"s%d","qty":%d,%s"amount":%d.%d,"app":%t,"delivery":"2026-12-1%d","items":[{"sku":"s%d"}]}`,
			r.Intn(10), r.Intn(5), coupon, r.Intn(12), r.Intn(10), r.Intn(2) == 0, r.Intn(9), r.Intn(10))
		at := calendar.Instant(start.UnixMicro())
		events[i] = &event.Event{ID: fmt.Sprintf("e%d", i), Type: "buy", Member: fmt.Sprintf("m%d", r.Intn(4)), Time: at, Arrived: at, Data: []byte(data)}
	}
	return events
}

// checkIndex processes the same events twice: once with the index, once asking every definition, as a trace does.
func checkIndex(t *testing.T, seed int64) (fired int) {
	t.Helper()
	all, found, source := answersOf(t, seed)
	require.Equal(t, all, found, "seed %d\n%s", seed, source)
	for _, a := range found {
		fired += strings.Count(a, `"kind":"points"`)
	}
	return fired
}

// answersOf are the answers and counts of a program when every definition is asked, and those with the index.
func answersOf(t *testing.T, seed int64) (all, found []string, source string) {
	t.Helper()
	r := rand.New(rand.NewSource(seed))
	source = indexedProgram(r)
	answers := [2][]string{}
	events := r.Int63()
	for i := range answers {
		program, diagnostics := rulesets.Parse("indexed.yaml", []byte(source))
		require.False(t, diagnostics.HasErrors(), "seed %d\n%s", seed, diagnostics.Error())
		p, err := engine.NewProcessor(engine.NewMemory(), []engine.Version{{Number: 1, From: calendar.Beginning, Rules: program.Ruleset}}, nil)
		require.NoError(t, err)
		if i == 1 {
			p.Watch(&engine.Trace{})
		}
		r := rand.New(rand.NewSource(events))
		for m := range 4 {
			put := engine.NewProfile(fmt.Sprint("put", m), fmt.Sprint("m", m), profileOf(r))
			_, refusal, err := p.Process(put)
			require.NoError(t, err)
			require.Nil(t, refusal, "seed %d", seed)
		}
		for _, e := range indexedEvents(r, 60) {
			out, refusal, err := p.Process(e)
			require.NoError(t, err)
			require.Nil(t, refusal, "seed %d: %v", seed, refusal)
			answers[i] = append(answers[i], string(engine.AppendAnswer(nil, out)))
		}
		for m := range 4 {
			id := fmt.Sprint("m", m)
			for c := range 20 {
				counter := program.Ruleset.Counters[c]
				answers[i] = append(answers[i], fmt.Sprint(counter.ID,
					p.Member(id).Count(program.Ruleset, counter, calendar.Instant(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()))))
			}
		}
	}
	return answers[1], answers[0], source
}

func profileOf(r *rand.Rand) engine.Profile {
	zone := []string{"Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles"}[r.Intn(3)]
	return engine.Profile{Timezone: &zone, Fields: map[string]json.RawMessage{
		"country": json.RawMessage(fmt.Sprintf(`"L%d"`, r.Intn(4))), "age": json.RawMessage(fmt.Sprint(r.Intn(80))),
		"born": json.RawMessage(fmt.Sprintf(`"1990-12-%02d"`, 1+r.Intn(28))),
	}}
}

// TestIndexAgreesWithAskingAll compares what the index finds with asking every rule and counter.
func TestIndexAgreesWithAskingAll(t *testing.T) {
	fired := 0
	for seed := range int64(60) {
		fired += checkIndex(t, seed)
	}
	require.Greater(t, fired, 10_000, "the programs must do something")
}

// FuzzIndex is the same over any seed.
func FuzzIndex(f *testing.F) {
	f.Add(int64(1))
	f.Fuzz(func(t *testing.T, seed int64) { checkIndex(t, seed) })
}

// manyRules is a program of n rules of which five apply to the event of BenchmarkRules: the others ask for another
// product, shop, country or day, or for a larger amount.
func manyRules(n int) string {
	var b strings.Builder
	b.WriteString(`program: many
events: {buy: {sku: text, shop: text, country: text, amount: number}}
points: {stars: {}}
rules:
`)
	for i := range n {
		fmt.Fprintf(&b, "  r%d:\n    when: buy\n    give: {stars: 1}\n", i)
		switch {
		case i < 5:
			fmt.Fprintf(&b, "    if: event.amount >= %d\n", i)
		case i%5 == 0:
			fmt.Fprintf(&b, "    if: event.sku in [\"s%d\", \"s%d\"] and event.amount > %d\n", i, i+1, i%100)
		case i%5 == 1:
			fmt.Fprintf(&b, "    if: event.shop == \"b%d\" or event.shop == \"b%d\" and event.amount > 3\n", i%500, i%700)
		case i%5 == 2:
			fmt.Fprintf(&b, "    if: event.amount >= %d.5\n", 100+i)
		case i%5 == 3:
			fmt.Fprintf(&b, "    if: event.country == \"L%d\"\n    during: {from: 2026-12-%02d, days: [tuesday]}\n", i%40, 1+i%28)
		default:
			fmt.Fprintf(&b, "    during: 2027-%02d-01 to 2027-%02d-28\n", 1+i%12, 1+i%12)
		}
	}
	return b.String()
}

// BenchmarkRules is what an event costs when five rules apply and n exist. The figure to look at is that of n = 10,000
// against n = 10.
func BenchmarkRules(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		for _, how := range []string{"index", "asking all"} {
			b.Run(fmt.Sprintf("%d/%s", n, how), func(b *testing.B) {
				program, diagnostics := rulesets.Parse("many.yaml", []byte(manyRules(n)))
				require.False(b, diagnostics.HasErrors(), diagnostics.Error())
				p, err := engine.NewProcessor(engine.NewMemory(), []engine.Version{{Number: 1, From: calendar.Beginning, Rules: program.Ruleset}}, nil)
				require.NoError(b, err)
				if how == "asking all" {
					p.Watch(&engine.Trace{})
				}
				at := calendar.Instant(time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC).UnixMicro())
				b.ReportAllocs()
				b.ResetTimer()
				for i := range b.N {
					e := &event.Event{ID: fmt.Sprint(i), Type: "buy", Member: fmt.Sprint(i % 100), Time: at, Arrived: at,
						Data: []byte(`{"sku":"tea","shop":"b3","country":"L41","amount":50}`)}
					out, refusal, err := p.Process(e)
					if refusal != nil || err != nil || len(out.Effects) != 5 {
						b.Fatal(refusal, err, out)
					}
					if i%500 == 499 {
						p.Committed(p.Take(true))
					}
					if how == "asking all" {
						p.Watch(&engine.Trace{})
					}
				}
			})
		}
	}
}

// BenchmarkLink is how long the index and all other links of 10,000 rules take to build, and BenchmarkLoad the whole way
// from the text.
func BenchmarkLink(b *testing.B) {
	program, diagnostics := rulesets.Parse("many.yaml", []byte(manyRules(10_000)))
	require.False(b, diagnostics.HasErrors(), diagnostics.Error())
	for b.Loop() {
		program.Ruleset.Link()
	}
}

// BenchmarkLoad is the whole way from the text of 10,000 rules to a linked ruleset.
func BenchmarkLoad(b *testing.B) {
	source := []byte(manyRules(10_000))
	for b.Loop() {
		_, diagnostics := rulesets.Parse("many.yaml", source)
		require.False(b, diagnostics.HasErrors())
	}
}

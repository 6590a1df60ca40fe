package rulesets_test
import ("testing";"fmt";"time";"strings";"runtime";"github.com/laurel-engine/laurel/rulesets")
func gen(n int, f func(i int) string) string { var b strings.Builder; for i := range n { b.WriteString(f(i)) }; return b.String() }
func TestZ(t *testing.T){
 head := "program: p\nevents: {buy: {id: text, amount: number, sku: text}}\npoints: {stars: {}}\n"
 cases := map[string]string{
  "unknown counters": head+"counters:\n"+gen(15000, func(i int) string { return fmt.Sprintf("  counter_with_a_rather_long_name_%05d: {when: buy}\n", i)})+"badges:\n"+gen(15000, func(i int) string { return fmt.Sprintf("  b%d: {counter: counter_with_a_rather_lung_name_x%05d, levels: {a: 1}}\n", i,i)}),
  "bare goals": head+"challenges:\n"+gen(30000, func(i int) string { return fmt.Sprintf("  c%d: {when: buy, goal: 3}\n", i)})+"rules:\n"+gen(20000, func(i int) string { return fmt.Sprintf("  r%d: {when: buy, give: {stars: event.amount + %d}, limit: 1 per day}\n", i,i)}),
  "causes": head+"challenges:\n"+gen(20000, func(i int) string { return fmt.Sprintf("  c%d: {when: buy, goal: 3, give: {stars: 1}}\n", i)})+"rules:\n"+gen(20000, func(i int) string { return fmt.Sprintf("  r%d: {when: challenge_completed, if: event.challenge == \"c%d\", give: {stars: 1}}\n", i,i)}),
  "idle badges": head+"badges:\n"+gen(30000, func(i int) string { return fmt.Sprintf("  b%d: {}\n", i)})+"rules:\n"+gen(20000, func(i int) string { return fmt.Sprintf("  r%d: {when: buy, for: member.has_badge.b%d, give: {stars: 1}, limit: 1 per day}\n", i,i)}),
  "boosts": head+"boosts:\n"+gen(5000, func(i int) string { return fmt.Sprintf("  b%d: {of: stars, times: 2, if: event.amount > %d}\n", i,i)})+"rules:\n"+gen(20000, func(i int) string { return fmt.Sprintf("  r%d: {when: buy, give: {stars: event.amount}, limit: 1 per day}\n", i)}),
  "needs": head+"challenges:\n  c0: {when: buy, goal: 3, give: {stars: 1}}\n"+gen(30000, func(i int) string { return fmt.Sprintf("  c%d: {when: buy, goal: 3, give: {stars: 1}, needs: c%d}\n", i+1,i)}),
  "audiences": head+"audiences:\n  a0: 'member.joined > \"2026-01-01\"'\n"+gen(30000, func(i int) string { return fmt.Sprintf("  a%d: member.in.a%d\n", i+1,i)}),
  "audiences twice": head+"audiences:\n  a0: 'member.joined > \"2026-01-01\"'\n"+gen(200, func(i int) string { return fmt.Sprintf("  a%d: member.in.a%d and member.in.a%d\n", i+1,i,i)})+"rules:\n"+gen(200, func(i int) string { return fmt.Sprintf("  r%d: {when: buy, for: a%d, give: {stars: 1}, limit: 1 per day}\n", i, i)}),
  "events many": "program: p\npoints: {stars: {}}\nevents:\n"+gen(20000, func(i int) string { return fmt.Sprintf("  e%d: {a: text, b: text}\n", i)})+"rules:\n"+gen(20000, func(i int) string { return fmt.Sprintf("  r%d: {when: e%d, if: event.a == event.b, give: {stars: 1}, limit: 1 per day}\n", i, i)}),
  "one rule many events": "program: p\npoints: {stars: {}}\nevents:\n"+gen(2000, func(i int) string { return fmt.Sprintf("  e%d: {a: text, b: text}\n", i)})+"rules:\n  r: {when: ["+gen(2000, func(i int) string { return fmt.Sprintf("e%d, ",i)})+"], if: event.a == event.b, give: {stars: 1}}\n",
  "many fields": "program: p\npoints: {stars: {}}\nevents:\n  e: {"+gen(100000, func(i int) string { return fmt.Sprintf("f%d: text, ",i)})+"}\n",
  "goals": head+"challenges:\n  c: {when: buy, goals: ["+gen(50000, func(i int) string { return fmt.Sprintf("{at: %d, give: {stars: 1}}, ",i+1)})+"]}\n",
 }
 for name, text := range cases {
  var a, b runtime.MemStats; runtime.GC(); runtime.ReadMemStats(&a)
  t0 := time.Now(); p, d := rulesets.Parse("x.yaml", []byte(text)); el := time.Since(t0); runtime.ReadMemStats(&b)
  fmt.Printf("%-22s %d bytes %8.1fs program %v errors %d alloc %d MB\n", name, len(text), el.Seconds(), p != nil, len(d), (b.TotalAlloc-a.TotalAlloc)>>20)
 }
}

package lint
import ("testing";"fmt";"time";"strings";"github.com/laurel-engine/laurel/rulesets";"github.com/laurel-engine/laurel/engine/calendar")
func TestZ(t *testing.T){
 var b strings.Builder
 b.WriteString("program: p\nmember: {c?: text}\nevents: {buy: {id: text, amount: number, sku: text}}\npoints: {stars: {}, gems: {}}\nrules:\n")
 for i := range 10000 { fmt.Fprintf(&b, "  r%d: {when: buy, if: 'event.sku == \"s%d\" and (event.amount > %d or event.amount < %d) and event.day in [\"monday\", \"friday\"]', give: {stars: event.amount}, limit: 1 per day}\n", i, i, i, i-5) }
 b.WriteString("boosts:\n")
 for i := range 300 { fmt.Fprintf(&b, "  b%d: {of: stars, times: %d, during: {days: [monday]}, stacks: true, if: event.sku == \"s%d\"}\n", i, i+1, i) }
 b.WriteString("rewards:\n")
 for i := range 3000 { fmt.Fprintf(&b, "  w%d: {cost: {stars: %d}, during: {hours: 02:30-04:00}}\n", i, i+1) }
 now,_ := calendar.ParseInstant("2026-11-22T00:00:00Z")
 t0 := time.Now()
 p, d := rulesets.Parse("x.yaml", []byte(strings.Replace(b.String(),"program: p","program: p\ntimezone: Europe/Berlin",1)))
 fmt.Println(d.Error(), time.Since(t0), b.Len()); t0 = time.Now()
 out := Run(p,now); fmt.Println(len(out), time.Since(t0))
}

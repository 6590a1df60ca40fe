package engine_test
import ("testing";"fmt";"time";"github.com/laurel-engine/laurel/engine")
func TestZZSpeed(t *testing.T) {
	w := program(t, source(t,"coffee"))
	w.at("2026-11-28T12:00:00Z")
	for i := range 100000 {
		w.now = w.now.Add(time.Second)
		w.send(fmt.Sprint("m", i%5000), "visit", `{"store":"x"}`)
		if i%1000==0 { w.commit(true) }
	}
	w.erase("m7"); w.commit(true)
	m,_ := engine.ToRedact(w.store)
	b := time.Now()
	r, err := engine.Redact(w.store, w.versions, m, func() bool {return true})
	t.Log(time.Since(b), err, len(r.Rewritten))
}

package main

import (
	"fmt"
	"io"
	"math/rand"
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/program"
)

// The demo is the same on every machine but for its dates: it ends now.
const (
	demoMembers = 500
	demoDays    = 30
	demoSeed    = 1
	demoSize    = "500 members, 30 days, fixed seed"
)

var demoNames = []string{"ann", "bob", "cem", "dana", "eli", "fay", "gus", "hana", "ivo", "june", "kai", "lea", "mo", "nia", "otto", "pia", "quin", "rosa", "sam", "tea"}

// seedDemo brings in the demo's events as history, unless the store has events already.
func seedDemo(p *program.Program, out io.Writer) error {
	if p.Durable() > 0 {
		return nil
	}
	fmt.Fprintln(out, "  inventing the demo's members …")
	events := demoEvents(p.Now())
	for part := range slices.Chunk(events, 500) {
		results, err := p.Submit(part...)
		if err != nil {
			return err
		}
		for i := range results {
			if r := results[i].Refusal; r != nil {
				return fmt.Errorf("the demo's event %s was refused: %w", part[i].ID, r)
			}
		}
	}
	return nil
}

// demoEvents are visits and purchases of members who come more or less often.
func demoEvents(now calendar.Instant) []*engine.Event {
	r := rand.New(rand.NewSource(demoSeed)) //nolint:gosec // invented customers need no secrets
	var events []*engine.Event
	for m := range demoMembers {
		member := demoNames[m%len(demoNames)]
		if m >= len(demoNames) {
			member = fmt.Sprintf("%s%d", member, m/len(demoNames)+1)
		}
		keen := 0.03 + 0.4*r.Float64()*r.Float64()
		for day := demoDays; day > 0; day-- {
			if r.Float64() > keen {
				continue
			}
			at := now.Add(-time.Duration(day)*24*time.Hour + time.Duration(r.Intn(600))*time.Minute)
			id := fmt.Sprintf("demo-%03d-%02d", m, day)
			events = append(events, past(id+"-visit", "visit", member, at, fmt.Sprintf(`{"store":"s%d"}`, r.Intn(5))),
				past(id+"-order", "purchase", member, at.Add(5*time.Minute), demoOrder(r, id)))
		}
	}
	slices.SortFunc(events, func(a, b *engine.Event) int {
		if a.Time != b.Time {
			return int(min(1, max(-1, a.Time-b.Time)))
		}
		return strings.Compare(a.ID, b.ID)
	})
	return events
}

func demoOrder(r *rand.Rand, id string) string {
	drinks := []string{"espresso", "latte", "flat_white", "mocha", "cold_brew", "cortado", "chai", "matcha", "filter", "macchiato", "ristretto"}
	cents := 250 + r.Intn(900)
	return fmt.Sprintf(`{"order_id":%q,"amount":%d.%02d,"items":[{"sku":%q,"category":"coffee","qty":1,"price":%d.%02d}]}`,
		id, cents/100, cents%100, drinks[r.Intn(len(drinks))], cents/100, cents%100)
}

func past(id, eventType, member string, at calendar.Instant, data string) *engine.Event {
	return &engine.Event{ID: id, Type: eventType, Member: member, Time: at, Timed: true, Past: true, Data: []byte(data)}
}

package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand"
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
)

// The demo is the same on every machine but for its dates: it ends now.
const (
	demoMembers = 500
	demoDays    = 30
	demoSeed    = 1
	demoSize    = "500 members, 30 days, fixed seed"
)

var demoNames = []string{"ann", "bob", "cem", "dana", "eli", "fay", "gus", "hana", "ivo", "june", "kai", "lea", "mo", "nia", "otto",
	"pia", "quin", "rosa", "sam", "tea"}

// demoRow marks a data directory as the demo's.
const demoRow = "demo"

// reserve keeps the demo's invented members and a brand's own apart: a data directory is of the one or of the other.
func reserve(db *pebblestore.DB, demo bool) error {
	s := db.Settings()
	_, absent := s.Get(demoRow)
	if absent != nil && !errors.Is(absent, settings.ErrAbsent) {
		return absent
	}
	marked := absent == nil
	used, err := program.Known(s)
	switch {
	case err != nil:
		return err
	case marked && !demo:
		return &failure{exitUsage, "this data directory holds the demo; give your program one of its own, such as --data my-data, or delete the demo's"}
	case !marked && demo && len(used) > 0:
		return &failure{exitUsage, "this data directory holds " + strings.Join(used, ", ") + "; give the demo one of its own, such as --data demo-data"}
	case marked || !demo:
		return nil
	}
	return settings.Put(s, demoRow, []byte(demoSize))
}

// seedDemo brings in the demo's events as history, unless the store has events already.
func seedDemo(p *program.Program, out io.Writer) error {
	if p.Durable() > 0 {
		return nil
	}
	fmt.Fprintln(out, "  inventing the demo's members …")
	events := demoEvents(p.Now(), p.Rules().Calendar)
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

// demoEvents are visits and purchases of members who come more or less often, some of them today: a week's board is not empty
// on a Monday.
func demoEvents(now calendar.Instant, cal calendar.Calendar) []*event.Event {
	today := now.Time().Sub(cal.Zone.Start(cal.Zone.Date(now)).Time())
	r := rand.New(rand.NewSource(demoSeed)) //nolint:gosec // invented customers need no secrets
	var events []*event.Event
	for m := range demoMembers {
		member := demoNames[m%len(demoNames)]
		if m >= len(demoNames) {
			member = fmt.Sprintf("%s%d", member, m/len(demoNames)+1)
		}
		keen := 0.03 + 0.4*r.Float64()*r.Float64()
		for day := demoDays; day >= 0; day-- {
			if r.Float64() > keen {
				continue
			}
			at := now.Add(-time.Duration(day)*24*time.Hour + time.Duration(r.Intn(600))*time.Minute)
			if day == 0 { // between midnight and now, an order five minutes after a visit at the latest now
				at = now.Add(-time.Duration(r.Int63n(int64(today) + 1)))
			}
			id := fmt.Sprintf("demo-%03d-%02d", m, day)
			events = append(events, past(id+"-visit", "visit", member, at, fmt.Sprintf(`{"store":"s%d"}`, r.Intn(5))),
				past(id+"-order", "purchase", member, min(now, at.Add(5*time.Minute)), demoOrder(r, id)))
		}
	}
	slices.SortFunc(events, func(a, b *event.Event) int {
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

func past(id, eventType, member string, at calendar.Instant, data string) *event.Event {
	return &event.Event{ID: id, Type: eventType, Member: member, Time: at, Timed: true, Past: true, Data: []byte(data)}
}

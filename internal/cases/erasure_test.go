package cases

import (
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
)

// erasure translates members who are forgotten, with what they had and the boards that they stood on.
type erasure struct{ *idempotency }

func newErasure(c *semanticCase, world func() *world) family {
	f := erasure{newIdempotency(c, world).(*idempotency)}
	f.fields = "  score: {points: number}"
	f.more = lines("counters: {scored: {when: score, add: event.points}, hourly: {when: score, add: event.points, every: hour}}",
		"leaderboards: {open: {counter: scored}, closed: {counter: hourly, closes: 1 hour}}")
	return f
}

func (f erasure) step(w *world, s *step) {
	switch s.Action {
	case "erase":
		w.closeSeasons(w.now)
		w.accepted(w.send(engine.NewErasure(s.member())))
		w.redact()
	case "score":
		w.join(s.member(), f.config.Zone)
		w.accepted(w.happen(s.name(), "score", s.member(), s.Occurred, map[string]any{"points": s.Points}))
	default:
		f.idempotency.step(w, s)
	}
}

func (f erasure) look(w *world, key string, want any) any {
	switch key {
	case "open":
		list := []string{}
		for _, row := range w.rows("open", "", w.now) {
			list = append(list, row.Member)
		}
		return list
	case "closed":
		return f.anonymous(w)
	case "program":
		return f.program(w)
	}
	if object, ok := want.(map[string]any); ok && has(object, "status") {
		return map[string]any{"status": memberStatus(w, key)}
	}
	return f.idempotency.look(w, key, want)
}

// redact takes what was told of erased members out of the journal and the tables of closed seasons.
func (w *world) redact() {
	w.commit(true)
	members, err := engine.ToRedact(w.store)
	must(err)
	found, err := engine.Redact(w.store, w.processor.Versions(), members, func() bool { return true })
	must(err)
	w.processor.Put(found.Rows...)
	w.processor.Rewrite(found.Rewritten)
	for _, as := range members {
		w.processor.Put(engine.Redacted(as))
	}
	w.commit(true)
}

// anonymous are the places of the closed tables that nobody's name is on any more.
func (f erasure) anonymous(w *world) []string {
	list := []string{}
	for _, rec := range w.records {
		if rec.Event.Type != "score" {
			continue
		}
		key, _ := w.season("closed", "", rec.Event.Time)
		rows, err := engine.ClosedPage(w.store, key, 1, leaderboards.MaxPage)
		must(err)
		for _, r := range rows {
			if r.Member == "" {
				list = append(list, "erased member")
			}
		}
		if len(rows) > 0 {
			break // all that happens is in one season
		}
	}
	return list
}

// memberStatus is the HTTP status of a question about a member (api: Errors).
func memberStatus(w *world, member string) int {
	switch {
	case w.processor.Erased(member):
		return 410
	case w.member(member) == nil:
		return 404
	}
	return 200
}

// program are the totals of all entries that were ever written, and what members have now.
func (f erasure) program(w *world) any {
	sums, outstanding, seen := map[engine.EntryKind]decimal.Decimal{}, decimal.Decimal(0), map[string]bool{}
	for _, rec := range w.records {
		for _, e := range rec.Outcome.Entries {
			sums[e.Kind] += e.Amount
		}
		if !seen[rec.Event.Member] {
			seen[rec.Event.Member] = true
			outstanding += w.balance(rec.Event.Member, "stars").Spendable
		}
	}
	return map[string]any{"issued": sums[engine.EntryIssued], "spent": -sums[engine.EntrySpent], "forfeited": -sums[engine.EntryForfeited],
		"outstanding": outstanding}
}

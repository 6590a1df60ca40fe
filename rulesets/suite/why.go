package suite

import (
	"slices"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// Why is one sentence of an explanation, with the place in the ruleset that it speaks of.
type Why struct {
	Ledger string `json:"ledger,omitempty"` // "stars of ann", where it is an entry of that ledger
	Said   string `json:"said"`
	Detail string `json:"detail,omitempty"` // which part of it was false, and what it saw
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`

	reason engine.Reason // of a definition that did nothing
}

// Bounds on explanations: what is nearest to the difference comes first, the rest is counted.
const (
	maxLedger = 6
	maxSilent = 6
)

// refused says what did not fit.
func refused(r *engine.Refusal) []Why {
	why := []Why{{Said: r.Message}}
	for _, e := range r.Errors {
		said := e.Location + ": " + e.Message
		if e.Suggestion != "" {
			said += "; " + e.Suggestion
		}
		why = append(why, Why{Said: said})
	}
	return why
}

// why explains a difference: balances by the ledger and by what gave nothing, the rest by what definitions did in this step.
func (w *world) why(x *Expectation, m *engine.Member, out *engine.Outcome) []Why {
	if out != nil && out.Duplicate {
		return []Why{{Said: "the event was a duplicate: it did nothing in this step"}}
	}
	switch x.Key {
	case "points", "pending", "held", "debt", "expires":
		var why []Why
		for _, p := range w.rules.Points {
			if x.ID == p.ID || x.ID == "" && len(m.Balance(w.rules, p, w.now).Expires) > 0 {
				why = append(why, w.ledger(p.ID, m)...)
			}
		}
		return append(why, w.told(func(s *engine.TraceStep) bool { // what gave is in the ledger, without its boosts
			return gives(s.Definition) && (!s.Fired || strings.HasPrefix(s.Definition, "boosts/"))
		})...)
	case "gave":
		return w.told(func(s *engine.TraceStep) bool {
			return gives(s.Definition) && (!s.Fired || w.deed(s) != counted)
		})
	case "tier":
		return w.tier(x.ID, m)
	case "badges":
		return w.badge(x.ID, m)
	case "standings", "rank":
		return w.board(x.ID)
	default:
		return w.told(func(s *engine.TraceStep) bool { return named(s.Definition, x.ID) })
	}
}

// gives reports whether a definition, by section and id, can give something or change what others give.
func gives(path string) bool { return !strings.HasPrefix(path, "counters/") }

// told is what definitions did in this step: those that fired first, then some of those that did not, those that came
// nearest first.
func (w *world) told(of func(*engine.TraceStep) bool) []Why {
	var fired, silent []Why
	for i := range w.trace.Steps {
		s := &w.trace.Steps[i]
		if !of(s) || w.revoked(i) {
			continue
		}
		said := Why{File: s.Position.File, Line: s.Position.Line}
		if s.Fired {
			said.Said = s.Definition + " " + w.deed(s)
			fired = appendOnce(fired, said)
			continue
		}
		said.Said, said.reason = s.Definition+" did nothing: "+s.Reason.Words(), s.Reason
		said.Detail = s.Detail
		silent = appendOnce(silent, said)
	}
	for _, rec := range w.records {
		for _, n := range rec.Outcome.Notes {
			if n.Stopped() {
				continue // the trace has it
			}
			place := w.place(n.Definition)
			fired = appendOnce(fired, Why{Said: n.Definition + ": " + n.Words(), File: place.File, Line: place.Line})
		}
	}
	slices.SortStableFunc(silent, func(a, b Why) int { return nearness(a) - nearness(b) })
	if len(silent) > maxSilent {
		rest := len(silent) - maxSilent
		silent = append(silent[:maxSilent], Why{Said: "and " + strconv.Itoa(rest) + " more did nothing"})
	}
	return append(fired, silent...)
}

// revoked reports whether a later step of the trace says something else of the same definition and event: a challenge that
// an event matches can still have been closed or not joined.
func (w *world) revoked(i int) bool {
	s := &w.trace.Steps[i]
	return slices.ContainsFunc(w.trace.Steps[i+1:], func(later engine.TraceStep) bool {
		return later.Event == s.Event && later.Definition == s.Definition && later.Fired != s.Fired
	})
}

func appendOnce(list []Why, w Why) []Why {
	if slices.Contains(list, w) {
		return list
	}
	return append(list, w)
}

// nearness orders definitions that did nothing by how much of them held: one at its limit nearly fired.
func nearness(w Why) int {
	near := []engine.Reason{engine.Failed, engine.LimitReached, engine.BalanceShort, engine.ConditionNot, engine.WindowClosed, engine.WhoseNot}
	if i := slices.Index(near, w.reason); i >= 0 {
		return i
	}
	return len(near)
}

const counted = "counted the event"

// deed says what a definition that fired did.
func (w *world) deed(s *engine.TraceStep) string {
	var gifts []string
	for _, rec := range w.records {
		if rec.Seq < w.first {
			continue
		}
		for i := range rec.Outcome.Effects {
			e := &rec.Outcome.Effects[i]
			if g, ok := giftOf(e); ok && e.Source.String() == s.Definition {
				gifts = append(gifts, given(g)+to(rec, w.records))
			}
		}
		for i := 0; rec.Outcome.Provenance != nil && i < len(rec.Outcome.Provenance.Gifts); i++ { // levels, told as the tier's own
			if g := &rec.Outcome.Provenance.Gifts[i]; g.Source.String() == s.Definition && g.Kind == engine.TierEffect {
				gifts = append(gifts, "level "+g.Level+" of "+g.ID+to(rec, w.records))
			}
		}
	}
	switch section, _, _ := strings.Cut(s.Definition, "/"); {
	case len(gifts) > 0:
		return "gave " + strings.Join(gifts, ", ")
	case section == "boosts":
		return "applied"
	case section == "rules":
		return "gave nothing that remained"
	default:
		return counted
	}
}

// given writes a gift without its giver.
func given(g gift) string {
	switch {
	case g.What == "badge", g.What == "reward", g.What == "tier":
		return strings.TrimSuffix(strings.TrimSpace(g.What+" "+g.Of+" "+g.Level), " ")
	case g.Wanted != "":
		return g.Of + " of " + g.Wanted + " " + g.What
	default:
		return g.Of + " " + g.What
	}
}

// to names the receiver where it is not the member of the step's own event.
func to(rec *engine.Record, all []*engine.Record) string {
	if rec.Event.Member == all[0].Event.Member {
		return ""
	}
	return " to " + rec.Event.Member
}

// ledger is the end of a member's ledger of one points type.
func (w *world) ledger(points string, m *engine.Member) []Why {
	name := points + " of " + m.ID
	zone := w.rules.CalendarOf(m).Zone
	var lines []Why
	must(engine.Ledger(w.store, m.ID, 0, func(_ uint64, _ calendar.Instant, entries []engine.Entry) bool {
		for _, e := range entries {
			if e.Points == points {
				line := w.line(zone, e)
				line.Ledger = name
				lines = append(lines, line)
			}
		}
		return true
	}))
	if len(lines) == 0 {
		return []Why{{Ledger: name, Said: "nothing was given yet"}}
	}
	if n := len(lines) - maxLedger; n > 0 {
		lines = append([]Why{{Ledger: name, Said: "after " + counts(n, "earlier entry", "earlier entries")}}, lines[n:]...)
	}
	return lines
}

func counts(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}

// line writes an entry: its instant as steps write theirs, the ends of days in the member's own zone.
func (w *world) line(zone *calendar.Zone, e engine.Entry) Why {
	said := moment(w.zone(), e.At) + "  "
	if e.Amount > 0 && e.Kind != engine.EntryReleased {
		said += "+"
	}
	said += e.Amount.String() + " "
	var place engine.Position
	switch e.Kind {
	case engine.EntryIssued:
		said += "from " + e.Source.String()
		place = w.place(e.Source.String())
		if e.Available == calendar.Forever {
			said += ", pending"
		} else if e.Available > e.At {
			said += ", pending to " + ending(zone, e.Available)
		}
	case engine.EntryForfeited:
		said += "taken by " + e.Source.String()
		place = w.place(e.Source.String())
	default:
		said += string(e.Kind)
	}
	return Why{Said: said + ", " + e.Balance.String() + " in all", File: place.File, Line: place.Line}
}

// place is where a definition stands, by section and id.
func (w *world) place(path string) engine.Position {
	for i := range w.program.Definitions {
		if w.program.Definitions[i].Path == path {
			return w.program.Definitions[i].Position
		}
	}
	return engine.Position{}
}

// tier says what the count behind a tier is and what its levels ask for.
func (w *world) tier(id string, m *engine.Member) []Why {
	t := byID(w.rules.Tiers, id, func(t *engine.Tier) string { return t.ID })
	s := m.TierAt(w.rules, t, w.now)
	said := "tiers/" + id + " is on " + orNone(s.Name)
	if len(s.Metrics) == 1 {
		said += ", its count is " + s.Metrics[0].String()
		if s.Next != "" {
			said += ", " + s.Next + " asks for " + s.Needed.String()
		}
	}
	if s.Until != calendar.Forever {
		said += ", until " + ending(w.rules.CalendarOf(m).Zone, s.Until)
	}
	return []Why{{Said: said, File: t.Position.File, Line: t.Position.Line}}
}

// badge says what the count behind a badge's levels is.
func (w *world) badge(id string, m *engine.Member) []Why {
	i := slices.IndexFunc(w.rules.Badges, func(b *engine.Badge) bool { return b.ID == id })
	if i < 0 || w.rules.Badges[i].Counter == nil {
		return nil
	}
	b := w.rules.Badges[i]
	said := b.Counter.Path + " is " + m.Count(w.rules, b.Counter, w.now).String()
	for _, level := range b.Levels {
		said += ", " + level.Name + " asks for " + level.At.String()
	}
	return []Why{{Said: said, File: b.Position.File, Line: b.Position.Line}}
}

// board says which season it is, and who is on the board in it.
func (w *world) board(id string) []Why {
	b := w.rules.Leaderboard(id)
	why := []Why{{Said: b.Path + " shows the season " + w.season(b, "").Season, File: b.Position.File, Line: b.Position.Line}}
	for _, key := range w.rankings {
		if key == w.season(b, key.Split) {
			rows := w.standings(&Expectation{ID: id, Field: key.Split})
			why = append(why, Why{Said: strings.TrimSpace(key.Split + " " + strings.Join(rows, ", "))})
		}
	}
	return why
}

package suite

import (
	"slices"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets"
)

// Why is one sentence of an explanation, with the place in the ruleset that it speaks of.
type Why struct {
	Said string `json:"said"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// Bounds on explanations: what is nearest to the difference comes first, the rest is counted.
const (
	maxLedger   = 6
	maxSilent   = 6
	ledgerPoint = "points pending held debt expires"
)

var reasonWords = map[engine.Reason]string{
	engine.NotThisEvent: "it does not look at this event",
	engine.WindowClosed: "its window was closed",
	engine.WhoseNot:     "it is not for this member",
	engine.ConditionNot: "its condition was false",
	engine.LimitReached: "its limit was used up",
	engine.BalanceShort: "the balance was too small",
	engine.NotJoined:    "the member has not joined it",
	engine.NotActive:    "it is not yet active",
	engine.Failed:       "it could not be computed",
}

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

// why explains a difference: balances by the ledger, the rest by what definitions did in this step.
func (w *world) why(x *rulesets.Expectation, m *engine.Member, out *engine.Outcome) []Why {
	var why []Why
	switch {
	case out != nil && out.Duplicate:
		why = append(why, Why{Said: "the event was a duplicate: it did nothing in this step"})
	case strings.Contains(ledgerPoint, x.Key):
		why = w.ledger(x.ID, m)
	case x.Key == "tier":
		why = w.tier(x.ID, m)
	case x.Key == "standings", x.Key == "rank":
		return nil
	}
	if x.ID != "" && !strings.Contains(ledgerPoint, x.Key) {
		return append(why, w.told(func(s *engine.TraceStep) bool { return named(s.Definition, x.ID) })...)
	}
	return append(why, w.told(func(*engine.TraceStep) bool { return true })...)
}

// told is what definitions did in this step: those that fired first, then some of those that did not, those that came
// nearest first.
func (w *world) told(of func(*engine.TraceStep) bool) []Why {
	var fired, silent []Why
	for i := range w.trace.Steps {
		s := &w.trace.Steps[i]
		if !of(s) {
			continue
		}
		said := Why{File: s.Position.File, Line: s.Position.Line}
		if s.Fired {
			said.Said = s.Definition + " " + w.deed(s)
			fired = appendOnce(fired, said)
			continue
		}
		said.Said = s.Definition + " did nothing: " + reasonWords[s.Reason]
		if s.Detail != "" && s.Reason != engine.LimitReached {
			said.Said += " (" + s.Detail + ")"
		}
		silent = appendOnce(silent, said)
	}
	for _, rec := range w.records {
		for _, n := range rec.Outcome.Notes {
			fired = appendOnce(fired, Why{Said: n.Definition + ": " + n.Message})
		}
	}
	slices.SortStableFunc(silent, func(a, b Why) int { return nearness(a) - nearness(b) })
	if len(silent) > maxSilent {
		rest := len(silent) - maxSilent
		silent = append(silent[:maxSilent], Why{Said: "and " + strconv.Itoa(rest) + " more did nothing"})
	}
	return append(fired, silent...)
}

func appendOnce(list []Why, w Why) []Why {
	if slices.Contains(list, w) {
		return list
	}
	return append(list, w)
}

// nearness orders definitions that did nothing by how much of them held: one at its limit nearly fired.
func nearness(w Why) int {
	for i, r := range []engine.Reason{engine.Failed, engine.LimitReached, engine.BalanceShort, engine.NotJoined, engine.ConditionNot, engine.WindowClosed} {
		if strings.HasSuffix(w.Said, reasonWords[r]) {
			return i
		}
	}
	return len(reasonWords)
}

// deed says what a definition that fired did.
func (w *world) deed(s *engine.TraceStep) string {
	var gifts []string
	for _, rec := range w.records {
		if rec.Seq < w.first {
			continue
		}
		for i := range rec.Outcome.Effects {
			e := &rec.Outcome.Effects[i]
			if g, ok := gift(e); ok && e.Source == s.Definition {
				gifts = append(gifts, given(g)+to(rec, w.records))
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
		return "counted the event"
	}
}

// given writes a gift without its giver.
func given(g rulesets.Gift) string {
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

// ledger is the end of a member's ledger of one points type, or of all.
func (w *world) ledger(points string, m *engine.Member) []Why {
	zone := w.rules.CalendarOf(m).Zone
	var lines []Why
	must(engine.Ledger(w.store, m.ID, 0, func(_ uint64, _ calendar.Instant, entries []engine.Entry) bool {
		for _, e := range entries {
			if points == "" || e.Points == points {
				lines = append(lines, w.line(zone, e))
			}
		}
		return true
	}))
	if len(lines) == 0 {
		return []Why{{Said: strings.TrimSpace("the ledger of " + m.ID + " is empty: no " + orPoints(points) + " yet")}}
	}
	if n := len(lines) - maxLedger; n > 0 {
		lines = append([]Why{{Said: "the ledger, after " + strconv.Itoa(n) + " earlier entries:"}}, lines[n:]...)
	}
	return lines
}

func orPoints(id string) string {
	if id == "" {
		return "points"
	}
	return id
}

func (w *world) line(zone *calendar.Zone, e engine.Entry) Why {
	at := rulesets.Moment(zone, e.At)
	sign := ""
	if e.Amount > 0 && e.Kind != engine.EntryReleased {
		sign = "+"
	}
	said := at + "  " + sign + e.Amount.String() + " " + e.Points + " " + string(e.Kind)
	if e.Source != "" {
		said += " by " + e.Source
	}
	if e.Kind == engine.EntryIssued && e.Available > e.At {
		said += ", pending until " + rulesets.Moment(zone, e.Available)
		if e.Available == calendar.Forever {
			said = strings.TrimSuffix(said, " until "+rulesets.Moment(zone, e.Available))
		}
	}
	place := w.place(e.Source)
	return Why{Said: said + ", total " + e.Balance.String(), File: place.File, Line: place.Line}
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
		said += ", until " + rulesets.Ending(w.rules.CalendarOf(m).Zone, s.Until)
	}
	return []Why{{Said: said, File: t.Position.File, Line: t.Position.Line}}
}

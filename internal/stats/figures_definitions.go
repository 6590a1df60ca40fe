package stats

import (
	"slices"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// GivenPoints are points that a definition gave, and what became of them by reversals.
type GivenPoints struct {
	Points   string          `json:"points"`
	Given    decimal.Decimal `json:"given"`
	Reversed decimal.Decimal `json:"reversed"` // taken back by reversals, less what they gave back
	Taken    decimal.Decimal `json:"taken"`    // spent on it, or taken by it, less what was returned
	Cut      decimal.Decimal `json:"cut"`      // that caps have cut off
	Cuts     int64           `json:"cuts"`     // how often
	Worth    *Money          `json:"worth,omitempty"`
}

// StoppedFigure is how often a definition applied and did nothing, for a reason.
type StoppedFigure struct {
	Reason string `json:"reason"`
	Times  int64  `json:"times"`
}

// DefinitionReport is what a definition did in a range.
type DefinitionReport struct {
	AsOf
	From      string          `json:"from"`
	To        string          `json:"to"`
	Fired     int64           `json:"fired"`      // events in which it gave, took or was reached
	LastFired string          `json:"last_fired"` // the last day of the range on which it did, "" for none
	Stopped   []StoppedFigure `json:"stopped"`
	Points    []GivenPoints   `json:"points"`
	Claims    *ClaimsFigure   `json:"claims,omitempty"` // of a reward
}

// Definition tells what a definition did in a range.
func (x *Figures) Definition(section, id string, r Range) DefinitionReport {
	path := section + "/" + id
	out := DefinitionReport{AsOf: x.AsOf, From: x.label(calendar.Day, r.From), To: x.label(calendar.Day, r.To), Points: x.given(r, path)}
	x.between(key(nil).of(ofFired).text(path), r.From, r.To, func(day calendar.Key, _ keyReader, _ decimal.Decimal, count int64) {
		out.Fired += count
		out.LastFired = x.label(calendar.Day, day)
	})
	reasons := map[string]*StoppedFigure{}
	x.between(key(nil).of(ofNotes).text(path), r.From, r.To, func(_ calendar.Key, k keyReader, _ decimal.Decimal, count int64) {
		reason := k.text()
		need(reasons, reason, StoppedFigure{Reason: reason}).Times += count
	})
	out.Stopped = sorted(reasons)
	if section == "rewards" {
		claims := x.claims(id, r)
		out.Claims = &claims
	}
	return out
}

// given is what definitions did to points in a range.
func (x *Figures) given(r Range, definitions ...string) []GivenPoints {
	list := []GivenPoints{}
	for _, p := range x.rules.Points {
		g := GivenPoints{Points: p.ID}
		some := false
		x.between(key(nil).of(ofDay).text(p.ID), r.From, r.To, func(_ calendar.Key, k keyReader, sum decimal.Decimal, _ int64) {
			flow := k.char()
			if by := k.text(); !slices.Contains(definitions, by) {
				return
			}
			some = true
			switch flow {
			case issued, imported:
				g.Given += sum
			case reversed:
				g.Reversed -= sum
			case spent, forfeited, returned:
				g.Taken -= sum
			}
		})
		for _, d := range definitions {
			x.between(key(nil).of(ofBoosted).text(d), r.From, r.To, func(_ calendar.Key, k keyReader, added decimal.Decimal, _ int64) {
				if k.text() == p.ID {
					some, g.Given = true, g.Given+added
				}
			})
			x.between(key(nil).of(ofWanted).text(d), r.From, r.To, func(_ calendar.Key, k keyReader, cut decimal.Decimal, count int64) {
				if k.text() == p.ID {
					some, g.Cut, g.Cuts = true, g.Cut+cut, g.Cuts+count
				}
			})
		}
		if g.Worth = x.worth(p.ID, g.Given-g.Reversed); some {
			list = append(list, g)
		}
	}
	return list
}

// PromotionReport is what a promotion did in a range.
type PromotionReport struct {
	AsOf
	Promotion   string        `json:"promotion"`
	From        string        `json:"from"`
	To          string        `json:"to"`
	Openings    int64         `json:"openings"`    // by calls
	Members     int64         `json:"members"`     // whom it brought something for the first time
	Definitions []FiredFigure `json:"definitions"` // that share its window
	Cost        []GivenPoints `json:"cost"`        // what they did to points
}

// FiredFigure is how often a definition fired.
type FiredFigure struct {
	Definition string `json:"definition"`
	Fired      int64  `json:"fired"`
}

// Promotion tells what the definitions did in a range that share the window of a promotion.
func (x *Figures) Promotion(p *engine.Promotion, r Range) PromotionReport {
	out := PromotionReport{AsOf: x.AsOf, Promotion: p.ID, From: x.label(calendar.Day, r.From), To: x.label(calendar.Day, r.To), Definitions: []FiredFigure{}}
	x.between(key(nil).of(ofOpenings).text(p.ID), r.From, r.To, func(_ calendar.Key, k keyReader, _ decimal.Decimal, count int64) {
		if k.char() == 'o' {
			out.Openings += count
		}
	})
	x.between(key(nil).of(ofResponse).text(p.ID), r.From, r.To, func(_ calendar.Key, _ keyReader, _ decimal.Decimal, count int64) { out.Members += count })
	var paths []string
	for _, path := range x.rules.SharingWindow(p) {
		f := FiredFigure{Definition: path}
		x.between(key(nil).of(ofFired).text(path), r.From, r.To, func(_ calendar.Key, _ keyReader, _ decimal.Decimal, count int64) { f.Fired += count })
		out.Definitions, paths = append(out.Definitions, f), append(paths, path)
	}
	out.Cost = x.given(r, paths...)
	return out
}

package lint

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets"
)

// Report is what there is to say of a ruleset. Its JSON form is what `laurel check --json` prints.
type Report struct {
	OK          bool                 `json:"ok"` // no errors; lints do not count
	Hash        string               `json:"hash,omitempty"`
	Diagnostics rulesets.Diagnostics `json:"diagnostics"` // errors, or lints where there are none
	NotYet      []NotYet             `json:"not_yet_active"`
}

// NotYet is a part of a ruleset that is understood and not run yet.
type NotYet struct {
	Definition string `json:"definition"`
	File       string `json:"file"`
	Line       int    `json:"line"`
	Why        string `json:"why"`
}

// Check gathers what the compiler has said of a ruleset, and what the lints say of its program; nil is one that does not compile. Lints
// look ahead from an instant.
func Check(program *rulesets.Program, diagnostics rulesets.Diagnostics, now calendar.Instant) Report {
	if program == nil {
		return Report{Diagnostics: diagnostics, NotYet: []NotYet{}}
	}
	lints := Run(program, now)
	r := Report{OK: !lints.HasErrors(), Hash: program.Ruleset.Hash, Diagnostics: rulesets.Diagnostics{}, NotYet: []NotYet{}}
	for _, errors := range []bool{true, false} {
		for _, d := range lints {
			if (d.Severity == rulesets.SeverityError) == errors {
				r.Diagnostics = append(r.Diagnostics, d)
			}
		}
	}
	for _, i := range program.Inactive {
		r.NotYet = append(r.NotYet, NotYet{Definition: i.Definition, File: i.Position.File, Line: i.Position.Line, Why: i.Why})
	}
	return r
}

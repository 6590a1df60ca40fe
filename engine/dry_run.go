package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/event"
)

// DryRun computes what an event would mean now, and stores nothing. trace may be nil.
func (p *Processor) DryRun(e *event.Event, trace *Trace) (*Outcome, *Refusal, error) {
	if err := p.identify(e); err != nil {
		return nil, nil, err
	}
	p.nameErasure(e)
	if e.Type != commandErase && p.Erased(e.Member) {
		return nil, memberErased, nil
	}
	known, err := p.known(e.ID)
	if err != nil {
		return nil, nil, err
	}
	if known != nil {
		return p.repeated(known, e)
	}
	e.Arrived = max(e.Arrived, p.arrived)
	v := p.at(e.Time)
	p.redirect(e)
	reversal, refusal, err := p.prepare(e)
	if err != nil {
		return nil, nil, err
	}
	if reversal != nil && reversal.before != nil {
		return p.repeated(reversal.before, e)
	}
	if refusal == nil {
		refusal = check(v.Rules, p.scratch(), e)
	}
	if refusal == nil && e.Type == commandCard {
		refusal, err = p.decideCard(e)
	}
	if refusal != nil || err != nil {
		return nil, refusal, err
	}
	out := p.imagine(e, v, reversal, trace)
	return out, out.Refusal, p.failure
}

// scratch is the present state, to be changed without a trace.
func (p *Processor) scratch() *Subjects { return NewSubjects(p.current(), p.subjects.state) }

// imagine computes what a checked event would mean, and changes nothing.
func (p *Processor) imagine(e *event.Event, v Version, r *reversal, trace *Trace) *Outcome {
	a := newApplier(&live{reversal: r})
	a.codeKey, a.accepted, a.opened = p.apply.codeKey, p.arrived, p.opened
	return a.run(p.current(), v.Rules, p.scratch(), e, p.last+1, trace)
}

// refusable reports whether a reversal can be refused for what it amounts to. One that is refused leaves no trace, so that it can
// be made once the state allows it.
func (p *Processor) refusable(r *reversal) bool {
	return r.command != commandMerge && (r.command == commandRelease && r.data != nil || slices.ContainsFunc(p.versions, func(v Version) bool {
		return slices.ContainsFunc(v.Rules.Points, func(p *Points) bool { return p.Negative == NegativeRefuse })
	}))
}

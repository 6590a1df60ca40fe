package suite

import (
	"regexp"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/tasks"
)

// run runs the tests of a suite whose names match only (nil: all of them), each in a world of its own.
func (r *Report) run(s *Suite, only *regexp.Regexp, fired coverage) {
	r.Program, r.Ruleset = s.Program.Ruleset.Program, s.Ruleset
	for _, t := range s.Tests {
		if only != nil && !only.MatchString(t.Name) {
			continue
		}
		failure := Failure{Test: t.Name, Line: t.Position.Line, Steps: []FailedStep{}}
		w := newWorld(s.Program, t, fired)
		for i, step := range t.Steps {
			if f := w.run(i, step); f != nil {
				failure.Steps = append(failure.Steps, *f)
			}
		}
		if len(failure.Steps) > 0 {
			r.Failed = append(r.Failed, failure)
			continue
		}
		r.Passed = append(r.Passed, Passed{t.Name, t.Position.Line})
	}
	r.OK = len(r.Failed) == 0
}

// run takes one step and looks at what it expects; nil when all of that is true.
func (w *world) run(index int, step *Step) *FailedStep {
	w.begin()
	var out *engine.Outcome
	var refusal *engine.Refusal
	for i, at := range step.At {
		w.advance(at)
		if e := w.event(index, i, step); e != nil {
			w.trace.Steps = nil // of repetitions the last one is looked at
			w.first = w.processor.Last() + 1
			if out, refusal = w.process(e); refusal != nil && (step.Error == "" || i < len(step.At)-1) {
				break
			}
		}
		must(tasks.Quiesce(host{w}))
	}
	w.advance(w.now)
	w.proveBoards()
	failed := &FailedStep{Line: step.Position.Line, At: moment(w.zone(), w.now), Step: described(step)}
	w.outcome(failed, step, out, refusal)
	if refusal == nil || step.Error != "" {
		for _, x := range step.Expect {
			w.look(failed, x, out)
		}
	}
	if len(failed.Differences) == 0 {
		return nil
	}
	return failed
}

// outcome compares how a step ended with how it had to: accepted, refused with a code, known already.
func (w *world) outcome(failed *FailedStep, step *Step, out *engine.Outcome, refusal *engine.Refusal) {
	came := "accepted"
	switch {
	case refusal != nil:
		came = refusal.Code
	case out != nil && out.Duplicate:
		came = "duplicate"
	}
	want := "accepted"
	switch {
	case step.Error != "":
		want = step.Error
	case step.Duplicate:
		want = "duplicate"
	}
	if came == want || step.Action == LookAction {
		return
	}
	if came == "duplicate" && want == "accepted" {
		return // sent again without a word about it: whatever is expected is looked at
	}
	d := Difference{Line: step.Position.Line, Subject: "outcome", Want: []string{want}, Came: []string{came}, Why: []Why{}}
	if refusal != nil {
		d.Why = refused(refusal)
	}
	failed.Differences = append(failed.Differences, d)
}

// look compares one expectation with what is true now.
func (w *world) look(failed *FailedStep, x *Expectation, out *engine.Outcome) {
	m := w.processor.Member(x.Member)
	if m == nil && x.Member != "" {
		failed.Differences = append(failed.Differences, Difference{Line: x.Position.Line, Member: x.Member, Subject: x.Subject(),
			Want: x.Want, Came: []string{}, Why: []Why{{Said: "nobody called " + x.Member + " has joined yet"}}})
		return
	}
	came := w.answer(x, m, out)
	if slices.Equal(came, x.Want) {
		return
	}
	want := x.Want
	if x.List && x.Key != "standings" {
		want, came = apart(x.Want, came)
	}
	failed.Differences = append(failed.Differences, Difference{Line: x.Position.Line, Member: x.Member, Subject: x.Subject(),
		Want: some(want), Came: some(came), List: x.List, Why: some(w.why(x, m, out))})
}

// some is a list that JSON writes as one even when it is empty.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// apart takes out of two sorted lists what stands in both.
func apart(want, came []string) (missing, extra []string) {
	missing, extra = []string{}, slices.Clone(came)
	for _, item := range want {
		if i := slices.Index(extra, item); i >= 0 {
			extra = slices.Delete(extra, i, i+1)
			continue
		}
		missing = append(missing, item)
	}
	return missing, extra
}

// descriptions say in words what steps do: NAME is what the step names, MEMBER whose it is.
var descriptions = map[Action]string{
	LookAction: "a look", EventAction: "NAME of MEMBER", EnrollAction: "MEMBER joins NAME", EnrollStreakAction: "MEMBER joins NAME",
	VoidAction: "void of NAME", AmendAction: "amendment of NAME", ReleaseAction: "release of NAME", RefuseAction: "refusal of NAME",
	ClaimAction: "MEMBER claims NAME", UseAction: "MEMBER uses NAME", ConfirmAction: "confirmation of NAME",
	CancelAction: "cancellation of NAME", ReturnAction: "return of NAME",
	FreezeAction: "MEMBER buys a freeze for NAME", RepairAction: "MEMBER repairs NAME", FireAction: "opening of NAME", CloseAction: "closing of NAME",
	MergeAction: "NAME is merged into MEMBER", AdjustAction: "adjustment of MEMBER", SetAction: "MEMBER changes the profile",
}

// described says in words what a step does.
func described(step *Step) string {
	return strings.NewReplacer("NAME", step.Name, "MEMBER", step.Member).Replace(descriptions[step.Action])
}

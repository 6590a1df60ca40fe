// Package suite reads the tests of a ruleset (language: Tests) and runs them on the engine itself, over a store
// and boards in memory: what passes here is what a server does.
//
//	RunFiles ─> each file, and each ruleset that they name once                                          (results.go)
//	Parse ────> Suite: the tests, their ruleset, every error with its place                              (suite.go)
//	              steps, and what they send                                                              (timeline.go, payload.go)
//	              what they expect, as the text in which a report shows it                               (expectation.go, gift.go)
//	run ──────> one world a test: a processor, a store, boards, and a clock that only steps move         (run.go, world.go)
//	              before each step and each look: what time has done, in order of its instants
//	              the event, what it causes, gifts to groups
//	              answers to what the step expects, as text                                              (answer.go)
//	            what differs, with why: who gave, who did not, and the ledger                            (why.go)
//	            which definitions of a ruleset no file has made fire                                     (coverage.go)
//	            Results: a Report a file, as text, JSON or JUnit                                         (report.go, junit.go)
package suite

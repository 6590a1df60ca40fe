// Package suite reads the tests of a ruleset (language: Tests of a ruleset) and runs them on the engine itself, over a store
// and boards in memory: what passes here is what a server does.
//
//	Load ─────> Suite: the file, its ruleset, every error with its place                                 (suite.go)
//	              steps, and what they send                                                              (timeline.go, payload.go)
//	              what they expect, as the text in which a report shows it                               (expectation.go, gift.go)
//	Run ──────> one world a test: a processor, a store, boards, and a clock that only steps move         (world.go)
//	              before each step and each look: what time has done, in order of its instants
//	              the event, what it causes, gifts to groups
//	              answers to what the step expects, as text                                              (answer.go)
//	            what differs, with why: who gave, who did not, and the ledger                            (why.go)
//	            which definitions nothing has made fire                                                  (coverage.go)
//	            Report, as text or JSON                                                                  (report.go)
package suite

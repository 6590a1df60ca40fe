// Package jobs does what time and the outbox ask for. gocron only ticks; what is due lies in the store, and every piece of
// work is an event with a derived id, so that a tick that comes late, twice or after a crash changes nothing but when it
// is done.
//
//	runner.go    the ticks, one for the work of time of a program (tasks.All) and one for each of the others
//	status.go    how the jobs are doing, for operators: last run, next due, backlog, lateness, failures
//	host.go      a program as the work of time sees it
//	sandbox.go   the test clock of programs that are a sandbox
//	boards.go    scores for leaderboards outside this process, absolute and versioned
//	sweep.go     boards compared with what the counters count, and mended
//	webhooks.go  deliveries to the world outside
package jobs

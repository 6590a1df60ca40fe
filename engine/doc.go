// Package engine decides what an event means for a member. It is the core of Laurel, and pure: it never reads a clock, a
// disk, a socket or a random number. Time is an argument.
//
// There are only a few types to know:
//
//	Ruleset    a compiled program: definitions, linked to the events that they look at; it never changes
//	Version    a Ruleset in force from an instant on
//	Processor  accepts the events of one program, one after another: it knows duplicates, decides, and gathers a Batch
//	Store      four kinds of reads and one atomic Commit of a Batch; whoever runs the program brings one
//	Member     the state of one member, which answers questions as of an instant; groups and shared limits are subjects, too
//	Record     a line of the journal: an event, the version that decided, and its Outcome
//	Outcome    what an event meant: Effects for the member, Entries of the ledger, Notes on what was not given, and why
//
// The path of an event:
//
//	Event ──> Processor.Process ──> known? (duplicates.go) fits? in time? (validate.go, package event)
//	                                Apply                               (apply.go)
//	                                  settle what time has done         (settle.go)
//	                                  plan: ask rules and counters      (plan.go, window.go)
//	                                  carry out, within limits          (grants.go, limits.go, points.go,
//	                                                                     counting.go, challenge.go)
//	                                  follow-ups, at most MaxDepth deep
//	                                Record and rows into a Batch        (processor.go, store_rows.go, record.go)
//	                                a reversal instead: look again at   (reversal.go, snapshot.go, reversal_decide.go,
//	                                the member's events without it       reversal_replay.go, reversal_apply.go, reversal_points.go)
//	Processor.Take ──> Store.Commit ──> the owner answers with the Outcome
//
// A Ruleset is compiled elsewhere (package rulesets); two function types, Cond and Amount, are all that the engine knows
// of expressions. A Member, Group or Usage is a subject: state that belongs to one member, one group or one shared limit.
// Conditions, amounts and boosts see a member as before the event; all matching rules fire; what is scarce is decided in order
// of acceptance and never decided again (decisions.go).
//
// Points are lots in an Account. At any instant
//
//	issued = remaining + held + pending + spent + expired + forfeited + reversed - debt
//
// and every change is an Entry with the event that caused it. A Claim pins parts of lots until it is confirmed, cancelled or
// its hold is over; a settlement lets time pass over an account, for those who write that down and for those who ask. A
// reversal is decided once, from the member's journal, and its Revision is journaled: nobody who applies the record again
// reads history. The Provenance of every record says what caused what, so that what an undone award gave can be found. Questions
// about a member (Balance, StreakAt, TierAt, ChallengeAt, ClaimsAt) take an instant and count the time since the last event,
// whether or not a job has written it down.
//
// What time alone does is written down by package tasks, which a server's jobs, tests of rulesets and the clock of a sandbox
// share: members that are due (timers.go, notices.go), promotions opened by calls (promotion.go), gifts to groups, seasons. What
// an event or a tick raised is kept with it, so that the journal is the outbox of webhooks (notifications.go, messages.go).
//
// A season of a leaderboard closes by the acceptance of an event at or after its close (season.go); whoever runs the program
// then writes its table and gives its prizes piece by piece (package tasks), and what is kept of it stays (season_table.go).
//
// A version says which time zone data it is judged by (zones.go): zones of other data are as before until its activation, and then
// as if their clocks had been set.
//
// Members that are merged are one from then on (merge.go): the other's state moves, the progress of both is a recomputation of the
// events of both, and of the other nothing is left but the way to the survivor (merged.go).
//
// An erased member's records are rewritten by Redact: what they did to others stays in them as Deltas, which a replay
// applies without asking (erasure.go, redaction.go, record_delta.go).
package engine

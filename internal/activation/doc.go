// Package activation changes the ruleset of a program while it runs. Start at Manager: Check, Plan and Test look at a draft, Activate
// and RollBack put one into force, at once or at an instant.
//
//	draft ──> check ──> plan ──> activate ──> in force
//	                                   └────> planned ──> in force (at its instant)
//	                                             └──────> cancelled
//
// What is in force, and what is planned, lies in the settings, so that a start finds it again (internal/program: versions).
package activation

// Package host runs the programs of a process. Start at Host: Add opens a program with its jobs and webhooks, Remove ends it, while the
// others go on. It is the one place that knows which programs are local; the API asks it (api.Programs).
//
//	Add ──> local ──> Remove ──> nobody's
//	  │       ├─────> nobody's (somebody else runs it now)
//	  │       └─────> stopped (its store failed, something in it was broken): jobs end, callers are told, the others go on
//	  └─────────────> stopped (it could not be opened)
//
// When the last one that ran has stopped, Ended tells.
package host

// Package pebblestore keeps the facts of all programs of one process on its own disk. A DB is a data directory, a Store
// one program's part of it. Start at DB, then Store.Commit.
//
//	journal/<program>/  records, in a log of segments of its own (package segments). A commit writes its records here, as one
//	                    frame with one sync.
//	state/              an instance of Pebble: ids, index rows and subjects' states. They follow after the sync: they are gathered
//	                    in memory (package overlay), the last value of each key, and written a second later at the latest, in one
//	                    atomic batch in the order of keys. That batch is not synced, and not waited for, but where rows are to be
//	                    kept that the journal does not bring back.
//	settings/           a small instance of Pebble for what is set at run time (package settings). Each write is synced.
//
//	Commit ──> journal: write, sync ──> rows: gather ──> return   ...   state: write
//	                      (durable)       (visible)
//
// # What is guaranteed
//
// When Commit returns nil, its records are durable and its rows are visible. A batch is there whole or not at all. What is on the disk,
// after a kill or a loss of power at any instant, is:
//
//   - The journal has all that was acknowledged, and at most one commit more.
//   - The state is what a first part of all commits comes to: rows, ids and mark of just those. For all that was gathered is written at
//     once with how far it is (overlay.Facts), one such batch after another, and Pebble's log loses nothing but its end. So if a
//     mark is there, so is every row and id up to it, and rows of jobs are lost in the order in which they were put.
//   - The state is never ahead of the journal: nothing is gathered before its records are durable.
//   - The state has every commit up to the last one with rows to be kept. That one ends with a sync of Pebble's log, even if another
//     goroutine has written its rows a moment before, without one: a sync covers what was logged before.
//   - Before records are rewritten the state is durable up to the commit before.
//
// A kill loses what was gathered within the last second, and at most 131,072 rows of a program or its part of 64 MiB; a loss of power
// also what Pebble has not synced. Opening a program writes missing ids from the journal; the engine applies what follows the
// mark again, and writes the missing rows.
//
// Reads look at what gathers first, then at what is being written, then at the state: the way that rows go, so that none slips
// through. A scan sees all three as they are at one instant, between two commits.
//
// The first error of a write or sync, of any program, fails the DB: every later Commit and every change of a setting returns it, and Failed is
// closed. Nothing is tried again, since after a failed sync nobody knows what the disk holds. A goroutine in the middle of
// such an operation is never resumed, so nothing can mistake it for success; what is committed can still be read. The
// owner should end the process and start again. This holds for a full disk too: its owner asks Full and stops accepting
// before Reserve is reached. Errors of an archive are no such failure, but in the middle of an erasure.
//
// Records are rewritten only where members were erased: then the state is made durable first, all the records follow together, and no
// file of the journal holds what they were. Scrub takes what follows from them off the disk.
//
// # What is detected
//
// Records carry checksums over program, number and content, verified on every read, and numbers have no gaps: a damaged,
// foreign or missing record is an error that names it, its file and its place, and is never served. Only what needs it fails. Tables
// and logs of Pebble have checksums of their own.
//
//   - In the journal: what the state has seen is never taken for a torn end. If it is gone from the end, its program cannot be opened; if
//     it is damaged, its records are errors when they are read. What the state has not seen, which takes an unclean stop, is damage
//     if a sound frame follows. Otherwise it cannot be told from a frame torn by the loss of power: the journal is then shorter by
//     that frame, and correct up to its end. See package segments for files that are missing, renamed or foreign.
//   - In a table of the state: an error when it is read, which fails the DB; the next start makes the state again.
//   - In the state's log: the state loses its end, as by a kill, and gets it back from the journal.
//   - In the state's list of tables: the state is made again from the journal, as it may have lost its middle.
//   - In the settings: the DB cannot be opened, or what is read is an error.
//   - A log cut off anywhere: the same as its end not having been written.
package pebblestore

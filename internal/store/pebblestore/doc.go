// Package pebblestore keeps the facts of all programs of one process on its own disk. A DB is a data directory, a Store
// one program's part of it. Start at DB, then Store.Commit.
//
// Two instances of Pebble share the work:
//
//	journal/  records under sequential keys, and the shell's settings. A commit writes its records here, with one sync.
//	state/    ids, index rows and subjects' states. They follow after the sync, in one atomic batch, without a sync but
//	          where a batch has rows that the journal does not bring back.
//
//	Commit ──> journal: write, sync ──> state: write ──> return
//	                      (durable)       (visible)
//
// One instance for both would sync the same bytes, but merge the records with the rows again and again: over a million
// events it wrote 2.3 GB of tables where two write 1.4 GB (292 MB for the journal, whose tables never overlap, and 1,151 MB
// for the state). Throughput and processor time were the same within the noise of a shared machine.
//
// # What is guaranteed
//
// When Commit returns nil, its records are durable and its rows are visible. A batch is there whole or not at all. The
// state never runs ahead of the journal. It may lose its end, in the order of commits: so if a mark is there, so is every
// row and id up to it. Opening a program writes missing ids from the journal; the engine applies what follows the mark
// again, and writes the missing rows.
//
// The first error of a write or sync, of any program, fails the DB: every later Commit and Put returns it, and Failed is
// closed. Nothing is tried again, since after a failed sync nobody knows what the disk holds. A goroutine in the middle of
// such an operation is never resumed, so Pebble cannot mistake it for success; what is committed can still be read. The
// owner should end the process and start again. This holds for a full disk too: its owner asks Full and stops accepting
// before Reserve is reached.
//
// Records are rewritten only where members were erased: then the state is made durable first, all the records follow in one
// synced batch, and Scrub takes what they were off the disk.
//
// # What is detected
//
// Records carry a checksum over program, number and content, verified on every read, and numbers have no gaps: a damaged,
// foreign or missing record is an error that names it, and never served. Tables and logs have checksums of their own.
//
//   - A flipped bit in a table, of either instance: an error when it is read, which fails the DB.
//   - In the state's log: the state loses its end, and gets it back from the journal.
//   - In the state's list of tables: the state is made again from the journal, as it may have lost its middle.
//   - In the journal's list of tables: the DB or its program cannot be opened, or the missing records are errors when they
//     are read.
//   - In the journal's log: Open fails when the log goes on for another 32 KiB that were synced later, or when the state
//     has seen the lost records. Otherwise, which takes an unclean stop and damage within the last 32 KiB written, it
//     cannot be told from a record torn by the loss of power: the journal is then shorter, and correct up to its end.
//   - A log cut off anywhere: the same as its end not having been written.
package pebblestore

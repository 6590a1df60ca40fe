// Package segments keeps the journal of one program: records by number, in files that are only ever added to. Start at Log, then
// Append.
//
// # Format
//
// A directory holds segments, each named by its first record. One that is full is left, and sealed soon after: it is rewritten
// in full blocks and with an index, and named by its first and its last record.
//
//	00000000000000000001-00000000000000091204.log   sealed
//	00000000000000091205.log                        appended to, or left and not sealed yet
//
//	segment = header, frames, and if it is sealed an index and a footer
//	header  = magic, first record, salt, program, checksum
//	frame   = magic, checksum, first record, number of blocks, a row for each of them; the blocks
//	block   = lengths of its records, their bytes; compressed (S2), with a checksum in its row
//
// An append is one frame, one write and one sync of data (fdatasync). A block has up to 32 KiB of records before it is compressed, or one
// larger record. Checksums (CRC-32C) cover the program, a random salt of the file, the place, and the content: so a block that is
// damaged, or stands in another's place, is never taken for it, and no text in a record can pass for a frame.
//
// A process appends to files of its own: the first append after a start begins a segment. Tend writes small ones together when it
// seals, so that a thousand short lives leave some ten files; each record is rewritten a few times at most. The disk is reserved
// in steps that double, up to 4 MiB, so that the journal of a small program stays small.
//
// # What is guaranteed
//
// When Append returns nil, its records survive the loss of power; after a crash they are there all together or not at all. What Open
// has told of is durable too: the last frame is written and synced once more where nobody says that it was.
//
// Rewrite replaces records all together or not at all, however many segments they are in: new segments are written beside the old
// ones and synced, a file says which ones, then they take their names. A start finishes what that file says, and forgets what has
// none. Afterwards no file has what was replaced.
//
// Segments that are sealed and of some size move to the archive, if there is one: they are copied and synced, and then removed. A
// disk that does not take them is no error: they stay. Rewrite writes archived ones too; Rewritable tells beforehand if it cannot.
//
// # What is detected
//
// Every record is verified when it is read: what comes back is what was written, or a *Damage that names the file, the place and the
// records. It costs the records of one block, or of one frame where its header is damaged, or of one segment where that of the file is.
// A damaged index is made again from the frames.
//
//   - Open reads the last segment alone. What ends it without a sound frame behind was torn when the power failed, and is left out.
//     If a sound frame follows, or the caller says that it has seen those records, it is damage.
//   - Records that are lost at the end, although they were seen, are an error of Open: nobody knows how many there were.
//   - A segment that is missing is told by Open; one that is renamed, foreign, or too short when it is read. What is still there is served.
//   - Damage to the last frame of a journal that was not seen by anybody cannot be told from a torn end.
//   - The loss of a whole last segment is told only by who has seen its records.
//
// # What it costs
//
// One record is read with one read of 32 KiB, or two, and one block is uncompressed. In memory are a name and some numbers a
// segment (under 200 bytes), the index of the segment that is appended to (16 bytes for each 32 KiB: 32 KiB) and of four that were read
// lately: 1,000,000,000 events of 150 bytes are some 2,400 segments, and less than 1 MiB.
package segments

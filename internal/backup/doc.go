// Package backup copies the data of a running server, and puts copies back.
//
// A backup is what cannot be made again: the settings and the journals. It is written as a stream (Write), so that it can be taken over a
// network, and lies in a directory (Read):
//
//	settings.ndjson        a setting a line: its key and value
//	journal/PROGRAM/…      the files of the journals, as in a data directory
//	manifest.json          what there is, with sizes and hashes; it is written last, and without it a directory is no backup
//
// Verify compares a directory with its manifest; Restore makes a data directory of it, in which nobody is who was erased since (Erasures).
package backup

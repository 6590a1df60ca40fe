// Package audit keeps who did what: one chain of entries for each program, and one of the server. Each entry has the hash of the one before
// it, so that one that was edited, taken out or moved is found by Verify. Start at Act, what a call is about to do.
//
// An action that changes settings is appended by the same Apply that makes the change (Act.Recording), so that there is never one without the
// other. An action that is an event stands in the event's record, by whom included, and so in the commit of the event; CatchUp appends it to
// the chain afterwards, with how far it has come in the same Apply.
//
// What an entry says of a member has to go when the member is erased, and the chain has to stand: it is of a salted hash of What, and What
// lies in a row of its own, which an erasure deletes.
//
//	key                           value
//	audit-head/<program>          how many entries there are, the hash of the last, and how far the journal was read
//	audit/<program>/<number>      an entry, by blocks of 256
//	audit-what/<program>/<number> what it was about, and the salt
//
// The program "" is the server.
package audit

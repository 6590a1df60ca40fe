// Package webhook tells the world outside what happened: it signs messages as Standard Webhooks 1.0 has it and delivers them
// at least once (api: Webhooks). Start at Deliverer (deliverer.go: endpoints and their goroutines), then queue.go (a pass: what is
// due, and when a receiver counts as down), backoff.go (when next), client.go and guard.go (the request, and where it may go).
//
// The journal is the outbox. Every committed event says what it raised, so nothing else is written when it is accepted. Each
// endpoint has a cursor into the journal, and rows for the messages that did not arrive at the first try:
//
//	journal ──> cursor ──> delivered
//	                └────> waiting ──> delivered
//	                          └──────> dead (after three days) ──> waiting, when somebody resends it
//
// A pass takes what is due of the waiting and what comes next in the journal, sends it, and then writes the new cursor and all
// rows in one batch. A process that ends in between has sent what it will send again, under the same id and with the same
// body: both follow from the journal alone. What is about erased members is not sent any more, and leaves no row.
//
// Endpoints share nothing but the processor: each has its own cursor, rows and goroutines, so that a slow receiver delays
// nobody else. One that does not answer at all is not sent anything new but a probe now and then, and the journal keeps what
// it misses.
//
// Where messages go is decided by whoever has an admin key, and must not be a way into the network of the server: Guard
// refuses everything that is not a public address when the connection is made, whatever the name resolved to before.
package webhook

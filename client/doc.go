// Package client is what the backend of an app or a shop talks to Laurel with: typed calls over the HTTP API (docs/api.md), and
// nothing but the standard library.
//
// A network loses answers. So every event has an id, and every command an Idempotency-Key, before it is sent for the first time: what
// is sent again after a lost answer is the same event, and is done once. Calls that found no server, one that is busy, or lost their
// answer are tried again, further and further apart, until the context ends or the tries are used up. Answers of reads are kept with
// their ETag, so that reading again what has not changed costs next to nothing.
//
//	c, err := client.New("https://laurel.example.com", os.Getenv("LAUREL_KEY"))
//	…
//	out, err := c.Send(ctx, &client.Event{Type: "purchase", Member: "ann", Data: map[string]any{"order_id": "o1", "amount": 12.5}})
//	…
//	progress, err := c.Progress(ctx, "ann", client.WithMinSeq(out.Seq)) // has what was just sent
//
// What the server refuses is a *Problem; Code tells which one. Amounts are json.Number: exact decimals, as they are written.
//
// Start at client.go (New, options), then call.go (one call and its tries); beside them is a file a noun.
package client

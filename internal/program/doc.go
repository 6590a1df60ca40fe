// Package program runs one brand's program: the thin shell around engine.Processor.
//
// Two goroutines form a pipeline. The first takes whatever waits in the queue, lets the processor decide it and gathers a
// batch; the second commits the batch and only then answers. While one batch is being synced to disk the next one forms,
// so batches grow with the load and one sync serves them all.
//
//	Submit ──> queue ──> decide (processor, under the lock) ──> commit (store, one sync) ──> answers
//
// A store that fails stops the program: nothing is acknowledged any more, and Failed tells why.
package program

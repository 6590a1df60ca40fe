//go:build race

package oracle

// raced is set under the race detector, which makes everything some ten times slower and has no more to find here in more
// histories.
const raced = true

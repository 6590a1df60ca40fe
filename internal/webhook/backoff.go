package webhook

import (
	"hash/fnv"
	"strconv"
	"time"
)

// Tries of one message (api: Webhooks).
const (
	firstDelay = 5 * time.Second
	maxDelay   = 6 * time.Hour
	// GiveUp is how long after its first try a message is tried again; then it is dead.
	GiveUp = 72 * time.Hour
)

// delay is how long to wait after a message's n-th try: 5 s, 20 s, 80 s and so on to six hours, a fifth more or less. The
// more or less follows from the message's id, so that many messages that failed together do not come back together, and
// every process finds the same.
func delay(id string, n int) time.Duration {
	d := maxDelay
	if n < 8 {
		d = min(firstDelay<<(2*(n-1)), maxDelay)
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(id + "/" + strconv.Itoa(n)))
	fifth := int64(d) / 5
	return d + time.Duration(int64(h.Sum32())%(2*fifth)-fifth)
}

package engine

import (
	"bytes"
	"strings"
)

// What an erasure looks for in what senders wrote: the id of a member, wherever it may stand.

// mentions reports whether a text has an id in it.
func mentions(text, id string) bool { return strings.Contains(text, id) }

// mayMention reports whether an event's data may have an id in it. Text that is written with escapes may name anybody.
func mayMention(data []byte, id string) bool {
	return bytes.IndexByte(data, '\\') >= 0 || bytes.Contains(data, []byte(id))
}

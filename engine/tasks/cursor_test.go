package tasks

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What a task is about may be the key of a row, which has bytes of zero in it; an id has none.
func TestACursorIsReadAsItWasWritten(t *testing.T) {
	for _, of := range []string{"", "v7", "of/\x00\x00\x00\x00\x00\x00\x00\x07\x00"} {
		for _, member := range []string{"ann", "ann/bob", "é"} {
			read, last, more := cursorOf(cursor(of, member))
			require.Equal(t, of, read)
			require.Equal(t, member, last)
			require.True(t, more)
		}
	}
	of, member, more := cursorOf([]byte("v7"))
	require.Equal(t, "v7", of)
	require.Empty(t, member)
	require.False(t, more, "all have been told")
}

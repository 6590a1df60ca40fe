package seldom

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestATroubleIsToldOnceAMinute(t *testing.T) {
	now := time.Unix(0, 0)
	l := Log{now: func() time.Time { return now }}
	told := func(what string, want bool, again ...any) {
		t.Helper()
		n, may := l.May(what)
		require.Equal(t, want, may)
		require.Equal(t, again, n)
	}
	told("full", true)
	told("full", false)
	told("away", true)
	now = now.Add(Every - 1)
	told("full", false)
	now = now.Add(1)
	told("full", true, "untold", 2)
	told("full", false)
}

package host_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/audit"
)

// What an administrator does to a member is appended to the audit log by the program's jobs, whether or not anybody asks, and before the
// records of an erased member are redacted.
func TestActsAreFollowed(t *testing.T) {
	p := start(t)
	key := p.add("bakery")
	require.Equal(t, 200, p.buy(key, "b1").status)
	require.Equal(t, 200, p.do("POST", p.base+"/v1/events/b1/void", key, "").status)
	found := func(action string) (entry *audit.Entry) {
		require.NoError(t, audit.Back(p.Parts.Settings, "bakery", 0, func(e *audit.Entry) bool {
			if e.Action == action {
				entry = e
			}
			return entry == nil
		}))
		return entry
	}
	require.Eventually(t, func() bool { return found("event.void") != nil }, time.Minute, time.Millisecond)
	require.Equal(t, "first", found("event.void").KeyName)
	require.Equal(t, 200, p.do("DELETE", p.base+"/v1/members/ann", key, "").status)
	require.Eventually(t, func() bool { return found("member.erase") != nil }, time.Minute, time.Millisecond)
	require.Eventually(t, func() bool {
		whole, err := audit.VerifyWith(p.Parts.Settings, "bakery", p.stores["bakery"], "")
		require.NoError(t, err)
		return whole.Erased == 2 // once the records are redacted
	}, time.Minute, time.Millisecond)
}

package program_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/program"
)

// A call for a list looks at so many members and no more, wherever they are, and the next one goes on behind them.
func TestAListLooksAtSoManyMembersACall(t *testing.T) {
	const members = program.MaxScanned + 700
	store := engine.NewMemory()
	p, _ := open(t, store)
	var events []*event.Event
	for i := range members {
		id := fmt.Sprintf("m%05d", i)
		events = append(events, newEvent("e"+id, id, "buy"))
	}
	_, err := p.Submit(events...)
	require.NoError(t, err)
	for _, restarted := range []bool{false, true} {
		if restarted { // nobody is at hand
			require.NoError(t, p.Close())
			p, _ = open(t, store)
		}
		nobody := program.MemberQuery{Limit: 100, Has: func(*engine.Ruleset, *engine.Member) bool { return false }}
		list, err := p.Members(nobody)
		require.NoError(t, err)
		require.Equal(t, []any{0, program.MaxScanned, true}, []any{len(list.Members), list.Scanned, list.More})
		nobody.After = list.Last
		list, err = p.Members(nobody)
		require.NoError(t, err)
		require.Equal(t, []any{0, 700, false}, []any{len(list.Members), list.Scanned, list.More})

		all := program.MemberQuery{Limit: 1000, Prefix: "m"}
		for n := 0; ; {
			list, err := p.Members(all)
			require.NoError(t, err)
			for _, m := range list.Members {
				require.Equal(t, fmt.Sprintf("m%05d", n), m.ID)
				require.Equal(t, "10", m.Balances["stars"].String())
				n++
			}
			if all.After = list.Last; !list.More {
				require.Equal(t, members, n)
				break
			}
		}
	}
}

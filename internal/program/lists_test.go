package program_test

import (
	"fmt"
	"testing"
	"time"

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

// By their last events members are listed once each, whatever time has done to them since, and under the id that they have now.
func TestAListByLastEvents(t *testing.T) {
	p, clock := open(t, engine.NewMemory())
	for _, member := range []string{"ann", "bob", "cem", "dan"} {
		submit(t, p, "first "+member, member, "buy")
	}
	submit(t, p, "again", "bob", "go")
	clock.after(11 * 24 * time.Hour)
	due, err := p.Due(p.Now(), 10) // stars expire
	require.NoError(t, err)
	require.NotEmpty(t, due)
	_, err = p.Submit(due...)
	require.NoError(t, err)
	order := func(limit int) (ids []string) {
		for before, more := uint64(0), true; more; {
			list, err := p.Latest(program.MemberQuery{Limit: limit}, before)
			require.NoError(t, err)
			for _, m := range list.Members {
				ids = append(ids, m.ID)
			}
			before, more = list.Seq, list.More
		}
		return ids
	}
	require.Equal(t, []string{"bob", "dan", "cem", "ann"}, order(10))
	require.Equal(t, []string{"bob", "dan", "cem", "ann"}, order(1))
	results, err := p.Submit(engine.NewMerge("m1", "ann", "dan"))
	require.NoError(t, err)
	require.Nil(t, results[0].Refusal)
	require.Equal(t, []string{"bob", "ann", "cem"}, order(1))
	_, err = p.Submit(engine.NewErasure("bob"))
	require.NoError(t, err)
	require.Equal(t, []string{"ann", "cem"}, order(2))
}

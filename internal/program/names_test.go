package program_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
)

// A page has the names of its members, be they at hand, still on their way to the store, or in the store alone.
func TestNamesAreReadWhereverMembersAre(t *testing.T) {
	stores(t, func(t *testing.T, store engine.Store) {
		const members = 200
		p, clock := openWith(t, store, "names: first"+shop)
		for i := range members {
			id, name := fmt.Sprintf("m%03d", i), fmt.Sprintf("N%d Lark", i)
			submit(t, p, "go"+id, id, "go")
			results, err := p.Submit(engine.NewProfile("put"+id, id, engine.Profile{Name: &name}))
			require.NoError(t, err)
			require.Nil(t, results[0].Refusal)
		}
		check := func(p *program.Program) {
			t.Helper()
			r, err := p.Ranking(program.RankingName{Board: "visits"})
			require.NoError(t, err)
			page, err := r.Page(t.Context(), 1, 1000)
			require.NoError(t, err)
			require.Len(t, page.Data, members)
			for _, row := range page.Data {
				var i int
				_, err := fmt.Sscanf(row.Member, "m%d", &i)
				require.NoError(t, err)
				require.Equal(t, fmt.Sprintf("N%d", i), row.Name)
			}
		}
		check(p)
		require.NoError(t, p.Close())
		again, clockAgain := openWith(t, store, "names: first"+shop)
		clockAgain.set(clock.Now().Add(time.Hour))
		check(again)
		submit(t, again, "go again", "m007", "go") // one of them is at hand
		check(again)
		_, err := again.Submit(engine.NewErasure("m008"))
		require.NoError(t, err)
		r, err := again.Ranking(program.RankingName{Board: "visits"})
		require.NoError(t, err)
		standing, err := r.Standing(t.Context(), "m008", 0)
		require.NoError(t, err)
		require.Empty(t, standing.Name, "an erased member has no name, before the store knows as after it")
	})
}

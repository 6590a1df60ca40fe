package engine_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

func TestSmoke(t *testing.T) {
	src, err := os.ReadFile("../rulesets/examples/coffee/ruleset.yaml")
	require.NoError(t, err)
	prog, diags := rulesets.Parse("ruleset.yaml", src)
	require.False(t, diags.HasErrors(), diags.Error())
	store := engine.NewMemory()
	boards := leaderboards.NewMemory()
	p, err := engine.NewProcessor(store, []engine.Version{{Number: 1, From: calendar.Beginning, Rules: prog.Ruleset}}, boards)
	require.NoError(t, err)
	at, _ := calendar.ParseInstant("2026-12-01T09:00:00+01:00")
	for i := range 4 {
		e := &engine.Event{ID: fmt.Sprint("e", i), Type: "purchase", Member: "ann", Time: at, Arrived: at, Data: []byte(fmt.Sprintf(`{"order_id":"o%d","amount":12.50,"items":[{"sku":"latte","category":"coffee","qty":1,"price":4.5}]}`, i/2))}
		out, ref, err := p.Process(e)
		require.NoError(t, err)
		require.Nil(t, ref)
		fmt.Println(string(engine.AppendAnswer(nil, out)))
		at = at.Add(24 * time.Hour)
	}
	for i := range 4 {
		e := &engine.Event{ID: fmt.Sprint("v", i), Type: "visit", Member: "ann", Time: at, Arrived: at, Data: []byte(`{"store":"x"}`)}
		out, ref, err := p.Process(e)
		require.NoError(t, err)
		require.Nil(t, ref)
		fmt.Println(string(engine.AppendAnswer(nil, out)))
		at = at.Add(7 * 24 * time.Hour)
	}
	enginetest.CheckInvariants(t, store, p, []engine.Version{{Number: 1, From: calendar.Beginning, Rules: prog.Ruleset}})
	b := p.Take(true)
	require.NoError(t, store.Commit(b))
	p.Committed(b)
	q, err := engine.NewProcessor(store, []engine.Version{{Number: 1, From: calendar.Beginning, Rules: prog.Ruleset}}, nil)
	require.NoError(t, err)
	require.NotNil(t, q.Member("ann"))
	require.Equal(t, p.Member("ann").Progress(p.Rules(), at, p.Group), q.Member("ann").Progress(p.Rules(), at, q.Group))
	r, err := engine.MemberAt(store, q.Versions(), "ann", at)
	require.NoError(t, err)
	a := p.Member("ann").Progress(p.Rules(), at, nil)
	require.Equal(t, a, r.Progress(p.Rules(), at, nil))
}

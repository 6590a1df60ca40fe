package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

const twoRules = `
program: test
events: {buy: {amount: number}}
points: {stars: {expire: 10 days after earning}}
rules:
  buy: {when: buy, give: {stars: event.amount}, limit: 1000 stars ever by everyone}
`

// A build whose rules decide otherwise serves what an older one left in order: decisions stand as they were taken.
func TestAnotherBuildsSemantics(t *testing.T) {
	w := program(t, twoRules)
	w.unchecked = true
	for i, who := range []string{"ann", "bob", "ann"} {
		w.as([]string{"e1", "e2", "e3"}[i]).send(who, "buy", "amount", 10)
	}
	w.commit(true)
	// The next build gives double: the planted change of semantics.
	t.Cleanup(engine.BySemantics(2))
	w.versions[0].Rules = compile(t, strings.Replace(twoRules, "stars: event.amount}", "stars: event.amount * 2}", 1))

	w.open()
	w.has("ann", "stars", "20")
	w.has("bob", "stars", "10")
	x, err := engine.Explain(w.store, w.versions, "e1")
	require.NoError(t, err)
	require.Equal(t, "10 stars given", x.Did[0].Words(), "explained as it was decided")
	w.as("e4").send("bob", "buy", "amount", 1)
	w.has("bob", "stars", "12")
	w.accept(arrive(w, engine.NewVoid("e1")))
	w.has("ann", "stars", "10")

	w.commit(true)
	replayed, err := engine.Replay(w.store, w.versions)
	require.NoError(t, err)
	require.Equal(t, []engine.SemanticsDiffer{{Semantics: 1, Since: "0.1.0", Records: 3, Differ: 3, First: 1}, {Semantics: 2, Records: 2}}, replayed.Semantics)
	require.True(t, replayed.Sound())

	w.accept(arrive(w, engine.NewErasure("ann")))
	w.commit(true)
	members, err := engine.ToRedact(w.store)
	require.NoError(t, err)
	redaction, err := engine.Redact(w.store, w.versions, members, func() bool { return true })
	require.NoError(t, err)
	require.NotEmpty(t, redaction.Rewritten)
}

// An end of the journal that another build decided is not applied by this one's rules.
func TestTheTailOfAnotherBuild(t *testing.T) {
	w := program(t, twoRules)
	w.send("ann", "buy", "amount", 10)
	w.commit(true)
	w.as("tail").send("ann", "buy", "amount", 10)
	w.commit(false)
	t.Cleanup(engine.BySemantics(2))
	_, err := engine.NewProcessor(w.store, w.versions, nil)
	require.ErrorIs(t, err, engine.ErrSemantics)
	require.ErrorContains(t, err, "start version 0.1.0 of Laurel")
	engine.BySemantics(1)
	_, err = engine.NewProcessor(w.store, w.versions, nil)
	require.NoError(t, err)
}

// A record that uses what this build does not know is refused by the name of it.
func TestAFeatureOfALaterBuild(t *testing.T) {
	w := program(t, twoRules)
	w.send("ann", "buy", "amount", 10)
	w.commit(true)
	record, err := w.store.Record(1)
	require.NoError(t, err)
	_, err = engine.DecodeRecord(engine.WithFeature(record, "chance"))
	require.ErrorContains(t, err, `it uses "chance", which this build of Laurel does not know`)
}

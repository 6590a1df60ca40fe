package engine_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/redisboard"
)

// Texts of senders become parts of keys: ids, groups, splits, values of limits and of distinct counters. Whatever characters they
// have, two different ones never make one key. U+0000 is the one character that no text may have, and rows are joined with it.
func FuzzKeys(f *testing.F) {
	f.Add("north", "blue@a", "blue@north", "a")
	f.Add("1:", "0:x", "1:0:", "x")
	f.Add("a/b", "c", "a", "b/c")
	f.Add("x", "1:y}:next", "x1:y}", ":next")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		for _, text := range []string{a, b, c, d} {
			if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
				return // the API takes no such text
			}
		}
		same := a == c && b == d
		others := engine.KeysOf(c, d)
		made := map[string]string{}
		for kind, key := range engine.KeysOf(a, b) {
			require.Equal(t, same, key == others[kind], "%s of %q, %q and %q, %q", kind, a, b, c, d)
			made[key] = kind
		}
		one, other := engine.CountID{Name: "counters/x", Split: a, Group: b}, engine.CountID{Name: "counters/x", Split: c, Group: d}
		require.Equal(t, one, engine.CountOfKey(engine.KeyOf(one)))
		require.Equal(t, same, engine.KeyOf(one) == engine.KeyOf(other))
		was, is := engine.Reread(a, b)
		require.Equal(t, was, is)
		require.NotEqual(t, engine.DerivedID("points.grant", a, b), engine.DerivedID("points.grant", a+"/"+b))
		require.NotEqual(t, engine.DerivedID("points.take", a, b), engine.DerivedID("points.grant", a, b))
		singles := engine.KeysOfOne(c)
		for kind, key := range engine.KeysOfOne(a) {
			require.Equal(t, a == c, key == singles[kind], "%s of %q and %q", kind, a, c)
			if kind == "event" || strings.HasPrefix(key, "laurel:key/") { // a sender's own: one key, one command
				continue
			}
			require.Empty(t, made[key], "%s of %q is one of %q, %q as well", kind, a, a, b)
		}
		apartOnRedis(t, a, b, c, d)
		limitedBy(t, [2]string{a, b}, [2]string{c, d})
	})
}

// apartOnRedis requires that rankings whose names have these texts anywhere share no key on Redis, unless they are the same.
func apartOnRedis(t *testing.T, a, b, c, d string) {
	t.Helper()
	owner := map[string]leaderboards.Key{}
	for _, texts := range [][2]string{{a, b}, {c, d}, {a + b, ""}, {c, d + a}} {
		one, other := texts[0], texts[1]
		for _, key := range []leaderboards.Key{{Program: one, Board: other, Season: "all"}, {Program: "p", Board: one, Season: other},
			{Program: "p", Board: "b", Season: one, Split: other}} {
			for _, name := range redisboard.KeysOf(key) {
				was, known := owner[name]
				require.True(t, !known || was == key, "%q is of %+v and of %+v", name, was, key)
				owner[name] = key
			}
			require.Equal(t, key.Program == "p", redisboard.EpochKeyOf(key.Program) == redisboard.EpochKeyOf("p"))
		}
	}
	for _, program := range []string{a, b, c, d, "p"} {
		require.NotContains(t, owner, redisboard.EpochKeyOf(program), "an epoch is no part of a ranking")
	}
	one, other := leaderboards.Key{Board: a, Season: b}, leaderboards.Key{Board: c, Season: d}
	require.Equal(t, one == other, engine.ToldRow(one, 1).Key == engine.ToldRow(other, 1).Key)
}

// limitedBy requires that a limit and a distinct counter tell two pairs of texts apart, and nothing else.
func limitedBy(t *testing.T, one, other [2]string) {
	t.Helper()
	w := program(t, `
events: {buy: {a: text, b: text}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: 1}, limit: 1 ever by everyone and event.a and event.b}}
counters: {first: {when: buy, distinct: event.a, public: true}, second: {when: buy, distinct: event.b, public: true}}
`)
	gave := 0
	for _, pair := range [][2]string{one, other} {
		data, err := json.Marshal(map[string]string{"a": pair[0], "b": pair[1]})
		require.NoError(t, err)
		e := w.event("ann", "buy", string(data))
		out, refusal, err := w.p.Process(e)
		require.NoError(t, err)
		if refusal != nil { // too long for a text
			return
		}
		gave += len(gaveOf(out))
	}
	want := 2
	if one == other {
		want = 1
	}
	require.Equal(t, want, gave, "%q and %q", one, other)
	if one[0] != "" && other[0] != "" {
		require.Equal(t, counted(one[0] != other[0]), w.counter("ann", "first"))
	}
	if one[1] != "" && other[1] != "" {
		require.Equal(t, counted(one[1] != other[1]), w.counter("ann", "second"))
	}
}

func counted(apart bool) string {
	if apart {
		return "2"
	}
	return "1"
}

func gaveOf(out *engine.Outcome) (list []engine.Effect) {
	for _, e := range out.Effects {
		if e.Kind == engine.PointsEffect {
			list = append(list, e)
		}
	}
	return list
}

package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A badge has all its causes, those too that a limit in times stopped, or that came when it was held already: it falls with the
// last one, and what the earning raised stays as long.
func TestABadgeFallsWithItsLastCause(t *testing.T) {
	const text = `
events: {answer: {score: integer}, ask: {}}
points: {stars: {}}
badges: {nice: {}}
rules:
  n: {when: answer, if: event.score >= 10, give: {badge: nice}, limit: 1 ever%s}
  other: {when: ask, give: {badge: nice}}
  hello: {when: badge_earned, give: {stars: 5}}
`
	for _, by := range []string{"", " by everyone"} {
		for _, order := range [][]string{{"a", "b", "c"}, {"b", "a", "c"}, {"c", "a", "b"}, {"c", "b", "a"}} {
			w := program(t, replace(text, by))
			w.as("a").send("ann", "answer", "score", 10)
			w.as("b").send("ann", "answer", "score", 12)
			w.restart(true)
			w.as("c").send("ann", "ask")
			for i, id := range order {
				require.Equal(t, []string{"nice"}, w.badges("ann"), "%v before %d", order, i)
				w.has("ann", "stars", "5")
				w.void(id)
				w.restart(i == 1)
			}
			require.Empty(t, w.badges("ann"), "%v", order)
			w.has("ann", "stars", "0")
		}
	}
	w := program(t, replace(text, " by everyone"))
	w.as("a").send("bob", "answer", "score", 10)
	w.as("b").send("ann", "answer", "score", 10)
	w.as("c").send("ann", "ask")
	w.void("c")
	require.Empty(t, w.badges("ann"), "what a limit stopped before it was held has given nothing")
}

// Another member's events are causes, too.
func TestABadgeThatOthersGiveFallsWithTheLast(t *testing.T) {
	w := program(t, `
events: {thank: {to: member}, go: {}}
points: {stars: {}}
badges: {kind: {}}
rules: {t: {when: thank, to: event.to, give: {badge: kind}, limit: "1 ever by everyone"}}
`)
	w.send("bob", "go")
	w.as("a").send("ann", "thank", "to", "bob")
	w.as("b").send("ann", "thank", "to", "bob")
	w.void("a")
	require.Equal(t, []string{"kind"}, w.badges("bob"))
	w.restart(true)
	w.void("b")
	require.Empty(t, w.badges("bob"))
}

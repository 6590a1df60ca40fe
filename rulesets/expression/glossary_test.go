package expression

import (
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every word of the language is described once, and does what its example says.
func TestGlossary(t *testing.T) {
	w := newWorld()
	for _, group := range []struct {
		words []Word
		names []string
	}{
		{FunctionWords(), slices.Sorted(maps.Keys(functions))},
		{EventWords(), DerivedNames()},
		{MemberWords(), MemberNames()},
	} {
		var names []string
		for _, word := range group.words {
			names = append(names, word.Name)
			require.Equal(t, word.Result, w.result(t, word.Example), word.Example)
			require.NotEmpty(t, word.Form, word.Name)
			require.NotEmpty(t, word.Type, word.Name)
			require.Regexp(t, `^[A-Z].*\.$`, word.Doc)
		}
		slices.Sort(names)
		require.Equal(t, group.names, names)
	}
}

// result is what a condition or an amount amounts to for the typical purchase.
func (w *world) result(t *testing.T, source string) string {
	if e, errs := Condition(source, w.scope()); len(errs) == 0 {
		return strconv.FormatBool(e.Cond(w.typical()))
	}
	return amount(t, w, source)(w.typical()).String()
}

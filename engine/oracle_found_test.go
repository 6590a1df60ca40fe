package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What the oracle of enginetest/oracle found, each case as small as it gets.

func TestTheOrderOfLimitsMeansNothing(t *testing.T) {
	for _, limit := range []string{"[7 stars per day, 80 stars per week or nothing]", "[80 stars per week or nothing, 7 stars per day]"} {
		w := limited(t, "", limit)
		require.Equal(t, "7", w.at("2026-05-01T12:00:00Z").earns("ann", 84), "7 fit under both: %s", limit)
		w = limited(t, "", "[80 stars per day, 7 stars per week or nothing]")
		require.Equal(t, "0", w.at("2026-05-01T12:00:00Z").earns("ann", 84))
	}
}

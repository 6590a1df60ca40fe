package pebblestore

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

func TestUsageIsToldByPart(t *testing.T) {
	db, err := Open(t.TempDir(), Options{Logger: quiet()})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	s, err := db.Program("acme")
	require.NoError(t, err)
	b := &engine.Batch{First: 1}
	for i := range 2000 {
		b.Rows = append(b.Rows, engine.Row{Key: fmt.Sprintf("l/%05d", i), Value: fmt.Append(nil, i, strings.Repeat("x", i%50))})
	}
	require.NoError(t, s.Commit(b))
	ids, rows, err := s.Usage("l/", "s/")
	require.NoError(t, err)
	require.Greater(t, rows[0], 4*ids, "blocks on the border count on both sides")
	require.Greater(t, rows[0], 4*rows[1])
}

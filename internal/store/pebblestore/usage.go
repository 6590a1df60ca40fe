package pebblestore

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// Usage finds how many bytes the program's event ids hold on the disk, and its rows with each of some prefixes. Logs are not part of it.
func (s *Store) Usage(prefixes ...string) (ids uint64, rows []uint64, err error) {
	errs := []error{s.settle(pebble.NoSync), s.db.state.Flush()}
	size := func(lower []byte) uint64 {
		n, err := s.db.state.EstimateDiskUsage(lower, after(lower))
		errs = append(errs, err)
		return n
	}
	ids = size(s.ids)
	for _, prefix := range prefixes {
		rows = append(rows, size(textKey(s.rows, prefix)))
	}
	return ids, rows, errors.Join(errs...)
}

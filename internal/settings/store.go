package settings

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// What a write can come to besides an error of the disk, to be told apart with errors.Is.
var (
	// ErrConflict: somebody else was faster. Look again, and decide again.
	ErrConflict = errors.New("settings: somebody else has changed it")
	// ErrAbsent: there is no such setting, or not any more.
	ErrAbsent = errors.New("settings: there is no such setting")
)

// Row is one setting.
type Row struct {
	Key      string
	Value    []byte
	Revision uint64 // that the settings got when it was written
}

// Change is a row that is to be written or deleted.
type Change struct {
	Key   string
	Value []byte // nil deletes; an empty one is a value
	Was   uint64 // the revision that the row has; 0 where there is none
}

// Revisions that no row has.
const (
	Whenever = 0 // for an Apply that is not about any
	First    = 1 // of settings that nobody has written to
)

// Store keeps settings. They have a revision, which grows with each Apply, never goes back and is never given twice, even to a row
// that was deleted and is there again. What a caller has read or written is its own: nobody else holds the bytes.
//
// A Store may be used by any number of goroutines, and there may be any number of them for the same settings, in one process or in
// several: once an Apply has returned, every read of each of them that begins then sees it.
type Store interface {
	// Get is a row, or ErrAbsent.
	Get(key string) (Row, error)
	// List is the rows whose keys start with prefix, in the order of their bytes, as they were at one revision, which it returns.
	List(prefix string) (rows []Row, revision uint64, err error)
	// Apply makes changes, all of them or none, and returns the revision that the settings and those rows have then. When it returns
	// without an error they survive the loss of power. It changes nothing and is ErrConflict where a row has another revision than the change
	// says, or the settings have another than at, unless that is Whenever; and ErrAbsent where a row is not there that ought to be.
	// Any other error may have made the changes all the same.
	Apply(at uint64, changes ...Change) (revision uint64, err error)
	// Revision is that of the settings, First before the first Apply. Readers ask it often: it costs next to nothing.
	Revision() (uint64, error)
}

// Check refuses changes that no Store takes: none, two of one key, keys that a database would not have as a text. It would be a mistake
// of the caller.
func Check(changes []Change) error {
	if len(changes) == 0 {
		return errors.New("settings: there is nothing to change")
	}
	seen := make(map[string]bool, len(changes))
	for _, c := range changes {
		switch {
		case c.Key == "" || !utf8.ValidString(c.Key) || strings.ContainsRune(c.Key, 0):
			return fmt.Errorf("settings: %q cannot be a key", c.Key)
		case seen[c.Key]:
			return fmt.Errorf("settings: %s is changed twice at once", c.Key)
		case c.Value == nil && c.Was == 0:
			return fmt.Errorf("settings: %s is to be deleted, and not said to be there", c.Key)
		}
		seen[c.Key] = true
	}
	return nil
}

// Fits compares a change with the revision that its row has, 0 where there is none.
func (c *Change) Fits(has uint64) error {
	switch {
	case c.Was == has:
		return nil
	case has == 0:
		return fmt.Errorf("%w: %s", ErrAbsent, c.Key)
	default:
		return fmt.Errorf("%w: %s", ErrConflict, c.Key)
	}
}

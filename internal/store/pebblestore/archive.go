package pebblestore

import (
	"errors"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/laurel-engine/laurel/internal/settings"
)

// NoArchive is the archive of a directory that shall have none any more. Segments that were moved are to be moved back first.
const NoArchive = "none"

// archiveSetting has the archive of a directory, so that all that opens it finds what was moved.
const archiveSetting = "archive"

// openArchive finds where full segments go and are read from: where the options say, or else where they went before.
func (db *DB) openArchive() error {
	if db.archive == "" {
		was, err := db.kept.Get(archiveSetting)
		if errors.Is(err, settings.ErrAbsent) {
			return nil
		}
		db.archive = string(was.Value)
		return err
	}
	if db.archive == NoArchive {
		db.archive = ""
		return settings.Delete(db.kept, archiveSetting)
	}
	if vfs.Root(db.fs) == vfs.Default {
		absolute, err := filepath.Abs(db.archive)
		if err != nil {
			return err
		}
		db.archive = absolute
	}
	return settings.Put(db.kept, archiveSetting, []byte(db.archive))
}

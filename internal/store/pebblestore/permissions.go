package pebblestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// permissions are those of a data directory: its files hold members and secrets of webhooks, so that others on the machine
// must not read them, and its group reads them for backups.
const permissions fs.FileMode = 0o750

// tighten takes away what others may do with a directory that exists already. It does nothing on a file system that is not the
// machine's.
func (db *DB) tighten() error {
	if vfs.Root(db.fs) != vfs.Default {
		return nil
	}
	info, err := os.Stat(db.dir)
	if err != nil {
		return nil //nolint:nilerr // it will be made, or whoever makes it says why not
	}
	loose := info.Mode().Perm() &^ permissions
	if loose == 0 {
		return nil
	}
	if err := os.Chmod(db.dir, info.Mode().Perm()&permissions); err != nil {
		if errors.Is(err, os.ErrPermission) {
			return fmt.Errorf("the data directory %s is open to others (mode %04o) and belongs to another user: chmod 750 it", db.dir, info.Mode().Perm())
		}
		return err
	}
	db.log.Warn("the data directory was open to others on this machine, and is not any more", "dir", db.dir, "was", fmt.Sprintf("%04o", info.Mode().Perm()))
	return nil
}

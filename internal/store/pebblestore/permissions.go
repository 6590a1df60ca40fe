package pebblestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// permissions are those of a data directory: its files hold members and secrets of webhooks, so that others on the machine
// must not read them, and its group reads them for backups.
const permissions fs.FileMode = 0o750

// tighten takes away what others may do with a directory that exists already. It touches nothing that is not a data directory or
// empty, and nothing on a file system that is not the machine's.
func (db *DB) tighten() error {
	if vfs.Root(db.fs) != vfs.Default {
		return nil
	}
	info, err := os.Stat(db.dir)
	if err != nil {
		return nil //nolint:nilerr // it will be made, or whoever makes it says why not
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no directory: name one for the data, which is made if there is none", db.dir)
	}
	if err := db.onlyOurs(); err != nil {
		return err
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

// onlyOurs refuses a directory that holds something, and no data of Laurel's: it is somebody else's.
func (db *DB) onlyOurs() error {
	entries, err := os.ReadDir(db.dir)
	if err != nil {
		return fmt.Errorf("the data directory %s cannot be read: %w", db.dir, err)
	}
	for _, e := range entries {
		if e.Name() == "journal" {
			return nil
		}
	}
	for _, e := range entries {
		if e.Name() != "lost+found" && e.Name() != "ballast" {
			return fmt.Errorf("%s holds other files, such as %s: name a directory for the data alone, such as %s",
				db.dir, e.Name(), filepath.Join(db.dir, "laurel-data"))
		}
	}
	return nil
}

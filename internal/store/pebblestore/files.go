package pebblestore

import (
	"errors"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// orderedFS syncs a directory before a marker is made in it. A marker is an empty file whose name points to another file,
// such as the list of tables. Pebble makes both and then syncs their directory once; a disk that loses its power before
// may keep the marker and not what it points to, and the directory could never be opened again.
type orderedFS struct{ vfs.FS }

// Create implements vfs.FS.
func (f orderedFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasPrefix(f.PathBase(name), "marker.") {
		if err := syncDirectory(f.FS, f.PathDir(name)); err != nil {
			return nil, err
		}
	}
	return f.FS.Create(name, category)
}

// Unwrap implements vfs.FS.
func (f orderedFS) Unwrap() vfs.FS { return f.FS }

// makeDirectory makes a directory with its parents, and syncs each parent that got a new entry: a directory whose name is
// lost with the power takes the journal with it.
func makeDirectory(files vfs.FS, dir string) error {
	var parents []string
	for d := dir; ; d = files.PathDir(d) {
		if _, err := files.Stat(d); err == nil || d == files.PathDir(d) {
			break
		}
		parents = append(parents, files.PathDir(d))
	}
	if err := files.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for _, parent := range slices.Backward(parents) {
		if err := syncDirectory(files, parent); err != nil {
			return err
		}
	}
	return nil
}

func syncDirectory(files vfs.FS, dir string) error {
	d, err := files.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

package pebblestore

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/laurel-engine/laurel/internal/store/segments"
)

// disk is the file system as Pebble and the journals see it. It differs from the real one in two ways, and a third while Scrub is at work: a log
// that is no longer needed is removed, not written over.
//
// The first operation that fails to change a file fails the store, and never returns. Pebble cannot deal with such errors:
// some it retries, after others it panics with its locks half released, which takes the process with it in the middle of
// other programs' reads. A goroutine that waits for ever acknowledges nothing.
//
// A directory is synced before a marker is made in it. A marker is an empty file whose name points to another file, such
// as the list of tables. Pebble makes both and then syncs their directory once; a disk that loses its power before may
// keep the marker and not what it points to, and the directory could never be opened again.
type disk struct {
	vfs.FS
	halt  func(error)
	fresh *atomic.Int32 // while it is not 0, no file is written over
}

// done returns only if an operation succeeded.
func (d disk) done(what, name string, err error) {
	if err != nil {
		d.halt(fmt.Errorf("the disk failed to %s %s: %w", what, name, err))
		select {}
	}
}

// Create implements vfs.FS.
func (d disk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasPrefix(d.PathBase(name), "marker.") {
		d.done("sync the directory of", name, segments.SyncDirectory(d.FS, d.PathDir(name)))
	}
	f, err := d.FS.Create(name, category)
	d.done("create", name, err)
	return file{f, d, name}, nil
}

// ReuseForWrite implements vfs.FS.
func (d disk) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if d.fresh.Load() != 0 {
		d.done("remove", old, d.Remove(old))
		return d.Create(name, category)
	}
	f, err := d.FS.ReuseForWrite(old, name, category)
	d.done("create", name, err)
	return file{f, d, name}, nil
}

// OpenReadWrite implements vfs.FS.
func (d disk) OpenReadWrite(name string, category vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := d.FS.OpenReadWrite(name, category, o...)
	if err != nil {
		return nil, err
	}
	return file{f, d, name}, nil
}

// OpenDir implements vfs.FS.
func (d disk) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return file{f, d, name}, nil
}

// Unwrap implements vfs.FS.
func (d disk) Unwrap() vfs.FS { return d.FS }

// file is a file or directory that is open for changes.
type file struct {
	vfs.File
	disk disk
	name string
}

// Write implements vfs.File.
func (f file) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	f.disk.done("write", f.name, err)
	return n, nil
}

// WriteAt implements vfs.File.
func (f file) WriteAt(b []byte, offset int64) (int, error) {
	n, err := f.File.WriteAt(b, offset)
	f.disk.done("write", f.name, err)
	return n, nil
}

// Sync implements vfs.File.
func (f file) Sync() error {
	f.disk.done("sync", f.name, f.File.Sync())
	return nil
}

// SyncData implements vfs.File.
func (f file) SyncData() error {
	f.disk.done("sync", f.name, f.File.SyncData())
	return nil
}

// SyncTo implements vfs.File.
func (f file) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	f.disk.done("sync", f.name, err)
	return full, nil
}

// Close implements vfs.File.
func (f file) Close() error {
	f.disk.done("close", f.name, f.File.Close())
	return nil
}

// entire reports whether the list of tables of an instance can be read to its end, or there is none yet. Pebble takes a
// damaged end for one that was torn when the power failed, and opens what was there before.
func entire(files vfs.FS, dir string) (bool, error) {
	about, err := pebble.Peek(dir, files)
	if err != nil || !about.Exists {
		return true, nil //nolint:nilerr // what cannot be looked at is for Open to refuse
	}
	f, err := files.Open(about.ManifestFilename)
	if err != nil {
		return true, nil //nolint:nilerr
	}
	edits := record.NewReader(f, 0)
	for err == nil {
		var edit io.Reader
		if edit, err = edits.Next(); err == nil {
			_, err = io.Copy(io.Discard, edit)
		}
	}
	return errors.Is(err, io.EOF), f.Close()
}

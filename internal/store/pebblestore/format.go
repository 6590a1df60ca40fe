package pebblestore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/laurel-engine/laurel/internal/store/segments"
)

// Format is the number of what this build writes to a data directory. It is raised where an older build could misread what a newer one
// has written, and Since is the first version of Laurel that has it. What a build of a greater number has opened no build of a smaller one
// opens; every build opens the directories of smaller numbers.
const (
	Format = 2
	Since  = "0.1.0"
)

// formatFile says which format a directory has: the number, and the first version that reads it.
const formatFile = "FORMAT"

// ErrNewer is the error of a directory that a newer build has written.
var ErrNewer = errors.New("the data directory was written by a newer version of Laurel")

// readFormat is the format that a directory says it has, 0 where it says none. A greater one than this build's is ErrNewer.
func (db *DB) readFormat() (n int, err error) {
	name := db.fs.PathJoin(db.dir, formatFile)
	f, err := db.fs.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	text, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("%s cannot be read: %w", name, err)
	}
	number, since, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	if n, err = strconv.Atoi(number); err != nil {
		return 0, fmt.Errorf("%s says %q, which is no format: it holds a number and a version, such as %d %s", name, text, Format, Since)
	}
	if n > Format {
		return n, fmt.Errorf("%w: %s has format %d, and this one reads up to %d; start version %s or a later one", ErrNewer, db.dir, n, Format, since)
	}
	return n, nil
}

// writeFormat notes the format of this build, with the directory locked.
func (db *DB) writeFormat() error {
	name, text := db.fs.PathJoin(db.dir, formatFile), fmt.Sprintln(Format, Since)
	f, err := db.fs.Create(name+".new", vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(text))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return errors.Join(db.fs.Rename(name+".new", name), segments.SyncDirectory(db.fs, db.dir))
}

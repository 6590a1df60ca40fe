package pebblestore

import (
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Reserve is how much of the disk stays free when an owner does not say otherwise. Flushes and compactions that are under way
// may need as much, and when one of them finds the disk full, the store fails and not only the write that came too late.
const Reserve = 1 << 30

// maxBallast bounds the file that is removed where a start finds the disk full, so that there is room to open what is there.
const maxBallast = 64 << 20

// look is how often the disk is asked how much it takes: one that fills at a gigabyte a second still leaves most of the reserve.
const look = 100 * time.Millisecond

// room watches how much the disk still takes.
type room struct {
	reserve uint64
	next    atomic.Int64 // when it is looked at again, in nanoseconds
	full    atomic.Bool
	low     atomic.Bool // less than twice the reserve is left: the warning before it is full
}

// Free is how many bytes the disk still takes, any number on a file system that does not say; asking costs about a microsecond.
func (db *DB) Free() (uint64, error) {
	usage, err := db.fs.GetDiskUsage(db.dir)
	if errors.Is(err, vfs.ErrUnsupported) {
		return math.MaxUint64, nil
	}
	return usage.AvailBytes, err
}

// Full reports whether less than the reserve is left, so that the owner refuses writes. It becomes false again when there is room.
func (db *DB) Full() bool {
	now, next := time.Now().UnixNano(), db.room.next.Load()
	if now < next || !db.room.next.CompareAndSwap(next, now+int64(look)) {
		return db.room.full.Load()
	}
	free, err := db.Free()
	if err != nil {
		return db.room.full.Load()
	}
	full, low := free < db.room.reserve, free < 2*db.room.reserve
	if was := db.room.full.Swap(full); full && !was {
		db.log.Error("the disk is nearly full: reads go on, and nothing is written until there is room", "dir", db.dir, "free", free, "reserve", db.room.reserve)
	} else if was && !full {
		db.log.Info("there is room on the disk again", "dir", db.dir, "free", free)
	}
	if was := db.room.low.Swap(low); low && !was && !full {
		db.log.Warn("the disk fills up: writes will be refused when the reserve is reached", "dir", db.dir, "free", free, "reserve", db.room.reserve)
	}
	return full
}

// ballast is the file that takes up some of the disk until a start needs it.
func (db *DB) ballast() string { return db.fs.PathJoin(db.dir, "ballast") }

// makeRoom removes the ballast where the disk is full, and makes one where there is room for it.
func (db *DB) makeRoom() error {
	if vfs.Root(db.fs) != vfs.Default {
		return nil
	}
	free, err := db.Free()
	if err != nil {
		return err
	}
	size := min(maxBallast, db.room.reserve/4)
	_, missing := db.fs.Stat(db.ballast())
	switch {
	case missing == nil && free < size:
		db.log.Warn("the disk is full; the ballast is removed to open what is there, and nothing is written until there is room", "dir", db.dir, "free", free)
		return db.fs.Remove(db.ballast())
	case missing != nil && size > 0 && free > 2*db.room.reserve+size:
		f, err := db.fs.Create(db.ballast(), vfs.WriteCategoryUnspecified)
		if err != nil {
			return err
		}
		return errors.Join(f.Preallocate(0, int64(size)), f.Close())
	case missing != nil && free < size/4:
		return fmt.Errorf("the disk of %s is full, and there is no ballast to remove: free %d MiB to start", db.dir, (size/4-free)>>20+1)
	}
	return nil
}

// Reserve is how many bytes of the disk stay free.
func (db *DB) Reserve() uint64 { return db.room.reserve }

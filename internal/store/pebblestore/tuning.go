package pebblestore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// DefaultCache is the size of the block cache when none is given.
const DefaultCache = 128 << 20

// settingsMemtable is that of the settings, which are few.
const settingsMemtable = 1 << 20

// slow is when an operation of the disk is told of.
const slow = 5 * time.Second

// memtable is the size of a memtable of the state. Smaller ones are flushed so often that compactions take more of
// the processor; with 256 MiB, reading an absent key walks so much memory that the throughput falls.
const memtable = 64 << 20

// format is the format of new files. From FormatWALSyncChunks on, a log says up to where it was synced, so that damage
// before that point is an error and not taken for a torn end.
const format = pebble.FormatValueSeparation

// base is what both instances have in common.
//
// Damage that is found in a file of the settings is told by whatever read it needs; the state is derived from the journal, so that
// damage in it ends the process, and the next start makes it again.
func (db *DB) base(log *slog.Logger, derived bool) *pebble.Options {
	o := &pebble.Options{
		FS:                 db.fs,
		Cache:              db.cache,
		FormatMajorVersion: format,
		MemTableSize:       db.memtable,
		// A flush may take longer than filling the next memtable; with 2 every flush would stop the writers.
		MemTableStopWritesThreshold: 4,
		// Two cores: one compaction as a rule, a second one when the first does not keep up.
		CompactionConcurrencyRange: func() (lower, upper int) { return 1, 2 },
		Logger:                     &logger{db: db, log: log},
		EventListener: &pebble.EventListener{
			BackgroundError: func(err error) {
				switch {
				case !pebble.IsCorruptionError(err):
					db.fail(fmt.Errorf("a flush or compaction failed: %w", err))
				case derived:
					db.distrust(err)
				default:
					log.Error("a compaction found damage in the settings", "error", err)
				}
			},
			DataCorruption: func(i pebble.DataCorruptionInfo) {
				if derived {
					db.distrust(fmt.Errorf("the file %s is damaged: %w", i.Path, i.Details))
					return
				}
				log.Error("a file of the settings is damaged; restore a backup of the data directory, or this file", "file", i.Path, "error", i.Details)
			},
			DiskSlow: tellSlow(log),
		},
	}
	if db.plain {
		o.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
	}
	// Slow operations of the disk are reported.
	o.WithFSDefaults()
	return o
}

// tellSlow warns of a slow operation of the disk.
func tellSlow(log *slog.Logger) func(vfs.DiskSlowInfo) {
	return func(i vfs.DiskSlowInfo) {
		log.Warn("the disk is slow", "file", i.Path, "operation", i.OpType.String(), "duration", i.Duration.Round(time.Millisecond))
	}
}

// settingsOptions are for a few rows that are written seldom.
func (db *DB) settingsOptions(log *slog.Logger) *pebble.Options {
	o := db.base(log, false)
	o.MemTableSize = min(db.memtable, settingsMemtable)
	return o
}

// stateOptions are for rows that are written in any order, replaced, and read by key and by prefix.
func (db *DB) stateOptions(log *slog.Logger) *pebble.Options {
	o := db.base(log, true)
	// Flushes of 64 MiB need a first level that takes several of them, or each is merged with all of it.
	o.LBaseMaxBytes = 4 * memtable
	// Writers wait at this many overlapping layers; by default at 12, which a burst of flushes reaches on a busy machine.
	o.L0StopWritesThreshold = 24
	// A read of a present key skips the layers that do not have it. The last level needs no filter: absent keys are known
	// in memory, and what is present lies there if nowhere above.
	for i := range len(o.Levels) - 1 {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return o
}

// distrusted is the file that says that the state is damaged.
const distrusted = "state-is-damaged"

// distrust ends the process by a damaged state, and has the next start make it again.
func (db *DB) distrust(err error) {
	f, failed := vfs.Root(db.fs).Create(db.fs.PathJoin(db.dir, distrusted), vfs.WriteCategoryUnspecified)
	if failed == nil {
		failed = errors.Join(f.Sync(), f.Close())
	}
	db.fail(errors.Join(fmt.Errorf("the state is damaged, and the next start makes it anew from the journal: %w", err), failed))
}

// logger hands Pebble's messages on. Its Fatalf is where Pebble gives up: after a failed sync of a log, or when its list
// of files cannot be written.
type logger struct {
	db  *DB
	log *slog.Logger
}

func (l *logger) Infof(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug(fmt.Sprintf(format, args...))
	}
}

func (l *logger) Errorf(format string, args ...any) { l.log.Error(fmt.Sprintf(format, args...)) }

// Fatalf must not return, since Pebble would go on with a broken log. It ends the goroutine instead of the process, so
// that what is open can still be read and the owner can stop in good order; nothing is committed any more.
func (l *logger) Fatalf(format string, args ...any) {
	err := fmt.Errorf("the storage engine gave up: %s", fmt.Sprintf(format, args...))
	if len(args) == 1 {
		if cause, ok := args[0].(error); ok {
			err = gaveUp(cause)
		}
	}
	l.db.halt(err)
	runtime.Goexit()
}

func gaveUp(cause any) error {
	if err, ok := cause.(error); ok {
		return fmt.Errorf("the storage engine gave up: %w", err)
	}
	return fmt.Errorf("the storage engine gave up: %v", cause)
}

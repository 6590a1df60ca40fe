package pebblestore

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/laurel-engine/laurel/engine/integer"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/store/segments"
)

// The errors of opening a directory that can be told apart.
var (
	ErrLocked = errors.New("the data directory is in use by another process")
	ErrNoData = errors.New("there is no data of Laurel in this directory")
)

// Options of a DB. The zero value is good.
type Options struct {
	FS         vfs.FS       // the disk when nil
	CacheBytes int64        // of the block cache that both instances share; DefaultCache when 0
	Logger     *slog.Logger // slog.Default when nil
	Reserve    uint64       // bytes of the disk that stay free; Reserve when 0
	// Key encrypts secrets of the settings; nil: they are written as they are, and encrypted ones cannot be read.
	Key      *settings.Key
	Existing bool // ErrNoData where there is no data yet, instead of making it
	// Archive is a directory to which full segments of the journals are moved, and from which they are served: that of the last time when
	// "", and none when NoArchive.
	Archive string

	memtable uint64 // for tests that need flushes of little data
	segment  int64  // for tests that need segments of little data
	pending  int    // rows that are not written to the state yet, for tests
	plain    bool   // for tests that read the files
}

// DB is a data directory: the journals and states of all programs, and the settings of the shell. It is safe for
// concurrent use.
type DB struct {
	settings, state *pebble.DB
	kept            *Settings // in settings
	sealed          *settings.Sealed
	key             *settings.Key
	lock            *pebble.Lock
	cache           *pebble.Cache
	fs              vfs.FS
	files           vfs.FS    // fs, with a warning where it is slow
	watching        io.Closer // of files
	cold            vfs.FS    // of the archive, whose errors are not the end
	dir, archive    string
	log             *slog.Logger
	memtable        uint64
	segment         int64
	pending         int
	plain           bool
	room            room
	fresh           atomic.Int32  // logs are not written over while it is not 0
	syncs           atomic.Uint64 // of journals
	opened          atomic.Int32  // programs

	mu       sync.Mutex
	programs map[string]*Store

	damage  sync.Mutex                  // guards damaged
	damaged map[string]map[uint64]error // records that could not be read, by program

	closing  chan struct{}
	filling  sync.WaitGroup // goroutines that fill filters
	turn     sync.Mutex     // held by the one of them that reads
	tending  sync.WaitGroup // goroutines that tend journals
	draining sync.WaitGroup // drain
	tend     sync.Mutex     // held by the one of them that writes

	failing sync.Once
	failed  chan struct{}
	failure error // set before failed is closed
	halting sync.Once
	halted  chan struct{}
}

// Open opens a data directory, and makes it if there is none, unless an existing one is asked for. It returns ErrLocked when
// another process has it open, and an error that names the instance when its files are damaged.
func Open(dir string, o Options) (*DB, error) {
	db := &DB{fs: o.FS, dir: dir, log: o.Logger, memtable: o.memtable, segment: o.segment, pending: o.pending, plain: o.plain, archive: o.Archive, key: o.Key,
		programs: map[string]*Store{}, closing: make(chan struct{}), failed: make(chan struct{}), halted: make(chan struct{})}
	if db.fs == nil {
		db.fs = vfs.Default
	}
	if db.log == nil {
		db.log = slog.Default()
	}
	if db.memtable == 0 {
		db.memtable = memtable
	}
	if db.pending == 0 {
		db.pending = pendingRows
	}
	if db.room.reserve = o.Reserve; o.Reserve == 0 {
		db.room.reserve = Reserve
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = DefaultCache
	}
	journal := db.fs.PathJoin(dir, "journal")
	if err := db.tighten(); err != nil {
		return nil, err
	}
	if _, err := db.fs.Stat(journal); o.Existing && errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNoData, dir)
	}
	written, err := db.readFormat()
	if err != nil {
		return nil, err
	}
	if err := db.refuseOld(journal); err != nil {
		return nil, err
	}
	if err := segments.MakeDirectory(db.fs, journal); err != nil {
		return nil, fmt.Errorf("the data directory %s cannot be made: %w", dir, err)
	}
	lock, err := pebble.LockDirectory(journal, db.fs)
	var unwritable *os.PathError // of the lock's file; a lock that somebody else has is no such error
	if errors.As(err, &unwritable) {
		return nil, fmt.Errorf("the data directory %s cannot be written: %w", dir, err)
	} else if err != nil {
		return nil, fmt.Errorf("%w: %s (%w)", ErrLocked, dir, err)
	}
	err = db.makeRoom()
	if err == nil && written < Format {
		err = db.writeFormat()
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	db.Full() // known before anybody asks
	db.cold = db.fs
	db.fs = disk{db.fs, db.halt, &db.fresh}
	db.files, db.watching = vfs.WithDiskHealthChecks(db.fs, slow, nil, tellSlow(db.log.With("instance", "journal")))
	db.lock = lock
	db.cache = pebble.NewCache(o.CacheBytes)
	defer db.cache.Unref() // the instances hold it
	db.finish(db.start(db.open))
	if err := db.Err(); err != nil {
		db.finish(db.start(db.shut))
		return nil, err
	}
	db.draining.Add(1)
	go db.drain()
	return db, nil
}

// refuseOld refuses a directory whose journal lies in tables, as that of earlier builds.
func (db *DB) refuseOld(journal string) error {
	names, err := db.fs.List(journal)
	if err != nil {
		return nil //nolint:nilerr // it will be made, or whoever makes it says why not
	}
	for _, name := range names {
		if strings.HasPrefix(name, "MANIFEST-") {
			return fmt.Errorf("the data in %s is of an earlier build of Laurel, whose journal this one does not read (%s); serve it with the build that wrote it, or "+
				"name another directory", db.dir, db.fs.PathJoin(journal, name))
		}
	}
	return nil
}

// open opens the two instances, with the directory locked.
func (db *DB) open() (err error) {
	dir := db.fs.PathJoin(db.dir, "settings")
	if db.settings, err = openAtFormat(dir, db.settingsOptions(db.log.With("instance", "settings"))); err != nil {
		return fmt.Errorf("the settings in %s cannot be opened: %w; they cannot be made anew: restore a backup of %s, or the disk's file", db.dir, err, dir)
	}
	if err = db.openSettings(); err != nil {
		return fmt.Errorf("the settings in %s cannot be read: %w", dir, err)
	}
	if err = db.openArchive(); err != nil {
		return err
	}
	if err = db.openState(); err != nil {
		return fmt.Errorf("the state in %s cannot be opened: %w; it can be made anew from the journal: move %s away and start again, which takes a while", db.dir,
			err, db.fs.PathJoin(db.dir, "state"))
	}
	return nil
}

// openAtFormat opens an instance, and makes one that is not there yet twice: the first log of a new one is of an old format, in
// which damage cannot be told from a torn end.
func openAtFormat(dir string, o *pebble.Options) (*pebble.DB, error) {
	about, err := pebble.Peek(dir, o.FS)
	if err != nil || about.Exists {
		return pebble.Open(dir, o)
	}
	first := *o
	first.EnsureDefaults()
	db, err := pebble.Open(dir, &first)
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return pebble.Open(dir, o)
}

// openState opens the state. One whose list of tables has a damaged end might lack the middle of what it was told, and
// so is made again: the journal brings everything back.
func (db *DB) openState() error {
	dir := db.fs.PathJoin(db.dir, "state")
	sound, err := entire(db.fs, dir)
	if err != nil {
		return err
	}
	mark := db.fs.PathJoin(db.dir, distrusted)
	if _, err := db.fs.Stat(mark); err == nil {
		sound = false
	}
	if !sound {
		db.log.Warn("the state is damaged and is made anew from the journal, which takes a while", "dir", dir)
		if err := errors.Join(db.fs.RemoveAll(dir), db.fs.RemoveAll(mark), segments.SyncDirectory(db.fs, db.dir)); err != nil {
			return err
		}
	}
	db.state, err = openAtFormat(dir, db.stateOptions(db.log.With("instance", "state")))
	return err
}

// Programs are the ids of all programs with a journal, in byte order.
func (db *DB) Programs() ([]string, error) {
	var ids []string
	for _, dir := range []string{db.fs.PathJoin(db.dir, "journal"), db.archive} {
		if dir == "" {
			continue
		}
		names, err := db.fs.List(dir)
		if errors.Is(err, os.ErrNotExist) && dir == db.archive {
			continue
		} else if err != nil {
			return nil, err
		}
		for _, name := range names {
			info, err := db.fs.Stat(db.fs.PathJoin(dir, name))
			if err != nil {
				return nil, err
			}
			if id, ok := programOf(name); ok && info.IsDir() {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// Err is why nothing can be committed any more, nil while the store is sound.
func (db *DB) Err() error {
	select {
	case <-db.failed:
		return db.failure
	default:
		return nil
	}
}

// Failed is closed when the store has failed. Its owner should then stop the process with an error: only opening the
// directory again tells what is on the disk.
func (db *DB) Failed() <-chan struct{} { return db.failed }

// fail keeps the first error.
func (db *DB) fail(err error) {
	db.failing.Do(func() {
		db.failure = err
		close(db.failed)
	})
}

// halt fails a store of which some goroutine will never return.
func (db *DB) halt(err error) {
	db.fail(err)
	db.halting.Do(func() { close(db.halted) })
}

// guard runs a write and returns nil only if it succeeded and nothing had failed by then.
func (db *DB) guard(write func() error) error { return db.outcome(db.start(write)) }

// start starts a write, with a goroutine of its own, since after an error it may never return. The channel is closed when
// it does.
func (db *DB) start(write func() error) (done chan struct{}) {
	done = make(chan struct{})
	go func() {
		defer func() {
			if broken := recover(); broken != nil {
				db.halt(gaveUp(broken))
			}
		}()
		if err := write(); err != nil {
			db.fail(err)
		}
		close(done)
	}()
	return done
}

// outcome waits for a write, or for the failure of any other.
func (db *DB) outcome(done chan struct{}) error {
	select {
	case <-done:
	case <-db.failed:
	}
	return db.Err()
}

// finish waits for a write even if something else has failed, but not for one that will never return.
func (db *DB) finish(done chan struct{}) {
	select {
	case <-done:
	case <-db.halted:
	}
}

// Close writes everything to tables, so that the next start has no logs to replay, and closes the directory. It must not
// be called while a Commit or a read is under way. After a failure it returns the failure; if that was the disk's, the
// directory stays locked until the process ends.
func (db *DB) Close() error {
	close(db.closing)
	db.filling.Wait()
	db.draining.Wait()
	db.finish(db.start(func() error {
		db.tending.Wait()
		var err error
		if db.Err() == nil {
			err = db.settle()
		}
		if err == nil && db.Err() == nil {
			err = errors.Join(db.settings.Flush(), db.state.Flush())
		}
		return errors.Join(err, db.shut())
	}))
	return db.Err()
}

// shut closes what is open, unless a goroutine still holds it.
func (db *DB) shut() error {
	for _, s := range db.programs {
		s.finish()
	}
	select {
	case <-db.halted:
		return nil
	default:
	}
	var errs []error
	for _, s := range db.programs {
		errs = append(errs, s.journal.Close())
	}
	for _, instance := range []*pebble.DB{db.state, db.settings} {
		if instance != nil {
			errs = append(errs, instance.Close())
		}
	}
	return errors.Join(append(errs, db.watching.Close(), db.lock.Close())...)
}

// Damaged are how many records could not be read since the start, of each program that has some.
func (db *DB) Damaged() map[string]int {
	db.damage.Lock()
	defer db.damage.Unlock()
	damaged := map[string]int{}
	for id, records := range db.damaged {
		damaged[id] = len(records)
	}
	return damaged
}

// Metrics are figures for the operator.
type Metrics struct {
	DiskBytes uint64            // of the journals of programs that were opened, of the state and of the settings
	Records   map[string]uint64 // in the journal, of each program that was opened
	Syncs     uint64            // of journals since the start
	Damaged   map[string]int    // records that could not be read, of each program that has some
	FreeBytes uint64            // what the disk still takes
}

// Metrics looks at every table, so it is for every few seconds and not for every event.
func (db *DB) Metrics() (Metrics, error) {
	m := Metrics{DiskBytes: db.settings.Metrics().DiskSpaceUsage() + db.state.Metrics().DiskSpaceUsage(), Records: map[string]uint64{}, Syncs: db.syncs.Load()}
	db.mu.Lock()
	defer db.mu.Unlock()
	for id, s := range db.programs {
		m.Records[id], _ = s.Head()
		m.DiskBytes += integer.Exact[uint64](s.journal.Bytes())
	}
	m.Damaged = db.Damaged()
	var err error
	m.FreeBytes, err = db.Free()
	return m, err
}

// Damage is the error of a record of some program that could not be read, nil while there is none.
func (db *DB) Damage() error {
	db.damage.Lock()
	defer db.damage.Unlock()
	for _, records := range db.damaged {
		for _, err := range records {
			return err
		}
	}
	return nil
}

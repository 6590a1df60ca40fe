package segments

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Size is where a segment ends: it takes no append when it is as large.
const Size = 64 << 20

// Options of a Log.
type Options struct {
	FS      vfs.FS // writes that fail may never return
	Dir     string // of this program alone; made by the first append
	Program string
	// Archive is a directory of this program to which sealed segments are moved, "" for none. What fails there is an error of that
	// step alone; Cold is its file system, FS when nil.
	Archive string
	Cold    vfs.FS
	Logger  *slog.Logger // slog.Default when nil
	// Seen is a record up to which the caller knows that all were written.
	Seen  uint64
	Size  int64 // of a segment; Size when 0
	Plain bool  // nothing is compressed, for tests that read the files
}

// Damage is the error of records that should be there and cannot be read.
type Damage struct {
	File     string
	At       int64  // where in the file, if somewhere
	From, To uint64 // the records that are gone; To is 0 where nobody knows
	Reason   string

	torn  bool // nothing was ever written there
	alien bool // it is another file than its name says
}

// Error implements error.
func (d *Damage) Error() string {
	records := fmt.Sprintf("records %d to %d", d.From, d.To)
	switch d.To {
	case 0:
		records = fmt.Sprintf("records from %d on", d.From)
	case d.From:
		records = fmt.Sprintf("record %d", d.From)
	}
	advice := "; bring the file back from a backup"
	if d.alien {
		advice = ""
	}
	return fmt.Sprintf("%s of the journal cannot be read at byte %d of %s: %s%s", records, d.At, d.File, d.Reason, advice)
}

// segment is a file of the journal. The owner of the log's mu for writing changes it.
type segment struct {
	first, last uint64 // last is that of the log while it is open
	sealed      bool
	archived    bool
	kept        bool // it is damaged, and rewritten for an erasure only
	bytes       int64

	mu   sync.Mutex
	f    *file
	refs int
}

// here is what a segment takes of the journal's own directory.
func (s *segment) here() int64 {
	if s.archived {
		return 0
	}
	return s.bytes
}

// Log is the journal of one program. Append, Rewrite and Close are called by one goroutine at a time; reads may come from any, as
// may Tend.
type Log struct {
	o       Options
	last    atomic.Uint64
	bytes   atomic.Int64
	due     atomic.Bool
	damaged []*Damage // found by Open

	mu       sync.RWMutex // guards what follows, and the names of files
	segments []*segment   // by first
	open     *maker       // of the last segment, nil until something is appended

	work sync.Mutex // held by who rewrites segments

	warming sync.Mutex
	warm    []*segment // read lately: they stay open
}

// keptOpen is how many segments stay open after they were read.
const keptOpen = 4

// Open opens a journal, which need not exist yet. It reads the last segment only. An error means that the log cannot go on, and
// names the file.
func Open(o Options) (*Log, error) {
	if o.Size == 0 {
		o.Size = Size
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Cold == nil {
		o.Cold = o.FS
	}
	l := &Log{o: o}
	if err := l.finishRewrite(); err != nil {
		return nil, err
	}
	if err := l.list(); err != nil {
		return nil, err
	}
	if err := l.findEnd(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	for _, s := range l.segments {
		l.bytes.Add(s.here())
	}
	l.findGaps()
	return l, nil
}

// findEnd finds the last record. What it tells of is on the disk when it returns.
func (l *Log) findEnd() error {
	if len(l.segments) == 0 {
		return nil
	}
	s := l.segments[len(l.segments)-1]
	if s.sealed {
		return l.findSealedEnd(s)
	}
	f, size, err := openFile(l.files(s), l.path(s), l.o.Program, s.first)
	var damage *Damage
	if errors.As(err, &damage) && damage.torn && l.o.Seen < s.first { // it was being made
		l.segments = l.segments[:len(l.segments)-1]
		l.last.Store(s.first - 1)
		return nil
	} else if err != nil {
		return err
	}
	found, err := f.walk(size)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if !found.whole && l.o.Seen < found.frame.first {
		// It was never acknowledged: neither was anything after it, and nothing has followed from it.
		l.o.Logger.Warn("the end of the journal was torn and is left out", "file", f.name, "byte", found.frame.at, "records", found.last-found.frame.first+1)
		f.forget(found.frame)
		found.last = found.frame.first - 1
	} else if !found.whole {
		found.holes = append(found.holes, &Damage{File: f.name, At: found.frame.at, From: found.frame.first, To: found.last,
			Reason: "some of its blocks are damaged"})
	}
	if found.last < l.o.Seen {
		return errors.Join(&Damage{File: f.name, At: f.end, From: found.last + 1,
			Reason: fmt.Sprintf("no frame is sound from there on, but record %d was seen", l.o.Seen)}, f.Close())
	}
	if found.torn > 0 {
		l.o.Logger.Warn("the end of the journal was torn and is left out", "file", f.name, "byte", f.end, "bytes", found.torn)
	}
	l.last.Store(found.last)
	l.damaged = append(l.damaged, found.holes...)
	if l.o.Seen < found.last {
		if err := l.settle(f, found.frame); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	s.last, s.f, s.refs = found.last, f, 1
	l.warm = append(l.warm, s)
	if s.last < s.first { // it holds nothing, and is made again
		l.release(s)
		l.warm, l.segments = nil, l.segments[:len(l.segments)-1]
	}
	return nil
}

// findSealedEnd finds the last record in a segment whose name tells it.
func (l *Log) findSealedEnd(s *segment) error {
	l.last.Store(s.last)
	if s.last < l.o.Seen {
		return &Damage{File: l.o.Dir, From: s.last + 1, Reason: fmt.Sprintf("the journal ends with %s, but record %d was seen", l.path(s), l.o.Seen)}
	}
	f, size, err := openFile(l.files(s), l.path(s), l.o.Program, s.first)
	var damage *Damage
	if errors.As(err, &damage) && !damage.alien {
		damage.To = s.last
		l.damaged = append(l.damaged, damage)
		return nil
	} else if err != nil {
		return err
	}
	if !f.readIndex(size, s.last) {
		found, err := f.walk(size)
		if err != nil {
			return errors.Join(err, f.Close())
		}
		l.damaged = append(l.damaged, found.holes...)
		if found.last < s.last {
			l.damaged = append(l.damaged, &Damage{File: f.name, At: f.end, From: found.last + 1, To: s.last, Reason: "the file is too short, or its end is damaged"})
		}
	}
	return f.Close()
}

// settle makes the last frame durable again. Who wrote it may have been killed before it was, or have ended because it could not
// be, and what was read may be in memory alone: it is written once more.
func (l *Log) settle(f *file, fr frame) error {
	if fr.end > f.end { // left out
		return nil
	}
	b := make([]byte, fr.end-fr.at)
	if _, err := f.ReadAt(b, fr.at); err != nil {
		return err
	}
	again, err := l.o.FS.OpenReadWrite(f.name, category)
	if err != nil {
		return err
	}
	_, err = again.WriteAt(b, fr.at)
	return errors.Join(err, again.SyncData(), again.Close(), SyncDirectory(l.o.FS, l.o.Dir))
}

// findGaps tells of segments that are missing.
func (l *Log) findGaps() {
	next := uint64(1)
	for i, s := range l.segments {
		if s.first != next {
			before := "the beginning"
			if i > 0 {
				before = l.path(l.segments[i-1])
			}
			l.damaged = append(l.damaged, &Damage{File: l.o.Dir, From: next, To: s.first - 1,
				Reason: fmt.Sprintf("the segment between %s and %s is missing (of %s)", before, l.path(s), l.places())})
		}
		next = s.last + 1
	}
}

func (l *Log) places() string {
	if l.o.Archive != "" {
		return l.o.Dir + " and " + l.o.Archive
	}
	return l.o.Dir
}

// Damaged is what Open has found of records that cannot be read.
func (l *Log) Damaged() []*Damage { return l.damaged }

// Last is the number of the last record, 0 when there is none.
func (l *Log) Last() uint64 { return l.last.Load() }

// Bytes is how much of the disk the log takes.
func (l *Log) Bytes() int64 { return l.bytes.Load() }

// Append adds records, of which the first must follow the last one. When it returns nil they survive the loss of power. All of
// them are there after a crash, or none.
func (l *Log) Append(records ...[]byte) error {
	if len(records) == 0 {
		return nil
	}
	if l.open != nil && l.open.end >= l.o.Size {
		l.shut()
	}
	if l.open == nil {
		if err := l.begin(); err != nil {
			return err
		}
	}
	m := l.open
	for _, record := range records {
		m.builder.add(record)
	}
	if err := m.frame(); err != nil {
		return err
	}
	if err := m.SyncData(); err != nil {
		return err
	}
	l.bytes.Add(int64(len(m.builder.out)))
	m.wrote()
	l.last.Store(m.builder.next - 1)
	return nil
}

// begin makes the segment that is appended to.
func (l *Log) begin() error {
	first := l.last.Load() + 1
	s := &segment{first: first, refs: 1}
	if err := MakeDirectory(l.o.FS, l.o.Dir); err != nil {
		return err
	}
	m, err := create(l.o.FS, l.path(s), l.o.Program, first, l.o)
	if err != nil {
		return err
	}
	if err := SyncDirectory(l.o.FS, l.o.Dir); err != nil {
		return errors.Join(err, m.Close())
	}
	s.f = m.file
	l.mu.Lock()
	defer l.mu.Unlock()
	l.segments = append(l.segments, s)
	l.open = m
	l.bytes.Add(m.start)
	l.due.Store(len(l.segments) > 1)
	return nil
}

// shut ends the segment that is appended to; Tend seals it.
func (l *Log) shut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		return
	}
	s := l.segments[len(l.segments)-1]
	s.last, s.bytes = l.last.Load(), l.open.end
	l.open = nil
	l.release(s)
}

// Record is a record, nil when there is none. It returns a *Damage for one that cannot be read.
func (l *Log) Record(seq uint64) (record []byte, err error) {
	if seq == 0 || seq > l.last.Load() {
		return nil, nil
	}
	err = l.read(seq, seq, step, func(_ uint64, b []byte) bool {
		record = append([]byte{}, b...)
		return true
	})
	return record, err
}

// Records calls yield for the records from one to another, in order, until it returns false. They are valid during the call.
func (l *Log) Records(from, to uint64, yield func(seq uint64, record []byte) bool) error {
	return l.read(max(from, 1), min(to, l.last.Load()), 256<<10, yield)
}

func (l *Log) read(from, to uint64, piece int, yield func(seq uint64, record []byte) bool) error {
	for stopped := false; from <= to && !stopped; {
		s, last, err := l.acquire(from)
		if err != nil {
			return err
		}
		upTo := min(to, last)
		err = s.f.read(from, upTo, piece, func(seq uint64, record []byte) bool {
			stopped = !yield(seq, record)
			return !stopped
		})
		l.release(s)
		if err != nil {
			return err
		}
		from = upTo + 1
	}
	return nil
}

// acquire is the segment that holds a record, open until it is released, and its last record.
func (l *Log) acquire(seq uint64) (s *segment, last uint64, err error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	i := sort.Search(len(l.segments), func(i int) bool { return l.segments[i].first > seq }) - 1
	if i >= 0 {
		s, last = l.segments[i], l.segments[i].last
		if l.open != nil && i == len(l.segments)-1 {
			last = l.last.Load()
		}
	}
	if i < 0 || seq > last {
		missing := &Damage{File: l.o.Dir, From: last + 1, To: l.last.Load(), Reason: "their segment is missing"}
		if i+1 < len(l.segments) {
			missing.To = l.segments[i+1].first - 1
		}
		return nil, 0, missing
	}
	if err := l.hold(s); err != nil {
		return nil, 0, err
	}
	l.keepWarm(s)
	return s, last, nil
}

// hold opens a segment, if it is not.
func (l *Log) hold(s *segment) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.f == nil {
		f, size, err := openFile(l.files(s), l.path(s), l.o.Program, s.first)
		var damage *Damage
		switch {
		case errors.As(err, &damage):
			damage.To = s.last
			return err
		case errors.Is(err, os.ErrNotExist):
			return &Damage{File: l.path(s), From: s.first, To: s.last, Reason: "the file is missing"}
		case err != nil:
			return err
		}
		if !s.sealed || !f.readIndex(size, s.last) {
			if s.sealed {
				l.o.Logger.Warn("the index of a journal's segment is damaged; it is made again from its frames", "file", f.name)
			}
			found, err := f.walk(size)
			if err != nil {
				return errors.Join(&Damage{File: f.name, From: s.first, To: s.last, Reason: err.Error()}, f.Close())
			}
			if found.frame.first > s.last { // it was torn, and left out
				f.forget(found.frame)
			}
		}
		s.f = f
	}
	s.refs++
	return nil
}

// release closes a segment that nobody reads any more.
func (l *Log) release(s *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refs--; s.refs == 0 {
		_ = s.f.Close() // all that was written to it is synced
		s.f = nil
	}
}

// keepWarm keeps a segment open for the next read, and lets go of another.
func (l *Log) keepWarm(s *segment) {
	l.warming.Lock()
	defer l.warming.Unlock()
	if slices.Contains(l.warm, s) {
		return
	}
	s.mu.Lock()
	s.refs++
	s.mu.Unlock()
	if l.warm = append(l.warm, s); len(l.warm) > keptOpen {
		l.release(l.warm[0])
		l.warm = slices.Delete(l.warm, 0, 1)
	}
}

// letGo lets go of segments that are no part of the log any more.
func (l *Log) letGo(gone []*segment) {
	l.warming.Lock()
	defer l.warming.Unlock()
	l.warm = slices.DeleteFunc(l.warm, func(s *segment) bool {
		if slices.Contains(gone, s) {
			l.release(s)
			return true
		}
		return false
	})
}

// Place is where a record is: the file, and the bytes of its block.
func (l *Log) Place(seq uint64) (name string, at, bytes int64, err error) {
	s, _, err := l.acquire(seq)
	if err != nil {
		return "", 0, 0, err
	}
	defer l.release(s)
	w := &window{file: s.f, piece: step}
	fr, err := s.f.from(w, seq)
	for _, b := range fr.blocks {
		if b.first <= seq && seq < b.first+uint64(b.records) {
			return s.f.name, b.at, int64(b.stored), nil
		}
	}
	return s.f.name, w.end, 0, s.f.damage(w.end, seq, seq, errors.Join(errNoFrame, err))
}

// Close closes the files. It must not be called while anything else is under way.
func (l *Log) Close() error {
	l.shut()
	l.letGo(append([]*segment(nil), l.warm...))
	return nil
}

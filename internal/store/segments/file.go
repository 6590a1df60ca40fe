package segments

import (
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc32"
	"sort"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/laurel-engine/laurel/engine/integer"
)

const (
	fileMagic   = 0x316c65727561_4c41 // "ALaurel1"
	footerMagic = 0x78646e49          // "Indx"
	footerSize  = 32
)

// step is how far apart the entries of an index are: a record is found by reading as much of the file.
const step = 32 << 10

// entry says where in the file the frame of a record begins.
type entry struct {
	seq uint64
	at  int64
}

// entrySize is that of an entry in a file.
const entrySize = 16

// header is what a segment begins with. The salt is of this file alone: with it in every checksum, no text of a record can
// pass for a frame, nor a frame of another segment for one of this.
func header(program string, first, salt uint64) []byte {
	b := little.AppendUint64(nil, fileMagic)
	b = little.AppendUint64(b, first)
	b = little.AppendUint64(b, salt)
	b = little.AppendUint16(b, integer.Exact[uint16](len(program)))
	b = append(b, program...)
	return little.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// Sizes of a header: without the program's id, and with the longest one.
const (
	headerSize = 30
	maxHeader  = headerSize + 1<<16
)

// keyOf begins all checksums of a segment.
func keyOf(program string, salt uint64) uint32 {
	return crc32.Update(crc32.Checksum(little.AppendUint64(nil, salt), castagnoli), castagnoli, []byte(program))
}

// file is a segment that is open.
type file struct {
	vfs.File
	name  string
	key   uint32
	first uint64
	start int64 // of the first frame

	mu    sync.RWMutex // guards what an append moves
	index []entry
	end   int64 // of the last frame
}

// openFile opens a segment of a program that should begin at a record. Its index is not read yet.
func openFile(files vfs.FS, name, program string, first uint64) (*file, int64, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, 0, err
	}
	s := &file{File: f, name: name, first: first}
	size, err := s.readHeader(program)
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return s, size, nil
}

func (s *file) readHeader(program string) (size int64, err error) {
	info, err := s.Stat()
	if err != nil {
		return 0, err
	}
	size = info.Size()
	// A header is on the disk before anything else is written: one that is not sound was torn only where nothing follows.
	damaged := &Damage{File: s.name, From: s.first, Reason: "its header is damaged", torn: size <= int64(headerSize+len(program))}
	w := window{file: s, end: size, piece: 4096}
	b, err := w.read(0, int(min(size, maxHeader)))
	if err != nil {
		return 0, err
	}
	if len(b) < headerSize || len(b) < headerSize+int(little.Uint16(b[24:])) {
		return 0, damaged
	}
	s.start = int64(headerSize + int(little.Uint16(b[24:])))
	b = b[:s.start]
	text, sum := b[:s.start-4], little.Uint32(b[s.start-4:])
	switch owner := string(text[26:]); {
	case little.Uint64(b) != fileMagic || sum != crc32.Checksum(text, castagnoli):
		return 0, damaged
	case owner != program:
		return 0, &Damage{File: s.name, From: s.first, alien: true,
			Reason: fmt.Sprintf("it is of program %q: move it away, and bring back that of program %q", owner, program)}
	case little.Uint64(b[8:]) != s.first:
		return 0, &Damage{File: s.name, From: s.first, alien: true,
			Reason: fmt.Sprintf("it begins at record %d: give it the name of that record, and bring back that of record %d", little.Uint64(b[8:]), s.first)}
	}
	s.key = keyOf(program, little.Uint64(b[16:]))
	return size, nil
}

// readIndex reads the index of a sealed segment, and reports whether it is sound.
func (s *file) readIndex(size int64, last uint64) bool {
	w := window{file: s, end: size, piece: footerSize}
	at := size - footerSize
	if at < s.start {
		return false
	}
	b, err := w.read(at, footerSize)
	if err != nil || little.Uint32(b) != footerMagic || little.Uint64(b[16:]) != last {
		return false
	}
	footer := append([]byte(nil), b...)
	end, n := int64(little.Uint64(footer[8:])), int64(little.Uint32(footer[24:])) //nolint:gosec // compared below
	if end < s.start || n*entrySize != at-end {
		return false
	}
	if b, err = w.read(end, int(n*entrySize)); err != nil || little.Uint32(footer[4:]) != footerSum(s.key, b, footer) {
		return false
	}
	index := make([]entry, 0, n)
	for ; len(b) > 0; b = b[entrySize:] {
		index = append(index, entry{little.Uint64(b), int64(little.Uint64(b[8:]))}) //nolint:gosec // as it was written
	}
	s.index, s.end = index, end
	return true
}

// footer is what a sealed segment ends with.
func footer(key uint32, index []entry, end int64, last uint64) []byte {
	var b []byte
	for _, e := range index {
		b = little.AppendUint64(b, e.seq)
		b = little.AppendUint64(b, integer.Exact[uint64](e.at))
	}
	f := make([]byte, footerSize)
	little.PutUint32(f, footerMagic)
	little.PutUint64(f[8:], integer.Exact[uint64](end))
	little.PutUint64(f[16:], last)
	little.PutUint32(f[24:], integer.Exact[uint32](len(index)))
	little.PutUint32(f[4:], footerSum(key, b, f))
	return append(b, f...)
}

func footerSum(key uint32, index, footer []byte) uint32 {
	return crc32.Update(crc32.Update(key, castagnoli, index), castagnoli, footer[8:])
}

// saw adds a frame to the index. Its owner holds mu where others read already.
func (s *file) saw(seq uint64, at, end int64) {
	if n := len(s.index); n == 0 || at-s.index[n-1].at >= step {
		s.index = append(s.index, entry{seq, at})
	}
	s.end = end
}

// walked is what was found in a segment without an index.
type walked struct {
	last  uint64    // record; first-1: none
	frame frame     // the last one, without its blocks
	holes []*Damage // in the middle
	torn  int64     // bytes at the end that are no frame
	// whole says that the last frame is entire.
	whole bool
}

// walk makes the index of a segment without one, by the headers of its frames. What it cannot read, although something valid
// follows, is a hole.
func (s *file) walk(size int64) (found walked, err error) {
	s.index, s.end = nil, s.start
	found.last, found.whole = s.first-1, true
	w := &window{file: s, end: size, piece: 256 << 10}
	for at := s.start; at < size; {
		fr, err := w.frameAt(s.key, at)
		if errors.Is(err, errNoFrame) {
			fr, err = w.search(s.key, at+1)
		}
		if errors.Is(err, errNoFrame) {
			found.torn = size - at
			break
		} else if err != nil {
			return found, err
		}
		if fr.first <= found.last { // of no use
			at = fr.at + 1
			continue
		}
		if fr.first != found.last+1 || fr.at != at {
			found.holes = append(found.holes, &Damage{File: s.name, At: at, From: found.last + 1, To: fr.first - 1,
				Reason: "no frame begins there, but one behind it is sound"})
		}
		s.saw(fr.first, fr.at, fr.end)
		found.last, found.frame, at = fr.next()-1, fr, fr.end
		if at >= size {
			found.whole = at == size && s.soundFrame(w, fr) == nil
			s.end = size // nothing is read behind it
			found.frame.blocks = nil
			return found, nil
		}
	}
	if found.frame.end > 0 {
		fr, err := w.frameAt(s.key, found.frame.at)
		if err != nil {
			return found, err
		}
		found.whole = s.soundFrame(w, fr) == nil
	}
	found.frame.blocks = nil
	return found, nil
}

// soundFrame verifies all blocks of a frame.
func (s *file) soundFrame(w *window, fr frame) error {
	for _, b := range fr.blocks {
		if _, err := w.stored(s.key, b); err != nil {
			return err
		}
	}
	return nil
}

// forget takes the last frame out of the index.
func (s *file) forget(fr frame) {
	s.end = fr.at
	if n := len(s.index); n > 0 && s.index[n-1].at == fr.at {
		s.index = s.index[:n-1]
	}
}

// from is the frame that holds a record, or the first one behind it.
func (s *file) from(w *window, seq uint64) (frame, error) {
	s.mu.RLock()
	index := s.index
	w.end = s.end
	s.mu.RUnlock()
	at := s.start
	if i := sort.Search(len(index), func(i int) bool { return index[i].seq > seq }); i > 0 {
		at = index[i-1].at
	}
	for {
		fr, err := s.following(w, at)
		if err != nil || fr.next() > seq {
			return fr, err
		}
		at = fr.end
	}
}

// following is the frame at a place or the first one behind it, errNoFrame at the end.
func (s *file) following(w *window, at int64) (frame, error) {
	if at >= w.end {
		return frame{}, errNoFrame
	}
	fr, err := w.frameAt(s.key, at)
	if errors.Is(err, errNoFrame) {
		return w.search(s.key, at+1)
	}
	return fr, err
}

// damage is the error of records that a segment should hold.
func (s *file) damage(at int64, from, to uint64, cause error) error {
	if errors.Is(cause, errNoFrame) {
		cause = errors.New("no sound frame holds them")
	}
	return &Damage{File: s.name, At: at, From: from, To: to, Reason: cause.Error()}
}

// read calls yield for the records from one to another, until it returns false. They are valid during the call.
func (s *file) read(from, to uint64, piece int, yield func(seq uint64, record []byte) bool) error {
	w := windows.Get().(*window)
	defer windows.Put(w)
	*w = window{file: s, piece: piece, buf: w.buf, blocks: w.blocks}
	room := rooms.Get().(*[]byte)
	defer rooms.Put(room)
	fr, err := s.from(w, from)
	for from <= to {
		switch {
		case err != nil:
			return s.damage(w.end, from, to, err)
		case fr.first > from:
			return s.damage(fr.at, from, min(to, fr.first-1), errNoFrame)
		}
		end := fr.end
		for _, b := range fr.blocks {
			if b.first+uint64(b.records) <= from || from > to {
				continue
			}
			var text []byte
			var ends []int
			stored, err := w.stored(s.key, b)
			if err == nil {
				if cap(*room) < int(b.raw) {
					*room = make([]byte, max(int(b.raw), blockBytes))
				}
				text, ends, err = b.text(stored, *room)
			}
			if err != nil {
				return s.damage(b.at, b.first, b.first+uint64(b.records)-1, err)
			}
			for ; from <= to && from < b.first+uint64(b.records); from++ {
				i, start := int(from-b.first), 0 //nolint:gosec // one of few
				if i > 0 {
					start = ends[i-1]
				}
				if !yield(from, text[start:ends[i]:ends[i]]) {
					return nil
				}
			}
		}
		if from <= to {
			fr, err = s.following(w, end)
		}
	}
	return nil
}

var (
	windows = sync.Pool{New: func() any { return new(window) }}
	rooms   = sync.Pool{New: func() any { return new([]byte) }}
)

// maker writes a segment.
type maker struct {
	*file
	files     vfs.FS
	builder   builder
	reserved  int64 // bytes of the disk
	reserveTo int64
}

// create makes a segment, of which a header is on the disk when it returns.
func create(files vfs.FS, name, program string, first uint64, o Options) (*maker, error) {
	var random [8]byte
	_, _ = rand.Read(random[:]) // it never fails
	salt := little.Uint64(random[:])
	f, err := files.Create(name, category)
	if err != nil {
		return nil, err
	}
	head := header(program, first, salt)
	m := &maker{file: &file{File: f, name: name, key: keyOf(program, salt), first: first, start: int64(len(head)), end: int64(len(head))},
		files: files, builder: builder{key: keyOf(program, salt), plain: o.Plain}, reserveTo: o.Size}
	if _, err := f.Write(head); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	m.builder.begin(first)
	return m, nil
}

const category = vfs.DiskWriteCategory("laurel-journal")

// frame writes the frame that was built.
func (m *maker) frame() error {
	b := m.builder.finish(m.end)
	if need := m.end + int64(len(b)); need > m.reserved {
		// What is reserved doubles, so that the journal of a small program stays small.
		upTo := min(max(2*need, 16<<10), need+4<<20, max(need, m.reserveTo))
		_ = m.Preallocate(m.reserved, upTo-m.reserved) // it is for speed alone, and not every disk can
		m.reserved = upTo
	}
	_, err := m.Write(b)
	return err
}

// wrote makes the frame that was written last known.
func (m *maker) wrote() {
	m.mu.Lock()
	m.saw(m.builder.first, m.end, m.end+int64(len(m.builder.out)))
	m.mu.Unlock()
	m.builder.begin(m.builder.next)
}

// seal ends a segment, durably, and closes it.
func (m *maker) seal(last uint64) error {
	if m.builder.next > m.builder.first {
		if err := m.frame(); err != nil {
			return err
		}
		m.wrote()
	}
	if _, err := m.Write(footer(m.key, m.index, m.end, last)); err != nil {
		return err
	}
	return errors.Join(m.Sync(), m.Close())
}

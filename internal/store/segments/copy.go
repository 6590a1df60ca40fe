package segments

import (
	"errors"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/laurel-engine/laurel/engine/integer"
)

// Copy is a journal as it was at one moment, for backups: whatever is appended, sealed, archived or rewritten since, its files stay as they
// were until it is closed.
type Copy struct {
	Last  uint64 // record
	Files []CopiedFile
	held  []func()
}

// CopiedFile is a file of a copy.
type CopiedFile struct {
	Name  string // in the journal's directory, wherever the file lies
	Bytes int64
	from  io.ReaderAt
}

// Reader reads the file from its beginning.
func (f *CopiedFile) Reader() io.Reader { return io.NewSectionReader(f.from, 0, f.Bytes) }

// Copy holds the journal as it is. Damaged files are copied as they are; one that is missing is an error.
func (l *Log) Copy() (c *Copy, err error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	c = &Copy{Last: l.last.Load()}
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	for i, s := range l.segments {
		f := CopiedFile{Name: s.name()}
		if l.open != nil && i == len(l.segments)-1 {
			err = l.copyOpen(c, s, &f)
		} else {
			err = l.copyWhole(c, s, &f)
		}
		if err != nil {
			return c, err
		}
		if f.Bytes > 0 {
			c.Files = append(c.Files, f)
		}
	}
	return c, nil
}

// copyOpen takes the segment that is appended to, up to the end of the frame of the last record.
func (l *Log) copyOpen(c *Copy, s *segment, f *CopiedFile) error {
	if c.Last < s.first {
		return nil
	}
	if err := l.hold(s); err != nil {
		return err
	}
	c.held = append(c.held, func() { l.release(s) })
	fr, err := s.f.from(&window{file: s.f, piece: step}, c.Last)
	if err == nil && fr.next() <= c.Last {
		err = errNoFrame
	}
	if err != nil {
		return s.f.damage(fr.at, c.Last, c.Last, err)
	}
	f.from, f.Bytes = s.f, fr.end
	return nil
}

// copyWhole takes a segment that nothing is added to, as it lies on the disk.
func (l *Log) copyWhole(c *Copy, s *segment, f *CopiedFile) error {
	files, name := l.files(s), l.path(s)
	opened, err := files.Open(name, vfs.SequentialReadsOption)
	if errors.Is(err, os.ErrNotExist) {
		return &Damage{File: name, From: s.first, To: s.last, Reason: "the file is missing"}
	}
	if err != nil {
		return err
	}
	c.held = append(c.held, func() { _ = opened.Close() }) // it was only read
	info, err := opened.Stat()
	if err != nil {
		return err
	}
	f.from, f.Bytes = opened, info.Size()
	return nil
}

// Bytes is how much is to be copied.
func (c *Copy) Bytes() (n uint64) {
	for i := range c.Files {
		n += integer.Exact[uint64](c.Files[i].Bytes)
	}
	return n
}

// Close lets go of the files.
func (c *Copy) Close() {
	for _, release := range c.held {
		release()
	}
	c.held = nil
}

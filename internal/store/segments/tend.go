package segments

import (
	"errors"
	"fmt"
	"io"
)

// Due reports whether Tend may have something to do, once for each segment that is begun.
func (l *Log) Due() bool { return l.due.Swap(false) }

// Tend rewrites segments that are full, or of a former process: in full blocks, with an index, small ones together. Then it
// moves them to the archive. It works beside everything else until nothing is left to do, or stop is closed.
func (l *Log) Tend(stop <-chan struct{}) error {
	for {
		l.work.Lock()
		more, err := l.tend(stop)
		l.work.Unlock()
		if errors.Is(err, errStopped) {
			return nil
		}
		if err != nil || !more {
			return err
		}
	}
}

func (l *Log) tend(stop <-chan struct{}) (more bool, err error) {
	if from, to := l.unsealed(); len(from) > 0 {
		err := l.copySegments(from, to, nil, true, stop)
		var damage *Damage
		if errors.As(err, &damage) {
			// What is damaged stays as it is: it may be brought back.
			l.o.Logger.Error("a segment of the journal is damaged, and is not sealed", "error", err)
			l.mu.Lock()
			for _, s := range from {
				s.kept = true
			}
			l.mu.Unlock()
			return true, nil
		} else if err != nil {
			return false, err
		}
		return true, l.exchange(from, to.alone(), nil)
	}
	s := l.movable()
	if s == nil {
		return false, nil
	}
	if err := l.archive(s, stop); err != nil {
		if !errors.Is(err, errStopped) {
			l.o.Logger.Warn("a segment of the journal could not be moved to the archive; it is tried again later", "file", l.path(s), "error", err)
		}
		return false, nil
	}
	return true, nil
}

func (s *segment) alone() []*segment { return []*segment{s} }

// unsealed are segments that are to be sealed as one, nil when there is none: one that is not sealed yet, and sealed ones
// before it that are hardly larger than what would come to them, so that every record is rewritten a few times at most.
func (l *Log) unsealed() (from []*segment, to *segment) {
	held := l.held()
	for i, s := range held {
		if s.sealed || s.kept {
			continue
		}
		first, bytes := i, s.bytes
		for ; first > 0; first-- {
			before := held[first-1]
			if !before.sealed || before.archived || before.kept || before.last+1 != held[first].first || before.bytes > 2*bytes || before.bytes+bytes > l.o.Size {
				break
			}
			bytes += before.bytes
		}
		return held[first : i+1], &segment{first: held[first].first, last: s.last, sealed: true}
	}
	return nil, nil
}

// movable is a segment that belongs into the archive: it is sealed, and too large to be written together with others. The one with the
// last record stays, so that where the journal ends is known while the archive is away.
func (l *Log) movable() *segment {
	if l.o.Archive == "" {
		return nil
	}
	for _, s := range l.held() {
		if s.sealed && !s.archived && !s.kept && s.bytes >= l.o.Size/4 && s.last < l.Last() {
			return s
		}
	}
	return nil
}

// archive copies a segment to the archive, and removes it here.
func (l *Log) archive(s *segment, stop <-chan struct{}) error {
	is := &segment{first: s.first, last: s.last, sealed: true, archived: true, bytes: s.bytes}
	if err := MakeDirectory(l.o.Cold, l.o.Archive); err != nil {
		return err
	}
	if err := l.hold(s); err != nil {
		return err
	}
	defer l.release(s)
	to, err := l.o.Cold.Create(l.path(is)+unwhole, category)
	if err != nil {
		return err
	}
	piece := make([]byte, 1<<20)
	for at := int64(0); err == nil; {
		select {
		case <-stop:
			return errors.Join(errStopped, to.Close())
		default:
		}
		var n int
		n, err = s.f.ReadAt(piece, at)
		if n > 0 {
			if _, failed := to.Write(piece[:n]); failed != nil {
				return errors.Join(failed, to.Close())
			}
		}
		at += int64(n)
	}
	if !errors.Is(err, io.EOF) {
		return errors.Join(err, to.Close())
	}
	if err := errors.Join(to.Sync(), to.Close()); err != nil {
		return err
	}
	return l.exchange(s.alone(), is.alone(), nil)
}

// Rewritable reports why records could not be rewritten now: an archive that is not there or takes no files.
func (l *Log) Rewritable() error {
	for _, s := range l.held() {
		if !s.archived {
			continue
		}
		probe := l.o.Cold.PathJoin(l.o.Archive, "probe"+unwhole)
		f, err := l.o.Cold.Create(probe, category)
		if err == nil {
			err = errors.Join(f.Close(), l.o.Cold.Remove(probe))
		}
		if err != nil {
			return fmt.Errorf("the archived segment %s cannot be rewritten, nor the others in its directory: %w", l.path(s), err)
		}
		return nil
	}
	return nil
}

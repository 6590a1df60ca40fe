package segments

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Names of files. What is being made has another ending until it is whole.
const (
	ending   = ".log"
	unwhole  = ".new"
	intended = "rewriting" // see Rewrite
)

// name is that of a segment's file: its first record, and its last one once it is sealed.
func (s *segment) name() string {
	if !s.sealed {
		return fmt.Sprintf("%020d%s", s.first, ending)
	}
	return fmt.Sprintf("%020d-%020d%s", s.first, s.last, ending)
}

// parseName is the segment that a name is of.
func parseName(name string) (*segment, bool) {
	s := &segment{}
	if _, err := fmt.Sscanf(name, "%d-%d"+ending, &s.first, &s.last); err == nil {
		s.sealed = true
	} else if _, err := fmt.Sscanf(name, "%d"+ending, &s.first); err != nil {
		return nil, false
	}
	return s, s.name() == name && s.first > 0 && (!s.sealed || s.first <= s.last)
}

func (l *Log) files(s *segment) vfs.FS {
	if s.archived {
		return l.o.Cold
	}
	return l.o.FS
}

func (l *Log) path(s *segment) string {
	if s.archived {
		return l.o.Cold.PathJoin(l.o.Archive, s.name())
	}
	return l.o.FS.PathJoin(l.o.Dir, s.name())
}

// list finds the segments, and removes what a crash has left of making others.
func (l *Log) list() error {
	for _, archived := range []bool{false, true} {
		files, dir := l.o.FS, l.o.Dir
		if archived {
			files, dir = l.o.Cold, l.o.Archive
		}
		if dir == "" {
			continue
		}
		names, err := files.List(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		for _, name := range names {
			path := files.PathJoin(dir, name)
			if strings.HasSuffix(name, unwhole) {
				if err := files.Remove(path); err != nil && !archived {
					return err
				}
				continue
			}
			s, ok := parseName(name)
			if !ok || archived && !s.sealed {
				l.o.Logger.Warn("a file in the directory of a journal is no part of it", "file", path)
				continue
			}
			info, err := files.Stat(path)
			if err != nil {
				return err
			}
			s.archived, s.bytes = archived, info.Size()
			l.segments = append(l.segments, s)
		}
	}
	slices.SortFunc(l.segments, func(a, b *segment) int {
		switch {
		case a.first != b.first:
			return compare(a.first, b.first)
		case a.sealed != b.sealed: // sealed ones first, the longest of them, the near one
			return map[bool]int{true: -1, false: 1}[a.sealed]
		case a.last != b.last:
			return compare(b.last, a.last)
		}
		return map[bool]int{true: 1, false: -1}[a.archived]
	})
	return l.dropCovered()
}

func compare(a, b uint64) int {
	if a < b {
		return -1
	}
	return 1
}

// dropCovered removes segments that another one was made of, which a crash has left, and finds where those that are not sealed
// end.
func (l *Log) dropCovered() error {
	var kept, covered []*segment
	for _, s := range l.segments {
		before := &segment{}
		if len(kept) > 0 {
			before = kept[len(kept)-1]
		}
		switch {
		case !before.sealed || s.first > before.last:
			kept = append(kept, s)
		case !s.sealed || s.last <= before.last:
			covered = append(covered, s)
			if err := l.sound(before); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s and %s hold the same records: move the one away that was not there", l.path(before), l.path(s))
		}
	}
	for i, s := range kept[:max(len(kept)-1, 0)] {
		if !s.sealed {
			s.last = kept[i+1].first - 1
		}
	}
	l.segments = kept
	if len(covered) == 0 {
		return nil
	}
	// That which covers them must be durable first.
	if err := l.syncDirectories(); err != nil {
		return err
	}
	return l.remove(covered)
}

// sound verifies that a sealed segment is what its name says, before anything is removed because of it.
func (l *Log) sound(s *segment) error {
	f, size, err := openFile(l.files(s), l.path(s), l.o.Program, s.first)
	if err != nil {
		return err
	}
	if !f.readIndex(size, s.last) {
		err = &Damage{File: f.name, From: s.first, To: s.last, Reason: "its end is damaged"}
	}
	return errors.Join(err, f.Close())
}

// remove removes the files of segments.
func (l *Log) remove(segments []*segment) error {
	for _, s := range segments {
		if err := l.files(s).Remove(l.path(s)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return l.syncDirectories()
}

// syncDirectories makes the names of files durable.
func (l *Log) syncDirectories() error {
	err := SyncDirectory(l.o.FS, l.o.Dir)
	if l.o.Archive != "" && err == nil {
		if _, missing := l.o.Cold.Stat(l.o.Archive); missing == nil {
			err = SyncDirectory(l.o.Cold, l.o.Archive)
		}
	}
	return err
}

// SyncDirectory makes the names in a directory durable.
func SyncDirectory(files vfs.FS, dir string) error {
	d, err := files.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// MakeDirectory makes a directory with its parents, and syncs each parent that got a new entry: a directory whose name is lost
// with the power takes what is in it along.
func MakeDirectory(files vfs.FS, dir string) error {
	var parents []string
	for d := dir; ; d = files.PathDir(d) {
		if _, err := files.Stat(d); err == nil || d == files.PathDir(d) {
			break
		}
		parents = append(parents, files.PathDir(d))
	}
	if len(parents) == 0 {
		return nil
	}
	if err := files.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for _, parent := range slices.Backward(parents) {
		if err := SyncDirectory(files, parent); err != nil {
			return err
		}
	}
	return nil
}

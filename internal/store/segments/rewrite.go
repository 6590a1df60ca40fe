package segments

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Replacement is a record that is written in the place of another.
type Replacement struct {
	Seq    uint64
	Record []byte
}

// copyBlocks is how many blocks a frame of a copied segment has.
const copyBlocks = 8

// errStopped is of work that was given up since somebody wants to close.
var errStopped = errors.New("stopped")

// transcriber writes records of segments into a new one.
type transcriber struct {
	to       *maker
	replaced map[uint64][]byte
	strict   bool // damage is an error, and not copied
	stop     <-chan struct{}
	window   window
	room     []byte
}

// copySegments writes a sealed segment of others that follow one another, beside them and not under its name yet. What stop tells
// is looked at now and then.
func (l *Log) copySegments(from []*segment, to *segment, replaced map[uint64][]byte, strict bool, stop <-chan struct{}) error {
	m, err := create(l.files(to), l.path(to)+unwhole, l.o.Program, to.first, l.o)
	if err != nil {
		return err
	}
	m.builder.smaller = true
	t := &transcriber{to: m, replaced: replaced, strict: strict, stop: stop, window: window{piece: 256 << 10}}
	for _, s := range from {
		if err := l.hold(s); err != nil {
			return errors.Join(err, m.Close())
		}
		err := t.segment(s)
		l.release(s)
		if err != nil {
			return errors.Join(err, m.Close())
		}
	}
	err = m.seal(to.last)
	to.bytes = m.end + int64(len(m.index)*entrySize+footerSize)
	return err
}

func (t *transcriber) segment(s *segment) error {
	w := &t.window
	*w = window{file: s.f, piece: w.piece, buf: w.buf}
	fr, err := s.f.from(w, s.first)
	for next := s.first; next <= s.last; fr, err = s.f.following(w, fr.end) {
		select {
		case <-t.stop:
			return errStopped
		default:
		}
		if errors.Is(err, errNoFrame) {
			fr = frame{at: w.end, end: w.end, first: s.last + 1}
		} else if err != nil {
			return err
		}
		if fr.first > next && t.strict {
			return s.f.damage(fr.at, next, fr.first-1, errNoFrame)
		}
		for _, b := range fr.blocks {
			if err := t.block(s.f, b); err != nil {
				return err
			}
		}
		next = fr.next()
	}
	return nil
}

// block copies a block: as it is where it is full, by its records otherwise.
func (t *transcriber) block(f *file, b block) error {
	touched := false
	for seq := b.first; seq < b.first+uint64(b.records) && !touched; seq++ {
		_, touched = t.replaced[seq]
	}
	stored, damage := t.window.stored(f.key, b)
	var text []byte
	var ends []int
	if damage == nil {
		if cap(t.room) < int(b.raw) {
			t.room = make([]byte, max(int(b.raw), blockBytes))
		}
		text, ends, damage = b.text(stored, t.room)
	}
	if damage != nil && (t.strict || touched || stored == nil) {
		return f.damage(b.at, b.first, b.first+uint64(b.records)-1, damage)
	}
	if err := t.at(b.first); err != nil {
		return err
	}
	if damage != nil || !touched && b.raw >= blockBytes/2 {
		t.to.builder.addStored(b, stored, damage != nil)
		return nil
	}
	from := 0
	for i, end := range ends {
		record, replaced := t.replaced[b.first+uint64(i)]
		if !replaced {
			record = text[from:end]
		}
		t.to.builder.add(record)
		from = end
	}
	return nil
}

// at ends the frame under way if it is full, or if a record does not follow it.
func (t *transcriber) at(seq uint64) error {
	b := &t.to.builder
	if seq == b.next && len(b.blocks) < copyBlocks {
		return nil
	}
	if b.next > b.first {
		if err := t.to.frame(); err != nil {
			return err
		}
		t.to.wrote()
	}
	b.begin(seq)
	return nil
}

// Rewrite replaces records, all of them or none, durably. When it returns nil no file of the log holds what they were.
func (l *Log) Rewrite(records []Replacement) error {
	if len(records) == 0 {
		return nil
	}
	l.work.Lock()
	defer l.work.Unlock()
	replaced := map[uint64][]byte{}
	for _, r := range records {
		if r.Seq == 0 || r.Seq > l.last.Load() {
			return fmt.Errorf("record %d is to be rewritten and does not exist", r.Seq)
		}
		replaced[r.Seq] = r.Record
	}
	if l.open != nil && l.open.first <= slices.MaxFunc(records, func(a, b Replacement) int { return compare(a.Seq, b.Seq) }).Seq {
		l.shut()
	}
	var was, are []*segment
	for _, s := range l.held() {
		if !slices.ContainsFunc(records, func(r Replacement) bool { return s.first <= r.Seq && r.Seq <= s.last }) {
			continue
		}
		is := &segment{first: s.first, last: s.last, sealed: true, archived: s.archived}
		if err := l.copySegments([]*segment{s}, is, replaced, false, nil); err != nil {
			if s.archived {
				err = fmt.Errorf("the archived segment %s cannot be written: %w", l.path(s), err)
			}
			return err
		}
		was, are = append(was, s), append(are, is)
	}
	found := 0
	for _, s := range was {
		for _, r := range records {
			if s.first <= r.Seq && r.Seq <= s.last {
				found++
			}
		}
	}
	if found < len(records) {
		return &Damage{File: l.o.Dir, From: records[0].Seq, To: records[len(records)-1].Seq, Reason: "a segment with a record that is to be rewritten is missing"}
	}
	if err := l.syncDirectories(); err != nil {
		return err
	}
	if err := l.intend(was, are); err != nil {
		return err
	}
	return l.exchange(was, are, func() error { return l.o.FS.Remove(l.intention()) })
}

// held are the segments that are not appended to.
func (l *Log) held() []*segment {
	l.mu.RLock()
	defer l.mu.RUnlock()
	n := len(l.segments)
	if l.open != nil {
		n--
	}
	return slices.Clone(l.segments[:n])
}

// exchange puts segments that are written in the place of those they were made of, for readers all at once.
func (l *Log) exchange(was, are []*segment, done func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range are {
		if err := l.files(s).Rename(l.path(s)+unwhole, l.path(s)); err != nil {
			return err
		}
	}
	if err := l.syncDirectories(); err != nil {
		return err
	}
	var gone []*segment
	for _, s := range was {
		if !slices.ContainsFunc(are, func(is *segment) bool { return l.path(is) == l.path(s) }) {
			gone = append(gone, s)
		}
	}
	if err := l.remove(gone); err != nil {
		return err
	}
	i := slices.Index(l.segments, was[0])
	var kept []*segment
	kept = append(kept, l.segments[:i]...)
	for _, s := range l.segments[i:] {
		if !slices.Contains(was, s) {
			kept = append(kept, s)
		}
	}
	kept = append(kept, are...)
	slices.SortFunc(kept, func(a, b *segment) int { return compare(a.first, b.first) })
	l.segments = kept
	for _, s := range was {
		l.bytes.Add(-s.here())
	}
	for _, s := range are {
		l.bytes.Add(s.here())
	}
	l.letGo(was)
	if done == nil {
		return nil
	}
	return errors.Join(done(), l.syncDirectories())
}

func (l *Log) intention() string { return l.o.FS.PathJoin(l.o.Dir, intended) }

// intend writes down what is to be renamed and removed, so that a start can finish it. Lines have the path of a new segment, and of
// that which it replaces; the last one has a checksum.
func (l *Log) intend(was, are []*segment) error {
	var b bytes.Buffer
	for i := range are {
		fmt.Fprintf(&b, "%t %s %s\n", are[i].archived, are[i].name(), was[i].name())
	}
	fmt.Fprintf(&b, "%08x\n", crc32.Checksum(b.Bytes(), castagnoli))
	name := l.intention()
	f, err := l.o.FS.Create(name+unwhole, category)
	if err != nil {
		return err
	}
	if _, err := f.Write(b.Bytes()); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return errors.Join(l.o.FS.Rename(name+unwhole, name), SyncDirectory(l.o.FS, l.o.Dir))
}

// finishRewrite does what a Rewrite had written down and was kept from doing.
func (l *Log) finishRewrite() error {
	name := l.intention()
	b, err := readAll(l.o.FS, name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	lines := strings.SplitAfter(string(b), "\n")
	broken := fmt.Errorf("%s, which says how to finish an erasure, is damaged: bring the directory back from a backup", name)
	if len(lines) < 3 {
		return broken
	}
	text := strings.Join(lines[:len(lines)-2], "")
	if lines[len(lines)-2] != fmt.Sprintf("%08x\n", crc32.Checksum([]byte(text), castagnoli)) || lines[len(lines)-1] != "" {
		return broken
	}
	var gone []*segment
	for _, line := range lines[:len(lines)-2] {
		var archived bool
		var to, from string
		if _, err := fmt.Sscanf(line, "%t %s %s\n", &archived, &to, &from); err != nil {
			return broken
		}
		is, _ := parseName(to)
		was, _ := parseName(from)
		if is == nil || was == nil {
			return broken
		}
		is.archived, was.archived = archived, archived
		err := l.files(is).Rename(l.path(is)+unwhole, l.path(is))
		if _, there := l.files(is).Stat(l.path(is)); there != nil {
			return fmt.Errorf("an erasure cannot be finished: %w", errors.Join(err, there))
		}
		if to != from {
			gone = append(gone, was)
		}
	}
	if err := l.syncDirectories(); err != nil {
		return err
	}
	if err := l.remove(gone); err != nil {
		return err
	}
	return errors.Join(l.o.FS.Remove(name), SyncDirectory(l.o.FS, l.o.Dir))
}

func readAll(files vfs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(f)
	return b, errors.Join(err, f.Close())
}

package backup

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Restored is what a restore has done.
type Restored struct {
	Manifest *Manifest
	Erased   int // members, who were erased after the backup was made
	Listed   int // entries of the list that are of programs of the backup
	Others   int // and those that are of others
}

// ReadErasures reads the list of those who were erased, for a Restore.
func ReadErasures(name string) ([]Erasure, error) { return readErasures(name) }

// Restore makes a data directory of a backup, which is compared with its manifest first. Whoever is in the list of erasures and was not
// erased by then is erased now, and off the disk, before the directory gets its name. The directory must not be there yet, or be empty;
// after an error it is as it was.
func Restore(ctx context.Context, from, data string, erased []Erasure, key *settings.Key, log *slog.Logger) (*Restored, error) {
	m, err := Verify(from)
	if err != nil {
		return nil, err
	}
	if m.Data > pebblestore.Format {
		return nil, fmt.Errorf("the backup has data of format %d, and this build reads up to %d: restore it with the build that wrote it, %s", m.Data,
			pebblestore.Format, m.Laurel)
	}
	if err := free(data); err != nil {
		return nil, err
	}
	making := strings.TrimRight(data, "/") + ".restoring"
	if err := os.RemoveAll(making); err != nil {
		return nil, err
	}
	r := &Restored{Manifest: m}
	if err := r.make(ctx, from, making, erased, key, log); err != nil {
		return nil, errors.Join(err, os.RemoveAll(making))
	}
	_ = os.Remove(data) // an empty one
	if err := os.Rename(making, data); err != nil {
		return nil, err
	}
	return r, syncDirectories(data)
}

// free refuses a directory that has something in it.
func free(data string) error {
	list, err := os.ReadDir(data)
	if err == nil && len(list) > 0 {
		return fmt.Errorf("%s is not empty: name a directory that is not there yet", data)
	}
	if errors.Is(err, os.ErrNotExist) {
		return os.MkdirAll(filepath.Dir(data), 0o750)
	}
	return err
}

func (r *Restored) make(ctx context.Context, from, making string, erased []Erasure, key *settings.Key, log *slog.Logger) error {
	if err := os.MkdirAll(making, 0o750); err != nil {
		return err
	}
	for _, f := range r.Manifest.Files {
		if dir, _ := path.Split(f.Name); dir == "" {
			continue // the settings
		}
		if err := copyFile(from, making, f.Name); err != nil {
			return err
		}
	}
	db, err := pebblestore.Open(making, pebblestore.Options{Logger: log, Key: key})
	if err != nil {
		return err
	}
	return errors.Join(r.fill(ctx, from, db, erased, log), db.Close())
}

func copyFile(from, to, name string) error {
	f, err := os.Open(filepath.Join(from, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	_, err = writeFile(to, name, f)
	return errors.Join(err, f.Close())
}

// fill puts the settings in, looks whether the journals have what they should, and erases whom it has to.
func (r *Restored) fill(ctx context.Context, from string, db *pebblestore.DB, erased []Erasure, log *slog.Logger) error {
	rows, err := readSettings(filepath.Join(from, settingsName))
	if err != nil {
		return err
	}
	if len(rows) > 0 {
		if _, err := db.Settings().Apply(settings.Whenever, rows...); err != nil {
			return err
		}
	}
	for _, p := range r.Manifest.Programs {
		store, err := db.Program(p.Program)
		if err != nil {
			return err
		}
		if last, _ := store.Head(); last != p.Events {
			return fmt.Errorf("the journal of program %s ends with event %d, and the backup's manifest says %d", p.Program, last, p.Events)
		}
	}
	act := audit.Here(audit.Server, "server.restore", "laurel restore")
	if err := act.Record(db.Settings(), audit.Change("backup", "", nil, map[string]any{"made": r.Manifest.Made})); err != nil {
		return err
	}
	machine := clock.New(clock.Kernel())
	if err := assembly.Resume(ctx, machine, assembly.Embedded(db), true); err != nil {
		return err
	}
	parts := assembly.Parts{Data: assembly.Embedded(db), Machine: machine, Log: log,
		Boards: func(engine.Store) leaderboards.Board { return leaderboards.NewMemory() }}
	r.Others = len(erased)
	for _, p := range r.Manifest.Programs {
		of := map[string]bool{}
		for _, e := range erased {
			if e.Program == p.Program {
				of[e.As] = true
			}
		}
		r.Listed, r.Others = r.Listed+len(of), r.Others-len(of)
		n, err := eraseAgain(ctx, parts, db, p.Program, of)
		if err != nil {
			return fmt.Errorf("members of program %s who were erased since cannot be erased: %w", p.Program, err)
		}
		r.Erased += n
	}
	return nil
}

func readSettings(name string) (rows []settings.Change, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	lines := json.NewDecoder(bufio.NewReader(f))
	for {
		var s setting
		if err = lines.Decode(&s); errors.Is(err, io.EOF) {
			return rows, f.Close()
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s cannot be read: %w", name, err), f.Close())
		}
		if s.Value == nil {
			s.Value = []byte{}
		}
		rows = append(rows, settings.Change{Key: s.Key, Value: s.Value})
	}
}

// eraseAgain erases the members of a program that a list has by their pseudonyms.
func eraseAgain(ctx context.Context, parts assembly.Parts, db *pebblestore.DB, id string, pseudonyms map[string]bool) (n int, err error) {
	if len(pseudonyms) == 0 {
		return 0, nil
	}
	p, err := parts.Reopen(id)
	if err != nil || p == nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	store, err := db.Program(id)
	if err != nil {
		return 0, err
	}
	const page = 1000
	for after, more := "", true; more; {
		ids, err := engine.StoredMembers(store, after, page)
		if err != nil {
			return n, err
		}
		if more = len(ids) == page; more {
			after = ids[page-1]
		}
		var erasures []*event.Event
		for _, member := range ids {
			if pseudonyms[p.Pseudonym(member)] {
				erasures = append(erasures, engine.NewErasure(member))
			}
		}
		if len(erasures) == 0 {
			continue
		}
		results, err := p.SubmitContext(ctx, erasures...)
		if err != nil {
			return n, err
		}
		for _, result := range results {
			if result.Refusal != nil {
				return n, errors.New(result.Refusal.Message)
			}
		}
		n += len(erasures)
	}
	_, err = p.Redact(ctx)
	return n, err
}

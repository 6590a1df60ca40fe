package backup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Erasures is the list of those who were erased, kept beside the data and outside backups, so that none of them comes back with one. It has
// no names: whoever is erased stands in it as the keyed hash that what is left of them goes by.
type Erasures struct {
	name string
	now  func() time.Time

	mu      sync.Mutex
	known   map[Erasure]bool
	waiting []Erasure // that could not be written
}

// Erasure is one entry of the list.
type Erasure struct {
	Program string `json:"program"`
	As      string `json:"as"` // the pseudonym
}

// line is an entry as it is written.
type line struct {
	Erasure
	At time.Time `json:"at"`
}

// OpenErasures opens a list, which is made where there is none.
func OpenErasures(name string, now func() time.Time) (*Erasures, error) {
	var list []Erasure
	if info, err := os.Stat(name); err == nil && info.Size() > 0 {
		if list, err = readErasures(name); err != nil {
			return nil, err
		}
	}
	e := &Erasures{name: name, now: now, known: map[Erasure]bool{}}
	for _, x := range list {
		e.known[x] = true
	}
	return e, e.write(nil)
}

// Add adds members of a program by their pseudonyms. Those that are in the list are not added again. The list is on the disk when it returns;
// what could not be written is tried again with the next ones, and a start tells of all.
func (e *Erasures) Add(program string, pseudonyms ...string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, as := range pseudonyms {
		if x := (Erasure{program, as}); !e.known[x] {
			e.known[x] = true
			e.waiting = append(e.waiting, x)
		}
	}
	if len(e.waiting) == 0 {
		return nil
	}
	var text bytes.Buffer
	for _, x := range e.waiting {
		if err := json.NewEncoder(&text).Encode(line{x, e.now().UTC().Truncate(time.Second)}); err != nil {
			return err
		}
	}
	if err := e.write(text.Bytes()); err != nil {
		return fmt.Errorf("the list of erasures cannot be written: %w", err)
	}
	e.waiting = nil
	return nil
}

// write adds lines to the file. One that a crash has cut short is ended first.
func (e *Erasures) write(text []byte) error {
	if err := os.MkdirAll(filepath.Dir(e.name), 0o750); err != nil {
		return err
	}
	f, err := os.OpenFile(e.name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Size() == 0 {
		text = append([]byte(listHead+"\n"), text...)
	}
	if err == nil && info.Size() > 0 && len(text) > 0 {
		end := make([]byte, 1)
		if _, err = f.ReadAt(end, info.Size()-1); err == nil && end[0] != '\n' {
			text = append([]byte("\n"), text...)
		}
	}
	if err == nil && len(text) > 0 {
		if _, err = f.Write(text); err == nil {
			err = f.Sync()
		}
	}
	return errors.Join(err, f.Close())
}

// listHead is the first line of a list, so that another file is not taken for one.
const listHead = `{"laurel":"erasures"}`

// readErasures reads a list; one of entries alone is of a build before lists had a first line. A last line that a crash has cut short is left
// out: its erasure was not answered by then.
func readErasures(name string) ([]Erasure, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	whole := bytes.HasSuffix(text, []byte("\n"))
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	first := string(lines[0])
	if first != listHead && !strings.HasPrefix(first, `{"program":`) {
		return nil, fmt.Errorf("%s is no list of erasures of Laurel: it begins with %s", name, listHead)
	}
	var list []Erasure
	for n, text := range lines {
		if string(text) == listHead && n == 0 {
			continue
		}
		if len(text) == 0 {
			continue // where a line that was cut short has been ended
		}
		var x line
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&x); err != nil || x.Program == "" || x.As == "" {
			if last := n == len(lines)-1; last && !whole || !bytes.HasSuffix(text, []byte("}")) && bytes.HasPrefix(text, []byte(`{"program":`)) && !last {
				continue
			}
			return nil, errors.Join(fmt.Errorf("line %d of the list of erasures %s cannot be read: bring back the file, as members who were erased would come back",
				n+1, name), err)
		}
		list = append(list, x.Erasure)
	}
	return list, nil
}

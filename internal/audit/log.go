package audit

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/internal/settings"
)

// Server is the chain of what was done to the server and not to one of its programs.
const Server = ""

const (
	headPrefix  = "audit-head/"
	entryPrefix = "audit/"
	whatPrefix  = "audit-what/"
)

// block is how many entries are read at once.
const block = 256

func headKey(program string) string { return headPrefix + program }

// place is the end of the keys of an entry's rows: numbers sort by their digits.
func place(program string, n uint64) string {
	return program + "/" + fmt.Sprintf("%014x/%02x", n/block, n%block)
}

func readHead(s settings.Store, program string) (h head, revision uint64, err error) {
	row, err := s.Get(headKey(program))
	if errors.Is(err, settings.ErrAbsent) {
		return h, 0, nil
	}
	if err != nil {
		return h, 0, err
	}
	if err := decode(row.Value, &h); err != nil {
		return h, 0, fmt.Errorf("the setting %s is damaged: %w", row.Key, err)
	}
	return h, row.Revision, nil
}

// Act is what a call is about to do, and by whom. A nil Act is recorded nowhere: what a server does by itself.
type Act struct {
	Program string // whose chain it is of
	Action  string
	Key     string // the id of the key
	KeyName string
	Actor   string
	Request string
	Reason  string
	About   *What            // what it is about, where the change itself does not say it well
	Now     func() time.Time // nil: time.Now
}

// Here is an act at the machine of a server, without a key.
func Here(program, action, command string) *Act {
	return &Act{Program: program, Action: action, Actor: command}
}

func (a *Act) entry() Entry {
	now := time.Now
	if a.Now != nil {
		now = a.Now
	}
	return Entry{At: now(), Action: a.Action, Key: a.Key, KeyName: a.KeyName, Actor: a.Actor, Request: a.Request}
}

func (a *Act) about(what func() *What) *What {
	w := a.About
	if w == nil {
		w = what()
	}
	if w.Reason == "" {
		w.Reason = a.Reason
	}
	return w
}

// Recording is settings in which the act is recorded with the change that it makes: the one of a row whose key begins with on. what is asked
// then, and says what it was about.
func (a *Act) Recording(s settings.Store, on string, what func() *What) settings.Store {
	if a == nil {
		return s
	}
	return &recording{Store: s, act: a, on: on, what: what}
}

// Through is Recording for a mirror of settings.
func (a *Act) Through(on string, what func() *What) settings.Through {
	return func(s settings.Store) settings.Store { return a.Recording(s, on, what) }
}

type recording struct {
	settings.Store
	act  *Act
	on   string
	what func() *What
}

// Apply implements settings.Store.
func (r *recording) Apply(at uint64, changes ...settings.Change) (uint64, error) {
	if !slices.ContainsFunc(changes, func(c settings.Change) bool { return strings.HasPrefix(c.Key, r.on) }) {
		return r.Store.Apply(at, changes...)
	}
	w := r.act.about(r.what)
	return appending(r.Store, r.act.Program, at, changes, func(h *head) []settings.Change { return rows(r.act.Program, h, r.act.entry(), w) })
}

// Record appends an act that changes no settings, before it is done.
func (a *Act) Record(s settings.Store, w *What) error {
	if a == nil || s == nil {
		return nil
	}
	w = a.about(func() *What { return w })
	_, err := appending(s, a.Program, settings.Whenever, nil, func(h *head) []settings.Change { return rows(a.Program, h, a.entry(), w) })
	return err
}

// appending makes changes together with what grows a chain. Where somebody else has grown it meanwhile, it is asked again.
func appending(s settings.Store, program string, at uint64, changes []settings.Change, grow func(*head) []settings.Change) (uint64, error) {
	for {
		h, was, err := readHead(s, program)
		if err != nil {
			return 0, err
		}
		more := grow(&h)
		all := append(slices.Clip(changes), settings.Change{Key: headKey(program), Value: encode(h), Was: was})
		revision, err := s.Apply(at, append(all, more...)...)
		if !errors.Is(err, settings.ErrConflict) {
			return revision, err
		}
		if _, is, failed := readHead(s, program); failed != nil || is == was {
			return revision, errors.Join(err, failed) // it is not the chain that somebody else has changed
		}
	}
}

func rows(program string, h *head, e Entry, w *What) []settings.Change {
	p := &part{Salt: newSalt(), What: w}
	e = h.follow(e, p)
	at := place(program, e.N)
	return []settings.Change{{Key: entryPrefix + at, Value: encode(e)}, {Key: whatPrefix + at, Value: encode(p)}}
}

// Head is where a chain ends.
type Head struct {
	N    uint64 `json:"n"`
	Hash string `json:"hash"`
}

// End is where a chain ends now.
func End(s settings.Store, program string) (Head, error) {
	h, _, err := readHead(s, program)
	return Head{h.N, h.Hash}, err
}

// Back calls yield for entries of a chain, the latest first, from one with a number below before, until it returns false; 0 is all.
func Back(s settings.Store, program string, before uint64, yield func(*Entry) bool) error {
	h, _, err := readHead(s, program)
	if err != nil {
		return err
	}
	last := h.N
	if before > 0 {
		last = min(last, before-1)
	}
	for last > 0 {
		list, err := readBlock(s, program, last/block)
		if err != nil {
			return err
		}
		for _, e := range slices.Backward(list) {
			if e.N <= last && !yield(&e) {
				return nil
			}
		}
		if last < block {
			break
		}
		last = last/block*block - 1
	}
	return nil
}

// Forward calls yield for all entries of a chain that there are, the oldest first, until it returns false. Their numbers are those that they
// say, and need not be those under which they are kept: Verify looks.
func Forward(s settings.Store, program string, yield func(*Entry) bool) error {
	h, _, err := readHead(s, program)
	if err != nil {
		return err
	}
	for n := range h.N/block + 1 {
		list, err := readBlock(s, program, n)
		if err != nil {
			return err
		}
		for i := range list {
			if !yield(&list[i]) {
				return nil
			}
		}
	}
	return nil
}

func readBlock(s settings.Store, program string, number uint64) ([]Entry, error) {
	within := program + "/" + fmt.Sprintf("%014x/", number)
	rows, _, err := s.List(entryPrefix + within)
	if err != nil {
		return nil, err
	}
	parts, _, err := s.List(whatPrefix + within)
	if err != nil {
		return nil, err
	}
	whats := map[string][]byte{}
	for _, row := range parts {
		whats[strings.TrimPrefix(row.Key, whatPrefix)] = row.Value
	}
	list := make([]Entry, 0, len(rows))
	for _, row := range rows {
		var e Entry
		if err := decode(row.Value, &e); err != nil {
			return nil, fmt.Errorf("the setting %s is damaged: %w", row.Key, err)
		}
		if value := whats[strings.TrimPrefix(row.Key, entryPrefix)]; value != nil {
			var p part
			if err := decode(value, &p); err != nil {
				return nil, fmt.Errorf("what entry %s is about is damaged: %w", strconv.FormatUint(e.N, 10), err)
			}
			e.Salt, e.What = p.Salt, p.What
		}
		list = append(list, e)
	}
	return list, nil
}

// Forget deletes the chain of a program that is removed.
func Forget(s settings.Store, program string) error {
	for _, prefix := range []string{entryPrefix + program + "/", whatPrefix + program + "/", headKey(program)} {
		rows, _, err := s.List(prefix)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if prefix != headKey(program) || row.Key == prefix {
				if err := settings.Delete(s, row.Key); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

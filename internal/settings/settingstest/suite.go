// Package settingstest is what every implementation of settings.Store has to pass: Run of what two handles on the same settings see of
// one another, Cut of what is left when the power or the connection is gone in the middle of a write.
package settingstest

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/settings"
)

// Run runs the suite. open opens two handles on settings that are empty, as two processes would.
func Run(t *testing.T, open func(*testing.T) (a, b settings.Store)) {
	for name, test := range map[string]func(t *testing.T, a, b settings.Store){
		"a row is inserted, replaced and deleted": writes,
		"only what was read is replaced":          conflicts,
		"no changes that a store cannot take":     misfits,
		"all changes or none":                     allOrNone,
		"only while nothing else was written":     at,
		"lists":                                   lists,
		"bytes are the caller's own":              copies,
		"revisions":                               revisions,
		"two insert the same":                     insertRace,
		"many count, and none is lost":            countRace,
		"a limit holds":                           limitRace,
		"readers see whole writes":                readersRace,
		"a mirror shows what others write":        mirrors,
	} {
		t.Run(name, func(t *testing.T) {
			a, b := open(t)
			test(t, a, b)
		})
	}
}

// set writes a row and returns the revision.
func set(t *testing.T, s settings.Store, key, value string, was uint64) uint64 {
	t.Helper()
	revision, err := s.Apply(settings.Whenever, settings.Change{Key: key, Value: []byte(value), Was: was})
	require.NoError(t, err)
	return revision
}

func get(t *testing.T, s settings.Store, key string) settings.Row {
	t.Helper()
	r, err := s.Get(key)
	require.NoError(t, err)
	require.Equal(t, key, r.Key)
	return r
}

func revision(t *testing.T, s settings.Store) uint64 {
	t.Helper()
	n, err := s.Revision()
	require.NoError(t, err)
	return n
}

func writes(t *testing.T, a, b settings.Store) {
	_, err := b.Get("k")
	require.ErrorIs(t, err, settings.ErrAbsent)
	first := set(t, a, "k", "one", 0)
	require.Equal(t, settings.Row{Key: "k", Value: []byte("one"), Revision: first}, get(t, b, "k"))
	second := set(t, b, "k", "two", first)
	require.Greater(t, second, first)
	require.Equal(t, settings.Row{Key: "k", Value: []byte("two"), Revision: second}, get(t, a, "k"))
	_, err = a.Apply(settings.Whenever, settings.Change{Key: "k", Was: second})
	require.NoError(t, err)
	_, err = b.Get("k")
	require.ErrorIs(t, err, settings.ErrAbsent)

	require.NoError(t, settings.Put(a, "p", []byte("new")))
	require.NoError(t, settings.Put(b, "p", []byte("newer")))
	require.Equal(t, "newer", string(get(t, a, "p").Value))
	require.NoError(t, settings.Delete(a, "p"))
	require.NoError(t, settings.Delete(b, "p"), "it is not there any more")
	_, err = settings.Update(b, "p", func([]byte) ([]byte, error) { return []byte("back"), nil })
	require.ErrorIs(t, err, settings.ErrAbsent)
}

func conflicts(t *testing.T, a, b settings.Store) {
	first := set(t, a, "k", "one", 0)
	second := set(t, b, "k", "two", first)
	before := revision(t, a)
	for name, change := range map[string]settings.Change{
		"inserted again":             {Key: "k", Value: []byte("x")},
		"replaced at an old state":   {Key: "k", Value: []byte("x"), Was: first},
		"replaced at a state to be":  {Key: "k", Value: []byte("x"), Was: second + 1},
		"deleted at an old revision": {Key: "k", Was: first},
	} {
		_, err := a.Apply(settings.Whenever, change)
		require.ErrorIs(t, err, settings.ErrConflict, name)
		require.NotErrorIs(t, err, settings.ErrAbsent, name)
	}
	for name, change := range map[string]settings.Change{
		"replaced": {Key: "none", Value: []byte("x"), Was: first}, "deleted": {Key: "none", Was: second},
	} {
		_, err := b.Apply(settings.Whenever, change)
		require.ErrorIs(t, err, settings.ErrAbsent, name)
		require.NotErrorIs(t, err, settings.ErrConflict, name)
	}
	require.Equal(t, settings.Row{Key: "k", Value: []byte("two"), Revision: second}, get(t, b, "k"))
	require.Equal(t, before, revision(t, b), "what changed nothing is no revision")
}

func misfits(t *testing.T, a, _ settings.Store) {
	for name, changes := range map[string][]settings.Change{
		"nothing":                {},
		"no key":                 {{Value: []byte("x")}},
		"a key with a zero byte": {{Key: "a\x00b", Value: []byte("x")}},
		"a key that is no text":  {{Key: "a\xff", Value: []byte("x")}},
		"one key twice":          {{Key: "a", Value: []byte("x")}, {Key: "a", Value: []byte("y")}},
		"deleted out of nowhere": {{Key: "a"}},
	} {
		_, err := a.Apply(settings.Whenever, changes...)
		require.Error(t, err, name)
		require.False(t, errors.Is(err, settings.ErrConflict) || errors.Is(err, settings.ErrAbsent), name)
	}
	rows, now, err := a.List("")
	require.NoError(t, err)
	require.Empty(t, rows)
	require.EqualValues(t, settings.First, now)
}

func allOrNone(t *testing.T, a, b settings.Store) {
	first := set(t, a, "one", "1", 0)
	next, err := b.Apply(settings.Whenever, settings.Change{Key: "one", Was: first}, settings.Change{Key: "two", Value: []byte("2")},
		settings.Change{Key: "three", Value: []byte("3")})
	require.NoError(t, err)
	want := []settings.Row{{Key: "three", Value: []byte("3"), Revision: next}, {Key: "two", Value: []byte("2"), Revision: next}}
	rows, _, err := a.List("")
	require.NoError(t, err)
	require.Equal(t, want, rows)
	for _, wrong := range []settings.Change{{Key: "two", Value: []byte("x")}, {Key: "one", Was: first}, {Key: "three", Was: first}} {
		_, err = a.Apply(settings.Whenever, settings.Change{Key: "four", Value: []byte("4")}, wrong)
		require.Error(t, err)
	}
	rows, now, err := b.List("")
	require.NoError(t, err)
	require.Equal(t, want, rows)
	require.Equal(t, next, now)
}

func at(t *testing.T, a, b settings.Store) {
	one, err := a.Apply(revision(t, a), settings.Change{Key: "one", Value: []byte("1")})
	require.NoError(t, err, "before anybody has written")
	_, err = b.Apply(settings.First, settings.Change{Key: "two", Value: []byte("2")})
	require.ErrorIs(t, err, settings.ErrConflict, "that is over")
	two, err := b.Apply(one, settings.Change{Key: "two", Value: []byte("2")})
	require.NoError(t, err)
	_, err = a.Apply(one, settings.Change{Key: "three", Value: []byte("3")})
	require.ErrorIs(t, err, settings.ErrConflict)
	_, err = a.Apply(two+1, settings.Change{Key: "three", Value: []byte("3")})
	require.ErrorIs(t, err, settings.ErrConflict)
	_, err = b.Get("three")
	require.ErrorIs(t, err, settings.ErrAbsent)
}

func lists(t *testing.T, a, b settings.Store) {
	keys := []string{"B", "a", "a/", "a/1", "a/10", "a/2", "a0", "a/ß", "a/日本", "b"} // in an order of its own
	for _, key := range keys {
		set(t, a, key, "value of "+key, 0)
	}
	set(t, a, "a/empty", "", 0)
	large := bytes.Repeat([]byte{0, 0xff, 'x'}, 350_000)
	set(t, a, "large", string(large), 0)
	require.Equal(t, large, get(t, b, "large").Value)
	for prefix, want := range map[string][]string{
		"a/":   {"a/", "a/1", "a/10", "a/2", "a/empty", "a/ß", "a/日本"},
		"a/1":  {"a/1", "a/10"},
		"":     {"B", "a", "a/", "a/1", "a/10", "a/2", "a/empty", "a/ß", "a/日本", "a0", "b", "large"},
		"none": nil,
		"a/%":  nil,
		"_":    nil,
	} {
		rows, now, err := b.List(prefix)
		require.NoError(t, err)
		require.Equal(t, revision(t, a), now)
		var got []string
		for _, r := range rows {
			got = append(got, r.Key)
			require.Equal(t, get(t, b, r.Key), r)
		}
		require.Equal(t, want, got, "%q", prefix)
	}
	empty := get(t, b, "a/empty")
	require.Empty(t, empty.Value)
}

func copies(t *testing.T, a, b settings.Store) {
	value := []byte("mine")
	_, err := a.Apply(settings.Whenever, settings.Change{Key: "k", Value: value})
	require.NoError(t, err)
	value[0] = 'x'
	got := get(t, b, "k")
	require.Equal(t, "mine", string(got.Value))
	got.Value[0] = 'x'
	rows, _, err := a.List("")
	require.NoError(t, err)
	require.Equal(t, "mine", string(rows[0].Value))
	rows[0].Value[0] = 'x'
	require.Equal(t, "mine", string(get(t, a, "k").Value))
}

func revisions(t *testing.T, a, b settings.Store) {
	require.EqualValues(t, settings.First, revision(t, a))
	last := uint64(settings.First)
	was := uint64(0)
	for i := range 10 {
		s := []settings.Store{a, b}[i%2]
		if was = set(t, s, "k", "v", was); i%3 == 2 {
			next, err := s.Apply(settings.Whenever, settings.Change{Key: "k", Was: was})
			require.NoError(t, err)
			require.Greater(t, next, was)
			was = next
		}
		require.Greater(t, was, last, "a row that comes again has a revision of its own")
		last = was
		require.Equal(t, last, revision(t, a))
		require.Equal(t, last, revision(t, b))
		if i%3 == 2 {
			was = 0
		}
	}
}

// racers is how many goroutines each handle has in a race.
const racers = 4

// race has both handles do something at once, in several goroutines each.
func race(a, b settings.Store, do func(s settings.Store, n int)) {
	var wait sync.WaitGroup
	begin := make(chan struct{})
	for n := range 2 * racers {
		wait.Go(func() {
			<-begin
			do([]settings.Store{a, b}[n%2], n)
		})
	}
	close(begin)
	wait.Wait()
}

func insertRace(t *testing.T, a, b settings.Store) {
	for round := range 20 {
		key := fmt.Sprint("secret/", round)
		var got [2 * racers]settings.Row
		var won [2 * racers]bool
		var errs [2 * racers]error
		race(a, b, func(s settings.Store, n int) {
			got[n], won[n], errs[n] = settings.Insert(s, key, []byte("of "+strconv.Itoa(n)))
		})
		there, winners := get(t, a, key), 0
		for n := range got {
			require.NoError(t, errs[n])
			require.Equal(t, there, got[n], "all have the same")
			if won[n] {
				winners++
				require.Equal(t, "of "+strconv.Itoa(n), string(there.Value))
			}
		}
		require.Equal(t, 1, winners)
	}
}

func countRace(t *testing.T, a, b settings.Store) {
	const each = 25
	set(t, a, "n", "0", 0)
	var errs [2 * racers]error
	race(a, b, func(s settings.Store, n int) {
		for range each {
			_, err := settings.Update(s, "n", func(value []byte) ([]byte, error) {
				n, err := strconv.Atoi(string(value))
				return []byte(strconv.Itoa(n + 1)), err
			})
			errs[n] = errors.Join(errs[n], err)
		}
	})
	require.NoError(t, errors.Join(errs[:]...))
	require.Equal(t, strconv.Itoa(2*racers*each), string(get(t, b, "n").Value))
	require.EqualValues(t, settings.First+1+2*racers*each, revision(t, a), "and nobody was told that it was lost, and was not")
}

// texts is a mirror of texts below a prefix.
func texts(t *testing.T, s settings.Store, prefix string) *settings.Mirror[*string] {
	t.Helper()
	m, err := settings.NewMirror(s, prefix, settings.Codec[*string]{
		Encode: func(text *string) ([]byte, error) { return []byte(*text), nil },
		Decode: func(value []byte) (*string, error) {
			if string(value) == "damaged" {
				return nil, errors.New("this is no text")
			}
			text := string(value)
			return &text, nil
		},
	})
	require.NoError(t, err)
	return m
}

var errLimit = errors.New("there are enough")

func limitRace(t *testing.T, a, b settings.Store) {
	const limit = 3
	mirrors := []*settings.Mirror[*string]{texts(t, a, "slots/"), texts(t, b, "slots/")}
	var errs [2 * racers]error
	race(a, b, func(_ settings.Store, n int) {
		m, value := mirrors[n%2], "mine"
		errs[n] = m.Insert(strconv.Itoa(n), &value, func() error {
			taken := 0
			for range m.All() {
				taken++
			}
			if taken >= limit {
				return errLimit
			}
			return nil
		})
	})
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else {
			require.ErrorIs(t, err, errLimit)
		}
	}
	require.Equal(t, limit, made)
	rows, _, err := a.List("slots/")
	require.NoError(t, err)
	require.Len(t, rows, limit)
}

// readersRace has writers move one piece from row to row, and readers look: they find exactly one, and revisions never go back.
func readersRace(t *testing.T, a, b settings.Store) {
	set(t, a, "at/0", "", 0)
	var errs [2 * racers]error
	race(a, b, func(s settings.Store, n int) {
		last := uint64(0)
		for i := 0; i < 50 && errs[n] == nil; i++ {
			rows, now, err := s.List("at/")
			after, errAfter := s.Revision()
			switch {
			case errors.Join(err, errAfter) != nil:
				errs[n] = errors.Join(err, errAfter)
			case len(rows) != 1 || rows[0].Revision > now || now < last || after < now:
				errs[n] = fmt.Errorf("%d rows at revision %d, after %d and before %d: %v", len(rows), now, last, after, rows)
			case n < racers:
				_, err = s.Apply(settings.Whenever, settings.Change{Key: rows[0].Key, Was: rows[0].Revision},
					settings.Change{Key: fmt.Sprintf("at/%d.%d", n, i), Value: []byte{}})
				if err != nil && !errors.Is(err, settings.ErrConflict) && !errors.Is(err, settings.ErrAbsent) {
					errs[n] = err
				}
			}
			last = now
		}
	})
	require.NoError(t, errors.Join(errs[:]...))
}

func mirrors(t *testing.T, a, b settings.Store) {
	set(t, a, "texts/old", "old", 0)
	set(t, a, "textsbook", "of others", 0)
	mine, others := texts(t, a, "texts/"), texts(t, b, "texts/")
	old, _ := others.Get("old")
	value := "new"
	require.NoError(t, mine.Insert("new", &value, func() error { return nil }))
	require.ErrorIs(t, mine.Insert("old", &value, func() error { return nil }), settings.ErrConflict)
	got, known := mine.Get("new")
	require.True(t, known, "what was written through it is there")
	require.Same(t, &value, got)
	_, known = others.Get("new")
	require.False(t, known)
	require.NoError(t, others.Load())
	got, _ = others.Get("new")
	require.Equal(t, "new", *got)
	same, _ := others.Get("old")
	require.Same(t, old, same, "what did not change is the same")

	longer := func(text *string) (*string, error) {
		longer := *text + "er"
		return &longer, nil
	}
	_, err := others.Update("new", longer)
	require.NoError(t, err)
	got, err = mine.Update("new", longer)
	require.NoError(t, err)
	require.Equal(t, "newerer", *got, "an update is of what is there, seen or not")
	_, err = mine.Update("new", func(*string) (*string, error) { return nil, errLimit })
	require.ErrorIs(t, err, errLimit)
	_, err = mine.Update("none", longer)
	require.ErrorIs(t, err, settings.ErrAbsent)

	for _, text := range []string{"put", "put again"} {
		require.NoError(t, others.Put("put", &text))
		got, _ = others.Get("put")
		require.Equal(t, text, *got)
	}
	require.Equal(t, "put again", string(get(t, a, "texts/put").Value))
	require.NoError(t, others.Delete("put"))
	require.NoError(t, others.Delete("old"))
	require.NoError(t, others.Delete("old"))
	_, known = others.Get("old")
	require.False(t, known)
	require.NoError(t, mine.Load())
	names := 0
	for name := range mine.All() {
		require.Equal(t, "new", name)
		names++
	}
	require.Equal(t, 1, names)

	require.NoError(t, settings.Put(b, "texts/new", []byte("damaged")))
	require.NoError(t, settings.Put(b, "texts/newest", []byte("fine")))
	require.ErrorContains(t, mine.Load(), `"texts/new" is damaged`)
	got, _ = mine.Get("new")
	require.Equal(t, "newerer", *got, "what was known before")
	got, _ = mine.Get("newest")
	require.Equal(t, "fine", *got)
	require.NoError(t, mine.Load(), "it is told once")
}

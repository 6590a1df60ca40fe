package audit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/settings"
)

// shop is a chain of so many entries.
func shop(t *testing.T, entries int) *settings.Memory {
	t.Helper()
	s := &settings.Memory{}
	for n := range entries {
		act := &audit.Act{Program: "shop", Action: "thing.change", Key: "abcdefgh", KeyName: "desk", Actor: "Ann",
			Request: fmt.Sprint("r", n), Reason: "because <it> must"}
		recorded := act.Recording(s, "things/", func() *audit.What { return audit.Change("thing", fmt.Sprint(n), map[string]int{"was": n}, n+1) })
		require.NoError(t, settings.Put(recorded, "things/one", []byte(fmt.Sprint(n))))
	}
	return s
}

// file is a chain as the API writes it.
func file(t *testing.T, s settings.Store) []string {
	t.Helper()
	var lines []string
	require.NoError(t, audit.Forward(s, "shop", func(e *audit.Entry) bool {
		b, err := json.Marshal(e)
		require.NoError(t, err)
		lines = append(lines, string(b))
		return true
	}))
	end, err := audit.End(s, "shop")
	require.NoError(t, err)
	b, err := json.Marshal(map[string]audit.Head{"head": end})
	require.NoError(t, err)
	return append(lines, string(b))
}

// broken is the entry at which a chain is said to be broken, 0 for nowhere.
func broken(t *testing.T, err error) uint64 {
	t.Helper()
	var where *audit.BrokenError
	if err != nil {
		require.True(t, errors.As(err, &where), "%v", err)
		return where.Entry
	}
	return 0
}

func before(text, what string) string {
	head, _, _ := strings.Cut(text, what)
	return head
}

func TestAFileThatWasTamperedWith(t *testing.T) {
	whole := file(t, shop(t, 5))
	for name, c := range map[string]struct {
		change func(lines []string) []string
		entry  uint64
	}{
		"nothing":                    {func(l []string) []string { return l }, 0},
		"an actor edited":            {func(l []string) []string { l[2] = strings.Replace(l[2], "Ann", "Bob", 1); return l }, 3},
		"a value edited":             {func(l []string) []string { l[2] = strings.Replace(l[2], `"was":2`, `"was":7`, 1); return l }, 3},
		"a reason edited":            {func(l []string) []string { l[4] = strings.Replace(l[4], "must", "may", 1); return l }, 5},
		"the salt edited":            {func(l []string) []string { l[0] = strings.Replace(l[0], `"salt":"`, `"salt":"0`, 1); return l }, 1},
		"what it was about left out": {func(l []string) []string { l[1] = before(l[1], `,"salt"`) + "}"; return l }, 2},
		"a field added":              {func(l []string) []string { l[1] = strings.Replace(l[1], `{`, `{"by":"me",`, 1); return l }, 2},
		"the first removed":          {func(l []string) []string { return l[1:] }, 1},
		"one removed":                {func(l []string) []string { return slices.Delete(l, 2, 3) }, 3},
		"the last removed":           {func(l []string) []string { return slices.Delete(l, 4, 5) }, 5},
		"the last two removed":       {func(l []string) []string { return slices.Delete(l, 3, 5) }, 4},
		"the end removed":            {func(l []string) []string { return l[:5] }, 6},
		"two reordered":              {func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }, 2},
		"one twice":                  {func(l []string) []string { return slices.Insert(l, 2, l[1]) }, 2},
		"one behind the end":         {func(l []string) []string { return append(l, l[0]) }, 6},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := audit.VerifyLines(strings.NewReader(strings.Join(c.change(slices.Clone(whole)), "\n")), "")
			require.Equal(t, c.entry, broken(t, err), "%v", err)
			if c.entry == 0 {
				require.EqualValues(t, 5, found.Entries)
			}
		})
	}
	other, err := audit.End(shop(t, 5), "shop")
	require.NoError(t, err)
	_, err = audit.VerifyLines(strings.NewReader(strings.Join(whole, "\n")), other.Hash)
	require.ErrorContains(t, err, "written anew")
	var third audit.Entry
	require.NoError(t, json.Unmarshal([]byte(whole[2]), &third))
	_, err = audit.VerifyLines(strings.NewReader(strings.Join(whole, "\n")), third.Hash)
	require.NoError(t, err, "it has grown since")
}

func TestSettingsThatWereTamperedWith(t *testing.T) {
	place := func(kind string, n int) string { return fmt.Sprintf("%s/shop/%014x/%02x", kind, n/256, n%256) }
	const entry, what, head = "audit", "audit-what", "audit-head/shop"
	edit := func(key, old, young string) func(*testing.T, settings.Store) {
		return func(t *testing.T, s settings.Store) {
			row, err := s.Get(key)
			require.NoError(t, err)
			require.Contains(t, string(row.Value), old)
			require.NoError(t, settings.Put(s, key, []byte(strings.Replace(string(row.Value), old, young, 1))))
		}
	}
	remove := func(keys ...string) func(*testing.T, settings.Store) {
		return func(t *testing.T, s settings.Store) {
			for _, key := range keys {
				require.NoError(t, settings.Delete(s, key))
			}
		}
	}
	swap := func(a, b string) func(*testing.T, settings.Store) {
		return func(t *testing.T, s settings.Store) {
			x, err := s.Get(a)
			require.NoError(t, err)
			y, err := s.Get(b)
			require.NoError(t, err)
			require.NoError(t, settings.Put(s, a, y.Value))
			require.NoError(t, settings.Put(s, b, x.Value))
		}
	}
	for name, c := range map[string]struct {
		change func(*testing.T, settings.Store)
		entry  uint64
	}{
		"nothing":           {func(*testing.T, settings.Store) {}, 0},
		"edited":            {edit(place(entry, 300), "Ann", "Bob"), 300},
		"what edited":       {edit(place(what, 2), `"id":"1"`, `"id":"9"`), 2},
		"removed":           {remove(place(entry, 7), place(what, 7)), 7},
		"what removed":      {remove(place(what, 7)), 7},
		"the last removed":  {remove(place(entry, 600), place(what, 600)), 600},
		"the head set back": {edit(head, `"n":600`, `"n":599`), 600},
		"reordered":         {swap(place(entry, 3), place(entry, 4)), 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := shop(t, 600)
			c.change(t, s)
			_, err := audit.Verify(s, "shop", "")
			require.Equal(t, c.entry, broken(t, err), "%v", err)
		})
	}
}

// An entry is there if, and only if, the change is; also where several make some at once.
func TestAnEntryAndItsChangeAreOne(t *testing.T) {
	s := &settings.Memory{}
	var together sync.WaitGroup
	for worker := range 4 {
		together.Add(1)
		go func() {
			defer together.Done()
			for n := range 25 {
				act := audit.Here("shop", "thing.add", "a test")
				recorded := act.Recording(s, "things/", func() *audit.What { return audit.Change("thing", fmt.Sprint(worker, n), nil, nil) })
				if _, _, err := settings.Insert(recorded, fmt.Sprint("things/", worker, n%20), []byte("x")); err != nil {
					panic(err)
				}
			}
		}()
	}
	together.Wait()
	found, err := audit.Verify(s, "shop", "")
	require.NoError(t, err)
	things, _, err := s.List("things/")
	require.NoError(t, err)
	require.EqualValues(t, len(things), found.Entries, "what was there before was not added again")
	none, err := audit.Verify(s, "other", "")
	require.NoError(t, err)
	require.Zero(t, none.Entries)
	require.NoError(t, audit.Forget(s, "shop"))
	rows, _, err := s.List("audit")
	require.NoError(t, err)
	require.Empty(t, rows)
}

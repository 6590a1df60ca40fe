package cases

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/laurel-engine/laurel/engine/enginetest"
)

// workedCase is one case of a file.
type workedCase interface {
	id() string
	words() string
	// run takes the case through a world, or several where it has several tenants, and calls differs for all that is not as
	// expected. It starts afresh each time.
	run(world func() *world, differs func(format string, args ...any))
}

// TestSemantics runs the cases about this program's own semantics.
func TestSemantics(t *testing.T) {
	runFiles(t, "semantics.json", func() workedCase { return new(semanticCase) })
}

// TestPeers runs what the tests of other engines expect.
func TestPeers(t *testing.T) { runFiles(t, "peers.json", func() workedCase { return new(peerCase) }) }

// runFiles runs the file in testdata, and the one of its name in the directory that LAUREL_CASES names.
func runFiles(t *testing.T, name string, empty func() workedCase) {
	listed := readExceptions(t, strings.TrimSuffix(name, ".json"))
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	cases, known := readCases(t, text, empty), map[string]bool{}
	for _, c := range cases {
		require.False(t, known[c.id()], "two cases are called %s", c.id())
		known[c.id()] = true
	}
	for id := range listed {
		require.True(t, known[id], "the list of exceptions has %s, which is no case", id)
	}
	if dir := os.Getenv("LAUREL_CASES"); dir != "" {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if !errors.Is(err, fs.ErrNotExist) {
			require.NoError(t, err)
			cases = append(cases, readCases(t, text, empty)...)
		}
	}
	runAll(t, cases, listed)
}

// readCases reads a file of cases. One that is not understood is a case that fails.
func readCases(t *testing.T, text []byte, empty func() workedCase) (cases []workedCase) {
	var list []json.RawMessage
	require.NoError(t, json.Unmarshal(text, &list))
	for i, one := range list {
		c := empty()
		if err := strict(one, c); err != nil {
			c = strange{fmt.Sprintf("%s, number %d", c.id(), i+1), err}
		}
		cases = append(cases, c)
	}
	return cases
}

// strange is a case in another form than that of its file.
type strange struct {
	name string
	err  error
}

func (s strange) id() string    { return s.name }
func (s strange) words() string { return "a case in another form" }
func (s strange) run(func() *world, func(format string, args ...any)) {
	cannot("its form is not understood: %v", s.err)
}

func runAll(t *testing.T, cases []workedCase, listed map[string]exception) {
	passed, counts := 0, map[string]int{}
	for _, c := range cases {
		t.Run(c.id(), func(t *testing.T) {
			found := runTwice(t, c)
			x, excepted := listed[c.id()]
			switch {
			case excepted && found == "":
				t.Errorf("this case passes, and is listed all the same (%s: %s): take it off the list", x.heading, x.reason)
			case excepted:
				counts[x.heading]++
				t.Logf("%s: %s\n%s", x.heading, x.reason, found)
			case found != "":
				t.Errorf("%s\n%s", c.words(), found)
			default:
				passed++
			}
		})
	}
	total := 0
	for _, heading := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("listed, %s: %d", heading, counts[heading])
		total += counts[heading]
	}
	t.Logf("%d cases: %d passed, %d listed", len(cases), passed, total)
}

// runTwice takes a case through worlds in which no job ever runs, and in which every job runs at its instant and the server is
// restarted before anybody looks. It returns what is not as expected, with the rulesets that were in force.
func runTwice(t *testing.T, c workedCase) string {
	var found strings.Builder
	for _, jobs := range []bool{false, true} {
		var worlds []*world
		differences := 0
		differs := func(format string, args ...any) {
			differences++
			fmt.Fprintf(&found, "- "+format+"\n", args...)
		}
		func() {
			defer func() {
				switch gone := recover().(type) {
				case nil:
				case impossible:
					differs("cannot be run: %s", gone)
				default: // one case's failure does not keep the others from being run
					differs("panic: %v\n%s", gone, debug.Stack())
				}
			}()
			c.run(func() *world {
				w := newWorld(jobs)
				worlds = append(worlds, w)
				return w
			}, differs)
		}()
		for _, w := range worlds {
			if differences > 0 {
				found.WriteString(w.written())
			} else if w.processor != nil {
				enginetest.CheckInvariants(t, w.store, w.processor, w.processor.Versions())
			}
		}
		if differences > 0 {
			return found.String()
		}
	}
	return ""
}

// impossible is why a case cannot be run at all, by panic.
type impossible string

func cannot(format string, args ...any) { panic(impossible(fmt.Sprintf(format, args...))) }

// exception is a line of the list, under its heading.
type exception struct{ heading, reason string }

// readExceptions reads the part of the list that speaks of one file.
func readExceptions(t *testing.T, section string) map[string]exception {
	text, err := os.ReadFile("testdata/exceptions.yaml")
	require.NoError(t, err)
	var list map[string]map[string]map[string]string // file, heading, id: reason
	require.NoError(t, yaml.Unmarshal(text, &list))
	out := map[string]exception{}
	for heading, ids := range list[section] {
		for id, reason := range ids {
			_, twice := out[id]
			require.False(t, twice, "the list of exceptions has %s twice", id)
			require.NotEmpty(t, reason, "%s is listed without a reason", id)
			out[id] = exception{heading, reason}
		}
	}
	return out
}

// strict reads JSON with exact numbers into a value that has a field for all that it says.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	return d.Decode(into)
}

package engine_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"flag"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// Golden journals are what programs of older builds wrote, with the numbers that members saw at five instants, what a void of an
// event in the middle came to, and how that event was explained. Every build gives the same result (reliability: P7); the
// outcome of each event is in the journal itself, and compared as well. They are never rewritten once a format is declared: a
// build that changes what is written adds a directory of its own.
var (
	record = flag.String("record", "", "directory below testdata/journals to write golden journals of this build to; it must be new")
	merges = flag.Int("merges", 0, "with -record: how many merges of members the one journal has, of the program in which most competes")
)

const journals = "testdata/journals"

func TestGoldenJournals(t *testing.T) {
	if *record != "" {
		for name := range samples {
			if *merges == 0 || name == "nasty" {
				writeJournal(t, filepath.Join(journals, *record), name)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(journals, "*", "*.journal.gz"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), len(samples), "write them with -record")
	for _, file := range files {
		t.Run(filepath.ToSlash(file[len(journals)+1:]), func(t *testing.T) {
			base := file[:len(file)-len(".journal.gz")]
			text, err := os.ReadFile(base + ".yaml")
			require.NoError(t, err)
			versions := []engine.Version{{Number: 1, From: calendar.Beginning, Rules: compile(t, string(text))}}
			store := readJournal(t, file)
			replayed, err := engine.Replay(store, versions)
			require.NoError(t, err, "every outcome is what it was")
			require.Equal(t, replayed.Hash, replayed.Stored)
			p, err := engine.NewProcessor(store, versions, nil)
			require.NoError(t, err)
			want, err := os.ReadFile(base + ".json")
			require.NoError(t, err)
			var end struct{ At calendar.Instant }
			require.NoError(t, json.Unmarshal(want, &end))
			require.JSONEq(t, string(want), string(golden(t, store, versions, p, end.At)))
		})
	}
}

// golden is all that a golden journal is held to: the members of a story at its end and at four instants before it, and what a
// void and an explanation of an event in its middle come to.
func golden(t *testing.T, store *engine.Memory, versions []engine.Version, p *engine.Processor, at calendar.Instant) []byte {
	t.Helper()
	first, middle := at, ""
	last, _ := store.Head()
	require.NoError(t, store.Records(1, func(seq uint64, b []byte) bool {
		rec, err := engine.DecodeRecord(b)
		require.NoError(t, err)
		first = min(first, rec.Event.Arrived)
		ofSender := p.Rules().EventType(rec.Event.Type) != nil && len(rec.Outcome.Effects) > 0 && rec.Event.Depth == 0
		if ofSender && seq <= last/2 {
			middle = rec.Event.ID
		}
		return true
	}))
	past := map[string]any{}
	for n := range calendar.Instant(4) {
		then := first + (at-first)/5*(n+1)
		members := map[string]engine.Progress{}
		for _, id := range storied {
			m, err := engine.MemberAt(store, versions, id, then)
			require.NoError(t, err)
			if m != nil {
				members[id] = m.Progress(p.Rules(), then, nil)
			}
		}
		past[then.String()] = members
	}
	x, err := engine.Explain(store, versions, middle)
	require.NoError(t, err)
	require.NotNil(t, x, middle)
	var did, steps []string
	for i := range x.Did {
		did = append(did, x.Did[i].Words()+" / "+x.Did[i].Definition+" / "+x.Did[i].Of)
	}
	for _, s := range x.Steps {
		steps = append(steps, s.Definition+" / "+string(s.Reason)+" / "+s.Detail)
	}
	end := numbers(p, at)
	void := engine.NewVoid(middle)
	void.Time, void.Arrived = at, at
	out, refusal, err := p.Process(void)
	require.NoError(t, err)
	voided := map[string]any{"refusal": refusal}
	if refusal == nil {
		voided["answer"] = json.RawMessage(engine.AppendAnswer(nil, out))
	}
	voided["members"] = numbers(p, at)
	b, err := json.MarshalIndent(map[string]any{"at": at, "members": end, "past": past, "event": middle, "did": did, "steps": steps, "voided": voided}, "", " ")
	require.NoError(t, err)
	return b
}

// storied are the members of a story.
var storied = []string{"m0", "m1", "m2", "m3", "m4", "m5"}

// numbers are what the members of a story see at an instant.
func numbers(p *engine.Processor, at calendar.Instant) map[string]engine.Progress {
	members := map[string]engine.Progress{}
	for _, id := range storied {
		if m := p.Member(id); m != nil {
			members[id] = m.Progress(p.Rules(), at, p.Group)
		}
	}
	return members
}

func writeJournal(t *testing.T, dir, name string) {
	t.Helper()
	base := filepath.Join(dir, name)
	require.NoFileExists(t, base+".yaml", "golden journals are never written anew")
	require.NoError(t, os.MkdirAll(dir, 0o750))
	w := program(t, source(t, name))
	w.merges = *merges
	w.story(name, rand.New(rand.NewSource(1)), 250)
	w.commit(true)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	require.NoError(t, w.store.Records(1, func(_ uint64, rec []byte) bool {
		_, err := z.Write(append(binary.AppendUvarint(nil, uint64(len(rec))), rec...))
		return err == nil
	}))
	require.NoError(t, z.Close())
	require.NoError(t, os.WriteFile(base+".journal.gz", b.Bytes(), 0o600))
	require.NoError(t, os.WriteFile(base+".yaml", []byte(source(t, name)), 0o600))
	store := readJournal(t, base+".journal.gz") // as a replay has it
	p, err := engine.NewProcessor(store, w.versions, nil)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(base+".json", append(golden(t, store, w.versions, p, w.now), '\n'), 0o600))
}

func readJournal(t *testing.T, file string) *engine.Memory {
	t.Helper()
	packed, err := os.ReadFile(file)
	require.NoError(t, err)
	z, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	rest, err := io.ReadAll(z)
	require.NoError(t, err)
	batch := &engine.Batch{First: 1}
	for len(rest) > 0 {
		n, size := binary.Uvarint(rest)
		require.Positive(t, size)
		rec := rest[size : size+int(n)]
		rest = rest[size+int(n):]
		decoded, err := engine.DecodeRecord(rec)
		require.NoError(t, err)
		batch.Records, batch.IDs = append(batch.Records, rec), append(batch.IDs, decoded.Event.ID)
	}
	store := engine.NewMemory()
	require.NoError(t, store.Commit(batch))
	return store
}

package laurel_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

// Data directories of older builds, each zipped with what its members saw: every build opens, serves, voids in and erases in all of
// them. They are never written again; a build that changes what is on the disk adds one.
var recordDirectory = flag.String("record-directory", "", "name of a data directory of this build to add below testdata/directories")

const directories = "testdata/directories"

// members of those directories.
var members = []string{"ann", "bob", "cem"}

func TestDirectoriesOfOlderBuilds(t *testing.T) {
	if *recordDirectory != "" {
		writeDirectory(t, *recordDirectory)
	}
	files, err := filepath.Glob(filepath.Join(directories, "*.zip"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(strings.TrimSuffix(file, ".zip") + ".json")
			require.NoError(t, err)
			dir := filepath.Join(t.TempDir(), "data")
			unzip(t, file, dir)
			require.JSONEq(t, string(want), string(livedThrough(t, dir, laurel.Path(strings.TrimSuffix(file, ".zip")+".yaml"))))
		})
	}
}

// livedThrough is what members of a directory see, and what becomes of them by a void, an erasure, time and a restart.
func livedThrough(t *testing.T, dir string, ruleset laurel.Ruleset) []byte {
	ctx := t.Context()
	p := open(t, dir, ruleset)
	seen := map[string]any{"opened": progressOfAll(t, p)}
	again, err := p.Send(ctx, purchase("o3", 3))
	require.NoError(t, err)
	require.True(t, again.Duplicate)
	voided, err := p.Do(ctx, engine.NewVoid("o3"))
	require.NoError(t, err)
	seen["voided"] = json.RawMessage(engine.AppendAnswer(nil, voided))
	_, err = p.Do(ctx, engine.NewErasure("bob"))
	require.NoError(t, err)
	_, err = p.Progress(ctx, "bob")
	_ = refusedAs(t, err, engine.CodeMemberErased)
	seen["erased"] = progressOfAll(t, p)
	require.NoError(t, p.Advance(ctx, p.Now().AddDate(0, 2, 0)))
	require.NoError(t, p.Close())
	seen["later"] = progressOfAll(t, open(t, dir, ruleset))
	b, err := json.MarshalIndent(seen, "", " ")
	require.NoError(t, err)
	return b
}

func progressOfAll(t *testing.T, p *laurel.Program) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, member := range members {
		progress, err := p.Progress(t.Context(), member)
		if err != nil {
			all[member] = err.Error()
			continue
		}
		all[member] = progress
		var entries []engine.LedgerEntry
		for entry, err := range p.Ledger(t.Context(), member) {
			require.NoError(t, err)
			entries = append(entries, entry)
		}
		all[member+"'s ledger"] = entries
		cards, err := p.Cards(t.Context(), member)
		require.NoError(t, err)
		if len(cards) > 0 {
			all[member+"'s cards"] = cards
		}
	}
	return all
}

// card is the nth number of a card.
func card(n byte) string { return engine.CardNumber([16]byte{15: n}) }

// writeDirectory makes a directory of this build, and writes down what becomes of it.
func writeDirectory(t *testing.T, name string) {
	file := filepath.Join(directories, name+".zip")
	require.NoFileExists(t, file, "directories of older builds are never written anew")
	require.NoError(t, os.MkdirAll(directories, 0o750))
	dir := filepath.Join(t.TempDir(), "data")
	p := open(t, dir, laurel.Text(cafe))
	ctx := t.Context()
	for i := range 60 {
		e := purchase(fmt.Sprint("o", i), float64(i%7))
		e.Member = members[i%3]
		if i%3 == 0 {
			e.Member = "ann"
		}
		_, err := p.Send(ctx, e)
		require.NoError(t, err)
		require.NoError(t, p.Advance(ctx, p.Now().Add(11*time.Hour)))
	}
	guests := purchase("g1", 9)
	guests.Member = "guest"
	_, err := p.Send(ctx, guests)
	require.NoError(t, err)
	for _, command := range []*event.Event{engine.NewCard("ann", "ann", card(1)), engine.NewCardRotation("r1", "ann", card(2)),
		engine.NewCard("bob", "bob", card(3)), engine.NewCardBlock("b1", "ann", ""), engine.NewClaim("c1", "ann", "free_drink", 0),
		engine.NewMerge("m1", "cem", "guest"), engine.NewAmend("o57", json.RawMessage(`{"amount": 20}`)), engine.NewVoid("o58")} {
		command.By = &event.By{Action: command.Type, Key: "abcdefgh", Name: "desk", Actor: "Ann from the desk", Request: "r-1", Salt: "abc"}
		_, err := p.Do(ctx, command)
		require.NoError(t, err, command.Type)
	}
	require.NoError(t, p.Close())
	zipped(t, dir, file)
	require.NoError(t, os.WriteFile(filepath.Join(directories, name+".yaml"), []byte(cafe), 0o600))
	copied := filepath.Join(t.TempDir(), "data")
	unzip(t, file, copied)
	require.NoError(t, os.WriteFile(filepath.Join(directories, name+".json"), append(livedThrough(t, copied, laurel.Text(cafe)), '\n'), 0o600))
}

// zipped packs a directory, but for what only keeps room or others out.
func zipped(t *testing.T, dir, file string) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "ballast" || d.Name() == "LOCK" {
			return err
		}
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		w, err := z.Create(filepath.ToSlash(name))
		require.NoError(t, err)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		_, err = w.Write(text)
		return err
	}))
	require.NoError(t, z.Close())
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o600))
}

func unzip(t *testing.T, file, dir string) {
	z, err := zip.OpenReader(file)
	require.NoError(t, err)
	defer func() { require.NoError(t, z.Close()) }()
	for _, f := range z.File {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		r, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, text, 0o600))
	}
}

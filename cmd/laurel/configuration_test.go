package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The table of settings in the guide is that of the flags.
func TestSettingsAreDescribed(t *testing.T) {
	const page, head = "../../docs/operations/configuration.md", "|---|---|---|\n"
	var table strings.Builder
	for _, one := range serveSettings(&serveOptions{}).All {
		otherwise := "`" + one.Default + "`"
		if one.Default == "" {
			otherwise = ""
		}
		usage := strings.ReplaceAll(one.Usage, "\n", " ")
		if one.ByHand() {
			usage = "*flag alone:* " + usage
		}
		table.WriteString("| `" + one.Name + "` | " + otherwise + " | " + usage + " |\n")
	}
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	before, after, found := strings.Cut(string(text), head)
	require.True(t, found)
	rows, after, found := strings.Cut(after, "\n\n")
	if found = found && strings.HasPrefix(rows, "|"); !found {
		after = strings.TrimPrefix(rows+"\n\n"+after, "\n")
		rows = ""
	}
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(before+head+table.String()+"\n"+after), 0o600))
		return
	}
	require.Equal(t, table.String(), rows+"\n", "go test ./cmd/laurel -run TestSettings -update writes the table")
}

// A mistake in the file ends the start, with its place.
func TestAMistakeInTheFileEndsTheStart(t *testing.T) {
	dir := t.TempDir()
	ruleset := write(t, dir, "ruleset.yaml", pingRuleset)
	file := write(t, dir, "laurel.yaml", "keep_free: 1GiB\n")
	_, stderr, exit := laurel(t, "serve", ruleset, "--data", filepath.Join(dir, "data"), "--config", file)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "did you mean keep-free?")
	require.Contains(t, stderr, "laurel.yaml:1:1")
	_, err := os.Stat(filepath.Join(dir, "data"))
	require.ErrorIs(t, err, os.ErrNotExist)

	t.Setenv("LAUREL_CONFIG", write(t, dir, "laurel.yaml", "sandbox: true\nverbose: 1\ndata: "+filepath.Join(dir, "data")+"\n"))
	s := serveBinary(t, ruleset)
	require.Contains(t, s.key, "lk_test_")
	s.interrupt()
	require.Contains(t, s.log(), `"msg":"setting","name":"sandbox","value":"true","source":"`+file+`:1"`)
	require.Contains(t, s.log(), `"msg":"setting","name":"listen","value":"127.0.0.1:0","source":"--listen"`)
}

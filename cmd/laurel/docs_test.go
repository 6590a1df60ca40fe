package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets"
)

// documents are the texts whose examples run.
func documents(t *testing.T) []string {
	files, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	return append(files, "../../README.md")
}

var fenced = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// blocks are the fenced blocks of one language in a document.
func blocks(t *testing.T, document, language string) []string {
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	var found []string
	for _, m := range fenced.FindAllStringSubmatch(string(text), -1) {
		if m[1] == language {
			found = append(found, m[2])
		}
	}
	return found
}

// Every YAML block of the documents is a ruleset that compiles.
func TestDocumentedRulesets(t *testing.T) {
	n := 0
	for _, document := range documents(t) {
		for _, block := range blocks(t, document, "yaml") {
			n++
			_, diagnostics := rulesets.Parse(filepath.Base(document), []byte(block))
			require.Empty(t, diagnostics.Error(), "%s:\n%s", document, block)
		}
	}
	require.NotZero(t, n)
}

// Every command of the README and the documents does what it says: requests against the demo's server, the others in a
// directory of their own.
func TestDocumentedCommands(t *testing.T) {
	s := serveBinary(t, "--demo", "--data", filepath.Join(t.TempDir(), "data"))
	dir := t.TempDir()
	ran := 0
	var all []string
	for _, document := range documents(t) {
		all = append(all, blocks(t, document, "sh")...)
	}
	for _, block := range all {
		for line := range strings.Lines(block) {
			command := strings.TrimSpace(strings.SplitN(line, " #", 2)[0])
			switch {
			case command == "go run ./cmd/laurel serve --demo": // is s
			case command == "make test": // is what runs this
			case strings.HasPrefix(command, "laurel serve "):
				mine := serveBinary(t, strings.Fields(strings.ReplaceAll(strings.TrimPrefix(command, "laurel serve "), "my-", dir+"/my-"))...)
				require.NotEmpty(t, mine.key, "the first start prints a key")
			default:
				runLine(t, s, dir, command)
			}
			ran++
		}
	}
	require.GreaterOrEqual(t, ran, 19)
}

func runLine(t *testing.T, s *server, dir, command string) {
	cmd := exec.Command("bash", "-c", strings.ReplaceAll(command, "curl ", "curl -sS --fail-with-body "))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "KEY="+s.key, "API="+s.base, "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", command, out)
	if strings.HasPrefix(command, "curl") {
		require.True(t, json.Valid(out), "%s\n%s", command, out)
	}
}

// The answer that the README shows is a part of the real one.
func TestReadmeAnswer(t *testing.T) {
	s := serveBinary(t, "--demo", "--data", filepath.Join(t.TempDir(), "data"))
	var shown, got struct {
		ID        string
		Duplicate bool
		Effects   []map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(blocks(t, "../../README.md", "json")[0]), &shown))
	body := `{"id":"o1","type":"purchase","member":"ann","time":"` + lastWorkday() + `","data":{"order_id":"o1","amount":12.50}}`
	require.Equal(t, 200, s.do("POST", "/v1/events", body, &got))
	require.Equal(t, shown.ID, got.ID)
	require.Equal(t, shown.Duplicate, got.Duplicate)
	for key, value := range shown.Effects[0] {
		require.Equal(t, value, got.Effects[0][key], key)
	}
}

// lastWorkday is an instant of the last two days on which no star is doubled: neither a Tuesday nor a Friday afternoon.
func lastWorkday() string {
	at := wallClock().Time()
	for at.Weekday() == time.Tuesday || at.Weekday() == time.Friday {
		at = at.Add(-12 * time.Hour)
	}
	return at.Format(time.RFC3339)
}

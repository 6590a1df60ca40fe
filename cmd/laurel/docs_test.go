package main

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets"
)

var update = flag.Bool("update", false, "write what commands print into the documents anew")

// A document runs from its first line to its last, in a directory of its own. What its fenced blocks are is said by the
// words after the fence:
//
//	yaml         a ruleset that compiles
//	yaml FILE    is written to FILE, and replaces what was there
//	sh           commands, run in order; one that is meant to fail says so: laurel test shop   # exit code 1
//	text         what the commands just before it print, to the letter
//	json         well-formed JSON
//	go FILE      a program that compiles; the commands after it, or a test of its own, run it
//
// There are no others: what a document shows, runs.
type document struct {
	path   string
	blocks []block
}

type block struct {
	language, file, text string
	from, to             int // bytes of its text in the document
}

var fenced = regexp.MustCompile("(?ms)^```([a-z]*)(?: ([^\n]*))?\n(.*?)^```$")

func readDocument(t *testing.T, path string) document {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	d := document{path: path}
	for _, m := range fenced.FindAllStringSubmatchIndex(string(text), -1) {
		b := block{language: string(text[m[2]:m[3]]), text: string(text[m[6]:m[7]]), from: m[6], to: m[7]}
		if m[4] >= 0 {
			b.file = string(text[m[4]:m[5]])
		}
		d.blocks = append(d.blocks, b)
	}
	return d
}

// documents are the texts whose examples run.
func documents(t *testing.T) []document {
	files, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	pages, err := filepath.Glob("../../docs/operations/*.md")
	require.NoError(t, err)
	var all []document
	for _, file := range append(append(files, pages...), "../../README.md") {
		all = append(all, readDocument(t, file))
	}
	return all
}

// Every ruleset of the documents compiles, every file and command of theirs does what it says. Requests go to the demo's
// server until a document starts one of its own.
func TestDocuments(t *testing.T) {
	demo := serveBinary(t, "--demo", "--data", filepath.Join(t.TempDir(), "data"))
	commands := 0
	for _, d := range documents(t) {
		t.Run(strings.TrimSuffix(filepath.Base(d.path), ".md"), func(t *testing.T) {
			r := &reader{t: t, dir: t.TempDir(), server: demo}
			printed, edits := "", map[block]string{}
			for _, b := range d.blocks {
				switch b.language {
				case "yaml", "csv", "ndjson":
					r.yaml(b)
				case "sh":
					printed = r.run(b.text)
					commands += strings.Count(b.text, "\n")
				case "text":
					if edits[b] = printed; !*update {
						require.Equal(t, printed, b.text, "go test ./cmd/laurel -run Documents -update writes what is printed now")
					}
				case "go":
					r.compile(b)
				case "json":
					require.True(t, json.Valid([]byte(b.text)), b.text)
				default:
					require.Fail(t, "nothing runs a block of "+strconv.Quote(b.language), b.text)
				}
			}
			if *update {
				d.write(t, edits)
			}
		})
	}
	require.GreaterOrEqual(t, commands, 19)
}

// write replaces the texts of blocks, from the last to the first so that places stay true.
func (d *document) write(t *testing.T, edits map[block]string) {
	text, err := os.ReadFile(d.path)
	require.NoError(t, err)
	out := string(text)
	for i := len(d.blocks) - 1; i >= 0; i-- {
		b := d.blocks[i]
		if printed, ok := edits[b]; ok {
			out = out[:b.from] + printed + out[b.to:]
		}
	}
	require.NoError(t, os.WriteFile(d.path, []byte(out), 0o600))
}

// reader does what a reader of a document does.
type reader struct {
	t      *testing.T
	dir    string
	server *server // that requests go to
}

// yaml compiles a ruleset, or writes a file. What is in files is checked by the document's own commands.
func (r *reader) yaml(b block) {
	if b.file == "" {
		_, diagnostics := rulesets.Parse("ruleset.yaml", []byte(b.text))
		require.Empty(r.t, diagnostics.Error(), b.text)
		return
	}
	target := filepath.Join(r.dir, b.file)
	require.NoError(r.t, os.MkdirAll(filepath.Dir(target), 0o700))
	require.NoError(r.t, os.WriteFile(target, []byte(b.text), 0o600))
}

var exitNote = regexp.MustCompile(`# exit code (\d+)$`)

// run runs commands one by one and returns all that they print.
func (r *reader) run(commands string) string {
	printed := ""
	for line := range strings.Lines(commands) {
		line = strings.TrimSpace(line)
		want := 0
		if m := exitNote.FindStringSubmatch(line); m != nil {
			want, _ = strconv.Atoi(m[1])
		}
		command := strings.TrimSpace(strings.SplitN(line, " #", 2)[0])
		switch {
		case command == "go run ./cmd/laurel serve --demo": // is what requests go to
		case command == "make test": // is what runs this
		case strings.HasPrefix(command, "laurel serve "):
			r.server = serveIn(r.t, r.dir, strings.Fields(strings.TrimPrefix(command, "laurel serve "))...)
			require.NotEmpty(r.t, r.server.key, "the first start prints a key")
		default:
			printed += r.runLine(command, want)
		}
	}
	return printed
}

func (r *reader) runLine(command string, want int) string {
	cmd := exec.Command("bash", "-c", strings.ReplaceAll(command, "curl ", "curl -sS --fail-with-body "))
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "TOKEN="+r.token(command), "KEY="+r.server.key, "LAUREL_KEY="+r.server.key, "API="+checked(r.t, r.server.base),
		"OPERATORS="+r.server.health, "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))
	out, _ := cmd.CombinedOutput()
	require.Equal(r.t, want, cmd.ProcessState.ExitCode(), "%s\n%s", command, out)
	if strings.HasPrefix(command, "curl") && !strings.Contains(command, " -o ") {
		require.True(r.t, json.Valid(out), "%s\n%s", command, out)
	}
	return string(out)
}

// token is one of a member's, for a command that takes one.
func (r *reader) token(command string) string {
	if !strings.Contains(command, "$TOKEN") {
		return ""
	}
	var made struct{ Token string }
	require.Equal(r.t, 201, r.server.do("POST", "/v1/members/ann/tokens", "", &made))
	return made.Token
}

var namedTest = regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")

// Documents name tests as proofs: each of them exists.
func TestDocumentsNameRealTests(t *testing.T) {
	exists := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	require.NoError(t, filepath.WalkDir("../..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(source, -1) {
			exists[string(m[1])] = true
		}
		return err
	}))
	named := 0
	for _, d := range documents(t) {
		text, err := os.ReadFile(d.path)
		require.NoError(t, err)
		for _, m := range namedTest.FindAllSubmatch(text, -1) {
			named++
			assert.True(t, exists[string(m[1])], "%s names %s, which is no test", d.path, m[1])
		}
	}
	require.Greater(t, named, 100)
}

var (
	citation = regexp.MustCompile(`\(((?:semantics|architecture|reliability|language|api|operations|security|decisions|` +
		`pitfalls|amendments|house|hotpath|service|cluster): [^)]*)\)`)
	heading = regexp.MustCompile(`(?m)^##+ (.*)$`)
	promise = regexp.MustCompile(`^P\d+$`)
)

// Comments cite sections of documents, as in (semantics: Points, Time; reliability: P7). Each of them is in docs.
func TestCitationsResolve(t *testing.T) {
	sections := map[string][]string{}
	for _, d := range documents(t) {
		text, err := os.ReadFile(d.path)
		require.NoError(t, err)
		name := strings.TrimSuffix(filepath.Base(d.path), ".md")
		sections[name] = []string{}
		for _, m := range heading.FindAllSubmatch(text, -1) {
			sections[name] = append(sections[name], strings.ToLower(string(m[1])))
		}
	}
	resolved := 0
	require.NoError(t, filepath.WalkDir("../..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range citation.FindAllStringSubmatch(regexp.MustCompile(`\s*\n\s*// `).ReplaceAllString(string(source), " "), -1) {
			for _, part := range strings.Split(m[1], "; ") {
				document, cited, _ := strings.Cut(part, ": ")
				for _, section := range strings.Split(cited, ", ") {
					known := slices.Contains(sections[document], strings.ToLower(section)) || document == "reliability" && promise.MatchString(section)
					assert.True(t, known, "%s cites (%s), which docs do not have", path, part)
					resolved++
				}
			}
		}
		return err
	}))
	require.Greater(t, resolved, 50)
}

var namedFile = regexp.MustCompile("`((?:[a-z]+/)*[a-z_]+\\.go)`")

// The files that docs/architecture.md names exist, and its map has every package.
func TestArchitectureNamesRealFiles(t *testing.T) {
	exists, packages := map[string]bool{}, map[string]bool{}
	require.NoError(t, filepath.WalkDir("../..", func(path string, _ os.DirEntry, err error) error {
		exists[filepath.Base(path)] = true
		if filepath.Ext(path) == ".go" && !strings.Contains(path, "testdata") {
			packages[filepath.Dir(path)] = true
		}
		return err
	}))
	text, err := os.ReadFile("../../docs/architecture.md")
	require.NoError(t, err)
	named := namedFile.FindAllSubmatch(text, -1)
	require.Greater(t, len(named), 10)
	for path := range packages {
		if path == "../.." {
			path = "laurel"
		}
		assert.Regexp(t, `(?m)^    .*\b`+regexp.QuoteMeta(filepath.Base(path))+`\b`, string(text), "the map has no line for %s", path)
	}
	for _, m := range named {
		assert.True(t, exists[filepath.Base(string(m[1]))], "docs/architecture.md names %s", m[1])
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
	for _, b := range readDocument(t, "../../README.md").blocks {
		if b.language == "json" {
			require.NoError(t, json.Unmarshal([]byte(b.text), &shown))
		}
	}
	body := `{"id":"o1","type":"purchase","member":"ann","time":"` + lastWorkday() + `","data":{"order_id":"o1","amount":12.50}}`
	require.Equal(t, 200, s.do("POST", "/v1/events", body, &got))
	require.Equal(t, shown.ID, got.ID)
	require.Equal(t, shown.Duplicate, got.Duplicate)
	for key, value := range shown.Effects[0] {
		require.Equal(t, value, got.Effects[0][key], key)
	}
}

// lastWorkday is an instant of the last two days on which no star is doubled: neither a Tuesday nor a Friday afternoon, where the demo lies, which
// is up to two hours ahead of UTC.
func lastWorkday() string {
	at := time.Now().UTC()
	doubled := func(at time.Time) bool { return at.Weekday() == time.Tuesday || at.Weekday() == time.Friday }
	for doubled(at) || doubled(at.Add(2*time.Hour)) {
		at = at.Add(-12 * time.Hour)
	}
	return at.Format(time.RFC3339)
}

//go:build same

package same

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/laurel-engine/laurel/rulesets"
)

// source is a ruleset of the repository.
type source struct {
	name string // where it stands
	text string
}

var (
	yamlBlock   = regexp.MustCompile("(?ms)^```yaml[^\n]*\n(.*?)^```$")
	programLine = regexp.MustCompile(`(?m)^program: *\S+.*$`)
)

// corpus is every ruleset of one text that stands in the repository: the shipped ones, those of documents, of cases and of tests.
func corpus(t *testing.T) (list []source) {
	root := filepath.Join("..", "..")
	add := func(name, text string) {
		p, diagnostics := rulesets.Parse("ruleset.yaml", []byte(text))
		if !diagnostics.HasErrors() && slices.ContainsFunc(p.Ruleset.Events, sent) && programLine.MatchString(text) {
			list = append(list, source{name, text})
		}
	}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil && (strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 || path == filepath.Join(root, "rulesets", "lint", "testdata")) {
				return fs.SkipDir // what lint warns of can raise a message a minute
			}
			return err
		}
		name, err := filepath.Rel(root, path)
		require.NoError(t, err)
		switch filepath.Ext(path) {
		case ".yaml":
			add(name, rulesetOf(t, path))
		case ".md":
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, m := range yamlBlock.FindAllStringSubmatch(string(text), -1) {
				if id := programLine.FindString(m[1]); id != "" {
					add(name+"#"+strings.TrimSpace(strings.TrimPrefix(id, "program:")), m[1])
				}
			}
		}
		return nil
	}))
	slices.SortFunc(list, func(a, b source) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(list, func(a, b source) bool { return a.name == b.name })
}

// rulesetOf is a file's text, or the ruleset that a file of tests has in it.
func rulesetOf(t *testing.T, path string) string {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var tests struct{ Ruleset yaml.Node }
	if yaml.Unmarshal(text, &tests) != nil || tests.Ruleset.Kind != yaml.MappingNode {
		return string(text)
	}
	inline, err := yaml.Marshal(&tests.Ruleset)
	require.NoError(t, err)
	return string(inline)
}

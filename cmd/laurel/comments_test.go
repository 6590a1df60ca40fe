package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unplain are words that have sent readers to a dictionary, or that mean something else to them, with what to write instead.
var unplain = map[*regexp.Regexp]string{
	regexp.MustCompile(`\banew\b`):                                         "again, or a verb with re-",
	regexp.MustCompile(`\blooked over\b`):                                  "skipped, or looked at",
	regexp.MustCompile(`\bof (late|old)\b`):                                "lately, before",
	regexp.MustCompile(`\bcome(s)? to the same\b`):                         "gives the same result",
	regexp.MustCompile(`\bwhat (it|they) comes? to\b`):                     "amounts to, results in",
	regexp.MustCompile(`\b(hereof|thereof|whereby|hitherto|henceforth)\b`): "plain words",
}

func TestCommentsAreInPlainWords(t *testing.T) {
	read := 0
	require.NoError(t, filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "comments_test.go") || strings.Contains(path, ".tools") {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		require.NoError(t, err)
		read++
		for _, group := range file.Comments {
			text := strings.Join(strings.Fields(group.Text()), " ")
			for word, instead := range unplain {
				require.False(t, word.MatchString(text), "%s: %q; write %s", set.Position(group.Pos()), word.FindString(text), instead)
			}
		}
		return nil
	}))
	require.Greater(t, read, 300)
}

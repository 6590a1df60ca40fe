package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/engine/spelling"
	"github.com/laurel-engine/laurel/rulesets/examples"
)

func newInit() *cobra.Command {
	return &cobra.Command{
		Use:   "init [" + strings.Join(examples.Names, "|") + "] [DIR]",
		Short: "Write an example ruleset with its tests into a directory",
		Long: "Writes one of the shipped rulesets and its tests into a directory (the example's name by default).\n" +
			"Files that are already there are left alone: the command then writes nothing and says which.",
		Args:      cobra.MaximumNArgs(2),
		ValidArgs: examples.Names,
		RunE: func(cmd *cobra.Command, args []string) error {
			name := examples.Names[0]
			if len(args) > 0 {
				name = args[0]
			}
			dir := name
			if len(args) > 1 {
				dir = args[1]
			}
			written, err := writeExample(name, dir)
			if err != nil {
				return err
			}
			for _, file := range written {
				fmt.Fprintln(cmd.OutOrStdout(), file)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "next: laurel test %s\n", filepath.Join(dir, "ruleset_test.yaml"))
			return nil
		},
	}
}

// writeExample writes the files of an example and returns their names. It overwrites nothing.
func writeExample(name, dir string) ([]string, error) {
	entries, err := fs.ReadDir(examples.FS, name)
	if err != nil {
		message := fmt.Sprintf("there is no example %q; there are %s", name, strings.Join(examples.Names, ", "))
		if hint := spelling.Suggest(name, examples.Names); hint != "" {
			message += ": " + hint
		}
		return nil, errors.New(message)
	}
	var written []string
	for _, e := range entries {
		target := filepath.Join(dir, e.Name())
		if _, err := os.Lstat(target); err == nil {
			return nil, fmt.Errorf("%s is already there; nothing was written", target)
		}
		written = append(written, target)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // a ruleset is no secret
		return nil, err
	}
	for i, e := range entries {
		text, err := fs.ReadFile(examples.FS, name+"/"+e.Name())
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(written[i], text, 0o644); err != nil { //nolint:gosec // a ruleset is no secret
			return nil, err
		}
	}
	return written, nil
}

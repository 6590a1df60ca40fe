package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/rulesets/expand"
)

func newExpand() *cobra.Command {
	return &cobra.Command{
		Use:   "expand RULESET",
		Short: "Print the primitives that a ruleset comes to: counters, rules, windows and holdings",
		Long: "Prints what a ruleset, a file or a directory, comes to: everything that is short for something else is spelt out,\n" +
			"and every default is filled in.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := loaded(cmd, args[0])
			if err == nil {
				fmt.Fprint(cmd.OutOrStdout(), expand.YAML(p))
			}
			return err
		},
	}
}

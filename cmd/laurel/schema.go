package main

import (
	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/rulesets"
)

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of rulesets, for editors",
		Long: "Prints the JSON Schema (draft-07) of rulesets. Editors with a YAML language server complete and check by it when a\n" +
			"ruleset begins with the line  # yaml-language-server: $schema=PATH",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(rulesets.JSONSchema())
			return err
		},
	}
}

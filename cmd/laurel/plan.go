package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/rulesets"
)

func newPlan() *cobra.Command {
	var asJSON bool
	var url string
	cmd := &cobra.Command{
		Use:   "plan [OLD] NEW",
		Short: "Say what a new version of a ruleset changes, and what that means for members in flight",
		Long: "Compares two versions of a ruleset, each a file or a directory: what is added (+), changed (~) and removed (-), what\n" +
			"it means for members in flight, and what forbids it (!). With --url, OLD is what a running server serves, with the\n" +
			"key in LAUREL_KEY. Exit code 0 when nothing changes, 2 when something does, 1 when a change is forbidden.",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			before, used, err := planFrom(cmd, args, url)
			if err != nil {
				return err
			}
			after, err := loaded(cmd, args[len(args)-1])
			if err != nil {
				return err
			}
			return showPlan(cmd, rulesets.Compare(before, after, used), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&url, "url", env("LAUREL_URL", ""), "address of a running server (LAUREL_URL), instead of OLD")
	return cmd
}

// planFrom is the version that the plan starts from, with the names that a running server has used; nil where none is asked.
func planFrom(cmd *cobra.Command, args []string, url string) (*rulesets.Program, *engine.InUse, error) {
	switch {
	case len(args) == 2:
		p, err := loaded(cmd, args[0])
		return p, nil, err
	case url == "":
		return nil, nil, &failure{exitUsage, "say what to compare with: laurel plan OLD NEW, or --url of a running server"}
	}
	c, err := newClient(url)
	if err != nil {
		return nil, nil, err
	}
	answer, err := c.call(cmd.Context(), http.MethodGet, "/v1/admin/rulesets/current?in_use=true", "", nil)
	if err != nil {
		return nil, nil, err
	}
	var current struct {
		Sources map[string]string `json:"sources"`
		InUse   *engine.InUse     `json:"in_use"`
	}
	if err := json.Unmarshal(answer, &current); err != nil {
		return nil, nil, &failure{exitFailed, "the server's answer is not JSON: " + err.Error()}
	}
	p, err := compiled(program.Text{Files: current.Sources})
	if err != nil {
		return nil, nil, &failure{exitUsage, "what the server serves does not compile here; is this the same version of laurel?\n" + err.Error()}
	}
	return p, current.InUse, nil
}

// loaded compiles a ruleset, and prints what is wrong with it.
func loaded(cmd *cobra.Command, path string) (*rulesets.Program, error) {
	p, diagnostics := rulesets.LoadPath(path)
	if diagnostics.HasErrors() {
		fmt.Fprint(cmd.ErrOrStderr(), diagnostics.Error())
		return nil, &failure{exitUsage, path + " has errors"}
	}
	return p, nil
}

func showPlan(cmd *cobra.Command, plan *rulesets.Plan, asJSON bool) error {
	out := cmd.OutOrStdout()
	if asJSON {
		if err := json.NewEncoder(out).Encode(plan); err != nil {
			return err
		}
	} else {
		fmt.Fprint(out, plan)
	}
	switch {
	case len(plan.Changes) == 0:
		fmt.Fprintln(cmd.ErrOrStderr(), "nothing changes")
		return nil
	case plan.Blocked():
		return &failure{exitFailed, "a change marked with ! must not be activated"}
	default:
		return &failure{code: exitChanges}
	}
}

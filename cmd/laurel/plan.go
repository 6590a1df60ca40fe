package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/zonefile"
	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/plan"
)

func newPlan() *cobra.Command {
	var asJSON bool
	var url, zones string
	cmd := &cobra.Command{
		Use:   "plan [OLD] NEW",
		Short: "Say what a new version of a ruleset changes, and what that means for members in flight",
		Long: "Compares two versions of a ruleset, each a file or a directory: what is added (+), changed (~) and removed (-), what\n" +
			"it means for members in flight, and what forbids it (!). With --url, OLD is what a running server serves, with the\n" +
			"key in LAUREL_KEY; then it also says which time zones differ from those that the server goes by. Exit code 0 when\n" +
			"nothing changes, 2 when something does, 1 when a change is forbidden.",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			own, err := zonefile.Read(zones)
			if err != nil {
				return &failure{exitUsage, "--zones: " + err.Error()}
			}
			before, err := planFrom(cmd, args, url)
			if err != nil {
				return err
			}
			after, err := loaded(cmd, args[len(args)-1])
			if err != nil {
				return err
			}
			changes := plan.Compare(before.program, after, before.used)
			if before.zones != nil {
				planZones(changes, before.zones, own, calendar.FromTime(time.Now()))
			}
			return showPlan(cmd, changes, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	zonesFlag(cmd.Flags(), &zones)
	cmd.Flags().StringVar(&url, "url", env("LAUREL_URL", ""), "address of a running server (LAUREL_URL), instead of OLD")
	return cmd
}

// served is what a plan starts from. Of a running server the names that it has used are known, and its time zone data; else nil.
type served struct {
	program *rulesets.Program
	used    *engine.InUse
	zones   *calendar.Zones
}

// planFrom is the version that the plan starts from.
func planFrom(cmd *cobra.Command, args []string, url string) (served, error) {
	switch {
	case len(args) == 2:
		p, err := loaded(cmd, args[0])
		return served{program: p}, err
	case url == "":
		return served{}, &failure{exitUsage, "say what to compare with: laurel plan OLD NEW, or --url of a running server"}
	}
	c, err := dial(url)
	if err != nil {
		return served{}, err
	}
	answer, err := c.call(cmd.Context(), http.MethodGet, "/v1/admin/rulesets/current?in_use=true&time_zone_data=true", "", nil)
	if err != nil {
		return served{}, err
	}
	var current struct {
		Sources map[string]string `json:"sources"`
		InUse   *engine.InUse     `json:"in_use"`
		Data    []byte            `json:"time_zone_data"`
	}
	if err := json.Unmarshal(answer, &current); err != nil {
		return served{}, &failure{exitFailed, "the server's answer is not JSON: " + err.Error()}
	}
	zones, err := calendar.ReadZones(current.Data)
	if err != nil {
		return served{}, &failure{exitFailed, "the server's time zone data cannot be read: " + err.Error()}
	}
	p, err := assembly.Compile(program.Text{Files: current.Sources, Zones: zones})
	if err != nil {
		return served{}, &failure{exitUsage, "what the server serves does not compile here; is this the same version of laurel?\n" + err.Error()}
	}
	return served{p, current.InUse, zones}, nil
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

func showPlan(cmd *cobra.Command, p *plan.Plan, asJSON bool) error {
	out := cmd.OutOrStdout()
	if asJSON {
		if err := json.NewEncoder(out).Encode(p); err != nil {
			return err
		}
	} else {
		fmt.Fprint(out, p)
	}
	switch {
	case len(p.Changes) == 0:
		fmt.Fprintln(cmd.ErrOrStderr(), "nothing changes")
		return nil
	case p.Blocked():
		return &failure{exitFailed, "a change marked with ! must not be activated"}
	default:
		return &failure{code: exitChanges}
	}
}

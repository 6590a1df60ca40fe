package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/activation"
	"github.com/laurel-engine/laurel/rulesets/plan"
	"github.com/laurel-engine/laurel/rulesets/suite"
)

// change is what the commands that change a running server's ruleset have in common.
type change struct {
	url, note, by string
}

func (c *change) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.url, "url", env("LAUREL_URL", "http://127.0.0.1:8080"), "address of the running server (LAUREL_URL)")
	cmd.Flags().StringVar(&c.note, "note", "", "what the change is for; it is kept with the version")
	cmd.Flags().StringVar(&c.by, "by", env("LAUREL_ACTOR", ""), "the person who makes the change; it is kept with the version (LAUREL_ACTOR)")
}

// send makes a call, and reads its answer.
func (c *change) send(cmd *cobra.Command, method, path string, body map[string]any, into any) error {
	server, err := dial(c.url)
	if err != nil {
		return err
	}
	server.actor = c.by
	if c.note != "" {
		body["note"] = c.note
	}
	var sent []byte
	if body != nil {
		if sent, err = json.Marshal(body); err != nil {
			return err
		}
	}
	answer, err := server.call(cmd.Context(), method, path, "application/json", sent)
	if err != nil {
		return err
	}
	return json.Unmarshal(answer, into)
}

func newApply() *cobra.Command {
	var c change
	var at string
	var dry, cancel bool
	cmd := &cobra.Command{
		Use:     "apply RULESET",
		Aliases: []string{"activate"},
		Short:   "Put a ruleset into force on a running server: check it, run its tests, say what changes",
		Long: "Sends a ruleset, a file or a directory with its tests, to a running server, with the key in LAUREL_KEY. The server checks it,\n" +
			"runs its tests, compares it with what is in force, and puts it into force: at once, or with --at at an instant. No request\n" +
			"is dropped. What must not follow what is in force is refused, and so is what does not pass its tests. Exit code 0 when it\n" +
			"is in force or planned, or with --dry-run nothing changes; 2 when with --dry-run something would; 1 when it is refused, or would be.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cancel {
				var planned activation.Planned
				if err := c.send(cmd, http.MethodDelete, "/v1/admin/rulesets/planned", nil, &planned); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "what was planned for %s will not come into force\n", planned.At)
				return nil
			}
			if len(args) == 0 {
				return &failure{exitUsage, "name the ruleset to put into force, or use --cancel to cancel what is planned"}
			}
			files, err := draftFiles(args[0])
			if err != nil {
				return &failure{exitUsage, err.Error()}
			}
			body := map[string]any{"files": files}
			if dry {
				var changes plan.Plan
				if err := c.send(cmd, http.MethodPost, "/v1/admin/rulesets/plan", body, &changes); err != nil {
					return err
				}
				var results suite.Results
				if err := c.send(cmd, http.MethodPost, "/v1/admin/rulesets/test", body, &results); err != nil {
					return err
				}
				if !results.OK {
					fmt.Fprint(cmd.OutOrStdout(), &changes)
					return &failure{exitFailed, "its tests fail, so it would be refused: laurel test " + args[0]}
				}
				return showPlan(cmd, &changes, false)
			}
			if at != "" {
				if _, err := calendar.ParseInstant(at); err != nil {
					return &failure{exitUsage, "--at takes a time with its offset, such as 2026-12-01T09:00:00+01:00"}
				}
				body["at"] = at
			}
			var done activation.Activated
			if err := c.send(cmd, http.MethodPost, "/v1/admin/rulesets/activate", body, &done); err != nil {
				return err
			}
			tellActivated(cmd.OutOrStdout(), &done)
			return nil
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&at, "at", "", "from when on it is to be in force, such as 2026-12-01T09:00:00+01:00 (at once)")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would change, and change nothing")
	cmd.Flags().BoolVar(&cancel, "cancel", false, "cancel the version that is planned")
	return cmd
}

func newRollback() *cobra.Command {
	var c change
	cmd := &cobra.Command{
		Use:   "rollback VERSION",
		Short: "Put an older version of a ruleset into force again on a running server",
		Long: "Puts the ruleset of an older version, by its number, into force again, as a new version: what happened in between stays as it\n" +
			"was decided. The versions are listed by GET /v1/admin/rulesets. The key is in LAUREL_KEY.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			to, err := strconv.Atoi(args[0])
			if err != nil || to < 1 {
				return &failure{exitUsage, fmt.Sprintf("%q is not the number of a version, such as 3", args[0])}
			}
			var done activation.Activated
			if err := c.send(cmd, http.MethodPost, "/v1/admin/rulesets/rollback", map[string]any{"to": to}, &done); err != nil {
				return err
			}
			tellActivated(cmd.OutOrStdout(), &done)
			return nil
		},
	}
	c.flags(cmd)
	return cmd
}

func newPause(pause bool) *cobra.Command {
	var c change
	cmd := &cobra.Command{
		Use:   "pause DEFINITION",
		Short: "Let a definition of a running server give nothing until it is resumed",
		Long: "Lets a rule, boost, challenge, reward or promotion, named like rules/happy_hour, give nothing from now on, under later versions of the\n" +
			"ruleset too, until laurel resume. What counts goes on counting. The key is in LAUREL_KEY.",
		Args: cobra.ExactArgs(1),
	}
	if !pause {
		cmd.Use, cmd.Short = "resume DEFINITION", "Let a definition that was paused give again"
		cmd.Long = "Lets a definition that laurel pause has stopped give again, from now on. The key is in LAUREL_KEY."
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		section, id, named := strings.Cut(args[0], "/")
		if !named {
			return &failure{exitUsage, fmt.Sprintf("%q is no definition: name one with its section, such as rules/happy_hour", args[0])}
		}
		verb := map[bool]string{true: "pause", false: "resume"}[pause]
		body := map[string]any{}
		if c.note != "" {
			body["reason"], c.note = c.note, ""
		}
		var done activation.Activated
		if err := c.send(cmd, http.MethodPost, "/v1/admin/definitions/"+url.PathEscape(section)+"/"+url.PathEscape(id)+"/"+verb, body, &done); err != nil {
			return err
		}
		tellActivated(cmd.OutOrStdout(), &done)
		return nil
	}
	c.flags(cmd)
	return cmd
}

// tellActivated says what changed, and since when.
func tellActivated(out io.Writer, a *activation.Activated) {
	if a.Plan != nil {
		fmt.Fprint(out, a.Plan)
	}
	switch {
	case a.Version == nil:
		fmt.Fprintf(out, "planned for %s\n", a.From)
	case !a.Changed:
		fmt.Fprintf(out, "version %d is in force already\n", *a.Version)
	default:
		fmt.Fprintf(out, "version %d is in force\n", *a.Version)
	}
}

// draftFiles are the files of a ruleset at a path, and of its tests.
func draftFiles(path string) (map[string]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	names := []string{path}
	if info.IsDir() {
		if names, err = filepath.Glob(filepath.Join(path, "*.y*ml")); err != nil {
			return nil, err
		}
	}
	files := map[string]string{}
	for _, name := range names {
		if ext := filepath.Ext(name); strings.HasPrefix(filepath.Base(name), ".") || ext != ".yaml" && ext != ".yml" {
			continue
		}
		text, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			return nil, err
		}
		files[filepath.Base(name)] = string(text)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there is no .yaml file in %s", path)
	}
	return files, nil
}

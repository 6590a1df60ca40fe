package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/keys"
)

// serverKeyFile is the file of the data directory with the first key of the server.
const serverKeyFile = "server-key"

// serverKey makes the first key of the server and leaves it in a file that its owner alone can read. It returns the file's name where it has
// made one.
func serverKey(ring *keys.Ring, data string) (string, error) {
	ring = ring.By(audit.Here(audit.Server, "key.create", "the first start of the server"))
	_, secret, err := ring.First(keys.Request{Name: "server", Scopes: []keys.Scope{keys.Admin}, Live: true})
	if err != nil || secret == "" {
		return "", err
	}
	name, err := leave(data, serverKeyFile, secret)
	if err != nil {
		return "", &failure{exitFailed, "the key of the server cannot be written; laurel keys create NAME --server makes another one: " + err.Error()}
	}
	return name, nil
}

// leave writes a secret into a file of the data directory that its owner alone can read.
func leave(data, name, secret string) (path string, err error) {
	if path, err = filepath.Abs(filepath.Join(data, name)); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, []byte(secret+"\n"), 0o600)
}

// firstKeyFile is the file of the data directory with the first key of a program.
func firstKeyFile(program string) string { return "first-key." + program }

// shownKey is what a start says of a new key: where it is, and the key itself where somebody looks at a terminal. What a process prints is kept
// in logs else, where everybody reads it. The demo's key is good until its next start.
func shownKey(out io.Writer, o serveOptions, program, secret string) string {
	if o.demo {
		return secret + "  (a new one at each start of the demo; the one before is revoked)"
	}
	where := filepath.Join(o.data, firstKeyFile(program))
	if path, err := filepath.Abs(where); err == nil {
		where = path
	}
	if f, is := out.(*os.File); is && isTerminal(f) {
		return secret + "  (also in " + where + ": keep it, and delete the file)"
	}
	return "in " + where
}

func newPrograms() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "programs",
		Short: "Create, pause and remove programs of a running server",
		Long: "Works on a running server, with a key of the server in LAUREL_KEY: its first start has left one in the file server-key of the\n" +
			"data directory, and `laurel keys create NAME --server` makes more. What is created here is served again after every start.",
	}
	var c change
	var asJSON bool
	list := &cobra.Command{Use: "list", Short: "List the programs of the server", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return listPrograms(cmd, &c, asJSON)
	}}
	list.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(list, newCreateProgram(&c), newRestProgram(&c, true), newRestProgram(&c, false), newRemoveProgram(&c))
	for _, below := range cmd.Commands() {
		c.flags(below)
	}
	return cmd
}

func listPrograms(cmd *cobra.Command, c *change, asJSON bool) error {
	var page struct {
		Data []api.ProgramStatus `json:"data"`
	}
	if err := c.send(cmd, http.MethodGet, "/v1/admin/programs", nil, &page); err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(page.Data)
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "PROGRAM\tSTATE\tVERSION\tEVENTS\tKIND")
	for _, p := range page.Data {
		kind := "live"
		if p.Sandbox {
			kind = "sandbox"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\n", p.Program, p.State, p.Version, p.Durable, kind)
	}
	return w.Flush()
}

func newCreateProgram(c *change) *cobra.Command {
	var sandbox bool
	cmd := &cobra.Command{
		Use:   "create RULESET",
		Short: "Create a program of a ruleset, and print its first key, once",
		Long: "Sends a ruleset, a file or a directory with its tests, to a running server, which checks it, runs the tests, and serves it from\n" +
			"then on. The key that is printed has all scopes, and is shown once.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := draftFiles(args[0])
			if err != nil {
				return &failure{exitUsage, err.Error()}
			}
			var made struct {
				api.ProgramStatus
				Key struct {
					Secret string `json:"secret"`
				} `json:"key"`
			}
			if err := c.send(cmd, http.MethodPost, "/v1/admin/programs", map[string]any{"files": files, "sandbox": sandbox}, &made); err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "program %s runs; its first key is shown once:\n", made.Program)
			fmt.Fprintln(cmd.OutOrStdout(), made.Key.Secret)
			return nil
		},
	}
	cmd.Flags().BoolVar(&sandbox, "sandbox", false, "make it a sandbox, whose clock can be moved forward; a live program never becomes one")
	return cmd
}

func newRestProgram(c *change, pause bool) *cobra.Command {
	cmd := &cobra.Command{Use: "resume PROGRAM", Short: "Let a paused program accept events again", Args: cobra.ExactArgs(1)}
	verb := "resume"
	if pause {
		verb = "pause"
		cmd.Use, cmd.Short = "pause PROGRAM", "Let a program accept nothing until it is resumed"
		cmd.Long = "A paused program answers 503 program_paused to all that would change it, over restarts too. It can be read, and time goes on:\n" +
			"points expire, seasons close, what is due is sent."
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		body := map[string]any{}
		if c.note != "" {
			body["reason"] = c.note
		}
		plain := change{url: c.url, by: c.by}
		var s api.ProgramStatus
		if err := plain.send(cmd, http.MethodPost, "/v1/admin/programs/"+url.PathEscape(args[0])+"/"+verb, body, &s); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "program %s is %s\n", s.Program, s.State)
		return nil
	}
	return cmd
}

func newRemoveProgram(c *change) *cobra.Command {
	var confirm string
	cmd := &cobra.Command{
		Use:   "remove PROGRAM",
		Short: "Delete a program with all that is kept of it, for good",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if confirm != args[0] {
				return &failure{exitUsage, "everything of the program is deleted, for good: events, members, balances, keys. Say so by --confirm " + args[0]}
			}
			plain := change{url: c.url, by: c.by}
			var s api.ProgramStatus
			path := "/v1/admin/programs/" + url.PathEscape(args[0]) + "?confirm=" + url.QueryEscape(confirm)
			if err := plain.send(cmd, http.MethodDelete, path, nil, &s); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "program %s was removed\n", s.Program)
			return nil
		},
	}
	cmd.Flags().StringVar(&confirm, "confirm", "", "the id of the program once more")
	return cmd
}

// nothingToServe is the answer to a start without a ruleset, where nothing was created by laurel programs either.
func nothingToServe(data string) error {
	if _, err := os.Stat(data); err == nil {
		return nil // what was created lies there, if anything was
	} else if !errors.Is(err, os.ErrNotExist) {
		return &failure{exitUsage, err.Error()}
	}
	return errNothingToServe
}

var errNothingToServe = &failure{exitUsage, "name the ruleset to serve, or try: laurel serve --demo; " +
	"with --empty it starts without one, for laurel programs create"}

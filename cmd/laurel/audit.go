package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
)

type auditOptions struct {
	data, url, program, head string
	asJSON                   bool
}

func newAudit() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Look at what administrators did"}
	var o auditOptions
	verify := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Find entries of an audit log that were edited, taken out or moved",
		Long: "Looks at every entry of an audit log: of a running server with --url and a key with the scope audit:read in LAUREL_KEY, of the\n" +
			"data directory of a stopped one with --data, where it is compared with the journal too, or of a FILE that\n" +
			"GET /v1/admin/audit?format=ndjson has written, - for standard input. Prints how many there are and the hash of the last one: whoever\n" +
			"keeps that elsewhere, and gives it back with --head, also finds that all of a log was written anew. Exit code 1 where it is broken.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			preferData(cmd, &o.url)
			if cmd.Flag("head").Changed && o.head == "" {
				return &failure{exitUsage, "--head is empty: give the hash that was kept, or leave it out"}
			}
			switch {
			case len(args) == 1:
				return o.file(cmd, args[0])
			case o.url != "":
				return o.remote(cmd)
			case o.data != "":
				return o.directory(cmd)
			}
			return &failure{exitUsage, "give a FILE, or --url of a running server, or --data of a stopped one"}
		},
	}
	f := verify.Flags()
	f.StringVar(&o.data, "data", env("LAUREL_DATA", ""), "data directory of a stopped server (LAUREL_DATA)")
	f.StringVar(&o.url, "url", env("LAUREL_URL", ""), "address of a running server (LAUREL_URL)")
	f.StringVar(&o.program, "program", "", "program, for --data; all of them and the server's own log where it is left out")
	f.StringVar(&o.head, "head", "", "hash of an entry that the log had before, which it has to have")
	f.BoolVar(&o.asJSON, "json", false, "print JSON")
	cmd.AddCommand(verify)
	return cmd
}

func (o *auditOptions) file(cmd *cobra.Command, name string) error {
	in := cmd.InOrStdin()
	if name != "-" {
		f, err := os.Open(name) //nolint:gosec // the caller's own file
		if err != nil {
			return &failure{exitUsage, err.Error()}
		}
		defer func() { _ = f.Close() }() // it is only read
		in = f
	}
	return o.lines(cmd, in)
}

func (o *auditOptions) remote(cmd *cobra.Command) error {
	c, err := dial(o.url)
	if err != nil {
		return err
	}
	answer, err := c.ask(cmd.Context(), http.MethodGet, "/v1/admin/audit?format=ndjson", "", nil)
	if err != nil {
		return err
	}
	return errors.Join(o.lines(cmd, answer.Body), answer.Body.Close())
}

func (o *auditOptions) lines(cmd *cobra.Command, in io.Reader) error {
	found, err := audit.VerifyLines(in, o.head)
	return o.tell(cmd, "", found, err)
}

// directory looks at the logs of a stopped server.
func (o *auditOptions) directory(cmd *cobra.Command) error {
	db, err := pebblestore.Open(o.data, pebblestore.Options{Existing: true})
	if err != nil {
		return &failure{exitUsage, err.Error()}
	}
	return errors.Join(o.within(cmd, db), db.Close())
}

func (o *auditOptions) within(cmd *cobra.Command, db *pebblestore.DB) error {
	programs := []string{o.program}
	if o.program == "" {
		known, err := program.Known(db.Settings())
		if err != nil {
			return err
		}
		programs = slices.Concat(known, []string{audit.Server})
	} else if err := ran(db, o.program); err != nil {
		return err
	}
	for _, id := range programs {
		if id == audit.Server {
			found, err := audit.Verify(db.Settings(), id, o.head)
			if err := o.tell(cmd, "the server: ", found, err); err != nil {
				return err
			}
			continue
		}
		store, err := db.Program(id)
		if err != nil {
			return err
		}
		found, err := audit.VerifyWith(db.Settings(), id, store, o.head)
		if err := o.tell(cmd, id+": ", found, err); err != nil {
			return err
		}
	}
	return nil
}

func (o *auditOptions) tell(cmd *cobra.Command, what string, found *audit.Verified, err error) error {
	var broken *audit.BrokenError
	if errors.As(err, &broken) {
		return &failure{exitFailed, what + "the audit log is broken at " + broken.Error()}
	}
	if err != nil {
		return err
	}
	if o.asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(found)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s%d entries, whole", what, found.Entries)
	if found.Erased > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), " (of %d what they were about is erased)", found.Erased)
	}
	if found.Hash != "" {
		fmt.Fprintf(cmd.OutOrStdout(), "; the last has the hash %s", found.Hash)
	}
	fmt.Fprintln(cmd.OutOrStdout())
	return nil
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/stats"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
)

// replayReport is what a replay of one program showed.
type replayReport struct {
	Program string `json:"program"`
	OK      bool   `json:"ok"`
	engine.Replayed
	Error string `json:"error,omitempty"` // which record does not come out as it was
}

func newReplay() *cobra.Command {
	var asJSON, figures bool
	var data string
	cmd := &cobra.Command{
		Use:   "replay [PROGRAM…]",
		Short: "Rebuild all state from the journal, and compare it with what is stored",
		Long: "Applies the journal of a stopped server again from nothing, under the rulesets that decided, and compares every\n" +
			"outcome and every state with what is stored. Nothing is changed. Exit code 1 when anything differs, with the first\n" +
			"record or the first states that do. With --stats it rebuilds the statistics from the journal instead.",
		RunE: func(cmd *cobra.Command, args []string) error {
			db, err := pebblestore.Open(data, pebblestore.Options{Existing: true})
			if err != nil {
				return &failure{exitUsage, err.Error()}
			}
			if figures {
				return errors.Join(recount(cmd, db, args), db.Close())
			}
			return errors.Join(replayAll(cmd, db, args, asJSON), db.Close())
		},
	}
	cmd.Flags().StringVar(&data, "data", env("LAUREL_DATA", "laurel-data"), "data directory of a stopped server (LAUREL_DATA)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&figures, "stats", false, "rebuild the statistics from the journal, and nothing else")
	return cmd
}

// recount rebuilds the statistics of programs.
func recount(cmd *cobra.Command, db *pebblestore.DB, programs []string) error {
	if len(programs) == 0 {
		var err error
		if programs, err = program.Known(db.Settings()); err != nil {
			return err
		}
	}
	for _, id := range programs {
		if err := ran(db, id); err != nil {
			return err
		}
		versions, err := program.Stored(db.Settings(), id, assembly.Ruleset)
		if err != nil {
			return err
		}
		store, err := db.Program(id)
		if err != nil {
			return err
		}
		counted, err := stats.Rebuild(store, versions)
		if err != nil {
			return fmt.Errorf("program %s: %w", id, err)
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s: statistics of %d events\n", id, counted)
	}
	return nil
}

func replayAll(cmd *cobra.Command, db *pebblestore.DB, programs []string, asJSON bool) error {
	known, err := program.Known(db.Settings())
	if err != nil {
		return err
	}
	if len(programs) == 0 {
		programs = known
	}
	reports, failed := []replayReport{}, false
	for _, id := range programs {
		r, err := replayOne(db, id)
		if err != nil {
			return err
		}
		failed = failed || !r.OK
		if reports = append(reports, r); !asJSON {
			r.print(cmd)
		}
	}
	if asJSON {
		if err := json.NewEncoder(cmd.OutOrStdout()).Encode(reports); err != nil {
			return err
		}
	}
	if failed {
		return &failure{code: exitFailed}
	}
	return nil
}

func replayOne(db *pebblestore.DB, id string) (replayReport, error) {
	if err := ran(db, id); err != nil {
		return replayReport{}, err
	}
	versions, err := program.Stored(db.Settings(), id, assembly.Ruleset)
	if err != nil {
		return replayReport{}, err
	}
	store, err := db.Program(id)
	if err != nil {
		return replayReport{}, err
	}
	r := replayReport{Program: id}
	if r.Replayed, err = engine.Replay(store, versions); err != nil {
		r.Error = err.Error()
	}
	r.OK = err == nil && r.Sound()
	return r, nil
}

// since says which version of Laurel decided by some semantics, where this build knows.
func since(version string) string {
	if version == "" {
		return ""
	}
	return " (Laurel " + version + " on)"
}

func (r *replayReport) print(cmd *cobra.Command) {
	out := cmd.OutOrStdout()
	if r.Error != "" {
		fmt.Fprintf(out, "%s: %s\n", r.Program, r.Error)
		return
	}
	fmt.Fprintf(out, "%s: %d events applied again, %d subjects, state %s\n", r.Program, r.Events, r.Subjects, r.Hash[:16])
	for _, s := range r.Semantics {
		fmt.Fprintf(out, "  semantics %d%s: %d records, %d of which come out otherwise now", s.Semantics, since(s.Since), s.Records, s.Differ)
		if s.Differ > 0 {
			fmt.Fprintf(out, ", first record %d", s.First)
		}
		fmt.Fprintln(out)
	}
	switch {
	case r.Hash == r.Stored:
		fmt.Fprintln(out, "  as stored")
		return
	case r.OK:
		fmt.Fprintln(out, "  stored is what was decided then; decisions stand as they were taken")
		return
	}
	fmt.Fprintf(out, "  stored is %s; these differ first:\n", r.Stored[:16])
	for _, key := range r.Differs {
		fmt.Fprintf(out, "    %q\n", key)
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/engine"
)

func newExplain() *cobra.Command {
	var asJSON bool
	var base string
	cmd := &cobra.Command{
		Use:   "explain EVENT",
		Short: "Say why each definition did or did not do something for an event",
		Long: "Asks a running server (--url, with the key in LAUREL_KEY) about an event of any age: which definitions fired, and for\n" +
			"each of the others which part of its condition was false and what it saw, which limit was used up, or which window\n" +
			"was closed, by the ruleset of that day.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if base == "" {
				return &failure{exitUsage, "say which server: --url http://…, or LAUREL_URL"}
			}
			c, err := dial(base)
			if err != nil {
				return err
			}
			answer, err := c.call(cmd.Context(), http.MethodGet, "/v1/events/"+url.PathEscape(args[0])+"/explain", "", nil)
			if err != nil {
				return err
			}
			if asJSON {
				_, err = cmd.OutOrStdout().Write(append(answer, '\n'))
				return err
			}
			return printExplanation(cmd.OutOrStdout(), answer)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&base, "url", env("LAUREL_URL", ""), "address of a running server (LAUREL_URL)")
	return cmd
}

// explanation is what the server says of an event.
type explanation struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	Member      string `json:"member"`
	Time        string `json:"time"`
	Definitions []struct {
		Definition string `json:"definition"`
		Event      string `json:"event"`
		Fired      bool   `json:"fired"`
		Said       string `json:"said"`
		Detail     string `json:"detail"`
		File       string `json:"file"`
		Line       int    `json:"line"`
	} `json:"definitions"`
	Origin string `json:"origin"`
	Did    []struct {
		Said       string `json:"said"`
		Definition string `json:"definition"`
		Of         string `json:"of"`
		At         string `json:"at"`
	} `json:"did"`
	Short []struct {
		Definition string      `json:"definition"`
		Title      string      `json:"title"`
		Progress   json.Number `json:"progress"`
		Goal       json.Number `json:"goal"`
		Missing    json.Number `json:"missing"`
		Level      string      `json:"level"`
	} `json:"short"`
	Outcome struct {
		Ruleset string `json:"ruleset"`
		Notes   []struct {
			Code       string `json:"code"`
			Definition string `json:"definition"`
			Message    string `json:"message"`
		} `json:"notes"`
	} `json:"outcome"`
}

func printExplanation(out io.Writer, answer []byte) error {
	var x explanation
	if err := json.Unmarshal(answer, &x); err != nil {
		return &failure{exitFailed, "the server's answer is not JSON: " + err.Error()}
	}
	fmt.Fprintf(out, "%s: %s of %s at %s, by ruleset %s\n", x.ID, x.Type, x.Member, x.Time, x.Outcome.Ruleset)
	if x.Origin != "" {
		fmt.Fprintf(out, "  about or because of %s\n", x.Origin)
	}
	for _, d := range x.Definitions {
		mark, said := "+", "fired"
		if !d.Fired {
			mark, said = "-", "did nothing: "+d.Said
		}
		if d.Event != x.ID {
			said += " (for " + d.Event + ")"
		}
		fmt.Fprintf(out, "  %s %s %s  %s:%d\n", mark, d.Definition, said, d.File, d.Line)
		if d.Detail != "" {
			fmt.Fprintf(out, "      %s\n", d.Detail)
		}
	}
	for _, d := range x.Did {
		said := d.Said
		if d.Definition != "" {
			said += ", by " + d.Definition
		}
		if d.Of != "" {
			said += ", of " + d.Of
		}
		if d.At != "" && d.At != x.Time {
			said += ", at " + d.At
		}
		fmt.Fprintf(out, "  = %s\n", said)
	}
	for _, n := range x.Outcome.Notes {
		if engine.Reason(n.Code).Words() != "" {
			continue // told above
		}
		fmt.Fprintf(out, "  ! %s: %s\n", n.Definition, n.Message)
	}
	for _, s := range x.Short {
		to := ""
		if s.Level != "" {
			to = " of " + s.Level
		}
		fmt.Fprintf(out, "  %s: %s of %s, %s short%s\n", s.Definition, s.Progress, s.Goal, s.Missing, to)
	}
	return nil
}

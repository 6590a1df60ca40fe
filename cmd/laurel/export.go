package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"
)

type exportOptions struct {
	url, format, file string
	since             uint64
}

func newExport() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export ledger|events|members|balances",
		Short: "Write everything of a kind as CSV or NDJSON",
		Long: "Asks a running server, with a key that has the scope exports:read in LAUREL_KEY. The last line that it prints to stderr has the\n" +
			"number of the last event in it: --since with that number exports what came after. A file has its name only once it is whole.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exportTo(cmd, args[0], o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.url, "url", env("LAUREL_URL", "http://127.0.0.1:8080"), "address of the running server (LAUREL_URL)")
	f.StringVar(&o.format, "format", "csv", "csv or ndjson")
	f.StringVar(&o.file, "out", "", "file to write (default: stdout)")
	f.Uint64Var(&o.since, "since", 0, "only what came after the event with this number")
	return cmd
}

func exportTo(cmd *cobra.Command, what string, o exportOptions) error {
	server, err := dial(o.url)
	if err != nil {
		return err
	}
	server.http.Timeout = 0 // as long as it takes
	query := url.Values{"what": {what}, "format": {o.format}, "since": {strconv.FormatUint(o.since, 10)}}
	answer, err := server.ask(cmd.Context(), http.MethodGet, "/v1/exports?"+query.Encode(), "", nil, "Accept-Encoding", "gzip")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	from := io.Reader(answer.Body)
	if answer.Header.Get("Content-Encoding") == "gzip" {
		if from, err = gzip.NewReader(from); err != nil {
			return &failure{exitUnreachable, "the server's answer ends too early: " + err.Error()}
		}
	}
	if err := writeExport(cmd.OutOrStdout(), o.file, from); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "up to event %s\n", answer.Header.Get("Laurel-Seq"))
	return nil
}

// writeExport writes what comes to a file, or to out where none is named. What is no file, such as a device or a pipe, is written to.
func writeExport(out io.Writer, name string, from io.Reader) error {
	if name != "" {
		if real, err := filepath.EvalSymlinks(name); err == nil {
			name = real
		}
		if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
			f, err := os.OpenFile(name, os.O_WRONLY, 0) //nolint:gosec // whoever exports says where to
			if err != nil {
				return &failure{exitUsage, err.Error()}
			}
			defer func() { _ = f.Close() }() // nothing is kept back
			out, name = f, ""
		}
	}
	if name == "" {
		if _, err := io.Copy(out, from); err != nil {
			return &failure{exitUnreachable, "the export is not whole: " + err.Error()}
		}
		return nil
	}
	f, err := os.Create(name + ".part") //nolint:gosec // whoever exports says where to
	if err != nil {
		return &failure{exitUsage, err.Error()}
	}
	_, err = io.Copy(f, from)
	if err = errors.Join(err, f.Close()); err != nil {
		return &failure{exitUnreachable, "the export is not whole: " + errors.Join(err, os.Remove(f.Name())).Error()}
	}
	if info, err := os.Stat(name); err == nil {
		if err := os.Chmod(f.Name(), info.Mode().Perm()); err != nil {
			return err
		}
	}
	return os.Rename(f.Name(), name)
}

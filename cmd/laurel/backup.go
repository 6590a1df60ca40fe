package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/internal/backup"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
)

// writeBackup writes a backup of a data directory as it is now.
func writeBackup(db *pebblestore.DB, to io.Writer) error {
	c, err := db.Copy()
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = backup.Write(to, c, buildVersion(), time.Now())
	return err
}

func newBackup() *cobra.Command {
	var url, data string
	cmd := &cobra.Command{
		Use:   "backup DEST",
		Short: "Back up a server, while it runs or stopped, into a new directory",
		Long: "Writes all that cannot be made again, the settings and the journals of all programs as they are at one moment, into a new\n" +
			"directory, with a manifest of hashes. Of a running server with --url and a key of the server in LAUREL_KEY (the file\n" +
			"server-key of its data directory); of a stopped one with --data. laurel restore makes a data directory of it.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			preferData(cmd, &url)
			if (url == "") == (data == "") {
				return &failure{exitUsage, "give --url of a running server, or --data of a stopped one"}
			}
			if _, err := os.Lstat(args[0]); err == nil {
				return &failure{exitUsage, args[0] + " is there already: a backup is written into a new directory, such as one named by its date"}
			}
			m, err := takeBackup(cmd.Context(), url, data, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d bytes\n", args[0], m.Bytes())
			for _, p := range m.Programs {
				fmt.Fprintf(cmd.OutOrStdout(), "  %s: %d events\n", p.Program, p.Events)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&url, "url", env("LAUREL_URL", ""), "address of a running server (LAUREL_URL)")
	cmd.Flags().StringVar(&data, "data", "", "data directory of a stopped server")
	return cmd
}

func takeBackup(ctx context.Context, url, data, dest string) (*backup.Manifest, error) {
	if url != "" {
		c, err := dial(url)
		if err != nil {
			return nil, err
		}
		c.http.Timeout = 0 // as long as it takes
		answer, err := c.ask(ctx, http.MethodGet, "/v1/admin/backup", "", nil)
		if err != nil {
			return nil, err
		}
		m, err := backup.Read(answer.Body, dest)
		if err = errors.Join(err, answer.Body.Close()); err != nil {
			return nil, &failure{exitFailed, err.Error()}
		}
		return m, nil
	}
	db, err := pebblestore.Open(data, pebblestore.Options{Existing: true})
	if err != nil {
		return nil, &failure{exitUsage, err.Error()}
	}
	read, write := io.Pipe()
	go func() { _ = write.CloseWithError(writeBackup(db, write)) }()
	m, err := backup.Read(read, dest)
	_ = read.CloseWithError(errors.New("nobody reads the backup any more"))
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, &failure{exitFailed, err.Error()}
	}
	return m, nil
}

// noErasures says that nobody was erased since a backup was made.
const noErasures = "none"

func newRestore() *cobra.Command {
	var data, erasures, keyFile string
	cmd := &cobra.Command{
		Use:   "restore BACKUP",
		Short: "Make a data directory of a backup",
		Long: "Compares a backup with its manifest and makes a data directory of it, which must not be there yet. Whoever was erased after\n" +
			"the backup was made is erased again, and off the disk, before the directory can be served: --erasures names the list that\n" +
			"the server kept (serve --erasures; by default the file erasures of its data directory), or none if nobody was.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if erasures == "" {
				return &failure{exitUsage, "members who were erased after the backup was made would come back: give the server's list of erasures with --erasures FILE, " +
					"or say --erasures none if there were none"}
			}
			var erased []backup.Erasure
			if erasures != noErasures {
				var err error
				if erased, err = backup.ReadErasures(erasures); err != nil {
					return &failure{exitUsage, err.Error()}
				}
			}
			key, err := readKey(keyFile)
			if err != nil {
				return err
			}
			r, err := backup.Restore(cmd.Context(), args[0], data, erased, key,
				slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn})))
			if err != nil {
				return &failure{exitFailed, err.Error()}
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "%s: restored the backup of %s\n", data, r.Manifest.Made.Format(time.RFC3339))
			for _, p := range r.Manifest.Programs {
				fmt.Fprintf(out, "  %s: %d events\n", p.Program, p.Events)
			}
			fmt.Fprintf(out, "  %d %s erased again", r.Erased, plural(r.Erased, "member"))
			if erasures != noErasures {
				fmt.Fprintf(out, "; the list has %d of these programs, and %d of others", r.Listed, r.Others)
			}
			fmt.Fprintln(out)
			return nil
		},
	}
	cmd.Flags().StringVar(&data, "data", env("LAUREL_DATA", "laurel-data"), "the new data directory (LAUREL_DATA)")
	keyFileFlag(cmd.Flags(), &keyFile)
	cmd.Flags().StringVar(&erasures, "erasures", env("LAUREL_ERASURES", ""), "the list of those who were erased, or none (LAUREL_ERASURES)")
	return cmd
}

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
)

const keyFileUsage = "file of the key that encrypts what signs and hashes (webhooks, members' tokens, erased ids); laurel secrets new-key makes one"

// keyFileFlag is --key-file, of commands that write to a data directory.
func keyFileFlag(f *pflag.FlagSet, file *string) {
	f.StringVar(file, "key-file", env("LAUREL_KEY_FILE", ""), keyFileUsage+" (LAUREL_KEY_FILE)")
}

func readKey(file string) (*settings.Key, error) {
	key, err := settings.ReadKey(file)
	if err != nil {
		return nil, &failure{exitUsage, "--key-file: " + err.Error()}
	}
	return key, nil
}

// encrypt encrypts what an earlier start has written in the clear, and takes that off the disk.
func encrypt(ctx context.Context, db *pebblestore.DB, log *slog.Logger) error {
	n, err := db.Settings().Seal()
	if err != nil {
		return &failure{exitUsage, err.Error()}
	}
	if n == 0 {
		return nil
	}
	if err := db.Scrub(ctx); err != nil {
		return fmt.Errorf("the secrets are encrypted, but what they were before is still on the disk: %w", err)
	}
	log.Info("secrets that were not encrypted with this key are now", "secrets", n)
	return nil
}

func newSecrets() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secrets",
		Short: "Make and replace the key that encrypts secrets in the data directory",
		Long: "With --key-file `laurel serve` encrypts what signs and hashes: secrets of webhooks, keys of members' tokens, and what ids of erased\n" +
			"members are hashed with. Keep the file apart from the data and its backups, and keep a copy: without it those secrets are lost.",
	}
	create := &cobra.Command{Use: "new-key FILE", Short: "Make a key, in a file that its owner alone can read", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := settings.WriteKey(args[0]); err != nil {
				return &failure{exitUsage, err.Error()}
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: a new key; keep a copy of it apart from the backups\n", args[0])
			return nil
		}}
	var data, older string
	rotate := &cobra.Command{Use: "rotate FILE", Short: "Encrypt the secrets of a stopped server with another key", Args: cobra.ExactArgs(1),
		Long: "Reads the secrets of a stopped server with the key of --key-file and encrypts them with that of FILE. Where it is interrupted, run it\n" +
			"again. The old key is needed for backups of before.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return rotateKey(cmd, data, older, args[0])
		}}
	rotate.Flags().StringVar(&data, "data", env("LAUREL_DATA", "laurel-data"), "data directory of a stopped server (LAUREL_DATA)")
	keyFileFlag(rotate.Flags(), &older)
	cmd.AddCommand(create, rotate)
	return cmd
}

func rotateKey(cmd *cobra.Command, data, older, newer string) error {
	former, err := readKey(older)
	if err != nil {
		return err
	}
	key, err := settings.ReadKey(newer)
	if err != nil {
		return &failure{exitUsage, err.Error()}
	}
	db, err := pebblestore.Open(data, pebblestore.Options{Existing: true, Key: key.After(former)})
	if err != nil {
		return &failure{exitUsage, err.Error()}
	}
	return errors.Join(encrypt(cmd.Context(), db, newLog(false)), db.Close())
}

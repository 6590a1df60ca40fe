package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
)

type keysOptions struct {
	data    string
	url     string
	program string
	server  bool
	name    string
	scopes  []string
	role    string
	types   []string
	partner string
	expires time.Duration
	test    bool
	asJSON  bool
}

func newKeys() *cobra.Command {
	var o keysOptions
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Create, list and revoke API keys",
		Long: "Works on a running server with --url and a key with the scope admin in LAUREL_KEY, or on the data directory of a\n" +
			"stopped one with --data and --program. A secret is shown once, when it is created.",
	}
	f := cmd.PersistentFlags()
	f.StringVar(&o.data, "data", env("LAUREL_DATA", ""), "data directory of a stopped server (LAUREL_DATA)")
	f.StringVar(&o.url, "url", env("LAUREL_URL", ""), "address of a running server (LAUREL_URL)")
	f.StringVar(&o.program, "program", "", "program, for --data")
	f.BoolVar(&o.server, "server", false, "for --data: keys of the server, which create and remove programs, instead of a program's")
	f.BoolVar(&o.asJSON, "json", false, "print JSON")

	create := &cobra.Command{Use: "create NAME", Short: "Create a key and print its secret, once", Args: cobra.ExactArgs(1),
		Long: "Creates a key and prints its secret, once. It has scopes, or those of a role:\n" + allRoles() +
			"\nThe scopes that a key may have:\n  " + allScopes("\n  "),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.server && !cmd.Flags().Changed("scopes") {
				o.scopes = []string{string(keys.Admin)}
			}
			if o.role != "" && !cmd.Flags().Changed("scopes") {
				o.scopes = nil
			}
			o.name = args[0]
			return withRing(cmd, o, func(r keyRing) error { return createKey(cmd, r, o) })
		}}
	create.Flags().StringSliceVar(&o.scopes, "scopes", []string{"events:write", "members:read", "leaderboards:read"}, "what the key may do, separated by commas")
	create.Flags().StringVar(&o.role, "role", "", "what the key is for, instead of scopes: "+strings.Join(keys.RoleNames(), ", "))
	create.Flags().StringSliceVar(&o.types, "event-types", nil, "narrow the key to events of these types, separated by commas")
	create.Flags().StringVar(&o.partner, "partner", "", "whose key it is, if another company's: it sees and reverses what keys of this partner have sent")
	create.Flags().DurationVar(&o.expires, "expires", 0, "how long the key works (default: for ever)")
	create.Flags().BoolVar(&o.test, "test", false, "make a test key (lk_test_…)")
	list := &cobra.Command{Use: "list", Short: "List the keys of the program", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withRing(cmd, o, func(r keyRing) error { return listKeys(cmd, r, o) })
		}}
	revoke := &cobra.Command{Use: "revoke ID", Short: "Revoke a key at once", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withRing(cmd, o, func(r keyRing) error { return r.revoke(cmd, args[0]) })
		}}
	cmd.AddCommand(create, list, revoke)
	return cmd
}

// allScopes lists them.
func allScopes(between string) string {
	names := make([]string, 0, len(keys.Scopes()))
	for _, s := range keys.Scopes() {
		names = append(names, string(s))
	}
	return strings.Join(names, between)
}

// allRoles lists them with their scopes.
func allRoles() string {
	var b strings.Builder
	for _, r := range keys.Roles() {
		fmt.Fprintf(&b, "  %-9s %s\n", r.Name, r.For)
	}
	return b.String()
}

// keepUses writes down once a minute when keys were last used, which changes a row of each once an hour at most.
func keepUses(ctx context.Context, ring *keys.Ring, log *slog.Logger) {
	ticks := time.NewTicker(time.Minute)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			if err := ring.KeepUses(); err != nil {
				log.Error("when keys were last used cannot be written", "error", err)
			}
		}
	}
}

// listedKey is a key as lists have it.
type listedKey struct {
	*keys.Key
	LastUsed   time.Time `json:"last_used,omitzero"`
	ReplacedBy string    `json:"replaced_by,omitempty"`
}

// keyRing is the keys of one program, of a running or a stopped server.
type keyRing interface {
	create(cmd *cobra.Command, o keysOptions) (key keys.Key, secret string, err error)
	list(cmd *cobra.Command) ([]listedKey, error)
	revoke(cmd *cobra.Command, id string) error
}

func withRing(cmd *cobra.Command, o keysOptions, do func(keyRing) error) error {
	preferData(cmd, &o.url)
	if o.url != "" {
		c, err := dial(o.url)
		if err != nil {
			return err
		}
		return do(&remoteRing{c})
	}
	if o.data == "" || (o.program == "") == !o.server {
		return &failure{exitUsage, "give --url of a running server, or --data and --program of a stopped one (or --server for keys of the server itself)"}
	}
	db, err := pebblestore.Open(o.data, pebblestore.Options{Existing: true})
	if err != nil {
		return &failure{exitUsage, err.Error()}
	}
	return errors.Join(withLocalRing(db, o.program, do), db.Close())
}

func withLocalRing(db *pebblestore.DB, id string, do func(keyRing) error) error {
	if id != "" {
		if err := ran(db, id); err != nil {
			return err
		}
	}
	ring, err := keys.NewRing(db.Settings(), time.Now)
	if err != nil {
		return err
	}
	return do(&localRing{ring, id})
}

// ran refuses the id of a program that never ran on a data directory.
func ran(db *pebblestore.DB, id string) error {
	known, err := program.Known(db.Settings())
	if err != nil || slices.Contains(known, id) {
		return err
	}
	message := "no program " + id + " ever ran on this data"
	if len(known) > 0 {
		message += "; there " + map[bool]string{true: "is ", false: "are "}[len(known) == 1] + strings.Join(known, ", ")
	}
	return &failure{exitUsage, message}
}

func createKey(cmd *cobra.Command, r keyRing, o keysOptions) error {
	key, secret, err := r.create(cmd, o)
	if err != nil {
		return err
	}
	if o.asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"id": key.ID, "secret": secret})
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "this is shown once:")
	fmt.Fprintln(cmd.OutOrStdout(), secret)
	return nil
}

func listKeys(cmd *cobra.Command, r keyRing, o keysOptions) error {
	list, err := r.list(cmd)
	if err != nil {
		return err
	}
	if o.asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(list)
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tCREATED\tLAST USED\tSTATE\tROLE\tSCOPES")
	for _, k := range list {
		state := "active"
		switch {
		case !k.Revoked.IsZero():
			state = "revoked"
		case !k.Expires.IsZero() && k.Expires.Before(time.Now()):
			state = "expired"
		}
		if state == "active" && k.ReplacedBy != "" {
			state = "replaced by " + k.ReplacedBy
		}
		used := "never"
		if !k.LastUsed.IsZero() {
			used = k.LastUsed.Format("2006-01-02 15h")
		}
		scopes := make([]string, len(k.Scopes))
		for i, s := range k.Scopes {
			scopes[i] = string(s)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, k.Created.Format(time.DateOnly), used, state, cmp.Or(k.Role, "-"), strings.Join(scopes, ","))
	}
	return w.Flush()
}

// localRing opens the keys of a stopped server.
type localRing struct {
	ring    *keys.Ring
	program string
}

func (r *localRing) create(_ *cobra.Command, o keysOptions) (keys.Key, string, error) {
	q := keys.Request{Program: r.program, Name: o.name, Role: o.role, EventTypes: o.types, Partner: o.partner, Live: !o.test}
	for _, s := range o.scopes {
		q.Scopes = append(q.Scopes, keys.Scope(s))
	}
	if o.expires > 0 {
		q.Expires = time.Now().Add(o.expires)
	}
	key, secret, err := r.ring.By(audit.Here(r.program, "key.create", "laurel keys")).Create(q)
	var invalid *keys.InvalidError
	switch {
	case errors.As(err, &invalid):
		e := invalid.Errors[0]
		return keys.Key{}, "", &failure{exitUsage, said(e)}
	case err != nil:
		return keys.Key{}, "", &failure{exitFailed, err.Error()}
	}
	return *key, secret, nil
}

func (r *localRing) list(*cobra.Command) (list []listedKey, err error) {
	for _, k := range r.ring.List(r.program) {
		one := listedKey{Key: k, LastUsed: r.ring.LastUsed(k)}
		if next := r.ring.ReplacedBy(k); next != nil {
			one.ReplacedBy = next.ID
		}
		list = append(list, one)
	}
	return list, nil
}

func (r *localRing) revoke(_ *cobra.Command, id string) error {
	if _, err := r.ring.By(audit.Here(r.program, "key.revoke", "laurel keys")).Revoke(r.program, id); err != nil {
		return &failure{exitFailed, err.Error()}
	}
	return nil
}

// remoteRing asks a running server.
type remoteRing struct{ client *remote }

func (r *remoteRing) create(cmd *cobra.Command, o keysOptions) (keys.Key, string, error) {
	body := map[string]any{"name": o.name, "live": !o.test}
	if len(o.scopes) > 0 {
		body["scopes"] = o.scopes
	}
	for name, value := range map[string]string{"role": o.role, "partner": o.partner} {
		if value != "" {
			body[name] = value
		}
	}
	if len(o.types) > 0 {
		body["event_types"] = o.types
	}
	if o.expires > 0 {
		body["expires_at"] = time.Now().Add(o.expires).UTC().Truncate(time.Second)
	}
	b, err := json.Marshal(body)
	if err != nil {
		return keys.Key{}, "", err
	}
	answer, err := r.client.call(cmd.Context(), http.MethodPost, "/v1/admin/keys", "application/json", b)
	if err != nil {
		return keys.Key{}, "", err
	}
	var made struct {
		keys.Key
		Secret string `json:"secret"`
	}
	err = json.Unmarshal(answer, &made)
	return made.Key, made.Secret, err
}

func (r *remoteRing) list(cmd *cobra.Command) ([]listedKey, error) {
	answer, err := r.client.call(cmd.Context(), http.MethodGet, "/v1/admin/keys", "application/json", nil)
	if err != nil {
		return nil, err
	}
	var page struct {
		Data []listedKey `json:"data"`
	}
	err = json.Unmarshal(answer, &page)
	return page.Data, err
}

func (r *remoteRing) revoke(cmd *cobra.Command, id string) error {
	_, err := r.client.call(cmd.Context(), http.MethodDelete, "/v1/admin/keys/"+id, "application/json", nil)
	return err
}

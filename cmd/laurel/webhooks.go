package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/internal/webhook"
)

// maxMessage is more than any message has bytes.
const maxMessage = 1 << 20

type listenOptions struct {
	url    string
	listen string
	types  []string
	asJSON bool
}

func newWebhooks() *cobra.Command {
	cmd := &cobra.Command{Use: "webhooks", Short: "See what a running server tells the world outside"}
	var o listenOptions
	listen := &cobra.Command{
		Use:   "listen",
		Short: "Print the webhooks of a running server, as they come",
		Long: "Listens on this machine, registers itself as a webhook of the server with the key in LAUREL_KEY (scope admin),\n" +
			"verifies what comes and prints a line for each message. The webhook is removed at the end. The server must be\n" +
			"allowed to send to this machine: laurel serve --webhooks-allow-private.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listenToWebhooks(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	f := listen.Flags()
	f.StringVar(&o.url, "url", env("LAUREL_URL", "http://127.0.0.1:8080"), "address of the server (LAUREL_URL)")
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "address to listen on, which the server must reach")
	f.StringSliceVar(&o.types, "types", nil, "types of messages (default: all)")
	f.BoolVar(&o.asJSON, "json", false, "print messages as they are, one a line")
	cmd.AddCommand(listen)
	return cmd
}

// listenToWebhooks registers a receiver of this process and prints what comes until the context ends.
func listenToWebhooks(ctx context.Context, out, messages io.Writer, o listenOptions) error {
	c, err := dial(o.url)
	if err != nil {
		return err
	}
	ln, err := listen(o.listen)
	if err != nil {
		return err
	}
	endpoint, secret, err := registerWebhook(ctx, c, ln.Addr(), o.types)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	r := &printer{verifier: webhook.Verifier{Secrets: []string{secret}}, out: out, messages: messages, asJSON: o.asJSON}
	server := &http.Server{Handler: r, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	fmt.Fprintf(messages, "webhook %s sends to http://%s until this command ends\n", endpoint, ln.Addr())
	select {
	case <-ctx.Done():
		err = ctx.Err()
	case err = <-failed:
	}
	last, cancel := context.WithTimeout(context.Background(), 10*time.Second) // ctx is over
	defer cancel()
	_, removed := c.call(last, http.MethodDelete, "/v1/admin/webhooks/"+endpoint, "application/json", nil)
	_ = server.Shutdown(last)
	if removed != nil {
		fmt.Fprintf(messages, "webhook %s could not be removed: %v\n", endpoint, removed)
	}
	return err
}

func registerWebhook(ctx context.Context, c *remote, at net.Addr, types []string) (id, secret string, err error) {
	body := map[string]any{"url": "http://" + at.String() + "/"}
	if len(types) > 0 {
		body["types"] = types
	}
	b, err := json.Marshal(body)
	if err != nil {
		return "", "", err
	}
	answer, err := c.call(ctx, http.MethodPost, "/v1/admin/webhooks", "application/json", b)
	if err != nil {
		return "", "", err
	}
	var made struct{ ID, Secret string }
	err = json.Unmarshal(answer, &made)
	return made.ID, made.Secret, err
}

// printer receives messages and prints them.
type printer struct {
	verifier webhook.Verifier
	asJSON   bool
	messages io.Writer

	mu  sync.Mutex
	out io.Writer
}

// ServeHTTP takes one message. One that was taken before is acknowledged and not printed again.
func (p *printer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	if err == nil {
		err = p.verifier.Verify(r.Header, body, time.Now())
	}
	line := ""
	switch {
	case errors.Is(err, webhook.ErrReplayed):
		return
	case err == nil && p.asJSON:
		line = string(body)
	case err == nil:
		line, err = readable(body)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		fmt.Fprintf(p.messages, "refused a request: %v\n", err)
		http.Error(w, "refused", http.StatusBadRequest)
		return
	}
	fmt.Fprintln(p.out, line)
}

// readable is a message in one line: its time, type, member and number, and its fields.
func readable(body []byte) (string, error) {
	var m struct {
		Type, Timestamp string
		Data            json.RawMessage
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return "", err
	}
	d := json.NewDecoder(bytes.NewReader(m.Data))
	d.UseNumber()
	known, fields := map[string]string{}, []string{}
	for _, err := d.Token(); err == nil && d.More(); { // in their order
		var name json.Token
		if name, err = d.Token(); err != nil {
			return "", err
		}
		var value any
		if err = d.Decode(&value); err != nil {
			return "", err
		}
		switch name {
		case "member", "number", "event":
			known[name.(string)] = fmt.Sprint(value)
		default:
			if value != "" {
				fields = append(fields, fmt.Sprintf("%v=%v", name, value))
			}
		}
	}
	about := "of the program"
	if known["member"] != "" {
		about = known["member"] + " #" + cmp.Or(known["number"], "-")
	}
	head := fmt.Sprintf("%s  %s  %s  (%s)", m.Timestamp, m.Type, about, known["event"])
	return strings.TrimSpace(head + "  " + strings.Join(fields, " ")), nil
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/spf13/cobra"
)

// child is a process of this binary that the benchmark loads.
type child struct {
	cmd     *exec.Cmd
	args    []string
	env     []string // beside this process's own
	under   []string // a command that starts it, none for none
	address string
	health  string
	key     string
}

// startServer starts `laurel serve` over an empty store.
func startServer(ctx context.Context, dir, limit string) (*child, error) {
	return startServerOf(ctx, dir, strings.Replace(benchRuleset, "LIMIT", limit, 1))
}

// startServerOf is startServer of another ruleset.
func startServerOf(ctx context.Context, dir, text string) (*child, error) {
	ruleset, err := writeBenchRuleset(dir, text)
	if err != nil {
		return nil, err
	}
	c := &child{args: []string{"serve", ruleset, "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--operators", "127.0.0.1:0"}}
	return c, c.start(ctx)
}

// startBare starts the bare handlers: the ceiling that this machine's HTTP has without Laurel.
func startBare(ctx context.Context) (*child, error) {
	c := &child{args: []string{"bench", "bare"}}
	return c, c.start(ctx)
}

var (
	printedAPI    = regexp.MustCompile(`API +https?://(\S+)`)
	printedHealth = regexp.MustCompile(`health +https?://(\S+)/readyz`)
	printedKey    = regexp.MustCompile(`^  key +(?:(lk_\S+)|in (.+)$)`)
)

// toldKey is the key of which a server tells when it starts, by what it is or by where, "" for another line.
func toldKey(line string) string {
	switch m := printedKey.FindStringSubmatch(line); {
	case m == nil:
		return ""
	case m[1] != "":
		return m[1]
	default:
		text, _ := os.ReadFile(m[2]) // it is missed where it is used
		return strings.TrimSpace(string(text))
	}
}

// start runs the child until it has printed where it listens and, for a server, is ready.
func (c *child) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	line := append(append(slices.Clone(c.under), self), c.args...)
	c.cmd = exec.CommandContext(ctx, line[0], line[1:]...) //nolint:gosec // it starts itself
	c.cmd.Stderr, c.cmd.Env = os.Stderr, append(os.Environ(), c.env...)
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.cmd.Start(); err != nil {
		return err
	}
	c.address, c.health = "", ""
	s := bufio.NewScanner(stdout)
	for s.Scan() {
		line := s.Text()
		if key := toldKey(line); key != "" {
			c.key = key
		}
		if m := printedAPI.FindStringSubmatch(line); m != nil {
			c.address = m[1]
		}
		if m := printedHealth.FindStringSubmatch(line); m != nil {
			c.health = m[1]
		}
		if c.address != "" && c.health != "" {
			go func() { _, _ = io.Copy(io.Discard, stdout) }()
			return nil
		}
	}
	return errors.New("the benchmark's server ended before it listened")
}

func (c *child) stop() {
	_ = c.cmd.Process.Signal(os.Interrupt)
	_ = c.cmd.Wait()
}

// killAndRestart kills the process as a crash would, and measures the time until it answers again.
func (c *child) killAndRestart(ctx context.Context) (time.Duration, error) {
	if err := c.cmd.Process.Kill(); err != nil {
		return 0, err
	}
	_ = c.cmd.Wait()
	started := time.Now()
	if err := c.start(ctx); err != nil {
		return 0, err
	}
	resp, err := http.Get("http://" + c.health + "/readyz")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("after the restart /readyz answers %d", resp.StatusCode)
	}
	return time.Since(started), nil
}

// ticks is how many ticks of a processor's time Linux counts a second.
const ticks = 100

// cpu is the time that the child has used of the processors, 0 where the system does not tell.
func (c *child) cpu() time.Duration { return cpuOf(c.cmd.Process.Pid) }

func cpuOf(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // behind the name
	fields := bytes.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(string(fields[11]), 10, 64)
	system, _ := strconv.ParseInt(string(fields[12]), 10, 64)
	return time.Duration(user+system) * time.Second / ticks
}

var heapAlloc = regexp.MustCompile(`# HeapAlloc = (\d+)`)

// heap is how many bytes of the child's heap are alive.
func (c *child) heap() (int64, error) {
	resp, err := http.Get("http://" + c.health + "/debug/pprof/heap?gc=1&debug=1")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	m := heapAlloc.FindSubmatch(text)
	if m == nil {
		return 0, errors.New("the server does not tell what is alive of its heap")
	}
	return strconv.ParseInt(string(m[1]), 10, 64)
}

// memory is the child's resident set in bytes, 0 where the system does not tell.
func (c *child) memory() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(status) {
		if rest, ok := strings.CutPrefix(string(line), "VmRSS:"); ok {
			kilobytes, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}

// benchEvent is the body that the bare handler decodes into.
type benchEvent struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	Member string `json:"member"`
	Data   struct {
		OrderID string      `json:"order_id"`
		Amount  json.Number `json:"amount"`
		Store   string      `json:"store"`
		Channel string      `json:"channel"`
		Items   []struct {
			SKU      string      `json:"sku"`
			Category string      `json:"category"`
			Qty      int         `json:"qty"`
			Price    json.Number `json:"price"`
		} `json:"items"`
	} `json:"data"`
}

// newBenchBare serves the bare handlers: one that only decodes an event, one that says hello, and where there is a schema in
// PostgreSQL, one that makes a transaction of an event.
func newBenchBare() *cobra.Command {
	var schema string
	cmd := &cobra.Command{Use: "bare", Hidden: true, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		app := fiber.New(fiber.Config{DisableStartupMessage: true})
		app.Post("/decode", func(c *fiber.Ctx) error {
			var e benchEvent
			if err := json.Unmarshal(c.BodyRaw(), &e); err != nil {
				return err
			}
			return c.SendString(`{"id":"` + e.ID + `"}`)
		})
		app.Get("/hello", func(c *fiber.Ctx) error { return c.SendString("hello") })
		if schema != "" {
			peer, err := newBenchPeer(cmd.Context(), os.Getenv("LAUREL_BENCH_POSTGRES"), schema)
			if err != nil {
				return err
			}
			app.Post("/transaction", peer.accept)
		}
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "API http://%s\nhealth http://%s/readyz\n", ln.Addr(), ln.Addr())
		go func() { <-cmd.Context().Done(); _ = app.Shutdown() }()
		return app.Listener(ln)
	}}
	cmd.Flags().StringVar(&schema, "schema", "", "")
	return cmd
}

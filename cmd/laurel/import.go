package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/internal/zonefile"
)

// importPage is how many events are handed over at once: enough that one sync to disk serves many.
const importPage = 1000

type importOptions struct {
	keyFile string
	ruleset string
	data    string
	url     string
	refused string
	zones   string
}

func newImport() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import FILE.ndjson",
		Short: "Bring in past events, judged as if they had arrived at their own time",
		Long: "Reads one event a line, sorts them by time and id, and brings them in: into a running server (--url, with the key in\n" +
			"LAUREL_KEY), or straight into the data directory of a stopped one (--data with --ruleset). Running it again is its\n" +
			"resume: what is in already counts as a duplicate. Lines that are refused are written to FILE.refused.ndjson with\n" +
			"the reasons; exit code 1 when there are any. Members, opening balances and codes come in from CSV, by the commands below.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return importFile(cmd.Context(), cmd.OutOrStdout(), args[0], o)
		},
	}
	cmd.AddCommand(newImportMembers(), newImportBalances(), newImportCodes())
	f := cmd.Flags()
	f.StringVar(&o.ruleset, "ruleset", "", "ruleset of the program, for --data")
	f.StringVar(&o.data, "data", "", "data directory of a stopped server")
	f.StringVar(&o.url, "url", env("LAUREL_URL", ""), "address of a running server (LAUREL_URL)")
	zonesFlag(f, &o.zones)
	keyFileFlag(f, &o.keyFile)
	f.StringVar(&o.refused, "refused", "", "file for refused lines (default FILE.refused.ndjson)")
	return cmd
}

// importCounts is the summary of an import.
type importCounts struct {
	Lines      int `json:"lines"`
	Accepted   int `json:"accepted"`
	Duplicates int `json:"duplicates"`
	Refused    int `json:"refused"`
}

// refusedLine is a line of the file of refused events.
type refusedLine struct {
	Line    int                `json:"line"`
	Code    string             `json:"code"`
	Message string             `json:"message"`
	Errors  []event.FieldError `json:"errors,omitempty"`
	Event   json.RawMessage    `json:"event,omitempty"` // as it was sent, when it is JSON
	Text    string             `json:"text,omitempty"`  // as it was sent, when it is not
}

// importer takes a page of parsed lines and says what became of each.
type importer interface {
	take(ctx context.Context, page []*line) error
	close() error
}

// line is one line of the file, and what became of it.
type line struct {
	number    int
	text      []byte
	event     *event.Event
	duplicate bool
	refusal   *engine.Refusal
}

func importFile(ctx context.Context, out io.Writer, name string, o importOptions) error {
	lines, err := readLines(name)
	if err != nil {
		return &failure{exitUsage, err.Error()}
	}
	to, err := openImporter(o)
	if err != nil {
		return err
	}
	counts, err := importLines(ctx, to, lines, cmp.Or(o.refused, name+".refused.ndjson"))
	if err := errors.Join(err, to.close()); err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(counts); err != nil {
		return err
	}
	if counts.Refused > 0 {
		return &failure{exitFailed, fmt.Sprintf("%d of %d lines were refused; see %s", counts.Refused, counts.Lines, cmp.Or(o.refused, name+".refused.ndjson"))}
	}
	return nil
}

func openImporter(o importOptions) (importer, error) {
	switch {
	case o.url != "" && o.data != "":
		return nil, &failure{exitUsage, "--url is for a running server, --data for a stopped one: give one of them"}
	case o.url != "":
		return newRemoteImporter(o.url)
	case o.data != "" && o.ruleset != "":
		return newLocalImporter(o)
	default:
		return nil, &failure{exitUsage, "give --url of a running server, or --data and --ruleset of a stopped one"}
	}
}

// readLines reads and parses all lines, sorted by (time, id). Lines that are no events come first, already refused.
func readLines(name string) ([]*line, error) {
	f, err := os.Open(name) //nolint:gosec // whoever imports says what
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []*line
	s := bufio.NewScanner(f)
	s.Buffer(make([]byte, 1<<16), event.MaxBytes+1)
	for number := 1; s.Scan(); number++ {
		text := bytes.TrimSpace(s.Bytes())
		if number == 1 { // some editors and exports begin a file with a byte order mark
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if len(lines) == 0 && firstSeparator(text) != 0 {
			return nil, fmt.Errorf("%s looks like CSV: events come in as one JSON object a line; for CSV there are laurel import members, balances and codes", name)
		}
		if len(text) > 0 {
			lines = append(lines, parseLine(number, bytes.Clone(text)))
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s has a line longer than the %d bytes an event may have", name, event.MaxBytes)
	}
	slices.SortStableFunc(lines, func(a, b *line) int {
		if a.event == nil || b.event == nil {
			return cmp.Compare(rank(a), rank(b))
		}
		return cmp.Or(cmp.Compare(a.event.Time, b.event.Time), cmp.Compare(a.event.ID, b.event.ID))
	})
	return lines, s.Err()
}

// firstSeparator is what separates the columns of a line that is no JSON, 0 where nothing does.
func firstSeparator(text []byte) byte {
	if len(text) == 0 || text[0] == '{' || text[0] == '[' {
		return 0
	}
	if i := bytes.IndexAny(text, ",;\t"); i >= 0 {
		return text[i]
	}
	return 0
}

func rank(l *line) int {
	if l.event == nil {
		return 0
	}
	return 1
}

func parseLine(number int, text []byte) *line {
	l := &line{number: number, text: text}
	e, errs := event.Parse(text)
	if len(errs) > 0 {
		l.refusal = &engine.Refusal{Code: errs[0].Code, Message: "the line is not an event", Errors: errs}
		return l
	}
	if !e.Timed {
		l.refusal = &engine.Refusal{Code: "missing_field", Message: "an imported event says when it happened",
			Errors: []event.FieldError{{Location: "time", Code: "missing_field", Message: "this field is required in an import"}}}
		return l
	}
	e.Past = true
	l.event = e
	return l
}

// importLines hands the lines over page by page, tells the progress, and writes down what was refused.
func importLines(ctx context.Context, to importer, lines []*line, refusedName string) (importCounts, error) {
	counts := importCounts{Lines: len(lines)}
	refused := &refusedFile{name: refusedName}
	bar := progress(len(lines))
	for len(lines) > 0 {
		if ctx.Err() != nil {
			return counts, errors.Join(ctx.Err(), refused.close())
		}
		page := lines[:min(importPage, len(lines))]
		lines = lines[len(page):]
		if err := to.take(ctx, page); err != nil {
			return counts, errors.Join(err, refused.close())
		}
		for _, l := range page {
			switch {
			case l.refusal != nil:
				counts.Refused++
				if err := refused.write(l); err != nil {
					return counts, err
				}
			case l.duplicate:
				counts.Duplicates++
			default:
				counts.Accepted++
			}
		}
		_ = bar.Add(len(page))
	}
	_ = bar.Finish()
	return counts, refused.close()
}

// progress is a bar on a terminal and nothing elsewhere.
func progress(total int) *progressbar.ProgressBar {
	if !isTerminal(os.Stderr) {
		return progressbar.DefaultSilent(int64(total))
	}
	return progressbar.NewOptions(total, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription("importing"),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionOnCompletion(func() { fmt.Fprintln(os.Stderr) }))
}

// isTerminal reports whether a file is a terminal.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// refusedFile is created with the first refused line.
type refusedFile struct {
	name string
	file *os.File
	w    *bufio.Writer
}

func (r *refusedFile) write(l *line) error {
	if r.file == nil {
		f, err := os.Create(r.name)
		if err != nil {
			return err
		}
		r.file, r.w = f, bufio.NewWriter(f)
	}
	out := refusedLine{Line: l.number, Code: l.refusal.Code, Message: l.refusal.Message, Errors: l.refusal.Errors}
	if json.Valid(l.text) {
		out.Event = l.text
	} else {
		out.Text = string(l.text)
	}
	return json.NewEncoder(r.w).Encode(out)
}

func (r *refusedFile) close() error {
	if r.file == nil {
		return nil
	}
	return errors.Join(r.w.Flush(), r.file.Close())
}

// localImporter writes into the data directory itself.
type localImporter struct {
	db      *pebblestore.DB
	program *program.Program
}

func newLocalImporter(o importOptions) (importer, error) {
	zones, err := zonefile.Read(o.zones)
	if err != nil {
		return nil, &failure{exitUsage, "--zones: " + err.Error()}
	}
	loaded, err := loadAll(zones, false, []string{o.ruleset})
	if err != nil {
		return nil, err
	}
	key, err := readKey(o.keyFile)
	if err != nil {
		return nil, err
	}
	db, err := pebblestore.Open(o.data, pebblestore.Options{Key: key})
	if err != nil {
		return nil, &failure{exitUsage, err.Error()}
	}
	machine, data := clock.New(vouchers(nil)...), assembly.Embedded(db)
	if err := assembly.Resume(context.Background(), machine, data, false); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	p, _, err := assembly.Parts{Data: data, Boards: boardsFor(nil), Machine: machine, Zones: zones, Log: newLog(false)}.Open(loaded[0])
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &localImporter{db: db, program: p}, nil
}

func (i *localImporter) take(_ context.Context, page []*line) error {
	now := calendar.FromTime(time.Now())
	var events []*event.Event
	var of []*line
	for _, l := range page {
		if l.event != nil && l.event.Time > now {
			l.refusal = &engine.Refusal{Code: engine.CodeInFuture, Message: "an import brings in the past, and this lies ahead"}
		}
		if l.refusal == nil {
			events, of = append(events, l.event), append(of, l)
		}
	}
	results, err := i.program.Submit(events...)
	if err != nil {
		return err
	}
	for n, r := range results {
		of[n].refusal = r.Refusal
		of[n].duplicate = r.Outcome != nil && r.Outcome.Duplicate
	}
	return nil
}

func (i *localImporter) close() error { return errors.Join(i.program.Close(), i.db.Close()) }

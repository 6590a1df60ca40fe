package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/engine/decimal"
)

// importWorkers is how many rows are under way at once: one sync to disk serves those that wait.
const importWorkers = 32

// maxTries is how often a call is made again that the server has no time or room for.
const maxTries = 10

// tableImport is an import of a table into a running server.
type tableImport struct {
	what    string
	fields  []string
	needs   []string
	url     string
	name    string
	points  string
	reward  string
	mapped  map[string]string
	refused string
	dry     bool
	server  *remote
	seen    map[uint64]int // by what rows say: the line of the first, or how many there are
}

// rowRequest makes a call of a row.
type rowRequest func(*tableImport, *tableRow) (*rowCall, error)

// rowCall is what a row amounts to.
type rowCall struct {
	row    *tableRow
	method string
	path   string
	key    string
	media  string
	body   []byte
	result string // added, unchanged, refused
	err    error
}

func newImportTable(what, short, long string, fields, needs []string, request rowRequest) *cobra.Command {
	t := &tableImport{what: what, fields: fields, needs: needs, seen: map[uint64]int{}}
	var maps []string
	cmd := &cobra.Command{
		Use:   what + " FILE.csv",
		Short: short,
		Long: long + "\n\nColumns are fields by their names; --map \"Customer No=id\" takes another one for a field, and --map \"Notes=\" leaves one out. Commas,\n" +
			"semicolons and tabs may separate them. Rows that are refused are written to FILE.refused.csv with line and reason; mend them there and\n" +
			"import that file. Running an import again is its resume: nothing is done twice. Exit code 1 when rows were refused. It takes a running\n" +
			"server, with the key in LAUREL_KEY.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t.mapped = map[string]string{}
			for _, m := range maps {
				column, field, ok := strings.Cut(m, "=")
				if !ok {
					return &failure{exitUsage, fmt.Sprintf("--map %s: write COLUMN=FIELD", m)}
				}
				t.mapped[column] = field
			}
			return t.run(cmd, args[0], request)
		},
	}
	f := cmd.Flags()
	f.StringVar(&t.url, "url", env("LAUREL_URL", "http://127.0.0.1:8080"), "address of the running server (LAUREL_URL)")
	f.StringArrayVar(&maps, "map", nil, "take a column for a field: COLUMN=FIELD; may be given several times")
	f.StringVar(&t.refused, "refused", "", "file for refused rows (default FILE.refused.csv)")
	f.BoolVar(&t.dry, "dry-run", false, "say what would be refused, and change nothing")
	switch what {
	case "balances":
		f.StringVar(&t.points, "points", "", "the points, where no column says so")
		f.StringVar(&t.name, "name", "opening balance", "of the import: another one adds to what this one has brought")
	case "codes":
		f.StringVar(&t.reward, "reward", "", "the reward, where no column says so")
	}
	return cmd
}

func newImportMembers() *cobra.Command {
	return newImportTable("members", "Bring in members from CSV",
		"Creates members, or changes what the columns name of those that are known: id, name, timezone, joined (a day or a time; only for new\n"+
			"members) and fields.NAME for what the ruleset declares. An empty cell leaves what it names as it is.",
		[]string{"id", "name", "timezone", "joined", "fields."}, []string{"id"}, memberRow)
}

func newImportBalances() *cobra.Command {
	return newImportTable("balances", "Bring in opening balances from CSV",
		"Gives members what they had elsewhere, as adjustments: member, points, amount, expires_at (a day or a time; without one as the points\n"+
			"say) and reason. Several rows of one member are several lots. Import the members first.",
		[]string{"member", "points", "amount", "expires_at", "reason"}, []string{"member", "points", "amount"}, balanceRow)
}

func newImportCodes() *cobra.Command {
	return newImportTable("codes", "Bring in codes of rewards from CSV",
		"Adds codes to the pools of rewards: reward and code. No code is in any log, message or error; the file of refused rows has those of its rows.",
		[]string{"reward", "code"}, []string{"reward", "code"}, codeRow)
}

var seed = maphash.MakeSeed()

// once is the line of an earlier row that says the same, 0 for the first.
func (t *tableImport) once(text string, row *tableRow) int {
	said := maphash.String(seed, text)
	line := t.seen[said]
	if line == 0 {
		t.seen[said] = row.line
	}
	return line
}

// memberRow makes a change of a profile of a row.
func memberRow(t *tableImport, row *tableRow) (*rowCall, error) {
	body, fields := map[string]any{}, map[string]json.RawMessage{}
	for field, cell := range row.of {
		switch name, own := strings.CutPrefix(field, "fields."); {
		case field == "id":
		case own:
			fields[name] = cellValue(cell)
		default:
			body[field] = cell
		}
	}
	if len(fields) > 0 {
		body["fields"] = fields
	}
	id := row.of["id"]
	if line := t.once(id, row); line > 0 {
		return nil, fmt.Errorf("line %d has this id, too", line)
	}
	text, err := json.Marshal(body)
	return &rowCall{row: row, method: http.MethodPatch, path: "/v1/members/" + url.PathEscape(id), media: "application/json", body: text}, err
}

// cellValue is a cell as a value of a declared field: a number, true or false where it reads so, else a text. The server says where it does not
// fit; then quotes say that it is a text.
func cellValue(cell string) json.RawMessage {
	if cell == "true" || cell == "false" {
		return json.RawMessage(cell)
	}
	if n, err := decimal.Parse(cell); err == nil && n.String() == cell {
		return json.RawMessage(cell)
	}
	text, err := json.Marshal(cell)
	if err != nil {
		return json.RawMessage(`""`)
	}
	return text
}

// balanceRow makes an adjustment of a row. Its key is made of the import's name and what the row says but for the amount, with how many rows before
// it say the same; or it is the one that the row had when it was refused, so that mending it counts for that row.
func balanceRow(t *tableImport, row *tableRow) (*rowCall, error) {
	points := cmp.Or(row.of["points"], t.points)
	if row.key == "" {
		of, err := json.Marshal([]string{t.name, row.of["member"], points, row.of["expires_at"]})
		if err != nil {
			return nil, err
		}
		said := maphash.Bytes(seed, of)
		t.seen[said]++
		sum := sha256.Sum256(append(of, strconv.Itoa(t.seen[said])...))
		row.key = "import-" + hex.EncodeToString(sum[:16])
	}
	amount, err := decimal.Parse(row.of["amount"])
	if err != nil {
		return nil, fmt.Errorf("amount: %q is no number, such as 1250 or 12.5", row.of["amount"])
	}
	if amount == 0 {
		return nil, errNothing
	}
	body := map[string]any{"points": points, "amount": json.RawMessage(amount.String()), "reason": cmp.Or(row.of["reason"], t.name)}
	if at := row.of["expires_at"]; at != "" {
		body["expires_at"] = at
	}
	text, err := json.Marshal(body)
	return &rowCall{row: row, method: http.MethodPost, path: "/v1/members/" + url.PathEscape(row.of["member"]) + "/adjustments",
		key: row.key, media: "application/json", body: text}, err
}

// codeRow makes a call of a row: one code, under a key of its own, so that those around it do not matter.
func codeRow(t *tableImport, row *tableRow) (*rowCall, error) {
	reward, code := cmp.Or(row.of["reward"], t.reward), row.of["code"]
	sum := sha256.Sum256([]byte(reward + "\x00" + code))
	if line := t.once(string(sum[:]), row); line > 0 {
		return nil, fmt.Errorf("line %d has this code, too", line)
	}
	return &rowCall{row: row, method: http.MethodPost, path: "/v1/admin/rewards/" + url.PathEscape(reward) + "/codes",
		key: "import-" + hex.EncodeToString(sum[:16]), media: "text/plain", body: []byte(code + "\n")}, nil
}

// errNothing is a row that changes nothing.
var errNothing = errors.New("nothing is to be done")

// tableCounts is the summary of an import of a table.
type tableCounts struct {
	Rows      int  `json:"rows"`
	Added     int  `json:"added"`
	Unchanged int  `json:"unchanged"` // they were in already, or say nothing
	Refused   int  `json:"refused"`
	DryRun    bool `json:"dry_run,omitempty"`
}

func (t *tableImport) run(cmd *cobra.Command, name string, request rowRequest) error {
	in, err := openTable(name, t.fields, t.mapped)
	if err != nil {
		return &failure{exitUsage, err.Error()}
	}
	defer func() { _ = in.close() }() // it was only read
	given := map[string]string{"points": t.points, "reward": t.reward}
	for _, field := range t.needs {
		if !in.has(field) && given[field] == "" {
			return &failure{exitUsage, fmt.Sprintf("%s has no column for %s: name it with --map COLUMN=%s", name, field, field)}
		}
	}
	if t.server, err = dial(t.url); err != nil {
		return err
	}
	out := &refusedRows{name: cmp.Or(t.refused, strings.TrimSuffix(name, ".csv")+".refused.csv"), header: in.header, comma: in.read.Comma}
	counts, err := t.all(cmd.Context(), in, out, request)
	if err = errors.Join(err, out.close()); err != nil {
		return err
	}
	counts.DryRun = t.dry
	if err := json.NewEncoder(cmd.OutOrStdout()).Encode(counts); err != nil {
		return err
	}
	if counts.Refused > 0 {
		return &failure{exitFailed, fmt.Sprintf("%d of %d rows %s; see %s", counts.Refused, counts.Rows,
			map[bool]string{true: "would be refused", false: "were refused"}[t.dry], out.name)}
	}
	return nil
}

// all brings in the rows, in pieces: within one they are under way at once, and what became of them is told in the order of the file.
func (t *tableImport) all(ctx context.Context, in *table, out *refusedRows, request rowRequest) (counts tableCounts, err error) {
	bar := progress(-1)
	for more := true; more; {
		var piece []*rowCall
		for len(piece) < importPage {
			row, err := in.next()
			if errors.Is(err, io.EOF) {
				more = false
				break
			}
			if err != nil {
				return counts, &failure{exitFailed, err.Error() + "; what came before is in"}
			}
			piece = append(piece, t.prepare(row, request))
		}
		if err := t.send(ctx, piece); err != nil {
			return counts, err
		}
		for _, c := range piece {
			counts.Rows++
			switch {
			case c.err != nil:
				counts.Refused++
				if err := out.write(c); err != nil {
					return counts, err
				}
			case c.result == "unchanged":
				counts.Unchanged++
			default:
				counts.Added++
			}
		}
		_ = bar.Add(len(piece))
	}
	_ = bar.Finish()
	return counts, nil
}

// prepare makes a call of a row, or says why there is none.
func (t *tableImport) prepare(row *tableRow, request rowRequest) *rowCall {
	if row.key == "" && t.what == "balances" { // of one that is refused before it has a key of its own
		defer func() {
			if row.key == "" {
				sum := sha256.Sum256([]byte(t.name + "\x00line\x00" + strings.Join(row.cells, "\x00") + strconv.Itoa(row.line)))
				row.key = "import-" + hex.EncodeToString(sum[:16])
			}
		}()
	}
	refused := &rowCall{row: row}
	if row.wrong != "" {
		refused.err = errors.New(row.wrong)
		return refused
	}
	for _, field := range t.needs {
		if row.of[field] == "" && (field != "points" || t.points == "") && (field != "reward" || t.reward == "") {
			refused.err = fmt.Errorf("%s is missing", field)
			return refused
		}
	}
	c, err := request(t, row)
	if errors.Is(err, errNothing) {
		return &rowCall{row: row, result: "unchanged"}
	}
	if err != nil {
		refused.err = err
		return refused
	}
	return c
}

// send makes the calls of a piece. An error is one of the way there: what is refused stands in the calls.
func (t *tableImport) send(ctx context.Context, piece []*rowCall) error {
	todo, failed := make(chan *rowCall), make(chan error, importWorkers)
	var workers sync.WaitGroup
	for range importWorkers {
		workers.Go(func() {
			for c := range todo {
				if err := t.one(ctx, c); err != nil {
					failed <- err
					for range todo { // nobody makes them any more
					}
					return
				}
			}
		})
	}
	for _, c := range piece {
		if c.err == nil && c.result == "" {
			todo <- c
		}
	}
	close(todo)
	workers.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return ctx.Err()
	}
}

func (t *tableImport) one(ctx context.Context, c *rowCall) error {
	path := c.path
	if t.dry {
		path += "?dry_run=true"
	}
	var headers []string
	if c.key != "" {
		headers = []string{"Idempotency-Key", c.key}
	}
	answer, err := t.server.ask(ctx, c.method, path, c.media, c.body, headers...)
	var refused *refusedCall
	for tries := 0; errors.As(err, &refused) && refused.passes() && tries < maxTries; tries++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(max(1, refused.retry)) * time.Second):
		}
		answer, err = t.server.ask(ctx, c.method, path, c.media, c.body, headers...)
	}
	if errors.As(err, &refused) && refused.ofRow() {
		c.err = errors.New(refused.about())
		if refused.Code == "idempotency_key_reused" {
			c.err = errors.New("the same row of this member, points and expiry came in before with another amount: an import under another --name adds to it")
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var got struct {
		Duplicate bool             `json:"duplicate"`
		Event     *json.RawMessage `json:"event"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		return &failure{exitUnreachable, err.Error()}
	}
	if got.Duplicate || t.what == "members" && got.Event == nil {
		c.result = "unchanged"
	}
	return nil
}

// refusedRows is the file of refused rows, which is made with the first of them: the rows as they were, with line and reason behind.
type refusedRows struct {
	name   string
	header []string
	comma  rune
	file   *os.File
	w      *csv.Writer
}

func (r *refusedRows) write(c *rowCall) error {
	if r.file == nil {
		f, err := os.OpenFile(r.name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		r.file, r.w = f, csv.NewWriter(f)
		r.w.Comma = r.comma
		if err := r.w.Write(append(r.columns(r.header), refusedKeyColumn, refusedLineColumn, refusedReasonColumn)); err != nil {
			return err
		}
	}
	return r.w.Write(append(r.columns(c.row.cells), c.row.key, strconv.Itoa(c.row.line), c.err.Error()))
}

// columns are the cells of a row, as many as the first line has, less what an earlier file of refused rows has added.
func (r *refusedRows) columns(cells []string) []string {
	n := len(r.header)
	if n >= 3 && r.header[n-3] == refusedKeyColumn {
		n -= 3
	}
	row := make([]string, n)
	copy(row, cells)
	return row
}

func (r *refusedRows) close() error {
	if r.file == nil {
		return nil
	}
	r.w.Flush()
	return errors.Join(r.w.Error(), r.file.Close())
}

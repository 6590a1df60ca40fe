package api

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/integer"
	"github.com/laurel-engine/laurel/internal/program"
)

// seqHeader has the last event that an answer includes.
const seqHeader = "Laurel-Seq"

const mediaCSV = "text/csv"

// exportKind is something that can be exported.
type exportKind struct {
	columns []column
	// rows calls yield for each row, with the JSON value that it is and its cells. They are as of the events up to one, and tell of what
	// came after another.
	rows func(p *program.Program, since, upTo uint64, yield func(value any, cells []string) error) error
}

// column is one of a table.
type column struct {
	name   string
	number bool // its cells are numbers, and never taken for formulas
}

// exports are what there is, by the name that asks for it.
var exports = map[string]exportKind{
	"ledger": {[]column{{"seq", true}, {"member", false}, {"event", false}, {"at", false}, {"points", false}, {"kind", false}, {"amount", true},
		{"balance", true}, {"lot", true}, {"source", false}, {"available_at", false}, {"expires_at", false}, {"from", false}}, exportLedger},
	"events": {[]column{{"seq", true}, {"id", false}, {"type", false}, {"member", false}, {"time", false}, {"accepted_at", false}, {"imported", false},
		{"late", false}, {"refused", false}, {"data", false}}, exportEvents},
	"members": {[]column{{"id", false}, {"joined", false}, {"name", false}, {"timezone", false}, {"fields", false}, {"seq", true}}, exportMembers},
	"balances": {[]column{{"member", false}, {"points", false}, {"spendable", true}, {"pending", true}, {"held", true}, {"debt", true}, {"issued", true},
		{"spent", true}, {"expired", true}, {"next_expiry_at", false}, {"next_expiry_amount", true}, {"seq", true}}, exportBalances},
}

func exportNames() []string { return []string{"ledger", "events", "members", "balances"} }

// exportedEntry is an entry of the ledger of the program.
type exportedEntry struct {
	Member string `json:"member"`
	engine.LedgerEntry
}

// exportedEvent is an event with its place in the journal.
type exportedEvent struct {
	Seq uint64 `json:"seq"`
	recorded
}

// exportedBalance is what a member has of some points.
type exportedBalance struct {
	Member    string            `json:"member"`
	Points    string            `json:"points"`
	Spendable decimal.Decimal   `json:"spendable"`
	Pending   decimal.Decimal   `json:"pending"`
	Held      decimal.Decimal   `json:"held"`
	Debt      decimal.Decimal   `json:"debt"`
	Issued    decimal.Decimal   `json:"issued"`
	Spent     decimal.Decimal   `json:"spent"`
	Expired   decimal.Decimal   `json:"expired"`
	NextAt    *calendar.Instant `json:"next_expiry_at,omitempty"`
	Next      *decimal.Decimal  `json:"next_expiry_amount,omitempty"`
	Seq       uint64            `json:"seq"`
}

// export answers with everything of a kind, written while it is read, so that it needs no more memory the more there is.
func export(c call) error {
	what, format := c.query("what"), c.query("format")
	kind, known := exports[what]
	if !known {
		return wrongParameter("query.what", "this cannot be exported", "one of "+strings.Join(exportNames(), ", "))
	}
	if format == "" {
		format = "ndjson"
	}
	if !slices.Contains([]string{"csv", "ndjson"}, format) {
		return wrongParameter("query.format", "there is no such format", "csv or ndjson")
	}
	since, err := c.number("since", 0, 0, 1<<62)
	if err != nil {
		return err
	}
	if err := c.charge(exportCost - 1); err != nil {
		return err
	}
	upTo := c.program.Durable()
	h := c.http.Response()
	h.SetStatusCode(http.StatusOK)
	h.Header.SetContentType(map[string]string{"csv": mediaCSV + "; charset=utf-8; header=present", "ndjson": mediaNDJSON}[format])
	h.Header.Set("Cache-Control", "no-store")
	h.Header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", c.key.Program+"-"+what+"."+format))
	h.Header.Set(seqHeader, strconv.FormatUint(upTo, 10))
	h.Header.Set("Vary", "Accept-Encoding")
	zipped := c.http.AcceptsEncodings("identity", "gzip") == "gzip"
	if zipped {
		h.Header.Set("Content-Encoding", "gzip")
	}
	if c.http.Method() == head {
		return nil
	}
	server, p, conn := c.server, c.program, c.http.Context().Conn()
	c.http.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		err := writeRows(&patient{w: w, conn: conn}, zipped, format, kind, p, integer.Exact[uint64](since), upTo)
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			server.log.Error("an export ended too early", "what", what, "error", err)
			_ = conn.Close() // so that its reader notices
		}
	})
	return nil
}

// writeRows writes an export in one of its forms.
func writeRows(to io.Writer, zipped bool, format string, kind exportKind, p *program.Program, since, upTo uint64) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("an export failed: %v", broken)
		}
	}()
	var ends []func() error
	if zipped {
		z := gzip.NewWriter(to)
		to, ends = z, append(ends, z.Close)
	}
	b := bufio.NewWriterSize(to, 64<<10)
	ends = append([]func() error{b.Flush}, ends...)
	if format == "ndjson" {
		lines := json.NewEncoder(b)
		lines.SetEscapeHTML(false)
		err = kind.rows(p, since, upTo, func(value any, _ []string) error { return lines.Encode(value) })
	} else {
		err = writeTable(b, kind, p, since, upTo)
	}
	for _, end := range ends {
		if err == nil {
			err = end()
		}
	}
	return err
}

func exportLedger(p *program.Program, since, upTo uint64, yield func(any, []string) error) error {
	return eachOfJournal(p, since, upTo, func(rec *engine.Record) error {
		for i := range rec.Outcome.Entries {
			e := exportedEntry{rec.Event.Member, engine.NewLedgerEntry(rec, &rec.Outcome.Entries[i], rec.Event.Member)}
			err := yield(e, []string{unsigned(e.Seq), e.Member, e.Event, e.At.String(), e.Points, string(e.Kind), e.Amount.String(), e.Balance.String(),
				unsigned(e.Lot), e.Source, instantText(e.Available), instantText(e.Expires), e.From})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func exportEvents(p *program.Program, since, upTo uint64, yield func(any, []string) error) error {
	return eachOfJournal(p, since, upTo, func(rec *engine.Record) error {
		e := exportedEvent{rec.Seq, showRecord(rec)}
		return yield(e, []string{unsigned(e.Seq), e.ID, e.Type, e.Member, e.Time.String(), e.Accepted.String(), strconv.FormatBool(e.Imported),
			strconv.FormatBool(e.Late), e.Refused, string(e.Data)})
	})
}

func exportMembers(p *program.Program, since, _ uint64, yield func(any, []string) error) error {
	return eachMember(p, since, false, func(m *program.Row) error {
		fields, err := json.Marshal(m.Fields)
		if err != nil {
			return err
		}
		return yield(m.Profile, []string{m.ID, m.Joined.String(), m.Name, m.Timezone, string(fields), unsigned(m.Seq)})
	})
}

func exportBalances(p *program.Program, since, _ uint64, yield func(any, []string) error) error {
	points := p.Rules().Points
	return eachMember(p, since, true, func(m *program.Row) error {
		for _, kind := range points {
			has, some := m.Balances[kind.ID]
			if !some {
				continue
			}
			b := exportedBalance{Member: m.ID, Points: kind.ID, Spendable: has.Spendable, Pending: has.Pending, Held: has.Held, Debt: has.Debt,
				Issued: has.Issued, Spent: has.Spent, Expired: has.Expired, Seq: m.Seq}
			next := ""
			if len(has.Expiring) > 0 {
				b.NextAt, b.Next = &has.Expiring[0].At, &has.Expiring[0].Amount
				next = b.Next.String()
			}
			err := yield(b, []string{b.Member, b.Points, b.Spendable.String(), b.Pending.String(), b.Held.String(), b.Debt.String(), b.Issued.String(),
				b.Spent.String(), b.Expired.String(), instantText(b.NextAt), next, unsigned(b.Seq)})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// eachOfJournal reads the records behind one up to another, in pieces, so that a slow reader holds up nothing in the store.
func eachOfJournal(p *program.Program, after, upTo uint64, do func(*engine.Record) error) error {
	for after < upTo {
		var piece []*engine.Record
		var failed error
		err := p.Store().Records(after+1, func(seq uint64, b []byte) bool {
			if seq > upTo || len(piece) == standardPage {
				return false
			}
			var rec *engine.Record
			if rec, failed = engine.DecodeRecord(b); failed == nil {
				rec.Seq = seq
				piece = append(piece, rec)
			}
			return failed == nil
		})
		if err = errors.Join(err, failed); err != nil {
			return err
		}
		if len(piece) == 0 {
			return nil
		}
		hide(p, piece)
		for _, rec := range piece {
			if err := do(rec); err != nil {
				return err
			}
		}
		after = piece[len(piece)-1].Seq
	}
	return nil
}

// hide takes out of records what is soon taken out of the journal, where a member has been erased: the numbers stay.
func hide(p *program.Program, piece []*engine.Record) {
	members := make([]string, len(piece))
	for i, rec := range piece {
		members[i] = rec.Event.Member
	}
	for i, as := range p.Pseudonyms(members) {
		if as != "" {
			rec := piece[i]
			if rec.Event.Member != as {
				rec.Event.ID = strings.ReplaceAll(rec.Event.ID, rec.Event.Member, as)
			}
			rec.Event.Member, rec.Event.Data = as, nil
			rec.Outcome = engine.Outcome{ID: rec.Event.ID, Seq: rec.Outcome.Seq, Ruleset: rec.Outcome.Ruleset, Entries: rec.Outcome.Entries}
		}
	}
}

// eachMember reads those members of whom something has changed since an event.
func eachMember(p *program.Program, since uint64, balances bool, do func(*program.Row) error) error {
	for after, more := "", true; more; {
		var rows []program.Row
		var err error
		if rows, after, more, err = p.Rows(after, balances); err != nil {
			return err
		}
		for i := range rows {
			if rows[i].Seq <= since && since > 0 {
				continue
			}
			if err := do(&rows[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// unsigned is a number as a cell; 0 is none.
func unsigned(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

func instantText(at *calendar.Instant) string {
	if at == nil {
		return ""
	}
	return at.String()
}

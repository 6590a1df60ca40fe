package api

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/audit"
)

// record appends what a call is about to do that changes no settings of its own.
func (c call) record(w *audit.What) error {
	act, err := c.act()
	if err != nil || c.server.settings == nil {
		return err
	}
	return act.Record(c.server.settings, w)
}

// auditFilter is which entries a list has.
type auditFilter struct {
	action, key, actor string
	from, to           time.Time
}

func (f *auditFilter) has(e *audit.Entry) bool {
	return (f.action == "" || f.action == e.Action) && (f.key == "" || f.key == e.Key) && (f.actor == "" || f.actor == e.Actor) &&
		(f.from.IsZero() || !e.At.Before(f.from)) && (f.to.IsZero() || e.At.Before(f.to))
}

func (c call) auditFilter() (f auditFilter, err error) {
	f.action, f.key, f.actor = c.query("action"), c.query("key"), c.query("actor")
	for name, at := range map[string]*time.Time{"from": &f.from, "to": &f.to} {
		i, given, err := c.instant(name)
		if err != nil {
			return f, err
		}
		if given {
			*at = i.Time()
		}
	}
	return f, nil
}

// showAudit answers with what administrators did, the latest first; with ?format=ndjson the whole chain, the oldest first, and where it ends,
// as laurel audit verify takes it. What was durable when it is asked is in it.
func showAudit(c call) error {
	if c.server.settings == nil {
		return errors.New("no audit log is kept")
	}
	var store engine.Store
	if c.program != nil {
		store = c.program.Store()
		if _, err := audit.CatchUp(c.server.settings, c.key.Program, store, c.program.Durable()); err != nil {
			return err
		}
	}
	f, err := c.auditFilter()
	if err != nil {
		return err
	}
	switch c.query("format") {
	case "", "json":
		return c.auditPage(f, store)
	case "ndjson":
		if f != (auditFilter{}) || c.query("cursor") != "" || c.query("limit") != "" {
			return wrongParameter("query.format", "a chain is whole: leave the other parameters out", "format=ndjson")
		}
		return c.wholeChain(store)
	}
	return wrongParameter("query.format", "there is no such format", "json or ndjson")
}

func (c call) auditPage(f auditFilter, store engine.Store) error {
	limit, err := c.number("limit", standardPage, 1, maxPage)
	if err != nil {
		return err
	}
	owner := c.owner("audit\x00"+f.action+"\x00"+f.key+"\x00"+f.actor+"\x00"+c.query("from")+"\x00"+c.query("to"), false)
	from, err := c.cursor(owner)
	if err != nil {
		return err
	}
	out := page[audit.Entry]{Data: []audit.Entry{}}
	looked, last := 0, uint64(0)
	var failed error
	err = audit.Back(c.server.settings, c.key.Program, from.seq, func(e *audit.Entry) bool {
		if looked == maxLooked || f.has(e) && len(out.Data) == int(limit) {
			out.HasMore = true
			return false
		}
		looked++
		if last = e.N; f.has(e) {
			failed = e.Complete(store)
			out.Data = append(out.Data, *e)
		}
		return failed == nil
	})
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	if out.HasMore {
		text := ledgerCursor{seq: last, entries: 1}.encode(owner)
		out.NextCursor = &text
	}
	return c.write(http.StatusOK, out)
}

// wholeChain writes a chain as it is read.
func (c call) wholeChain(store engine.Store) error {
	end, err := audit.End(c.server.settings, c.key.Program)
	if err != nil {
		return err
	}
	h, s, program := c.http.Response(), c.server, c.key.Program
	h.SetStatusCode(http.StatusOK)
	h.Header.SetContentType(mediaNDJSON)
	h.Header.Set("Cache-Control", "no-store")
	request := c.request()
	c.http.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		lines := json.NewEncoder(w)
		var failed error
		err := audit.Forward(s.settings, program, func(e *audit.Entry) bool {
			if e.N > end.N {
				return false
			}
			if failed = e.Complete(store); failed == nil {
				failed = lines.Encode(e)
			}
			return failed == nil
		})
		if err = errors.Join(err, failed); err == nil {
			err = lines.Encode(map[string]audit.Head{"head": end})
		}
		if err != nil { // the answer has no end, which verify tells
			s.log.Error("an audit log could not be written", "request_id", request, "entries", strconv.FormatUint(end.N, 10), "error", err)
		}
	})
	return nil
}

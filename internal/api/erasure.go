package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
)

// eraseMember erases a member: at once for everybody who asks, and from the disk soon after. Repeating it answers as the
// first time.
func eraseMember(c call) error {
	id, err := c.id("member")
	if err != nil {
		return err
	}
	return c.carryOut(engine.NewErasure(id))
}

// exportMember answers with all that is known of a member: what it told, where it stands, every event with what that meant,
// and every line of its ledger. The answer is written while the events are read, so that it needs no more memory the more
// there are; they are those accepted before the call.
func exportMember(c call) error {
	id, err := c.member()
	if err != nil {
		return err
	}
	x, found, err := c.program.Export(id)
	if err != nil {
		return err
	}
	if !found {
		return c.noMember(id)
	}
	read, write := io.Pipe()
	go func() { _ = write.CloseWithError(writeExport(write, c.program, x)) }() // an error leaves the answer without its end
	h := c.http.Response()
	h.SetStatusCode(http.StatusOK)
	h.Header.SetContentType(mediaJSON)
	h.Header.Set("Cache-Control", "no-store")
	c.http.Context().SetBodyStream(read, -1)
	return nil
}

// writeExport writes an export: claims older than those that the program knows at once, then these, then events and ledger as they
// are read.
func writeExport(to io.Writer, p *program.Program, x program.Export) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("an export failed: %v", broken)
		}
	}()
	w, store := &exportWriter{to: bufio.NewWriter(to)}, p.Store()
	w.text(`{"member":`)
	w.value(x.Member)
	w.text(`,"progress":`)
	w.value(x.Progress)
	id, last := x.Member.ID, x.Member.Seq
	w.text(`,"cards":[`)
	first := true
	for _, card := range x.Cards {
		w.element(&first, card)
	}
	w.text(`],"claims":[`)
	first = true
	w.failed(eachRecord(store, id, last, func(rec *engine.Record) bool {
		if claim, made := rec.ClaimMade(); made {
			if old, found := p.OldClaim(&x, claim); found {
				w.element(&first, old)
			}
		}
		return w.err == nil
	}))
	for _, claim := range x.Claims {
		w.element(&first, claim)
	}
	w.text(`],"events":[`)
	first = true
	w.failed(eachRecord(store, id, last, func(rec *engine.Record) bool {
		w.element(&first, showRecordOf(rec, id))
		return w.err == nil
	}))
	w.text(`],"ledger":[`)
	first = true
	w.failed(eachRecord(store, id, last, func(rec *engine.Record) bool {
		for i := range rec.Outcome.Entries {
			w.element(&first, engine.NewLedgerEntry(rec, &rec.Outcome.Entries[i], id))
		}
		return w.err == nil
	}))
	w.text("]}\n")
	if w.err == nil {
		w.err = w.to.Flush()
	}
	return w.err
}

// eachRecord calls yield for a member's records up to a sequence number until it returns false. They are read in pages, so
// that a slow reader of the answer holds up nothing in the store.
func eachRecord(store engine.Store, member string, last uint64, yield func(*engine.Record) bool) error {
	for after := uint64(0); after < last; {
		var page []*engine.Record
		err := engine.Events(store, member, after, func(rec *engine.Record) bool {
			page = append(page, rec)
			return len(page) < standardPage
		})
		if err != nil {
			return err
		}
		for _, rec := range page {
			if rec.Seq > last || !yield(rec) {
				return nil
			}
			after = rec.Seq
		}
		if len(page) < standardPage {
			return nil
		}
	}
	return nil
}

// exportWriter writes until the first error.
type exportWriter struct {
	to  *bufio.Writer
	err error
}

func (w *exportWriter) failed(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *exportWriter) text(s string) {
	if w.err == nil {
		_, w.err = w.to.WriteString(s)
	}
}

func (w *exportWriter) value(v any) {
	b, err := json.Marshal(v)
	w.failed(err)
	w.text(string(b))
}

func (w *exportWriter) element(first *bool, v any) {
	if !*first {
		w.text(",")
	}
	*first = false
	w.value(v)
}

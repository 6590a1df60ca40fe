package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

// listHoldings answers with the rewards of a member, the latest first: held, in use, used by the last claims, and lately expired.
func listHoldings(c call) error {
	id, err := c.member()
	if err != nil {
		return err
	}
	limit, err := c.number("limit", standardPage, 1, maxPage)
	if err != nil {
		return err
	}
	oldest, err := c.oldestFirst()
	if err != nil {
		return err
	}
	owner := c.owner("rewards "+id, oldest)
	from, err := c.cursor(owner)
	if err != nil {
		return err
	}
	list, found, err := c.program.Holdings(id)
	if err != nil {
		return err
	}
	if !found {
		return c.noMember(id)
	}
	if oldest {
		slices.Reverse(list)
	}
	return c.show(pageOf(list, int(limit), from, owner, oldest))
}

// pageOf cuts a page out of all holdings of a member. A cursor says which one was shown last: its place, and its number from 1.
func pageOf(list []engine.Holding, limit int, from ledgerCursor, owner string, oldest bool) page[engine.Holding] {
	place := func(h *engine.Holding) ledgerCursor {
		seq, number := h.Place()
		return ledgerCursor{seq: max(seq, 1), entries: number + 1}
	}
	if from.seq > 0 {
		list = slices.DeleteFunc(list, func(h engine.Holding) bool {
			at := place(&h)
			older := at.seq < from.seq || at.seq == from.seq && at.entries < from.entries
			return at == from || older == oldest
		})
	}
	out := page[engine.Holding]{Data: list}
	if len(list) > limit {
		out.Data, out.HasMore = list[:limit], true
		next := place(&list[limit-1]).encode(owner)
		out.NextCursor = &next
	}
	return out
}

// claimShown is a claim or a use with its member.
type claimShown struct {
	Member string `json:"member"`
	engine.ClaimProgress
}

func showClaim(c call) error {
	if err := c.settled(); err != nil {
		return err
	}
	id, err := c.id("claim")
	if err != nil {
		return err
	}
	member, claim, found, err := c.program.ClaimNamed(id)
	if err != nil {
		return err
	}
	if !found {
		return refuse(engine.CodeUnknownClaim, "there is no such claim")
	}
	return c.show(claimShown{member, claim})
}

// code finds what the code in the path stands for.
func (c call) code() (*engine.CodeFound, error) {
	code, err := url.PathUnescape(strings.Clone(c.http.Params("code")))
	if err != nil {
		return nil, notFound("code")
	}
	found, err := c.program.FindCode(code)
	if err != nil {
		return nil, err
	}
	if _, card := engine.ReadCardNumber(code); found == nil && card {
		return nil, refuse("not_found", "there is no such code; this is the number of a card, which is looked up at GET /v1/cards/{number}")
	}
	if found == nil {
		return nil, notFound("code")
	}
	return found, nil
}

func showCode(c call) error {
	if err := c.settled(); err != nil {
		return err
	}
	found, err := c.code()
	if err != nil {
		return err
	}
	return c.show(found)
}

// useCode uses what a code stands for: {"at", "hold"}. Where it has been used, the answer says when and where.
func useCode(c call) error {
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	q, err := c.readClaim("at", "hold")
	if err != nil {
		return err
	}
	found, err := c.code()
	if err != nil {
		return err
	}
	q.Reward, q.Holding = found.Reward, found.ID
	err = c.once(engine.NewUse(key, found.Member, q.Use))
	var p *problem
	if errors.As(err, &p) && p.code == engine.CodeAlreadyUsed {
		p.used = &found.Holding
	}
	return err
}

// releaseCode gives back what a code stands for: a hold is cancelled, a use returned.
func releaseCode(c call) error {
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	if err := c.noBody(); err != nil {
		return err
	}
	found, err := c.code()
	if err != nil {
		return err
	}
	switch {
	case found.Use != "" && found.Use == found.ID:
		return refuse(engine.CodeHoldCaptured, "this was handed over as it was bought: return the claim instead")
	case found.Until != nil:
		return c.carryOut(engine.NewCancel("", found.Use))
	case found.Use != "":
		return c.once(engine.NewReturn(key, found.Use, 0))
	}
	if again, err := c.returnedBefore(key); again || err != nil {
		return err
	}
	return refuse(engine.CodeNotConfirmed, "this code has not been used")
}

// returnedBefore answers a release that was made under this key before: what it has given back can no longer be found as used.
func (c call) returnedBefore(key string) (again bool, err error) {
	store := c.program.Store()
	seq, err := store.Seq(event.KeyedID(key))
	if err != nil || seq == 0 {
		return false, err
	}
	b, err := store.Record(seq)
	if err != nil {
		return false, err
	}
	rec, err := engine.DecodeRecord(b)
	if err != nil {
		return false, err
	}
	e := rec.Event
	if e.Type != engine.ReturnType {
		return false, refuse("idempotency_key_reused", "this Idempotency-Key was used for another request: take a new one")
	}
	return true, c.once(&event.Event{ID: e.ID, Key: e.Key, Kind: e.Kind, Type: e.Type, Data: e.Data})
}

// MaxCodes is the most bytes of codes that one request adds to a pool.
const MaxCodes = 1 << 20

// addCodes adds codes to the pool of a reward: a text with one a line, or CSV whose column is called code, or is the first. All are
// added, or none. The same codes again, under the same Idempotency-Key or without one, are added once.
func addCodes(c call) error {
	reward, err := c.id("reward")
	if err != nil {
		return err
	}
	key, err := c.optionalKey()
	if err != nil {
		return err
	}
	if err := c.takes("text/plain", "text/csv"); err != nil {
		return err
	}
	body := c.http.Context().Request.Body()
	codes, errs := readCodes(body, strings.EqualFold(c.media(), "text/csv"))
	if len(errs) > 0 {
		return refuse("invalid_body", "the body is not a list of codes", errs...)
	}
	if key == "" {
		sum := sha256.Sum256(body)
		key = hex.EncodeToString(sum[:16])
	}
	out, err := c.accept(engine.NewCodes(key, reward, codes))
	var p *problem
	if errors.As(err, &p) && p.code == engine.CodeConflict {
		return refuse("idempotency_key_reused", "this Idempotency-Key was used for other codes: take a new one")
	}
	if err != nil {
		return err
	}
	return c.show(map[string]any{"reward": reward, "added": len(codes), "duplicate": out.Duplicate, "left": c.program.CodesLeft(reward)})
}

// readCodes reads codes, without what surrounds them and empty lines. Their values are in no error.
func readCodes(body []byte, table bool) (codes []string, errs []event.FieldError) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) // which spreadsheets put before a text
	if !table {
		for line := range bytes.Lines(body) {
			if code := strings.TrimSpace(string(line)); code != "" {
				codes = append(codes, code)
			}
		}
		return codes, nil
	}
	r := csv.NewReader(bytes.NewReader(body))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	column := 0
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return codes, errs
		}
		if err != nil {
			line := 0
			if broken := (*csv.ParseError)(nil); errors.As(err, &broken) {
				line = broken.StartLine
			}
			return nil, []event.FieldError{{Location: fmt.Sprintf("line %d", line), Code: "wrong_value", Message: "this is no row of CSV"}}
		}
		if at := slices.IndexFunc(row, func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), "code") }); first && at >= 0 {
			column = at
			continue
		}
		if column >= len(row) {
			line, _ := r.FieldPos(0)
			errs = append(errs, event.FieldError{Location: fmt.Sprintf("line %d", line), Code: "missing_field", Message: "this row has no code"})
			continue
		}
		if code := strings.TrimSpace(row[column]); code != "" {
			codes = append(codes, code)
		}
	}
}

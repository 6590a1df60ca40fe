package laurel

import (
	"context"
	"iter"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Progress is everything an app shows of one member, now. Of an unknown member it is the refusal member_unknown, of an erased one
// member_erased.
func (p *Program) Progress(ctx context.Context, member string) (engine.Progress, error) {
	return p.ProgressAt(ctx, member, p.Now())
}

// ProgressAt is Progress at another time: as it was then, or as it will be by time alone.
func (p *Program) ProgressAt(ctx context.Context, member string, at time.Time) (engine.Progress, error) {
	if err := p.begin(ctx); err != nil {
		return engine.Progress{}, err
	}
	defer p.calls.RUnlock()
	progress, found, err := p.program.ProgressAt(member, calendar.FromTime(at))
	if err == nil {
		err = p.program.Settled()
	}
	if err == nil && !found {
		err = p.noMember(member)
	}
	return progress, err
}

// noMember is why there is nothing to tell of a member.
func (p *Program) noMember(id string) error {
	if p.program.Erased(id) {
		return &engine.Refusal{Code: engine.CodeMemberErased, Message: "this member has been erased, and the id stays blocked"}
	}
	return &engine.Refusal{Code: engine.CodeMemberUnknown, Message: "there is no such member"}
}

// ledgerPage is how many entries are read at once.
const ledgerPage = 500

// Ledger is every change of a member's points, the latest first, each with the event that caused it. It ends with the first error.
// What is accepted meanwhile is not in it.
func (p *Program) Ledger(ctx context.Context, member string) iter.Seq2[engine.LedgerEntry, error] {
	return func(yield func(engine.LedgerEntry, error) bool) {
		for before, first := uint64(0), true; first || before > 0; first = false {
			page, next, err := p.ledgerBefore(ctx, member, before)
			if err != nil {
				yield(engine.LedgerEntry{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			before = next
		}
	}
}

// ledgerBefore reads entries of events before one, 0 for all, and before which to go on, 0 at the end. An event's are together.
func (p *Program) ledgerBefore(ctx context.Context, member string, before uint64) (page []engine.LedgerEntry, next uint64, err error) {
	if err := p.begin(ctx); err != nil {
		return nil, 0, err
	}
	defer p.calls.RUnlock()
	if !p.program.Known(member) {
		return nil, 0, p.noMember(member)
	}
	err = engine.LedgerBack(p.program.Store(), member, before, func(rec *engine.Record) bool {
		for i := len(rec.Outcome.Entries) - 1; i >= 0; i-- {
			page = append(page, engine.NewLedgerEntry(rec, &rec.Outcome.Entries[i]))
		}
		if len(page) >= ledgerPage {
			next = rec.Seq
		}
		return next == 0
	})
	return page, next, err
}

// Ranking names one ranking.
type Ranking struct {
	Board  string // a leaderboard of the ruleset
	Season string // "current", which "" is too, "previous", or a label such as 2026-W49
	Split  string // which part of a board that is split, "" for any other
}

func (r Ranking) name() program.RankingName {
	name := program.RankingName{Board: r.Board, Season: r.Season}
	if r.Split != "" {
		name.Split = &r.Split
	}
	return name
}

// Bounds of what is read of a ranking at once.
const (
	standardRows = 100
	maxAround    = 100
)

// Leaderboard is a page of a ranking: at most limit rows from a position on, which counts from 1. A limit of 0 is 100; no page has
// more than leaderboards.MaxPage. Final tables of seasons that have closed are read in the same way. A ranking that there is not is
// the refusal not_found or wrong_parameter.
func (p *Program) Leaderboard(ctx context.Context, of Ranking, from, limit int) (engine.Table, error) {
	if err := p.begin(ctx); err != nil {
		return engine.Table{}, err
	}
	defer p.calls.RUnlock()
	r, err := p.program.Ranking(of.name())
	if err != nil {
		return engine.Table{}, err
	}
	if limit <= 0 {
		limit = standardRows
	}
	table, err := r.Page(ctx, int64(max(from, 1)), min(limit, leaderboards.MaxPage))
	if err == nil {
		err = p.program.Settled()
	}
	return table, err
}

// Standing is where a member, or a group where groups are ranked, is in a ranking, and so many rows on each side, at most 100. Who
// has no score has no rank.
func (p *Program) Standing(ctx context.Context, of Ranking, member string, around int) (engine.Standing, error) {
	if err := p.begin(ctx); err != nil {
		return engine.Standing{}, err
	}
	defer p.calls.RUnlock()
	r, err := p.program.Ranking(of.name())
	if err != nil {
		return engine.Standing{}, err
	}
	if !r.Board.RanksGroups() && !p.program.Known(member) {
		return engine.Standing{}, p.noMember(member)
	}
	standing, err := r.Standing(ctx, member, min(max(around, 0), maxAround))
	if err == nil {
		err = p.program.Settled()
	}
	return standing, err
}

// Explain says for each definition that looked at an event, or at a command, by its id, whether it did something or what kept it
// from it, and what it did. An id that no event has is the refusal not_found.
func (p *Program) Explain(ctx context.Context, event string) (*engine.Explanation, error) {
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	defer p.calls.RUnlock()
	if err := p.program.Settled(); err != nil {
		return nil, err
	}
	x, err := p.program.Explain(event)
	switch {
	case err != nil:
		return nil, err
	case x == nil:
		return nil, &engine.Refusal{Code: engine.CodeNotFound, Message: "there is no such event"}
	case p.program.Erased(x.Record.Event.Member):
		return nil, p.noMember(x.Record.Event.Member)
	}
	return x, nil
}

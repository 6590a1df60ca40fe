package program

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
)

// scrubber is a store that can take what was deleted off the disk. *pebblestore.Store is one.
type scrubber interface {
	Scrub(ctx context.Context) error
}

// rewritable is a store that can tell why records could not be rewritten now. *pebblestore.Store is one.
type rewritable interface {
	Rewritable() error
}

// Erased reports whether an id is that of an erased member, which stays blocked.
func (p *Program) Erased(member string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.Erased(member)
}

// Pseudonym is what a member goes by once it is erased.
func (p *Program) Pseudonym(member string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.Pseudonym(member)
}

// Pseudonyms are those of the members that were erased, "" of the others.
func (p *Program) Pseudonyms(members []string) []string {
	list := make([]string, len(members))
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, member := range members {
		if p.processor.Erased(member) {
			if list[i] = member; !p.processor.IsPseudonym(member) {
				list[i] = p.processor.Pseudonym(member)
			}
		}
	}
	return list
}

// Merged is the id of the member that an id was merged into, "" for one that was not.
func (p *Program) Merged(member string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.Merged(member)
}

// scrubDue is the row that says that what was deleted is still to be taken off the disk.
const scrubDue = "c/scrub"

// Redact writes the journal again without what it tells of members that were erased since it was last called, deletes their
// rows, and takes both off the disk. It is for a job: it reads the whole journal, beside everything else, and can be stopped
// and begun again at any time (semantics: Erasure and export). It returns how many members it was about.
func (p *Program) Redact(ctx context.Context) (int, error) {
	members, err := engine.ToRedact(p.store)
	if err == nil && len(members) > 0 {
		err = p.redact(ctx, members)
	}
	if err != nil {
		return 0, err
	}
	due, err := p.store.Get(scrubDue)
	if err != nil || due == nil {
		return 0, err
	}
	if s, ok := p.store.(scrubber); ok {
		if err := s.Scrub(ctx); err != nil {
			return 0, err
		}
	}
	return len(members), p.Put(engine.Row{Key: scrubDue})
}

func (p *Program) redact(ctx context.Context, members map[string]string) error {
	if s, ok := p.store.(rewritable); ok {
		if err := s.Rewritable(); err != nil {
			return err // tried again later
		}
	}
	if err := p.Flush(); err != nil {
		return err
	}
	p.mu.Lock()
	versions := p.processor.Versions()
	maps.DeleteFunc(p.views, func(id string, _ *view) bool { return members[id] != "" })
	p.mu.Unlock()
	found, err := engine.Redact(p.store, versions, members, func() bool { return ctx.Err() == nil && p.Failed() == nil })
	if err != nil {
		return err
	}
	// A board outside this process remembers who was taken off it: it is rebuilt now, or when it is there again.
	for i := range found.Rankings {
		found.Rankings[i].Program = p.Rules().Program
		if !p.inProcess {
			found.Rows = append(found.Rows, engine.ToldRow(found.Rankings[i], engine.ToldMore))
		}
	}
	if err := p.Put(found.Rows...); err != nil {
		return err
	}
	if err := p.enqueue(&request{rewritten: found.Rewritten, done: make(chan struct{})}); err != nil {
		return err
	}
	for _, key := range found.Rankings {
		if err := p.RebuildOne(ctx, key); errors.Is(err, leaderboards.ErrUnavailable) {
			break
		} else if err != nil {
			return err
		}
	}
	rows := []engine.Row{{Key: scrubDue, Value: []byte{1}}}
	for _, as := range slices.Sorted(maps.Values(members)) {
		rows = append(rows, engine.Redacted(as))
	}
	return p.Put(rows...)
}

// Export is what is known of a member besides its events, as of one moment. Claims are those that its state holds; older ones
// are found by the events that made them (OldClaim).
type Export struct {
	Member   Profile
	Progress engine.Progress
	Claims   []Claim
	Cards    []engine.Card
}

// Claim is a claim of a member.
type Claim struct {
	ID      string            `json:"id"`
	Reward  string            `json:"reward"`
	State   string            `json:"state"`
	At      calendar.Instant  `json:"at"`
	Until   calendar.Instant  `json:"until"` // when its hold is over
	Settled *calendar.Instant `json:"settled_at,omitempty"`
	Code    string            `json:"code,omitempty"`
	Holding string            `json:"holding,omitempty"` // what a use takes
	Used    bool              `json:"used,omitempty"`    // it was handed over, or what it bought was used since
	Where   string            `json:"where,omitempty"`   // it was handed over, or is to be
	Points  []ClaimPoints     `json:"points"`
}

// ClaimPoints is what a claim holds or has spent, one line a lot.
type ClaimPoints struct {
	Points   string          `json:"points"`
	Amount   decimal.Decimal `json:"amount"`
	Returned decimal.Decimal `json:"returned,omitempty"`
}

// Export is all of a member but its events and its ledger, which are read from the store up to Member.Seq, once what it says
// is durable; found is false for an unknown member. The program's lock is held for that moment alone.
func (p *Program) Export(id string) (x Export, found bool, err error) {
	taken, now := p.times()
	p.mu.Lock()
	m := p.processor.Member(id)
	if m == nil {
		p.mu.Unlock()
		return x, false, p.Failed()
	}
	x = Export{Member: profileOf(m), Progress: m.ProgressHeld(p.processor.Rules(), now, taken, p.processor.Group), Claims: []Claim{}}
	seq := m.Version
	for _, g := range x.Progress.Groups {
		seq = max(seq, g.Version)
	}
	for _, c := range m.Claims {
		x.Claims = append(x.Claims, claimOf(c))
	}
	x.Cards, err = p.processor.Cards(id)
	p.mu.Unlock()
	if err != nil {
		return x, true, err
	}
	return x, true, p.Wait(seq)
}

// OldClaim is a claim of a member that an export does not have, as it stands now.
func (p *Program) OldClaim(x *Export, id string) (old Claim, found bool) {
	if slices.ContainsFunc(x.Claims, func(c Claim) bool { return c.ID == id }) {
		return old, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.processor.Member(x.Member.ID)
	if m == nil { // erased meanwhile
		return old, false
	}
	c := p.processor.Claim(m, id)
	if c == nil {
		return old, false
	}
	return claimOf(c), true
}

func claimOf(c *engine.Claim) Claim {
	out := Claim{ID: c.ID, Reward: c.Reward, State: c.State.String(), At: c.At, Until: c.Until, Points: []ClaimPoints{}}
	shown := c.ProgressAt(max(c.At, c.Settled))
	out.Holding, out.Used, out.Where = shown.Holding, shown.Used, shown.Where
	if c.Settled != 0 {
		settled := c.Settled
		out.Settled = &settled
	}
	if c.State == engine.ClaimConfirmed || c.State == engine.ClaimReturned {
		out.Code = c.Code
	}
	for i := range c.Parts {
		out.Points = append(out.Points, ClaimPoints{Points: c.Parts[i].Points, Amount: c.Parts[i].Amount, Returned: c.Parts[i].Returned})
	}
	return out
}

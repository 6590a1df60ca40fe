package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
)

// commandErase forgets a member for good (semantics: Erasure and export). It acts at once: what the member had is forfeited,
// open claims are released, the state goes and boards close up. The journal still has the member's events; a Redaction
// rewrites them without what they told (redaction.go). A closed season keeps the place without a name (anonymousRow in
// season_table.go, place in redaction.go; internal/program shows it).
const commandErase = "member.erase"

// erasedNames is what the pseudonyms of erased members begin with. No sender can use such an id.
const erasedNames = event.Own + "erased/"

// erasing is the data of an erasure.
type erasing struct {
	As     string   `json:"as"`               // the pseudonym
	Merged []string `json:"merged,omitempty"` // those of the members that were merged into this one, in that order
}

// NewErasure is the event that erases a member. Its id and data are filled in by Process, so that repeating it is harmless.
func NewErasure(member string) *event.Event {
	return &event.Event{Kind: event.Command, Type: commandErase, Member: member}
}

// pseudonym is the name that what is left of an erased member goes by: a keyed hash of the id, so that the id is recognized
// when it comes again, and nobody without the program's secret can tell it from the name.
func (p *Processor) pseudonym(id string) string { return erasedNames + p.hashed(id) }

func (p *Processor) hashed(id string) string {
	mac := hmac.New(sha256.New, p.apply.codeKey)
	mac.Write([]byte("erased\x00" + id))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Erased reports whether an id is that of an erased member, or the pseudonym of one. Both stay blocked for ever.
func (p *Processor) Erased(id string) bool {
	return len(p.erased) > 0 && (p.erased[id] || p.erased[p.pseudonym(id)])
}

// Pseudonym is what a member goes by once it is erased.
func (p *Processor) Pseudonym(member string) string { return p.pseudonym(member) }

// IsPseudonym reports whether an id is what is left of an erased member.
func (p *Processor) IsPseudonym(id string) bool { return p.erased[id] }

// ErasedMembers are the pseudonyms of all members that were erased, in no order.
func (p *Processor) ErasedMembers() []string { return slices.Collect(maps.Keys(p.erased)) }

// ErasedAs are the pseudonyms of those whom an event erases: a member, and those that were merged into it; none for any other event.
func ErasedAs(e *event.Event) []string {
	if e.Kind != event.Command || e.Type != commandErase {
		return nil
	}
	var data erasing
	if json.Unmarshal(e.Data, &data) != nil {
		return nil
	}
	return append([]string{data.As}, data.Merged...)
}

var memberErased = &Refusal{Code: CodeMemberErased, Message: "this member has been erased, and the id stays blocked"}

// nameErasure gives an erasure the id and data that follow from its member.
func (p *Processor) nameErasure(e *event.Event) {
	if e.Type == commandErase && e.ID == "" {
		data := erasing{As: p.pseudonym(e.Member)}
		if m := p.subjects.see(e.Member); m != nil {
			for _, id := range m.Merged {
				data.Merged = append(data.Merged, p.pseudonym(id))
			}
		}
		e.ID, e.Data = event.Own+"erase/"+p.hashed(e.Member), encodeJSON(data)
	}
}

// Erased is what is left of an erased member: the totals of its accounts, by which those of the program stay provable.
type Erased struct {
	ID       string // the pseudonym
	Version  uint64 // seq of the erasure
	Accounts []*Account

	dirty bool
}

func encodeErased(x *Erased) []byte { return encoded(x, (*codec).erased) }

// DecodeErased reads the state of an erased member.
func DecodeErased(state []byte) *Erased {
	return decoded(state, (*codec).erased, "erased member", func(x *Erased) string { return x.ID })
}

func (c *codec) erased(x *Erased) {
	c.format()
	c.Uint(&x.Version)
	c.Text(&x.ID)
	c.accounts(&x.Accounts)
}

// scoresOf are the scores that a member has on boards that rank members, those not yet written included.
func (p *Processor) scoresOf(member string) ([]ScoreChange, error) {
	found := map[leaderboards.Key]ScoreChange{}
	keep := func(s ScoreChange) {
		s.Key.Program = ""
		if b := p.current().Leaderboard(idOfKey(s.Key.Board)); b == nil || b.Counter.By == ByMember {
			found[s.Key] = s
		}
	}
	for after := ""; ; {
		var ranking leaderboards.Key
		err := p.store.Scan(boardPrefix, after, func(key string, _ []byte) bool {
			ranking, _ = scoreOf(key)
			return false
		})
		if err != nil {
			return nil, err
		}
		if ranking.Board == "" {
			break
		}
		after = afterRanking(ranking)
		value, err := p.store.Get(scoreKey(&ScoreChange{Key: ranking, Score: leaderboards.Score{Member: member}}))
		if err != nil {
			return nil, err
		}
		if value != nil {
			keep(decodeScore(value))
		}
	}
	for _, unwritten := range p.unwritten() {
		for _, s := range unwritten {
			if s.Score.Member == member {
				keep(s)
			}
		}
	}
	list := slices.Collect(maps.Values(found))
	list = slices.DeleteFunc(list, func(s ScoreChange) bool { return s.Score.Removed })
	slices.SortFunc(list, func(a, b ScoreChange) int { return strings.Compare(scoreKey(&a), scoreKey(&b)) })
	return list, nil
}

func decodeScore(value []byte) (s ScoreChange) {
	r := newReader(value)
	r.uint()
	r.score(&s)
	r.whole("score", s.Score.Member)
	return s
}

// eraseCommand takes all points, releases open claims, takes the member off boards, and leaves the totals.
func (a *applier) eraseCommand(e *event.Event) {
	var data erasing
	if json.Unmarshal(e.Data, &data) != nil {
		return
	}
	a.look(e)
	for _, c := range a.m.Claims {
		if c.State == ClaimOpen {
			a.cancel(c)
		}
	}
	left := &Erased{ID: data.As}
	for _, acc := range a.m.Accounts {
		a.forfeitAll(acc)
		left.Accounts = append(left.Accounts, &Account{Points: acc.Points, Debt: acc.Debt, Issued: acc.Issued, Spent: acc.Spent,
			Expired: acc.Expired, Forfeited: acc.Forfeited, Reversed: acc.Reversed})
	}
	a.leaveBoards(data.As)
	a.queue, a.raised = a.queue[:0], a.raised[:0] // nothing that this leads to is of anybody any more
	a.eraseMerged(data.Merged)
	a.subjects.erase(a.m, left, a.seq)
	a.m = &Member{ID: a.m.ID, Merged: a.m.Merged, indexed: a.m.indexed, schema: a.m.schema, Profile: make([]event.Value, len(a.m.Profile))}
}

// forfeitAll takes what is left of all lots, pending ones included. Debt stays: nobody will pay it.
func (a *applier) forfeitAll(acc *Account) {
	sum := decimal.Decimal(0)
	for lot := range acc.lots.those(everywhere, func(l *Lot) bool { return l.Remaining > 0 }) {
		part := lot.Remaining
		sum += part
		lot.Forfeited, lot.Remaining = lot.Forfeited+part, 0
		acc.Forfeited += part
		a.entry(acc, Entry{Kind: EntryForfeited, Amount: -part, At: a.now, Lot: lot.Seq, Source: Source{Section: ErasureSection}})
	}
	if sum == 0 {
		return
	}
	a.out.Effects = append(a.out.Effects, Effect{Kind: PointsEffect, ID: acc.Points, Source: Source{Section: ErasureSection}, Amount: -sum, Wanted: -sum,
		Available: a.now, Expires: calendar.Forever})
}

// leaveBoards takes the member off the boards that are open; on closed ones the pseudonym takes its place.
func (a *applier) leaveBoards(as string) {
	for _, s := range a.standings {
		s.Key.Program = a.current.Program
		anonymous := s
		anonymous.Score.Member, anonymous.Score.Version = as, a.seq
		a.tellBoard(ScoreChange{Key: s.Key, Rules: s.Rules, Score: leaderboards.Score{Member: s.Score.Member, Removed: true, Version: a.seq}})
		if !a.seasonOpen(s.Key) {
			a.tellBoard(anonymous)
		}
	}
}

// erase puts what is left of a member in its place.
func (s *Subjects) erase(m *Member, left *Erased, seq uint64) {
	m.dirty = false
	s.dirtyMembers = slices.DeleteFunc(s.dirtyMembers, func(d *Member) bool { return d == m })
	s.members[m.ID] = nil
	s.gone = append(s.gone, m.ID)
	s.packed.drop(m.ID)
	s.keepErased(left, seq)
}

func (s *Subjects) keepErased(x *Erased, seq uint64) {
	s.erased[x.ID] = x
	x.Version = seq
	if !x.dirty {
		x.dirty = true
		s.dirtyErased = append(s.dirtyErased, x)
	}
}

// forget adds the rows that follow from an erasure.
func (p *Processor) forget(e *event.Event, m *Member) {
	var data erasing
	if json.Unmarshal(e.Data, &data) != nil {
		return
	}
	p.erased[data.As] = true
	p.batch.Rows = append(p.batch.Rows, Row{Key: erasedRow(data.As), Value: []byte(e.Member)})
	p.forgetMerged(&data, m.Merged)
	p.dues.move(e.Member, m.indexed, calendar.Forever, 0)
	p.forgetCards(e.Member)
}

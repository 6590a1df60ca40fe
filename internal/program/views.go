package program

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"iter"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
)

// maxViews is how many members' progress is remembered for polling; beyond it all are forgotten and built again.
const maxViews = 100_000

// view is what is known of the progress answered last for a member: as long as nothing it shows has changed, its ETag
// stands and nothing needs to be built.
type view struct {
	etag   string
	member uint64
	rules  *engine.Ruleset
	groups []groupVersion
	until  calendar.Instant
}

type groupVersion struct {
	id      engine.CountID
	version uint64
}

func (p *Program) fresh(v *view, m *engine.Member, rules *engine.Ruleset, now calendar.Instant) bool {
	if v == nil || v.member != m.Version || v.rules != rules || now >= v.until {
		return false
	}
	for _, g := range v.groups {
		if p.processor.Group(g.id).Version != g.version {
			return false
		}
	}
	return true
}

// Progress is a member's progress now, as JSON, with its ETag. When the caller's etag still stands, body is nil. found is
// false for an unknown member.
func (p *Program) Progress(member, known string) (body []byte, etag string, found bool, err error) {
	taken, now := p.times()
	p.mu.Lock()
	m := p.processor.Member(member)
	if m == nil {
		p.mu.Unlock()
		return nil, "", false, p.Failed()
	}
	rules, seq := p.processor.Rules(), m.Version
	v := p.views[member]
	if p.fresh(v, m, rules, now) && known == v.etag {
		p.mu.Unlock()
		return nil, known, true, p.Wait(seq)
	}
	progress := m.ProgressHeld(rules, now, taken, p.processor.Group)
	v = &view{member: m.Version, rules: rules, until: progress.Until}
	for _, g := range progress.Groups {
		v.groups = append(v.groups, groupVersion{g.Count.CountID, g.Version})
		seq = max(seq, g.Version)
	}
	p.mu.Unlock()
	if body, v.etag, err = tagged(progress); err != nil {
		return nil, "", true, err
	}
	p.mu.Lock()
	if len(p.views) >= maxViews {
		clear(p.views)
	}
	p.views[member] = v
	p.mu.Unlock()
	if known == v.etag {
		body = nil
	}
	return body, v.etag, true, p.Wait(seq)
}

// taken is up to when time has taken what it takes, for a question about an instant. A forecast is of time that runs as it should.
func (p *Program) taken(at calendar.Instant) calendar.Instant {
	now, present := p.times()
	if at > present {
		return at
	}
	return min(at, now)
}

// tagged writes progress as JSON and finds its ETag, in which the instant of the question does not count.
func tagged(progress engine.Progress) (body []byte, etag string, err error) {
	if body, err = json.Marshal(progress); err != nil {
		return nil, "", err
	}
	progress.At = 0
	stable, err := json.Marshal(progress)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(stable)
	return body, `"` + hex.EncodeToString(sum[:12]) + `"`, nil
}

// ProgressAt is a member's progress as it was at a past instant, or as it will be by time alone at a coming one.
func (p *Program) ProgressAt(member string, at calendar.Instant) (progress engine.Progress, found bool, err error) {
	p.mu.Lock()
	if last, _ := p.processor.Clock(); at >= last { // nothing was accepted since: what is known now was known then
		defer p.mu.Unlock()
		m := p.processor.Member(member)
		if m == nil {
			return progress, false, nil
		}
		return m.ProgressHeld(p.processor.Rules(), at, p.taken(at), p.processor.Group), true, nil
	}
	rules, versions := p.processor.Rules(), p.processor.Versions()
	p.mu.Unlock()
	m, err := engine.MemberAt(p.store, versions, member, at)
	if err != nil || m == nil {
		return progress, false, err
	}
	return m.Progress(rules, at, nil), true, nil
}

// Enrollment tells how often a member has joined a challenge, and whether to join now is to ask for one time more.
func (p *Program) Enrollment(member, challenge string) (joins int, again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, rules := p.processor.Member(member), p.processor.Rules()
	c := rules.Challenge(challenge)
	if m == nil || c == nil {
		return 0, true
	}
	return m.Enrollment(rules, c, p.Present())
}

// Profile is what a member told of themselves.
type Profile struct {
	ID       string           `json:"id"`
	Joined   calendar.Instant `json:"joined"`
	Name     string           `json:"name,omitempty"`
	Timezone string           `json:"timezone,omitempty"`
	Fields   map[string]any   `json:"fields"`
	Seq      uint64           `json:"seq"`
}

// Member is a member's profile; found is false for an unknown one.
func (p *Program) Member(id string) (profile Profile, found bool, err error) {
	p.mu.Lock()
	m := p.processor.Member(id)
	if m == nil {
		p.mu.Unlock()
		return profile, false, p.Failed()
	}
	profile = profileOf(m)
	p.mu.Unlock()
	return profile, true, p.Wait(profile.Seq)
}

func profileOf(m *engine.Member) Profile {
	profile := Profile{ID: m.ID, Joined: m.Joined, Name: m.Name, Fields: m.Fields(), Seq: m.Version}
	if m.Zone != nil {
		profile.Timezone = m.Zone.Name()
	}
	return profile
}

// Known reports whether a member exists.
func (p *Program) Known(member string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.Member(member) != nil
}

// DryRun computes what an event would mean now, and stores nothing. trace may be nil.
func (p *Program) DryRun(e *event.Event, trace *engine.Trace) (Result, error) {
	now, present := p.times()
	arrive(e, now, present)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.neverBefore(e)
	out, refusal, err := p.processor.DryRun(e, trace)
	return Result{Outcome: out, Refusal: refusal}, err
}

// Settled waits until everything decided so far is durable, so that what a board shows is.
func (p *Program) Settled() error {
	p.mu.Lock()
	last := p.processor.Last()
	p.mu.Unlock()
	return p.Wait(last)
}

// Rebuild puts the stored scores of every ranking on the boards, under the rules of the ruleset in force. Rankings of
// boards that it no longer has stay as they are.
func (p *Program) Rebuild(ctx context.Context) error {
	if err := p.Flush(); err != nil {
		return err
	}
	keys, err := p.rankings()
	for _, key := range keys {
		open, failed := p.Shows(key)
		if failed == nil && open {
			failed = p.RebuildOne(ctx, key)
		}
		err = errors.Join(err, failed)
	}
	return err
}

// forgetOutside has a board outside this process rebuilt when there is one again: nobody tells it of what is decided now.
func (p *Program) forgetOutside() error {
	epoch, err := p.store.Get(engine.ToldEpoch)
	if err != nil || epoch == nil {
		return err
	}
	return p.Put(engine.Row{Key: engine.ToldEpoch})
}

// rankings are those with stored scores, and those that a board outside this process was told of, which may have none any more.
func (p *Program) rankings() (keys []leaderboards.Key, err error) {
	id, known := p.Rules().Program, map[leaderboards.Key]bool{}
	add := func(key leaderboards.Key) bool {
		key.Program = id
		if !known[key] {
			known[key] = true
			keys = append(keys, key)
		}
		return true
	}
	err = engine.Scores(p.store, func(s engine.ScoreChange) bool { return add(s.Key) })
	if err == nil && !p.inProcess {
		err = engine.ToldRankings(p.store, "", func(_ string, key leaderboards.Key) bool { return add(key) })
	}
	return keys, err
}

// Shows reports whether a ranking is shown by a board: its season has no final table yet, and its board is in force, not started
// afresh.
func (p *Program) Shows(key leaderboards.Key) (bool, error) {
	board := p.Rules().Leaderboard(engine.BoardID(key))
	if board == nil || board.Key != key.Board {
		return false, nil
	}
	closed, err := engine.ClosedSeasonOf(p.store, engine.BoardID(key), key.Season)
	return closed == nil, err
}

// RebuildOne puts the stored scores of one ranking on its board. One that another takes over, which began later, is as good.
func (p *Program) RebuildOne(ctx context.Context, key leaderboards.Key) error {
	board := p.Rules().Leaderboard(engine.BoardID(key))
	if board == nil || board.Key != key.Board { // or it has started afresh
		return nil
	}
	last, _ := p.store.Head()
	err := p.boards.Rebuild(ctx, key, board.Rules, p.scoresOf(key))
	if errors.Is(err, leaderboards.ErrSuperseded) {
		return nil
	}
	if err == nil && !p.inProcess {
		err = p.Put(engine.ToldRow(key, last))
	}
	return err
}

// scoresOf are the stored scores of a ranking, as of when they are first asked for: what is decided from then on is told to both
// the ranking that is shown and the one that a rebuild makes.
func (p *Program) scoresOf(key leaderboards.Key) iter.Seq2[leaderboards.Score, error] {
	return func(yield func(leaderboards.Score, error) bool) {
		if err := p.Flush(); err != nil {
			yield(leaderboards.Score{}, err)
			return
		}
		engine.ScoresOf(p.store, key)(yield)
	}
}

// News are what all members are to be told of.
func (p *Program) News() engine.News {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.News()
}

// Turns are the openings and closings of promotions after one instant up to another, and how far they go.
func (p *Program) Turns(after, by calendar.Instant) ([]*event.Event, calendar.Instant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.Turns(after, by)
}

// PromotionAt is the status of a promotion at an instant.
func (p *Program) PromotionAt(of *engine.Promotion, at calendar.Instant) engine.PromotionStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.PromotionAt(of, at)
}

// Explain says why each definition did or did not do something for a recorded event; nil for an unknown id.
func (p *Program) Explain(event string) (*engine.Explanation, error) {
	p.mu.Lock()
	versions := p.processor.Versions()
	p.mu.Unlock()
	return engine.Explain(p.store, versions, event)
}

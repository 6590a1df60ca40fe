package program

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
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

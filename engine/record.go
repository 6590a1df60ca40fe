package engine

import (
	"fmt"
	"math"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Record is one line of the journal: an event as it was accepted, the version that decided, and what it meant.
type Record struct {
	Semantics int // number of the rules by which a build decided (Semantics)
	Seq       uint64
	Version   int // number of the version of the ruleset that judged the event: the one of its time
	Present   int // number of the version in force when it was accepted: its definitions keep progress
	Event     event.Event
	Outcome   Outcome

	was string // the member that it was accepted of, where that is another one now (Record.as)
}

// recordFormat is the format of journal records.
const recordFormat = 2

// Marks of a record, behind its format, so that a reader who looks for something need not read the rest.
const (
	markPast = 1 << iota
	markRaised
	markKeyed
	markKind // above it: the kind of the event
)

func marksOf(e *event.Event, o *Outcome) (marks uint64) {
	if e.Past {
		marks |= markPast
	}
	if len(o.Notifications) > 0 {
		marks |= markRaised
	}
	if e.Key != "" {
		marks |= markKeyed
	}
	return marks + uint64(e.Kind)*markKind
}

// encodeRecord writes a journal record; DecodeRecord reads it.
func encodeRecord(semantics, version, present int, e *event.Event, o *Outcome) []byte {
	var w writer
	w.record(semantics, version, present, e, o)
	return w.B
}

func (w *writer) record(semantics, version, present int, e *event.Event, o *Outcome) {
	w.uint(recordFormat)
	w.uint(marksOf(e, o))
	w.len(semantics)
	w.uint(o.Seq)
	w.len(version)
	w.len(present)
	w.text(e.ID)
	w.text(e.Type)
	w.text(e.Member)
	w.at(e.Time)
	w.int(int64(e.Arrived - e.Time))
	w.flag(e.Timed)
	w.len(e.Depth)
	w.bytes(e.Data)
	w.text(o.Ruleset)
	w.len(len(o.Effects))
	for i := range o.Effects {
		w.effect(&o.Effects[i])
	}
	w.len(len(o.Notes))
	for _, n := range o.Notes {
		w.text(n.Code)
		w.text(n.Definition)
		w.text(n.Message)
		w.text(n.Limit)
		w.num(n.Used)
	}
	w.entries(o.Entries)
	w.len(len(o.Scores))
	for i := range o.Scores {
		w.score(&o.Scores[i])
	}
	w.len(len(o.Fanouts))
	for i := range o.Fanouts {
		w.fanout(&o.Fanouts[i])
	}
	w.features(o)
}

// feature is a part of a record that few have. A record names those that it uses, so that a build that does not know one says which
// it is instead of misreading it. What a record gains later is a feature, and no new format.
type feature struct {
	name  string
	has   func(*Outcome) bool
	write func(*writer, *Outcome)
	read  func(*reader, *Outcome)
}

// features are all of them, in the order in which records have them.
var features = [...]feature{
	{"reward events", (*Outcome).ofRewards, func(*writer, *Outcome) {}, func(*reader, *Outcome) {}},
	{"provenance", func(o *Outcome) bool { return o.Provenance != nil },
		func(w *writer, o *Outcome) { w.provenance(o.Provenance) }, func(r *reader, o *Outcome) { o.Provenance = r.provenance() }},
	{"revision", func(o *Outcome) bool { return o.Revision != nil },
		func(w *writer, o *Outcome) { w.revision(o.Revision) }, func(r *reader, o *Outcome) { o.Revision = r.revision() }},
	{"refusal", func(o *Outcome) bool { return o.Refusal != nil },
		func(w *writer, o *Outcome) { w.text(o.Refusal.Code); w.text(o.Refusal.Message) },
		func(r *reader, o *Outcome) { o.Refusal = &Refusal{Code: r.text(), Message: r.text()} }},
	{"deltas", func(o *Outcome) bool { return len(o.Deltas) > 0 },
		func(w *writer, o *Outcome) { w.deltas(o.Deltas) }, func(r *reader, o *Outcome) { o.Deltas = r.deltas() }},
	{"voided uses", func(o *Outcome) bool { return o.Revision != nil && len(o.Revision.Voided) > 0 },
		func(w *writer, o *Outcome) { w.texts(o.Revision.Voided) }, (*reader).voided},
	{"handing", func(o *Outcome) bool { return o.Handing != nil },
		func(w *writer, o *Outcome) { w.handing(o.Handing) }, func(r *reader, o *Outcome) { o.Handing = r.handing() }},
	{"cards", func(o *Outcome) bool { return o.Card != nil },
		func(w *writer, o *Outcome) { w.carded(o.Card) }, func(r *reader, o *Outcome) { o.Card = r.carded() }},
	{"merge", func(o *Outcome) bool { return o.Merge != nil },
		func(w *writer, o *Outcome) { w.merge(o.Merge) }, func(r *reader, o *Outcome) { o.Merge = r.merge() }},
	{"by", func(o *Outcome) bool { return o.By != nil },
		func(w *writer, o *Outcome) { w.by(o.By) }, func(r *reader, o *Outcome) { o.By = r.by() }},
	{"salt", func(o *Outcome) bool { return o.By != nil && o.By.Salt != "" }, func(w *writer, o *Outcome) { w.text(o.By.Salt) }, (*reader).salt},
	{"messages", func(o *Outcome) bool { return len(o.Notifications) > 0 }, (*writer).raised, (*reader).raised},
}

// ofRewards reports whether an outcome has to do with events that the first builds of format 2 do not know.
func (o *Outcome) ofRewards() bool {
	return slices.ContainsFunc(o.Notifications, func(n Notification) bool { return ofRewards(n.Type) }) ||
		o.Provenance != nil && slices.ContainsFunc(o.Provenance.Causes, func(c Cause) bool { return ofRewards(c.Event) })
}

func ofRewards(name string) bool {
	switch name {
	case PointsGiven, RewardGiven, RewardUsed, RewardExpired, RewardReturned, HoldReleased, CodesLow:
		return true
	}
	return false
}

// features writes what few records have, each part behind its name; nothing at all for most.
func (w *writer) features(o *Outcome) {
	for i := range features {
		if f := &features[i]; f.has(o) {
			w.text(f.name)
			f.write(w, o)
		}
	}
}

// features reads what features of a writer wrote.
func (r *reader) features(o *Outcome) error {
	for len(r.B) > 0 && r.Err == nil {
		name := r.text()
		i := slices.IndexFunc(features[:], func(f feature) bool { return f.name == name })
		if i < 0 && r.Err == nil {
			return fmt.Errorf("it uses %q, which this build of Laurel does not know: open it with the build that wrote it, or a later one", name)
		}
		if i >= 0 {
			features[i].read(r, o)
		}
	}
	return nil
}

func (w *writer) texts(list []string) {
	w.len(len(list))
	for _, s := range list {
		w.text(s)
	}
}

func (r *reader) voided(o *Outcome) {
	uses := list(r, func(s *string) { *s = r.text() })
	if o.Revision == nil {
		r.Damaged()
		return
	}
	o.Revision.Voided = uses
}

func (w *writer) by(b *event.By) {
	for _, text := range []string{b.Action, b.Key, b.Name, b.Actor, b.Request, b.Partner} {
		w.text(text)
	}
}

func (r *reader) by() *event.By {
	return &event.By{Action: r.text(), Key: r.text(), Name: r.text(), Actor: r.text(), Request: r.text(), Partner: r.text()}
}

func (r *reader) salt(o *Outcome) {
	salt := r.text()
	if o.By == nil {
		r.Damaged()
		return
	}
	o.By.Salt = salt
}

func (w *writer) fanout(f *Fanout) {
	w.text(f.Challenge)
	w.key(f.Window)
	w.text(f.Group)
	w.text(f.Goal)
	w.at(f.At)
}

func (r *reader) fanout(f *Fanout) {
	*f = Fanout{Challenge: r.text(), Window: r.key(), Group: r.text(), Goal: r.text(), At: r.at()}
}

// DecodeRecord reads a journal record. Event.Fields are not part of it: the version's schema gives them back.
func DecodeRecord(b []byte) (*Record, error) {
	r := newReader(b)
	if format := r.uint(); format != recordFormat {
		return nil, fmt.Errorf("a journal record has format %d; this build reads %d: open it with the build that wrote it, or a later one", format, recordFormat)
	}
	marks := r.uint()
	rec := &Record{Semantics: r.len2(), Seq: r.uint(), Version: r.len2(), Present: r.len2()}
	e := &rec.Event
	e.ID, e.Type, e.Member = r.text(), r.text(), r.text()
	e.Time = r.at()
	e.Arrived = e.Time + calendar.Instant(r.int())
	e.Timed = r.flag()
	if marks/markKind > math.MaxUint8 {
		r.Damaged()
	}
	e.Kind, e.Past = event.Kind(marks/markKind&math.MaxUint8), marks&markPast != 0
	if marks&markKeyed != 0 {
		e.Key = event.KeyOf(e.ID)
	}
	e.Depth = r.len2()
	e.Data = append([]byte(nil), r.bytes()...)
	o := &rec.Outcome
	o.ID, o.Seq, o.Ruleset = e.ID, rec.Seq, r.text()
	o.Effects = list(r, r.effect)
	o.Notes = list(r, func(n *Note) {
		*n = Note{Code: r.text(), Definition: r.text(), Message: r.text(), Limit: r.text(), Used: r.num()}
	})
	o.Entries = r.entries()
	o.Scores = list(r, r.score)
	o.Fanouts = list(r, r.fanout)
	if err := r.features(o); err != nil {
		return nil, fmt.Errorf("journal record %d: %w", rec.Seq, err)
	}
	if r.Err != nil {
		return nil, fmt.Errorf("journal record %d is damaged: %w", rec.Seq, r.Err)
	}
	e.By = o.By
	return rec, nil
}

// Flags beside an effect's kind.
const (
	effectAcquired = 1 << 4 // a reward with a claim or a code
	effectRevoked  = 1 << 5
	effectCaused   = 1 << 6
	effectTook     = 1 << 7
	effectHidden   = 1 << 8 // of a challenge or streak
	effectKindOf   = effectAcquired - 1
)

func (w *writer) effect(e *Effect) {
	kind := uint64(e.Kind)
	if e.Revoked {
		kind |= effectRevoked
	}
	if e.Hidden {
		kind |= effectHidden
	}
	if e.Cause > 0 {
		kind |= effectCaused
	}
	acquired := e.Kind == RewardEffect && (e.Claim != "" || e.Code != "")
	if acquired {
		kind |= effectAcquired
	}
	if e.Took != nil {
		kind |= effectTook
	}
	w.uint(kind)
	if e.Took != nil {
		w.num(e.Took.Own)
		w.num(e.Took.Others)
		w.num(e.Took.Debt)
		w.num(e.Took.Forgiven)
	}
	if e.Cause > 0 {
		w.uint(uint64(e.Cause))
	}
	if acquired {
		w.text(e.Claim)
		w.text(e.State)
		w.text(e.Code)
	}
	w.text(e.ID)
	w.source(&e.Source)
	w.text(e.Goal)
	w.num(e.Amount)
	w.num(e.Wanted)
	w.len(len(e.Boosts))
	for _, b := range e.Boosts {
		w.boosted(b)
	}
	switch e.Kind {
	case PointsEffect, RewardEffect:
		w.at(e.Available)
		w.at(e.Expires)
	case BadgeEffect, TierEffect:
		w.text(e.Level)
		w.text(e.From)
	case StreakEffect:
		w.len(e.Length)
		w.len(e.Longest)
		w.text(e.State)
		w.at(e.AtRiskAt)
		w.at(e.BreaksAt)
	case ChallengeEffect:
		w.flag(e.Done)
		w.text(e.Group)
		w.num(e.Shown)
	case PromotionEffect:
		w.text(e.State)
		w.at(e.Available)
		w.at(e.Expires)
	case LeaderboardEffect:
		w.moved(e.Moved)
		w.text(e.Season)
		w.text(e.Split)
		w.text(e.Group)
	case QueuedEffect:
		w.queued(e.Queued)
	}
}

func (w *writer) moved(m *RankMove) {
	if m == nil {
		m = &RankMove{}
	}
	w.int(m.Rank)
	w.int(m.Previous)
}

func (r *reader) moved() *RankMove {
	m := RankMove{r.int(), r.int()}
	if m == (RankMove{}) {
		return nil
	}
	return &m
}

func (w *writer) queued(q *Queued) {
	if q == nil {
		q = &Queued{}
	}
	w.text(q.Member)
	w.text(q.What)
	w.flag(q.Take)
}

func (w *writer) boosted(b Boosted) {
	w.text(b.Boost)
	w.num(b.Added)
	w.num(b.Used)
}

func (r *reader) boosted(b *Boosted) { *b = Boosted{Boost: r.text(), Added: r.num(), Used: r.num()} }

func (r *reader) effect(e *Effect) {
	kind := r.uint()
	*e = Effect{Kind: EffectKind(kind & effectKindOf), Revoked: kind&effectRevoked != 0, Hidden: kind&effectHidden != 0}
	if kind&effectTook != 0 {
		e.Took = &Takings{Own: r.num(), Others: r.num(), Debt: r.num(), Forgiven: r.num()}
	}
	if kind&effectCaused != 0 {
		e.Cause = r.cause()
	}
	if kind&effectAcquired != 0 {
		e.Claim, e.State, e.Code = r.text(), r.text(), r.text()
	}
	e.ID, e.Source, e.Goal, e.Amount, e.Wanted = r.text(), r.source(), r.text(), r.num(), r.num()
	e.Boosts = list(r, r.boosted)
	switch e.Kind {
	case PointsEffect, RewardEffect:
		e.Available, e.Expires = r.at(), r.at()
	case BadgeEffect, TierEffect:
		e.Level, e.From = r.text(), r.text()
	case StreakEffect:
		e.Length, e.Longest, e.State, e.AtRiskAt, e.BreaksAt = r.len2(), r.len2(), r.text(), r.at(), r.at()
	case ChallengeEffect:
		e.Done, e.Group, e.Shown = r.flag(), r.text(), r.num()
	case LeaderboardEffect:
		e.Moved, e.Season, e.Split, e.Group = r.moved(), r.text(), r.text(), r.text()
	case PromotionEffect:
		e.State, e.Available, e.Expires = r.text(), r.at(), r.at()
	case QueuedEffect:
		e.Queued = &Queued{Member: r.text(), What: r.text(), Take: r.flag()}
	default:
		r.Err = fmt.Errorf("there is no effect of kind %d", e.Kind)
	}
}

func (w *writer) entries(entries []Entry) {
	w.len(len(entries))
	for i := range entries {
		e := &entries[i]
		w.text(e.Points)
		w.text(string(e.Kind))
		w.num(e.Amount)
		w.at(e.At)
		w.uint(e.Lot)
		w.source(&e.Source)
		w.num(e.Balance)
		w.at(e.Available)
		w.at(e.Expires)
	}
}

func (r *reader) entries() []Entry {
	return list(r, func(e *Entry) {
		*e = Entry{Points: r.text(), Kind: EntryKind(r.text()), Amount: r.num(), At: r.at(), Lot: r.uint(), Source: r.source(),
			Balance: r.num(), Available: r.at(), Expires: r.at()}
	})
}

// scoreRemoved marks, beside a score's order, a member that has no score any more.
const scoreRemoved = 1 << 7

func (w *writer) score(s *ScoreChange) {
	w.text(s.Key.Board)
	w.text(s.Key.Season)
	w.text(s.Key.Split)
	order := uint64(s.Rules.Order)
	if s.Score.Removed {
		order |= scoreRemoved
	}
	w.uint(order)
	w.uint(uint64(s.Rules.Ties))
	w.text(s.Score.Member)
	w.num(s.Score.Value)
	w.int(s.Score.Rest)
	w.at(s.Score.Reached)
	w.uint(s.Score.Version)
}

func (r *reader) score(s *ScoreChange) {
	s.Key = leaderboards.Key{Board: r.text(), Season: r.text(), Split: r.text()}
	order := small[leaderboards.Order](r)
	s.Rules = leaderboards.Rules{Order: order &^ scoreRemoved, Ties: small[leaderboards.Ties](r)}
	s.Score = leaderboards.Score{Member: r.text(), Value: decimal.Decimal(r.int()), Rest: r.int(), Reached: r.at(), Version: r.uint(),
		Removed: order&scoreRemoved != 0}
}

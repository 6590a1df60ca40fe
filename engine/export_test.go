package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/wire"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Recomputed is a member with the progress that looking at its events again gives, from the last snapshot or from the very
// first event, and how many awards that would undo: none, when nothing is reversed.
func (p *Processor) Recomputed(member string, now calendar.Instant, fromSnapshot bool) (m *Member, fell int, err error) {
	before := uint64(1)
	if fromSnapshot {
		before = p.last + 1
	}
	r := &reversal{target: &Record{Event: event.Event{Member: member}}, versions: p.versions, present: p.subjects.state, sharers: p.sharers}
	if r.snapshot, r.records, err = p.history(member, before); err != nil {
		return nil, 0, err
	}
	// The present itself is left alone.
	subjects := NewSubjects(p.current(), p.subjects.state)
	a := newApplier(&live{})
	a.current, a.asOf, a.subjects, a.m, a.out, a.now = p.current(), p.current(), subjects, subjects.Member(member), &Outcome{}, now
	a.event = &event.Event{Member: member, Time: now, Arrived: now}
	a.top = a.event
	a.look(a.event)
	a.settleDue(now)
	j := newRecomputation(&a, r)
	b := j.replay()
	j.compare(b)
	j.conclude(b)
	a.m.resume(decodeMember(j.rev.Progress, a.current))
	return a.m, len(j.rev.Undone) + len(j.rev.Groups) + len(j.rev.scores), nil
}

// Snapshots is how many snapshots of a member are kept.
func (p *Processor) Snapshots(member string) (n int) {
	_ = p.scan(snapshotRange(member), "", func(string, []byte) { n++ })
	return n
}

// KeyOf and DerivedID are how names of counts and ids are written, for tests that look for two that are written alike.
func KeyOf(id CountID) string { return id.key() }

// CountOfKey reads what KeyOf has written.
func CountOfKey(key string) CountID { return countOfKey(key) }

// DerivedID is the id of an event of Laurel's own.
func DerivedID(kind string, parts ...string) string { return derivedID(kind, parts...) }

// Reworded is a journal record with other words in its notes and refusals.
func Reworded(record []byte) []byte {
	rec, err := DecodeRecord(record)
	if err != nil {
		panic(err)
	}
	for i := range rec.Outcome.Notes {
		rec.Outcome.Notes[i].Message = "in other words"
	}
	if rec.Outcome.Refusal != nil {
		rec.Outcome.Refusal.Message = "in other words"
	}
	return encodeRecord(semanticsNow, rec.Version, rec.Present, &rec.Event, &rec.Outcome)
}

// KeysOf is all that is made of two texts in names of rows and in ids of Laurel's own events, by what makes it.
func KeysOf(a, b string) map[string]string {
	ranking := leaderboards.Key{Program: "p", Board: "board", Season: "2026-W49", Split: a}
	body := encodeJSON(map[string]string{"x": b})
	return map[string]string{
		"count":           CountID{Name: "counters/x", Split: a, Group: b}.key(),
		"score":           scoreKey(&ScoreChange{Key: ranking, Score: leaderboards.Score{Member: b}}),
		"table":           rankedKey(ranking, b),
		"share":           shareKey(share{count: CountID{Name: "counters/x", Split: a, Group: b}, window: 7, member: "m"}),
		"share's member":  shareKey(share{count: CountID{Name: "counters/x", Group: a}, window: 7, member: b}),
		"derived":         derivedID("points.grant", a, b),
		"queued":          derivedID("points.grant", a, "rules/r", "stars", b),
		"place":           NewPlace(b, 7, Winnings{Leaderboard: "board", Season: "2026-W49", Split: a}).ID,
		"group's place":   NewPlace("m", 7, Winnings{Leaderboard: "board", Season: "2026-W49", Split: a, Group: b}).ID,
		"amendment":       NewAmend(a, body).ID,
		"partial release": NewPartialRelease(a, body).ID,
	}
}

// Reread is what the keys of rows that are made of two texts tell when they are taken apart again, beside what they were made of.
func Reread(a, b string) (made, read []any) {
	add := func(was, is any) { made, read = append(made, was), append(read, is) }
	ranking := leaderboards.Key{Board: "board", Season: "2026-W49", Split: a}
	score, member := scoreOf(scoreKey(&ScoreChange{Key: ranking, Score: leaderboards.Score{Member: b}}))
	add([2]any{ranking, b}, [2]any{score, member})
	add(ranking, tableOf(tableKey(ranking)))
	split, position := placeOf(placeKey(ranking, 7), placesRange("board", "2026-W49"))
	add([2]any{a, int64(7)}, [2]any{split, position})
	told, ok := rankingOfTold(toldKey(ranking))
	add([2]any{ranking, true}, [2]any{told, ok})
	at, due := dueOf(dueKey(-7, a))
	add([2]any{calendar.Instant(-7), a}, [2]any{at, due})
	kind, name := subjectOf(subjectKey(claimPrefix, a))
	add([2]any{claimPrefix, a}, [2]any{kind, name})
	add(b, lastPart(shareKey(share{count: CountID{Name: "counters/x", Split: a, Group: a}, window: 7, member: b})))
	add(uint64(7), seqOf(ledgerKey(a, 7)))
	add("board", idOfKey(boardKey("board", 2, 3)))
	add("board", idOfKey(versionedKey("board", 1)))
	return made, read
}

// KeysOfOne is all that is made of one text.
func KeysOfOne(a string) map[string]string {
	return map[string]string{
		"ledger": ledgerKey(a, 7), "due": dueKey(7, a), "code": knownCode("mug", a), "tick": newTick(a, 7, 8).ID, "void": NewVoid(a).ID,
		"refusal": NewRefuse(a).ID, "release": NewRelease(a).ID, "key": NewVoid("e").Keyed(a).ID, "claim": NewClaim(a, "m", "mug", 0).ID,
		"profile": NewProfile(a, "m", Profile{}).ID, "derived": derivedID("points.take", a), "erased": erasedPrefix + a, "event": a,
	}
}

// Add gives the account another lot, which nobody has issued.
func (a *Account) Add(lot Lot) { a.lots.add(lot, lot.Granted) }

// BySemantics lets this build be another one, which decides by other rules, until the returned function is called.
func BySemantics(number int) (back func()) {
	was := semanticsNow
	semanticsNow = number
	return func() { semanticsNow = was }
}

// WithFeature is a record that uses a feature of a later build.
func WithFeature(record []byte, name string) []byte {
	w := writer{codec{Codec: wire.Writing(slices.Clone(record))}}
	w.text(name)
	return w.B
}

// Held is how many members are held as they are used, those that were erased lately among them.
func (p *Processor) Held() int { return len(p.subjects.members) }

package program_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/settings"
)

// poll asks for progress with the tag that is known, and reports whether it still stands.
func poll(t *testing.T, p *program.Program, member, known string) (etag string, stands bool) {
	t.Helper()
	body, etag, found, err := p.Progress(member, known)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, etag == known, body == nil, "a body comes with a new tag only")
	if body != nil {
		require.True(t, json.Valid(body))
	}
	return etag, body == nil
}

func join(t *testing.T, p *program.Program, member, team string) {
	t.Helper()
	results, err := p.Submit(engine.NewProfile("join "+member+team, member, engine.Profile{Fields: map[string]json.RawMessage{"team": json.RawMessage(team)}}))
	require.NoError(t, err)
	require.Nil(t, results[0].Refusal)
}

func submit(t *testing.T, p *program.Program, id, member, kind string, data ...string) {
	t.Helper()
	e := newEvent(id, member, kind)
	for _, d := range data {
		e.Data = []byte(d)
	}
	results, err := p.Submit(e)
	require.NoError(t, err)
	require.Nil(t, results[0].Refusal)
}

func TestAnETagStandsUntilSomethingChanges(t *testing.T) {
	p, clock := open(t, engine.NewMemory())
	for _, member := range []string{"ann", "bob"} {
		join(t, p, member, `"red"`)
	}
	join(t, p, "cat", `"blue"`)
	etag, _ := poll(t, p, "ann", "")
	changes := func(what string, changed bool) {
		t.Helper()
		next, stands := poll(t, p, "ann", etag)
		require.Equal(t, !changed, stands, what)
		etag = next
	}
	changes("nothing", false)
	clock.after(time.Hour)
	changes("an hour has passed", false)
	submit(t, p, "e1", "ann", "buy")
	changes("ann has bought", true)
	submit(t, p, "e2", "cat", "go")
	changes("another team has moved", false)
	submit(t, p, "e3", "bob", "go")
	changes("her team has moved", true)
	submit(t, p, "e3", "bob", "go")
	changes("a duplicate", false)
	clock.at(t, "2026-05-02T00:00:00Z")
	changes("midnight, but nothing turned", false)
	clock.at(t, "2026-05-12T00:00:00Z")
	changes("points have expired", true)
	_, err := p.DryRun(newEvent("e4", "ann", "buy"), nil)
	require.NoError(t, err)
	changes("a dry run", false)
}

// What an ETag stands for can end within a day as well.
func TestAnETagFallsWithHours(t *testing.T) {
	tests := []struct{ name, definitions, changes string }{
		{"a rolling counter", "counters: {c: {when: go, last: 3 hours, public: true}}", "2026-05-01T15:00:01Z"},
		{"an hour's counter", "counters: {c: {when: go, every: hour, public: true}}", "2026-05-01T13:00:00Z"},
		{"a challenge opens", "challenges: {c: {when: go, during: {hours: 14:30-16:00}, goal: 1, give: {gems: 1}}}", "2026-05-01T14:30:00Z"},
		{"a challenge closes", "challenges: {c: {when: go, during: {hours: 11:00-12:15}, goal: 2, give: {gems: 1}}}", "2026-05-01T12:15:00Z"},
		{"a tier on rolling hours", "counters: {n: {when: go, last: 2 hours}}\ntiers: {t: {counter: n, levels: {low: 0, high: 5}}}", "2026-05-01T14:00:01Z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, clock := openWith(t, engine.NewMemory(), "program: shop\nevents: {go: {}}\npoints: {gems: {}}\n"+test.definitions+"\n")
			submit(t, p, "e1", "ann", "go") // at noon
			etag, _ := poll(t, p, "ann", "")
			clock.set(moment(t, test.changes).Add(-2 * time.Second))
			_, stands := poll(t, p, "ann", etag)
			require.True(t, stands)
			clock.at(t, test.changes)
			_, stands = poll(t, p, "ann", etag)
			require.False(t, stands)
		})
	}
}

func TestMembersThatDoNotExist(t *testing.T) {
	p, _ := open(t, engine.NewMemory())
	_, _, found, err := p.Progress("nobody", "")
	require.NoError(t, err)
	require.False(t, found)
	_, found, err = p.ProgressAt("nobody", p.Now().Add(-time.Hour))
	require.NoError(t, err)
	require.False(t, found)
	_, found, err = p.Member("nobody")
	require.NoError(t, err)
	require.False(t, found)
	require.False(t, p.Known("nobody"))
}

func TestProgressAtAPastAndAtAComingInstant(t *testing.T) {
	p, clock := open(t, engine.NewMemory())
	submit(t, p, "e1", "ann", "buy")
	first := p.Now()
	clock.after(24 * time.Hour)
	submit(t, p, "e2", "ann", "buy")
	for at, want := range map[string]string{"2026-05-01T18:00:00Z": "10", "2026-05-02T12:00:00Z": "20",
		"2026-05-12T00:00:00Z": "10", "2026-05-13T00:00:00Z": "0"} {
		progress, found, err := p.ProgressAt("ann", moment(t, at))
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, want, progress.Points["stars"].Spendable.String(), at)
	}
	_, found, err := p.ProgressAt("ann", first.Add(-time.Second))
	require.NoError(t, err)
	require.False(t, found)
}

// failing are settings that can fail.
type failing struct {
	settings.Memory
	err error
}

func (f *failing) Get(key string) (settings.Row, error) {
	r, err := f.Memory.Get(key)
	return r, cmp.Or(f.err, err)
}

func (f *failing) List(prefix string) ([]settings.Row, uint64, error) {
	rows, revision, err := f.Memory.List(prefix)
	return rows, revision, cmp.Or(f.err, err)
}

func (f *failing) Apply(at uint64, changes ...settings.Change) (uint64, error) {
	if f.err != nil {
		return 0, f.err
	}
	return f.Memory.Apply(at, changes...)
}

func TestVersionsAreStoredAndCompiledAgain(t *testing.T) {
	s := &failing{}
	require.NoError(t, settings.Put(s, "versions/shopping/00000001", []byte("another program's")))
	compiled := 0
	var zones *calendar.Zones
	versions := func(text, now string) []engine.Version {
		t.Helper()
		list, err := program.Versions(s, compile(t, text),
			program.Text{Files: map[string]string{"ruleset.yaml": text}, Zones: zones}, moment(t, now), program.Compiler{
				Compile: func(text program.Text) (*engine.Ruleset, error) {
					compiled++
					return compile(t, text.Files["ruleset.yaml"]), nil
				},
				Succeeds: func(before, next program.Text) error {
					require.NotEqual(t, before, next)
					return nil
				},
			})
		require.NoError(t, err)
		return list
	}
	other := shop + "audiences: {}\nbadges: {new: {}}\n"
	first := versions(shop, "2026-05-01T12:00:00Z")
	require.Len(t, first, 1)
	require.Len(t, versions(shop+"# a comment is no new version\n", "2026-05-02T12:00:00Z"), 1)
	second := versions(other, "2026-05-03T12:00:00Z")
	require.Len(t, second, 2)
	require.Equal(t, 1, compiled)
	require.Equal(t, first[0].Rules.Hash, second[0].Rules.Hash)
	require.Equal(t, []int{1, 2}, []int{second[0].Number, second[1].Number})
	require.Equal(t, moment(t, "2026-05-03T12:00:00Z"), second[1].From)
	back := versions(shop, "2026-05-04T12:00:00Z")
	require.Len(t, back, 3, "going back is a version of its own")
	require.Equal(t, back[0].Rules.Hash, back[2].Rules.Hash)
	require.NotSame(t, back[0].Rules, back[2].Rules, "its counters begin at another time")
	require.Equal(t, back[2].From, versions(other, "2026-05-03T13:00:00Z")[3].From, "a clock that was put back changes no order")

	zones = enginetest.Zones(t, "2026x", map[string][]enginetest.Offset{"Europe/Berlin": enginetest.Always(3600)})
	list := versions(other, "2026-05-04T13:00:00Z")
	require.Len(t, list, 5, "other time zone data is another version of the same ruleset")
	require.Equal(t, list[3].Rules.Hash, list[4].Rules.Hash)
	require.Equal(t, zones.Hash(), list[4].Zones.Hash())
	require.Len(t, versions(other, "2026-05-04T14:00:00Z"), 5)
	zones = nil
	require.Len(t, versions(other, "2026-05-04T15:00:00Z"), 6)
	kept, err := program.Stored(s, "shop", func(text program.Text) (*engine.Ruleset, error) { return compile(t, text.Files["ruleset.yaml"]), nil })
	require.NoError(t, err)
	require.Equal(t, "2026x", kept[4].Zones.Release(), "the data that judged is kept, whatever this binary has")
	require.Equal(t, calendar.Embedded().Hash(), kept[5].Zones.Hash())
	held, err := s.Get("zones/" + kept[4].Zones.Hash())
	require.NoError(t, err)
	require.NoError(t, settings.Delete(s, held.Key))
	_, err = program.Stored(s, "shop", func(program.Text) (*engine.Ruleset, error) { return nil, nil })
	require.ErrorContains(t, err, "which decided past events, cannot be read: settings: there is no such setting")
	require.NoError(t, settings.Put(s, held.Key, calendar.Embedded().Archive()))
	_, err = program.Stored(s, "shop", func(program.Text) (*engine.Ruleset, error) { return nil, nil })
	require.ErrorContains(t, err, "it is damaged")
	require.NoError(t, settings.Put(s, held.Key, held.Value))

	s.err = errors.New("full")
	_, err = program.Versions(s, compile(t, other), program.Text{}, moment(t, "2026-05-05T12:00:00Z"), program.Compiler{})
	require.Error(t, err)
	s.err = nil
	allowed := func(_, _ program.Text) error { return nil }
	_, err = program.Versions(s, compile(t, other), program.Text{}, moment(t, "2026-05-05T12:00:00Z"),
		program.Compiler{Succeeds: allowed, Compile: func(program.Text) (*engine.Ruleset, error) {
			return nil, errors.New("a word has changed its meaning")
		}})
	require.ErrorContains(t, err, "version 1 of program shop, which decided past events, does not compile")

	_, err = program.Versions(s, compile(t, shop+"badges: {newer: {}}\n"), program.Text{}, moment(t, "2026-05-05T12:00:00Z"),
		program.Compiler{Succeeds: func(_, _ program.Text) error {
			return errors.New("what it counts changes")
		}})
	require.ErrorContains(t, err, "what it counts changes")
}

// TestTwoStartsMakeOneVersion has several starts bring the same ruleset at once, and then different ones: one version each, in an order
// without gaps, each after the one before.
func TestTwoStartsMakeOneVersion(t *testing.T) {
	s := &settings.Memory{}
	at := moment(t, "2026-05-01T12:00:00Z")
	start := func(text string) ([]engine.Version, error) {
		rules := compile(t, text)
		return program.Versions(s, rules, program.Text{Files: map[string]string{"ruleset.yaml": text}}, at, program.Compiler{
			Compile:  func(program.Text) (*engine.Ruleset, error) { return rules, nil },
			Succeeds: func(_, _ program.Text) error { return nil }})
	}
	all := func(text func(n int) string) {
		var wait sync.WaitGroup
		var errs [8]error
		for n := range errs {
			wait.Go(func() { _, errs[n] = start(text(n)) })
		}
		wait.Wait()
		require.NoError(t, errors.Join(errs[:]...))
	}
	all(func(int) string { return shop })
	kept, err := program.Stored(s, "shop", func(program.Text) (*engine.Ruleset, error) { return nil, nil })
	require.NoError(t, err)
	require.Len(t, kept, 1)
	all(func(n int) string { return fmt.Sprintf("%sbadges: {of_%d: {}}\n", shop, n) })
	kept, err = program.Stored(s, "shop", func(program.Text) (*engine.Ruleset, error) { return nil, nil })
	require.NoError(t, err)
	require.Len(t, kept, 9)
	for i, v := range kept {
		require.Equal(t, i+1, v.Number)
	}
}

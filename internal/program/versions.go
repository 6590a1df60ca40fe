package program

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/settings"
)

// Text is a version before it is compiled: the files of its ruleset by name, and the time zone data that it is judged by; nil is
// the embedded data.
type Text struct {
	Files map[string]string
	Zones *calendar.Zones
	// Paused are the definitions that give nothing, by section and id, sorted.
	Paused []string
}

// stored is a version as it is kept: the sources can be compiled again at any time. The time zone data, by its hash, has a row
// of its own, so that what it judged can be explained for ever.
type stored struct {
	Number  int               `json:"number"`
	Hash    string            `json:"hash"`
	Zones   string            `json:"zones"`
	From    calendar.Instant  `json:"from"`
	Sources map[string]string `json:"sources"`
	Paused  []string          `json:"paused,omitempty"`
	About
}

func (v *stored) text(zones *calendar.Zones) Text {
	return Text{Files: v.Sources, Zones: zones, Paused: v.Paused}
}

// Compiler is how package rulesets is asked from here: Compile makes a ruleset of an older version, Succeeds returns an error
// when a program must not go on as one version after what it was before.
type Compiler struct {
	Compile  func(Text) (*engine.Ruleset, error)
	Succeeds func(before, next Text) error
}

// Versions are the versions of a program with the given one in force: unless it is the last that was stored, it is stored
// and active from now on, or from when the one before it was if the clock was put back. Other time zone data makes another
// version of the same ruleset. Where somebody else stores one at the same time, this one comes after it, unless it is the same.
func Versions(s settings.Store, present *engine.Ruleset, text Text, now calendar.Instant, c Compiler) ([]engine.Version, error) {
	list, err := load(s, present.Program)
	for err == nil && !isLast(list, present, text) {
		if list, err = add(s, list, present, text, now, c); errors.Is(err, settings.ErrConflict) {
			list, err = load(s, present.Program)
		}
	}
	if err != nil {
		return nil, err
	}
	last := list[len(list)-1]
	versions, err := past(s, list[:len(list)-1], present.Program, c.Compile)
	return append(versions, engine.Version{Number: last.Number, From: last.From, Rules: present, Zones: text.Zones}), err
}

func isLast(list []stored, present *engine.Ruleset, text Text) bool {
	n := len(list)
	return n > 0 && list[n-1].Hash == present.Hash && list[n-1].Zones == text.Zones.Hash()
}

// add makes a version that comes after those of a list. The error is a conflict where another one does.
func add(s settings.Store, list []stored, present *engine.Ruleset, text Text, now calendar.Instant, c Compiler) ([]stored, error) {
	next := stored{Number: len(list) + 1, Hash: present.Hash, Zones: text.Zones.Hash(), From: now, Sources: text.Files, Paused: text.Paused}
	if n := len(list); n > 0 {
		zones, err := zonesOf(s, list[n-1].Zones)
		if err != nil {
			return nil, err
		}
		if err := c.Succeeds(list[n-1].text(zones), text); err != nil {
			return nil, err
		}
		next.From = max(now, list[n-1].From)
	}
	return append(list, next), keep(s, present.Program, next, text.Zones)
}

// keep stores a version, its time zones first.
func keep(s settings.Store, program string, v stored, zones *calendar.Zones) error {
	if _, err := s.Get(zonesKey(v.Zones)); errors.Is(err, settings.ErrAbsent) {
		if _, _, err := settings.Insert(s, zonesKey(v.Zones), zones.Archive()); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	s = audit.Here(program, "ruleset.activate", "the start of the server").Recording(s, versionsPrefix, func() *audit.What {
		return audit.Change("ruleset", strconv.Itoa(v.Number), nil, shown{v.Number, v.Hash, v.Paused})
	})
	_, err = s.Apply(settings.Whenever, settings.Change{Key: versionKey(program, v.Number), Value: b})
	return err
}

// keepNext is keep for a version that comes while the program runs: one that is there already is never replaced.
func keepNext(s settings.Store, program string, v stored, zones *calendar.Zones) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := s.Get(zonesKey(v.Zones)); errors.Is(err, settings.ErrAbsent) && zones != nil {
		if _, _, err := settings.Insert(s, zonesKey(v.Zones), zones.Archive()); err != nil {
			return err
		}
	}
	_, inserted, err := settings.Insert(s, versionKey(program, v.Number), b)
	if err == nil && !inserted {
		err = ErrSucceeded
	}
	return err
}

// zonesOf is time zone data by its hash.
func zonesOf(s settings.Store, hash string) (*calendar.Zones, error) {
	if hash == calendar.Embedded().Hash() {
		return calendar.Embedded(), nil
	}
	var zones *calendar.Zones
	r, err := s.Get(zonesKey(hash))
	if err == nil {
		zones, err = calendar.ReadZones(r.Value)
	}
	if err == nil && zones.Hash() == hash {
		return zones, nil
	}
	if err == nil {
		err = errors.New("it is damaged")
	}
	return nil, fmt.Errorf("the time zone data %.16s, which decided past events, cannot be read: %w", hash, err)
}

// Stored are the versions of a program as they are kept, without a new one; none for a program that never ran.
func Stored(s settings.Store, program string, compile func(Text) (*engine.Ruleset, error)) ([]engine.Version, error) {
	list, err := load(s, program)
	if err != nil {
		return nil, err
	}
	return past(s, list, program, compile)
}

func past(s settings.Store, list []stored, program string, compile func(Text) (*engine.Ruleset, error)) ([]engine.Version, error) {
	versions := make([]engine.Version, len(list))
	data := map[string]*calendar.Zones{}
	for i, v := range list {
		if data[v.Zones] == nil {
			zones, err := zonesOf(s, v.Zones)
			if err != nil {
				return nil, err
			}
			data[v.Zones] = zones
		}
		rules, err := compile(v.text(data[v.Zones]))
		if err != nil {
			return nil, fmt.Errorf("version %d of program %s, which decided past events, does not compile: %w", v.Number, program, err)
		}
		versions[i] = engine.Version{Number: v.Number, From: v.From, Rules: rules, Zones: data[v.Zones]}
	}
	return versions, nil
}

// Known are the ids of the programs that ever ran, sorted.
func Known(s settings.Store) ([]string, error) {
	rows, _, err := s.List(versionsPrefix)
	var ids []string
	for _, r := range rows {
		id, _, _ := strings.Cut(strings.TrimPrefix(r.Key, versionsPrefix), "/")
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// versionsPrefix is what the keys of all versions start with.
const versionsPrefix = "versions/"

func zonesKey(hash string) string { return "zones/" + hash }

func versionKey(program string, number int) string {
	return fmt.Sprintf("%s%s/%08d", versionsPrefix, program, number)
}

// load reads the versions of a program, the first one first.
func load(s settings.Store, program string) ([]stored, error) {
	rows, _, err := s.List(versionsPrefix + program + "/")
	if err != nil {
		return nil, err
	}
	list := make([]stored, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal(r.Value, &list[i]); err != nil {
			return nil, fmt.Errorf("the setting %s is damaged: %w", r.Key, err)
		}
	}
	return list, nil
}

// Kept is a version as it is kept.
type Kept struct {
	Number int
	Hash   string
	From   calendar.Instant
	Text   Text
	About  About
}

// KeptVersion is a version of a program by its number; nil for one that there is not.
func KeptVersion(s settings.Store, program string, number int) (*Kept, error) {
	row, err := s.Get(versionKey(program, number))
	if errors.Is(err, settings.ErrAbsent) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, err
	}
	var v stored
	if err := json.Unmarshal(row.Value, &v); err != nil {
		return nil, fmt.Errorf("the setting %s is damaged: %w", row.Key, err)
	}
	zones, err := zonesOf(s, v.Zones)
	return &Kept{v.Number, v.Hash, v.From, v.text(zones), v.About}, err
}

// Abouts is who made the versions of a program and why, by their numbers.
func Abouts(s settings.Store, program string) (map[int]About, error) {
	list, err := load(s, program)
	about := map[int]About{}
	for _, v := range list {
		about[v.Number] = v.About
	}
	return about, err
}

// LastKept is the last version of a program that is kept, nil for a program that never ran.
func LastKept(s settings.Store, program string) (*Kept, error) {
	list, err := load(s, program)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return KeptVersion(s, program, list[len(list)-1].Number)
}

// Paused are the definitions of the version in force that give nothing, by section and id.
func (p *Program) Paused() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.paused
}

// Rulesets are the program's versions, the last one in force, and the files of that one.
func (p *Program) Rulesets() (versions []engine.Version, sources map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.Versions(), p.sources
}

// Forget deletes the versions of a program, and the secret that its ids are hashed with.
func Forget(s settings.Store, program string) error {
	rows, _, err := s.List(versionsPrefix + program + "/")
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := settings.Delete(s, r.Key); err != nil {
			return err
		}
	}
	return settings.Delete(s, secretPrefix+program)
}

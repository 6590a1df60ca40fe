package program

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// Settings keeps a program's versions. What it has written survives the loss of power.
type Settings interface {
	Put(key string, value []byte) error
	List(prefix string, yield func(key string, value []byte) bool) error
}

// Text is a version before it is compiled: the files of its ruleset by name, and the time zone data that it is judged by; nil is
// the embedded data.
type Text struct {
	Files map[string]string
	Zones *calendar.Zones
}

// stored is a version as it is kept: the sources can be compiled again at any time. The time zone data, by its hash, has a row
// of its own, so that what it judged can be explained for ever.
type stored struct {
	Number  int               `json:"number"`
	Hash    string            `json:"hash"`
	Zones   string            `json:"zones"`
	From    calendar.Instant  `json:"from"`
	Sources map[string]string `json:"sources"`
}

// Compiler is how package rulesets is asked from here: Compile makes a ruleset of an older version, Succeeds returns an error
// when a program must not go on as one version after what it was before.
type Compiler struct {
	Compile  func(Text) (*engine.Ruleset, error)
	Succeeds func(before, next Text) error
}

// Versions are the versions of a program with the given one in force: unless it is the last that was stored, it is stored
// and active from now on, or from when the one before it was if the clock was put back. Other time zone data makes another
// version of the same ruleset.
func Versions(s Settings, present *engine.Ruleset, text Text, now calendar.Instant, c Compiler) ([]engine.Version, error) {
	list, err := load(s, present.Program)
	if err != nil {
		return nil, err
	}
	next := stored{Number: len(list) + 1, Hash: present.Hash, Zones: text.Zones.Hash(), From: now, Sources: text.Files}
	if n := len(list); n == 0 || list[n-1].Hash != next.Hash || list[n-1].Zones != next.Zones {
		if n > 0 {
			zones, err := zonesOf(s, list[n-1].Zones)
			if err != nil {
				return nil, err
			}
			if err := c.Succeeds(Text{list[n-1].Sources, zones}, text); err != nil {
				return nil, err
			}
			next.From = max(now, list[n-1].From)
		}
		if err := keep(s, present.Program, next, text.Zones); err != nil {
			return nil, err
		}
		list = append(list, next)
	}
	last := list[len(list)-1]
	versions, err := past(s, list[:len(list)-1], present.Program, c.Compile)
	return append(versions, engine.Version{Number: last.Number, From: last.From, Rules: present, Zones: text.Zones}), err
}

// keep stores a version, its time zones first.
func keep(s Settings, program string, v stored, zones *calendar.Zones) error {
	known := false
	err := s.List(zonesKey(v.Zones), func(string, []byte) bool {
		known = true
		return false
	})
	if err == nil && !known {
		err = s.Put(zonesKey(v.Zones), zones.Archive())
	}
	if err != nil {
		return err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.Put(versionKey(program, v.Number), b)
}

// zonesOf is time zone data by its hash.
func zonesOf(s Settings, hash string) (zones *calendar.Zones, err error) {
	if hash == calendar.Embedded().Hash() {
		return calendar.Embedded(), nil
	}
	var failed error
	err = s.List(zonesKey(hash), func(_ string, archive []byte) bool {
		zones, failed = calendar.ReadZones(bytes.Clone(archive))
		return false
	})
	switch {
	case err != nil || failed != nil:
		err = errors.Join(err, failed)
	case zones == nil || zones.Hash() != hash:
		err = errors.New("it is missing or damaged")
	default:
		return zones, nil
	}
	return nil, fmt.Errorf("the time zone data %.16s, which decided past events, cannot be read: %w", hash, err)
}

// Stored are the versions of a program as they are kept, without a new one; none for a program that never ran.
func Stored(s Settings, program string, compile func(Text) (*engine.Ruleset, error)) ([]engine.Version, error) {
	list, err := load(s, program)
	if err != nil {
		return nil, err
	}
	return past(s, list, program, compile)
}

func past(s Settings, list []stored, program string, compile func(Text) (*engine.Ruleset, error)) ([]engine.Version, error) {
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
		rules, err := compile(Text{v.Sources, data[v.Zones]})
		if err != nil {
			return nil, fmt.Errorf("version %d of program %s, which decided past events, does not compile: %w", v.Number, program, err)
		}
		versions[i] = engine.Version{Number: v.Number, From: v.From, Rules: rules, Zones: data[v.Zones]}
	}
	return versions, nil
}

// Known are the ids of the programs that ever ran, sorted.
func Known(s Settings) ([]string, error) {
	var ids []string
	err := s.List("versions/", func(key string, _ []byte) bool {
		id, _, _ := strings.Cut(strings.TrimPrefix(key, "versions/"), "/")
		ids = append(ids, id)
		return true
	})
	slices.Sort(ids)
	return slices.Compact(ids), err
}

func zonesKey(hash string) string { return "zones/" + hash }

func versionKey(program string, number int) string {
	return fmt.Sprintf("versions/%s/%08d", program, number)
}

func load(s Settings, program string) ([]stored, error) {
	var list []stored
	var failed error
	err := s.List("versions/"+program+"/", func(_ string, value []byte) bool {
		var v stored
		failed = json.Unmarshal(value, &v)
		list = append(list, v)
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Number < list[j].Number })
	return list, err
}

// Rulesets are the program's versions, the last one in force, and the files of that one.
func (p *Program) Rulesets() (versions []engine.Version, sources map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.Versions(), p.sources
}

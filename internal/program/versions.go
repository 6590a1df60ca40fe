package program

import (
	"encoding/json"
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

// stored is a version as it is kept: the sources can be compiled again at any time.
type stored struct {
	Number  int               `json:"number"`
	Hash    string            `json:"hash"`
	From    calendar.Instant  `json:"from"`
	Sources map[string]string `json:"sources"`
}

// Compiler is how package rulesets is asked from here: Compile makes a ruleset of the sources of an older version, Succeeds
// returns an error when a program must not go on as sources after what it was before.
type Compiler struct {
	Compile  func(sources map[string]string) (*engine.Ruleset, error)
	Succeeds func(before, sources map[string]string) error
}

// Versions are the versions of a program with the given one in force: unless it is the last that was stored, it is stored
// and active from now on, or from when the one before it was if the clock was put back.
func Versions(s Settings, present *engine.Ruleset, sources map[string]string, now calendar.Instant,
	c Compiler) ([]engine.Version, error) {
	list, err := load(s, present.Program)
	if err != nil {
		return nil, err
	}
	if n := len(list); n == 0 || list[n-1].Hash != present.Hash {
		from := now
		if n > 0 {
			if err := c.Succeeds(list[n-1].Sources, sources); err != nil {
				return nil, err
			}
			from = max(from, list[n-1].From)
		}
		next := stored{Number: n + 1, Hash: present.Hash, From: from, Sources: sources}
		b, err := json.Marshal(next)
		if err != nil {
			return nil, err
		}
		if err := s.Put(versionKey(present.Program, next.Number), b); err != nil {
			return nil, err
		}
		list = append(list, next)
	}
	versions, err := past(list[:len(list)-1], present.Program, c.Compile)
	if err != nil {
		return nil, err
	}
	last := list[len(list)-1]
	return append(versions, engine.Version{Number: last.Number, From: last.From, Rules: present}), nil
}

// Stored are the versions of a program as they are kept, without a new one; none for a program that never ran.
func Stored(s Settings, program string, compile func(sources map[string]string) (*engine.Ruleset, error)) ([]engine.Version, error) {
	list, err := load(s, program)
	if err != nil {
		return nil, err
	}
	return past(list, program, compile)
}

func past(list []stored, program string, compile func(map[string]string) (*engine.Ruleset, error)) ([]engine.Version, error) {
	versions := make([]engine.Version, len(list))
	for i, v := range list {
		rules, err := compile(v.Sources)
		if err != nil {
			return nil, fmt.Errorf("version %d of program %s, which decided past events, does not compile: %w", v.Number, program, err)
		}
		versions[i] = engine.Version{Number: v.Number, From: v.From, Rules: rules}
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

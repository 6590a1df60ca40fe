package assembly

import (
	"errors"
	"slices"

	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/rulesets"
)

// Files knows which files of rulesets were served last, by the hash of what is in them: those who change the files mean them, and those
// who do not mean what was put into force since.
type Files struct{ Settings settings.Store }

func filesKey(id string) string { return "files/" + id }

// Known reports whether the files of a program are those that were served last.
func (f Files) Known(id, hash string) (bool, error) {
	row, err := f.Settings.Get(filesKey(id))
	if errors.Is(err, settings.ErrAbsent) {
		return false, nil
	}
	return string(row.Value) == hash, err
}

// Keep notes that they are.
func (f Files) Keep(id, hash string) error {
	return settings.Put(f.Settings, filesKey(id), []byte(hash))
}

// inForce is the ruleset that a start goes by, with what of it is paused: that of the files, unless they were served before and another one was
// put into force since. What was paused stays so until it is resumed.
func (parts Parts) inForce(l *rulesets.Program) (served *rulesets.Program, paused []string, err error) {
	id := l.Ruleset.Program
	last, err := program.LastKept(parts.Settings, id)
	if err != nil || last == nil {
		return l, nil, err
	}
	known, err := Files{parts.Settings}.Known(id, l.Ruleset.Hash)
	if err != nil || last.Hash == l.Ruleset.Hash {
		return l, nil, err
	}
	text := program.Text{Files: l.Sources, Zones: parts.Zones, Paused: StillThere(last.Text.Paused, l)}
	if known {
		parts.Log.Info("the files have not changed since they were last served: the version that was put into force since is served", "program", id,
			"version", last.Number, "by", last.About.By, "note", last.About.Note)
		text.Files, text.Paused = last.Text.Files, last.Text.Paused
	}
	if !known && len(text.Paused) == 0 {
		return l, nil, nil
	}
	served, err = Compile(text)
	return served, text.Paused, err
}

// StillThere are those of some definitions, by section and id, that a program has.
func StillThere(paths []string, p *rulesets.Program) []string {
	there := map[string]bool{}
	for _, d := range p.Ruleset.Definitions() {
		there[d.Path] = true
	}
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !there[path] })
}

package rulesets

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/rulesets/document"
)

// meanings are the fields that say what a definition counts, by section (operations: A new version of a ruleset). Goals, limits, amounts and the
// window of a challenge may change while it runs.
var meanings = map[*document.Section][]string{
	counterSection: {"when", "if", "for", "during", "add", "highest", "lowest", "latest", "distinct", "earned", "only", "at_most", "every", "last", "by"},
	streakSection:  {"when", "if", "for", "every", "add", "at_least", "days"},
	challengeSection: {"when", "if", "for", "add", "highest", "lowest", "latest", "distinct", "earned", "only", "at_most", "every", "by", "within",
		"counter"},
	stepSection:        {"when", "if", "add", "highest", "lowest", "latest", "distinct", "earned", "only", "at_most"},
	tierSection:        {"earned", "only", "counter", "counters", "last", "every"},
	leaderboardSection: {"counter", "for", "by", "split"},
}

// SaysWhatCounts reports whether a field of a section's definitions is part of what they count.
func SaysWhatCounts(section *document.Section, field string) bool {
	return slices.Contains(meanings[section], field)
}

// meaning is the fingerprint of what a definition counts; "" for one that does not count. What it counts by name (a counter,
// an audience) is part of it.
func (b *builder) meaning(rec *document.Record) string {
	names := meanings[rec.Section]
	if names == nil {
		return ""
	}
	all := expandRecord(rec.Node, rec.Section)
	parts := map[string]any{}
	for _, name := range names {
		if v, ok := all[name]; ok {
			parts[name] = v
		}
	}
	if audiences := b.audiencesIn(rec); len(audiences) > 0 {
		parts["audiences"] = audiences
	}
	counters := map[string]string{}
	for _, id := range counterIDs(rec) {
		if c := b.recordOf("counters", id); c != nil {
			counters[id] = b.meaning(c)
		}
	}
	if len(counters) > 0 {
		parts["counters of"] = counters
	}
	text, err := json.Marshal(parts)
	if err != nil {
		panic("rulesets: a meaning is not JSON: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// counterIDs are the counters that a definition names.
func counterIDs(rec *document.Record) []string {
	var ids []string
	if n := rec.Values["counter"]; n != nil && n.Kind == document.Scalar {
		ids = append(ids, n.Text)
	}
	if n := rec.Values["counters"]; n != nil {
		for _, p := range n.Pairs {
			ids = append(ids, p.Value.Text)
		}
	}
	return ids
}

// audiencesIn are the conditions of the audiences that a definition asks for, by name, with those that they ask for.
func (b *builder) audiencesIn(rec *document.Record) map[string]string {
	found := map[string]string{}
	var read func(text string)
	add := func(id string) {
		if a := b.audiences[id]; a != nil && found[id] == "" {
			found[id] = canonicalScalar(a.node, &document.Field{Phrase: document.Condition})
			read(a.node.Text)
		}
	}
	read = func(text string) {
		for _, part := range strings.Split(text, "member.in.")[1:] {
			add(leadingID(part))
		}
	}
	for _, name := range []string{"for", "if"} {
		if n := rec.Values[name]; n != nil && n.Kind == document.Scalar {
			add(strings.TrimSpace(n.Text))
			read(n.Text)
		}
	}
	return found
}

// leadingID is the id that a text begins with.
func leadingID(text string) string {
	rest := strings.TrimLeft(text, "abcdefghijklmnopqrstuvwxyz0123456789_")
	return text[:len(text)-len(rest)]
}

// versions says of every definition what it counts, and gives the counts of those whose version was raised names of their
// own, so that they start afresh.
func (b *builder) versions() {
	for _, c := range b.rules.Counters {
		b.version("counters", &c.Definition, c)
	}
	for _, s := range b.rules.Streaks {
		b.version("streaks", &s.Definition, s.Counter)
	}
	for _, c := range b.rules.Challenges {
		b.version("challenges", &c.Definition, c.Counter)
		for _, step := range c.Steps {
			afresh("challenges", &c.Definition, step.Counter)
		}
	}
	for _, t := range b.rules.Tiers {
		b.version("tiers", &t.Definition, t.Counters...)
	}
	for _, l := range b.rules.Leaderboards {
		b.version("leaderboards", &l.Definition, l.Counter)
	}
}

// version is versions for one definition. Counters that are not its own stay as they are.
func (b *builder) version(section string, d *engine.Definition, counters ...*engine.Counter) {
	rec := b.recordOf(section, d.ID)
	if rec == nil {
		return
	}
	d.Version, d.Meaning = atoi(rec.Text("version")), b.meaning(rec)
	for _, c := range counters {
		if c != nil && strings.HasPrefix(c.Name, section+"/"+d.ID) {
			c.Meaning = d.Meaning
			afresh(section, d, c)
			if c.Of != nil && c.Of.Version > 1 && section != "challenges" { // a challenge counts from its own start
				c.Name += "/" + strconv.Itoa(c.Of.Version)
			}
		}
	}
}

func afresh(section string, d *engine.Definition, c *engine.Counter) {
	if own := section + "/" + d.ID; d.Version > 1 {
		c.Path = c.Name
		c.Name = own + "#" + strconv.Itoa(d.Version) + strings.TrimPrefix(c.Name, own)
	}
}

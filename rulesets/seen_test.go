package rulesets

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/laurel-engine/laurel/rulesets/document"
)

// What check accepts is seen to happen: every field of the reference, every word that a field can have and every form of a
// phrase stands in a ruleset whose tests run and pass, beside expectations of what comes of it.
func TestEverythingAcceptedIsSeenToHappen(t *testing.T) {
	seen := forms{}
	for _, pattern := range []string{
		"examples/*/ruleset.yaml", "suite/testdata/cafe.yaml", "suite/testdata/*.good.yaml", "../internal/cases/testdata/reports/*/*.yaml",
	} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var root yaml.Node
			require.NoError(t, yaml.Unmarshal(text, &root), file)
			ruleset := root.Content[0]
			if inner := valueOf(ruleset, "ruleset"); inner != nil {
				if inner.Kind != yaml.MappingNode {
					continue // a file of its own
				}
				ruleset = inner
			}
			seen.section(rulesetSection, ruleset)
		}
	}
	refused := refusals(t)
	var never []string
	for _, s := range allSections() {
		for i := range s.Fields {
			for _, form := range formsOf(s, &s.Fields[i]) {
				if !seen[form] && !refused[form] {
					never = append(never, form)
				}
				require.False(t, seen[form] && refused[form], "%s is accepted somewhere: it is not refused", form)
			}
		}
	}
	require.Empty(t, strings.Join(never, "\n"), "no ruleset whose tests run has these: write one, with what is to be expected of them")
}

// refusals are the forms that check refuses in some places, each because it does.
func refusals(t *testing.T) forms {
	const base = "program: p\nevents: {visit: {}}\nmember: {birthday: date}\npoints: {stars: {}}\n"
	const opening = "promotions: {hour: {cron: 0 15 * * FRI, open_for: 2 hours}}\n"
	refused := forms{}
	for _, trigger := range []struct{ form, text string }{
		{"90 days after last purchase", "90 days after last visit"}, {"every year on member.birthday", "every year on member.birthday"},
		{"cron 0 9 1 * *", "cron 0 9 1 * *"}, {"happy_hour opens", "hour opens"},
	} {
		for section, text := range map[string]string{
			"counter": "counters: {c: {when: %}}", "streak": "streaks: {c: {when: %, every: day}}",
			"challenge": "challenges: {c: {when: %, goal: 1, give: {stars: 1}}}", "step": "challenges: {c: {steps: {s: {when: %, goal: 1}}, give: {stars: 1}}}",
		} {
			_, diagnostics := Load(map[string][]byte{"p.yaml": []byte(base + opening + strings.Replace(text, "%", trigger.text, 1))})
			require.Contains(t, diagnostics.Error(), "only a rule can have a timer", section)
			refused[section+".when: "+trigger.form] = true
		}
	}
	for _, window := range []struct{ form, text string }{
		{"first 15 minutes after last lesson", "first 15 minutes after last visit"}, {"first 30 days after joined", "first 30 days after joined"},
		{"month of member.birthday", "month of member.birthday"}, {"happy_hour", "hour"}, {"always", "always"},
	} {
		for section, text := range map[string]string{
			"challenge": "challenges: {c: {when: visit, during: %, goal: 1, give: {stars: 1}}}", "promotion": "  c: {during: %}",
		} {
			if section == "challenge" && (window.text == "hour" || window.text == "always") {
				continue
			}
			_, diagnostics := Load(map[string][]byte{"p.yaml": []byte(base + "promotions:\n  hour: {cron: 0 15 * * FRI, open_for: 2 hours}\n" +
				strings.Replace(text, "%", window.text, 1))})
			require.Contains(t, diagnostics.Error(), "a "+section, window)
			refused[section+".during: "+window.form] = true
		}
	}
	_, diagnostics := Load(map[string][]byte{"p.yaml": []byte(base + "counters: {c: {when: visit}}\nleaderboards: {b: {counter: c, by: everyone}}")})
	require.Contains(t, diagnostics.Error(), "one count for everyone")
	refused["leaderboard.by: everyone"] = true
	_, diagnostics = Load(map[string][]byte{"p.yaml": []byte(base + "streaks: {c: {when: visit, every: day, days: [first friday]}}")})
	require.Contains(t, diagnostics.Error(), "a streak's days are weekdays")
	refused["streak.days: first friday"] = true
	return refused
}

// forms are what rulesets have: fields, their words, and the forms of their phrases.
type forms map[string]bool

func (f forms) section(s *document.Section, n *yaml.Node) {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		j := slices.IndexFunc(s.Fields, func(d document.Field) bool { return d.Name == n.Content[i].Value })
		if j >= 0 {
			f.field(s, &s.Fields[j], n.Content[i+1])
		}
	}
}

func (f forms) field(s *document.Section, d *document.Field, n *yaml.Node) {
	name := s.Name + "." + d.Name
	f[name] = true
	switch n.Kind {
	case yaml.SequenceNode:
		for _, item := range n.Content {
			f.field(s, d, item)
		}
	case yaml.MappingNode:
		switch {
		case d.Record != nil:
			f.section(d.Record, n)
		case d.Entries != nil:
			for i := 1; i < len(n.Content); i += 2 {
				f.section(d.Entries, n.Content[i])
			}
		case d.Free:
			for i := 0; i+1 < len(n.Content); i += 2 {
				f[name+"."+n.Content[i].Value] = true
			}
		}
	case yaml.ScalarNode:
		if slices.Contains(d.Words, n.Value) {
			f[name+": "+n.Value] = true
		}
		if d.Phrase != nil {
			f[name+": "+formOf(d.Phrase, n.Value)] = true
		}
	}
}

// alike are fields of whose words one stands for all: what they mean differs by a number.
var alike = map[string]bool{"points.decimals": true, "ruleset.week_starts": true}

// formsOf are the forms in which a field can be written.
func formsOf(s *document.Section, d *document.Field) []string {
	name := s.Name + "." + d.Name
	if d.Cosmetic {
		return nil
	}
	list := []string{name}
	for _, word := range d.Words {
		if last := word == d.Words[len(d.Words)-1]; word != d.Fallback && (last || !alike[name]) {
			list = append(list, name+": "+word)
		}
	}
	for _, key := range d.Keys {
		list = append(list, name+"."+key.Name)
	}
	if d.Phrase != nil && len(d.Phrase.Examples) > 1 {
		for _, example := range d.Phrase.Examples {
			if form := name + ": " + formOf(d.Phrase, example); example != d.Fallback && !slices.Contains(list, form) {
				list = append(list, form)
			}
		}
	}
	return list
}

// formOf is the first example of a phrase that has the same parts as a text.
func formOf(p *document.Phrase, text string) string {
	parts := func(text string) (set string) {
		g := p.Match(text)
		for i := 1; g.Len() > i; i++ {
			if g.Has(i) {
				set += strconv.Itoa(i) + " "
			}
		}
		return set
	}
	if !p.Matches(text) {
		return text
	}
	for _, example := range p.Examples {
		if parts(example) == parts(text) {
			return example
		}
	}
	return text
}

func valueOf(n *yaml.Node, key string) *yaml.Node {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

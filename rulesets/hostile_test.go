package rulesets_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/lint"
)

// soon is how long anything that an author can write may take to be judged. What is quadratic takes minutes.
const soon = time.Minute

// lines is what write says of 0 to n-1.
func lines(n int, write func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(write(i))
	}
	return b.String()
}

func sprintf(format string) func(int) string {
	return func(i int) string { return strings.ReplaceAll(format, "%d", fmt.Sprint(i)) }
}

const shop = "program: shop\nevents: {buy: {id: text, amount: number, tags: [text]}}\npoints: {stars: {}}\n"

// TestHostileDocuments: sources made to exhaust the reader are refused, soon and with a place, whatever YAML makes of them.
func TestHostileDocuments(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, document.MaxSize)
	for i := range random {
		random[i] = byte(' ' + r.IntN(95))
		if i%80 == 79 {
			random[i] = '\n'
		}
	}
	for name, c := range map[string]struct{ text, says string }{
		"larger than 4 MiB":           {shop + "# " + strings.Repeat("x", document.MaxSize), "the ruleset is larger than 4 MiB"},
		"4 MiB of nonsense":           {string(random), "error: "},
		"4 MiB of control characters": {strings.Repeat("\x01", document.MaxSize), "this character cannot stand in a ruleset"},
		"4 MiB of invalid UTF-8":      {strings.Repeat("\xff", document.MaxSize), "this character cannot stand in a ruleset"},
		"4 MiB of brackets":           {shop + "rules: " + strings.Repeat("[", document.MaxSize-100), "this is nested too deeply"},
		"4 MiB of braces":             {shop + "rules: " + strings.Repeat("{a: ", document.MaxSize/4-100), "this is nested too deeply"},
		"4 MiB of dashes":             {strings.Repeat("- ", document.MaxSize/2), "this is nested too deeply"},
		"4 MiB of question marks":     {strings.Repeat("? ", document.MaxSize/2), "this is nested too deeply"},
		"deep blocks":                 {lines(1000, func(i int) string { return strings.Repeat(" ", i) + "a:\n" }), "this is nested too deeply"},
		"an open quote of 4 MiB":      {"program: \"" + strings.Repeat("x\n", document.MaxSize/2-10), "a quote is not closed"},
		"one word of 4 MiB":           {strings.Repeat("x", document.MaxSize), "a ruleset is a map of sections"},
		"one key of 4 MiB":            {strings.Repeat("x", document.MaxSize-10) + ": 1\n", "error: "},
		"a bomb of aliases": {"a: &a [x, x, x, x, x, x, x, x, x]\n" + lines(20, func(i int) string {
			return fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c]\n", 'b'+i, 'b'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i)
		}), "anchors are not part of the format"},
		"an alias of itself":    {"a: &a [*a]\n", "anchors are not part of the format"},
		"merges":                {"a: {<<: {<<: {<<: {b: 1}}}}\n", "merge keys are not part of the format"},
		"one key 200,000 times": {strings.Repeat("a: 1\n", 200_000), "a is written twice in one map"},
		"many documents":        {strings.Repeat("---\na: 1\n", 100_000), "there is a second document"},
		"tags":                  {"a: !!binary " + strings.Repeat("A", 1000) + "\n", "tags are not part of the format"},
		"a line of 2 MB, all wrong": {shop + "rules: {" + lines(50_000, sprintf("r%d: {wen: buy, give: {star: 1}}, ")) + "}\n",
			"has 50000 definitions, more than 20000"},
		"too many definitions": {shop + "counters:\n" + lines(20_001, sprintf("  c%d: {when: buy}\n")), "counters has 20001 definitions, more than 20000"},
		"wrong in every line":  {shop + "rules:\n" + lines(5_000, sprintf("  r%d: {when: by, give: {star: 1}}\n")), "there are more errors than can be shown"},
		"misspelt in every line": {shop + "counters:\n" + lines(5_000, sprintf("  a_counter_with_a_long_name_%d: {when: buy}\n")) + "badges:\n" +
			lines(5_000, sprintf("  b%d: {counter: a_counter_with_a_lung_name_%d, levels: {a: 1}}\n")), "there is no counter"},
		"fields of fields": {"program: shop\nevents: {e: " + strings.Repeat("{a: ", 20) + "text" + strings.Repeat("}", 20) + "}\n",
			"records nest deeper than 4"},
		"one rule for 2,000 events": {"program: shop\npoints: {stars: {}}\nevents: {" + lines(2_000, sprintf("e%d: {}, ")) + "}\nrules:\n  r: {when: [" +
			lines(2_000, sprintf("e%d, ")) + "], give: {stars: 1}}\n", "when has 2000 events, more than 100"},
		"5,000 boosts of one rule": {shop + "rules: {r: {when: buy, give: {stars: event.amount}}}\nboosts:\n" +
			lines(5_000, sprintf("  b%d: {of: stars, times: 2}\n")), "more than 100 boosts apply to rules/r"},
		"audiences in a circle": {shop + "audiences:\n" + lines(3_000, func(i int) string { return fmt.Sprintf("  a%d: member.in.a%d\n", i, (i+1)%3_000) }),
			"is defined by itself"},
		"challenges in a circle": {shop + "challenges:\n" + lines(3_000, func(i int) string {
			return fmt.Sprintf("  c%d: {when: buy, goal: 1, give: {stars: 1}, needs: c%d}\n", i, (i+1)%3_000)
		}), "need one another"},
		"600,000 parentheses": {shop + "rules:\n  r:\n    when: buy\n    if: " + strings.Repeat("(", 600_000) + "\n    give: {stars: 1}\n",
			"the expression has 600000 characters, more than 2000"},
		"a thousand nots": {shop + "rules:\n  r:\n    when: buy\n    if: " + strings.Repeat("not ", 499) + "true\n    give: {stars: 1}\n",
			"more than 200 parts"},
		"chains that double": {shop + "rules:\n  r:\n    when: buy\n    if: " + strings.Repeat("1<(", 60) + "1" + strings.Repeat(")<1", 60) +
			"\n    give: {stars: 1}\n", "comparisons cannot be chained"},
		"a list of constants": {shop + "rules:\n  r:\n    when: buy\n    if: event.id in [" + strings.Repeat(`"a",`, 400) + `"a"]` +
			"\n    give: {stars: 1}\n", "more than 200 parts"},
		"predicates in predicates": {shop + "rules:\n  r:\n    when: buy\n    if: '" + strings.Repeat("any(event.tags, ", 10) + `# == "a"` +
			strings.Repeat(")", 10) + "'\n    give: {stars: 1}\n", "predicates are nested more than twice"},
		"a pattern that repeats itself": {shop + "rules:\n  r:\n    when: buy\n    if: event.id matches \"((((a{30}){30}){30}){30})\"\n    give: {stars: 1}\n",
			"this pattern cannot be read"},
		"a pattern of many brackets": {shop + "rules:\n  r:\n    when: buy\n    if: event.id matches \"" + strings.Repeat("(", 1500) + strings.Repeat(")", 400) +
			"\"\n    give: {stars: 1}\n", "this pattern cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			p, diagnostics := rulesets.Parse("x.yaml", []byte(c.text))
			require.Nil(t, p)
			require.True(t, diagnostics.HasErrors())
			require.LessOrEqual(t, len(diagnostics), document.MaxErrors+1)
			shown := diagnostics.Error()
			require.Contains(t, shown, c.says)
			require.Less(t, len(shown), 2<<20, "what is shown is bounded too")
			require.Less(t, time.Since(start), soon)
		})
	}
}

// TestLargeRulesets: what an author may write compiles and is looked through soon, however its parts refer to one another.
func TestLargeRulesets(t *testing.T) {
	const n = 1_500
	for name, text := range map[string]string{
		"challenges that set off rules": "challenges:\n" + lines(n, sprintf("  c%d: {when: buy, goal: 3, give: {stars: 1}}\n")) +
			"rules:\n" + lines(n, sprintf("  r%d: {when: challenge_completed, if: event.challenge == \"c%d\", give: {stars: 1}}\n")),
		"challenges that set off all rules": "challenges:\n" + lines(n, sprintf("  c%d: {when: buy, goal: 3, give: {stars: 1}}\n")) +
			"rules:\n" + lines(n, sprintf("  r%d: {when: challenge_completed, give: {stars: 1}}\n")),
		"badges that rules ask for": "badges:\n" + lines(n, sprintf("  b%d: {}\n")) +
			"rules:\n" + lines(n, sprintf("  r%d: {when: buy, for: member.has_badge.b%d, give: {stars: 1}, limit: 1 per day}\n")),
		"a boost for each rule": "rules:\n" + lines(n, sprintf("  r%d: {when: buy, give: {stars: event.amount}, limit: 1 per day}\n")) +
			"boosts:\n" + lines(n, sprintf("  b%d: {of: stars, times: 2, only: r%d, stacks: true}\n")),
		"a hundred boosts that stack": "rules: {r: {when: buy, give: {stars: event.amount}, limit: 1 per day}}\n" +
			"boosts:\n" + lines(100, sprintf("  b%d: {of: stars, times: 2, stacks: true, during: {days: [monday], hours: 14:00-16:00}, if: event.amount > %d}\n")),
		"audiences of audiences": "audiences:\n  a0: 'member.joined > \"2026-01-01\"'\n" +
			lines(200, func(i int) string { return fmt.Sprintf("  a%d: member.in.a%d and member.in.a%d\n", i+1, i, i) }) +
			"rules:\n" + lines(200, sprintf("  r%d: {when: buy, for: a%d, give: {stars: 1}, limit: 1 per day}\n")),
		"challenges in a row": "challenges:\n  c0: {when: buy, goal: 3, give: {stars: 1}}\n" +
			lines(n, func(i int) string {
				return fmt.Sprintf("  c%d: {when: buy, goal: 3, give: {stars: 1}, needs: c%d}\n", i+1, i)
			}),
		"windows": "rules:\n  r: {when: buy, give: {stars: 1}, limit: 1 per day, during: [" +
			strings.Repeat("{hours: 02:30-04:00, days: [fifth monday]}, ", n) + "]}\n",
		"prizes": "counters: {c: {when: buy, every: day}}\nleaderboards:\n  b: {counter: c, prizes: [" +
			lines(n, func(i int) string { return fmt.Sprintf("{ranks: %d, give: {stars: 1}}, ", i+1) }) + "]}\n",
		"tiers on points earned": "counters:\n" + lines(n, sprintf("  c%d: {earned: stars, only: [r%d]}\n")) + "rules:\n" +
			lines(n, sprintf("  r%d: {when: buy, give: {stars: 1}, limit: 1 per day}\n")) +
			"tiers:\n" + lines(n, sprintf("  t%d: {earned: stars, every: year, levels: {a: 0, b: 10}}\n")),
		"conditions that multiply": "rules:\n" + lines(300,
			sprintf("  r%d: {when: buy, if: "+strings.TrimSuffix(strings.Repeat("(event.amount > 3 or event.amount < 2) and ", 15), " and ")+
				", give: {stars: 1}, limit: 1 per day}\n")),
		"ignores": "rules:\n" + lines(n, sprintf("  r%d: {when: buy, give: {stars: 1}} # lint:ignore unbounded because it is a test\n")),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			p, diagnostics := rulesets.Parse("x.yaml", []byte(shop+text))
			require.Empty(t, diagnostics.Error())
			lint.Run(p, 0)
			require.Less(t, time.Since(start), soon)
		})
	}
}

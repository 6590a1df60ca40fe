package rulesets

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// Gift is one thing that a definition gave or took, as `gave` lists it.
type Gift struct {
	Source string // rule, challenge, streak, badge, tier or leaderboard
	ID     string // of the definition
	What   string // badge, reward, tier, or the id of the points
	Of     string // which badge, reward or tier, or the amount
	Level  string
	Boosts []string
	Wanted string // where a cap trimmed it, the amount before
}

// String writes a gift as tests do: {rule: stars_per_euro, stars: 40, boost: double_star_tuesday}.
func (g Gift) String() string {
	var b strings.Builder
	b.WriteString("{" + g.Source + ": " + g.ID)
	if g.What != g.Source {
		b.WriteString(", " + g.What + ": " + g.Of)
	}
	if g.Level != "" {
		b.WriteString(", level: " + g.Level)
	}
	switch len(g.Boosts) {
	case 0:
	case 1:
		b.WriteString(", boost: " + g.Boosts[0])
	default:
		b.WriteString(", boosts: [" + strings.Join(slices.Sorted(slices.Values(g.Boosts)), ", ") + "]")
	}
	if g.Wanted != "" {
		b.WriteString(", wanted: " + g.Wanted)
	}
	return b.String() + "}"
}

// givers are the sources of gifts and the sections of their ids. Badges and tiers come last: beside another source they
// are what is given.
var givers = []struct{ word, section string }{
	{"rule", "rules"}, {"challenge", "challenges"}, {"streak", "streaks"}, {"leaderboard", "leaderboards"}, {"badge", "badges"}, {"tier", "tiers"},
}

// gift reads one item of gave.
func (s *suiteReader) gift(n *node) (string, bool) {
	g, before := Gift{}, len(s.list)
	if n.kind != mapNode {
		s.node(n, "such as {rule: "+s.example("rules")+", "+s.example("points")+": 40}", "a gift is a map of who gave and what")
		return "", false
	}
	for _, giver := range givers {
		if id := n.find(giver.word); id != nil && g.Source == "" && s.named(id, giver.section) {
			g.Source, g.ID = giver.word, id.text
		}
	}
	for _, p := range n.pairs {
		if p.key.text != g.Source {
			s.giftPart(&g, p)
		}
	}
	if g.What == "" && (g.Source == "badge" || g.Source == "tier") {
		g.What = g.Source
	}
	if len(s.list) > before {
		return "", false
	}
	if g.Source == "" || g.What == "" {
		s.node(n, "such as {rule: "+s.example("rules")+", "+s.example("points")+": 40}", "a gift says who gave (rule, challenge, streak, badge, tier, leaderboard) and what")
		return "", false
	}
	return g.String(), true
}

func (s *suiteReader) giftPart(g *Gift, p pair) {
	switch key := p.key.text; key {
	case "rule", "challenge", "streak", "leaderboard":
		if g.Source != "" {
			s.node(p.key, "write a gift for each", "a gift comes from one definition, and this one from %s already", g.ID)
		}
	case "badge", "reward", "tier":
		if s.named(p.value, key+"s") {
			s.what(g, p, p.value.text)
		}
	case "level":
		g.Level, _ = s.word(p.value)
	case "boost":
		if s.named(p.value, "boosts") {
			g.Boosts = append(g.Boosts, p.value.text)
		}
	case "boosts":
		for _, b := range p.value.items {
			if s.named(b, "boosts") {
				g.Boosts = append(g.Boosts, b.text)
			}
		}
	case "wanted":
		g.Wanted, _ = s.amountOf(p.value)
	default:
		if !slices.Contains(s.ids["points"], key) {
			known := append([]string{"rule", "challenge", "streak", "badge", "tier", "leaderboard", "reward", "level", "boost", "boosts", "wanted"}, s.ids["points"]...)
			s.node(p.key, expression.DidYouMean(key, known), "a gift has no %q", key)
			return
		}
		if amount, ok := s.amountOf(p.value); ok {
			s.what(g, p, amount)
		}
	}
}

func (s *suiteReader) what(g *Gift, p pair, of string) {
	if g.What != "" {
		s.node(p.key, "write a gift for each", "a gift is one thing, and this one has %s already", g.What)
		return
	}
	g.What, g.Of = p.key.text, of
}

// Trimmed is what a gift wanted where it is not what was given, "" where it is.
func Trimmed(given, wanted decimal.Decimal) string {
	if given == wanted {
		return ""
	}
	return wanted.String()
}

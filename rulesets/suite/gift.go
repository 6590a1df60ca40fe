package suite

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// gift is one thing that a definition gave or took, as `gave` lists it.
type gift struct {
	Source string // rule, challenge, streak, badge, tier or leaderboard
	ID     string // of the definition
	What   string // badge, reward, tier, or the id of the points
	Of     string // which badge, reward or tier, or the amount
	Level  string
	Boosts []string
	Wanted string // where a cap trimmed it, the amount before
}

// String writes a gift as tests do: {rule: stars_per_euro, stars: 40, boost: double_star_tuesday}.
func (g gift) String() string {
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
func (s *reader) gift(n *document.Node) (string, bool) {
	g, before := gift{}, len(s.List)
	if n.Kind != document.Map {
		s.Node(n, "such as {rule: "+s.example("rules")+", "+s.example("points")+": 40}", "a gift is a map of who gave and what")
		return "", false
	}
	for _, giver := range givers {
		if id := n.Find(giver.word); id != nil && g.Source == "" && s.named(id, giver.section) {
			g.Source, g.ID = giver.word, id.Text
		}
	}
	for _, p := range n.Pairs {
		if p.Key.Text != g.Source {
			s.giftPart(&g, p)
		}
	}
	if g.What == "" && (g.Source == "badge" || g.Source == "tier") {
		g.What = g.Source
	}
	if len(s.List) > before {
		return "", false
	}
	if g.Source == "" || g.What == "" {
		s.Node(n, "such as {rule: "+s.example("rules")+", "+s.example("points")+": 40}",
			"a gift says who gave (rule, challenge, streak, badge, tier, leaderboard) and what")
		return "", false
	}
	return g.String(), true
}

func (s *reader) giftPart(g *gift, p document.Pair) {
	switch key := p.Key.Text; key {
	case "rule", "challenge", "streak", "leaderboard":
		if g.Source != "" {
			s.Node(p.Key, "write a gift for each", "a gift comes from one definition, and this one from %s already", g.ID)
		}
	case "badge", "reward", "tier":
		if s.named(p.Value, key+"s") {
			s.what(g, p, p.Value.Text)
		}
	case "level":
		g.Level, _ = s.word(p.Value)
	case "boost":
		if s.named(p.Value, "boosts") {
			g.Boosts = append(g.Boosts, p.Value.Text)
		}
	case "boosts":
		for _, b := range p.Value.Items {
			if s.named(b, "boosts") {
				g.Boosts = append(g.Boosts, b.Text)
			}
		}
	case "wanted":
		g.Wanted, _ = s.amountOf(p.Value)
	default:
		if !slices.Contains(s.ids["points"], key) {
			known := append([]string{"rule", "challenge", "streak", "badge", "tier", "leaderboard", "reward", "level", "boost", "boosts", "wanted"}, s.ids["points"]...)
			s.Node(p.Key, expression.DidYouMean(key, known), "a gift has no %q", key)
			return
		}
		if amount, ok := s.amountOf(p.Value); ok {
			s.what(g, p, amount)
		}
	}
}

func (s *reader) what(g *gift, p document.Pair, of string) {
	if g.What != "" {
		s.Node(p.Key, "write a gift for each", "a gift is one thing, and this one has %s already", g.What)
		return
	}
	g.What, g.Of = p.Key.Text, of
}

// trimmed is what a gift wanted where it is not what was given, "" where it is.
func trimmed(given, wanted decimal.Decimal) string {
	if given == wanted {
		return ""
	}
	return wanted.String()
}

package rulesets_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

func load(t testing.TB, text string) *rulesets.Program {
	t.Helper()
	p, diagnostics := rulesets.Parse("ruleset.yaml", []byte(text))
	require.Empty(t, diagnostics.Error())
	return p
}

func everything(t testing.TB) *engine.Ruleset {
	p, diagnostics := rulesets.LoadPathIn(nil, "testdata/everything.good.yaml")
	require.Empty(t, diagnostics.Error())
	return p.Ruleset
}

// find is the definition with an id.
func find[T any](t *testing.T, all []T, id func(T) string, want string) T {
	t.Helper()
	i := slices.IndexFunc(all, func(x T) bool { return id(x) == want })
	require.NotEqual(t, -1, i, want)
	return all[i]
}

func counterID(c *engine.Counter) string     { return c.ID }
func challengeID(c *engine.Challenge) string { return c.ID }
func boardID(b *engine.Leaderboard) string   { return b.ID }
func tierID(t *engine.Tier) string           { return t.ID }
func ruleID(r *engine.Rule) string           { return r.ID }
func pointsID(p *engine.Points) string       { return p.ID }

func days(n int) calendar.Duration { return calendar.Duration{N: n, Unit: calendar.Day} }

func TestHeaderAndSchemas(t *testing.T) {
	r := everything(t)
	require.Equal(t, "everything", r.Program)
	require.Equal(t, "America/New_York", r.Calendar.Zone.Name())
	require.Equal(t, time.Sunday, r.Calendar.WeekStart)
	require.True(t, r.MemberClock)
	require.Zero(t, r.Digits, "yen have no digits")
	require.Equal(t, calendar.Duration{N: 48, Unit: calendar.Hour}, r.Late)
	require.Equal(t, []string{"visit"}, r.ClientEvents)
	require.Len(t, r.Hash, 64)

	purchase := r.EventType("purchase").Schema
	require.Equal(t, []string{"order_id", "amount", "coupon", "fare", "channel", "address.city", "items"}, purchase.Names())
	require.True(t, purchase.Field("coupon").Optional)
	require.Equal(t, event.TypeList, purchase.Field("items").Items.Field("marks").Type)
	require.True(t, r.Member.Field("address.city").Optional, "what is in an optional record is optional")
	require.NotNil(t, r.EventType(engine.TierReached))
}

func TestPoints(t *testing.T) {
	r := everything(t)
	stars := find(t, r.Points, pointsID, "stars")
	require.Equal(t, 2, stars.Decimals)
	require.Equal(t, decimal.Nearest, stars.Rounding)
	require.Equal(t, engine.NegativeFloor, stars.Negative)
	require.True(t, stars.Oldest)
	require.Equal(t, engine.Pending{Set: true, For: days(14)}, stars.Pending)
	months := func(n int) calendar.Duration { return calendar.Duration{N: n, Unit: calendar.Month} }
	require.Equal(t, []engine.Expiry{{After: months(12)}, {After: months(6), Event: "purchase"}, {EndOf: calendar.Quarter, Next: true}}, stars.Expire)
	gems := find(t, r.Points, pointsID, "gems")
	require.Equal(t, []engine.Expiry{{EndOf: calendar.Month, After: months(12)}}, gems.Expire)
	require.True(t, gems.Pending.UntilConfirmed)
	require.Empty(t, find(t, r.Points, pointsID, "dust").Expire)
}

func TestRuleIsCompiledForEachEvent(t *testing.T) {
	r := everything(t)
	var events []string
	var keys []string
	for _, rule := range r.Rules {
		if rule.ID != "spend" {
			continue
		}
		events = append(events, rule.When.Name)
		keys = nil
		for _, l := range rule.Limits {
			keys = append(keys, l.Key)
		}
		require.Len(t, rule.During.Any, 9)
		require.Len(t, rule.Give, 5)
		require.True(t, rule.Pending.Set)
		require.True(t, rule.Leave)
		require.Equal(t, engine.Position{File: "everything.good.yaml", Line: 70, Column: 3}, rule.Position)
	}
	require.ElementsMatch(t, []string{"purchase", "refund"}, events)
	require.Equal(t, []string{
		"rules/spend|times|ever|event.order_id", "rules/spend|stars|per day|member", "rules/spend|stars|in last 30 days|member",
		"rules/spend|times|per week|everyone", "rules/spend|times|per month|member,event.order_id",
	}, keys)
}

func TestWindows(t *testing.T) {
	w := find(t, everything(t).Rules, ruleID, "spend").During.Any
	require.Equal(t, "2026-12-01", w[0].Calendar.From.String())
	require.Equal(t, "2026-12-07", w[0].Calendar.Until.String())
	require.Equal(t, []calendar.DayRule{{Weekday: time.Tuesday}, {Weekday: time.Friday, Nth: 1}, {Weekday: time.Sunday, Nth: -1}}, w[1].Calendar.Days)
	require.Equal(t, calendar.Hours{From: 14 * time.Hour, To: 16 * time.Hour}, *w[1].Calendar.Hours)
	require.Equal(t, calendar.Cron{Minute: 1, Hour: 1 << 12, Dom: w[2].Calendar.Cron.Dom, Month: w[2].Calendar.Cron.Month, Dow: w[2].Calendar.Cron.Dow},
		*w[2].Calendar.Cron)
	require.Equal(t, calendar.Duration{N: 1, Unit: calendar.Hour}, w[2].Calendar.OpenFor)
	require.Equal(t, engine.Anchor{Last: "lesson"}, w[3].Anchor)
	require.Equal(t, engine.Anchor{First: "visit"}, w[4].Anchor)
	require.Equal(t, engine.Anchor{Joined: true}, w[5].Anchor)
	require.Equal(t, "since", w[6].Anchor.Field.Name)
	require.Equal(t, calendar.Month, w[7].Of)
	require.Equal(t, "birthday", w[7].OfField.Name)
	require.Equal(t, "fair", w[8].Promotion.ID)
}

func TestBoostsAreAttachedToWhatTheyApplyTo(t *testing.T) {
	r := everything(t)
	boosts := func(grants []engine.Grant) (out []string) {
		for _, g := range grants {
			if g.Points != nil {
				var ids []string
				for _, b := range g.Boosts {
					ids = append(ids, b.ID)
				}
				out = append(out, g.Points.ID+":"+strings.Join(ids, "+"))
			}
		}
		return out
	}
	require.ElementsMatch(t, []string{"stars:called+double+weekly_plus", "gems:"}, boosts(find(t, r.Rules, ruleID, "spend").Give),
		"`app` reads a field that refunds do not have, and a fixed gift is not boosted")
	require.Equal(t, []string{"stars:app+called+double"}, boosts(find(t, r.Rules, ruleID, "fares").Give))
	require.Equal(t, []string{"gems:"}, boosts(find(t, r.Rules, ruleID, "pay_teacher").Give), "a transfer is never boosted")
	require.Equal(t, []string{"stars:"}, boosts(find(t, r.Rules, ruleID, "celebrate").Give))
	require.Equal(t, []string{"stars:weekly_plus"}, boosts(find(t, r.Challenges, challengeID, "weekly").Goals[0].Give))
}

func TestCounters(t *testing.T) {
	r := everything(t)
	c := find(t, r.Counters, counterID, "visits_a_week")
	require.Len(t, c.Feeds, 2)
	require.Equal(t, engine.AtMost{N: 1, Per: calendar.Day}, c.AtMost)
	require.True(t, c.Public)
	require.Equal(t, days(30), find(t, r.Counters, counterID, "minutes").Last)
	require.Equal(t, challenges.Lowest, find(t, r.Counters, counterID, "fastest").Fold)
	require.NotNil(t, find(t, r.Counters, counterID, "skus").Feeds[0].Values)
	earned := find(t, r.Counters, counterID, "earned_stars")
	require.Equal(t, map[engine.Source]bool{{Section: engine.RuleSection, ID: "spend"}: true, {Section: engine.ChallengeSection, ID: "weekly"}: true}, earned.Only)
	teams := find(t, r.Counters, counterID, "teams")
	require.Equal(t, engine.ByField, teams.By)
	require.Equal(t, "team", teams.ByField.Name)
	require.Equal(t, engine.ByEveryone, find(t, r.Counters, counterID, "all_visits").By)
}

func TestChallengesAndStreaks(t *testing.T) {
	r := everything(t)
	weekly := find(t, r.Challenges, challengeID, "weekly")
	require.Equal(t, "challenges/weekly", weekly.Counter.Name)
	require.Equal(t, calendar.Week, weekly.Every, "the counter's period is the challenge's")
	require.Equal(t, calendar.Always, weekly.Counter.Every)
	require.Equal(t, 1, weekly.Counter.AtMost.N)
	require.Len(t, weekly.Counter.Feeds, 2)

	dash := find(t, r.Challenges, challengeID, "dash")
	require.True(t, dash.OptIn && dash.Goals[0].Again)
	require.Equal(t, 100, dash.Winners)
	require.NotNil(t, dash.During.Any[0].Calendar, "a promotion's dates are the challenge's")

	team := find(t, r.Challenges, challengeID, "team")
	require.Equal(t, []string{"1", "far"}, []string{team.Goals[0].ID, team.Goals[1].ID})
	require.Equal(t, 2*decimal.One, team.EachNeeds)

	course := find(t, r.Challenges, challengeID, "course")
	require.Nil(t, course.Counter)
	require.Equal(t, 3*decimal.One, course.Goals[0].At)
	for _, s := range course.Steps {
		require.Equal(t, "challenges/course/"+s.ID, s.Counter.Name)
	}

	daily := r.Streaks[0]
	require.Equal(t, challenges.Streak{Every: calendar.Day, AtLeast: 20 * decimal.One, Days: [7]bool{false, true, true, true, true, true},
		Free: 1, FreePer: calendar.Month, Hold: 2, Repair: calendar.Duration{N: 48, Unit: calendar.Hour}}, daily.Run)
	gems := r.PointsType("gems")
	require.Equal(t, []engine.Cost{{Points: gems, Amount: 200 * decimal.One}}, daily.FreezeCost)
	require.Equal(t, []engine.Cost{{Points: gems, Amount: 100 * decimal.One}}, daily.RepairCost)
	require.Equal(t, "streaks/daily#2", daily.Counter.Name)
	require.Equal(t, []string{"1", "ten"}, []string{r.Streaks[1].Goals[0].ID, r.Streaks[1].Goals[1].ID}, "by threshold, not as written")
}

func TestStandings(t *testing.T) {
	r := everything(t)
	club := find(t, r.Tiers, tierID, "club")
	require.Equal(t, "tiers/club", club.Counters[0].Name)
	require.Equal(t, "stars", club.Counters[0].Earned.ID)
	require.Equal(t, calendar.Duration{N: 12, Unit: calendar.Month}, club.Counters[0].Last)
	require.Equal(t, challenges.Keep{EndOf: calendar.Year, Next: true}, club.Ladder.Keep)
	require.False(t, club.Ladder.OneLevel)
	require.Equal(t, []challenges.Rung{{Name: "green"}, {Name: "gold", All: []challenges.Need{{At: decimal.MustParse("450.5")}}}}, club.Ladder.Levels)

	mixed := find(t, r.Tiers, tierID, "mixed")
	require.Equal(t, "counters/visits", mixed.Counters[0].Name)
	require.Equal(t, []challenges.Need{{Metric: 0, At: 10 * decimal.One}, {Metric: 1, At: 600 * decimal.One}}, mixed.Ladder.Levels[1].Any)
	require.Equal(t, "tiers/status", find(t, r.Tiers, tierID, "status").Counters[0].Name, "a period of its own needs a count of its own")

	quickest := find(t, r.Leaderboards, boardID, "quickest")
	require.Equal(t, leaderboards.Rules{Order: leaderboards.LowestFirst, Ties: leaderboards.Dense}, quickest.Rules)
	require.Equal(t, "counters/fastest", quickest.Counter.Name)
	cities := find(t, r.Leaderboards, boardID, "cities")
	require.Equal(t, "leaderboards/cities", cities.Counter.Name)
	require.True(t, cities.Average && cities.Split)
	require.Equal(t, 3, cities.AtLeast)
	require.Equal(t, r.Late, cities.Closes)
	for _, f := range cities.Counter.Feeds {
		require.NotNil(t, f.By)
		require.NotNil(t, f.Split)
	}
	germans := find(t, r.Leaderboards, boardID, "germans")
	require.NotNil(t, germans.Counter.Feeds[0].For)
	require.Nil(t, find(t, r.Counters, counterID, "visits_a_week").Feeds[0].For, "the named counter stays as it is")
}

func TestInactivePartsAreListedAndLeftOut(t *testing.T) {
	p, _ := rulesets.LoadPathIn(nil, "testdata/everything.good.yaml")
	var got []string
	for _, i := range p.Inactive {
		require.NotEmpty(t, i.Why)
		require.Positive(t, i.Position.Line)
		got = append(got, i.Definition)
	}
	require.Equal(t, []string{
		"leaderboards/germans.leagues", "leaderboards/germans.prizes",
	}, got)
	for _, r := range p.Ruleset.Rules {
		require.NotContains(t, got, "rules/"+r.ID)
	}
}

const small = `
program: shop
timezone: Europe/Berlin
events: {purchase: {order_id: text, amount: money}}
points: {stars: {}}
rules:
  spend:
    when: purchase
    if: event.amount >= 10 and event.order_id != ""
    give: {stars: event.amount * 2}
    limit: 1 ever by event.order_id
`

func TestHashIsOfTheMeaning(t *testing.T) {
	want := load(t, small).Ruleset.Hash
	for what, text := range map[string]string{
		"comments":     "# a comment\n" + small,
		"titles":       strings.Replace(small, "when: purchase", "title: Spend\n    when: [purchase]", 1),
		"a default":    strings.Replace(small, "when: purchase", "on_reversal: revoke\n    when: purchase", 1),
		"spacing":      strings.Replace(small, "event.amount >= 10 and event.order_id", "(event.amount  >=  10.0)  and event.order_id", 1),
		"a list":       strings.Replace(small, "limit: 1 ever by event.order_id", "limit:\n      - 1 ever by event.order_id", 1),
		"order":        strings.Replace(small, "program: shop\ntimezone: Europe/Berlin\n", "timezone: Europe/Berlin\nprogram: shop\n", 1),
		"another form": strings.Replace(small, "{stars: event.amount * 2}", "\n      stars: >\n        event.amount\n        * 2", 1),
	} {
		require.Equal(t, want, load(t, text).Ruleset.Hash, what)
	}
	for what, text := range map[string]string{
		"a number":  strings.Replace(small, ">= 10", ">= 11", 1),
		"a limit":   strings.Replace(small, "1 ever", "2 ever", 1),
		"an id":     strings.Replace(small, "  spend:", "  spent:", 1),
		"a field":   strings.Replace(small, "order_id: text", "order_id: text, x?: text", 1),
		"a zone":    strings.Replace(small, "Europe/Berlin", "Europe/Paris", 1),
		"a default": strings.Replace(small, "when: purchase", "on_reversal: leave\n    when: purchase", 1),
	} {
		require.NotEqual(t, want, load(t, text).Ruleset.Hash, what)
	}
}

func TestDirectoryIsMerged(t *testing.T) {
	head, rules, _ := strings.Cut(small, "rules:")
	files := fstest.MapFS{
		"program/base.yaml":       {Data: []byte(head)},
		"program/rules.yml":       {Data: []byte("rules:" + rules)},
		"program/notes.txt":       {Data: []byte("not yaml: : :")},
		"program/rules_test.yaml": {Data: []byte("tests: {}")},
	}
	p, diagnostics := rulesets.LoadFS(files, "program")
	require.Empty(t, diagnostics.Error())
	require.Equal(t, load(t, small).Ruleset.Hash, p.Ruleset.Hash)
	require.Len(t, p.Sources, 2)
	require.Equal(t, "rules.yml", p.Ruleset.Rules[0].Position.File)

	files["program/twice.yaml"] = &fstest.MapFile{Data: []byte("program: other\nrules:\n  spend: {when: purchase, give: {stars: 1}}\n")}
	p, diagnostics = rulesets.LoadFS(files, "program")
	require.Nil(t, p)
	require.Len(t, diagnostics, 2)
	require.Equal(t, "twice.yaml:1:1: error: program is defined twice: also in base.yaml:2\n    1 | program: other\n"+
		"      | ^^^^^^^\n      = keep one of them\n", diagnostics[0].String())
	require.Contains(t, diagnostics[1].Message, "spend is defined twice in rules: also in rules.yml:2")

	_, diagnostics = rulesets.LoadPathIn(nil, t.TempDir())
	require.True(t, diagnostics.HasErrors())
	_, diagnostics = rulesets.LoadPathIn(nil, filepath.Join(t.TempDir(), "none.yaml"))
	require.Contains(t, diagnostics.Error(), "none.yaml:1:1: error: cannot be read")
}

func TestRulesetLargerThanTheBoundIsRefused(t *testing.T) {
	_, diagnostics := rulesets.Parse("big.yaml", []byte(small+strings.Repeat("# filler\n", 500_000)))
	require.Len(t, diagnostics, 1)
	require.Contains(t, diagnostics[0].Message, "larger than 4 MiB")
}

func TestManyRulesCompileInReasonableTime(t *testing.T) {
	var b strings.Builder
	b.WriteString(small)
	for i := range 5_000 {
		fmt.Fprintf(&b, "  r%d:\n    when: purchase\n    if: event.amount >= %d and event.order_id matches \"^A%d\"\n    give: {stars: event.amount * %d}\n",
			i, i, i, i)
	}
	start := time.Now()
	p := load(t, b.String())
	t.Logf("%d rules in %v", len(p.Ruleset.Rules), time.Since(start))
	require.Len(t, p.Ruleset.Rules, 5_001)
}

func TestEveryErrorCarriesItsPlaceAndLine(t *testing.T) {
	text, err := os.ReadFile("testdata/coffee.bad.yaml")
	require.NoError(t, err)
	_, diagnostics := rulesets.Parse("coffee.yaml", text)
	lines := strings.Split(string(text), "\n")
	place := regexp.MustCompile(`^coffee\.yaml:(\d+):(\d+): error: `)
	for _, d := range diagnostics {
		require.Regexp(t, place, d.String())
		require.Contains(t, d.String(), lines[d.Line-1])
	}
	require.True(t, slices.IsSortedFunc(diagnostics, func(a, b rulesets.Diagnostic) int { return a.Line*1000 + a.Column - b.Line*1000 - b.Column }))
}

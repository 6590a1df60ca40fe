package cases

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// tiers translates status levels on points earned.
type tiers struct {
	*ledger
	last calendar.Instant // event time of the last earning
}

type tiersConfig struct {
	ledgerConfig
	Tiers        map[string]json.Number `json:"tiers"`
	Period       string                 `json:"period"`
	Validity     string                 `json:"validity"`
	Downgrade    string                 `json:"downgrade"`
	GraceDays    int                    `json:"grace_days"`
	RefundEffect string                 `json:"refund_affects_tier"`
}

func newTiers(c *semanticCase, _ func() *world) family {
	var config tiersConfig
	c.configure(&config)
	f := &tiers{ledger: &ledger{config: config.ledgerConfig}}
	f.prepare(c)
	levels := ""
	names := sortedKeys(config.Tiers)
	slices.SortFunc(names, func(a, b string) int { return number(config.Tiers[a]) - number(config.Tiers[b]) })
	for _, name := range names {
		levels += fmt.Sprintf(", %s: %s", name, config.Tiers[name])
	}
	f.more = lines("tiers:", "  status:", "    earned: stars", "    levels: {"+levels[2:]+"}", config.period(), config.validity(),
		line(config.GraceDays > 0, "    grace: %d days", config.GraceDays),
		line(config.Downgrade != "hard", "    falls: one level"))
	return f
}

func (c *tiersConfig) period() string {
	var months int
	switch {
	case c.Period == "", c.Period == "lifetime":
		return ""
	case c.Period == "calendar_year":
		return "    every: year"
	case scans(c.Period, "rolling_%d", &months):
		return fmt.Sprintf("    last: %d months", months)
	}
	unknown("period", c.Period)
	return ""
}

func (c *tiersConfig) validity() string {
	var months int
	_, err := fmt.Sscanf(c.Validity, "%dm", &months)
	switch {
	case c.Validity == "":
		return ""
	case err != nil:
		unknown("validity", c.Validity)
	case strings.HasSuffix(c.Validity, "_month_end"):
		cannot("keep is a duration or the end of a period: the language has no end of the month in which a duration ends")
	}
	return fmt.Sprintf("    keep: %d months", months)
}

func number(n json.Number) int {
	i, err := n.Int64()
	if err != nil {
		cannot("%s is no whole number", n)
	}
	return int(i)
}

func (f *tiers) step(w *world, s *step) {
	if s.Action == "earn" || s.Action == "purchase" {
		f.last = s.At
		if s.Occurred != nil {
			f.last = *s.Occurred
		}
	}
	f.ledger.step(w, s)
}

func (f *tiers) look(w *world, key string, want any) any {
	switch key {
	case "tier":
		if level := w.progress(soleMember).Tiers["status"].Level; level != "" {
			return level
		}
		return nil
	case "grace_until":
		return w.progress(soleMember).Tiers["status"].Until
	case "qualifying": // in the period of what was earned last
		return w.member(soleMember).TierAt(w.rules, w.rules.Tiers[0], f.last).Metrics[0]
	}
	return f.ledger.look(w, key, want)
}

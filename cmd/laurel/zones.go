package main

import (
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/rulesets/plan"
)

const zonesUsage = "time zone data instead of that in the binary: a directory such as /usr/share/zoneinfo, or a zoneinfo.zip"

// zonesFlag is --zones, of commands that write to a data directory.
func zonesFlag(f *pflag.FlagSet, path *string) {
	f.StringVar(path, "zones", env("LAUREL_ZONES", ""), zonesUsage+" (LAUREL_ZONES)")
}

// planZones adds to a plan that the time zone data would be other than that of the running server.
func planZones(p *plan.Plan, before, after *calendar.Zones, now calendar.Instant) {
	if before.Hash() == after.Hash() {
		return
	}
	zones, more := assembly.Differing(after, before, now)
	means := "no zone differs from now on"
	if len(zones) > 0 {
		means = "what lies before the start stays as it was; these differ: " + strings.Join(zones, ", ")
	}
	if more > 0 {
		means += " and " + strconv.Itoa(more) + " more"
	}
	p.Changes = append(p.Changes, plan.Change{Definition: "time zones", Kind: plan.Changed, Means: []string{means},
		Fields: []plan.FieldChange{{Name: "release", Before: before.Release(), After: after.Release()}}})
}

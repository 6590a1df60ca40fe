package main

import (
	"log/slog"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets"
)

// zonesFlag is --zones, of commands that write to a data directory.
func zonesFlag(f *pflag.FlagSet, path *string) {
	f.StringVar(path, "zones", env("LAUREL_ZONES", ""),
		"time zone data instead of that in the binary: a directory such as /usr/share/zoneinfo, or a zoneinfo.zip (LAUREL_ZONES)")
}

// maxToldZones is how many zones the log names.
const maxToldZones = 20

// tellZones logs that the version which begins now has other time zone data than the one before it, and which zones differ.
func tellZones(log *slog.Logger, id string, versions []engine.Version, now calendar.Instant) {
	if len(versions) < 2 {
		return
	}
	last, before := versions[len(versions)-1], versions[len(versions)-2]
	if last.From < now || last.Zones.Hash() == before.Zones.Hash() {
		return
	}
	zones, more := differing(last.Zones, before.Zones, last.From)
	log.Warn("the time zone data has changed: what lies before this instant stays as it was", "program", id, "from", last.From.String(),
		"before", before.Zones.Release(), "now", last.Zones.Release(), "zones", zones, "more", more)
}

// differing are the zones that differ between two releases from an instant on, the first of them, and how many more there are.
func differing(after, before *calendar.Zones, from calendar.Instant) (told []string, more int) {
	changes := after.Changes(before, from)
	told = make([]string, min(len(changes), maxToldZones))
	for i := range told {
		told[i] = changes[i].String()
	}
	return told, len(changes) - len(told)
}

// planZones adds to a plan that the time zone data would be other than that of the running server.
func planZones(plan *rulesets.Plan, before, after *calendar.Zones, now calendar.Instant) {
	if before.Hash() == after.Hash() {
		return
	}
	zones, more := differing(after, before, now)
	means := "no zone differs from now on"
	if len(zones) > 0 {
		means = "what lies before the start stays as it was; these differ: " + strings.Join(zones, ", ")
	}
	if more > 0 {
		means += " and " + strconv.Itoa(more) + " more"
	}
	plan.Changes = append(plan.Changes, rulesets.Change{Definition: "time zones", Kind: rulesets.Changed, Means: []string{means},
		Fields: []rulesets.FieldChange{{Name: "release", Before: before.Release(), After: after.Release()}}})
}

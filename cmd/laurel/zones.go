package main

import (
	"log/slog"

	"github.com/spf13/pflag"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
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
	changes := last.Zones.Changes(before.Zones, last.From)
	told := make([]string, min(len(changes), maxToldZones))
	for i := range told {
		told[i] = changes[i].String()
	}
	log.Warn("the time zone data has changed: what lies before this instant stays as it was", "program", id, "from", last.From.String(),
		"before", before.Zones.Release(), "now", last.Zones.Release(), "zones", told, "more", len(changes)-len(told))
}

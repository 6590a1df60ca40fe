package assembly

import (
	"log/slog"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

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
	zones, more := Differing(last.Zones, before.Zones, last.From)
	log.Warn("the time zone data has changed: what lies before this instant stays as it was", "program", id, "from", last.From.String(),
		"before", before.Zones.Release(), "now", last.Zones.Release(), "zones", zones, "more", more)
}

// Differing are the zones that differ between two releases from an instant on, the first of them, and how many more there are.
func Differing(after, before *calendar.Zones, from calendar.Instant) (told []string, more int) {
	changes := after.Changes(before, from)
	told = make([]string, min(len(changes), maxToldZones))
	for i := range told {
		told[i] = changes[i].String()
	}
	return told, len(changes) - len(told)
}

// Command pack writes the time zone data at a path as the archive that package calendar embeds, and says how its zones differ from
// now on from those that were embedded. RELEASE names data that does not name itself.
//
//	pack PATH ARCHIVE [RELEASE]
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/zonefile"
)

func main() {
	if err := pack(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func pack(out io.Writer, args []string) error {
	if len(args) != 2 && len(args) != 3 {
		return errors.New("use: pack PATH ARCHIVE [RELEASE]")
	}
	zones, err := zonefile.Read(args[0])
	if err != nil {
		return err
	}
	release := zones.Release()
	if len(args) == 3 {
		release = args[2]
	}
	if was := calendar.Embedded().Release(); release < was { // 2026a comes before 2026b
		return fmt.Errorf("%s has the time zones %q, older than the %s that are embedded: nothing was written; bring newer ones", args[0], release, was)
	}
	all := map[string][]byte{}
	for _, name := range zones.Names() {
		all[name] = zones.Content(name)
	}
	archive, err := calendar.PackZones(release, all)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "time zones %s, before %s\n", release, calendar.Embedded().Release())
	for _, c := range zones.Changes(nil, calendar.FromTime(time.Now())) {
		fmt.Fprintln(out, " ", c)
	}
	return os.WriteFile(args[1], archive, 0o644) //nolint:gosec // a file of the sources
}

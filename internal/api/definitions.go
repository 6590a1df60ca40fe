package api

import (
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/stats"
)

// definition is a definition of the ruleset in force, as the brand wrote it.
type definition struct {
	Definition string        `json:"definition"` // section and id
	Title      string        `json:"title"`
	About      string        `json:"about,omitempty"`
	Image      string        `json:"image,omitempty"`
	Hidden     bool          `json:"hidden,omitempty"`
	Paused     bool          `json:"paused,omitempty"`
	File       string        `json:"file"`
	Line       int           `json:"line"`
	Text       string        `json:"text"`  // its YAML
	Since      *versionShown `json:"since"` // the first version that had it without a break
	// Statistics are what it did, where a range was asked for.
	Statistics *stats.DefinitionReport `json:"statistics,omitempty"`
}

// definitions are those of the ruleset in force, with what its versions and files say of them.
type definitions struct {
	list     []*engine.Definition
	versions []engine.Version
	ids      []map[string]bool // of each version
	lines    map[string][]string
}

func (c call) definitions() *definitions {
	d := &definitions{list: c.program.Rules().Definitions(), lines: map[string][]string{}}
	var sources map[string]string
	d.versions, sources = c.program.Rulesets()
	for _, v := range d.versions {
		ids := map[string]bool{}
		for _, of := range v.Rules.Definitions() {
			ids[of.Path] = true
		}
		d.ids = append(d.ids, ids)
	}
	for name, text := range sources {
		d.lines[name] = strings.Split(text, "\n")
	}
	return d
}

// listDefinitions answers with all definitions, section by section.
func listDefinitions(c call) error {
	limit, err := c.number("limit", standardPage, 1, maxPage)
	if err != nil {
		return err
	}
	owner := c.owner("definitions\x00"+c.program.Rules().Hash, true) // another ruleset, another list
	place, err := c.cursor(owner)
	if err != nil {
		return err
	}
	all := c.definitions()
	shown := pageFrom(all.list, place, int(limit), owner)
	out := page[definition]{Data: []definition{}, HasMore: shown.HasMore, NextCursor: shown.NextCursor}
	for _, d := range shown.Data {
		out.Data = append(out.Data, all.of(d))
	}
	return c.show(out)
}

// showDefinition answers with one of them.
func showDefinition(c call) error {
	section, err := c.id("section")
	if err != nil {
		return err
	}
	id, err := c.id("definition")
	if err != nil {
		return err
	}
	all := c.definitions()
	for _, d := range all.list {
		if d.Path == section+"/"+id {
			return c.showDefinition(all.of(d), section, id)
		}
	}
	return notFound("definition")
}

// showDefinition answers with a definition, and with what it did where ?from= or ?to= asks for that.
func (c call) showDefinition(d definition, section, id string) error {
	if c.query("from") == "" && c.query("to") == "" {
		return c.show(d)
	}
	if !c.key.Allows(keys.StatsRead) {
		return lacks(keys.StatsRead)
	}
	x, err := c.figures()
	if err != nil {
		return err
	}
	r, err := c.days(x, standardDays)
	if err != nil {
		return err
	}
	report := x.Definition(section, id, r)
	d.Statistics = &report
	return c.tell(x, d)
}

func (a *definitions) of(d *engine.Definition) definition {
	out := definition{Definition: d.Path, Title: d.Title, About: d.About, Image: d.Image, Hidden: d.Hidden, Paused: d.Paused,
		File: d.Position.File, Line: d.Position.Line, Text: textAt(a.lines[d.Position.File], d.Position.Line)}
	for i, v := range slices.Backward(a.versions) {
		if !a.ids[i][d.Path] {
			break
		}
		out.Since = &versionShown{v.Number, v.Rules.Hash}
	}
	return out
}

// textAt is the entry of a YAML file that begins on a line: that line, and those after it that are indented further.
func textAt(lines []string, line int) string {
	if line < 1 || line > len(lines) {
		return ""
	}
	first := lines[line-1]
	depth := indent(first)
	text := []string{first[depth:]}
	for _, l := range lines[line:] {
		if strings.TrimSpace(l) != "" && indent(l) <= depth {
			break
		}
		text = append(text, l[min(depth, len(l)):])
	}
	return strings.TrimRight(strings.Join(text, "\n"), " \t\r\n") + "\n"
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// Bounds of the calendar.
const (
	standardSpan = 31 * 24 * time.Hour
	maxSpan      = 366 * 24 * time.Hour
)

// showCalendar answers with what comes from one instant up to another: openings of promotions, windows of challenges, seasons, and
// the periods of tiers; without them the month that begins now.
func showCalendar(c call) error {
	from, given, err := c.instant("from")
	if err != nil {
		return err
	}
	if !given {
		from = c.program.Present()
	}
	to, given, err := c.instant("to")
	if err != nil {
		return err
	}
	if !given {
		to = from.Add(standardSpan)
	}
	if _, unwritable := to.MarshalText(); unwritable != nil {
		return wrongParameter("query.from", "what follows it lies after the year 9999", "")
	}
	if to < from || to > from.Add(maxSpan) {
		return wrongParameter("query.to", "it lies before from, or more than a year after it", "")
	}
	limit, err := c.number("limit", standardPage, 1, maxPage)
	if err != nil {
		return err
	}
	owner := c.owner("calendar\x00"+from.String()+"\x00"+to.String(), true)
	place, err := c.cursor(owner)
	if err != nil {
		return err
	}
	return c.show(comingUp{from, to, pageFrom(c.program.Appointments(from, to), place, int(limit), owner)})
}

// comingUp is a page of the calendar.
type comingUp struct {
	From calendar.Instant `json:"from"` // the pages after it are asked for with the same
	To   calendar.Instant `json:"to"`
	page[engine.Appointment]
}

// pageFrom is the part of a list that begins at a place.
func pageFrom[T any](list []T, from ledgerCursor, limit int, owner string) page[T] {
	at := int(min(from.seq, uint64(len(list)))) //nolint:gosec // not above the length of a list
	end := min(at+limit, len(list))
	out := whole(list[at:end])
	if out.HasMore = end < len(list); out.HasMore {
		next := ledgerCursor{seq: uint64(end), entries: 1}.encode(owner) //nolint:gosec // not below 0
		out.NextCursor = &next
	}
	return out
}

package calendar

import (
	"archive/zip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// TZVersion is the release of the IANA time zone database in this package.
const TZVersion = "2025c"

// zoneinfo is the compiled database, which is in the public domain. It is the zoneinfo.zip of Go's distribution (in
// lib/time, where update.bash names the release); whoever replaces it sets TZVersion.
//
//go:embed zoneinfo.zip
var zoneinfo string

// zoneFiles is the allow-list: the names in the embedded database and nothing else.
var zoneFiles = sync.OnceValue(func() map[string]*zip.File {
	archive, err := zip.NewReader(strings.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		panic("calendar: the embedded time zone database is damaged: " + err.Error())
	}
	files := make(map[string]*zip.File, len(archive.File))
	for _, file := range archive.File {
		files[file.Name] = file
	}
	return files
})

var zones sync.Map // name -> *Zone

// LoadZone returns the zone with an IANA name, spelled exactly as in ZoneNames. The error for any other name suggests the
// nearest one, if one is near. Zones are read once and kept.
func LoadZone(name string) (*Zone, error) {
	if z, ok := zones.Load(name); ok {
		return z.(*Zone), nil
	}
	if name == UTC.name {
		return UTC, nil
	}
	file, ok := zoneFiles()[name]
	if !ok {
		return nil, unknownZone(name)
	}
	z, _ := zones.LoadOrStore(name, readZone(file))
	return z.(*Zone), nil
}

// ZoneNames returns the names of all zones in byte order.
func ZoneNames() []string {
	names := make([]string, 0, len(zoneFiles()))
	for name := range zoneFiles() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func readZone(file *zip.File) *Zone {
	content, err := file.Open()
	if err != nil {
		panic("calendar: the embedded time zone database is damaged: " + err.Error())
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	if err != nil {
		panic("calendar: the embedded time zone database is damaged: " + err.Error())
	}
	loc, err := time.LoadLocationFromTZData(file.Name, data)
	if err != nil {
		panic("calendar: the embedded time zone " + file.Name + " is damaged: " + err.Error())
	}
	return newZone(file.Name, loc)
}

func unknownZone(name string) error {
	if nearest, ok := nearestZone(name); ok {
		return fmt.Errorf("unknown time zone %q, did you mean %q?", name, nearest)
	}
	return fmt.Errorf("unknown time zone %q, want an IANA name such as Europe/Berlin", name)
}

// nearestZone finds the name with the fewest edits, if they change at most a third of it. A missing continent
// ("Berlin") costs nothing.
func nearestZone(name string) (nearest string, ok bool) {
	const longestName = 64
	if name == "" || len(name) > longestName {
		return "", false
	}
	best := len(name)/3 + 1
	wanted := strings.ToLower(strings.ReplaceAll(name, " ", "_"))
	for _, candidate := range ZoneNames() {
		lower := strings.ToLower(candidate)
		distance := editDistance(wanted, lower)
		if _, city, found := strings.Cut(lower, "/"); found && !strings.Contains(wanted, "/") {
			distance = min(distance, editDistance(wanted, city))
		}
		if distance < best {
			best, nearest, ok = distance, candidate, true
		}
	}
	return nearest, ok
}

// editDistance counts the bytes to insert, delete or replace on the way from a to b (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

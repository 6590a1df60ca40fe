package calendar

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// zoneinfo is the compiled database, which is in the public domain. `make zones` replaces it.
//
//go:embed zoneinfo.zip
var zoneinfo []byte

// Zones is time zone data: a release of the IANA database, or one that took over from another at an instant (After). It is
// immutable and safe for concurrent use; a nil *Zones is the embedded data.
type Zones struct {
	archive []byte
	release string
	files   map[string]*zip.File // the allow-list: the names that the data has and nothing else
	hash    func() string
	loaded  sync.Map // name -> *Zone

	before *Zones // until at, nil for a release by itself
	at     Instant
}

// embedded is the data of this package.
var embedded = sync.OnceValue(func() *Zones {
	z, err := open(zoneinfo)
	if err != nil {
		panic("calendar: the embedded time zone data is damaged: " + err.Error())
	}
	return z
})

// Embedded is the data that this package carries.
func Embedded() *Zones { return embedded() }

// LoadZone returns the zone with an IANA name of the embedded data.
func LoadZone(name string) (*Zone, error) { return Embedded().Load(name) }

// ZoneNames returns the names of all zones of the embedded data in byte order.
func ZoneNames() []string { return Embedded().Names() }

// ReleaseFile is the entry that names the release, as zoneinfo directories have it on some systems.
const ReleaseFile = "+VERSION"

// magic is what a compiled zone begins with (RFC 9636).
const magic = "TZif"

// PackZones makes an archive of compiled zones, by name, that ReadZones reads. The same zones make the same archive.
func PackZones(release string, zones map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	all := maps.Clone(zones)
	all[ReleaseFile] = []byte(release)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write(all[name])
		}
		if err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// ReadZones reads an archive of compiled zones: one of PackZones, or the zoneinfo.zip of Go's distribution, which does not
// name its release. Every zone of it can be loaded.
func ReadZones(archive []byte) (*Zones, error) {
	z, err := open(archive)
	if err != nil {
		return nil, err
	}
	if len(z.files) == 0 {
		return nil, errors.New("the archive holds no compiled time zones")
	}
	for name, file := range z.files {
		content, err := contentOf(file)
		if err == nil {
			_, err = time.LoadLocationFromTZData(name, content)
		}
		if err != nil {
			return nil, fmt.Errorf("the time zone %s cannot be read: %w", name, err)
		}
	}
	return z, nil
}

func open(archive []byte) (*Zones, error) {
	list, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, err
	}
	z := &Zones{archive: archive, files: make(map[string]*zip.File, len(list.File))}
	z.hash = sync.OnceValue(z.sum)
	for _, file := range list.File {
		switch {
		case file.Name == ReleaseFile:
			release, err := contentOf(file)
			if err != nil {
				return nil, err
			}
			z.release = strings.TrimSpace(string(release))
		case !file.FileInfo().IsDir():
			z.files[file.Name] = file
		}
	}
	return z, nil
}

func contentOf(file *zip.File) ([]byte, error) {
	r, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// IsZone reports whether a file is a compiled zone under a name that is one.
func IsZone(name string, content []byte) bool {
	return strings.HasPrefix(string(content[:min(len(content), len(magic))]), magic) &&
		!strings.HasPrefix(name, "posix/") && !strings.HasPrefix(name, "right/") && name != "posixrules" && name != "localtime"
}

func (z *Zones) orEmbedded() *Zones {
	if z == nil {
		return Embedded()
	}
	return z
}

// Archive is what ReadZones makes the same data of.
func (z *Zones) Archive() []byte { return z.orEmbedded().archive }

// Hash tells data apart, however it is packed.
func (z *Zones) Hash() string { return z.orEmbedded().hash() }

func (z *Zones) sum() string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(z.files)) {
		content, err := contentOf(z.files[name])
		if err != nil {
			panic("calendar: the time zone " + name + " is damaged: " + err.Error())
		}
		_ = binary.Write(sum, binary.BigEndian, [2]uint32{uint32(len(name)), uint32(len(content))}) //nolint:gosec // files of some kilobytes
		sum.Write([]byte(name))
		sum.Write(content)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Release is what people call the data: the release of the IANA database, such as "2026a", or where it does not say so the first
// sixteen digits of its hash.
func (z *Zones) Release() string {
	if z = z.orEmbedded(); z.release == "" {
		return z.Hash()[:16]
	}
	return z.release
}

// Names returns the names of all zones in byte order.
func (z *Zones) Names() []string { return slices.Sorted(maps.Keys(z.orEmbedded().files)) }

// Load returns the zone with an IANA name, spelled exactly as in Names. One that the release does not have any more goes on as
// told before. The error for any other name suggests the nearest one, if one is near. Zones are read once and kept.
func (z *Zones) Load(name string) (*Zone, error) {
	z = z.orEmbedded()
	if found, ok := z.loaded.Load(name); ok {
		return found.(*Zone), nil
	}
	if name == UTC.name {
		return UTC, nil
	}
	switch {
	case z.files[name] != nil:
	case z.before != nil:
		return z.before.Load(name)
	default:
		return nil, z.unknown(name)
	}
	zone := z.read(name)
	if z.before != nil {
		if was, err := z.before.Load(name); err == nil {
			zone = splice(was, zone, z.at)
		}
	}
	found, _ := z.loaded.LoadOrStore(name, zone)
	return found.(*Zone), nil
}

// Known is Load for a name that was accepted before; nil for one that nobody knows.
func (z *Zones) Known(name string) *Zone {
	zone, _ := z.Load(name)
	return zone
}

// After is the data with what it was before until an instant: every zone is as before told until then, and from then on as this
// data tells.
func (z *Zones) After(before *Zones, at Instant) *Zones {
	z = z.orEmbedded()
	return &Zones{archive: z.archive, release: z.release, files: z.files, hash: z.hash, before: before.orEmbedded(), at: at}
}

// ZoneChange is how a zone of one release differs from that of another.
type ZoneChange struct {
	Zone string
	At   Instant // the first instant at which it does
	Gone bool    // it is not there any more
}

// String says it in a line: "Asia/Tokyo from 2027-03-01T00:00:00Z".
func (c ZoneChange) String() string {
	if c.Gone {
		return c.Zone + " is gone, and goes on as it was"
	}
	return c.Zone + " from " + c.At.String()
}

// Changes are the zones that differ from what they were in other data, at an instant or later, in byte order of their names.
func (z *Zones) Changes(before *Zones, from Instant) []ZoneChange {
	var list []ZoneChange
	z, before = z.orEmbedded(), before.orEmbedded()
	for _, name := range before.Names() {
		switch {
		case z.files[name] == nil:
			list = append(list, ZoneChange{name, from, true})
		case !bytes.Equal(z.Content(name), before.Content(name)):
			if at, differ := before.read(name).differs(z.read(name), from); differ {
				list = append(list, ZoneChange{Zone: name, At: at})
			}
		}
	}
	return list
}

// Content is a compiled zone, by a name of Names.
func (z *Zones) Content(name string) []byte {
	content, err := contentOf(z.orEmbedded().files[name])
	if err != nil {
		panic("calendar: the time zone " + name + " is damaged: " + err.Error())
	}
	return content
}

func (z *Zones) read(name string) *Zone {
	loc, err := time.LoadLocationFromTZData(name, z.Content(name))
	if err != nil {
		panic("calendar: the time zone " + name + " is damaged: " + err.Error())
	}
	return newZone(name, loc)
}

func (z *Zones) unknown(name string) error {
	if nearest, ok := z.nearest(name); ok {
		return fmt.Errorf("unknown time zone %q, did you mean %q?", name, nearest)
	}
	return fmt.Errorf("unknown time zone %q, want an IANA name such as Europe/Berlin", name)
}

// nearest finds the name with the fewest edits, if they change at most a third of it. A missing continent ("Berlin") costs
// nothing.
func (z *Zones) nearest(name string) (nearest string, ok bool) {
	const longestName = 64
	if name == "" || len(name) > longestName {
		return "", false
	}
	best := len(name)/3 + 1
	wanted := strings.ToLower(strings.ReplaceAll(name, " ", "_"))
	for _, candidate := range z.Names() {
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

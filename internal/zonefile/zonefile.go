// Package zonefile reads time zone data that is not embedded: what an operator brings, and what `make zones` embeds.
package zonefile

import (
	"archive/zip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// Read is the time zone data at a path: a directory of compiled zones such as /usr/share/zoneinfo, or a zip of one such as the
// lib/time/zoneinfo.zip of Go. Zones that it does not have are taken from the embedded data, so that no name that worked
// is unknown. For "" it is the embedded data.
func Read(path string) (*calendar.Zones, error) {
	if path == "" {
		return calendar.Embedded(), nil
	}
	release, zones, err := read(path)
	if err == nil && len(zones) == 0 {
		err = fmt.Errorf("%s holds no compiled time zones: name a directory such as /usr/share/zoneinfo, or a zoneinfo.zip", path)
	}
	if err != nil {
		return nil, err
	}
	embedded := calendar.Embedded()
	for _, name := range embedded.Names() {
		if zones[name] == nil {
			zones[name] = embedded.Content(name)
		}
	}
	archive, err := calendar.PackZones(release, zones)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	read, err := calendar.ReadZones(archive)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return read, nil
}

func read(path string) (release string, zones map[string][]byte, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", nil, err
	}
	files := os.DirFS(path)
	switch {
	case info.IsDir():
	case !info.Mode().IsRegular():
		return "", nil, fmt.Errorf("%s is neither a file nor a directory", path)
	default:
		archive, err := zip.OpenReader(path)
		if err != nil {
			return "", nil, fmt.Errorf("%s is no zip of compiled time zones: %w", path, err)
		}
		defer archive.Close()
		files = archive
	}
	zones = map[string][]byte{}
	err = fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := fs.Stat(files, name) // of what a link leads to
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			return nil
		}
		var content []byte
		if err == nil {
			content, err = fs.ReadFile(files, name)
		}
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, name, err)
		}
		if calendar.IsZone(name, content) {
			zones[name] = content
		}
		return err
	})
	return releaseOf(files), zones, err
}

// releaseOf is what the data says that it is; "" where it does not.
func releaseOf(files fs.FS) string {
	if text, err := fs.ReadFile(files, calendar.ReleaseFile); err == nil {
		return strings.TrimSpace(string(text))
	}
	if text, err := fs.ReadFile(files, "tzdata.zi"); err == nil {
		line, _, _ := strings.Cut(string(text), "\n")
		release, _ := strings.CutPrefix(line, "# version ")
		return strings.TrimSpace(release)
	}
	return ""
}

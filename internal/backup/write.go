package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"path"
	"time"

	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
)

// Format is the number of the layout of backups that this build writes, and the greatest that it reads.
const Format = 1

// Names in a backup.
const (
	manifestName = "manifest.json"
	settingsName = "settings.ndjson"
	journalName  = "journal"
)

// Manifest says what a backup has.
type Manifest struct {
	Format   int       `json:"format"`
	Laurel   string    `json:"laurel"` // the build that wrote it
	Data     int       `json:"data_format"`
	Made     time.Time `json:"made_at"`
	Programs []Program `json:"programs"`
	Files    []File    `json:"files"`
}

// Program is a program of a backup.
type Program struct {
	Program string `json:"program"`
	Events  uint64 `json:"events"` // that are in its journal: the seq of the last one
}

// File is a file of a backup.
type File struct {
	Name   string `json:"name"` // with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// setting is a line of the settings.
type setting struct {
	Key   string `json:"key"`
	Value []byte `json:"value"`
}

// Bytes is how large the backup is.
func (m *Manifest) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Bytes
	}
	return n
}

// Write writes a copy of a data directory as a stream, a tar archive whose last entry is the manifest.
func Write(to io.Writer, c *pebblestore.Copy, laurel string, now time.Time) (*Manifest, error) {
	w := &writer{tar: tar.NewWriter(to), m: Manifest{Format: Format, Laurel: laurel, Data: pebblestore.Format, Made: now.UTC().Truncate(time.Second)}}
	text, err := settingsText(c.Settings)
	if err == nil {
		err = w.file(settingsName, int64(len(text)), bytes.NewReader(text))
	}
	if err != nil {
		return nil, err
	}
	for _, p := range c.Programs {
		w.m.Programs = append(w.m.Programs, Program{p.Program, p.Last})
		for i := range p.Files {
			f := &p.Files[i]
			if err := w.file(path.Join(journalName, p.Directory, f.Name), f.Bytes, f.Reader()); err != nil {
				return nil, err
			}
		}
	}
	manifest, err := json.MarshalIndent(w.m, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := w.file(manifestName, int64(len(manifest)), bytes.NewReader(manifest)); err != nil {
		return nil, err
	}
	return &w.m, w.tar.Close()
}

type writer struct {
	tar *tar.Writer
	m   Manifest
}

func (w *writer) file(name string, size int64, from io.Reader) error {
	err := w.tar.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: w.m.Made, Typeflag: tar.TypeReg})
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(w.tar, sum), from, size); err != nil {
		return err
	}
	w.m.Files = append(w.m.Files, File{name, size, hex.EncodeToString(sum.Sum(nil))})
	return nil
}

// settingsText is the settings, a line each, less where this server's archive is: a backup has the files of both places in one.
func settingsText(rows []settings.Row) ([]byte, error) {
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	for _, r := range rows {
		if r.Key == pebblestore.ArchiveSetting {
			continue
		}
		if err := lines.Encode(setting{r.Key, r.Value}); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/laurel-engine/laurel/internal/store/segments"
)

// fileName are the names that files of a backup have.
var fileName = regexp.MustCompile(`^(settings\.ndjson|manifest\.json|journal/[a-z0-9_%-]+/[0-9-]+\.log)$`)

// Read writes what Write has written into a directory, which is made and must not be there yet, and compares it with its manifest. It is
// on the disk when Read returns; without the manifest, as where the stream ends too early, nothing is left.
func Read(from io.Reader, dir string) (m *Manifest, err error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o750); err != nil {
		return nil, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	r := tar.NewReader(from)
	var written []File
	for {
		head, err := r.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, errors.New("the backup is not whole: what the server sends has ended too early; its log says why")
		}
		if err != nil {
			return nil, err
		}
		if !fileName.MatchString(head.Name) {
			return nil, fmt.Errorf("%q is no file of a backup", head.Name)
		}
		f, err := writeFile(dir, head.Name, r)
		if err != nil {
			return nil, err
		}
		if head.Name == manifestName {
			break
		}
		written = append(written, f)
	}
	if m, err = readManifest(dir); err != nil {
		return nil, err
	}
	if !slices.Equal(m.Files, written) {
		return nil, errors.New("the backup does not fit its manifest: it was damaged on its way")
	}
	return m, syncDirectories(dir)
}

func writeFile(dir, name string, from io.Reader) (File, error) {
	target := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return File{}, err
	}
	f, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return File{}, err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), from)
	if err == nil {
		err = f.Sync()
	}
	return File{name, n, hex.EncodeToString(sum.Sum(nil))}, errors.Join(err, f.Close())
}

// syncDirectories makes the names of a backup durable.
func syncDirectories(dir string) error {
	return filepath.WalkDir(filepath.Dir(dir), func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case path != filepath.Dir(dir) && path != dir && !within(path, dir):
			return filepath.SkipDir
		}
		return segments.SyncDirectory(vfs.Default, path)
	})
}

func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

func readManifest(dir string) (*Manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is no backup of Laurel: it has no %s", dir, manifestName)
	}
	if err != nil {
		return nil, err
	}
	m := &Manifest{}
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("%s of %s cannot be read: %w", manifestName, dir, err)
	}
	if m.Format < 1 || m.Format > Format {
		return nil, fmt.Errorf("the backup %s has format %d, and this build reads up to %d: restore it with the build that wrote it, %s", dir, m.Format, Format,
			m.Laurel)
	}
	return m, nil
}

// Verify compares the files of a backup with its manifest. The error names the first that does not fit.
func Verify(dir string) (*Manifest, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	for _, want := range m.Files {
		if !fileName.MatchString(want.Name) {
			return nil, fmt.Errorf("the manifest of %s names %q, which is no file of a backup", dir, want.Name)
		}
		got, err := hashFile(dir, want.Name)
		if err != nil {
			return nil, err
		}
		if got != want {
			return nil, fmt.Errorf("%s is not what was backed up: its manifest has %d bytes of SHA-256 %s, the file %d of %s", filepath.Join(dir, want.Name),
				want.Bytes, want.SHA256, got.Bytes, got.SHA256)
		}
	}
	return m, nil
}

func hashFile(dir, name string) (File, error) {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return File{}, err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	return File{name, n, hex.EncodeToString(sum.Sum(nil))}, errors.Join(err, f.Close())
}

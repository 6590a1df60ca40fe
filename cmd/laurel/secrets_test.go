package main

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// holds reports whether any file below a directory has one of some texts.
func holds(t *testing.T, dir string, texts ...string) bool {
	t.Helper()
	found := false
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, text := range texts {
			found = found || bytes.Contains(content, []byte(text))
		}
		return err
	}))
	return found
}

// forms are how a secret may lie on a disk: a webhook's, or a private key in PEM.
func forms(t *testing.T, secret string) (list []string) {
	t.Helper()
	var raws [][]byte
	if block, _ := pem.Decode([]byte(secret)); block != nil {
		raws = [][]byte{block.Bytes, block.Bytes[len(block.Bytes)-32:]} // and the seed alone
	} else {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		require.NoError(t, err)
		raws = [][]byte{raw}
	}
	for _, raw := range raws {
		list = append(list, string(raw), base64.RawStdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw))
	}
	return list
}

// With a key file no file of the data directory, nor of a backup, has a secret: those of an earlier start in the clear are encrypted, and taken off
// the disk. Without the file nothing starts that needs one. A key is replaced by another one.
func TestSecretsAtRest(t *testing.T) {
	dir := t.TempDir()
	ruleset, data, key, next := write(t, dir, "ruleset.yaml", pingRuleset), filepath.Join(dir, "data"), filepath.Join(dir, "key"), filepath.Join(dir, "next")
	s := serveBinary(t, ruleset, "--data", data)
	app := s.key
	var hook struct{ Secret string }
	require.Equal(t, 201, s.do("POST", "/v1/admin/webhooks", `{"url":"https://shop.example/hook"}`, &hook))
	var signs struct {
		Private string `json:"private_key"`
	}
	require.Equal(t, 201, s.do("POST", "/v1/admin/token-keys", "", &signs))
	s.interrupt()
	require.True(t, holds(t, data, forms(t, hook.Secret)...), "in the clear the test would find it")
	require.True(t, holds(t, data, forms(t, signs.Private)...))

	_, stderr, exit := laurel(t, "secrets", "new-key", key)
	require.Equal(t, exitDone, exit, stderr)
	s = serveBinary(t, ruleset, "--data", data, "--key-file", key)
	s.key = app
	require.Equal(t, 1, s.webhooks())
	var later struct{ Secret string }
	require.Equal(t, 201, s.do("POST", "/v1/admin/webhooks", `{"url":"https://shop.example/other"}`, &later))
	s.interrupt()
	require.Contains(t, s.log(), "secrets that were not encrypted")
	all := append(append(forms(t, hook.Secret), forms(t, signs.Private)...), forms(t, later.Secret)...)
	require.False(t, holds(t, data, all...))
	backup := filepath.Join(dir, "backup")
	_, stderr, exit = laurel(t, "backup", backup, "--data", data)
	require.Equal(t, exitDone, exit, stderr)
	require.False(t, holds(t, backup, all...))

	_, stderr, exit = laurel(t, "serve", ruleset, "--data", data)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "name the key file")
	require.NoError(t, os.Chmod(key, 0o644))
	_, stderr, exit = laurel(t, "serve", ruleset, "--data", data, "--key-file", key)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "chmod 600")
	require.NoError(t, os.Chmod(key, 0o600))

	_, stderr, exit = laurel(t, "secrets", "new-key", next)
	require.Equal(t, exitDone, exit, stderr)
	for range 2 { // the second time there is nothing to do
		_, stderr, exit = laurel(t, "secrets", "rotate", next, "--data", data, "--key-file", key)
		require.Equal(t, exitDone, exit, stderr)
	}
	_, stderr, exit = laurel(t, "serve", ruleset, "--data", data, "--key-file", key)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "name the key file")
	s = serveBinary(t, ruleset, "--data", data, "--key-file", next)
	s.key = app
	require.Equal(t, 2, s.webhooks())
	s.interrupt()
	require.False(t, holds(t, data, all...))

	restored := filepath.Join(dir, "restored")
	_, stderr, exit = laurel(t, "restore", backup, "--data", restored, "--erasures", "none", "--key-file", key)
	require.Equal(t, exitDone, exit, stderr)
	s = serveBinary(t, ruleset, "--data", restored, "--key-file", key)
	s.key = app
	require.Equal(t, 2, s.webhooks())
	s.interrupt()
}

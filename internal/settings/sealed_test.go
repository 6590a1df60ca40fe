package settings_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/settings/settingstest"
)

func newKey(t *testing.T, fill byte) *settings.Key {
	k, err := settings.NewKey(bytes.Repeat([]byte{fill}, settings.KeyBytes))
	require.NoError(t, err)
	return k
}

func TestSealedIsAStore(t *testing.T) {
	settingstest.Run(t, func(t *testing.T) (a, b settings.Store) {
		m := &settings.Memory{}
		return settings.NewSealed(m, newKey(t, 1)), settings.NewSealed(m, newKey(t, 1))
	})
}

func TestSecretsAreEncrypted(t *testing.T) {
	m := &settings.Memory{}
	plain, one, two := settings.NewSealed(m, nil), settings.NewSealed(m, newKey(t, 1)), settings.NewSealed(m, newKey(t, 2))
	raw := func(key string) string {
		r, err := m.Get(key)
		require.NoError(t, err)
		return string(r.Value)
	}
	read := func(s settings.Store, key string) string {
		r, err := s.Get(key)
		require.NoError(t, err)
		return string(r.Value)
	}
	require.NoError(t, settings.Put(plain, "webhooks/old", []byte("whsec_old")))
	require.NoError(t, settings.Put(one, "webhooks/new", []byte("whsec_new")))
	require.NoError(t, settings.Put(one, "secret/empty", []byte{}))
	require.NoError(t, settings.Put(one, "versions/shop/1", []byte("a ruleset")))
	require.Equal(t, "whsec_old", raw("webhooks/old"))
	require.NotContains(t, raw("webhooks/new"), "whsec_new")
	require.Equal(t, "a ruleset", raw("versions/shop/1"), "what is no secret stays readable")
	require.Equal(t, "whsec_old", read(one, "webhooks/old"), "rows of before are read")
	require.Equal(t, "whsec_new", read(one, "webhooks/new"))
	require.Empty(t, read(one, "secret/empty"))

	n, err := one.Seal()
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NotContains(t, raw("webhooks/old"), "whsec_old")
	n, err = one.Seal()
	require.NoError(t, err)
	require.Zero(t, n)

	for _, s := range []*settings.Sealed{plain, two} {
		_, err = s.Get("webhooks/new")
		require.ErrorIs(t, err, settings.ErrSealed)
		_, _, err = s.List("webhooks/")
		require.ErrorIs(t, err, settings.ErrSealed)
		_, err = s.Seal()
		require.ErrorIs(t, err, settings.ErrSealed)
		_, _, err = s.List("versions/")
		require.NoError(t, err, "others are read")
	}

	// Nobody puts a row in another one's place.
	r, err := m.Get("webhooks/new")
	require.NoError(t, err)
	require.NoError(t, settings.Put(m, "webhooks/other", r.Value))
	_, err = one.Get("webhooks/other")
	require.ErrorContains(t, err, "damaged, or is that of another key")
	require.NoError(t, settings.Delete(m, "webhooks/other"))

	rotated := settings.NewSealed(m, newKey(t, 2).After(newKey(t, 1)))
	n, err = rotated.Seal()
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, "whsec_old", read(two, "webhooks/old"))
	_, err = one.Get("webhooks/old")
	require.ErrorIs(t, err, settings.ErrSealed)
}

func TestKeyFiles(t *testing.T) {
	name := filepath.Join(t.TempDir(), "key")
	none, err := settings.ReadKey("")
	require.NoError(t, err)
	require.Nil(t, none)
	require.NoError(t, settings.WriteKey(name))
	info, err := os.Stat(name)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	require.ErrorContains(t, settings.WriteKey(name), "is there already")
	_, err = settings.ReadKey(name)
	require.NoError(t, err)
	for mode, fits := range map[os.FileMode]bool{0o400: true, 0o640: true, 0o644: false, 0o660: false, 0o604: false} {
		require.NoError(t, os.Chmod(name, mode))
		_, err = settings.ReadKey(name)
		require.Equal(t, fits, err == nil, "%04o: %v", mode, err)
	}
	require.NoError(t, os.WriteFile(name+"2", []byte("short"), 0o600))
	_, err = settings.ReadKey(name + "2")
	require.ErrorContains(t, err, "a key is 32 random bytes")
	_, err = settings.ReadKey(filepath.Dir(name))
	require.ErrorContains(t, err, "is no file")
}

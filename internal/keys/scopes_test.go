package keys_test

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
)

// A key that an older build has made goes on doing what it could, and no more; one that is made now has the scopes that it says.
// The rows are as those builds have written them, in data directories of theirs.
func TestKeysOfOlderBuilds(t *testing.T) {
	zips, err := filepath.Glob("../../testdata/directories/*.zip")
	require.NoError(t, err)
	require.NotEmpty(t, zips)
	for _, file := range zips {
		t.Run(filepath.Base(file), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			unzip(t, file, dir)
			db, err := pebblestore.Open(dir, pebblestore.Options{Existing: true})
			require.NoError(t, err)
			for id, scopes := range map[string]string{"aaaaaaaa": `"events:write","members:write"`, "bbbbbbbb": `"admin"`, "cccccccc": `"rewards:*"`} {
				require.NoError(t, settings.Put(db.Settings(), "keys/"+id, []byte(`{"id":"`+id+`","program":"cafe","name":"old `+id[:1]+`","live":true,"scopes":[`+
					scopes+`],"created_at":"2026-03-01T10:00:00Z","sha256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`)))
			}
			for range 2 { // as read, and as written by this build
				ring, err := keys.NewRing(db.Settings(), time.Now)
				require.NoError(t, err)
				list := ring.List("cafe")
				require.Len(t, list, 3)
				require.Equal(t, []keys.Scope{keys.EventsReverse, keys.EventsWrite, keys.MembersErase, keys.MembersWrite}, list[0].Scopes)
				require.Equal(t, []keys.Scope{keys.Admin, keys.AuditRead, keys.RulesetsActivate, keys.RulesetsPlan, keys.RulesetsRead, keys.WebhooksWrite},
					list[1].Scopes)
				require.Equal(t, []keys.Scope{keys.RewardsClaim, keys.RewardsRead, keys.RewardsUse, keys.RewardsWrite}, list[2].Scopes)
				for _, k := range list {
					_, err := ring.Revoke("cafe", k.ID)
					require.NoError(t, err)
				}
			}
			require.NoError(t, settings.Put(db.Settings(), "keys/dddddddd",
				[]byte(`{"id":"dddddddd","scopes":[],"sha256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","layout":3}`)))
			_, err = keys.NewRing(db.Settings(), time.Now)
			require.ErrorContains(t, err, "layout 3")
			require.NoError(t, db.Close())
		})
	}
}

func unzip(t *testing.T, file, dir string) {
	z, err := zip.OpenReader(file)
	require.NoError(t, err)
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		b, err := io.ReadAll(r)
		require.NoError(t, err)
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, b, 0o600))
	}
}

func TestRoles(t *testing.T) {
	b := newBench(t)
	for _, role := range keys.Roles() {
		require.NotEmpty(t, role.For)
		for _, s := range role.Scopes {
			require.True(t, s.Valid(), s)
			require.Contains(t, s.Roles(), role.Name)
		}
		q := keys.Request{Program: "acme", Name: role.Name, Role: role.Name}
		if role.Name == keys.Partner {
			q.Partner = "bakery"
		}
		k, _, err := b.Create(q)
		require.NoError(t, err)
		require.Equal(t, role.Name, k.Role)
		require.ElementsMatch(t, role.Scopes, k.Scopes)
	}
	for _, s := range keys.Scopes() {
		require.Contains(t, s.Roles(), keys.Operator)
	}
	k, _, err := b.Create(keys.Request{Program: "acme", Name: "exact", Scopes: []keys.Scope{keys.EventsWrite}})
	require.NoError(t, err)
	require.False(t, k.Allows(keys.EventsReverse), "a scope includes no other one")
}

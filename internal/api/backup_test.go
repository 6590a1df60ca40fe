package api_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/keys"
)

// A backup is for a key of the server, and is sent as it is written.
func TestABackupIsSent(t *testing.T) {
	w := newWorld(t, func(o *api.Options) {
		o.Administration = administration{}
		o.Backup = func(to io.Writer) error {
			for range 3 {
				if _, err := to.Write([]byte("part ")); err != nil {
					return err
				}
			}
			return nil
		}
	})
	_, secret := w.key(keys.Request{Name: "server", Scopes: []keys.Scope{keys.Admin}})
	a := w.get("/v1/admin/backup", as(secret)...).ok()
	require.Equal(t, "part part part ", string(a.body))
	require.Equal(t, "application/x-tar", a.header.Get("Content-Type"))
	require.Contains(t, w.log.String(), "a backup was written")
	w.get("/v1/admin/backup").problem(403, "scope_missing")
}

// administration is that of a server without programs that come and go.
type administration struct{ api.Administration }

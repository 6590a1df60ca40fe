package assembly

import (
	"errors"

	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/settings"
)

// Forget deletes what the settings have of a program by itself: its versions, its secret, what is planned, its clock, its audit log. Keys, webhooks and tokens'
// keys belong to those who keep them.
func Forget(s settings.Store, id string) error {
	if err := program.Forget(s, id); err != nil {
		return err
	}
	var errs []error
	for _, key := range []string{filesKey(id), "planned/" + id, "sandbox/" + id} {
		errs = append(errs, settings.Delete(s, key))
	}
	return errors.Join(append(errs, audit.Forget(s, id))...)
}

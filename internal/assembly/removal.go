package assembly

import (
	"errors"

	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/settings"
)

// Forget deletes what the settings have of a program by itself: its versions, its secret, its clock, its audit log. Keys, webhooks, tokens'
// keys and what is planned belong to those who keep them.
func Forget(s settings.Store, id string) error {
	if err := program.Forget(s, id); err != nil {
		return err
	}
	return errors.Join(settings.Delete(s, filesKey(id)), clock.Forget(s, id), audit.Forget(s, id))
}

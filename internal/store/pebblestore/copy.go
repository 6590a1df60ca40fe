package pebblestore

import (
	"errors"

	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/store/segments"
)

// Copy is a data directory as it was at one moment, without the state, which follows from the journals.
type Copy struct {
	Settings []settings.Row
	Programs []ProgramCopy
}

// ProgramCopy is the journal of a program.
type ProgramCopy struct {
	Program   string
	Directory string // the name of the journal's directory
	*segments.Copy
}

// Copy holds the directory as it is, for backups; it is to be closed. Events go on meanwhile. What the settings say is of no later moment than
// the journals: every event that these have was decided by versions that those have, and no mark in them is beyond the journal.
func (db *DB) Copy() (c *Copy, err error) {
	ids, err := db.Programs()
	if err != nil {
		return nil, err
	}
	for _, id := range ids { // those that nobody serves too
		if _, err := db.Program(id); err != nil {
			return nil, err
		}
	}
	c = &Copy{}
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	kept := db.kept
	kept.mu.RLock() // nothing is set meanwhile
	defer kept.mu.RUnlock()
	if c.Settings, err = kept.list(""); err != nil {
		return c, err
	}
	for _, id := range ids {
		s, err := db.Program(id)
		if err != nil {
			return c, err
		}
		journal, err := s.journal.Copy()
		if err != nil {
			return c, errors.Join(errors.New("the journal of program "+id+" cannot be copied"), err)
		}
		c.Programs = append(c.Programs, ProgramCopy{id, directoryOf(id), journal})
	}
	return c, nil
}

// Close lets go of what is held.
func (c *Copy) Close() {
	for _, p := range c.Programs {
		p.Close()
	}
}

// ArchiveSetting is the setting that says where full segments lie; a copy has them all in one place.
const ArchiveSetting = archiveSetting

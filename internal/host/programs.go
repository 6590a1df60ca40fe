package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/rulesets"
)

// keptPrefix is what the keys of all rows here start with.
const keptPrefix = "programs/"

// kept is what is kept of a program that was created, paused or removed while the server ran.
type kept struct {
	// State is ProgramRunning, ProgramPaused or ProgramRemoving.
	State api.ProgramState `json:"state"`
	// Created is set where the server serves it without a file that says so.
	Created bool `json:"created,omitempty"`
	Sandbox bool `json:"sandbox,omitempty"`
	// About the last change.
	program.About
}

// kept is nil for a program of which nothing is.
func (h *Host) kept(id string) (*kept, error) {
	row, err := h.Parts.Settings.Get(keptPrefix + id)
	if errors.Is(err, settings.ErrAbsent) {
		return nil, nil //nolint:nilnil // most programs have no such row
	}
	if err != nil {
		return nil, err
	}
	k := &kept{}
	if err := json.Unmarshal(row.Value, k); err != nil {
		return nil, fmt.Errorf("the setting %s is damaged: %w", row.Key, err)
	}
	return k, nil
}

func (h *Host) keep(id string, k *kept) error {
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	recorded := k.Act.Recording(h.Parts.Settings, keptPrefix, func() *audit.What {
		return audit.Change("program", id, nil, map[string]any{"state": k.State, "sandbox": k.Sandbox})
	})
	return settings.Put(recorded, keptPrefix+id, b)
}

// Created are the programs that were created while a server ran, as they were last in force, but for those that files say. What was being
// removed when a process ended is removed now.
func (h *Host) Created(ctx context.Context, files []*rulesets.Program) (list []*rulesets.Program, err error) {
	rows, _, err := h.Parts.Settings.List(keptPrefix)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		id := strings.TrimPrefix(row.Key, keptPrefix)
		k, err := h.kept(id)
		if err != nil {
			return nil, err
		}
		if k.State == api.ProgramRemoving {
			if err := h.erase(ctx, id); err != nil {
				return nil, fmt.Errorf("program %s cannot be removed: %w", id, err)
			}
			continue
		}
		if !k.Created || slices.ContainsFunc(files, func(l *rulesets.Program) bool { return l.Ruleset.Program == id }) {
			continue
		}
		last, err := program.LastKept(h.Parts.Settings, id)
		if err != nil {
			return nil, err
		}
		if last == nil { // the process ended while it was being created
			if err := settings.Delete(h.Parts.Settings, row.Key); err != nil {
				return nil, err
			}
			continue
		}
		l, err := assembly.Compile(program.Text{Files: last.Text.Files, Zones: h.Parts.Zones})
		if err != nil {
			return nil, fmt.Errorf("program %s: %w", id, err)
		}
		list = append(list, l)
	}
	return list, nil
}

// Programs implements api.Administration.
func (h *Host) Programs() ([]api.ProgramStatus, error) {
	ids, err := program.Known(h.Parts.Settings)
	if err != nil {
		return nil, err
	}
	ids = append(ids, h.Locals()...)
	slices.Sort(ids)
	var list []api.ProgramStatus
	for _, id := range slices.Compact(ids) {
		s, err := h.About(id)
		if err != nil {
			return nil, err
		}
		list = append(list, *s)
	}
	return list, nil
}

// About implements api.Administration.
func (h *Host) About(id string) (*api.ProgramStatus, error) {
	known, err := program.Known(h.Parts.Settings)
	if err != nil {
		return nil, err
	}
	k, err := h.kept(id)
	if err != nil {
		return nil, err
	}
	r := h.at(id)
	if r == nil && k == nil && !slices.Contains(known, id) {
		return nil, api.ErrNoProgram
	}
	s := &api.ProgramStatus{Program: id, State: api.ProgramNotServed}
	if k != nil {
		s.By, s.Note = k.By, k.Note
	}
	switch {
	case k != nil && k.State == api.ProgramRemoving:
		s.State = api.ProgramRemoving
	case r == nil:
	case r.Stopped() != nil:
		s.State = api.ProgramStopped
	case r.Program.Resting():
		s.State = api.ProgramPaused
	default:
		s.State = api.ProgramRunning
	}
	if r != nil && r.Program != nil {
		versions, _ := r.Program.Rulesets()
		s.Version, s.Durable, s.Sandbox = versions[len(versions)-1].Number, r.Program.Durable(), r.sandbox != nil
	}
	return s, nil
}

// Create implements api.Administration.
func (h *Host) Create(q api.NewProgram) (*api.ProgramStatus, error) {
	l, results, err := h.Activations.New(q.Files, h.Parts.Machine.Now())
	if err != nil {
		return nil, err
	}
	if results != nil && !results.OK {
		return nil, &api.TestsFailedError{Results: results}
	}
	id := l.Ruleset.Program
	h.administering.Lock()
	defer h.administering.Unlock()
	if _, err := h.About(id); !errors.Is(err, api.ErrNoProgram) {
		if err == nil {
			err = api.ErrProgramExists
		}
		return nil, err
	}
	if err := h.keep(id, &kept{State: api.ProgramRunning, Created: true, Sandbox: q.Sandbox, About: q.About}); err != nil {
		return nil, err
	}
	if err := h.Add(l); err != nil {
		return nil, errors.Join(err, settings.Delete(h.Parts.Settings, keptPrefix+id))
	}
	h.Log.Info("a program was created", "program", id, "sandbox", q.Sandbox, "by", q.By)
	return h.About(id)
}

// Pause implements api.Administration.
func (h *Host) Pause(id string, pause bool, about program.About) (*api.ProgramStatus, error) {
	h.administering.Lock()
	defer h.administering.Unlock()
	if _, err := h.About(id); err != nil {
		return nil, err
	}
	k, err := h.kept(id)
	if err != nil {
		return nil, err
	}
	if k == nil {
		k = &kept{}
	}
	if k.State == api.ProgramRemoving {
		return nil, api.ErrNoProgram
	}
	if k.State, k.About = api.ProgramRunning, about; pause {
		k.State = api.ProgramPaused
	}
	if err := h.keep(id, k); err != nil {
		return nil, err
	}
	if r := h.at(id); r != nil && r.Program != nil && r.Program.Resting() != pause {
		r.Program.Rest(pause)
		h.Log.Warn(map[bool]string{true: "a program was paused", false: "a program was resumed"}[pause], "program", id, "by", about.By, "note", about.Note)
	}
	return h.About(id)
}

// Discard implements api.Administration.
func (h *Host) Discard(ctx context.Context, id string, about program.About) error {
	h.administering.Lock()
	defer h.administering.Unlock()
	if _, err := h.About(id); err != nil {
		return err
	}
	k, err := h.kept(id)
	if err != nil {
		return err
	}
	if local := h.at(id) != nil; local && (k == nil || !k.Created) {
		return api.ErrProgramOfFiles
	}
	if k == nil {
		k = &kept{}
	}
	k.State, k.About = api.ProgramRemoving, about
	if err := h.keep(id, k); err != nil {
		return err
	}
	h.Log.Warn("a program is removed", "program", id, "by", about.By, "note", about.Note)
	return h.erase(ctx, id)
}

// erase takes everything of a program away. It may be called again after a crash in the middle.
func (h *Host) erase(ctx context.Context, id string) error {
	var boards error
	if r := h.at(id); r != nil && r.Program != nil {
		h.Runner.Remove(id) // nothing writes to its boards any more
		boards = r.Program.ResetBoards(ctx)
	}
	if boards != nil {
		h.Log.Warn("rankings of a program that is removed stay on Redis", "program", id, "error", boards)
	}
	if err := h.Remove(id); err != nil {
		return err
	}
	for _, b := range h.Belongings {
		if err := b.Forget(id); err != nil {
			return err
		}
	}
	if err := h.Activations.Forget(id); err != nil {
		return err
	}
	if err := assembly.Forget(h.Parts.Settings, id); err != nil {
		return err
	}
	if err := h.Parts.Drop(ctx, id); err != nil {
		return err
	}
	return settings.Delete(h.Parts.Settings, keptPrefix+id)
}

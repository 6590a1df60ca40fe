package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/rulesets/suite"
)

// ProgramState is what a program of the server does.
type ProgramState string

// The states of programs.
const (
	ProgramRunning   ProgramState = "running"
	ProgramPaused    ProgramState = "paused"     // it accepts nothing, and is read
	ProgramStopped   ProgramState = "stopped"    // it has stopped by itself
	ProgramNotServed ProgramState = "not_served" // its data is there
	ProgramRemoving  ProgramState = "removing"
	programRemoved   ProgramState = "removed" // there is nothing of it any more
)

// ProgramStatus is a program of the server, as those who run the server see it.
type ProgramStatus struct {
	Program string       `json:"program"`
	State   ProgramState `json:"state"`
	Sandbox bool         `json:"sandbox"`
	Version int          `json:"version,omitempty"` // of the ruleset
	Durable uint64       `json:"durable_seq"`
	// About the last time that it was created, paused or resumed while the server ran.
	program.About
}

// NewProgram is one that is to be created.
type NewProgram struct {
	Files   map[string]string
	Sandbox bool
	program.About
}

// Administration creates, pauses and removes programs while the server runs. Its errors are those below, or of package activation.
type Administration interface {
	// Programs are all of the server, by their ids.
	Programs() ([]ProgramStatus, error)
	About(id string) (*ProgramStatus, error)
	Create(NewProgram) (*ProgramStatus, error)
	// Pause lets a program accept nothing, or accept again.
	Pause(id string, pause bool, about program.About) (*ProgramStatus, error)
	// Discard ends a program and deletes all that is kept of it.
	Discard(ctx context.Context, id string, about program.About) error
}

// Errors of an Administration.
var (
	ErrNoProgram      = errors.New("there is no such program")
	ErrProgramExists  = errors.New("there is a program of this id")
	ErrProgramOfFiles = errors.New("the program is served from a file: stop serving it first")
)

// TestsFailedError refuses a ruleset whose tests fail.
type TestsFailedError struct{ Results *suite.Results }

func (e *TestsFailedError) Error() string { return "tests of the ruleset fail" }

// ofServer is what routes about the server's programs need in the place of a scope: a key of no program.
const ofServer keys.Scope = "a key of the server"

// serverRoutes are for those who run the server.
var serverRoutes = []route{
	{post, "/v1/admin/programs", ofServer, MaxBatch, nil, createProgram},
	{get, "/v1/admin/programs", ofServer, 0, params("cursor", "limit"), listPrograms},
	{get, "/v1/admin/programs/:program", ofServer, 0, nil, showOneProgram},
	{del, "/v1/admin/programs/:program", ofServer, 0, params("confirm"), removeProgram},
	{post, "/v1/admin/programs/:program/pause", ofServer, MaxEvent, nil, pauseProgram},
	{post, "/v1/admin/programs/:program/resume", ofServer, MaxEvent, nil, resumeProgram},
	{post, "/v1/admin/programs/:program/keys", ofServer, MaxEvent, nil, createKeyOfProgram},
	{get, "/v1/admin/backup", ofServer, 0, nil, sendBackup},
}

func (s *Server) mountServer() {
	if s.administration == nil {
		return
	}
	for i := range serverRoutes {
		s.add(&serverRoutes[i])
	}
}

// admitServer lets a request in that is about the server's programs, or about its keys.
func (s *Server) admitServer(c call) (call, error) {
	switch {
	case c.route.scope != ofServer && !strings.HasPrefix(c.route.path, "/v1/admin/keys") && c.route.path != "/v1/admin/audit":
		return call{}, refuse("scope_missing", "this is a key of the server, which is for /v1/admin/programs, keys and audit; this call needs a key of a program")
	case c.key.Program != "" || !c.key.Allows(keys.Admin):
		return call{}, refuse("scope_missing", "this call needs a key of the server with the scope "+string(keys.Admin)+": the first start left one in the file "+
			"server-key of the data directory")
	}
	return c, nil
}

// newProgram is the answer to the creation of a program.
type newProgram struct {
	ProgramStatus
	Key created `json:"key"`
}

// createProgram makes a program of a ruleset, and its first key.
func createProgram(c call) error {
	d, err := c.draft("files", "sandbox", "note")
	if err != nil {
		return err
	}
	about, err := c.about(d.note)
	if err != nil {
		return err
	}
	made, err := c.server.administration.Create(NewProgram{d.files, d.sandbox, about})
	if err != nil {
		return administering(err)
	}
	about.Act.Program, about.Act.Action = made.Program, "key.create"
	k, secret, err := c.server.keys.By(about.Act).Create(keys.Request{Program: made.Program, Name: "first", Role: keys.Operator, Live: !made.Sandbox})
	if err != nil {
		return err
	}
	return c.write(http.StatusCreated, newProgram{*made, created{Key: k, Secret: secret}})
}

func listPrograms(c call) error {
	list, err := c.server.administration.Programs()
	if err != nil {
		return err
	}
	return listed(c, list)
}

func showOneProgram(c call) error {
	id, err := c.id("program")
	if err != nil {
		return err
	}
	s, err := c.server.administration.About(id)
	if err != nil {
		return administering(err)
	}
	return c.show(s)
}

// pauseProgram lets a program accept nothing until it is resumed, resumeProgram lets it accept again.
func pauseProgram(c call) error  { return c.rest(true) }
func resumeProgram(c call) error { return c.rest(false) }

func (c call) rest(pause bool) error {
	id, err := c.id("program")
	if err != nil {
		return err
	}
	d, err := c.draft("reason")
	if err != nil {
		return err
	}
	about, err := c.about(d.note)
	if err != nil {
		return err
	}
	s, err := c.server.administration.Pause(id, pause, about)
	if err != nil {
		return administering(err)
	}
	return c.write(http.StatusOK, s)
}

// removeProgram deletes a program with all that is kept of it. The id is to be given twice.
func removeProgram(c call) error {
	id, err := c.id("program")
	if err != nil {
		return err
	}
	about, err := c.about("")
	if err != nil {
		return err
	}
	if c.http.Query("confirm") != id {
		return wrongParameter("query.confirm", "everything of the program is deleted, for good: say so by its id", "confirm="+id)
	}
	if err := c.server.administration.Discard(c.http.UserContext(), id, about); err != nil {
		return administering(err)
	}
	c.server.forget(id)
	return c.write(http.StatusOK, ProgramStatus{Program: id, State: programRemoved, About: about})
}

// createKeyOfProgram makes a key of a program for those who have lost theirs.
func createKeyOfProgram(c call) error {
	id, err := c.id("program")
	if err != nil {
		return err
	}
	if _, err := c.server.administration.About(id); err != nil {
		return administering(err)
	}
	owner := *c.key
	owner.Program = id
	c.key = &owner
	return createKey(c)
}

// administering makes a problem of why a program cannot be created, paused or removed.
func administering(err error) error {
	var failed *TestsFailedError
	switch {
	case errors.As(err, &failed):
		return testsFailed(failed.Results)
	case errors.Is(err, ErrNoProgram):
		return notFound("program")
	case errors.Is(err, ErrProgramExists):
		return refuse("program_exists", "there is a program of this id: laurel apply puts another ruleset into force")
	case errors.Is(err, ErrProgramOfFiles):
		return refuse("program_of_files", "the program is served from a file: take that off the server's command line and start it again, then remove the program")
	}
	return changing(err)
}

// testsFailed refuses a ruleset by what its tests came to.
func testsFailed(results *suite.Results) *problem {
	p := refuse("tests_failed", "tests of the ruleset fail, so nothing was activated")
	for _, f := range results.Files {
		p.errors = append(p.errors, diagnosed(f.Diagnostics)...)
		for _, t := range f.Failed {
			p.errors = append(p.errors, event.FieldError{Location: f.File + ":" + strconv.Itoa(t.Line), Code: "test_failed", Message: t.Test})
		}
	}
	return p
}

// forget lets go of what is kept in memory for the keys of a program.
func (s *Server) forget(id string) {
	s.clients.Range(func(k, _ any) bool {
		if k.(*keys.Key).Program == id {
			s.clients.Delete(k)
		}
		return true
	})
	s.members.byProgram.Delete(id)
}

package description

import (
	"embed"
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"
)

//go:embed api.yaml sections/*.yaml
var files embed.FS

// about is api.yaml: what is said of the API as a whole.
type about struct {
	Title    string
	About    string
	Sections []string
	Scopes   named[string]
	Path     map[string]string
	Examples map[string]string
	Query    map[string]string
	Headers  map[string]string
	Problems map[string][]string
}

// section is a file of sections/.
type section struct {
	Section  string
	About    string
	Routes   named[operation]
	Schemas  named[yaml.Node]
	Messages named[string] // what the fields of messages of webhooks mean
	Types    named[string] // what their types are
	file     string
}

// operation is what is written of a route.
type operation struct {
	ID       string
	As       string // the route that does the same
	Summary  string
	About    string
	Query    map[string]string
	Needs    map[string]string // parameters of the query that have to be there, with examples
	Headers  named[string]
	Key      string
	Body     yaml.Node
	Answers  named[yaml.Node]
	Problems []string
	Example  yaml.Node
	Untagged bool

	section string
	file    string
}

// texts are all files.
type texts struct {
	about
	sections []section
}

func read() (*texts, error) {
	t := &texts{}
	if err := load("api.yaml", &t.about); err != nil {
		return nil, err
	}
	var errs []error
	for _, name := range t.Sections {
		s := section{file: "sections/" + name + ".yaml"}
		if err := load(s.file, &s); err != nil {
			errs = append(errs, err)
		}
		for i := range s.Routes {
			s.Routes[i].of.section, s.Routes[i].of.file = s.Section, s.file
		}
		t.sections = append(t.sections, s)
	}
	list, err := files.ReadDir("sections")
	for _, f := range list {
		name := f.Name()[:len(f.Name())-len(".yaml")]
		if !slices.Contains(t.Sections, name) {
			errs = append(errs, fmt.Errorf("sections/%s is not among the sections of api.yaml: add %s there", f.Name(), name))
		}
	}
	return t, errors.Join(append(errs, err)...)
}

func load(file string, into any) error {
	text, err := files.ReadFile(file)
	if err != nil {
		return err
	}
	if err := yaml.Load(text, into, yaml.WithKnownFields()); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// operation finds what is written of a route.
func (t *texts) operation(route string) *operation {
	for i := range t.sections {
		for j := range t.sections[i].Routes {
			if e := &t.sections[i].Routes[j]; e.name == route {
				return &e.of
			}
		}
	}
	return nil
}

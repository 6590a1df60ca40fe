// Package configuration reads what a server is to do from three places: flags, the environment and a file. Each Setting has one name in all
// of them (--keep-free, LAUREL_KEEP_FREE, keep-free:), one way of being read, and one default; a flag is stronger than the environment, that
// than the file. Set knows the source of each value afterwards.
package configuration

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/laurel-engine/laurel/engine/spelling"
	"github.com/laurel-engine/laurel/rulesets/document"
)

// Setting is one value.
type Setting struct {
	Name    string
	Default string
	Usage   string

	// Value is what holds, as a text, and Source where it was said: "default", "--listen", "LAUREL_LISTEN" or "laurel.yaml:3".
	Value, Source string

	isSwitch, byHand bool
	take             func(text string) error
	given            *string // by the flag
}

// Variable is the name in the environment.
func (s *Setting) Variable() string {
	return "LAUREL_" + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
}

// ByHand reports whether the setting is a flag alone: what is meant for one start must not lie in a file.
func (s *Setting) ByHand() bool { return s.byHand }

// OnlyByHand makes it one.
func (s *Setting) OnlyByHand() *Setting {
	s.byHand = true
	return s
}

// Shown is the value without the password that an address may have.
func (s *Setting) Shown() string {
	if u, err := url.Parse(s.Value); err == nil && (u.User != nil || u.RawQuery != "") {
		if u.User != nil {
			u.User = url.User("hidden")
		}
		query, _, _ := strings.Cut(u.String(), "?") // settings of go-redis, of which one is a password too
		return query
	} else if err != nil && strings.Contains(s.Value, "@") {
		return "hidden" + s.Value[strings.LastIndex(s.Value, "@"):]
	}
	return s.Value
}

// Set is the settings of a command, in the order in which they are shown.
type Set struct {
	All []*Setting
	// File is the flag of the file, "" while there is none.
	File string
}

func (s *Set) add(one Setting) *Setting {
	s.All = append(s.All, &one)
	return &one
}

// Text is a setting that any text can be.
func (s *Set) Text(to *string, name, otherwise, usage string) *Setting {
	return s.add(Setting{Name: name, Default: otherwise, Usage: usage, take: func(text string) error {
		*to = text
		return nil
	}})
}

// Choice is a setting that is one of some words, or empty.
func (s *Set) Choice(to *string, name string, words []string, usage string) *Setting {
	return s.add(Setting{Name: name, Usage: usage, take: func(text string) error {
		if text != "" && !slices.Contains(words, text) {
			return errors.New("write " + strings.Join(words, " or "))
		}
		*to = text
		return nil
	}})
}

// List is a setting of several texts: with commas between, or a list in the file.
func (s *Set) List(to *[]string, name, usage string) *Setting {
	return s.add(Setting{Name: name, Usage: usage, take: func(text string) error {
		*to = nil
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				*to = append(*to, part)
			}
		}
		return nil
	}})
}

// Switch is a setting that is on or off.
func (s *Set) Switch(to *bool, name, usage string) *Setting {
	return s.add(Setting{Name: name, Default: "false", Usage: usage, isSwitch: true, take: func(text string) (err error) {
		if *to, err = strconv.ParseBool(text); err != nil {
			return errors.New("write true or false")
		}
		return nil
	}})
}

// Duration is a setting such as 10s or 1m30s.
func (s *Set) Duration(to *time.Duration, name string, otherwise time.Duration, usage string) *Setting {
	return s.add(Setting{Name: name, Default: otherwise.String(), Usage: usage, take: func(text string) (err error) {
		if *to, err = time.ParseDuration(text); err != nil || *to < 0 {
			return errors.New("write a time such as 10s or 1m30s")
		}
		return nil
	}})
}

// Count is a whole number, 0 or more.
func (s *Set) Count(to *int, name string, otherwise int, usage string) *Setting {
	return s.add(Setting{Name: name, Default: strconv.Itoa(otherwise), Usage: usage, take: func(text string) (err error) {
		if *to, err = strconv.Atoi(text); err != nil || *to < 0 {
			return errors.New("write a whole number such as 5000")
		}
		return nil
	}})
}

// Flags makes a flag of each setting, and --config.
func (s *Set) Flags(f *pflag.FlagSet) {
	f.StringVar(&s.File, "config", "", "file with settings, whose names are those of the flags (LAUREL_CONFIG)")
	for _, one := range s.All {
		usage := one.Usage
		if !one.byHand {
			usage += " (" + one.Variable() + ")"
		}
		flag := f.VarPF(&typed{one}, one.Name, "", usage)
		flag.DefValue = one.Default
		if one.isSwitch {
			flag.NoOptDefVal = "true"
		}
	}
}

// typed is a setting as pflag wants it. What it is given is looked at when all places are known.
type typed struct{ of *Setting }

// Set implements pflag.Value.
func (t *typed) Set(text string) error {
	t.of.given = &text
	return nil
}

// String implements pflag.Value.
func (t *typed) String() string { return t.of.Value }

// Type implements pflag.Value.
func (t *typed) Type() string {
	if t.of.isSwitch {
		return "bool"
	}
	return "string"
}

// Read takes the values: of the flags that were given, the environment, the file, and what holds otherwise. All that is wrong is one error.
func (s *Set) Read(environment func(string) string) error {
	file, err := s.read(environment)
	if err != nil {
		return err
	}
	var errs []error
	for _, one := range s.All {
		one.Value, one.Source = one.Default, "default"
		if said, there := file[one.Name]; there {
			one.Value, one.Source = said.text, said.place
		}
		if text := environment(one.Variable()); text != "" && !one.byHand {
			one.Value, one.Source = text, one.Variable()
		}
		if one.given != nil {
			one.Value, one.Source = *one.given, "--"+one.Name
		}
		if err := one.take(one.Value); err != nil {
			errs = append(errs, fmt.Errorf("%s is %q: %w", one.where(), one.Value, err))
		}
	}
	return errors.Join(errs...)
}

// where names a setting in an error, with its place.
func (s *Setting) where() string {
	if s.Source == s.Variable() || s.Source == "--"+s.Name {
		return s.Source
	}
	return s.Source + ": " + s.Name
}

// said is a value of the file.
type said struct{ text, place string }

// read reads the file, if one is named.
func (s *Set) read(environment func(string) string) (map[string]said, error) {
	if s.File == "" {
		s.File = environment("LAUREL_CONFIG")
	}
	if s.File == "" {
		return nil, nil
	}
	text, err := os.ReadFile(s.File)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	if strings.TrimSpace(string(text)) == "" {
		return nil, nil
	}
	var report document.Reporter
	values := map[string]said{}
	if root := document.Parse(s.File, text, &report); root != nil && root.Kind == document.Map {
		for _, p := range root.Pairs {
			if value, ok := s.scalar(p, &report); ok {
				values[p.Key.Text] = said{value, fmt.Sprintf("%s:%d", s.File, p.Value.Position().Line)}
			}
		}
	} else if root != nil {
		report.Node(root, "such as listen: 127.0.0.1:8080", "a configuration is a map of settings")
	}
	if report.List.HasErrors() {
		return nil, report.List.Sorted()
	}
	return values, nil
}

// scalar is the text of one setting of the file.
func (s *Set) scalar(p document.Pair, report *document.Reporter) (string, bool) {
	var names []string
	for _, one := range s.All {
		switch {
		case one.Name == p.Key.Text && one.byHand:
			report.Node(p.Key, "give --"+one.Name+" to the one start that it is for", "%s is a flag alone", one.Name)
			return "", false
		case one.Name == p.Key.Text && p.Value.Kind == document.Scalar:
			return p.Value.Text, true
		case one.Name == p.Key.Text && p.Value.Kind == document.List:
			var parts []string
			for _, item := range p.Value.Items {
				parts = append(parts, item.Text)
			}
			return strings.Join(parts, ","), true
		case one.Name == p.Key.Text:
			report.Node(p.Value, "such as "+one.Name+": "+one.Default, "%s is one value", one.Name)
			return "", false
		case !one.byHand:
			names = append(names, one.Name)
		}
	}
	suggestion := spelling.Suggest(p.Key.Text, names)
	if suggestion == "" {
		suggestion = "the settings are " + strings.Join(names, ", ")
	}
	report.Node(p.Key, suggestion, "there is no setting %s", p.Key.Text)
	return "", false
}

// Unknown are the variables of an environment that somebody probably meant for a setting, with which; others are those that mean something
// else. What is near nothing is left alone: an orchestrator sets LAUREL_PORT for a service of that name.
func (s *Set) Unknown(environment []string, others ...string) (list []string) {
	names := append([]string{"LAUREL_CONFIG"}, others...)
	for _, one := range s.All {
		if !one.byHand {
			names = append(names, one.Variable())
		}
	}
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "LAUREL_") || slices.Contains(names, name) {
			continue
		}
		if suggestion := spelling.Suggest(name, names); suggestion != "" {
			list = append(list, name+" is no setting; "+suggestion)
		}
	}
	return list
}

package tokens

import (
	"encoding/json"
	"net"
	"net/url"
	"slices"
	"strconv"

	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/settings"
)

// MaxOrigins is how many origins a program may have.
const MaxOrigins = 50

// originsPrefix is what the keys of all rows of origins start with.
const originsPrefix = "origins/"

// InvalidError is a list of origins that cannot be had, with everything that is wrong with it.
type InvalidError struct{ Errors []event.FieldError }

// Error makes it an error.
func (e *InvalidError) Error() string {
	return "tokens: " + e.Errors[0].Location + ": " + e.Errors[0].Message
}

// Origins are the web pages, by where they come from, that may call with tokens of a program's members. None may until somebody says so;
// apps that are no pages need none.
type Origins struct {
	by  *settings.Mirror[[]string] // program
	act *audit.Act                 // that its changes are recorded with
}

// By is the same origins, whose changes are recorded as an act.
func (o *Origins) By(act *audit.Act) *Origins { return &Origins{o.by, act} }

// NewOrigins reads the stored origins.
func NewOrigins(s settings.Store) (*Origins, error) {
	by, err := settings.NewMirror(s, originsPrefix, settings.Codec[[]string]{
		Encode: func(list []string) ([]byte, error) { return json.Marshal(list) },
		Decode: func(value []byte) (list []string, err error) { return list, json.Unmarshal(value, &list) }})
	return &Origins{by: by}, err
}

// Load reads what others have changed of the stored origins.
func (o *Origins) Load() error { return o.by.Load() }

// Forget deletes the origins of a program that is removed.
func (o *Origins) Forget(program string) error { return o.by.Delete(program) }

// Of is the origins of a program, sorted.
func (o *Origins) Of(program string) []string {
	list, _ := o.by.Get(program)
	return slices.Clone(list)
}

// Allows reports whether pages of an origin may call for a program.
func (o *Origins) Allows(program, origin string) bool {
	list, _ := o.by.Get(program)
	return slices.Contains(list, origin)
}

// AllowsAny reports whether pages of an origin may call for some program: before a browser sends a token it asks without one.
func (o *Origins) AllowsAny(origin string) bool {
	for _, list := range o.by.All() {
		if slices.Contains(list, origin) {
			return true
		}
	}
	return false
}

// Set replaces the origins of a program. The error is *InvalidError, or one of the settings.
func (o *Origins) Set(program string, origins []string) error {
	var errs []event.FieldError
	for i, origin := range origins {
		if message := wrongOrigin(origin); message != "" {
			errs = append(errs, event.FieldError{Location: "origins[" + strconv.Itoa(i) + "]", Code: "wrong_value", Message: message})
		}
	}
	if len(origins) > MaxOrigins {
		errs = append(errs, event.FieldError{Location: "origins", Code: "list_too_long", Message: "at most " + strconv.Itoa(MaxOrigins) + " origins are expected"})
	}
	if errs != nil {
		return &InvalidError{errs}
	}
	list := slices.Compact(slices.Sorted(slices.Values(origins)))
	if list == nil {
		list = []string{}
	}
	before := o.Of(program)
	return o.by.Put(program, list, o.act.Through(originsPrefix, func() *audit.What { return audit.Change("origins", program, before, list) }))
}

// wrongOrigin says what is wrong with an origin, which has to be as browsers write it, "" for nothing.
func wrongOrigin(origin string) string {
	const like = "an origin is written as browsers do, such as https://shop.example: in small letters, without a path, and without a port that is the usual one"
	u, err := url.Parse(origin)
	usual := map[string]string{"https": "443", "http": "80"}
	switch {
	case err != nil || u.Scheme == "" || u.Scheme+"://"+u.Host != origin || u.Hostname() == "" || hasOther(u.Hostname()):
		return like
	case usual[u.Scheme] == "" && origin != u.Scheme+"://localhost": // which an app's own pages have, such as capacitor://localhost
		return like
	case usual[u.Scheme] != "" && u.Port() == usual[u.Scheme]:
		return like
	case u.Scheme == "http" && u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback():
		return "over http a token could be read on the way: write https; http is for localhost"
	}
	return ""
}

// hasOther reports whether a host has characters that browsers do not send: capitals, and letters beyond ASCII, which they encode.
func hasOther(host string) bool {
	return slices.ContainsFunc([]byte(host), func(c byte) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != ':'
	})
}

package api

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/valyala/fasthttp"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/integer"
	"github.com/laurel-engine/laurel/engine/spelling"
)

// checkQuery refuses keys, parameters that the route does not have, and those given twice: `?dryrun=true` must not store
// what was meant as a dry run.
func (rt *route) checkQuery(args *fasthttp.Args) (err error) {
	var seen []string
	args.VisitAll(func(k, v []byte) {
		name, value := string(k), string(v)
		switch {
		case err != nil:
		case keyInQuery(name, value):
			err = refuse("key_in_query", "keys are not taken from the query", errKeyInQuery)
		case !rt.takes(name):
			err = refuse("wrong_parameter", "there is no such parameter",
				event.FieldError{Location: "query", Code: "unknown_field", Message: "this call does not take this parameter",
					Suggestion: spelling.Suggest(name, rt.query)})
		case slices.Contains(seen, name):
			err = refuse("wrong_parameter", "a parameter is given twice",
				event.FieldError{Location: "query." + name, Code: "duplicate_field", Message: "this parameter is given twice"})
		case !utf8.ValidString(value):
			err = wrongParameter("query."+name, "this is not valid UTF-8", "")
		}
		seen = append(seen, name)
	})
	return err
}

// takes reports whether a route has a parameter. One with a brace takes every name there: tier.{tier}.
func (rt *route) takes(name string) bool {
	return slices.ContainsFunc(rt.query, func(known string) bool {
		group, _, open := strings.Cut(known, "{")
		return known == name || open && len(name) > len(group) && strings.HasPrefix(name, group)
	})
}

// group are the parameters of the query that one with a brace takes, by what stands there, sorted.
func (c call) group(prefix string) (list [][2]string) {
	c.http.Context().QueryArgs().VisitAll(func(k, v []byte) {
		if name, ok := strings.CutPrefix(string(k), prefix); ok {
			list = append(list, [2]string{name, string(v)})
		}
	})
	slices.SortFunc(list, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return list
}

// query is a parameter of the query, copied out of Fiber's buffers.
func (c call) query(name string) string { return strings.Clone(c.http.Query(name)) }

// flag reads ?name=true or false.
func (c call) flag(name string) (bool, error) {
	switch c.query(name) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, wrongParameter("query."+name, "it is true or false", "")
}

// number reads a whole number between bounds.
func (c call) number(name string, standard, least, most int64) (int64, error) {
	text := c.query(name)
	if text == "" {
		return standard, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most || text[0] == '+' {
		return 0, wrongParameter("query."+name, "a whole number from "+strconv.FormatInt(least, 10)+" to "+
			strconv.FormatInt(most, 10)+" is expected", "")
	}
	return n, nil
}

// maxForecast is how far ahead `at` may ask: what time alone will do is walked through day by day.
const maxForecast = 2 * 366 * 24 * time.Hour

// at reads ?at=, an instant; given is false without it.
func (c call) at() (at calendar.Instant, given bool, err error) {
	at, given, err = c.instant("at")
	if err == nil && at > c.program.Present().Add(maxForecast) {
		err = wrongParameter("query.at", "it lies more than two years ahead", "")
	}
	return at, given, err
}

// instant reads a parameter that is an instant; given is false without it. A + that a client left unescaped arrives as a space.
func (c call) instant(name string) (at calendar.Instant, given bool, err error) {
	text := strings.ReplaceAll(c.query(name), " ", "+")
	if text == "" {
		return 0, false, nil
	}
	at, failed := calendar.ParseInstant(text)
	if failed != nil {
		return 0, false, wrongParameter("query."+name, "a time with its offset is expected", "write it like 2026-12-01T09:00:00Z")
	}
	if at < calendar.Earliest || at >= calendar.Latest {
		return 0, false, wrongParameter("query."+name, "it lies before 1900, or thousands of years ahead", "")
	}
	return at, true, nil
}

// settled is for reads with ?min_seq=: it refuses to answer from before that event.
func (c call) settled() error {
	seq, err := c.number("min_seq", 0, 0, 1<<62)
	if err != nil {
		return err
	}
	if integer.Bits(seq) > c.program.Durable() {
		return &problem{code: "not_yet", detail: "this event is not here yet", retry: 1}
	}
	return nil
}

// id reads a part of the path that is the id of a member, an event or the like. The member of a device's own routes is that of the token.
func (c call) id(name string) (string, error) {
	if name == "member" && c.self != "" {
		return c.self, nil
	}
	id, err := url.PathUnescape(strings.Clone(c.http.Params(name)))
	if err != nil || !event.ValidID(id) {
		return "", refuse("wrong_parameter", "a part of the path cannot be an id",
			event.FieldError{Location: "path." + name, Code: "wrong_id", Message: "an id has 1 to " + strconv.Itoa(event.MaxID) +
				" bytes of UTF-8 and no control or invisible characters"})
	}
	if name == "member" && event.Reserved(id) && c.route.method != get && c.route.method != del { // one of before can be read, and erased
		return "", refuse("wrong_parameter", "a part of the path cannot be an id",
			event.FieldError{Location: "path.member", Code: "wrong_id", Message: event.OwnIDs})
	}
	return id, nil
}

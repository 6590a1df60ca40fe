package description

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Route is a line of the table of routes.
type Route struct {
	Method, Path string // the path as documents write it: /v1/events/{event}
	Scope        string // "" where that depends on what is asked
	Member       bool   // a member's token opens it, and no key
	Body         bool   // it takes a body
	Query        []string
	Recorded     bool // in the audit log
}

// Code is a line of the table of problems.
type Code struct {
	Code    string
	Status  int
	Meaning string
}

// Message is a type of message of webhooks, with the names of its fields.
type Message struct {
	Type   string
	Fields []string
}

// Facts are what the document is made of, besides what is written here.
type Facts struct {
	Version  string // of the build
	Routes   []Route
	Codes    []Code
	Scopes   []string // that keys can have
	Messages []Message
}

// maker makes a document, and gathers all that is wrong with what is written.
type maker struct {
	*texts
	facts Facts
	codes map[string]Code
	// shared are the responses of problems, and refusals their names by what they say.
	shared   object
	refusals map[string]string
	errs     []error
}

// Document is the OpenAPI document as JSON. An error says all that has to be written, and where.
func Document(facts Facts) ([]byte, error) {
	t, err := read()
	if err != nil {
		return nil, err
	}
	document, err := t.document(facts)
	if err != nil {
		return nil, err
	}
	return encode(document)
}

func (t *texts) document(facts Facts) (object, error) {
	m := &maker{texts: t, facts: facts, codes: map[string]Code{}, refusals: map[string]string{}}
	for _, c := range facts.Codes {
		m.codes[c.Code] = c
	}
	paths := m.paths() // which makes the responses that they share
	document := object{
		{"openapi", "3.1.0"},
		{"info", object{{"title", t.Title}, {"version", cmp.Or(facts.Version, "0")}, {"description", t.About}}},
		{"servers", []any{object{{"url", "/"}}}},
		{"tags", m.tags()},
		{"paths", paths},
		{"webhooks", m.webhooks()},
		{"components", object{{"schemas", m.schemas()}, {"responses", m.shared}, {"securitySchemes", m.security()}}},
	}
	if len(m.errs) > 0 {
		return nil, errors.Join(m.errs...)
	}
	return document, nil
}

func (m *maker) wrong(format string, args ...any) {
	m.errs = append(m.errs, fmt.Errorf(format, args...))
}

func (m *maker) tags() (tags []any) {
	for _, s := range m.sections {
		if len(s.Routes) > 0 {
			tags = append(tags, object{{"name", s.Section}, {"description", s.About}})
		}
	}
	return tags
}

func (m *maker) security() object {
	for _, s := range m.facts.Scopes {
		if _, said := m.Scopes.find(s); !said {
			m.wrong("api.yaml: what the scope %s allows has to be said, under `scopes`", s)
		}
	}
	scopes := "A key of a program. It needs the scope that the route says:\n"
	for _, s := range m.Scopes {
		scopes += "\n- `" + s.name + "`: " + s.of
	}
	return object{
		{"key", object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "lk_…"}, {"description", scopes}}},
		{"token", object{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}, {"description", "A token of a member's own device."}}},
	}
}

// paths are all routes by their path. What is not described, and what is described of no route, is an error.
func (m *maker) paths() object {
	paths, index := object{}, map[string]int{}
	ids, seen := map[string]string{}, map[string]bool{}
	for i := range m.facts.Routes {
		r := &m.facts.Routes[i]
		name := r.Method + " " + r.Path
		seen[name] = true
		op := m.resolved(name)
		if op == nil {
			continue
		}
		if other := ids[op.ID]; other != "" || op.ID == "" {
			m.wrong("%s: %s needs an id of its own, and not %q (which %s has)", op.file, name, op.ID, cmp.Or(other, "no route"))
		}
		ids[op.ID] = name
		at, known := index[r.Path]
		if !known {
			at = len(paths)
			index[r.Path] = at
			paths.set(r.Path, object{})
		}
		item, _ := paths[at].value.(object)
		item.set(strings.ToLower(r.Method), m.operationOf(r, name, op))
		paths[at].value = item
	}
	for _, s := range m.sections {
		for _, r := range s.Routes {
			if !seen[r.name] {
				m.wrong("%s describes %s, and there is no such route: take it out, or put the route into internal/api/routes.go", s.file, r.name)
			}
		}
	}
	return paths
}

// resolved is what is written of a route, that of the route that does the same included.
func (m *maker) resolved(name string) *operation {
	op := m.operation(name)
	if op == nil {
		m.wrong("route %s has no description: add it to internal/api/description/%s, or to a section of its own, as doc.go there says", name, m.nearest(name))
		return nil
	}
	if op.As == "" {
		return op
	}
	other := m.operation(op.As)
	if other == nil {
		m.wrong("%s: %s is as %s, which is not described", op.file, name, op.As)
		return nil
	}
	same := *other
	same.ID, same.section, same.file = op.ID, op.section, op.file
	same.Summary = cmp.Or(op.Summary, same.Summary)
	same.Problems = append(slices.Clone(same.Problems), op.Problems...)
	return &same
}

// nearest is the file that describes the route whose name is most like one.
func (m *maker) nearest(name string) (file string) {
	most := -1
	for _, s := range m.sections {
		for _, r := range s.Routes {
			_, a, _ := strings.Cut(name, " ")
			_, b, _ := strings.Cut(r.name, " ")
			same := 0
			for same < min(len(a), len(b)) && a[same] == b[same] {
				same++
			}
			if same > most {
				most, file = same, s.file
			}
		}
	}
	return file
}

func (m *maker) operationOf(r *Route, name string, op *operation) object {
	o := object{{"operationId", op.ID}, {"summary", op.Summary}, {"tags", []any{op.section}}}
	if op.Summary == "" {
		m.wrong("%s: %s has no summary", op.file, name)
	}
	o.given("description", strings.TrimSpace(op.About))
	o.set("security", security(r))
	if parameters := m.parameters(r, name, op); len(parameters) > 0 {
		o.set("parameters", parameters)
	}
	switch {
	case r.Body && op.Body.IsZero():
		m.wrong("%s: %s takes a body: say which under `body`, or `optional Nothing`", op.file, name)
	case !r.Body && !op.Body.IsZero():
		m.wrong("%s: %s takes no body: take `body` out", op.file, name)
	case r.Body:
		o.set("requestBody", m.body(name, op))
	}
	o.set("responses", m.responses(r, name, op))
	return o
}

func security(r *Route) []any {
	scopes := []any{}
	if r.Member {
		return []any{object{{"token", scopes}}}
	}
	if r.Scope != "" {
		scopes = append(scopes, r.Scope)
	}
	return []any{object{{"key", scopes}}}
}

// parameters are those of the path, the query and the header.
func (m *maker) parameters(r *Route, name string, op *operation) (list []any) {
	add := func(in, of, text string, required bool) {
		s, err := described(text)
		if text == "" || err != nil {
			m.wrong("%s: what the parameter %s of %s is has to be said, under `query` there or in api.yaml (%v)", op.file, of, name, err)
			return
		}
		p := object{{"name", of}, {"in", in}}
		if about, ok := s.get("description").(string); ok {
			p.set("description", about)
			s = s[:len(s)-1]
		}
		p.set("required", required)
		if group, _, chosen := strings.Cut(of, "{"); chosen { // tier.{tier}: an object, each field of which is a parameter
			p[0].value = strings.TrimSuffix(group, ".")
			p.set("style", "form")
			p.set("explode", true)
			s = object{{"type", "object"}, {"patternProperties", object{{"^" + regexp.QuoteMeta(group), s}}}, {"additionalProperties", false}}
		}
		p.set("schema", s)
		if example := m.Examples[of]; example != "" && in == "path" {
			p.set("example", example)
		}
		if example := op.Needs[of]; example != "" && in == "query" {
			p.set("example", example)
		}
		list = append(list, p)
	}
	for _, part := range strings.Split(r.Path, "/") {
		if of, ok := strings.CutPrefix(part, "{"); ok {
			of = strings.TrimSuffix(of, "}")
			add("path", of, m.Path[of], true)
		}
	}
	for _, of := range r.Query {
		add("query", of, cmp.Or(op.Query[of], m.Query[of]), op.Needs[of] != "")
	}
	if op.Key != "" {
		add("header", "Idempotency-Key", m.Headers["Idempotency-Key"], op.Key == "required")
	}
	if r.Recorded {
		add("header", "Laurel-Actor", m.Headers["Laurel-Actor"], false)
	}
	if tagged(r, op) {
		add("header", "If-None-Match", m.Headers["If-None-Match"], false)
	}
	for _, h := range op.Headers {
		add("header", h.name, h.of, false)
	}
	return list
}

// tagged reports whether what a route answers has an ETag.
func tagged(r *Route, op *operation) bool { return r.Method == http.MethodGet && !op.Untagged }

// mediaJSON is the media type of what says no other.
const mediaJSON = "application/json"

// byMedia are the types of a body or an answer by their media type.
func byMedia(n *yaml.Node) (types named[string], err error) {
	if n.Kind == yaml.ScalarNode {
		return named[string]{{mediaJSON, n.Value}}, nil
	}
	err = n.Load(&types)
	return types, err
}

func (m *maker) body(name string, op *operation) object {
	types, err := byMedia(&op.Body)
	if err != nil {
		m.wrong("%s: the body of %s: %w", op.file, name, err)
	}
	content, required := object{}, true
	for _, t := range types {
		text := t.of
		if rest, ok := strings.CutPrefix(text, "optional "); ok {
			text, required = rest, false
		}
		s, err := described(text)
		if err != nil {
			m.wrong("%s: the body of %s: %w", op.file, name, err)
		}
		media := object{{"schema", s}}
		if !op.Example.IsZero() && (t.name == mediaJSON || len(content) == 0 && len(types) > 0 && types[0].name != mediaJSON) {
			example, err := plain(&op.Example)
			if err != nil {
				m.wrong("%s: the example of %s: %w", op.file, name, err)
			}
			media.set("example", example)
		}
		content.set(t.name, media)
	}
	if required && op.Example.IsZero() {
		m.wrong("%s: %s needs a body: give one as its `example`", op.file, name)
	}
	return object{{"required", required}, {"content", content}}
}

// responses are the answers and the problems of a route, by status.
func (m *maker) responses(r *Route, name string, op *operation) object {
	out := object{}
	for _, a := range op.Answers {
		out.set(a.name, m.answer(r, name, op, a.name, &a.of))
	}
	if len(out) == 0 {
		m.wrong("%s: what %s answers has to be said, under `answers`", op.file, name)
	}
	if tagged(r, op) {
		out.set("304", object{{"description", "Nothing is new since the answer with the ETag of If-None-Match."}})
	}
	byStatus := map[int][]Code{}
	for _, code := range m.problems(r, op) {
		c, known := m.codes[code]
		if !known {
			m.wrong("%s: %s: there is no problem %q: see internal/api/problems.go", op.file, name, code)
			continue
		}
		if !slices.Contains(byStatus[c.Status], c) {
			byStatus[c.Status] = append(byStatus[c.Status], c)
		}
	}
	statuses := make([]int, 0, len(byStatus))
	for status := range byStatus {
		statuses = append(statuses, status)
	}
	slices.Sort(statuses)
	for _, status := range statuses {
		out.set(strconv.Itoa(status), object{{"$ref", "#/components/responses/" + m.refusal(status, byStatus[status])}})
	}
	return out
}

func (m *maker) answer(r *Route, name string, op *operation, status string, n *yaml.Node) object {
	types, err := byMedia(n)
	if err != nil {
		m.wrong("%s: the answers of %s: %w", op.file, name, err)
	}
	said, content := "", object{}
	for _, t := range types {
		if t.name == "about" {
			said = t.of
			continue
		}
		s, err := described(t.of)
		if err != nil {
			m.wrong("%s: the answers of %s: %w", op.file, name, err)
			continue
		}
		if text, ok := s.get("description").(string); ok && said == "" {
			said, s = text, s[:len(s)-1]
		}
		content.set(t.name, object{{"schema", s}})
	}
	if said == "" {
		m.wrong("%s: what the answer %s of %s means has to be said", op.file, status, name)
	}
	out := object{{"description", said}}
	if tagged(r, op) {
		out.set("headers", object{{"ETag", object{{"description", "Names this answer; send it as If-None-Match."}, {"schema", object{{"type", "string"}}}}}})
	}
	out.set("content", content)
	return out
}

// problems are the codes that a route may refuse with: those that follow from what it takes, and its own.
func (m *maker) problems(r *Route, op *operation) []string {
	kinds := []string{"every"}
	add := func(kind string, is bool) {
		if is {
			kinds = append(kinds, kind)
		}
	}
	add("token", r.Member)
	add("key", !r.Member)
	add("body", r.Body)
	add("write", r.Method != http.MethodGet)
	add("min_seq", slices.Contains(r.Query, "min_seq"))
	add("cursor", slices.Contains(r.Query, "cursor"))
	add("member", r.Member || strings.Contains(r.Path, "{member}") || slices.Contains(r.Query, "member"))
	add("key_required", op.Key == "required")
	add("key_optional", op.Key == "optional")
	var list []string
	for _, kind := range kinds {
		list = append(list, m.Problems[kind]...)
	}
	return append(list, op.Problems...)
}

// refusal is the name of the response with these codes. Routes that refuse with the same ones share it.
func (m *maker) refusal(status int, codes []Code) string {
	made := problem(status, codes)
	said, _ := made.get("description").(string)
	if name := m.refusals[said]; name != "" {
		return name
	}
	name := strings.ReplaceAll(http.StatusText(status), " ", "")
	for n := 2; m.shared.get(name) != nil; n++ {
		name = strings.ReplaceAll(http.StatusText(status), " ", "") + strconv.Itoa(n)
	}
	m.refusals[said] = name
	m.shared.set(name, made)
	return name
}

func problem(status int, codes []Code) object {
	var said []string
	var names []any
	for _, c := range codes {
		said = append(said, "- `"+c.Code+"`: "+c.Meaning)
		names = append(names, c.Code)
	}
	out := object{{"description", http.StatusText(status) + "\n\n" + strings.Join(said, "\n")}}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		out.set("headers", object{{"Retry-After", object{{"description", "After how many seconds to come back."},
			{"schema", object{{"type", "integer"}, {"minimum", 1}}}}}})
	}
	out.set("content", object{{"application/problem+json", object{{"schema", object{{"$ref", "#/components/schemas/Problem"},
		{"properties", object{{"code", object{{"enum", names}}}}}}}}}})
	return out
}

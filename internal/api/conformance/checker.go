package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	mediaJSON    = "application/json"
	mediaLines   = "application/x-ndjson"
	mediaProblem = "application/problem+json"
	mediaStream  = "text/event-stream"

	mediaCloudEvent = "application/cloudevents+json"
	mediaCloudBatch = "application/cloudevents-batch+json"
)

// Checker knows a description.
type Checker struct {
	routes    []*route
	responses map[string]any // that routes share

	mu       sync.Mutex // guards what follows
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema
	seen     map[string]bool // routes with the statuses that they have answered with
}

// route is one method of one path.
type route struct {
	method, path string
	parts        []string
	operation    map[string]any
	pointer      string // to the operation, within the document
}

func (r *route) String() string { return r.method + " " + r.path }

// Exchange is a request with its answer.
type Exchange struct {
	Method, URI string // the URI as it was sent: path and query
	Header      http.Header
	Body        []byte
	Status      int
	Answer      http.Header
	Answered    []byte
}

const resource = "openapi.json"

// New reads a description.
func New(document []byte) (*Checker, error) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, err
	}
	c := &Checker{compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}, seen: map[string]bool{}}
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(resource, parsed); err != nil {
		return nil, err
	}
	root, _ := parsed.(map[string]any)
	components, _ := root["components"].(map[string]any)
	c.responses, _ = components["responses"].(map[string]any)
	paths, _ := root["paths"].(map[string]any)
	for path, item := range paths {
		methods, _ := item.(map[string]any)
		for method, operation := range methods {
			op, ok := operation.(map[string]any)
			if !ok {
				continue
			}
			c.routes = append(c.routes, &route{method: strings.ToUpper(method), path: path, parts: strings.Split(path, "/"), operation: op,
				pointer: "/paths/" + escaped(path) + "/" + method})
		}
	}
	return c, nil
}

// escaped is a part of a JSON pointer.
func escaped(part string) string {
	return url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(part))
}

// find is the route of a request, the one with the fewest parameters where there are several.
func (c *Checker) find(method, path string) (found *route, params map[string]string) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	parts := strings.Split(path, "/")
	for _, r := range c.routes {
		if r.method != method || len(r.parts) != len(parts) {
			continue
		}
		in, fits := map[string]string{}, true
		for i, part := range r.parts {
			if name, param := strings.CutPrefix(part, "{"); param {
				in[strings.TrimSuffix(name, "}")] = parts[i]
				fits = fits && parts[i] != ""
			} else {
				fits = fits && part == parts[i]
			}
		}
		if fits && (found == nil || len(in) < len(params)) {
			found, params = r, in
		}
	}
	return found, params
}

// Check is what of an exchange does not fit the description, nil for nothing.
func (c *Checker) Check(x *Exchange) error {
	path, query, _ := strings.Cut(x.URI, "?")
	r, params := c.find(x.Method, path)
	if r == nil || x.Method == http.MethodOptions || x.Status == http.StatusMethodNotAllowed {
		return c.unrouted(x)
	}
	if x.Status == http.StatusNotModified || x.Method == http.MethodHead {
		return c.known(r, x.Status)
	}
	if err := c.answer(r, x); err != nil {
		return fmt.Errorf("%s answered %d, which does not fit internal/api/description: %w", r, x.Status, err)
	}
	if x.Status >= 300 {
		return nil
	}
	if err := c.request(r, x, params, query); err != nil {
		return fmt.Errorf("%s was accepted, and does not fit internal/api/description: %w", r, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[r.String()+" "+strconv.Itoa(x.Status)] = true
	return nil
}

// unrouted judges what no route has answered.
func (c *Checker) unrouted(x *Exchange) error {
	if x.Status >= 400 && len(x.Answered) > 0 {
		return c.fits("/components/schemas/Problem", x.Answered)
	}
	return nil
}

func (c *Checker) known(r *route, status int) error {
	if _, known := r.responses()[strconv.Itoa(status)]; !known {
		return fmt.Errorf("%s answered %d, and its description knows no such status", r, status)
	}
	return nil
}

func (r *route) responses() map[string]any {
	list, _ := r.operation["responses"].(map[string]any)
	return list
}

func (c *Checker) answer(r *route, x *Exchange) error {
	status := strconv.Itoa(x.Status)
	response, known := r.responses()[status].(map[string]any)
	if !known {
		return fmt.Errorf("no such status is described: add it under `answers`, or its code under `problems` of the route\n%s", x.Answered)
	}
	pointer := r.pointer + "/responses/" + status
	if ref, shared := response["$ref"].(string); shared {
		name := strings.TrimPrefix(ref, "#/components/responses/")
		pointer = "/components/responses/" + name
		response, _ = c.responses[name].(map[string]any)
	}
	if headers, _ := response["headers"].(map[string]any); headers["ETag"] != nil && x.Answer.Get("ETag") == "" {
		return fmt.Errorf("it has no ETag: say `untagged: true` of the route, or send one")
	}
	media, _, err := mime.ParseMediaType(x.Answer.Get("Content-Type"))
	content, _ := response["content"].(map[string]any)
	if _, known := content[media]; err != nil || !known {
		return fmt.Errorf("its Content-Type %q is not among those described", x.Answer.Get("Content-Type"))
	}
	return c.body(media, pointer+"/content/"+escaped(media)+"/schema", x.Answered)
}

// body judges a body of some media type. What is no JSON is not looked at.
func (c *Checker) body(media, pointer string, body []byte) error {
	switch media {
	case mediaJSON, mediaProblem, mediaCloudEvent, mediaCloudBatch, "application/merge-patch+json":
		return c.fits(pointer, body)
	case mediaLines:
		for line := range bytes.Lines(body) {
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			if err := c.fits(pointer, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// fits judges JSON by the schema that a pointer leads to.
func (c *Checker) fits(pointer string, body []byte) error {
	s, err := c.schema(pointer)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("it is no JSON: %w\n%s", err, cut(body))
	}
	if err := s.Validate(value); err != nil {
		return fmt.Errorf("%s\n%s", cut([]byte(err.Error())), cut(body))
	}
	return nil
}

// cut keeps reports short.
func cut(text []byte) []byte { return text[:min(len(text), 2000)] }

func (c *Checker) schema(pointer string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.schemas[pointer]; s != nil {
		return s, nil
	}
	s, err := c.compiler.Compile(resource + "#" + pointer)
	if err == nil {
		c.schemas[pointer] = s
	}
	return s, err
}

// Fits judges JSON by a named schema of the description.
func (c *Checker) Fits(schema string, body []byte) error {
	return c.fits("/components/schemas/"+schema, body)
}

// Examples judges the examples of bodies.
func (c *Checker) Examples() error {
	for _, r := range c.routes {
		described, _ := r.operation["requestBody"].(map[string]any)
		content, _ := described["content"].(map[string]any)
		for media, of := range content {
			example := of.(map[string]any)["example"]
			if example == nil {
				continue
			}
			s, err := c.schema(r.pointer + "/requestBody/content/" + escaped(media) + "/schema")
			if err == nil {
				err = s.Validate(example)
			}
			if err != nil {
				return fmt.Errorf("the example of %s: %w", r, err)
			}
		}
	}
	return nil
}

// request judges a request that was accepted.
func (c *Checker) request(r *route, x *Exchange, params map[string]string, query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return err
	}
	if err := c.parameters(r, x.Header, params, values); err != nil {
		return err
	}
	described, _ := r.operation["requestBody"].(map[string]any)
	media, _, _ := mime.ParseMediaType(x.Header.Get("Content-Type"))
	if len(x.Body) == 0 && media == mediaLines {
		return nil // no lines are lines
	}
	if x.Header.Get("Ce-Specversion") != "" && media != mediaCloudEvent {
		structured, err := structured(x)
		if err != nil {
			return err
		}
		return c.Fits("CloudEvent", structured)
	}
	if len(x.Body) == 0 || described == nil {
		if required, _ := described["required"].(bool); required {
			return fmt.Errorf("it has no body")
		}
		return nil
	}
	content, _ := described["content"].(map[string]any)
	if _, known := content[media]; !known && slices.Contains([]string{"", "text/plain", "application/x-www-form-urlencoded"}, media) {
		media = first(content) // what says nothing of its kind is taken for it
	}
	if _, known := content[media]; !known {
		return fmt.Errorf("its Content-Type %q is not among those described", media)
	}
	pointer := r.pointer + "/requestBody/content/" + escaped(media) + "/schema"
	if media == mediaLines || bytes.HasPrefix(bytes.TrimSpace(x.Body), []byte("[")) {
		return c.batch(media, pointer, x)
	}
	return c.body(media, pointer, x.Body)
}

// first is the media type of what says no other: JSON where it is one of them.
func first(content map[string]any) string {
	if content[mediaJSON] != nil {
		return mediaJSON
	}
	for media := range content {
		if media != "text/csv" {
			return media
		}
	}
	return ""
}

func (c *Checker) parameters(r *route, header http.Header, params map[string]string, query url.Values) error {
	list, _ := r.operation["parameters"].([]any)
	known := map[string]bool{}
	for i, p := range list {
		of, _ := p.(map[string]any)
		name, _ := of["name"].(string)
		in, _ := of["in"].(string)
		required, _ := of["required"].(bool)
		text, given := "", false
		switch in {
		case "path":
			value, err := url.PathUnescape(params[name])
			if err != nil {
				return err
			}
			text, given = value, true
		case "query":
			if of["explode"] == true { // each field of it is a parameter: tier.club
				if err := c.exploded(fmt.Sprintf("%s/parameters/%d/schema", r.pointer, i), name+".", query, known); err != nil {
					return fmt.Errorf("query parameters %s: %w", name, err)
				}
				continue
			}
			known[name] = true
			text, given = query.Get(name), query.Get(name) != ""
		case "header":
			text, given = header.Get(name), header.Get(name) != ""
		}
		if !given && required {
			return fmt.Errorf("the %s parameter %s is missing", in, name)
		}
		if !given {
			continue
		}
		if err := c.parameter(fmt.Sprintf("%s/parameters/%d/schema", r.pointer, i), text); err != nil {
			return fmt.Errorf("%s parameter %s: %w", in, name, err)
		}
	}
	for name := range query {
		if !known[name] {
			return fmt.Errorf("the query parameter %s is not described", name)
		}
	}
	return nil
}

// exploded judges the parameters that are the fields of one object.
func (c *Checker) exploded(pointer, group string, query url.Values, known map[string]bool) error {
	whole := map[string]any{}
	for name := range query {
		if strings.HasPrefix(name, group) {
			known[name], whole[name] = true, query.Get(name)
		}
	}
	s, err := c.schema(pointer)
	if err != nil {
		return err
	}
	return s.Validate(whole)
}

// parameter judges a parameter, which is a number or true or false where it can be one and its schema wants it so.
func (c *Checker) parameter(pointer, text string) error {
	s, err := c.schema(pointer)
	if err != nil {
		return err
	}
	failed := s.Validate(strings.ReplaceAll(text, " ", "+")) // a + that was left as it is, in a time
	if failed == nil {
		return nil
	}
	var value any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if d.Decode(&value) == nil && s.Validate(value) == nil {
		return nil
	}
	return failed
}

// Unseen are the routes, with the statuses of success that their descriptions have, that were never seen.
func (c *Checker) Unseen() (list []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.routes {
		for status := range r.responses() {
			if name := r.String() + " " + status; strings.HasPrefix(status, "2") && !c.seen[name] {
				list = append(list, name)
			}
		}
	}
	slices.Sort(list)
	return list
}

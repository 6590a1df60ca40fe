package description

import (
	"bytes"
	_ "embed" // for the files of the page
	"fmt"
	"html/template"
	"slices"
	"strings"
)

//go:embed page/page.html
var pageText string

// PageStyle and PageScript are the files that the page loads, and the only ones.
var (
	//go:embed page/page.css
	PageStyle []byte
	//go:embed page/page.js
	PageScript []byte
)

// PagePolicy is the Content-Security-Policy of the page: nothing comes from elsewhere, nothing is sent, and it is in no frame.
const PagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Page is the document as people read it: one page of HTML.
func Page(facts Facts) ([]byte, error) {
	t, err := read()
	if err != nil {
		return nil, err
	}
	document, err := t.document(facts)
	if err != nil {
		return nil, err
	}
	v := pager{document}
	var b bytes.Buffer
	err = pageTemplate.Execute(&b, map[string]any{"Title": t.Title, "Version": facts.Version, "About": prose(t.About), "Sections": v.sections(),
		"Scopes": t.Scopes.list(), "Codes": shownCodes(facts.Codes), "Schemas": v.schemas()})
	return b.Bytes(), err
}

// listed is an entry of a mapping, for templates.
type listed struct {
	Name  string
	About template.HTML
}

func (m named[T]) list() (list []listed) {
	for _, e := range m {
		list = append(list, listed{e.name, prose(fmt.Sprint(e.of))})
	}
	return list
}

// What the page shows.
type (
	shownCode struct {
		Code    string
		Status  int
		Meaning template.HTML
	}
	shownSection struct {
		Name, ID string
		About    template.HTML
		Routes   []shownRoute
	}
	shownRoute struct {
		ID, Method, Path, Summary string
		Needs                     template.HTML
		About                     template.HTML
		Parameters                []shownField
		Bodies                    []shownBody
		Answers                   []shownAnswer
		Problems                  []shownProblem
		Curl                      string
	}
	shownField struct {
		Name, In string
		Required bool
		Type     template.HTML
		About    template.HTML
	}
	shownBody struct {
		Media    string
		Required bool
		Type     template.HTML
		Fields   []shownField
	}
	shownAnswer struct {
		Status string
		About  template.HTML
		Bodies []shownBody
	}
	shownProblem struct {
		Status string
		Codes  []string
	}
	shownSchema struct {
		Name   string
		About  template.HTML
		Type   template.HTML
		Fields []shownField
	}
)

func shownCodes(codes []Code) (list []shownCode) {
	for _, c := range codes {
		list = append(list, shownCode{c.Code, c.Status, prose(c.Meaning)})
	}
	return list
}

// pager reads the document.
type pager struct{ document object }

// at is what a path of names leads to.
func (o object) at(path ...string) object {
	for _, name := range path {
		o, _ = o.get(name).(object)
	}
	return o
}

func (o object) text(name string) string {
	text, _ := o.get(name).(string)
	return text
}

func (o object) list(name string) []any {
	list, _ := o.get(name).([]any)
	return list
}

func (v pager) sections() (sections []shownSection) {
	for _, tag := range v.document.list("tags") {
		t, _ := tag.(object)
		s := shownSection{Name: t.text("name"), ID: anchor(t.text("name")), About: prose(t.text("description"))}
		for _, path := range v.document.at("paths") {
			item, _ := path.value.(object)
			for _, method := range item {
				op, _ := method.value.(object)
				if slices.Contains(op.list("tags"), any(s.Name)) {
					s.Routes = append(s.Routes, v.route(strings.ToUpper(method.name), path.name, op))
				}
			}
		}
		sections = append(sections, s)
	}
	return sections
}

func anchor(name string) string {
	return "section-" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
}

func (v pager) route(method, path string, op object) shownRoute {
	r := shownRoute{ID: op.text("operationId"), Method: method, Path: path, Summary: op.text("summary"), About: prose(op.text("description"))}
	token := op.list("security")[0].(object).get("token") != nil
	switch scopes, _ := op.list("security")[0].(object).get("key").([]any); {
	case token:
		r.Needs = "needs a member’s token"
	case len(scopes) > 0:
		r.Needs = prose("needs a key with `" + fmt.Sprint(scopes[0]) + "`")
	default:
		r.Needs = "needs a key with the scope of what is read"
	}
	for _, p := range op.list("parameters") {
		of, _ := p.(object)
		required, _ := of.get("required").(bool)
		r.Parameters = append(r.Parameters, shownField{Name: of.text("name"), In: of.text("in"), Required: required, Type: v.typ(of.at("schema")),
			About: prose(of.text("description"))})
	}
	required, _ := op.at("requestBody").get("required").(bool)
	r.Bodies = v.bodies(op.at("requestBody", "content"), required)
	for _, a := range op.at("responses") {
		of, _ := a.value.(object)
		if ref := of.text("$ref"); ref != "" {
			r.Problems = append(r.Problems, v.problem(a.name, v.document.at("components", "responses", strings.TrimPrefix(ref, "#/components/responses/"))))
			continue
		}
		r.Answers = append(r.Answers, shownAnswer{a.name, prose(of.text("description")), v.bodies(of.at("content"), true)})
	}
	r.Curl = v.curl(method, path, op, token)
	return r
}

func (v pager) bodies(content object, required bool) (list []shownBody) {
	for _, c := range content {
		of, _ := c.value.(object)
		s := of.at("schema")
		list = append(list, shownBody{Media: c.name, Required: required, Type: v.typ(s), Fields: v.fields(v.resolved(s))})
	}
	return list
}

// resolved is the schema that a reference leads to.
func (v pager) resolved(s object) object {
	if name, ok := strings.CutPrefix(s.text("$ref"), "#/components/schemas/"); ok {
		return v.document.at("components", "schemas", name)
	}
	return s
}

func (v pager) problem(status string, of object) shownProblem {
	p := shownProblem{Status: status}
	for line := range strings.Lines(of.text("description")) {
		if code, _, found := strings.Cut(line, "`: "); found {
			p.Codes = append(p.Codes, strings.TrimPrefix(code, "- `"))
		}
	}
	return p
}

// fields are those of an object that is closed.
func (v pager) fields(s object) (list []shownField) {
	for _, f := range s.at("properties") {
		of, _ := f.value.(object)
		list = append(list, shownField{Name: f.name, Required: slices.Contains(s.list("required"), any(f.name)), Type: v.typ(of),
			About: prose(of.text("description"))})
	}
	return list
}

func (v pager) schemas() (list []shownSchema) {
	for _, s := range v.document.at("components", "schemas") {
		of, _ := s.value.(object)
		one := shownSchema{Name: s.name, About: prose(of.text("description")), Fields: v.fields(of)}
		if len(one.Fields) == 0 {
			one.Type = v.typ(of)
		}
		list = append(list, one)
	}
	return list
}

// typ is a schema in words.
func (v pager) typ(s object) template.HTML {
	if name, ok := strings.CutPrefix(s.text("$ref"), "#/components/schemas/"); ok {
		return template.HTML(`<a href="#` + template.HTMLEscapeString(name) + `">` + template.HTMLEscapeString(name) + `</a>`) //nolint:gosec // escaped
	}
	if data := s.at("properties", "data"); len(data) > 0 && len(s.at("properties", "next_cursor")) > 0 {
		return "page of " + v.typ(data.at("items"))
	}
	for _, name := range []string{"anyOf", "oneOf"} {
		if of := s.list(name); len(of) > 0 {
			return v.joined(of)
		}
	}
	if value := s.get("const"); value != nil {
		return code(value)
	}
	if values := s.list("enum"); len(values) > 0 {
		var words []template.HTML
		for _, value := range values {
			words = append(words, code(value))
		}
		return join(words)
	}
	types := s.list("type")
	if typ := s.text("type"); typ != "" {
		types = []any{typ}
	}
	if len(types) == 0 {
		return "anything"
	}
	var words []template.HTML
	for _, t := range types {
		words = append(words, v.plain(s, fmt.Sprint(t)))
	}
	return join(words)
}

var bounds = [][2]string{{"minimum", " from "}, {"exclusiveMinimum", " above "}, {"maximum", " to "}, {"minLength", " of "}, {"maxLength", " up to "}}

// plain is a type that JSON has, with its bounds.
func (v pager) plain(s object, typ string) template.HTML {
	switch {
	case typ == "array":
		return "list of " + v.typ(s.at("items"))
	case typ == "object" && len(s.at("additionalProperties")) > 0:
		return "map of " + v.typ(s.at("additionalProperties"))
	case typ == "string":
		typ = "text"
	case typ == "null":
		return "null"
	}
	for _, bound := range bounds {
		if value := s.get(bound[0]); value != nil {
			typ += bound[1] + fmt.Sprint(value)
		}
	}
	return template.HTML(template.HTMLEscapeString(typ)) //nolint:gosec // escaped
}

func (v pager) joined(schemas []any) template.HTML {
	var words []template.HTML
	for _, s := range schemas {
		of, _ := s.(object)
		words = append(words, v.typ(of))
	}
	return join(words)
}

func join(words []template.HTML) (text template.HTML) {
	for i, w := range words {
		if i > 0 {
			text += " or "
		}
		text += w
	}
	return text
}

func code(value any) template.HTML {
	b, err := encode(value)
	if err != nil {
		return ""
	}
	return template.HTML("<code>" + template.HTMLEscapeString(string(b)) + "</code>") //nolint:gosec // escaped
}

// prose is a text with its paragraphs and what stands between backquotes.
func prose(text string) (html template.HTML) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			html += "<br><br>"
		}
		for j, part := range strings.Split(paragraph, "`") {
			escaped := template.HTMLEscapeString(part)
			if j%2 == 1 {
				escaped = "<code>" + escaped + "</code>"
			}
			html += template.HTML(escaped) //nolint:gosec // escaped
		}
	}
	return html
}

// curl is a call of a route, with the examples of what it takes.
func (v pager) curl(method, path string, op object, token bool) string {
	var b strings.Builder
	b.WriteString("curl")
	if method != "GET" {
		b.WriteString(" -X " + method)
	}
	name := "KEY"
	if token {
		name = "TOKEN"
	}
	b.WriteString(` -H "Authorization: Bearer $` + name + `"`)
	query := ""
	for _, p := range op.list("parameters") {
		of, _ := p.(object)
		required, _ := of.get("required").(bool)
		switch {
		case of.text("in") == "path":
			path = strings.Replace(path, "{"+of.text("name")+"}", of.text("example"), 1)
		case of.text("in") == "query" && required:
			query += map[bool]string{true: "?", false: "&"}[query == ""] + of.text("name") + "=" + of.text("example")
		case of.text("name") == "Idempotency-Key" && required:
			b.WriteString(" -H 'Idempotency-Key: " + op.text("operationId") + "-1'")
		}
	}
	for _, c := range op.at("requestBody", "content") {
		of, _ := c.value.(object)
		if example := of.get("example"); example != nil {
			if c.name != mediaJSON {
				b.WriteString(" -H 'Content-Type: " + c.name + "'")
			}
			b.WriteString(" --data-binary " + quoted(example))
			break
		}
	}
	switch { // which have to be told what is asked for
	case strings.HasSuffix(path, "/stream"):
		query = "?promotions=true"
		b.WriteString(" -N")
	case strings.HasSuffix(path, "/exports"):
		query = "?what=balances"
	}
	b.WriteString(` "$API` + path + query + `"`)
	return b.String()
}

// quoted is an example as a shell takes it.
func quoted(example any) string {
	text, plain := example.(string)
	if !plain {
		b, err := encode(example)
		if err != nil {
			return "''"
		}
		text = string(b)
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

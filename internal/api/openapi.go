package api

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/api/description"
	"github.com/laurel-engine/laurel/internal/keys"
)

// public is something that is the same for everybody as long as the process lives, and that no key is needed for.
type public struct {
	media  string
	body   []byte
	zipped []byte // the same, a tenth as long
}

func newPublic(media string, body []byte, err error) (*public, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err == nil {
		_, err = z.Write(body)
	}
	if err == nil {
		err = z.Close()
	}
	return &public{media, body, b.Bytes()}, err
}

// mountPublic registers what describes the API. Each of it is made when it is asked for the first time.
func (s *Server) mountPublic() {
	for path, make := range map[string]func() (*public, error){
		"/openapi.json": func() (*public, error) {
			body, err := description.Document(facts(s.version))
			return newPublic(mediaJSON, body, err)
		},
		"/docs/api": func() (*public, error) {
			body, err := description.Page(facts(s.version))
			return newPublic("text/html; charset=utf-8", body, err)
		},
		"/docs/api.css": func() (*public, error) { return newPublic("text/css; charset=utf-8", description.PageStyle, nil) },
		"/docs/api.js": func() (*public, error) {
			return newPublic("text/javascript; charset=utf-8", description.PageScript, nil)
		},
	} {
		made, m := sync.OnceValues(make), s.metrics.route(get, path)
		s.app.Get(path, func(c *fiber.Ctx) error { // and HEAD
			began, id := time.Now(), s.begin(c)
			if p, err := made(); err != nil {
				s.fail(c, err, id)
			} else {
				p.send(c)
			}
			m.observe(c.Response().StatusCode(), time.Since(began))
			return nil
		})
	}
}

func (p *public) send(c *fiber.Ctx) {
	body, h := p.body, &c.Response().Header
	if c.AcceptsEncodings("identity", "gzip") == "gzip" {
		body = p.zipped
		h.Set("Content-Encoding", "gzip")
	}
	_ = call{http: c}.showTagged(body, tagOf(body))
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "public, no-cache")
	h.Set("Content-Security-Policy", description.PagePolicy)
	h.Set("Referrer-Policy", "no-referrer")
	if c.Response().StatusCode() == http.StatusOK {
		h.SetContentType(p.media)
	}
}

// facts are what a description is made of, for one version of the build.
func facts(version string) description.Facts {
	facts := description.Facts{Version: version}
	for _, list := range [][]route{routes, memberRoutes, serverRoutes} {
		for i := range list {
			rt := &list[i]
			r := description.Route{Method: rt.method, Path: shown(rt.path), Scope: string(rt.scope), Body: rt.body > 0, Query: rt.query, Recorded: rt.action() != ""}
			switch rt.scope {
			case ofMember:
				r.Scope, r.Member = "", true
			case ofServer:
				r.Scope = string(keys.Admin)
			}
			facts.Routes = append(facts.Routes, r)
		}
	}
	for _, s := range keys.Scopes() {
		facts.Scopes = append(facts.Scopes, string(s))
	}
	for _, c := range codes {
		facts.Codes = append(facts.Codes, description.Code{Code: c.Code, Status: c.Status, Meaning: c.Meaning})
	}
	for _, t := range engine.MessageTypes() {
		m := description.Message{Type: t.Name}
		for _, f := range t.Schema.Fields {
			m.Fields = append(m.Fields, f.Name)
		}
		facts.Messages = append(facts.Messages, m)
	}
	return facts
}

// OpenAPI is the description of the API, an OpenAPI 3.1 document. It is made once, when somebody asks for it.
var OpenAPI = sync.OnceValues(func() ([]byte, error) { return description.Document(facts("")) })

// shown is a path as documents write it.
func shown(path string) string {
	for _, part := range strings.Split(path, "/") {
		if strings.HasPrefix(part, ":") {
			path = strings.Replace(path, part, "{"+part[1:]+"}", 1)
		}
	}
	return path
}

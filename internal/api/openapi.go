package api

import (
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
	media string
	body  []byte
	etag  string
}

func newPublic(media string, body []byte, err error) (*public, error) {
	return &public{media, body, tagOf(body)}, err
}

// mountPublic registers what describes the API. Each of it is made when it is asked for the first time.
func (s *Server) mountPublic() {
	for path, make := range map[string]func() (*public, error){
		"/openapi.json": func() (*public, error) {
			body, err := described(s.version)
			return newPublic(mediaJSON, body, err)
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
	answer := call{http: c}
	_ = answer.showTagged(p.body, p.etag)
	h := &c.Response().Header
	h.Set("Cache-Control", "public, no-cache")
	if c.Response().StatusCode() == http.StatusOK {
		h.SetContentType(p.media)
	}
}

// described is the document of the API for one version of the build.
func described(version string) ([]byte, error) {
	facts := description.Facts{Version: version}
	for _, list := range [][]route{routes, memberRoutes} {
		for i := range list {
			rt := &list[i]
			r := description.Route{Method: rt.method, Path: shown(rt.path), Scope: string(rt.scope), Body: rt.body > 0, Query: rt.query}
			if rt.scope == ofMember {
				r.Scope, r.Member = "", true
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
	return description.Document(facts)
}

// OpenAPI is the description of the API, an OpenAPI 3.1 document. It is made once, when somebody asks for it.
var OpenAPI = sync.OnceValues(func() ([]byte, error) { return described("") })

// shown is a path as documents write it.
func shown(path string) string {
	for _, part := range strings.Split(path, "/") {
		if strings.HasPrefix(part, ":") {
			path = strings.Replace(path, part, "{"+part[1:]+"}", 1)
		}
	}
	return path
}

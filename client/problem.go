package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Problem is what a server has answered instead of doing what it was asked (api: Errors). Its Code does not change.
type Problem struct {
	Status    int          `json:"status"`
	Code      string       `json:"code"` // "" where something else than Laurel has answered
	Title     string       `json:"title"`
	Detail    string       `json:"detail"`
	RequestID string       `json:"request_id"` // finds the request in the server's log
	Errors    []FieldError `json:"errors"`
	Used      *Holding     `json:"used"`   // of already_used: when and where
	Member    string       `json:"member"` // of merged: the member that it is now
	// RetryAfter is how long the server asks to wait.
	RetryAfter time.Duration `json:"-"`
}

// FieldError is one thing that is wrong with what was sent.
type FieldError struct {
	Location   string `json:"location"`
	Code       string `json:"code"`
	Message    string `json:"message"`
	Suggestion string `json:"suggestion"`
}

func (p *Problem) Error() string {
	b := strings.Builder{}
	fmt.Fprintf(&b, "laurel: %d", p.Status)
	for _, text := range []string{p.Code, p.Detail} {
		if text != "" {
			b.WriteString(" " + text)
		}
	}
	for _, e := range p.Errors {
		fmt.Fprintf(&b, "; %s: %s", e.Location, e.Message)
		if e.Suggestion != "" {
			b.WriteString(" (" + e.Suggestion + ")")
		}
	}
	if p.RequestID != "" {
		b.WriteString(" [request " + p.RequestID + "]")
	}
	return b.String()
}

// Code is the code of the *Problem that an error is, "" for other errors.
func Code(err error) string {
	var p *Problem
	if errors.As(err, &p) && p != nil { // that of a Result may be nil
		return p.Code
	}
	return ""
}

func newProblem(resp *http.Response, body []byte) *Problem {
	p := &Problem{}
	if json.Unmarshal(body, p) != nil {
		p = &Problem{Detail: http.StatusText(resp.StatusCode)}
	}
	p.Status = resp.StatusCode
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		p.RetryAfter = time.Duration(seconds) * time.Second
	}
	return p
}

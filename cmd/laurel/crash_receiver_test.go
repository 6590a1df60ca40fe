package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// crashReceiver takes webhooks, refuses some, and keeps what it has acknowledged.
type crashReceiver struct {
	url string

	mu       sync.Mutex
	r        *rand.Rand
	received int
	bodies   map[string]string       // by webhook-id
	numbers  map[string]map[int]bool // by member
	claims   map[string]bool
	changed  []string // ids that came with another body
}

func newCrashReceiver(t *testing.T, seed int64) *crashReceiver {
	c := &crashReceiver{r: rand.New(rand.NewSource(seed)), bodies: map[string]string{}, numbers: map[string]map[int]bool{}, claims: map[string]bool{}}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	c.url = s.URL
	return c
}

func (c *crashReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.received++; c.r.Intn(100) == 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	id := r.Header.Get("webhook-id")
	if first, again := c.bodies[id]; again && first != string(body) {
		c.changed = append(c.changed, id)
	}
	c.bodies[id] = string(body)
	var message struct {
		Type string
		Data struct {
			Member string
			Number int
			Claim  string
		}
	}
	if err := json.Unmarshal(body, &message); err != nil {
		c.changed = append(c.changed, id+": "+err.Error())
		return
	}
	if message.Data.Member == "" {
		return
	}
	if c.numbers[message.Data.Member] == nil {
		c.numbers[message.Data.Member] = map[int]bool{}
	}
	c.numbers[message.Data.Member][message.Data.Number] = true
	if message.Type == "reward_claimed" {
		c.claims[message.Data.Claim] = true
	}
}

// missing says what has not arrived of what the members were acknowledged.
func (c *crashReceiver) missing(members []*crashMember) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range members {
		for _, claim := range m.claims {
			if !c.claims[claim] {
				return claim + " was never told"
			}
		}
		numbers := c.numbers[m.id]
		for n := range len(numbers) {
			if !numbers[n+1] {
				return fmt.Sprintf("%s: %d messages, and number %d is none of them", m.id, len(numbers), n+1)
			}
		}
	}
	return ""
}

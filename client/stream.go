package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Bounds of a stream.
const (
	silence = 20 * time.Second // four heartbeats: then nobody is there
	maxLine = 8 << 20
	fromNow = 1<<64 - 1 // where a stream begins that names no event
)

// Topics are what a stream is about; one may have several.
type Topics struct {
	Member      string // its events
	Leaderboard string // that it has changed
	Promotions  bool   // that they open and close
	Events      bool   // all events
	// After is behind which event the stream goes on: the After of the last message that you have acted on. With nil it begins with what
	// comes next, with 0 at the first event.
	After *uint64
}

// Streamed is one message of a stream. Which field it has besides After follows from the topic.
type Streamed struct {
	Topic       string          // member, leaderboard, promotion, event
	Event       *StreamedEvent  // of member and event
	Leaderboard string          // that has changed
	Promotion   *Message        // promotion_opened, promotion_closed
	Data        json.RawMessage // as it was sent
	After       uint64          // where a stream goes on once this message and those before it have been acted on
}

// StreamedEvent is an event and what it meant.
type StreamedEvent struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Member   string          `json:"member"`
	From     string          `json:"merged_from"` // the member that it was then, who has been merged into this one
	Time     time.Time       `json:"time"`
	Data     json.RawMessage `json:"data"` // where all events are followed
	Outcome  Outcome         `json:"outcome"`
	Messages []Message       `json:"messages"`
}

// Stream tells what becomes durable, as it does: everything once and in order, whatever becomes of connections and the server
// meanwhile. It ends with an error when the context ends, and when the server refuses it: it does not try again then.
func (c *Client) Stream(ctx context.Context, about Topics) iter.Seq2[Streamed, error] {
	return func(yield func(Streamed, error) bool) {
		s := &stream{client: c, after: fromNow, query: about.query()}
		if about.After != nil {
			s.after = *about.After
		}
		for {
			goOn, err := s.follow(ctx, yield)
			if !goOn {
				return
			}
			s.failed++
			if again(err) {
				err = c.wait(ctx, s.failed, err)
			}
			if err != nil {
				yield(Streamed{}, err)
				return
			}
		}
	}
}

func (t Topics) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"member": t.Member, "leaderboard": t.Leaderboard} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, asked := range map[string]bool{"promotions": t.Promotions, "events": t.Events} {
		if asked {
			q.Set(name, "true")
		}
	}
	return q
}

// stream is a reader of server-sent events, over as many connections as it takes.
type stream struct {
	client *Client
	query  url.Values
	after  uint64 // the event of which, as of all before it, everything was told
	failed int    // tries since something was heard
}

// follow reads one connection to its end. It reports false when no more is wanted.
func (s *stream) follow(ctx context.Context, yield func(Streamed, error) bool) (goOn bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	deaf := time.AfterFunc(s.client.timeout, cancel)
	defer deaf.Stop()
	req, err := s.client.request(ctx, &call{method: http.MethodGet, path: Path("stream"), query: s.query})
	if err != nil {
		return true, err
	}
	req.Header.Set("Accept", "text/event-stream")
	if s.after != fromNow {
		req.Header.Set("Last-Event-ID", strconv.FormatUint(s.after, 10))
	}
	resp, err := s.client.http.Do(req)
	if err != nil {
		return true, lost(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxKept))
		return true, newProblem(resp, body)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxLine)
	var waiting []Streamed // of an event whose last message has not come yet
	for b := (block{}); lines.Scan(); deaf.Reset(silence) {
		if line := lines.Text(); line != "" {
			b.add(line)
			continue
		}
		s.failed = 0
		deaf.Stop() // the reader may take its time
		if b.data != "" {
			m, err := b.message()
			if err != nil {
				return true, err
			}
			waiting = append(waiting, m)
		}
		if b.id != "" {
			place, err := strconv.ParseUint(b.id, 10, 64)
			if err != nil {
				return true, fmt.Errorf("laurel: the stream has a message with an id that is no number")
			}
			for i := range waiting {
				if waiting[i].After = s.after; i == len(waiting)-1 {
					waiting[i].After, s.after = place, place
				}
				if !yield(waiting[i], nil) {
					return false, nil
				}
			}
			waiting, s.after = nil, place
		}
		b = block{}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return true, lines.Err()
	}
	return true, &lostError{fmt.Errorf("the stream has ended: %w", io.ErrUnexpectedEOF)}
}

// block is what stands between two empty lines.
type block struct{ id, name, data string }

func (b *block) add(line string) {
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch name {
	case "id":
		b.id = value
	case "event":
		b.name = value
	case "data":
		b.data = value
	}
}

func (b *block) message() (Streamed, error) {
	m := Streamed{Topic: b.name, Data: json.RawMessage(b.data)}
	var err error
	switch b.name {
	case "member", "event":
		err = json.Unmarshal(m.Data, &m.Event)
	case "promotion":
		err = json.Unmarshal(m.Data, &m.Promotion)
	case "leaderboard":
		var told struct{ Leaderboard string }
		err = json.Unmarshal(m.Data, &told)
		m.Leaderboard = told.Leaderboard
	}
	if err != nil {
		return m, fmt.Errorf("laurel: the stream has a message that cannot be read: %w", err)
	}
	return m, nil
}

package api

import (
	"bufio"
	"cmp"
	"encoding/json"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/program"
)

// Bounds of streams.
const (
	// maxStreams is how many are open at once; each is a connection and some 20 kB of memory.
	maxStreams = 10_000
	// streamPiece is how many messages of a topic are read before they are sent.
	streamPiece = 256
	// streamWrite is how long a reader may take to take what is sent. Then the stream ends: whoever comes back goes on where it was.
	streamWrite = 20 * time.Second
	// streamEnd is how long it may take once the server ends.
	streamEnd = time.Second
	// heartbeat is how often a stream says that it is there, and asks whether its key is still good.
	heartbeat = 5 * time.Second
	// boardPause is between two messages about one board.
	boardPause = 250 * time.Millisecond
	// streamRetry is after how many milliseconds a reader comes back.
	streamRetry = "2000"
)

// streamed is one message of a stream.
type streamed struct {
	seq  uint64
	name string // of the topic
	data any
}

// streamedEvent is what an event meant to its member.
type streamedEvent struct {
	ID       string            `json:"id"`
	Type     string            `json:"type"`
	Member   string            `json:"member"`
	From     string            `json:"merged_from,omitempty"` // the member that it was when it was accepted
	Time     calendar.Instant  `json:"time"`
	Data     json.RawMessage   `json:"data,omitempty"` // for those who follow all events
	Outcome  json.RawMessage   `json:"outcome"`
	Messages []json.RawMessage `json:"messages"` // as webhooks have them
}

// streamedBoard says that a leaderboard has changed.
type streamedBoard struct {
	Leaderboard string `json:"leaderboard"`
	Seq         uint64 `json:"seq"`
}

// stream is one reader of server-sent events.
type stream struct {
	server   *Server
	program  *program.Program
	follower *program.Follower
	topics   program.Topics
	conn     net.Conn
	key      string // as it was sent
	self     bool   // it is a member's token
	of       *keys.Key

	after uint64 // the last event of which everything was sent
	began bool   // the first message about the board was sent
	board uint64 // the event that the last one tells of
	due   <-chan time.Time
}

// openStream begins a stream of what becomes durable: of a member's events, of a board, of promotions, or of all events. It goes on
// behind the event that Last-Event-ID or `after` names, and begins with what comes next without.
func openStream(c call) error {
	topics, err := c.topics()
	if err != nil {
		return err
	}
	after, err := c.streamFrom()
	if err != nil {
		return err
	}
	if c.server.streams.Add(1) > maxStreams {
		c.server.streams.Add(-1)
		return &problem{code: "too_many_streams", detail: "as many streams are open as this server serves", retry: 5}
	}
	s := &stream{server: c.server, program: c.program, follower: c.program.Follow(topics), topics: topics, conn: c.http.Context().Conn(),
		key: strings.Clone(c.http.Get(fiber.HeaderAuthorization)), self: c.self != "", of: c.key, after: after}
	if after == noEvent {
		s.after = c.program.Durable() // what comes after this wakes the follower
	}
	r := c.http.Response()
	r.Header.SetContentType("text/event-stream")
	r.Header.Set("Cache-Control", "no-store")
	r.Header.Set("X-Accel-Buffering", "no") // of proxies
	c.http.Context().SetBodyStreamWriter(s.run)
	return nil
}

// noEvent is where a stream begins that names none.
const noEvent = 1<<64 - 1

// topics reads what a stream is about, and asks whether the key may know it.
func (c call) topics() (t program.Topics, err error) {
	t.Member, t.Board = c.query("member"), c.query("leaderboard")
	if c.self != "" {
		t.Member = c.self
	}
	if t.Promotions, err = c.flag("promotions"); err != nil {
		return t, err
	}
	if t.Events, err = c.flag("events"); err != nil {
		return t, err
	}
	for _, topic := range []struct {
		asked bool
		scope keys.Scope
	}{{t.Member != "", keys.MembersRead}, {t.Board != "", keys.LeaderboardsRead}, {t.Promotions, keys.CatalogueRead}, {t.Events, keys.EventsRead}} {
		if topic.asked && c.self == "" && !c.key.Allows(topic.scope) {
			return t, lacks(topic.scope)
		}
	}
	switch {
	case t == program.Topics{}:
		return t, wrongParameter("query", "say what the stream is about", "member=, leaderboard=, promotions=true or events=true")
	case t.Member != "" && !event.ValidID(t.Member):
		return t, wrongParameter("query.member", "this cannot be an id", "")
	case t.Member != "" && !c.program.Known(t.Member):
		return t, c.noMember(t.Member)
	case t.Board != "" && c.program.Rules().Leaderboard(t.Board) == nil:
		return t, notFound("leaderboard")
	}
	return t, nil
}

// streamFrom is behind which event a stream goes on: a browser that comes back says so in a header.
func (c call) streamFrom() (uint64, error) {
	where, text := "query.after", c.query("after")
	if header := c.http.Get("Last-Event-ID"); header != "" {
		where, text = "header.Last-Event-ID", header
	}
	if text == "" {
		return noEvent, nil
	}
	after, err := strconv.ParseUint(text, 10, 63)
	if err != nil || after > c.program.Durable() {
		return 0, wrongParameter(where, "it is the id of a message that this program has sent", "leave it out to begin with what comes next")
	}
	return after, nil
}

// run sends until the reader is gone.
func (s *stream) run(w *bufio.Writer) {
	defer s.server.streams.Add(-1)
	defer s.program.Unfollow(s.follower)
	over := make(chan struct{})
	defer close(over)
	go s.hurry(over)
	beat := time.NewTicker(s.server.heartbeat)
	defer beat.Stop()
	_, _ = w.WriteString("retry: " + streamRetry + "\n" + s.place() + "\n")
	for s.catchUp(w) && s.flush(w) {
		select {
		case <-s.follower.Woken():
		case <-s.due:
			s.due = nil
		case <-beat.C:
			if !s.welcome() {
				return
			}
			_, _ = w.WriteString(": still here\n" + s.place() + "\n")
		case <-s.server.closing:
			return
		case <-s.program.Done():
			return
		}
	}
}

// place tells the reader where it is, so that it comes back there though it has got no message.
func (s *stream) place() string { return "id: " + strconv.FormatUint(s.after, 10) + "\n" }

// welcome reports whether the key or token is still good, and the member there.
func (s *stream) welcome() bool {
	if s.topics.Member != "" && (s.program.Erased(s.topics.Member) || s.program.Merged(s.topics.Member) != "") {
		return false
	}
	secret := []byte(s.key[len(bearer):])
	if s.self {
		_, err := s.server.tokens.Verify(secret)
		return err == nil
	}
	_, err := s.server.keys.Find(secret)
	return err == nil
}

// hurry lets a reader who takes nothing not hold up the end of the server.
func (s *stream) hurry(over <-chan struct{}) {
	select {
	case <-s.server.closing:
		_ = s.conn.SetWriteDeadline(time.Now().Add(streamEnd))
	case <-over:
	}
}

// flush sends what was written. What it takes longer than it should ends the stream.
func (s *stream) flush(w *bufio.Writer) bool {
	select {
	case <-s.server.closing:
	default:
		if s.conn.SetWriteDeadline(time.Now().Add(streamWrite)) != nil {
			return false
		}
	}
	return w.Flush() == nil
}

// catchUp writes what has become durable since the last time.
func (s *stream) catchUp(w *bufio.Writer) bool {
	for {
		list, through, err := s.next()
		if err != nil {
			return false // the reader comes back, and is told
		}
		for i, m := range list {
			if i == len(list)-1 || list[i+1].seq > m.seq { // of an event whose last message was sent
				_, _ = w.WriteString("id: " + strconv.FormatUint(m.seq, 10) + "\n")
			}
			data, err := json.Marshal(m.data)
			if err != nil {
				return false
			}
			_, _ = w.WriteString("event: " + m.name + "\ndata: ")
			_, _ = w.Write(data)
			_, _ = w.WriteString("\n\n")
		}
		if s.after = through; through >= s.program.Durable() {
			return true
		}
		if len(list) > 0 && !s.flush(w) {
			return false
		}
	}
}

// next are messages of all topics, in the order of their events, and the event through which they are complete.
func (s *stream) next() (list []streamed, through uint64, err error) {
	through = s.program.Durable()
	for _, read := range []func(*[]streamed, uint64) (uint64, error){s.events, s.member, s.promotions} {
		upTo, err := read(&list, through)
		if err != nil {
			return nil, 0, err
		}
		through = min(through, upTo)
	}
	s.changed(&list, through)
	list = slices.DeleteFunc(list, func(m streamed) bool { return m.seq > through })
	slices.SortStableFunc(list, func(a, b streamed) int { return cmp.Compare(a.seq, b.seq) })
	return list, through, nil
}

func (s *stream) events(list *[]streamed, through uint64) (uint64, error) {
	if !s.topics.Events {
		return through, nil
	}
	n := 0
	var failed error
	err := s.program.Store().Records(s.after+1, func(seq uint64, b []byte) bool {
		if seq > through {
			return false
		}
		var rec *engine.Record
		if rec, failed = engine.DecodeRecord(b); failed != nil {
			return false
		}
		if sees(s.of, rec) {
			*list = append(*list, streamed{seq, "event", s.told(rec, true)})
		}
		if n++; n == streamPiece {
			through = seq
		}
		return n < streamPiece
	})
	return through, cmp.Or(err, failed)
}

func (s *stream) member(list *[]streamed, through uint64) (uint64, error) {
	if s.topics.Member == "" {
		return through, nil
	}
	n := 0
	err := engine.Events(s.program.Store(), s.topics.Member, s.after, func(rec *engine.Record) bool {
		if rec.Seq > through {
			return false
		}
		*list = append(*list, streamed{rec.Seq, "member", s.told(rec, false)})
		if n++; n == streamPiece {
			through = rec.Seq
		}
		return n < streamPiece
	})
	return through, err
}

// told is an event with what it meant.
func (s *stream) told(rec *engine.Record, data bool) streamedEvent {
	r := recordNow(s.program, rec)
	e := streamedEvent{ID: r.ID, Type: r.Type, Member: r.Member, From: r.From, Time: r.Time, Outcome: r.Outcome, Messages: []json.RawMessage{}}
	if data {
		e.Data = r.Data
	}
	for _, m := range rec.Messages(s.program.Rules().Program) {
		e.Messages = append(e.Messages, m.Body())
	}
	return e
}

// promotions are messages of those that open and close. What was too long ago to be remembered is looked for in the journal.
func (s *stream) promotions(list *[]streamed, through uint64) (uint64, error) {
	if !s.topics.Promotions {
		return through, nil
	}
	yield := func(of []engine.Message) bool {
		for i := range of {
			if m := &of[i]; m.Member == "" && (m.Type == engine.PromotionOpened || m.Type == engine.PromotionClosed) {
				*list = append(*list, streamed{m.Seq, "promotion", json.RawMessage(m.Body())})
			}
		}
		return true
	}
	id, store := s.program.Rules().Program, s.program.Store()
	seqs, complete := s.program.PromotionsAfter(s.after)
	if !complete {
		upTo, err := engine.Messages(store, id, s.after, 100*streamPiece, yield)
		return min(through, upTo), err
	}
	for _, seq := range seqs {
		if seq > through {
			break
		}
		of, err := engine.MessagesOf(store, id, seq)
		if err != nil {
			return 0, err
		}
		yield(of)
	}
	return through, nil
}

// changed is the message that the board has changed: at once at first, then not more often than there is a pause.
func (s *stream) changed(list *[]streamed, through uint64) {
	at := s.follower.BoardChanged()
	switch {
	case s.topics.Board == "" || s.due != nil:
		return
	case !s.began:
		s.began, at = true, through
	case at <= s.board:
		return
	}
	s.board = min(at, through)
	s.due = time.After(boardPause)
	*list = append(*list, streamed{through, "leaderboard", streamedBoard{s.topics.Board, s.board}})
}

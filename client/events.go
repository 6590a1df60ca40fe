package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Event is something that a member has done.
type Event struct {
	// ID is what makes sending again harmless. Take one that the thing itself has, such as an order's number; where it is empty it is
	// set to a new one before the first try, so that sending the same Event again, after an error too, is the same event.
	ID     string    `json:"id"`
	Type   string    `json:"type"`
	Member string    `json:"member"`
	Time   time.Time `json:"time,omitzero"` // when it happened; when it arrives, where it is left out
	Data   any       `json:"data,omitempty"`
}

// Outcome is what an event or a command did.
type Outcome struct {
	ID        string   `json:"id"`
	Seq       uint64   `json:"seq"` // its number in the program: WithMinSeq
	Duplicate bool     `json:"duplicate"`
	Ruleset   string   `json:"ruleset"`
	Effects   []Effect `json:"effects"`
	Notes     []Note   `json:"notes"`
	Merged    *Merged  `json:"merged"` // of a merge of members
}

// Merged is what a merge brought.
type Merged struct {
	From   string                 `json:"from"`
	Points map[string]json.Number `json:"points"` // all that the other member had of each, less debt
}

// Claim is the id of the claim or use that the outcome is about, "" for none.
func (o *Outcome) Claim() string {
	for i := range o.Effects {
		if o.Effects[i].Claim != "" {
			return o.Effects[i].Claim
		}
	}
	return ""
}

// Effect is one thing that an event did. Which fields it has follows from its Kind.
type Effect struct {
	Kind    string `json:"kind"` // points, badge, streak, challenge, tier, leaderboard, reward, queued, promotion
	Revoked bool   `json:"revoked"`

	// What it is about, or what gave it.
	Points      string `json:"points"`
	Badge       string `json:"badge"`
	Streak      string `json:"streak"`
	Challenge   string `json:"challenge"`
	Tier        string `json:"tier"`
	Leaderboard string `json:"leaderboard"`
	Reward      string `json:"reward"`
	Promotion   string `json:"promotion"`
	Event       string `json:"event"`
	Rule        string `json:"rule"`
	Adjustment  string `json:"adjustment"`
	Erasure     string `json:"erasure"`

	Amount json.Number `json:"amount"`
	Wanted json.Number `json:"wanted"` // before limits
	Boosts []string    `json:"boosts"`
	Took   *Took       `json:"took"`
	Level  string      `json:"level"`
	From   string      `json:"from"`
	To     string      `json:"to"`
	State  string      `json:"state"`

	Length   int         `json:"length"`
	Longest  int         `json:"longest"`
	Group    string      `json:"group"`
	Progress json.Number `json:"progress"`
	Shown    json.Number `json:"shown"`
	Goal     Text        `json:"goal"` // of a challenge how much it is, of what a goal gives its name
	Done     bool        `json:"done"`

	Season       string      `json:"season"`
	Split        string      `json:"split"`
	Score        json.Number `json:"score"`
	Rank         int64       `json:"rank"`
	PreviousRank *int64      `json:"previous_rank"`

	Claim   string `json:"claim"`
	Holding string `json:"holding"`
	Where   string `json:"where"`
	Code    string `json:"code"`

	AvailableAt *time.Time `json:"available_at"`
	ExpiresAt   *time.Time `json:"expires_at"`
	HeldUntil   *time.Time `json:"held_until"`
	AtRiskAt    *time.Time `json:"at_risk_at"`
	BreaksAt    *time.Time `json:"breaks_at"`
	OpenedAt    *time.Time `json:"opened_at"`
	ClosesAt    *time.Time `json:"closes_at"`
}

// Text is a text, or a number as it was written.
type Text string

// UnmarshalJSON reads either.
func (t *Text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(t))
	}
	*t = Text(b)
	return nil
}

// Took is where a reversal has taken points from.
type Took struct {
	Own      json.Number `json:"own"`
	Others   json.Number `json:"others"`
	Debt     json.Number `json:"debt"`
	Forgiven json.Number `json:"forgiven"`
}

// Note is why something that looked at an event gave nothing, or less.
type Note struct {
	Code       string      `json:"code"`
	Definition string      `json:"definition"`
	Message    string      `json:"message"`
	Limit      string      `json:"limit"`
	Used       json.Number `json:"used"`
}

// Recorded is an event as it was accepted, and what it did.
type Recorded struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Member   string          `json:"member"`
	From     string          `json:"merged_from"` // the member that it was then, who has been merged into this one
	Time     time.Time       `json:"time"`
	Accepted time.Time       `json:"accepted_at"`
	Imported bool            `json:"imported"`
	Late     bool            `json:"late"`
	Refused  string          `json:"refused"` // the code of the problem that a call was refused with
	By       *By             `json:"by"`      // who caused it, of a call of an administrator and of a partner's event
	Data     json.RawMessage `json:"data"`
	Outcome  Outcome         `json:"outcome"`
}

// By is who caused something.
type By struct {
	Action  string `json:"action"` // what the call did, such as points.adjust
	Key     string `json:"key"`    // the id of the key that was used
	Name    string `json:"name"`   // the name of the key
	Actor   string `json:"actor"`  // the person for whom it was, as Laurel-Actor said
	Request string `json:"request_id"`
	Partner string `json:"partner"` // whose key it was
}

// Send sends an event, and gives it an ID if it has none.
func (c *Client) Send(ctx context.Context, e *Event) (*Outcome, error) {
	e.name()
	return send[Outcome](ctx, c, http.MethodPost, Path("events"), e, nil)
}

// Try tells what an event would do, and does nothing.
func (c *Client) Try(ctx context.Context, e *Event) (*Outcome, error) {
	e.name()
	return send[Outcome](ctx, c, http.MethodPost, Path("events"), e, []CallOption{parameter("dry_run", "true")})
}

func (e *Event) name() {
	if e.ID == "" {
		e.ID = NewID()
	}
}

// Event reads an event.
func (c *Client) Event(ctx context.Context, id string, options ...CallOption) (*Recorded, error) {
	return get[Recorded](ctx, c, Path("events", id), options)
}

// OfType chooses among events by their types, which may be those of calls, such as reward.claim.
func OfType(types ...string) CallOption { return parameter("type", strings.Join(types, ",")) }

// WithResult chooses among events by what has become of them: accepted, late, refused or noted.
func WithResult(results ...string) CallOption { return parameter("result", strings.Join(results, ",")) }

// Between chooses among events by when they happened: from one instant up to another, either of which may be zero.
func Between(from, to time.Time) CallOption {
	return func(c *call) {
		if !from.IsZero() {
			parameter("from", from.UTC().Format(time.RFC3339Nano))(c)
		}
		if !to.IsZero() {
			parameter("to", to.UTC().Format(time.RFC3339Nano))(c)
		}
	}
}

// Events reads what was accepted, the latest first; with ForMember that of one member.
func (c *Client) Events(ctx context.Context, options ...CallOption) iter.Seq2[Recorded, error] {
	return pages[Recorded](ctx, c, Path("events"), options)
}

// Moment is a line of a member's timeline. What is of an event has its fields; a version of the ruleset has Version alone.
type Moment struct {
	Kind string    `json:"kind"` // event, call, gift, time, ruleset
	At   time.Time `json:"at"`
	Recorded
	Ledger   []LedgerEntry   `json:"ledger"`
	Messages []Message       `json:"messages"`
	Version  *RulesetVersion `json:"version"`
}

// RulesetVersion is a version of the ruleset.
type RulesetVersion struct {
	Version int    `json:"version"`
	Hash    string `json:"hash"`
}

// Timeline reads all that happened to a member, the latest first.
func (c *Client) Timeline(ctx context.Context, member string, options ...CallOption) iter.Seq2[Moment, error] {
	return pages[Moment](ctx, c, Path("members", member, "timeline"), options)
}

// Result is what became of one event of a batch: one of the two.
type Result struct {
	Outcome *Outcome
	Problem *Problem // it was refused
}

// Bounds of one request of a batch.
const (
	batchEvents = 500
	batchBytes  = 1 << 20
)

// SendBatch sends events in their order, in as many requests as it takes, and gives an ID to those that have none. There is one result
// for each event; one that is refused stops nothing. After an error the results are those of the events before: send the same events again.
func (c *Client) SendBatch(ctx context.Context, events []Event) ([]Result, error) {
	results := make([]Result, 0, len(events))
	lines := make([][]byte, len(events))
	for i := range events {
		events[i].name()
		b, err := json.Marshal(&events[i])
		if err != nil {
			return nil, fmt.Errorf("laurel: event %d cannot be written as JSON: %w", i, err)
		}
		lines[i] = append(b, '\n')
	}
	for len(lines) > 0 {
		n, size := 1, len(lines[0])
		for n < min(len(lines), batchEvents) && size+len(lines[n]) <= batchBytes {
			size += len(lines[n])
			n++
		}
		q := &call{method: http.MethodPost, path: Path("events", "batch"), media: "application/x-ndjson", body: slices.Concat(lines[:n]...)}
		var got []Result
		err := c.do(ctx, q, func(body []byte) (err error) {
			got, err = readResults(body, n)
			return err
		})
		if err != nil {
			return results, err
		}
		results, lines = append(results, got...), lines[n:]
	}
	return results, nil
}

// readResults reads a result a line and the summary after them. What has no summary was cut off.
func readResults(body []byte, n int) ([]Result, error) {
	lines := bytes.Split(bytes.TrimSpace(body), []byte("\n"))
	if len(lines) != n+1 || !json.Valid(lines[n]) {
		return nil, &lostError{errors.New("it ends before the last result")}
	}
	results := make([]Result, n)
	for i, line := range lines[:n] {
		var status struct{ Status int }
		if err := decode(&status)(line); err != nil {
			return nil, err
		}
		into := any(&results[i].Outcome)
		if status.Status != 0 {
			into = &results[i].Problem
		}
		if err := decode(into)(line); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// Void undoes an event as if it had never been.
func (c *Client) Void(ctx context.Context, event string, options ...CallOption) (*Outcome, error) {
	return c.Command(ctx, Path("events", event, "void"), nil, options...)
}

// Amend makes an event what it would have been with other data: the fields that replace those sent at first.
func (c *Client) Amend(ctx context.Context, event string, data any, options ...CallOption) (*Outcome, error) {
	return c.Command(ctx, Path("events", event, "amend"), map[string]any{"data": data}, options...)
}

package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/client"
)

func purchase(id, member string) client.Event {
	return client.Event{ID: id, Type: "purchase", Member: member, Data: map[string]any{"order": "o", "amount": 1.5}}
}

// Whatever the network loses and however the server restarts, every event and every command is done once.
func TestNothingIsDoneTwiceAndNothingIsLost(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	w.fail(true)
	const senders, each, batch = 8, 20, 700
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for range each {
				e := purchase("", "ann")
				out, err := c.Send(t.Context(), &e)
				if assert.NoError(t, err) {
					assert.Equal(t, e.ID, out.ID)
				}
			}
			_, err := c.Command(t.Context(), client.Path("members", "ann", "adjustments"), map[string]any{"points": "stars", "amount": 7, "reason": "a test"})
			assert.NoError(t, err, s)
		})
	}
	all.Go(func() {
		events := make([]client.Event, batch)
		for i := range events {
			events[i] = purchase("", "bob")
		}
		events[3].Type = "nothing"
		results, err := c.SendBatch(t.Context(), events)
		if !assert.NoError(t, err) || !assert.Len(t, results, batch) {
			return
		}
		for i, r := range results {
			if i == 3 {
				assert.Equal(t, "unknown_event_type", client.Code(r.Problem))
				continue
			}
			assert.Equal(t, events[i].ID, r.Outcome.ID)
		}
	})
	for range 3 {
		w.restart()
	}
	all.Wait()
	require.Greater(t, w.faults.Load(), int64(50))
	w.fail(false)
	require.EqualValues(t, senders*(each+1)+batch-1, w.program.Durable())
	p, err := c.Progress(t.Context(), "ann")
	require.NoError(t, err)
	require.EqualValues(t, fmt.Sprint(senders*each*3+senders*7+100), p.Points["stars"].Spendable)
	ids := map[string]bool{}
	for entry, err := range c.Ledger(t.Context(), "ann", client.PageSize(7)) {
		require.NoError(t, err)
		ids[fmt.Sprint(entry.Event, entry.Source)] = true
	}
	require.Len(t, ids, senders*(each+1)+1)
}

// A till: what is claimed, confirmed, used, and returned is so once, and answers say it though they are lost at first.
func TestATill(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.client(), t.Context()
	w.fail(true)
	_, err := c.PutMember(ctx, "a/b ?#%", client.Profile{Name: "Ann", Fields: map[string]any{"country": "DE", "level": json.Number("2.50")}})
	require.NoError(t, err)
	ann, err := c.Member(ctx, "a/b ?#%")
	require.NoError(t, err)
	require.Equal(t, map[string]any{"country": "DE", "level": json.Number("2.5")}, ann.Fields)

	order := client.Event{ID: "o1", Type: "purchase", Member: ann.ID, Time: time.Now(), Data: map[string]any{"order": "o", "amount": json.Number("31.10")}}
	out, err := c.Send(ctx, &order)
	require.NoError(t, err)
	require.EqualValues(t, "62", out.Effects[0].Amount)
	amended, err := c.Amend(ctx, "o1", map[string]any{"amount": 30})
	require.NoError(t, err)
	require.EqualValues(t, "-2", amended.Effects[0].Amount)

	for n := range 6 {
		claim, err := c.Claim(ctx, ann.ID, "donation", "10", client.WithKey(fmt.Sprint("c", n)))
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint("c", n), claim.Claim())
		again, err := c.Claim(ctx, ann.ID, "donation", "10", client.WithKey(fmt.Sprint("c", n)))
		require.NoError(t, err)
		require.True(t, again.Duplicate)
		switch n % 3 {
		case 0:
			_, err = c.Cancel(ctx, claim.Claim())
		case 1:
			_, err = c.Confirm(ctx, claim.Claim(), client.Confirmation{Used: true, At: "till-7"})
		case 2:
			_, err = c.Confirm(ctx, claim.Claim(), client.Confirmation{})
			require.NoError(t, err)
			_, err = c.Return(ctx, claim.Claim(), "4")
		}
		require.NoError(t, err)
	}
	p, err := c.Progress(ctx, ann.ID)
	require.NoError(t, err)
	require.EqualValues(t, "28", p.Points["stars"].Spendable)
	require.Empty(t, p.Claims)
	claim, err := c.ReadClaim(ctx, "c1")
	require.NoError(t, err)
	require.Equal(t, []any{ann.ID, true, "till-7"}, []any{claim.Member, claim.Used, claim.Where})

	visit := client.Event{Type: "visit", Member: ann.ID}
	out, err = c.Send(ctx, &visit)
	require.NoError(t, err)
	var cake client.Holding
	for h, err := range c.Holdings(ctx, ann.ID, client.WithMinSeq(out.Seq)) {
		require.NoError(t, err)
		if h.Reward == "cake" {
			cake = h
		}
	}
	found, err := c.FindCode(ctx, cake.Code)
	require.NoError(t, err)
	require.Equal(t, ann.ID, found.Member)
	_, err = c.UseCode(ctx, cake.Code, client.Use{At: "till-7"})
	require.NoError(t, err)
	_, err = c.UseCode(ctx, cake.Code, client.Use{At: "till-8"})
	var p2 *client.Problem
	require.ErrorAs(t, err, &p2)
	require.NotNil(t, p2.Used, err)
	require.Equal(t, []any{409, "already_used", "till-7"}, []any{p2.Status, p2.Code, p2.Used.Where})
	require.NotContains(t, err.Error(), cake.Code)
	_, err = c.ReleaseCode(ctx, cake.Code)
	require.NoError(t, err)
	_, err = c.UseReward(ctx, ann.ID, "cake", client.Use{})
	require.NoError(t, err)

	listed := 0
	for m, err := range c.Members(ctx, client.Where("q", "a/"), client.PageSize(1)) {
		require.NoError(t, err)
		require.Equal(t, []any{ann.ID, p.Points["stars"].Spendable}, []any{m.ID, m.Balances["stars"]})
		listed++
	}
	require.Equal(t, 1, listed)
	card, err := c.Card(ctx, ann.ID)
	require.NoError(t, err)
	shown, err := c.FindCard(ctx, card.Shown)
	require.NoError(t, err)
	require.Equal(t, []any{ann.ID, *card, p.Points["stars"].Spendable}, []any{shown.ID, shown.Card, shown.Balances["stars"]})
	next, err := c.RotateCard(ctx, ann.ID)
	require.NoError(t, err)
	_, err = c.FindCard(ctx, card.Number)
	require.Equal(t, "card_replaced", client.Code(err))
	next, err = c.BlockCard(ctx, ann.ID, next.Number)
	require.NoError(t, err)
	require.Equal(t, "blocked", next.State)
	_, err = c.FindCard(ctx, next.Number)
	require.Equal(t, "card_blocked", client.Code(err))

	_, err = c.Void(ctx, visit.ID)
	require.NoError(t, err)
	recorded, err := c.Event(ctx, "o1")
	require.NoError(t, err)
	require.JSONEq(t, `{"order":"o","amount":31.10}`, string(recorded.Data))
	goals := map[string]client.Text{}
	for _, e := range recorded.Outcome.Effects {
		goals[e.Kind] = e.Goal
	}
	require.Equal(t, client.Text("60"), goals["challenge"])

	fired, err := c.FirePromotion(ctx, "rainy_day", client.Firing{OpenFor: "90 minutes", Reason: "rain"})
	require.NoError(t, err)
	require.Equal(t, "rainy_day", fired.Effects[0].Promotion)
	_, err = c.ClosePromotion(ctx, "rainy_day", "sun")
	require.NoError(t, err)
	table, err := c.Leaderboard(ctx, "spenders", client.FromRank(1))
	require.NoError(t, err)
	require.Equal(t, ann.ID, table.Data[0].Member)
	standing, err := c.Standing(ctx, "spenders", ann.ID, client.Around(1))
	require.NoError(t, err)
	require.EqualValues(t, 1, *standing.Rank)
	require.EqualValues(t, "30", standing.Around[0].Score)
	token, err := c.MintToken(ctx, ann.ID, 5*time.Minute)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(5*time.Minute), token.ExpiresAt, 10*time.Second)
	var rewards struct{ Data []struct{ Reward string } }
	require.NoError(t, c.Get(ctx, client.Path("rewards"), &rewards, client.ForMember(ann.ID)))
	require.Len(t, rewards.Data, 3)
	changed, err := c.PatchMember(ctx, ann.ID, map[string]any{"name": nil})
	require.NoError(t, err)
	require.Empty(t, changed.Member.Name)
	_, err = c.EraseMember(ctx, ann.ID)
	require.NoError(t, err)
	_, err = c.Member(ctx, ann.ID)
	require.Equal(t, "member_erased", client.Code(err))
	require.Positive(t, w.faults.Load())
}

// An answer that has not changed is not sent again, whatever it has to have seen.
func TestAnswersAreKept(t *testing.T) {
	w := newWorld(t)
	e := purchase("o1", "ann")
	for _, kept := range []int{1000, 0} {
		c := w.client(client.WithCache(kept))
		out, err := c.Send(t.Context(), &e)
		require.NoError(t, err)
		w.unchanged.Store(0)
		first, err := c.Progress(t.Context(), "ann")
		require.NoError(t, err)
		for range 5 {
			again, err := c.Progress(t.Context(), "ann", client.WithMinSeq(out.Seq))
			require.NoError(t, err)
			require.Equal(t, first.Points, again.Points)
		}
		require.EqualValues(t, min(kept, 5), w.unchanged.Load())
		next := purchase(fmt.Sprint("next", kept), "ann")
		out, err = c.Send(t.Context(), &next)
		require.NoError(t, err)
		after, err := c.Progress(t.Context(), "ann", client.WithMinSeq(out.Seq))
		require.NoError(t, err)
		require.Equal(t, out.Seq, after.Seq)
		require.EqualValues(t, min(kept, 5), w.unchanged.Load())
	}
}

func TestProblems(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	_, err := c.Send(t.Context(), &client.Event{ID: "x", Type: "purchase", Member: "ann", Data: map[string]any{"amont": 1}})
	var p *client.Problem
	require.ErrorAs(t, fmt.Errorf("wrapped: %w", err), &p)
	require.Equal(t, 422, p.Status)
	require.Equal(t, "does_not_fit", client.Code(err))
	require.NotEmpty(t, p.RequestID)
	require.NotEmpty(t, p.Errors)
	require.Contains(t, err.Error(), p.Errors[0].Location)
	require.EqualValues(t, 1, w.got.Load(), "it is not sent again")
	_, err = c.Progress(t.Context(), "nobody")
	require.Equal(t, "member_unknown", client.Code(err))
	require.Empty(t, client.Code(errors.New("x")))
	require.Empty(t, client.Code(client.Result{}.Problem))

	for _, base := range []string{"", "laurel.example.com", "ftp://x", "https://x?y=1", "https://key@x", "://"} {
		_, err := client.New(base, "lk_x")
		require.Error(t, err, base)
	}
	for _, key := range []string{"", "a b", "a\n"} {
		_, err := client.New("https://x", key)
		require.Error(t, err)
	}
}

// network answers in place of one.
type network func(*http.Request) (*http.Response, error)

func (n network) RoundTrip(r *http.Request) (*http.Response, error) { return n(r) }

func said(status int, body string, headers ...string) *http.Response {
	r := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	if len(headers) > 0 {
		r.Header.Set(headers[0], headers[1])
	}
	return r
}

// What is tried again, when, and with the same id and key.
func TestTries(t *testing.T) {
	for name, test := range map[string]struct {
		answers     []any // an error, a status, or how many seconds a 503 asks for as a text; 200 follows
		tries       int
		least, most time.Duration
	}{
		"connections":      {[]any{io.EOF, errors.New("refused"), io.ErrUnexpectedEOF}, 4, 350 * time.Millisecond, 700 * time.Millisecond},
		"busy":             {[]any{503, 429, 502, 504}, 5, 750 * time.Millisecond, 1500 * time.Millisecond},
		"the server asks":  {[]any{"7", "3"}, 3, 10 * time.Second, 11 * time.Second},
		"not found":        {[]any{404}, 1, 0, 0},
		"a timeout of it":  {[]any{408}, 1, 0, 0},
		"it failed":        {[]any{500}, 1, 0, 0},
		"a redirect":       {[]any{307}, 1, 0, 0},
		"the tries are up": {[]any{503, 503, 503, 503, 503, 503, 503, 503, 503, 503}, 10, 15 * time.Second, 40 * time.Second},
		"silence":          {[]any{"silence"}, 2, 30 * time.Second, 31 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var bodies, sent []string
				c, err := client.New("https://x", "lk_x", client.WithHTTPClient(&http.Client{Transport: network(func(r *http.Request) (*http.Response, error) {
					b, _ := io.ReadAll(r.Body)
					bodies, sent = append(bodies, string(b)), append(sent, r.Header.Get("Idempotency-Key"))
					if len(sent) > len(test.answers) {
						return said(200, `{"id":"k"}`), nil
					}
					switch a := test.answers[len(sent)-1].(type) {
					case error:
						return nil, a
					case int:
						return said(a, "{}"), nil
					case string:
						if a == "silence" {
							<-r.Context().Done()
							return nil, r.Context().Err()
						}
						return said(503, "{}", "Retry-After", a), nil
					}
					panic("no answer")
				})}))
				require.NoError(t, err)
				began := time.Now()
				_, err = c.Claim(t.Context(), "ann", "tea", "")
				require.Equal(t, test.tries > len(test.answers), err == nil, err)
				require.Len(t, sent, test.tries)
				for i := range sent {
					require.NotEmpty(t, sent[i])
					require.Equal(t, []string{sent[0], bodies[0]}, []string{sent[i], bodies[i]})
				}
				took := time.Since(began)
				require.True(t, took >= test.least && took <= test.most, took)
			})
		})
	}
}

// However long is waited first, it grows to the most and no further.
func TestLongWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tried, last := 0, time.Now()
		c, err := client.New("https://x", "lk_x", client.WithTries(80), client.WithBackoff(8*time.Second, time.Minute), client.WithHTTPClient(
			&http.Client{Transport: network(func(*http.Request) (*http.Response, error) {
				if tried++; tried > 4 {
					require.GreaterOrEqual(t, time.Since(last), 30*time.Second)
					require.LessOrEqual(t, time.Since(last), time.Minute)
				}
				last = time.Now()
				return nil, io.EOF
			})}))
		require.NoError(t, err)
		_, err = c.Member(t.Context(), "ann")
		require.ErrorIs(t, err, io.EOF)
		require.Equal(t, 80, tried)
	})
}

// The context ends the tries, and no try is waited for that would come after it.
func TestTheContextEndsTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tried := 0
		c, err := client.New("https://x", "lk_x", client.WithTries(1000), client.WithHTTPClient(&http.Client{
			Transport: network(func(*http.Request) (*http.Response, error) {
				tried++
				return said(503, `{"code":"storage_full"}`, "Retry-After", "30"), nil
			})}))
		require.NoError(t, err)
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = c.Member(ctx, "ann")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, "storage_full", client.Code(err))
		require.Equal(t, 2, tried)
		require.Less(t, time.Since(began), 45*time.Second)

		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { stop(errors.New("the shop closes")) })
		_, err = c.Member(ctx, "ann")
		require.ErrorContains(t, err, "the shop closes")
	})
}

// What is in a path, such as a code, is in no error of a connection.
func TestErrorsDoNotTellCodes(t *testing.T) {
	c, err := client.New("http://127.0.0.1:1", "lk_secret", client.WithTries(1))
	require.NoError(t, err)
	_, err = c.FindCode(t.Context(), "XMAS-2026")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "XMAS")
	require.NotContains(t, err.Error(), "lk_secret")
}

// A batcher sends what it has taken in, once and in order, whatever the network loses.
func TestABatcher(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	w.fail(true)
	const n = 1300
	var told []string
	b := c.NewBatcher(func(e client.Event, r client.Result, err error) {
		if assert.NoError(t, err) && assert.NotNil(t, r.Outcome) {
			told = append(told, e.ID)
		}
	})
	var ids []string
	for i := range n {
		id, err := b.Add(purchase("", fmt.Sprint("m", i%3)))
		require.NoError(t, err)
		ids = append(ids, id)
		if i == 500 {
			w.restart()
		}
	}
	require.NoError(t, b.Close(t.Context()))
	require.NoError(t, b.Close(t.Context()), "again")
	_, err := b.Add(purchase("", "ann"))
	require.ErrorIs(t, err, client.ErrClosed)
	require.Equal(t, ids, told)
	w.fail(false)
	require.EqualValues(t, n, w.program.Durable())
	var of0 []string
	for e, err := range c.Events(t.Context(), client.ForMember("m0"), client.PageSize(100)) {
		require.NoError(t, err)
		of0 = append(of0, e.ID)
	}
	slices.Reverse(of0)
	for i, id := range of0 {
		require.Equal(t, ids[3*i], id, "in the order in which they were added")
	}
	require.Len(t, of0, (n+2)/3)
}

// What a batcher gives up is told.
func TestABatcherWithoutAServer(t *testing.T) {
	c, err := client.New("http://laurel.invalid", "lk_test_x", client.WithTries(1), client.WithHTTPClient(&http.Client{
		Transport: network(func(*http.Request) (*http.Response, error) { return nil, errors.New("no network") })}))
	require.NoError(t, err)
	var failed []string
	b := c.NewBatcher(func(e client.Event, _ client.Result, err error) {
		assert.ErrorContains(t, err, "no answer")
		failed = append(failed, e.ID)
	})
	for i := range 3 {
		_, err := b.Add(purchase(fmt.Sprint("e", i), "ann"))
		require.NoError(t, err)
	}
	require.NoError(t, b.Close(t.Context()))
	require.Equal(t, []string{"e0", "e1", "e2"}, failed)
}

// An app reads what there is to win, joins and leaves, and shows what has happened.
func TestAnApp(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.client(), t.Context()
	w.fail(true)
	e := client.Event{ID: "p1", Type: "purchase", Member: "ann", Data: map[string]any{"order": "o", "amount": 15}}
	_, err := c.Send(ctx, &e)
	require.NoError(t, err)
	rewards := map[string]client.Reward{}
	for r, err := range c.Rewards(ctx, client.ForMember("ann")) {
		require.NoError(t, err)
		rewards[r.Reward] = r
	}
	require.True(t, rewards["free_drink"].Mine.Available)
	require.Equal(t, "20", rewards["free_drink"].Cost[0].Amount.String())
	for ch, err := range c.Challenges(ctx, client.ForMember("ann")) {
		require.NoError(t, err)
		require.Equal(t, "dash", ch.Challenge)
		require.Equal(t, "100", ch.Gives[0].Give[0].Amount.String())
		require.Equal(t, "15", ch.Progress.Progress.String())
	}
	for p, err := range c.Promotions(ctx) {
		require.NoError(t, err)
		require.False(t, p.Open)
	}
	_, err = c.Join(ctx, "ann", "dash")
	require.Equal(t, "not_opt_in", client.Code(err))
	_, err = c.Leave(ctx, "ann", "dash")
	require.NotEmpty(t, client.Code(err))
	for b, err := range c.Badges(ctx) {
		require.NoError(t, err)
		require.Fail(t, "there are none", b.Badge)
	}
	n := 0
	for m, err := range c.Timeline(ctx, "ann") {
		require.NoError(t, err)
		require.Equal(t, "event", m.Kind)
		require.Equal(t, "p1", m.ID)
		require.Equal(t, "issued", m.Ledger[0].Kind)
		require.Equal(t, "joined", m.Messages[0].Type)
		n++
	}
	require.Equal(t, 1, n)
}

// A line of a batch that is refused tells what the refusal of a single call does.
func TestABatchNamesTheMemberOfNow(t *testing.T) {
	w := newWorld(t)
	w.fail(false)
	c := w.client()
	for _, member := range []string{"guest", "ann"} {
		e := purchase("", member)
		_, err := c.Send(t.Context(), &e)
		require.NoError(t, err)
	}
	_, err := c.Command(t.Context(), client.Path("members", "ann", "merge"), map[string]any{"from": "guest"})
	require.NoError(t, err)
	results, err := c.SendBatch(t.Context(), []client.Event{purchase("", "guest")})
	require.NoError(t, err)
	require.Equal(t, "merged", client.Code(results[0].Problem))
	require.Equal(t, "ann", results[0].Problem.Member)
}

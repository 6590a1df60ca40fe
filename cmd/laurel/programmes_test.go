package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/client"
)

// The shipped programmes as those who use them do: an app, a till, a marketing tool and a member's phone talk to a real server, over a
// network that loses requests and answers and is slow, and the server is killed and started again in between. Nothing is done twice,
// and each of them gets what it is there for.
func TestTheProgrammesInUse(t *testing.T) {
	s := newStage(t)
	t.Run("coffee", func(t *testing.T) { coffeeInUse(s.program(t, "coffee")) })
	t.Run("stampcard", func(t *testing.T) { stampcardInUse(s.program(t, "stampcard")) })
	t.Run("fashion", func(t *testing.T) { fashionInUse(s.program(t, "fashion")) })
	t.Run("guest", func(t *testing.T) { guestInUse(s.program(t, "fashion")) })
	t.Run("sales", func(t *testing.T) { salesInUse(s.program(t, "sales")) })
	t.Run("fitness", func(t *testing.T) { fitnessInUse(s.program(t, "fitness")) })
	require.Greater(t, s.lost, 20, "the network lost things")
}

// coffeeInUse: a card is scanned, rain is announced, and a birthday drink is used, once.
func coffeeInUse(u *user) {
	_, err := u.PutMember(u.ctx, "ann", client.Profile{Name: "Ann", Fields: map[string]any{"birthday": "1990-12-05"}})
	u.NoError(err)
	card, err := u.Card(u.ctx, "ann")
	u.NoError(err)
	till := u.with("events:write", "rewards:use", "cards:read", "rewards:claim")
	marketing := u.with("promotions:fire", "catalogue:read")

	found, err := till.FindCard(u.ctx, card.Shown) // as it is read out
	u.NoError(err)
	u.Equal("ann", found.ID)
	_, err = marketing.FirePromotion(u.ctx, "rainy_day", client.Firing{Reason: "rain in Berlin"})
	u.NoError(err)
	out, err := till.Send(u.ctx, &client.Event{Type: "purchase", Member: found.ID, Data: map[string]any{"order_id": "o1", "amount": 10}})
	u.NoError(err)
	u.Equal("rainy_day_double", out.Effects[0].Boosts[0])
	u.stage.crash()

	u.clock("2026-12-05T08:00:00Z")
	told := u.told("reward_given", "ann")
	u.Equal("free_drink", told["reward"])
	u.Equal("reward_given", u.streamed("ann", "reward_given").Type)
	found, err = till.FindCard(u.ctx, card.Number) // as it is scanned
	u.NoError(err)
	u.Len(found.Rewards, 1)
	u.Equal("free_drink", found.Rewards[0].Reward)
	_, err = till.UseReward(u.ctx, "ann", "free_drink", client.Use{At: "till-7"})
	u.NoError(err)
	_, err = till.UseReward(u.ctx, "ann", "free_drink", client.Use{At: "till-7"})
	u.Equal("not_held", client.Code(err), "a second drink")
	u.Equal("till-7", u.told("reward_used", "ann")["at"])

	_, err = u.BlockCard(u.ctx, "ann", "") // it is lost
	u.NoError(err)
	_, err = till.FindCard(u.ctx, card.Number)
	u.Equal("card_blocked", client.Code(err))
	_, err = till.Member(u.ctx, "ann")
	u.Equal("scope_missing", client.Code(err), "a till is no app")
}

// stampcardInUse: the tenth coffee is free.
func stampcardInUse(u *user) {
	_, err := u.Card(u.ctx, "elif")
	u.Equal("member_unknown", client.Code(err))
	_, err = u.PutMember(u.ctx, "elif", client.Profile{})
	u.NoError(err)
	card, err := u.Card(u.ctx, "elif")
	u.NoError(err)
	for i := range 9 {
		found, err := u.FindCard(u.ctx, card.Number)
		u.NoError(err)
		u.Equal(fmt.Sprint(i), found.Balances["stamps"].String())
		_, err = u.Send(u.ctx, &client.Event{Type: "coffee", Member: found.ID, Data: map[string]any{"cups": 1}})
		u.NoError(err)
		if i == 4 {
			u.stage.crash()
		}
	}
	for r, err := range u.Rewards(u.ctx, client.ForMember("elif")) {
		u.NoError(err)
		u.True(r.Mine.Available, "%s", r.Reward)
	}
	claim, err := u.Claim(u.ctx, "elif", "free_coffee", "")
	u.NoError(err)
	_, err = u.Confirm(u.ctx, claim.Claim(), client.Confirmation{Used: true, At: "counter"})
	u.NoError(err)
	_, err = u.Claim(u.ctx, "elif", "free_coffee", "")
	u.Equal("insufficient", client.Code(err))
	_, err = u.UseReward(u.ctx, "elif", "free_coffee", client.Use{})
	u.Equal("not_held", client.Code(err), "it was drunk")
}

// fashionInUse: a partner's events earn where the account is linked, a donation is returned, and who stays away is won back.
func fashionInUse(u *user) {
	for _, member := range []string{"bob", "cid"} {
		_, err := u.PutMember(u.ctx, member, client.Profile{Fields: map[string]any{"email_ok": true}})
		u.NoError(err)
	}
	_, err := u.PatchMember(u.ctx, "bob", map[string]any{"fields": map[string]any{"linked": []string{"grand_hotel"}}})
	u.NoError(err)
	partner := u.with("events:write")
	for member, gives := range map[string]int{"bob": 1, "cid": 0} {
		out, err := partner.Send(u.ctx, &client.Event{Type: "partner_stay", Member: member, Data: map[string]any{"partner": "grand_hotel", "nights": 2}})
		u.NoError(err)
		u.Len(out.Effects, gives, member)
	}

	out, err := u.Send(u.ctx, &client.Event{Type: "newsletter_signup", Member: "bob"})
	u.NoError(err)
	claim, err := u.Claim(u.ctx, "bob", "donate", "120")
	u.NoError(err)
	_, err = u.Confirm(u.ctx, claim.Claim(), client.Confirmation{})
	u.NoError(err)
	u.Equal("120", u.counter("threads_donated"))
	u.stage.crash()
	back, err := u.Return(u.ctx, claim.Claim(), "")
	u.NoError(err)
	u.Equal("0", u.counter("threads_donated"))
	p, err := u.Progress(u.ctx, "bob", client.WithMinSeq(max(out.Seq, back.Seq)))
	u.NoError(err)
	u.Equal("150", p.Points["threads"].Spendable.String())

	for i := range 5 { // one in ten hears nothing, so of five somebody does
		_, err = u.Send(u.ctx, &client.Event{Type: "purchase", Member: fmt.Sprint("shopper-", i), Data: map[string]any{"order_id": fmt.Sprint("o", i),
			"amount": 80, "channel": "app", "items": []any{}}})
		u.NoError(err)
		_, err = u.PatchMember(u.ctx, fmt.Sprint("shopper-", i), map[string]any{"fields": map[string]any{"email_ok": true}})
		u.NoError(err)
	}
	u.clock("2027-03-03T12:00:00Z")
	message := u.told("reward_given", "")
	u.Equal("comeback_10", message["reward"])
	u.Equal("rules/we_miss_you", message["definition"])
	who, _ := message["member"].(string)
	u.Equal("reward_given", u.streamed(who, "reward_given").Type)
	for h, err := range u.Holdings(u.ctx, who) {
		u.NoError(err)
		u.Equal("comeback_10", h.Reward)
	}
}

// guestInUse: who bought as a guest and signs up later keeps all of it, by one call that is made once however often it is sent.
func guestInUse(u *user) {
	buy := func(order, member string, amount int) {
		_, err := u.Send(u.ctx, &client.Event{Type: "purchase", Member: member, Data: map[string]any{"order_id": order, "amount": amount,
			"channel": "shop", "items": []any{}}})
		u.NoError(err)
	}
	buy("g1", "guest-17", 40)
	buy("a1", "dora", 10)
	_, err := u.MergeMember(u.ctx, "dora", "guest-17")
	u.NoError(err)
	p, err := u.Progress(u.ctx, "dora")
	u.NoError(err)
	u.Equal("500", p.Points["threads"].Pending.String())
	u.stage.crash()
	_, err = u.Progress(u.ctx, "guest-17")
	u.Equal("merged", client.Code(err))
	for e, err := range u.Events(u.ctx, client.ForMember("dora"), client.OfType("purchase")) {
		u.NoError(err)
		_, err = u.Void(u.ctx, e.ID) // what was bought as a guest is returned as what the member bought
		u.NoError(err)
	}
	p, err = u.Progress(u.ctx, "dora")
	u.NoError(err)
	u.Equal("0", p.Points["threads"].Pending.String())
}

// salesInUse: a gift card comes from a pool of codes, is given to one and used once.
func salesInUse(u *user) {
	for _, rep := range []string{"kim", "lee"} {
		_, err := u.PutMember(u.ctx, rep, client.Profile{Fields: map[string]any{"region": "west", "role": "rep"}})
		u.NoError(err)
		_, err = u.Send(u.ctx, &client.Event{Type: "sale", Member: rep, Data: map[string]any{"deal_id": "d-" + rep, "amount": 120000, "product": "fleet",
			"new_customer": false}})
		u.NoError(err)
	}
	u.post("/v1/admin/rewards/gift_card_50/codes", "text/plain", "GIFT-A\n", nil)
	claim, err := u.Claim(u.ctx, "kim", "gift_card_50", "")
	u.NoError(err)
	_, err = u.Claim(u.ctx, "lee", "gift_card_50", "")
	u.Equal("stock", client.Code(err), "the pool has one code")
	u.stage.crash()
	_, err = u.Confirm(u.ctx, claim.Claim(), client.Confirmation{})
	u.NoError(err)
	got, err := u.ReadClaim(u.ctx, claim.Claim())
	u.NoError(err)
	u.Equal("GIFT-A", got.Code)
	shop := u.with("rewards:use")
	holding, err := shop.FindCode(u.ctx, "GIFT-A")
	u.NoError(err)
	u.Equal([]string{"kim", "held"}, []string{holding.Member, holding.State})
	_, err = shop.UseCode(u.ctx, "GIFT-A", client.Use{At: "shop-3"})
	u.NoError(err)
	_, err = shop.UseCode(u.ctx, "GIFT-A", client.Use{At: "shop-4"})
	u.Equal("already_used", client.Code(err))
	table, err := u.Leaderboard(u.ctx, "quarterly", client.InSplit("west"))
	u.NoError(err)
	u.EqualValues(2, table.Total)
}

// fitnessInUse: a phone sees what is the member's own, a calendar of the streak, and may not tell of runs.
func fitnessInUse(u *user) {
	for day := range 7 {
		for _, runner := range []string{"ann", "bob"} {
			_, err := u.Send(u.ctx, &client.Event{Type: "run", Member: runner, Data: map[string]any{"km": 4 + len(runner) + day, "minutes": 60}})
			u.NoError(err)
		}
		if day == 3 {
			u.stage.crash()
		}
		if day < 6 {
			u.clock(fmt.Sprintf("2026-12-%02dT12:00:00Z", 3+day))
		}
	}
	_, err := u.BuyFreeze(u.ctx, "ann", "daily_run")
	u.NoError(err)
	for s, err := range u.Streaks(u.ctx, client.ForMember("ann")) {
		u.NoError(err)
		u.Equal(7, s.Progress.Length)
		u.Equal(1, s.Progress.Stored)
		u.Len(s.Periods, 14)
		u.Equal(client.StreakPeriod{Period: "2026-12-08", State: "done"}, s.Periods[13])
		u.Equal("before", s.Periods[0].State)
	}
	token, err := u.MintToken(u.ctx, "ann", 10*time.Minute)
	u.NoError(err)
	phone := u.as(token.Token)
	var progress client.Progress
	u.NoError(phone.Get(u.ctx, "/v1/me/progress", &progress))
	u.Equal("ann", progress.Member)
	u.NotEmpty(progress.Challenges)
	_, err = phone.Progress(u.ctx, "bob")
	u.Error(err, "a token is for its own member alone")
	standing, err := u.Standing(u.ctx, "weekly_league", "ann", client.Around(1))
	u.NoError(err)
	u.EqualValues(2, standing.Total)
	var last *client.Problem
	u.ErrorAs(phone.Get(u.ctx, "/v1/members/bob", &progress), &last)
}

// stage is a server with all shipped programmes, and those who talk to it.
type stage struct {
	t       *testing.T
	args    []string
	server  *server
	keys    map[string]string // by example
	network *httptest.Server  // that loses things

	mu   sync.Mutex
	base *url.URL
	dice *rand.Rand
	lost int // requests and answers
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, keys: map[string]string{}, dice: rand.New(rand.NewPCG(5, 7))}
	s.args = []string{"--data", filepath.Join(t.TempDir(), "data"), "--sandbox-at", "2026-12-02T12:00:00Z", "--webhooks-allow-private"}
	examples := []string{"coffee", "fashion", "fitness", "sales", "stampcard"}
	for _, e := range examples {
		s.args = append(s.args, "../../rulesets/examples/"+e)
	}
	s.start()
	keys := printedKeys(s.server.banner)
	require.Len(t, keys, len(examples))
	for _, key := range keys {
		var p struct{ Program string }
		s.server.key = key
		require.Equal(t, 200, s.server.do("GET", "/v1/admin/program", "", &p))
		s.keys[map[string]string{"lark_coffee": "coffee", "atelier_circle": "fashion", "stride": "fitness", "peak_sales": "sales",
			"corner_bakery": "stampcard"}[p.Program]] = key
	}
	s.network = httptest.NewServer(s.lossy(&httputil.ReverseProxy{Transport: checking(t), FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0),
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(s.at()) }}))
	t.Cleanup(func() { s.network.CloseClientConnections(); s.network.Close() })
	return s
}

func (s *stage) at() *url.URL {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}

func (s *stage) start() {
	s.server = serveBinary(s.t, s.args...)
	base, err := url.Parse(s.server.base)
	require.NoError(s.t, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = base
}

// crash kills the server, and starts it again on what is on the disk.
func (s *stage) crash() {
	s.server.kill()
	s.start()
}

// lossy loses one request in eight, and one answer.
func (s *stage) lossy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		fault := s.dice.IntN(8)
		if strings.HasSuffix(r.URL.Path, "/stream") {
			fault = 7
		}
		if fault < 2 {
			s.lost++
		}
		s.mu.Unlock()
		switch fault {
		case 0:
			panic(http.ErrAbortHandler)
		case 1:
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// user is somebody who uses one programme.
type user struct {
	*require.Assertions
	*client.Client
	t     *testing.T
	ctx   context.Context
	stage *stage
	key   string
	hooks *hooks
}

func (s *stage) program(t *testing.T, example string) *user {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	u := &user{Assertions: require.New(t), t: t, ctx: ctx, stage: s, key: s.keys[example]}
	u.Client = u.as(u.key)
	u.hooks = &hooks{arrived: make(chan struct{}, 1)}
	receiver := httptest.NewServer(u.hooks)
	t.Cleanup(receiver.Close)
	var made struct{ Secret string }
	u.post("/v1/admin/webhooks", "application/json", fmt.Sprintf(`{"url":%q}`, receiver.URL), &made)
	u.hooks.secret(made.Secret)
	return u
}

// as is a client with another key, or a token.
func (u *user) as(key string) *client.Client {
	c, err := client.New(u.stage.network.URL, key, client.WithBackoff(time.Millisecond, 200*time.Millisecond), client.WithTries(200))
	u.NoError(err)
	return c
}

// with is a client with a key that has these scopes alone.
func (u *user) with(scopes ...string) *client.Client {
	body, err := json.Marshal(map[string]any{"name": strings.Join(scopes, " "), "scopes": scopes})
	u.NoError(err)
	var made struct{ Secret string }
	u.post("/v1/admin/keys", "application/json", string(body), &made)
	return u.as(made.Secret)
}

// post makes a call of an operator, straight to the server.
func (u *user) post(path, media, body string, into any) {
	u.t.Helper()
	req, err := http.NewRequestWithContext(u.ctx, http.MethodPost, u.stage.at().String()+path, strings.NewReader(body))
	u.NoError(err)
	req.Header.Set("Authorization", "Bearer "+u.key)
	req.Header.Set("Content-Type", media)
	resp, err := checking(u.t).RoundTrip(req)
	u.NoError(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	u.NoError(err)
	u.Less(resp.StatusCode, 300, "%s", answer)
	if into != nil {
		u.NoError(json.Unmarshal(answer, into))
	}
}

// clock moves the program's clock.
func (u *user) clock(to string) {
	u.t.Helper()
	for reached := false; !reached; {
		var clock struct{ Reached bool }
		u.post("/v1/admin/clock", "application/json", fmt.Sprintf(`{"to":%q}`, to), &clock)
		reached = clock.Reached
	}
}

func (u *user) counter(id string) string {
	u.t.Helper()
	var counter struct{ Value json.Number }
	u.NoError(u.Get(u.ctx, client.Path("counters", id), &counter))
	return counter.Value.String()
}

// told waits for a webhook of a type, of a member or "" for any.
func (u *user) told(kind, member string) map[string]any {
	u.t.Helper()
	for {
		for _, m := range u.hooks.list() {
			if m.Type == kind && (member == "" || m.Member == member) {
				var data map[string]any
				u.NoError(json.Unmarshal(m.Data, &data))
				return data
			}
		}
		select {
		case <-u.hooks.arrived:
		case <-u.ctx.Done():
			u.FailNow("no webhook came", "%s of %s", kind, member)
		}
	}
}

// streamed waits for a message of the stream of a member.
func (u *user) streamed(member, kind string) client.Message {
	u.t.Helper()
	first := uint64(0)
	for m, err := range u.Stream(u.ctx, client.Topics{Member: member, After: &first}) {
		u.NoError(err)
		for _, message := range m.Event.Messages {
			if message.Type == kind {
				return message
			}
		}
	}
	u.FailNow("the stream ended")
	return client.Message{}
}

// hooks is a receiver of webhooks.
type hooks struct {
	mu      sync.Mutex
	webhook client.Webhook
	got     []client.Message
	arrived chan struct{}
}

func (h *hooks) secret(s string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.webhook.Secrets = []string{s}
}

func (h *hooks) list() []client.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]client.Message{}, h.got...)
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	message, err := h.webhook.Read(r)
	if err == nil {
		h.got = append(h.got, *message)
	}
	h.mu.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	select {
	case h.arrived <- struct{}{}:
	default:
	}
}

package api_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// history is a page of a list of events.
type history struct {
	Data []struct {
		ID, Type, Member, Kind, Refused string
		Late                            bool
		Outcome                         struct{ Seq uint64 }
		Ledger                          []struct{ Kind, Points string }
		Messages                        []struct{ Type string }
		Version                         *struct{ Version int }
	}
	HasMore    bool    `json:"has_more"`
	NextCursor *string `json:"next_cursor"`
}

func (l *history) ids() (ids []string) {
	for _, e := range l.Data {
		ids = append(ids, e.ID)
	}
	return ids
}

func (w *world) history(path string) (l history) {
	w.t.Helper()
	w.get(path).ok().json(&l)
	return l
}

// all reads every page of a list.
func (w *world) all(path string) (ids []string) {
	w.t.Helper()
	for next := ""; ; {
		l := w.history(path + next)
		ids = append(ids, l.ids()...)
		if require.Equal(w.t, l.HasMore, l.NextCursor != nil); !l.HasMore {
			return ids
		}
		next = "&cursor=" + *l.NextCursor
	}
}

func (w *world) visit(id, member string, at time.Time) {
	w.t.Helper()
	w.do("POST", "/v1/events", fmt.Sprintf(`{"id":%q,"type":"visit","member":%q,"time":%q}`, id, member, at.Format(time.RFC3339))).ok()
}

// Events are history for everybody or one member, by type, by what has become of them, and by their time, page by page.
func TestEventsAreListed(t *testing.T) {
	w := newWorld(t)
	start := w.time()
	for i := range 5 {
		w.visit(fmt.Sprintf("a%d", i), "ann", w.time())
		w.visit(fmt.Sprintf("b%d", i), "bob", w.time())
		w.advance(time.Hour)
	}
	w.visit("late", "ann", start.Add(30*time.Minute))
	w.do("POST", "/v1/events", `{"id":"p","type":"purchase","member":"ann","data":{"order_id":"o","amount":3}}`).ok()
	w.do("POST", "/v1/members/bob/claims", `{"reward":"sticker"}`, "Idempotency-Key", "c0").ok()
	w.do("POST", "/v1/members/bob/claims", `{"reward":"sticker"}`, "Idempotency-Key", "c1").problem(409, "insufficient")

	require.Equal(t, []string{"laurel:key/c1", "laurel:key/c0", "p", "late", "b4", "a4", "b3", "a3", "b2", "a2", "b1", "a1", "b0", "a0"},
		w.all("/v1/events?limit=1000"))
	require.Equal(t, w.all("/v1/events?limit=1000"), w.all("/v1/events?limit=2"), "in any pages")
	require.Equal(t, []string{"p", "late", "a4", "a3", "a2", "a1", "a0"}, w.all("/v1/events?member=ann&limit=3"))
	require.Equal(t, []string{"p"}, w.all("/v1/events?type=purchase&limit=1"))
	require.Equal(t, []string{"laurel:key/c1", "laurel:key/c0", "p"}, w.all("/v1/events?type=purchase,reward.claim&limit=1"))
	require.Equal(t, []string{"late"}, w.all("/v1/events?result=late&limit=1"))
	require.Equal(t, []string{"laurel:key/c1", "late"}, w.all("/v1/events?result=late,refused&limit=1"))
	require.Equal(t, "insufficient", w.history("/v1/events?result=refused").Data[0].Refused)
	from, to := url.QueryEscape(start.Add(time.Hour).Format(time.RFC3339)), url.QueryEscape(start.Add(3*time.Hour).Format(time.RFC3339))
	require.Equal(t, []string{"b2", "a2", "b1", "a1"}, w.all("/v1/events?limit=3&from="+from+"&to="+to))
	require.Equal(t, []string{"late", "a0"}, w.all("/v1/events?limit=3&member=ann&to="+from))

	for query, part := range map[string]string{
		"?type=vist": "did you mean visit", "?result=lost": "one of accepted, late, refused, noted",
		"?from=monday": "write it like", "?member=%00": "cannot be an id",
		"?from=" + to + "&to=" + from: "it lies before from", "?cursor=x": "send next_cursor of the page before",
	} {
		require.Contains(t, string(w.get("/v1/events"+query).body), part, query)
	}
	w.get("/v1/events?member=nobody").problem(404, "member_unknown")
	other := w.history("/v1/events?limit=1")
	w.get("/v1/events?member=ann&cursor="+*other.NextCursor).problem(404, "not_found")

	require.Equal(t, 200, w.do("DELETE", "/v1/members/bob", "").status)
	require.Equal(t, []string{"p", "late", "a4", "a3", "a2", "a1", "a0"}, w.all("/v1/events?type=visit,purchase&limit=2&member=ann"))
	w.get("/v1/events?member=bob").problem(410, "member_erased")
}

// A timeline has all that happened to a member: events and calls with what they did to the points, messages, gifts, what time did, and
// the versions of the ruleset between them.
func TestTimeline(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", `{"id":"p","type":"purchase","member":"ann","data":{"order_id":"o","amount":10}}`).ok()
	w.visit("other", "bob", w.time())
	w.do("POST", "/v1/members/ann/claims", `{"reward":"sticker"}`, "Idempotency-Key", "c1").ok()
	w.do("POST", "/v1/claims/c1/confirm", "").ok()
	l := w.history("/v1/members/ann/timeline")
	require.Len(t, l.Data, 3)
	kinds := []string{}
	for _, m := range l.Data {
		kinds = append(kinds, m.Kind+" "+m.Type)
	}
	require.Equal(t, []string{"call claim.confirm", "call reward.claim", "event purchase"}, kinds)
	require.Equal(t, "spent", l.Data[0].Ledger[0].Kind)
	require.Equal(t, "reward_confirmed", l.Data[0].Messages[0].Type)
	require.Equal(t, "p", l.Data[2].ID)
	require.Len(t, l.Data[2].Ledger, 2, "the welcome's stars and the purchase's")
	require.Equal(t, []string{l.Data[0].ID, l.Data[1].ID, "p"}, w.all("/v1/members/ann/timeline?limit=1"))
	w.get("/v1/members/nobody/timeline").problem(404, "member_unknown")
}

// A ledger can be asked for one kind of points, for kinds of entries, and for what became of one lot.
func TestLedgerOfALot(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", `{"id":"p","type":"purchase","member":"ann","data":{"order_id":"o","amount":10}}`).ok()
	w.do("POST", "/v1/events", `{"id":"q","type":"purchase","member":"ann","data":{"order_id":"o2","amount":10}}`).ok()
	w.do("POST", "/v1/members/ann/claims", `{"reward":"sticker"}`, "Idempotency-Key", "c1").ok()
	w.do("POST", "/v1/claims/c1/confirm", "").ok()
	var ledger struct {
		Data []struct {
			Event, Kind string
			Lot         uint64
		}
		HasMore bool `json:"has_more"`
	}
	w.get("/v1/members/ann/ledger?kind=spent").ok().json(&ledger)
	require.Len(t, ledger.Data, 1)
	spent := ledger.Data[0]
	require.Equal(t, "spent", spent.Kind)
	ledger.Data = nil
	w.get(fmt.Sprintf("/v1/members/ann/ledger?order=oldest&points=stars&lot=%d", spent.Lot)).ok().json(&ledger)
	require.NotEmpty(t, ledger.Data)
	require.Equal(t, "issued", ledger.Data[0].Kind)
	require.Equal(t, "p", ledger.Data[0].Event)
	for _, e := range ledger.Data {
		require.Equal(t, spent.Lot, e.Lot)
	}
	require.Contains(t, string(w.get("/v1/members/ann/ledger?kind=spend").body), "spent")
	require.Contains(t, string(w.get("/v1/members/ann/ledger?points=star").body), "stars")
	w.get("/v1/members/ann/ledger?lot=x").problem(400, "wrong_parameter")
}

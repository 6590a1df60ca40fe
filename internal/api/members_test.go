package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// change is the answer to a PUT or PATCH of a member.
type change struct {
	Member map[string]any
	Event  *outcome
}

func (w *world) change(method, member, body string, status int) (c change) {
	w.t.Helper()
	a := w.do(method, "/v1/members/"+member, body)
	require.Equal(w.t, status, a.status, "%s", a.body)
	a.json(&c)
	return c
}

func TestMembers(t *testing.T) {
	w := newWorld(t)
	const full = `{"name":"Ann","timezone":"America/New_York","fields":{"birthday":"2000-02-29","level":3}}`
	c := w.change("PUT", "ann", full, 201)
	require.Equal(t, map[string]any{"id": "ann", "name": "Ann", "timezone": "America/New_York", "joined": "2026-12-02T12:00:00Z", "seq": 1.0,
		"fields": map[string]any{"birthday": "2000-02-29", "level": 3.0}}, c.Member)
	require.Equal(t, "welcome", c.Event.Effects[0]["rule"], "putting a member is how it joins")

	for name, same := range map[string][2]string{
		"the same":                    {"PUT", full},
		"the same, written otherwise": {"PUT", `{"fields":{"level":3.00,"birthday":"2000-02-29"},"timezone":"America/New_York","name":"\u0041nn"}`},
		"nothing":                     {"PATCH", `{}`},
		"one of it":                   {"PATCH", `{"fields":{"level":3}}`},
		"no fields":                   {"PATCH", `{"name":"Ann","fields":{}}`},
	} {
		c := w.change(same[0], "ann", same[1], 200)
		require.Nil(t, c.Event, name)
		require.Equal(t, 1.0, c.Member["seq"], name)
		require.EqualValues(t, 1, w.journal(), name)
	}

	c = w.change("PATCH", "ann", `{"fields":{"level":4}}`, 200)
	require.Equal(t, map[string]any{"birthday": "2000-02-29", "level": 4.0}, c.Member["fields"])
	require.Equal(t, "Ann", c.Member["name"])
	require.Empty(t, c.Event.Effects)

	c = w.change("PATCH", "ann", `{"fields":{"level":null},"timezone":null}`, 200)
	require.Equal(t, map[string]any{"birthday": "2000-02-29"}, c.Member["fields"])
	require.Equal(t, "Europe/Berlin", c.Member["timezone"], "the program's")
	require.Nil(t, w.change("PATCH", "ann", `{"fields":{"level":null},"timezone":null}`, 200).Event)

	c = w.change("PUT", "ann", `{"fields":{"level":7}}`, 200)
	require.Equal(t, map[string]any{"level": 7.0}, c.Member["fields"], "what PUT leaves out is cleared")
	require.Nil(t, c.Member["name"])
	require.Nil(t, w.change("PUT", "ann", `{"fields":{"level":7}}`, 200).Event)
	require.EqualValues(t, 4, w.journal())

	a := w.get("/v1/members/ann").ok()
	var member map[string]any
	a.json(&member)
	require.Equal(t, c.Member, member)
	require.Equal(t, 304, w.get("/v1/members/ann", "If-None-Match", a.header.Get("ETag")).status)

	events := w.do("POST", "/v1/events", visit("v1", "zoe")).outcome()
	require.Equal(t, "welcome", events.Effects[0]["rule"])
	require.Nil(t, w.change("PATCH", "zoe", `{}`, 200).Event, "known already")
	require.NotNil(t, w.change("PATCH", "yan", `{}`, 201).Event)
}

// TestRequiredFields is about a program whose members have a required field.
func TestRequiredFields(t *testing.T) {
	w := newWorld(t)
	bravo := as(w.secrets["bravo"])
	p := w.do("POST", "/v1/events", `{"id":"s1","type":"sale","member":"bob","data":{"amount":1}}`, bravo...).problem(422, "member_incomplete")
	require.Equal(t, "fields.country", p.Errors[0].Location)
	w.do("PUT", "/v1/members/bob", `{"name":"Bob"}`, bravo...).problem(422, "does_not_fit")
	p = w.do("PATCH", "/v1/members/bob", `{"name":"Bob"}`, bravo...).problem(422, "member_incomplete")
	require.Equal(t, "fields.country", p.Errors[0].Location)
	require.Zero(t, w.journal())

	require.Equal(t, 201, w.do("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`, bravo...).status)
	p = w.do("PUT", "/v1/members/bob", `{"name":"Bob"}`, bravo...).problem(422, "does_not_fit")
	require.Equal(t, "fields.country", p.Errors[0].Location)
	w.do("PATCH", "/v1/members/bob", `{"fields":{"country":null}}`, bravo...).problem(422, "does_not_fit")
	w.do("POST", "/v1/events", `{"id":"s1","type":"sale","member":"bob","data":{"amount":1}}`, bravo...).ok()
}

func TestProgress(t *testing.T) {
	w := newWorld(t)
	type progress struct {
		At     string
		Seq    uint64
		Points map[string]struct{ Spendable json.Number }
	}
	spendable := func(query string) string {
		var p progress
		w.get("/v1/members/ann/progress" + query).ok().json(&p)
		return p.Points["stars"].Spendable.String()
	}
	o := w.do("POST", "/v1/events", purchase).outcome()
	a := w.get(fmt.Sprint("/v1/members/ann/progress?min_seq=", o.Seq)).ok()
	etag := a.header.Get("ETag")
	require.Regexp(t, `^"[0-9a-f]{24}"$`, etag)
	require.Equal(t, "private, no-cache", a.header.Get("Cache-Control"))
	require.Equal(t, "30", spendable(""))

	for _, header := range []string{etag, "W/" + etag, `"x", ` + etag, "*"} {
		b := w.get("/v1/members/ann/progress", "If-None-Match", header)
		require.Equal(t, 304, b.status, header)
		require.Equal(t, etag, b.header.Get("ETag"))
		require.Empty(t, b.body)
	}
	w.advance(time.Minute)
	require.Equal(t, 304, w.get("/v1/members/ann/progress", "If-None-Match", etag).status)
	w.do("POST", "/v1/events", visit("v1", "bob")).ok()
	require.Equal(t, 304, w.get("/v1/members/ann/progress", "If-None-Match", etag).status, "somebody else's event changes nothing")
	w.get("/v1/members/ann/progress", "If-None-Match", `"x"`).ok()

	w.advance(time.Hour)
	w.do("POST", "/v1/events", `{"id":"o2","type":"purchase","member":"ann","data":{"order_id":"o2","amount":10}}`).ok()
	fresh := w.get("/v1/members/ann/progress", "If-None-Match", etag).ok()
	require.NotEqual(t, etag, fresh.header.Get("ETag"))
	require.Equal(t, "50", spendable(""))
	require.Equal(t, "30", spendable("?at=2026-12-02T12:30:00Z"))
	require.Equal(t, "30", spendable("?at=2026-12-02T13:30:00+01:00"), "a plus that a client did not escape")
	require.Equal(t, "50", spendable("?at=2027-12-02T22:59:59Z"))
	require.Equal(t, "0", spendable("?at=2027-12-02T23:00:00Z"), "what will have expired by then")

	past := w.get("/v1/members/ann/progress?at=2026-12-02T12:30:00Z").ok()
	require.Equal(t, 304, w.get("/v1/members/ann/progress?at=2026-12-02T12:30:00Z", "If-None-Match", past.header.Get("ETag")).status)
}

// ledgerPage is a page of a ledger.
type ledgerPage struct {
	Data []struct {
		Seq     uint64
		Event   string
		Points  string
		Kind    string
		Amount  json.Number
		Balance json.Number
		Lot     uint64
		Source  string
	}
	HasMore    bool    `json:"has_more"`
	NextCursor *string `json:"next_cursor"`
}

func TestLedger(t *testing.T) {
	w := newWorld(t)
	for i := range 7 {
		w.do("POST", "/v1/events", fmt.Sprintf(`{"id":"o%d","type":"purchase","member":"ann","data":{"order_id":"o","amount":%d}}`, i, i+1)).ok()
		w.do("POST", "/v1/events", visit(fmt.Sprint("v", i), "ann")).ok() // has no entries
		w.advance(time.Minute)
	}
	read := func(query string) (p ledgerPage) {
		w.get("/v1/members/ann/ledger" + query).ok().json(&p)
		return p
	}
	latest := read("")
	all := read("?order=oldest")
	require.Len(t, all.Data, 8)
	require.False(t, all.HasMore)
	require.Nil(t, all.NextCursor)
	back := slices.Clone(all.Data)
	slices.Reverse(back)
	require.Equal(t, back, latest.Data, "the latest first")
	require.Equal(t, latest, read("?order=latest"))
	require.Equal(t, []string{"5", "7", "11", "17", "25", "35", "47", "61"}, func() (b []string) {
		for _, e := range all.Data {
			b = append(b, e.Balance.String())
		}
		return b
	}())
	require.Equal(t, "o0", all.Data[1].Event)
	require.Equal(t, "issued", all.Data[1].Kind)
	require.Equal(t, "rules/per_euro", all.Data[1].Source)

	for size := 1; size <= 8; size++ {
		for order, want := range map[string]ledgerPage{"latest": latest, "oldest": all} {
			var joined ledgerPage
			query := fmt.Sprint("?order=", order, "&limit=", size)
			for {
				p := read(query)
				require.LessOrEqual(t, len(p.Data), size)
				joined.Data = append(joined.Data, p.Data...)
				require.Equal(t, p.HasMore, p.NextCursor != nil)
				if !p.HasMore {
					break
				}
				require.Len(t, p.Data, size)
				query = fmt.Sprintf("?order=%s&limit=%d&cursor=%s", order, size, *p.NextCursor)
			}
			require.Equal(t, want.Data, joined.Data, "in pages of %d", size)
		}
	}

	require.Len(t, read("?at=2026-12-02T12:02:30Z").Data, 4)
	require.Empty(t, read("?at=2026-12-01T00:00:00Z").Data)

	cursor := *read("?limit=1").NextCursor
	w.get("/v1/members/ann/ledger?order=oldest&cursor="+cursor).problem(404, "not_found")
	w.get("/v1/members/ann/ledger?order=newest").problem(400, "wrong_parameter")
	w.do("POST", "/v1/events", visit("b1", "bob")).ok()
	w.get("/v1/members/bob/ledger?cursor="+cursor).problem(404, "not_found")
	w.do("PUT", "/v1/members/ann", `{"fields":{"country":"JP"}}`, as(w.secrets["bravo"])...)
	w.get("/v1/members/ann/ledger?cursor="+cursor, as(w.secrets["bravo"])...).problem(404, "not_found")
}

func TestEnrollment(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", visit("v1", "ann")).ok()
	w.do("DELETE", "/v1/members/ann/challenges/dash/enroll", "").problem(409, "not_joined")
	first := w.do("POST", "/v1/members/ann/challenges/dash/enroll", "").ok()
	again := w.do("POST", "/v1/members/ann/challenges/dash/enroll", "{}").ok()
	require.Equal(t, strings.Replace(string(first.body), "false", "true", 1), string(again.body))
	require.EqualValues(t, 2, w.journal())
	var list struct {
		Data []struct {
			Challenge string
			OptIn     bool `json:"opt_in"`
			Progress  *struct{ Joined bool }
		}
	}
	w.get("/v1/challenges?member=ann").ok().json(&list)
	require.True(t, list.Data[0].Progress.Joined)
	require.True(t, list.Data[0].OptIn)
	left := w.do("DELETE", "/v1/members/ann/challenges/dash/enroll", "").ok()
	twice := w.do("DELETE", "/v1/members/ann/challenges/dash/enroll", "").ok()
	require.Equal(t, strings.Replace(string(left.body), "false", "true", 1), string(twice.body))
	w.get("/v1/challenges?member=ann").ok().json(&list)
	require.False(t, list.Data[0].Progress.Joined)
	w.do("POST", "/v1/members/ann/challenges/dash/enroll", "").ok()
	w.get("/v1/challenges?member=ann").ok().json(&list)
	require.True(t, list.Data[0].Progress.Joined)
	list.Data = nil
	a := w.get("/v1/challenges").ok()
	a.json(&list)
	require.Nil(t, list.Data[0].Progress)
	require.Equal(t, 304, w.get("/v1/challenges", "If-None-Match", a.header.Get("ETag")).status)
	w.get("/v1/challenges?member=nobody").problem(404, "member_unknown")
}

// All that is wrong with a profile is said at once.
func TestAMisspeltFieldHidesNoOtherError(t *testing.T) {
	w := newWorld(t)
	p := w.do("PUT", "/v1/members/ann", `{"nmae":"Ann","timezone":"Nowhere",
		"fields":{"brithday":"2000-01-01","level":"high","birthday":"2001-02-29"}}`).problem(422, "does_not_fit")
	var places []string
	for _, e := range p.Errors {
		places = append(places, e.Location+" "+e.Code)
	}
	require.Equal(t, []string{"nmae unknown_field", "timezone wrong_timezone", "fields.brithday unknown_field", "fields.birthday wrong_date",
		"fields.level wrong_type"}, places)
}

// A member who is taken over from elsewhere brings the day of joining, and an opening balance with its own expiry; nothing is given for joining.
func TestAMemberIsTakenOver(t *testing.T) {
	w := newWorld(t)
	dry := w.do("PUT", "/v1/members/old", `{"name":"Olga","joined":"2021-03-05","fields":{}}`)
	require.Equal(t, 201, dry.status, "%s", dry.body)
	w.get("/v1/members/old").ok().holds(t, `"joined":"2021-03-04T23:00:00Z"`)
	require.Zero(t, w.stars("old"), "no welcome for who has been there for years")
	w.do("PUT", "/v1/members/old", `{"name":"Olga","joined":"2021-03-05","fields":{}}`).ok()
	p := w.do("PATCH", "/v1/members/old", `{"joined":"2021-03-06"}`).problem(422, "does_not_fit")
	require.Contains(t, p.Errors[0].Message, "never changes")
	w.do("PUT", "/v1/members/future", `{"joined":"2031-01-01"}`).problem(422, "does_not_fit")
	w.do("PUT", "/v1/members/odd", `{"joined":"soon"}`).problem(422, "does_not_fit")
	w.do("PUT", "/v1/members/odd", `{"joined":5}`).problem(422, "does_not_fit")
	require.Equal(t, 201, w.do("PUT", "/v1/members/today", `{"joined":"2026-12-02"}`).status)
	require.EqualValues(t, 5, w.stars("today"), "who joins today is welcome")

	open := func(key, more string) *answer {
		return w.do("POST", "/v1/members/old/adjustments", `{"points":"stars","amount":40,"reason":"opening balance"`+more+`}`, "Idempotency-Key", key)
	}
	open("k1", `,"expires_at":"2026-12-31"`).ok()
	open("k2", `,"expires_at":"2027-06-30T12:00:00Z"`).ok()
	var progress struct {
		Points map[string]struct {
			Expiring []struct {
				At     string
				Amount json.Number
			}
		}
	}
	w.get("/v1/members/old/progress").ok().json(&progress)
	require.Equal(t, "2026-12-31T23:00:00Z", progress.Points["stars"].Expiring[0].At, "with the end of the day")
	require.Equal(t, "2027-06-30T12:00:00Z", progress.Points["stars"].Expiring[1].At)
	open("k3", `,"expires_at":"2026-12-01"`).problem(422, "does_not_fit")
	open("k3", `,"expires_at":"never"`).problem(422, "does_not_fit")
	open("k3", `,"expires_at":"2200-01-02"`).problem(422, "does_not_fit")
	const taking = `{"points":"stars","amount":-4,"reason":"x","expires_at":"2027-01-01"}`
	w.do("POST", "/v1/members/old/adjustments", taking, "Idempotency-Key", "k4").problem(422, "does_not_fit")

	w.do("PUT", "/v1/members/imagined?dry_run=true", `{"name":"Iris"}`).ok()
	w.get("/v1/members/imagined").problem(404, "member_unknown")
	w.do("POST", "/v1/members/old/adjustments?dry_run=true", `{"points":"stars","amount":7,"reason":"x"}`, "Idempotency-Key", "k5").ok().holds(t, `"seq":0`)
	require.EqualValues(t, 80, w.stars("old"))
}

package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
)

// summary is the end of a batch's answer.
type summary struct{ Accepted, Duplicates, Refused int }

// lines reads an answer of one JSON value a line.
func (a *answer) lines() (list []outcome, s summary) {
	a.t.Helper()
	a.ok()
	require.Equal(a.t, "application/x-ndjson", a.header.Get("Content-Type"))
	text := strings.Split(strings.TrimSuffix(string(a.body), "\n"), "\n")
	for _, line := range text[:len(text)-1] {
		var o outcome
		require.NoError(a.t, json.Unmarshal([]byte(line), &o), line)
		list = append(list, o)
	}
	require.NoError(a.t, json.Unmarshal([]byte(text[len(text)-1]), &s))
	return list, s
}

func (w *world) batch(lines ...string) ([]outcome, summary) {
	w.t.Helper()
	return w.do("POST", "/v1/events/batch", strings.Join(lines, "\n"), "Content-Type", "application/x-ndjson").lines()
}

func visit(id, member string) string {
	return fmt.Sprintf(`{"id":"%s","type":"visit","member":"%s"}`, id, member)
}

func TestBatch(t *testing.T) {
	mixed := []string{
		purchase,
		`{"id":"e2","type":"purchase","member":"bob","data":{"order_id":"e2","amount":1e2}}`,
		visit("e3", "bob"),
		purchase,
		strings.Replace(purchase, "12.50", "13", 1),
		`{"id":"e6","type":"points.grant","member":"bob","data":{}}`,
		`{"id":"e7","type":"visit"}`,
		visit("e8", "bob"),
	}
	check := func(t *testing.T, list []outcome, s summary) {
		require.Equal(t, summary{Accepted: 3, Duplicates: 1, Refused: 4}, s)
		var got []string
		for _, o := range list {
			got = append(got, fmt.Sprint(o.ID, " ", o.Seq, " ", o.Duplicate, " ", o.Line, " ", o.Status, " ", o.Code))
		}
		require.Equal(t, []string{"o1 1 false 0 0 ", "e2 0 false 2 422 does_not_fit", "e3 2 false 0 0 ", "o1 1 true 0 0 ", "o1 0 false 5 409 event_conflict",
			"e6 0 false 6 422 unknown_event_type", "e7 0 false 7 400 invalid_event", "e8 3 false 0 0 "}, got)
		require.Equal(t, "data.amount", list[1].Errors[0]["location"])
		require.Equal(t, "member", list[6].Errors[0]["location"])
	}
	t.Run("lines", func(t *testing.T) {
		w := newWorld(t)
		list, s := w.batch(mixed...)
		check(t, list, s)
	})
	t.Run("an array", func(t *testing.T) {
		w := newWorld(t)
		var got struct {
			Results []outcome
			Summary summary
		}
		w.do("POST", "/v1/events/batch", "["+strings.Join(mixed, ",\n")+"]").ok().json(&got)
		check(t, got.Results, got.Summary)
	})
	t.Run("empty", func(t *testing.T) {
		w := newWorld(t)
		list, s := w.batch("", " ", "\r", "")
		require.Empty(t, list)
		require.Zero(t, s)
		require.Equal(t, `{"results":[],"summary":{"accepted":0,"duplicates":0,"refused":0}}`, string(w.do("POST", "/v1/events/batch", "[]").ok().body))
	})
	t.Run("a line that is not JSON stops nothing", func(t *testing.T) {
		w := newWorld(t)
		list, s := w.batch(visit("1", "ann")+"\r", "", `{"id":"2",`, visit("3", "ann"))
		require.Equal(t, summary{Accepted: 2, Refused: 1}, s)
		require.Equal(t, 3, list[1].Line)
		require.Equal(t, "invalid_json", list[1].Code)
		require.Equal(t, 400, list[1].Status)
	})
	t.Run("an array that is not JSON accepts nothing", func(t *testing.T) {
		w := newWorld(t)
		w.do("POST", "/v1/events/batch", "["+visit("1", "ann")+",x]").problem(400, "invalid_json")
		require.Zero(t, w.journal())
	})
}

// TestLongBatch sends more than is decided at once: the answer is streamed, in order.
func TestLongBatch(t *testing.T) {
	w := newWorld(t)
	var events []string
	for i := range 2500 {
		events = append(events, visit(fmt.Sprint("v", i), fmt.Sprint("m", i%7)))
	}
	events[1200] = `{"id":"odd"}`
	list, s := w.batch(events...)
	require.Equal(t, summary{Accepted: 2499, Refused: 1}, s)
	require.Len(t, list, 2500)
	for i, o := range list {
		if i == 1200 {
			require.Equal(t, 1201, o.Line)
			continue
		}
		require.Equal(t, fmt.Sprint("v", i), o.ID)
	}
	require.EqualValues(t, 2499, w.journal())

	var got struct {
		Results []outcome
		Summary summary
	}
	w.do("POST", "/v1/events/batch", "["+strings.Join(events, ",")+"]").ok().json(&got)
	require.Equal(t, summary{Duplicates: 2499, Refused: 1}, got.Summary)
	require.EqualValues(t, 2499, w.journal())
}

func TestImport(t *testing.T) {
	w := newWorld(t)
	past := func(id, time string) string {
		return fmt.Sprintf(`{"id":"%s","type":"purchase","member":"ann","time":"%s","data":{"order_id":"%s","amount":10}}`, id, time, id)
	}
	lines := []string{
		past("i1", "2024-03-01T10:00:00Z"),
		past("i2", "2024-03-01T10:00:00Z"),
		past("i3", "2024-02-28T10:00:00Z"),
		past("i4", "2024-04-01T10:00:00+02:00"),
		visit("i5", "ann"),
		past("i6", "2026-12-02T12:00:01Z"),
		`{"id":"i7","type":"purchse","member":"ann","time":"2024-05-01T10:00:00Z"}`,
		past("i8", "2026-12-02T12:00:00Z"),
	}
	send := func() ([]outcome, summary) {
		return w.do("POST", "/v1/imports", strings.Join(lines, "\n"), "Content-Type", "application/x-ndjson").lines()
	}
	list, s := send()
	require.Equal(t, summary{Accepted: 4, Refused: 4}, s)
	for line, code := range map[int]string{3: "import_unsorted", 5: "invalid_event", 6: "event_in_future", 7: "unknown_event_type"} {
		require.Equal(t, code, list[line-1].Code)
		require.Equal(t, line, list[line-1].Line)
	}
	require.Equal(t, "time", list[2].Errors[0]["location"])
	_, s = send()
	require.Equal(t, summary{Duplicates: 4, Refused: 4}, s, "sending it again is its resume")

	var member struct{ Joined string }
	w.get("/v1/members/ann").ok().json(&member)
	require.Equal(t, "2024-03-01T10:00:00Z", member.Joined)
	var event map[string]any
	w.get("/v1/events/i1").ok().json(&event)
	require.Equal(t, true, event["imported"])
	require.Equal(t, "2024-03-01T10:00:00Z", event["accepted_at"])
	w.do("POST", "/v1/imports", lines[0]).problem(415, "media_type_refused")
}

// A batch of junk is answered with the code of each item, and in full for the first hundred only.
func TestABatchOfJunkIsAnsweredBriefly(t *testing.T) {
	w := newWorld(t)
	junk := "[" + strings.Repeat("1,", api.MaxBatchEvents-1) + "1]"
	a := w.do("POST", "/v1/events/batch", junk).ok()
	var answer struct {
		Results []outcome
		Summary summary
	}
	a.json(&answer)
	require.Equal(t, summary{Refused: api.MaxBatchEvents}, answer.Summary)
	require.Len(t, answer.Results, api.MaxBatchEvents)
	require.NotEmpty(t, answer.Results[99].Errors)
	require.Empty(t, answer.Results[100].Errors)
	require.Equal(t, outcome{Line: 50_000, Status: 400, Code: "invalid_event"}, answer.Results[49_999])
	require.Less(t, len(a.body), 60*api.MaxBatchEvents)
}

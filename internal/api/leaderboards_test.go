package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ranked is a row of a ranking.
type ranked struct {
	Rank   *int64
	Member string
	Score  *json.Number
}

// ranking is a page of a ranking, or a standing.
type ranking struct {
	ranked
	Season  string
	Starts  *string `json:"starts_at"`
	Ends    *string `json:"ends_at"`
	Total   int64
	Data    []ranked
	HasMore bool   `json:"has_more"`
	Next    *int64 `json:"next_from_rank"`
	Around  []ranked
}

func (w *world) ranking(path string) (r ranking) {
	w.t.Helper()
	w.get("/v1/leaderboards/" + path).ok().json(&r)
	return r
}

func members(rows []ranked) (ids []string) {
	for _, r := range rows {
		ids = append(ids, fmt.Sprint(*r.Rank, " ", r.Member))
	}
	return ids
}

func TestLeaderboards(t *testing.T) {
	w := newWorld(t)
	spend := func(member string, amount int) {
		w.do("POST", "/v1/events", fmt.Sprintf(`{"id":"%s-%d-%d","type":"purchase","member":"%s","data":{"order_id":"o","amount":%d}}`, member, amount,
			w.clock.Load(), member, amount)).ok()
	}
	for i := range 9 {
		spend(fmt.Sprint("m", i), 100-i)
	}
	w.do("POST", "/v1/events", visit("v1", "guest")).ok()

	page := w.ranking("top_spenders?limit=3")
	require.Equal(t, []string{"1 m0", "2 m1", "3 m2"}, members(page.Data))
	require.Equal(t, "2026-W49", page.Season)
	require.Equal(t, "2026-11-29T23:00:00Z", *page.Starts)
	require.Equal(t, "2026-12-06T23:00:00Z", *page.Ends)
	require.EqualValues(t, 9, page.Total)
	require.True(t, page.HasMore)
	require.EqualValues(t, 4, *page.Next)
	page = w.ranking("top_spenders?from_rank=8&limit=3")
	require.Equal(t, []string{"8 m7", "9 m8"}, members(page.Data))
	require.False(t, page.HasMore)
	require.Nil(t, page.Next)
	require.Empty(t, w.ranking("top_spenders?from_rank=10").Data)
	require.Empty(t, w.ranking("top_spenders?season=previous").Data)
	require.Len(t, w.ranking("top_spenders?season=2026-W49").Data, 9)

	mine := w.ranking("top_spenders/standings/m4?around=2")
	require.EqualValues(t, 5, *mine.Rank)
	require.Equal(t, "96", mine.Score.String())
	require.Equal(t, []string{"3 m2", "4 m3", "5 m4", "6 m5", "7 m6"}, members(mine.Around))
	require.Equal(t, []string{"1 m0", "2 m1", "3 m2", "4 m3", "5 m4"}, members(w.ranking("top_spenders/standings/m0?around=2").Around))
	require.Empty(t, w.ranking("top_spenders/standings/m4").Around)

	guest := w.ranking("top_spenders/standings/guest?around=2")
	require.Nil(t, guest.Rank, "known, without a score")
	require.Nil(t, guest.Score)
	require.Equal(t, "guest", guest.Member)
	require.EqualValues(t, 9, guest.Total)

	t.Run("ETags", func(t *testing.T) {
		paths := []string{"/v1/leaderboards/top_spenders", "/v1/leaderboards/top_spenders/standings/m1?around=1"}
		tags := map[string]string{}
		for _, path := range paths {
			a := w.get(path).ok()
			tags[path] = a.header.Get("ETag")
			require.NotEmpty(t, tags[path])
			b := w.get(path, "If-None-Match", tags[path])
			require.Equal(t, 304, b.status)
			require.Empty(t, b.body)
		}
		w.do("POST", "/v1/events", visit("v2", "m1")).ok()
		require.Equal(t, 304, w.get(paths[0], "If-None-Match", tags[paths[0]]).status, "another board has changed")
		spend("m8", 50)
		for _, path := range paths {
			w.get(path, "If-None-Match", tags[path]).ok()
		}
	})
	t.Run("the next week", func(t *testing.T) {
		tag := w.get("/v1/leaderboards/top_spenders").ok().header.Get("ETag")
		w.advance(7 * 24 * time.Hour)
		require.Equal(t, 200, w.get("/v1/leaderboards/top_spenders", "If-None-Match", tag).status, "current is another season now")
		require.Equal(t, "2026-W50", w.ranking("top_spenders").Season)
		require.Empty(t, w.ranking("top_spenders").Data)
		require.Len(t, w.ranking("top_spenders?season=previous").Data, 9)
		require.Equal(t, "all", w.ranking("by_visits").Season)
	})
	t.Run("the catalogue", func(t *testing.T) {
		var list struct {
			Data []struct{ Leaderboard, Season, Every, Ranks string }
		}
		w.get("/v1/leaderboards").ok().json(&list)
		require.Len(t, list.Data, 2)
		require.Equal(t, "2026-W50", list.Data[1].Season)
		require.Equal(t, "members", list.Data[1].Ranks)
	})
}

func TestCounter(t *testing.T) {
	w := newWorld(t)
	value := func() (c struct {
		Value json.Number
		Seq   uint64
	}) {
		w.get("/v1/counters/thermometer").ok().json(&c)
		return c
	}
	require.Equal(t, "0", value().Value.String())
	w.do("POST", "/v1/events", purchase).ok()
	w.do("POST", "/v1/events", `{"id":"o2","type":"purchase","member":"bob","data":{"order_id":"o2","amount":7.5}}`).ok()
	require.Equal(t, "20", value().Value.String())
	require.EqualValues(t, 2, value().Seq)
}

// A ranking can be seen as it was at a past instant, as it was known then: in a season that runs, in one that is over, and in one whose
// table is final.
func TestRankingsOfThePast(t *testing.T) {
	w := newWorld(t)
	spend := func(id, member string, amount int) {
		t.Helper()
		w.do("POST", "/v1/events", fmt.Sprintf(`{"id":%q,"type":"purchase","member":%q,"data":{"order_id":"o","amount":%d}}`, id, member, amount)).ok()
		w.advance(time.Minute)
	}
	type shown struct {
		At, Season string
		Closed     bool
		Total      int
		Rank       *int
		Data       []struct {
			Rank, Score int
			Member      string
		}
	}
	read := func(path string) (s shown) { t.Helper(); w.get(path).ok().json(&s); return s }
	ask := func(at time.Time, more string) string {
		return "?at=" + url.QueryEscape(at.Format(time.RFC3339Nano)) + more
	}
	rows := func(at time.Time, more string) (list []string) {
		t.Helper()
		for _, r := range read("/v1/leaderboards/top_spenders" + ask(at, more)).Data {
			list = append(list, fmt.Sprint(r.Rank, " ", r.Member, " ", r.Score))
		}
		return list
	}
	start := w.time()
	spend("e1", "ann", 10)
	spend("e2", "bob", 20)
	early := w.time()
	w.advance(time.Hour)
	spend("e3", "ann", 15)
	spend("e4", "cid", 5)
	middle := w.time()
	w.advance(time.Second)
	w.do("POST", "/v1/events/e2/void", "").ok()
	w.advance(time.Hour)

	require.Empty(t, rows(start.Add(-time.Hour), ""))
	require.Equal(t, []string{"1 bob 20", "2 ann 10"}, rows(early, ""))
	require.Equal(t, []string{"1 ann 25", "2 bob 20", "3 cid 5"}, rows(middle, ""), "and not that bob's purchase was undone afterwards")
	require.Equal(t, []string{"1 ann 25", "2 cid 5"}, rows(w.time(), ""))
	require.Equal(t, []string{"2 ann 10"}, rows(early, "&from_rank=2"))
	require.Equal(t, 2, *read("/v1/leaderboards/top_spenders/standings/ann" + ask(early, "")).Rank)
	require.Nil(t, read("/v1/leaderboards/top_spenders/standings/cid"+ask(early, "")).Rank)
	require.NotEmpty(t, read("/v1/leaderboards/top_spenders"+ask(early, "")).At)

	first := w.get("/v1/leaderboards/top_spenders" + ask(early, ""))
	require.Equal(t, 304, w.get("/v1/leaderboards/top_spenders"+ask(early, ""), "If-None-Match", first.header.Get("ETag")).status)
	w.advance(8 * 24 * time.Hour)
	spend("e5", "ann", 1)
	require.Equal(t, []string{"1 ann 25", "2 bob 20", "3 cid 5"}, rows(middle, ""), "the season of that instant is the current one")
	require.Equal(t, []string{"1 ann 1"}, rows(w.time(), ""))
	w.do("DELETE", "/v1/members/cid", "").ok()
	require.NotContains(t, strings.Join(rows(middle, ""), "\n"), "cid", "who was erased since is not named, also where the ranking was just gathered")
	require.Equal(t, []string{"1 ann 25", "2 bob 20"}, rows(middle.Add(time.Microsecond), ""))

	w.get("/v1/leaderboards/top_spenders"+ask(w.time().Add(time.Hour), "")).problem(400, "wrong_parameter")
	require.Contains(t, string(w.get("/v1/leaderboards/top_spenders?at=noon").body), "query.at")
	require.Contains(t, string(w.get("/v1/leaderboards/top_spenders?at=1970-01-01T00:00:00Z").ok().body), `"season":"1970-W01"`)
	for _, query := range []string{"?at=0001-01-01T00:00:00Z", "?at=1899-12-31T23:59:59Z", "?at=9999-12-31T00:00:00Z", "?season=0001-W01", "?season=9999-W52"} {
		w.get("/v1/leaderboards/top_spenders"+query).problem(400, "wrong_parameter")
		w.get("/v1/leaderboards/top_spenders/standings/ann"+query).problem(400, "wrong_parameter")
	}
	ancient := w.do("POST", "/v1/imports", `{"id":"i1","type":"purchase","member":"ann","time":"0001-01-01T00:00:00Z","data":{"order_id":"o","amount":1}}`,
		"Content-Type", "application/x-ndjson").ok()
	ancient.holds(t, "wrong_time")
	w.get("/v1/leaderboards/top_spenders/seasons").ok()
}

package api_test

import (
	"encoding/json"
	"fmt"
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

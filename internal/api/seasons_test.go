package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/program"
)

// closer lets a program close its seasons.
type closer struct{ *program.Program }

func (h closer) Submit(events ...*event.Event) error {
	_, err := h.Program.Submit(events...)
	return err
}

func (w *world) closeSeasons() { w.closeSeasonsOf("acme") }

func (w *world) closeSeasonsOf(program string) {
	w.t.Helper()
	for {
		done, err := tasks.CloseSeasons(closer{w.programs[program].Program})
		require.NoError(w.t, err)
		if done == 0 {
			return
		}
	}
}

// listed is a season as the API lists it.
type listed struct {
	Season, State string
	Closes        *string `json:"closes_at"`
	Members       *int64
	Hash          *string
}

func (w *world) seasons(query string) (list []listed, next string) {
	w.t.Helper()
	var a struct {
		Data []listed
		Next *string `json:"next_cursor"`
	}
	w.get("/v1/leaderboards/top_spenders/seasons?" + query).ok().json(&a)
	if a.Next != nil {
		next = *a.Next
	}
	return a.Data, next
}

// final is a page of a final table.
type final struct {
	Closed bool
	Hash   string
	Total  int64
	Next   *int64 `json:"next_from_rank"`
	Data   []struct {
		Rank    int64
		Member  string
		Score   float64
		Reached string `json:"reached_at"`
	}
}

func TestSeasons(t *testing.T) {
	w := newWorld(t)
	for i := range 9 {
		w.do("POST", "/v1/events", fmt.Sprintf(`{"id":"e%d","type":"purchase","member":"m%d","data":{"order_id":"o","amount":%d}}`, i, i, 100-i)).ok()
	}
	list, _ := w.seasons("")
	require.Len(t, list, 1)
	require.Equal(t, []any{"2026-W49", "open", int64(9)}, []any{list[0].Season, list[0].State, *list[0].Members})
	require.Equal(t, "2026-12-09T23:00:00Z", *list[0].Closes)
	require.Nil(t, list[0].Hash)

	w.advance(5 * 24 * time.Hour) // the Monday after
	list, _ = w.seasons("")
	require.Equal(t, []string{"2026-W50 open", "2026-W49 closing"}, states(list))
	var page final
	w.get("/v1/leaderboards/top_spenders?season=previous").ok().json(&page)
	require.False(t, page.Closed)
	require.Empty(t, page.Hash)

	w.advance(4 * 24 * time.Hour)
	w.do("POST", "/v1/events", `{"id":"ann","type":"purchase","member":"ann","data":{"order_id":"o","amount":1}}`).ok()
	w.closeSeasons()
	list, _ = w.seasons("")
	require.Equal(t, []string{"2026-W50 open", "2026-W49 closed"}, states(list))
	require.EqualValues(t, 9, *list[1].Members)

	t.Run("pages of a final table", func(t *testing.T) {
		text := ""
		for from := int64(1); from > 0; {
			page = final{}
			w.get(fmt.Sprintf("/v1/leaderboards/top_spenders?season=2026-W49&limit=4&from_rank=%d", from)).ok().json(&page)
			require.True(t, page.Closed)
			require.Equal(t, *list[1].Hash, page.Hash)
			require.EqualValues(t, 9, page.Total)
			require.LessOrEqual(t, len(page.Data), 4)
			for _, r := range page.Data {
				text += fmt.Sprintf("%d\t%q\t%v\t%s\n", r.Rank, r.Member, r.Score, r.Reached)
			}
			from = 0
			if page.Next != nil {
				from = *page.Next
			}
		}
		require.Equal(t, 9, strings.Count(text, "\n"))
		sum := sha256.Sum256([]byte(text))
		require.Equal(t, *list[1].Hash, hex.EncodeToString(sum[:]), "whoever keeps the table can prove it")
		page = final{}
		w.get("/v1/leaderboards/top_spenders?season=2026-W49&from_rank=10").ok().json(&page)
		require.Empty(t, page.Data)
	})
	t.Run("an ETag that stays", func(t *testing.T) {
		for _, path := range []string{"/v1/leaderboards/top_spenders?season=2026-W49", "/v1/leaderboards/top_spenders/standings/m1?season=2026-W49"} {
			tag := w.get(path).ok().header.Get("ETag")
			require.Equal(t, 304, w.get(path, "If-None-Match", tag).status)
		}
	})
	t.Run("standings", func(t *testing.T) {
		r := w.ranking("top_spenders/standings/m1?season=2026-W49&around=2")
		require.EqualValues(t, 2, *r.Rank)
		require.EqualValues(t, 9, r.Total)
		require.Equal(t, []string{"1 m0", "2 m1", "3 m2", "4 m3", "5 m4"}, members(r.Around))
		r = w.ranking("top_spenders/standings/m8?season=2026-W49&around=2")
		require.Equal(t, []string{"5 m4", "6 m5", "7 m6", "8 m7", "9 m8"}, members(r.Around))
		require.Len(t, w.ranking("top_spenders/standings/m8?season=2026-W49&around=50").Around, 9)
		require.Nil(t, w.ranking("top_spenders/standings/ann?season=2026-W49").Rank, "no score then")
	})
	t.Run("a member who is erased", func(t *testing.T) {
		w.do("DELETE", "/v1/members/m1", "").ok()
		page = final{}
		w.get("/v1/leaderboards/top_spenders?season=2026-W49&limit=2").ok().json(&page)
		require.Empty(t, page.Data[1].Member)
		require.EqualValues(t, 2, page.Data[1].Rank)
		require.EqualValues(t, 9, page.Total)
	})
	t.Run("pages of seasons", func(t *testing.T) {
		for i := range 3 {
			w.advance(7 * 24 * time.Hour)
			w.do("POST", "/v1/events", fmt.Sprintf(`{"id":"w%d","type":"purchase","member":"m2","data":{"order_id":"o","amount":1}}`, i)).ok()
		}
		w.closeSeasons()
		all, _ := w.seasons("")
		require.Len(t, all, 5)
		require.Equal(t, "2026-W53 open", states(all)[0])
		var paged []listed
		for next := "."; next != ""; {
			var some []listed
			some, next = w.seasons("limit=2&cursor=" + url.QueryEscape(strings.Trim(next, ".")))
			require.LessOrEqual(t, len(some), 2)
			paged = append(paged, some...)
		}
		require.Equal(t, all, paged)
		w.get("/v1/leaderboards/top_spenders/seasons?cursor=x").problem(400, "wrong_parameter")
		w.get("/v1/leaderboards/top_spender/seasons").problem(404, "not_found")
		var forever struct{ Data []listed }
		w.get("/v1/leaderboards/by_visits/seasons").ok().json(&forever)
		require.Equal(t, []string{"all open"}, states(forever.Data))
	})
}

func states(list []listed) (all []string) {
	for _, s := range list {
		all = append(all, s.Season+" "+s.State)
	}
	return all
}

// What was imported of the time before the program went live is shown as that, and stays.
func TestImportedSeasons(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/imports", `{"id":"h1","type":"purchase","member":"old","time":"2026-09-01T10:00:00Z","data":{"order_id":"o","amount":5}}`,
		"Content-Type", "application/x-ndjson").ok()
	list, _ := w.seasons("")
	require.Equal(t, []string{"2026-W49 open", "2026-W36 imported"}, states(list), "listed at once, before anything is written of it")
	w.do("POST", "/v1/events", purchase).ok()
	require.NoError(t, w.programs["acme"].Program.Flush())
	w.closeSeasons()
	list, _ = w.seasons("")
	require.Equal(t, []string{"2026-W49 open", "2026-W36 imported"}, states(list))
	require.EqualValues(t, 1, *list[1].Members)
	require.Nil(t, list[1].Hash)
	require.Len(t, w.ranking("top_spenders?season=2026-W36").Data, 1)
}

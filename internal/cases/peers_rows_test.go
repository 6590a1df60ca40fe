package cases

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
)

// row is a row of a ranking as it is looked at.
type row struct {
	Member string `json:"member"`
	Rank   int64  `json:"rank"`
	Score  score  `json:"score"`
	Value  score  `json:"-"`
}

type score decimal.Decimal

func (s score) MarshalJSON() ([]byte, error) { return decimal.Decimal(s).MarshalJSON() }

func (s score) rat() *big.Rat {
	r, _ := new(big.Rat).SetString(decimal.Decimal(s).String())
	return r
}

func (s score) less(n any) bool { return s.rat().Cmp(ratOf(n)) < 0 }
func (s score) more(n any) bool { return s.rat().Cmp(ratOf(n)) > 0 }

func ratOf(n any) *big.Rat {
	r, ok := new(big.Rat).SetString(fmt.Sprint(n))
	if !ok {
		cannot("%v is no number", n)
	}
	return r
}

func rowsOf(list []leaderboards.Standing) []row {
	out := []row{}
	for _, r := range list {
		out = append(out, row{Member: r.Member, Rank: r.Rank, Score: score(r.Value), Value: score(r.Value)})
	}
	return out
}

func (f *ranking) rows(w *world) []row { return rowsOf(w.rows(f.board(), boardName(""), w.now)) }

func (f *ranking) page(w *world, board string, from, limit int) ([]row, int64) {
	key, rules := w.season(board, boardName(""), w.now)
	rows, total, err := w.boards.Page(context.Background(), key, rules, int64(from), limit)
	must(err)
	return rowsOf(rows), total
}

// standing is a member's row, nil for one that is not ranked.
func (f *ranking) standing(w *world, board, member string) *row {
	key, rules := w.season(board, boardName(""), w.now)
	r, ranked, err := w.boards.Standing(context.Background(), key, rules, member)
	must(err)
	if !ranked {
		return nil
	}
	return &rowsOf([]leaderboards.Standing{r})[0]
}

// around is the page around a member, or around a score, of the size that the case speaks of.
func (f *ranking) around(w *world) []row {
	size := f.size()
	if m := f.find(`[Aa]round score (-?\d+)`); m != nil {
		return f.aroundRank(w, f.rankOf(w, m[1]), size)
	}
	if size%2 == 0 {
		return f.aroundRank(w, f.standing(w, f.board(), f.center()).Rank, size)
	}
	return f.aroundMember(w, f.center(), size)
}

func (f *ranking) aroundMember(w *world, member string, size int) []row {
	key, rules := w.season(f.board(), boardName(""), w.now)
	rows, err := w.boards.Around(context.Background(), key, rules, member, size/2)
	must(err)
	return rowsOf(rows)
}

// aroundRank is a page with a rank in its middle, asked for by the rank of its first row. A full page is shifted at the edges,
// as that around a member is; of an even size, the longer half is below.
func (f *ranking) aroundRank(w *world, rank int64, size int) []row {
	_, total := f.page(w, f.board(), 1, 1)
	from := min(rank-int64(size-1)/2, total-int64(size)+1)
	rows, _ := f.page(w, f.board(), int(max(from, 1)), size)
	return rows
}

// rankOf is the first rank whose score is not better than one that is asked for, found by halving; the last rank where all
// are better.
func (f *ranking) rankOf(w *world, asked string) int64 {
	_, total := f.page(w, f.board(), 1, 1)
	better := func(r row) bool { return r.Score.more(asked) }
	if f.ascending() {
		better = func(r row) bool { return r.Score.less(asked) }
	}
	i := sort.Search(int(total)-1, func(i int) bool {
		rows, _ := f.page(w, f.board(), i+1, 1)
		return !better(rows[0])
	})
	return int64(i) + 1
}

// size is the size of a page that the case speaks of: as many rows as it expects, or 20, where it does not.
func (f *ranking) size() int {
	if m := f.find(`(?:[Pp]age size|size|limit|page|of) (\d+)`); m != nil {
		return number(json.Number(m[1]))
	}
	if n, ok := f.Expected["size"].(json.Number); ok {
		return number(n)
	}
	return 20
}

// center is the member around whom the case looks: the first one where it does not say.
func (f *ranking) center() string {
	for _, pattern := range []string{`[Aa]round (\w+)[ :;,.]`, `\b(u\d) \(rank`} {
		if m := f.find(pattern); m != nil && f.sent[m[1]] != nil {
			return m[1]
		}
	}
	return f.Events[0].member()
}

func names(rows []row) []string {
	list := []string{}
	for _, r := range rows {
		list = append(list, r.Member)
	}
	return list
}

func ranksOf(rows []row) []int64 {
	list := []int64{}
	for _, r := range rows {
		list = append(list, r.Rank)
	}
	return list
}

// shown are the rows that first, last, ranks, order and size speak of: a page around a member, a page by its number, the top
// of a board, or all of it.
func (f *ranking) shown(w *world) []row {
	switch {
	case strings.Contains(f.Area, "around"), strings.Contains(f.Rules, "round"):
		return f.around(w)
	case strings.Contains(f.Area, "top percent"):
		return f.top(w)
	}
	if m := f.find(`page (\d+)`); m != nil {
		rows, _ := f.page(w, f.board(), (number(json.Number(m[1]))-1)*f.size()+1, f.size())
		return rows
	}
	return f.rows(w)
}

// share is the share of the members, in percent, that the case speaks of: ten of a hundred where it does not say it.
func (f *ranking) share() string {
	if m := f.find(`Top (\d+)%`); m != nil {
		return m[1]
	}
	if strings.Contains(f.Area, "top percent") {
		return "10"
	}
	return ""
}

// top are those whom a prize for a share of the members is paid to, once the season has closed.
func (f *ranking) top(w *world) []row {
	if f.paid != nil {
		return f.paid // the clock has gone on to another season
	}
	f.paid = []row{}
	all, b, cal := f.rows(w), w.rules.Leaderboard(f.board()), w.rules.Calendar
	w.closeSeasons(w.rules.SeasonCloses(b, cal.Key(b.Counter.Every, w.now)))
	for _, r := range all {
		if len(w.progress(r.Member).Badges) > 0 {
			f.paid = append(f.paid, r)
		}
	}
	return f.paid
}

func (f *ranking) look(w *world, key string, want any) any {
	switch key {
	case "count", "size":
		if strings.Contains(f.Area, "around") || strings.Contains(f.Area, "top percent") {
			return len(f.shown(w))
		}
		return len(f.rows(w))
	case "count_before":
		return f.before
	case "removed":
		return f.gone
	case "first", "last", "second_last":
		return f.end(w, key, want)
	case "order", "members", "page1", "by_rank", "default", "exclude_missing", "by_score":
		return f.list(w, key, want)
	case "around":
		return f.columns(f.around(w), want)
	case "unknown":
		return f.unknown(w, want)
	case "rank", "rank_desc", "rank_asc", "score", "scores":
		return f.each(w, key, want)
	case "ranks":
		return f.ranksLike(w, want)
	case "score_after":
		if f.second {
			first := []int64{}
			for _, d := range f.scores {
				first = append(first, both(d)[0])
			}
			return first
		}
		return f.scores
	case "distinct_scores":
		distinct := map[score]bool{}
		for _, r := range f.rows(w) {
			distinct[r.Score] = true
		}
		return len(distinct)
	}
	return f.more(w, key, want)
}

// more are the questions of single areas.
func (f *ranking) more(w *world, key string, want any) any {
	switch key {
	case "pages":
		_, total := f.page(w, f.board(), 1, 1)
		if _, one := want.(json.Number); one {
			return (total + int64(f.size()) - 1) / int64(f.size())
		}
		out := map[string]any{}
		for size := range asObject(want) {
			n := int64(number(json.Number(size)))
			out[size] = (total + n - 1) / n
		}
		return out
	case "page1_size1":
		rows, _ := f.page(w, f.board(), 1, 1)
		return rows
	case "page_size_10", "page_size_25":
		return f.pageOf(w, number(json.Number(key[len("page_size_"):])), want)
	case "at":
		return f.byRank(w, want)
	case "desc", "asc":
		return f.direction(w, map[string]string{"desc": "down", "asc": "up"}[key], want)
	case "union":
		return f.columns(f.rows(w), want)
	case "intersect_max":
		cannot("a board ranks one counter: the language has no intersection of boards")
	case "percentile":
		return f.percentile(w, want)
	case "score_for":
		cannot("a board is not asked for the score at a percentile")
	case "sane_final":
		return both(decimal.Decimal(f.rows(w)[0].Score))
	case "exists":
		return w.rules.Leaderboard(f.board()) != nil
	case "remove_absent":
		return map[bool]int{true: 200, false: 400}[problems(w.texts[len(w.texts)-1]) == ""]
	case "sizes":
		out := map[string]any{}
		for member := range asObject(want) {
			out[member] = len(f.aroundMember(w, member, f.size()))
		}
		return out
	case "sum":
		sum := decimal.Decimal(0)
		for _, r := range f.rows(w) {
			sum += decimal.Decimal(r.Score)
		}
		return sum
	case "max_score_below":
		for _, r := range f.rows(w) {
			if !r.Score.less(want) {
				return r.Score
			}
		}
		return want
	case "consecutive":
		rows := f.shown(w)
		return !slices.ContainsFunc(rows, func(r row) bool { return r.Rank != rows[0].Rank+int64(slices.Index(rows, r)) })
	case "last_returned":
		return f.ranks[len(f.ranks)-1]
	case "returned":
		return f.ranks
	}
	return f.ranges(w, key)
}

// ranges are questions that have numbers in their name: count(2,4), range(10,15), 5-9, top5, top26_count, 0, 120.
func (f *ranking) ranges(w *world, key string) any {
	if member, ok := strings.CutSuffix(key, "_rank"); ok {
		if r := f.standing(w, f.board(), member); r != nil {
			return r.Rank
		}
		return nil
	}
	name, counted := strings.CutSuffix(key, "_count")
	var from, until int
	rows := f.rows(w)
	pick := func(in func(r row) bool) []row { return slices.DeleteFunc(rows, func(r row) bool { return !in(r) }) }
	switch {
	case scans(name, "count(%d,%d)", &from, &until):
		counted = true
		rows = pick(func(r row) bool { return !r.Score.less(from) && !r.Score.more(until) })
	case scans(name, "range(%d,%d)", &from, &until):
		return pick(func(r row) bool { return !r.Score.less(from) && !r.Score.more(until) })
	case scans(name, "%d-%d", &from, &until):
		rows = pick(func(r row) bool { return int(r.Rank) >= from && int(r.Rank) <= until })
	case scans(name, "top%d", &until):
		rows = pick(func(r row) bool { return int(r.Rank) <= until })
	case f.Area == "leaderboard/validation":
		return f.refusedShare(w, key)
	default:
		return unknown("expectation", key)
	}
	if counted {
		return len(rows)
	}
	return names(rows)
}

func scans(text, format string, into ...any) bool {
	n, err := fmt.Sscanf(text, format, into...)
	return err == nil && n == len(into)
}

// refusedShare is 400 where a ruleset that pays a share of the members is refused, 200 where it is taken.
func (f *ranking) refusedShare(w *world, share string) any {
	if f.find(`Percent`) == nil {
		cannot("an event with the value 0 counts nothing, and is accepted like any other")
	}
	text := strings.Replace(w.texts[0], "  down: {", "  down: {prizes: [{ranks: top "+share+"%, give: {badge: top}}], ", 1) + "badges: {top: {}}\n"
	if errs := problems(text); errs != "" {
		return 400
	}
	return 200
}

// end is the first, last or last but one of the rows shown, as the member's id or with more columns.
func (f *ranking) end(w *world, key string, want any) any {
	rows := f.shown(w)
	i := map[string]int{"first": 0, "last": len(rows) - 1, "second_last": len(rows) - 2}[key]
	if i < 0 || i >= len(rows) {
		return nil
	}
	if list, columns := want.([]any); columns {
		return column(rows[i], list)
	}
	return rows[i].Member
}

// column is a row in as many columns as are wanted: the member, and the rank or the score, or both.
func column(r row, want []any) []any {
	switch len(want) {
	case 2:
		if fmt.Sprint(want[1]) == decimal.Decimal(r.Score).String() {
			return []any{r.Member, r.Score}
		}
		return []any{r.Member, r.Rank}
	case 3:
		return []any{r.Member, r.Rank, r.Score}
	}
	return []any{r.Member}
}

// columns are rows in the form of those wanted: objects, or lists of columns.
func (f *ranking) columns(rows []row, want any) any {
	list, _ := want.([]any)
	out := []any{}
	for i, r := range rows {
		if i < len(list) {
			if x, ok := list[i].([]any); ok {
				out = append(out, column(r, x))
				continue
			}
		}
		out = append(out, r)
	}
	return out
}

// list is a list of members: those of the rows shown, or some that are asked for by name, in an order that they are wanted in.
func (f *ranking) list(w *world, key string, want any) any {
	wanted, _ := want.([]any)
	if len(wanted) > 0 {
		if _, pairs := wanted[0].([]any); pairs {
			return f.columns(f.rows(w), want)
		}
	}
	switch key {
	case "order", "members", "page1":
		rows := f.shown(w)
		if m := f.find(`positions (\d+)\.\.(\d+)`); m != nil {
			from, until := number(json.Number(m[1])), number(json.Number(m[2]))
			rows, _ = f.page(w, f.board(), from+1, until-from+1)
		}
		return names(rows)
	}
	asked := f.asked()
	var rows []row
	for _, member := range asked {
		if r := f.standing(w, f.board(), member); r != nil {
			rows = append(rows, *r)
		} else if key == "default" {
			rows = append(rows, row{Member: member})
		}
	}
	switch key {
	case "by_rank":
		slices.SortFunc(rows, func(a, b row) int { return int(a.Rank - b.Rank) })
	case "by_score":
		slices.SortFunc(rows, func(a, b row) int { return a.Score.rat().Cmp(b.Score.rat()) })
	}
	return names(rows)
}

// asked are the members that a list is asked for: those of the longest list that is expected.
func (f *ranking) asked() []string {
	var longest []string
	for _, key := range sortedKeys(f.Expected) {
		var list []string
		if items, ok := f.Expected[key].([]any); ok {
			for _, item := range items {
				list = append(list, fmt.Sprint(item))
			}
		}
		if len(list) > len(longest) {
			longest = list
		}
	}
	return longest
}

// unknown is what is said of a member who is not there.
func (f *ranking) unknown(w *world, want any) any {
	if r := f.standing(w, f.board(), "nobody"); r != nil {
		return r
	}
	switch want.(type) {
	case string:
		if w.member("nobody") == nil {
			return "error"
		}
		return ""
	case []any:
		return f.aroundMember(w, "nobody", 3)
	}
	return nil
}

// each is the rank or the score of members, in a season and on a board where their name says so: lid@1/u1, u1@1. Who is not
// ranked has none, or where a number is wanted, 0.
func (f *ranking) each(w *world, key string, want any) any {
	board := map[string]string{"rank_desc": "down", "rank_asc": "up"}[key]
	if board == "" {
		board = f.board()
	}
	out := map[string]any{}
	for name, x := range asObject(want) {
		split, member, found := strings.Cut(name, "/")
		if !found {
			split, member = "", name
		}
		at := w.now
		if of, season, ok := strings.Cut(split, "@"); ok {
			n, err := strconv.Atoi(season)
			must(err)
			split, at = of, beginning.Add(time.Duration(n)*366*24*time.Hour)
		}
		k, rules := w.season(board, boardName(split), at)
		r, ranked, err := w.boards.Standing(context.Background(), k, rules, member)
		must(err)
		switch {
		case !ranked && x != nil:
			out[name] = 0
		case !ranked:
			out[name] = nil
		case key == "score" || key == "scores":
			out[name] = r.Value
		default:
			out[name] = r.Rank
		}
	}
	return out
}

// ranksLike are the ranks down the rows shown, or of pages of three.
func (f *ranking) ranksLike(w *world, want any) any {
	object, pages := want.(map[string]any)
	if !pages {
		return ranksOf(f.shown(w))
	}
	out := map[string]any{}
	for name := range object {
		n, _ := strconv.Atoi(strings.TrimPrefix(name, "page"))
		rows, _ := f.page(w, f.board(), (n-1)*3+1, 3)
		out[name] = ranksOf(rows)
	}
	return out
}

// pageOf is the number of the page that a member stands on, 0 for one who is not ranked.
func (f *ranking) pageOf(w *world, size int, want any) any {
	out := map[string]any{}
	for member := range asObject(want) {
		out[member] = 0
		if r := f.standing(w, f.board(), member); r != nil {
			out[member] = (r.Rank-1)/int64(size) + 1
		}
	}
	return out
}

// byRank is the row at each rank, nil where there is none.
func (f *ranking) byRank(w *world, want any) any {
	out := map[string]any{}
	for rank := range asObject(want) {
		n, err := strconv.Atoi(rank)
		must(err)
		out[rank] = nil
		if rows, _ := f.page(w, f.board(), n, 1); len(rows) == 1 && rows[0].Rank == int64(n) {
			out[rank] = rows[0]
		}
	}
	return out
}

// direction is a board looked at in one direction: the ends of its first page, or members asked for with their ranks.
func (f *ranking) direction(w *world, board string, want any) any {
	if object, ends := want.(map[string]any); ends {
		rows, _ := f.page(w, board, 1, f.size())
		return map[string]any{"first": column(rows[0], object["first"].([]any)), "last": column(rows[len(rows)-1], object["last"].([]any))}
	}
	var rows []row
	for _, x := range want.([]any) {
		if list, ok := x.([]any); ok {
			if r := f.standing(w, board, fmt.Sprint(list[0])); r != nil {
				rows = append(rows, *r)
			}
			continue
		}
		all := rowsOf(w.rows(board, boardName(""), w.now))
		return names(all)
	}
	slices.SortFunc(rows, func(a, b row) int { return int(a.Rank - b.Rank) })
	return f.columns(rows, want)
}

// percentile is the share of members who are ranked below, in percent and rounded up.
func (f *ranking) percentile(w *world, want any) any {
	_, total := f.page(w, f.board(), 1, 1)
	out := map[string]any{}
	for member := range asObject(want) {
		if r := f.standing(w, f.board(), member); r != nil {
			out[member] = (100*(total-r.Rank) + total - 1) / total
		}
	}
	return out
}

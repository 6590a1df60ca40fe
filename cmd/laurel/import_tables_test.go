package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const shopWithPool = "program: shop\nmember: {city?: text, visits?: integer}\nevents: {buy: {}}\n" +
	"points: {stars: {expire: [12 months after earning]}}\nrewards: {mug: {cost: {stars: 10}, codes: pool}}\n" +
	"rules: {welcome: {when: joined, give: {stars: 100}}}\n"

// A file of members, of balances and of codes is tried, brought in, and brought in again without doing anything; what is refused is mended and
// brought in.
func TestTablesComeIn(t *testing.T) {
	dir := t.TempDir()
	s := serveBinary(t, "--data", filepath.Join(dir, "data"), write(t, dir, "shop.yaml", shopWithPool))
	t.Setenv("LAUREL_KEY", s.key)
	t.Setenv("LAUREL_URL", checked(t, s.base))
	bring := func(want int, args ...string) tableCounts {
		t.Helper()
		out, stderr, exit := laurel(t, append([]string{"import"}, args...)...)
		require.Equal(t, want, exit, out+stderr)
		var counts tableCounts
		require.NoError(t, json.Unmarshal([]byte(out), &counts))
		return counts
	}
	members := write(t, dir, "members.csv", "\ufeffNo;name;joined;fields.city;fields.visits;Remarks\n"+
		"m1;\"Ann \"\"A\"\" Keller\";2021-03-05;Köln;7;\"two\nlines; one cell\"\n"+
		"m2;Bob;2030-01-01;Bonn;;\n"+
		"m1;Twice;;;;\n\n"+
		"m4;Dora;;;many;\n"+
		"m5;short\n"+
		";nobody;;;;\n"+
		"m7;Eva;;Ulm;;\n")
	flags := []string{"--map", "No=id", "--map", "Remarks="}
	counts := bring(exitFailed, append([]string{"members", members, "--dry-run"}, flags...)...)
	require.Equal(t, tableCounts{Rows: 7, Added: 2, Refused: 5, DryRun: true}, counts)
	require.Equal(t, 404, s.do("GET", "/v1/members/m1", "", nil), "nothing was changed")
	counts = bring(exitFailed, append([]string{"members", members}, flags...)...)
	require.Equal(t, tableCounts{Rows: 7, Added: 2, Refused: 5}, counts)
	var ann struct {
		Name, Joined string
		Fields       map[string]any
	}
	require.Equal(t, 200, s.do("GET", "/v1/members/m1", "", &ann))
	require.Equal(t, `Ann "A" Keller`, ann.Name)
	require.Equal(t, "2021-03-05T00:00:00Z", ann.Joined)
	require.Equal(t, map[string]any{"city": "Köln", "visits": 7.0}, ann.Fields)
	name := filepath.Join(dir, "members.refused.csv")
	refused, err := os.ReadFile(name)
	require.NoError(t, err)
	for _, want := range []string{"2;", "in the future", "line 2 has this id", "fields.visits", "it has 2 columns", "id is missing", "No;name;joined"} {
		require.Contains(t, string(refused), want)
	}
	mended := strings.NewReplacer("2030-01-01", "2020-01-01", "m1;Twice", "m3;Chris", ";many;", ";3;").Replace(string(refused))
	require.NoError(t, os.WriteFile(name, []byte(mended), 0o600))
	counts = bring(exitFailed, append([]string{"members", name}, flags...)...)
	require.Equal(t, 4, counts.Added, "%s", mended)
	counts = bring(exitFailed, append([]string{"members", members}, flags...)...)
	require.Equal(t, 2, counts.Unchanged, "it is in already")

	balances := write(t, dir, "balances.csv", "member,amount,expires_at\nm1,40,2031-06-30\nm1,40,2031-06-30\nm1,5.5,\nm2,8,\nm2,0,\nm3,x,\nnobody,3,\n")
	counts = bring(exitFailed, "balances", balances, "--points", "stars")
	require.Equal(t, tableCounts{Rows: 7, Added: 3, Unchanged: 1, Refused: 3}, counts, "two lots of one member that look alike are two")
	counts = bring(exitFailed, "balances", balances, "--points", "stars")
	require.Equal(t, tableCounts{Rows: 7, Unchanged: 4, Refused: 3}, counts)
	var progress struct {
		Points map[string]struct{ Spendable json.Number }
	}
	require.Equal(t, 200, s.do("GET", "/v1/members/m1/progress", "", &progress))
	require.Equal(t, "80", progress.Points["stars"].Spendable.String())

	bad := write(t, dir, "bad.csv", "member,amount\nm7,7\nm7,7 stars\nm7,oops\nnobody,2\n")
	counts = bring(exitFailed, "balances", bad, "--points", "stars", "--name", "second")
	require.Equal(t, tableCounts{Rows: 4, Added: 1, Refused: 3}, counts)
	text, err := os.ReadFile(filepath.Join(dir, "bad.refused.csv"))
	require.NoError(t, err)
	again := strings.NewReplacer("7 stars,", "7,", "oops,", "4,", "nobody,", "m7,").Replace(string(text))
	for _, want := range []int{3, 0} { // each of them comes in, once
		counts = bring(exitDone, "balances", write(t, dir, "mended.csv", again), "--points", "stars", "--name", "second")
		require.Equal(t, tableCounts{Rows: 3, Added: want, Unchanged: 3 - want}, counts, again)
	}
	require.Equal(t, 200, s.do("GET", "/v1/members/m7/progress", "", &progress))
	require.Equal(t, "120", progress.Points["stars"].Spendable.String(), "100 for joining, and 7, 7, 4 and 2")

	codes := write(t, dir, "codes.csv", "code\nAAA-1\nAAA-2\nAAA-1\n")
	counts = bring(exitFailed, "codes", codes, "--reward", "mug")
	require.Equal(t, tableCounts{Rows: 3, Added: 2, Refused: 1}, counts)
	counts = bring(exitFailed, "codes", codes, "--reward", "mug")
	require.Equal(t, 2, counts.Unchanged)
	require.Equal(t, exitFailed, func() int { _, _, exit := laurel(t, "import", "codes", codes, "--reward", "cup"); return exit }())
}

// A file that cannot be read says where, and what to do.
func TestTablesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("LAUREL_KEY", "lk_test_"+strings.Repeat("0", 43))
	for name, c := range map[string]struct{ text, want string }{
		"a workbook":             {"PK\x03\x04", "export the sheet as CSV"},
		"UTF-16":                 {"\xff\xfei\x00d\x00", "UTF-16"},
		"nothing":                {"", "is empty"},
		"another column":         {"id,nmae\n", `column "nmae" is no field (did you mean name?)`},
		"no id":                  {"name\nAnn\n", "no column for id"},
		"one field twice":        {"id,id\n", "are both id"},
		"a quote without a mate": {"id,name\n1,\"Ann\n", "is a quote never closed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, stderr, exit := laurel(t, "import", "members", write(t, dir, "x.csv", c.text))
			require.NotZero(t, exit)
			require.Contains(t, stderr, c.want)
		})
	}
	_, stderr, exit := laurel(t, "import", "members", write(t, dir, "x.csv", "id\n1\n"), "--map", "No=id")
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, `--map names column "No"`)
	_, stderr, _ = laurel(t, "import", write(t, dir, "x.csv", "id,name\n1,Ann\n"), "--url", "http://127.0.0.1:1")
	require.Contains(t, stderr, "looks like CSV")
	huge := "id,name\n1,\"" + strings.Repeat("never closed\n", 200_000)
	_, stderr, exit = laurel(t, "import", "members", write(t, dir, "x.csv", huge))
	require.NotZero(t, exit)
	require.Contains(t, stderr, "more than 1048576 bytes")
}

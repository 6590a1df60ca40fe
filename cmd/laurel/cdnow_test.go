package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// cdnowFile finds the data, "" when it is not on this machine (testdata/cdnow/README.md).
func cdnowFile() string {
	name := env("LAUREL_CDNOW", filepath.Join("..", "..", "..", "shared", "data", "cdnow", "CDNOW_master.txt"))
	if _, err := os.Stat(name); err != nil {
		return ""
	}
	return name
}

// cdnowTotals is what expect.py prints.
type cdnowTotals struct {
	Members           int      `json:"members"`
	Issued            float64  `json:"issued"`
	Expired           float64  `json:"expired"`
	Outstanding       float64  `json:"outstanding"`
	MemberQuarters    int      `json:"member_quarters"`
	LongestStreak     int      `json:"longest_streak"`
	WithLongestStreak int      `json:"with_longest_streak"`
	GoldCollectors    int      `json:"gold_collectors"`
	December          [][2]any `json:"december"`
}

// TestCDNOW imports 69,659 real purchases and compares every total with an independent computation.
func TestCDNOW(t *testing.T) {
	source := cdnowFile()
	if source == "" {
		t.Log("the CDNOW data is not beside this checkout; testdata/cdnow/README.md tells how to run this test")
		return
	}
	expected, err := exec.Command("python3", "testdata/cdnow/expect.py", source).Output()
	require.NoError(t, err)
	var want cdnowTotals
	require.NoError(t, json.Unmarshal(expected, &want))

	dir := t.TempDir()
	lines, members := convertCDNOW(t, source, filepath.Join(dir, "cdnow.ndjson"))
	require.Equal(t, 69_659, lines)
	args := []string{"import", filepath.Join(dir, "cdnow.ndjson"), "--data", filepath.Join(dir, "data"), "--ruleset", "testdata/cdnow/ruleset.yaml"}
	started := time.Now()
	stdout, stderr, exit := laurel(t, args...)
	t.Logf("imported in %s", time.Since(started).Round(time.Millisecond))
	require.Zero(t, exit, stderr)
	require.JSONEq(t, `{"lines": 69659, "accepted": 69659, "duplicates": 0, "refused": 0}`, stdout)
	stdout, _, exit = laurel(t, args...)
	require.Zero(t, exit)
	require.JSONEq(t, `{"lines": 69659, "accepted": 0, "duplicates": 69659, "refused": 0}`, stdout, "running an import again changes nothing")

	s := serveBinary(t, "testdata/cdnow/ruleset.yaml", "--data", filepath.Join(dir, "data"))
	require.Equal(t, want, cdnowAnswers(t, s, members))
}

// convertCDNOW writes the purchases as events at noon in New York; an event's id is the number of its line.
func convertCDNOW(t *testing.T, source, target string) (lines int, members []string) {
	in, err := os.Open(source)
	require.NoError(t, err)
	defer in.Close()
	out, err := os.Create(target)
	require.NoError(t, err)
	w := bufio.NewWriter(out)
	zone, err := calendar.LoadZone("America/New_York")
	require.NoError(t, err)
	for s := bufio.NewScanner(in); s.Scan(); {
		lines++
		f := strings.Fields(s.Text())
		require.Len(t, f, 4)
		date, err := calendar.ParseDate(f[1][:4] + "-" + f[1][4:6] + "-" + f[1][6:])
		require.NoError(t, err)
		fmt.Fprintf(w, `{"id":"%d","type":"purchase","member":%q,"time":%q,"data":{"cds":%s,"amount":%s}}`+"\n",
			lines, f[0], zone.At(date, 12*time.Hour), f[2], f[3])
		if n := len(members); n == 0 || members[n-1] != f[0] {
			members = append(members, f[0])
		}
	}
	require.NoError(t, w.Flush())
	require.NoError(t, out.Close())
	return lines, members
}

// cdnowAnswers asks the API for every member, as it was at the first instant of July 1998, and for the board.
func cdnowAnswers(t *testing.T, s *server, members []string) cdnowTotals {
	got := cdnowTotals{Members: len(members)}
	for _, m := range members {
		var p struct {
			Points map[string]struct {
				Issued, Spendable, Expired float64
			}
			Streaks    map[string]struct{ Longest int }
			Challenges map[string]struct{ Times int }
			Badges     []struct{ Badge, Level string }
		}
		require.Equal(t, 200, s.do("GET", "/v1/members/"+m+"/progress?at=1998-07-01T00:00:00-04:00", "", &p))
		stars := p.Points["stars"]
		got.Issued += stars.Issued
		got.Expired += stars.Expired
		got.Outstanding += stars.Spendable
		got.MemberQuarters += p.Challenges["big_quarter"].Times
		switch longest := p.Streaks["every_month"].Longest; {
		case longest > got.LongestStreak:
			got.LongestStreak, got.WithLongestStreak = longest, 1
		case longest == got.LongestStreak:
			got.WithLongestStreak++
		}
		for _, b := range p.Badges {
			if b.Badge == "collector" && b.Level == "gold" {
				got.GoldCollectors++
			}
		}
	}
	var board struct {
		Data []struct {
			Rank   int
			Member string
			Score  float64
		}
	}
	require.Equal(t, 200, s.do("GET", "/v1/leaderboards/most_dollars?season=1997-12&limit=10", "", &board))
	for i, row := range board.Data {
		require.Equal(t, i+1, row.Rank)
		got.December = append(got.December, [2]any{row.Member, row.Score})
	}
	return got
}

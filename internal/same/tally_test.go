//go:build same

package same

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// features are what a story can have; each pair of them is together in one story at least.
var features = []string{"event", "batch", "import", "late", "sent again", "void", "amend", "release", "refuse", "claim", "confirm", "cancel", "return",
	"adjust", "profile", "zone", "enroll", "leave", "enroll a streak", "freeze a streak", "repair a streak", "fire", "close", "erase", "activation",
	"the past", "ledger", "explain", "standing", "board", "seasons", "webhook"}

// never are pairs that no story can have.
var never = map[[2]string]bool{}

// enough is how many events it takes until every pair must have come up.
const enough = 150_000

// tally counts what the stories of a run have.
type tally struct {
	stories, calls int
	statuses       map[string]int
	features       map[string]int
	pairs          map[[2]string]int
}

func newTally() *tally {
	return &tally{statuses: map[string]int{}, features: map[string]int{}, pairs: map[[2]string]int{}}
}

var statusLine = regexp.MustCompile(`(?m)^([2-5]\d\d) `)

func (y *tally) add(st *story, transcript string) {
	y.stories++
	has := map[string]bool{}
	for _, part := range append(st.parts[:], st.reads) {
		for _, c := range part {
			y.calls++
			y.features[c.feature]++
			has[c.feature] = true
			if strings.Contains(c.body, `"time":`) && !strings.Contains(c.body, c.at.Format(time.RFC3339)) {
				has["late"] = true
			}
			if strings.Contains(c.body, `"timezone":`) {
				has["zone"] = true
			}
			if strings.HasSuffix(c.path, "/refuse") {
				has["refuse"] = true
			}
		}
	}
	has["activation"] = st.changed != ""
	has["webhook"] = strings.Contains(transcript, "\nwebhook\n")
	for _, m := range statusLine.FindAllStringSubmatch(transcript, -1) {
		y.statuses[m[1]]++
	}
	for i, a := range features {
		for _, b := range features[i+1:] {
			if has[a] && has[b] {
				y.pairs[[2]string{a, b}]++
			}
		}
	}
}

func (y *tally) report(t *testing.T) {
	least, missing := 0, []string{}
	for i, a := range features {
		for _, b := range features[i+1:] {
			n := y.pairs[[2]string{a, b}]
			if n == 0 && !never[[2]string{a, b}] {
				missing = append(missing, a+" with "+b)
			}
			if least == 0 || n < least {
				least = n
			}
		}
	}
	t.Logf("%d stories, %d calls; answers by status: %v; the rarest pair of features is in %d stories", y.stories, y.calls, y.statuses, least)
	kinds := make([]string, 0, len(y.features))
	for feature, n := range y.features {
		kinds = append(kinds, fmt.Sprintf("%d %s", n, feature))
	}
	slices.Sort(kinds)
	t.Log(strings.Join(kinds, ", "))
	if *events >= enough {
		require.Empty(t, missing, "pairs of features that no story has")
	} else {
		t.Logf("pairs that did not come up in so few events: %d", len(missing))
	}
}

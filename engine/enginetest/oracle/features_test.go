package oracle

import (
	"fmt"
	"strings"
)

// feature is something that a program may have, or that may happen in its history. It has happened in a history in which one of
// its situations came up, which a ruleset that only mentions it does not bring about.
type feature struct {
	name  string
	shown []string
}

// features each are in about half of the histories, so that what one hides another shows; and each two of them are the focus of
// as many histories as any other two.
var features = []feature{
	{"boosts", []string{"boosted"}},
	{"capped boosts", []string{"boost trimmed", "boost used up"}},
	{"limits", []string{"times refused", "cap trimmed", "cap or nothing"}},
	{"expiry", []string{"expired"}},
	{"pending", []string{"pending"}},
	{"takes", []string{"taken"}},
	{"transfers", []string{"transfer to another", "transfer from another"}},
	{"streaks", []string{"run of several", "freeze used"}},
	{"streak goals", []string{"goal of a streak"}},
	{"below zero", []string{"day taken out of a streak"}},
	{"freezes", []string{"stored freeze used"}},
	{"repairs", []string{"repaired"}},
	{"challenges", []string{"goal of a member"}},
	{"opt in", []string{"enrolled"}},
	{"leaving", []string{"left", "tried again"}},
	{"within", []string{"time to try is over", "goal reached in time"}},
	{"needs", []string{"goal after what it needs", "step after what it needs"}},
	{"steps", []string{"some steps done", "all steps done"}},
	{"winners", []string{"winner", "no winner's place left"}},
	{"group challenges", []string{"group's goal reached"}},
	{"groups", []string{"group's count"}},
	{"tiers", []string{"tier reached"}},
	{"badges", []string{"badge level"}},
	{"boards", []string{"board of several"}},
	{"averages", []string{"average of several"}},
	{"several gifts", []string{"two gifts of a rule", "badge of a rule", "badge of a goal"}},
	{"earned", []string{"points counted"}},
	{"seasons", []string{"prize"}},
	{"timers", []string{"timer after the first", "timer after the last", "birthday"}},
	{"rewards", []string{"claim"}},
	{"adjustments", []string{"adjustment"}},
	{"reversals", []string{"void", "amend"}},
	{"raises", []string{"raise"}},
	{"late", []string{"late event"}},
	{"restarts", []string{"restart"}},
	{"teams change", []string{"team changed"}},
	{"gifts", []string{"gift"}},
	{"versions", []string{"deploy"}},
	{"member clock", []string{"clocks of members"}},
	{"travel", []string{"journey"}},
	{"calls", []string{"open by a call"}},
	{"odd weeks", []string{"weeks from sunday"}},
}

// needed are the features without which one cannot happen.
var needed = map[string]string{"opt in": "challenges", "leaving": "opt in", "within": "challenges", "needs": "challenges",
	"steps": "challenges", "winners": "challenges",
	"raises": "reversals", "streak goals": "streaks", "freezes": "streaks", "repairs": "streaks", "seasons": "boards", "capped boosts": "boosts",
	"averages": "boards", "below zero": "streaks", "travel": "member clock"}

// pairs are all pairs of features, by their places.
func pairs() (list [][2]int) {
	for i := range features {
		for j := range i {
			list = append(list, [2]int{j, i})
		}
	}
	return list
}

// focus is the pair of features that the history of a seed must have.
func focus(seed int64) [2]int {
	all := pairs()
	n := int64(len(all))
	return all[((seed%n)+n)%n]
}

// happened tells which features showed in a history.
func (m mix) happened(reached map[string]int) (which []int) {
	for i, f := range features {
		for _, situation := range f.shown {
			if m[f.name] && reached[situation] > 0 {
				which = append(which, i)
				break
			}
		}
	}
	return which
}

// table says in how many histories both features of each pair happened.
type table [][]int

func newTable() table {
	t := make(table, len(features))
	for i := range t {
		t[i] = make([]int, len(features))
	}
	return t
}

func (t table) add(which []int) {
	for _, i := range which {
		for _, j := range which {
			t[i][j]++
		}
	}
}

// String has a line for each feature: in how many histories it happened, and with each of those before it.
func (t table) String() string {
	b := &strings.Builder{}
	b.WriteString(strings.Repeat(" ", 20))
	for i := range t {
		fmt.Fprintf(b, "%6d", i+1)
	}
	for i := range t {
		fmt.Fprintf(b, "\n%2d %-17s", i+1, features[i].name)
		for j := range i + 1 {
			fmt.Fprintf(b, "%6d", t[i][j])
		}
	}
	return b.String()
}

// never are the pairs that should have happened together, and have not.
func (t table) never() (list []string) {
	for _, p := range pairs() {
		if t[p[0]][p[1]] == 0 {
			list = append(list, features[p[0]].name+" with "+features[p[1]].name)
		}
	}
	return list
}

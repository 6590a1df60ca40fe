//go:build same

package same

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/plan"
)

// A call is a request, at an instant to which the clock is moved first.
type call struct {
	at                      time.Time
	feature                 string
	method, path, key, body string
}

// story is what happens to one program: three parts, between which the server is killed, and stopped and started with a
// changed ruleset where there is one.
type story struct {
	source
	original string // the text before the program got an id of its own
	seed     int64
	id       string    // of the program: of the name and the seed, whatever else is played
	begin    time.Time // of what happens
	hooked   bool      // it has a webhook
	parts    [3][]call
	reads    []call // after all of them
	changed  string // the text from the third part on
	events   int
}

// zones have clocks that are far apart, at half hours, and that change at midnight.
var zones = []string{"UTC", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Pacific/Kiritimati", "Asia/Kathmandu"}

// beginnings lie before changes of clocks, the end of a month, of February and of a year.
var beginnings = []string{"2026-03-26", "2026-10-22", "2026-12-28", "2028-02-26", "2026-05-30", "2026-08-19"}

// traffic draws what happens, from what a ruleset takes.
type traffic struct {
	*rand.Rand
	*story
	rules   *engine.Ruleset
	words   []string // texts that the ruleset asks for
	members []string
	now     time.Time
	calls   []call
	sent    []sentEvent
	claims  []string
	n       int
}

type sentEvent struct {
	id   string
	data map[string]any
}

var quoted = regexp.MustCompile(`"([^"\n]{1,30})"|'([^'\n]{1,30})'`)

func newStory(s source, seed int64, events int) *story {
	h := fnv.New64a()
	fmt.Fprint(h, s.name, seed)
	st := &story{source: s, original: s.text, seed: seed, id: fmt.Sprintf("s%x", h.Sum64()), events: events}
	st.text = programLine.ReplaceAllString(s.text, "program: "+st.id)
	p, _ := rulesets.Parse("ruleset.yaml", []byte(st.text))
	t := &traffic{Rand: rand.New(rand.NewSource(int64(h.Sum64()))), story: st, rules: p.Ruleset, words: []string{"a", "b", "c", "d"}}
	for _, m := range quoted.FindAllStringSubmatch(s.text, -1) {
		t.words = append(t.words, m[1]+m[2])
	}
	for i := range 2 + t.Intn(5) {
		t.members = append(t.members, fmt.Sprint("m", i))
	}
	st.hooked = t.one(4)
	day, _ := time.Parse(time.DateOnly, pick(t, beginnings...))
	st.begin = day.Add(time.Duration(t.Intn(86400)) * time.Second)
	t.now = st.begin
	t.draw(events)
	st.changed = t.change(p)
	return st
}

func pick[V any](t *traffic, from ...V) V { return from[t.Intn(len(from))] }

func (t *traffic) one(in int) bool { return t.Intn(in) == 0 }

func (t *traffic) someone() string { return pick(t, t.members...) }

func (t *traffic) next(prefix string) string {
	t.n++
	return fmt.Sprint(prefix, t.n)
}

func (t *traffic) add(feature, method, path, key string, body any) {
	text := ""
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		text = string(b)
	}
	t.calls = append(t.calls, call{t.now, feature, method, path, key, text})
}

func (t *traffic) draw(events int) {
	if t.one(3) {
		t.imports()
	}
	for _, m := range t.members {
		if !t.one(3) {
			t.profile(m)
		}
	}
	for sent := 0; sent < events; {
		if t.one(3) {
			t.now = t.now.Add(time.Duration(t.gap()) * time.Second)
		}
		part := min(2, len(t.sent)*3/(events+1)) // imported events are on top
		before := len(t.sent)
		t.something()
		sent += len(t.sent) - before
		t.parts[part] = append(t.parts[part], t.calls...)
		t.calls = nil
	}
	t.ending()
}

// imports sends events of the months before.
func (t *traffic) imports() {
	var lines []string
	for i := range 20 {
		e := t.event()
		e["time"] = t.begin.AddDate(0, 0, 5*(i-21)).Format(time.RFC3339)
		b, err := json.Marshal(e)
		if err != nil {
			panic(err)
		}
		lines = append(lines, string(b)+"\n")
	}
	t.calls = append(t.calls, call{t.now, "import", "POST", "/v1/imports", "", strings.Join(lines, "")})
}

// gap is seconds, hours or days; in the end all histories are some weeks or months long.
func (t *traffic) gap() int { return pick(t, t.Intn(60), t.Intn(7200), t.Intn(86400), 3600*t.Intn(72)) }

func sent(e *engine.EventType) bool { return !e.Builtin }

func (t *traffic) something() {
	switch p := t.Intn(100); {
	case p < 5:
		var list []any
		for range 2 + t.Intn(4) {
			list = append(list, t.event())
		}
		t.add("batch", "POST", "/v1/events/batch", "", list)
	case p < 8 && len(t.sent) > 0:
		t.add("void", "POST", "/v1/events/"+t.old().id+"/void", pick(t, "", t.next("void-")), nil)
	case p < 12 && len(t.sent) > 0:
		e := t.old()
		t.add("amend", "POST", "/v1/events/"+e.id+"/amend", pick(t, "", t.next("amend-")), map[string]any{"data": t.changedData(e.data)})
	case p < 15 && len(t.sent) > 0:
		t.add("release", "POST", "/v1/events/"+t.old().id+"/"+pick(t, "release", "release", "refuse"), "", nil)
	case p < 21 && len(t.rules.Rewards) > 0:
		t.claim()
	case p < 27 && len(t.claims) > 0:
		do := pick(t, "confirm", "confirm", "cancel", "return")
		t.add(do, "POST", "/v1/claims/"+pick(t, t.claims...)+"/"+do, map[bool]string{true: t.next("return-")}[do == "return"], nil)
	case p < 29 && len(t.rules.Points) > 0:
		t.add("adjust", "POST", "/v1/members/"+t.someone()+"/adjustments", t.next("adjust-"),
			map[string]any{"points": pick(t, t.rules.Points...).ID, "amount": pick(t, -20, -1, 1, 5, 200), "reason": "a correction"})
	case p < 32:
		t.profile(t.someone())
	case p < 36:
		t.joining()
	case p < 38 && len(t.rules.Promotions) > 0:
		t.promotion()
	case p < 40 && len(t.sent) > 0:
		t.again()
	case p < 41 && t.one(6):
		t.add("erase", "DELETE", "/v1/members/"+t.someone(), "", nil)
	default:
		t.add("event", "POST", "/v1/events", "", t.event())
	}
}

func (t *traffic) old() sentEvent { return t.sent[max(0, len(t.sent)-1-t.Intn(12))] }

func (t *traffic) again() {
	for i := len(t.parts) - 1; i >= 0; i-- {
		if n := len(t.parts[i]); n > 0 {
			c := t.parts[i][max(0, n-1-t.Intn(8))]
			if c.method == "POST" {
				t.calls = append(t.calls, call{t.now, "sent again", c.method, c.path, c.key, c.body})
			}
			return
		}
	}
}

func (t *traffic) claim() {
	id := t.next("claim-")
	body := map[string]any{"reward": pick(t, t.rules.Rewards...).ID}
	if t.one(3) {
		body["amount"] = pick(t, 1, 5, 50, 100)
	}
	t.claims = append(t.claims, id)
	t.add("claim", "POST", "/v1/members/"+t.someone()+"/claims", id, body)
}

func (t *traffic) joining() {
	member := "/v1/members/" + t.someone()
	if len(t.rules.Challenges) > 0 && !t.one(3) {
		method := pick(t, "POST", "POST", "DELETE")
		t.add(map[string]string{"POST": "enroll", "DELETE": "leave"}[method], method, member+"/challenges/"+pick(t, t.rules.Challenges...).ID+"/enroll", "", nil)
		return
	}
	if len(t.rules.Streaks) > 0 {
		do := pick(t, "enroll", "freeze", "repair")
		key := t.next(do + "-")
		if do == "enroll" {
			key = ""
		}
		t.add(do+" a streak", "POST", member+"/streaks/"+pick(t, t.rules.Streaks...).ID+"/"+do, key, nil)
	}
}

func (t *traffic) promotion() {
	path := "/v1/promotions/" + pick(t, t.rules.Promotions...).ID
	if t.one(4) {
		t.add("close", "POST", path+"/close", t.next("close-"), map[string]any{"reason": "over"})
		return
	}
	t.add("fire", "POST", path+"/fire", t.next("fire-"), map[string]any{"open_for": pick(t, "2 hours", "3 days"), "reason": "rain"})
}

func (t *traffic) profile(member string) {
	body := map[string]any{}
	if t.one(2) {
		body["timezone"] = pick(t, zones...)
	}
	if t.rules.Member != nil && len(t.rules.Member.Fields) > 0 {
		body["fields"] = t.record(t.rules.Member)
	}
	t.add("profile", pick(t, "PUT", "PATCH"), "/v1/members/"+member, "", body)
}

func (t *traffic) event() map[string]any {
	types := slices.DeleteFunc(slices.Clone(t.rules.Events), func(e *engine.EventType) bool { return !sent(e) })
	e := pick(t, types...)
	id := t.next(pick(t, "e", "d")) // ids are not in the order of arrival
	data := t.record(e.Schema)
	t.sent = append(t.sent, sentEvent{id, data})
	body := map[string]any{"id": id, "type": e.Name, "member": t.someone()}
	if len(data) > 0 {
		body["data"] = data
	}
	switch t.Intn(8) {
	case 0, 1, 2:
		body["time"] = t.now.Format(time.RFC3339)
	case 3:
		body["time"] = t.now.Add(-time.Duration(t.Intn(70*3600)) * time.Second).Format(time.RFC3339)
	}
	return body
}

// record draws the fields of a schema; nested ones have their paths as names.
func (t *traffic) record(s *event.Schema) map[string]any {
	all := map[string]any{}
	if s == nil {
		return all
	}
	for _, f := range s.Fields {
		if f.Optional && t.one(3) {
			continue
		}
		within := all
		path := strings.Split(f.Name, ".")
		for _, name := range path[:len(path)-1] {
			if within[name] == nil {
				within[name] = map[string]any{}
			}
			within = within[name].(map[string]any)
		}
		within[path[len(path)-1]] = t.value(f)
	}
	return all
}

func (t *traffic) value(f *event.Field) any {
	switch f.Type {
	case event.TypeNumber:
		return json.RawMessage(pick(t, "0", "0.5", "1", "2", "3.25", "7", "12", "20", "50", "99.9", "250", "-4"))
	case event.TypeMoney:
		return json.RawMessage(pick(t, "0", "1", "2", "5", "12", "20", "49", "50", "100", "340"))
	case event.TypeInteger:
		return pick(t, 0, 1, 2, 3, 5, 10, 20, 120)
	case event.TypeBoolean:
		return t.one(2)
	case event.TypeDate:
		return t.now.AddDate(-t.Intn(40), 0, t.Intn(9)-4).Format(time.DateOnly)
	case event.TypeTime:
		return t.now.Add(-time.Duration(t.Intn(90)) * time.Hour).Format(time.RFC3339)
	case event.TypeMember:
		return pick(t, append(slices.Clone(t.members), "nobody")...)
	case event.TypeList:
		var list []any
		for range 1 + t.Intn(3) {
			if len(f.Items.Fields) == 1 && f.Items.Fields[0].Name == "" {
				list = append(list, t.value(f.Items.Fields[0]))
			} else {
				list = append(list, t.record(f.Items))
			}
		}
		return list
	default:
		return pick(t, t.words...)
	}
}

// changedData is data with one number changed, for an amendment.
func (t *traffic) changedData(data map[string]any) map[string]any {
	changed := map[string]any{}
	names := make([]string, 0, len(data))
	for name := range data {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if _, number := data[name].(json.RawMessage); number && t.one(2) || len(changed) == 0 && t.one(4) {
			if number {
				changed[name] = json.RawMessage(pick(t, "0", "1", "5", "10", "33", "80"))
			} else {
				changed[name] = data[name]
			}
		}
	}
	return changed
}

// ending draws what is read in the end.
func (t *traffic) ending() {
	span := t.now.Sub(t.begin)
	t.now = t.now.Add(40 * 24 * time.Hour)
	for _, m := range t.members {
		path := "/v1/members/" + m
		t.add("read", "GET", path, "", nil)
		for i := range 5 {
			at := t.begin.Add(span * time.Duration(i+1) / 5).Format(time.RFC3339)
			t.add("the past", "GET", path+"/progress?at="+at, "", nil)
		}
		t.add("read", "GET", path+"/progress", "", nil)
		t.add("ledger", "GET", path+"/ledger?limit=1000", "", nil)
		t.add("read", "GET", "/v1/challenges?member="+m, "", nil)
		for _, b := range t.rules.Leaderboards {
			t.add("standing", "GET", "/v1/leaderboards/"+b.ID+"/standings/"+m+"?around=2", "", nil)
		}
	}
	for _, b := range t.rules.Leaderboards {
		t.add("board", "GET", "/v1/leaderboards/"+b.ID+"?limit=100", "", nil)
		t.add("board", "GET", "/v1/leaderboards/"+b.ID+"?season=previous", "", nil)
		t.add("seasons", "GET", "/v1/leaderboards/"+b.ID+"/seasons?limit=100", "", nil)
	}
	for _, c := range t.rules.Counters {
		if c.Public {
			t.add("counter", "GET", "/v1/counters/"+c.ID, "", nil)
		}
	}
	t.add("read", "GET", "/v1/promotions", "", nil)
	for _, e := range t.sent[max(0, len(t.sent)-40):] {
		t.add("explain", "GET", "/v1/events/"+e.id+"/explain", "", nil)
		t.add("read", "GET", "/v1/events/"+e.id, "", nil)
	}
	t.reads, t.calls = t.calls, nil
}

var rulesLine = regexp.MustCompile(`(?m)^rules:\s*$`)

// change is the ruleset with one more rule, empty where that cannot be written or is no successor.
func (t *traffic) change(before *rulesets.Program) string {
	if len(t.rules.Points) == 0 || !rulesLine.MatchString(t.text) {
		return ""
	}
	at := rulesLine.FindStringIndex(t.text)[1]
	types := slices.DeleteFunc(slices.Clone(t.rules.Events), func(e *engine.EventType) bool { return !sent(e) })
	rule := fmt.Sprintf("\n  one_more: {when: %s, give: {%s: 1}}", types[0].Name, t.rules.Points[0].ID)
	text := t.text[:at] + rule + t.text[at:]
	after, diagnostics := rulesets.Parse("ruleset.yaml", []byte(text))
	if diagnostics.HasErrors() || plan.Compare(before, after, nil).Blocked() {
		return ""
	}
	return text
}

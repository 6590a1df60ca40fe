package calendar

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stretchOf is [start, end) as text.
func stretchOf(start, end Instant) [2]string { return [2]string{start.String(), end.String()} }

func between(from, to int) *Hours {
	return &Hours{From: time.Duration(from) * time.Hour, To: time.Duration(to) * time.Hour}
}

func TestWindows(t *testing.T) {
	on := func(days ...DayRule) Window { return Window{Days: days} }
	for _, c := range []struct {
		name   string
		zone   string
		window Window
		inside string
		want   [2]string
		next   [2]string
	}{
		{"SCH-07, one date of 23 hours", "Europe/Berlin", dates(t, "2026-03-29", "2026-03-29"), "2026-03-29T21:59:59Z",
			[2]string{"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"}, [2]string{}},
		{"until 7 December", "Europe/Berlin", dates(t, "2026-12-01", "2026-12-07"), "2026-12-07T22:59:59Z",
			[2]string{"2026-11-30T23:00:00Z", "2026-12-07T23:00:00Z"}, [2]string{}},
		{"SCH-06, two hours", "Europe/Berlin", Window{Hours: between(2, 3)}, "2026-10-25T01:30:00Z",
			[2]string{"2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"}, [2]string{"2026-10-26T01:00:00Z", "2026-10-26T02:00:00Z"}},
		{"SCH-05, the day is left out", "Europe/Berlin", Window{Hours: between(2, 3)}, "2026-03-28T01:00:00Z",
			[2]string{"2026-03-28T01:00:00Z", "2026-03-28T02:00:00Z"}, [2]string{"2026-03-30T00:00:00Z", "2026-03-30T01:00:00Z"}},
		{"half of it is skipped", "Europe/Berlin", Window{Hours: between(1, 3)}, "2026-03-29T00:30:00Z",
			[2]string{"2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"}, [2]string{"2026-03-29T23:00:00Z", "2026-03-30T01:00:00Z"}},
		{"over midnight", "Europe/Berlin", Window{Days: []DayRule{{Weekday: time.Friday}}, Hours: between(22, 2)}, "2026-12-05T00:59:59Z",
			[2]string{"2026-12-04T21:00:00Z", "2026-12-05T01:00:00Z"}, [2]string{"2026-12-11T21:00:00Z", "2026-12-12T01:00:00Z"}},
		{"the last night goes on after until", "UTC", Window{Until: date(t, "2026-12-07"), HasUntil: true, Hours: between(22, 2)}, "2026-12-08T01:00:00Z",
			[2]string{"2026-12-07T22:00:00Z", "2026-12-08T02:00:00Z"}, [2]string{}},
		{"a weekend is one stretch", "Europe/Berlin", on(DayRule{Weekday: time.Saturday}, DayRule{Weekday: time.Sunday}), "2026-10-25T12:00:00Z",
			[2]string{"2026-10-23T22:00:00Z", "2026-10-25T23:00:00Z"}, [2]string{"2026-10-30T23:00:00Z", "2026-11-01T23:00:00Z"}},
		{"first friday", "UTC", on(DayRule{time.Friday, 1}), "2027-01-01T00:00:00Z",
			[2]string{"2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z"}, [2]string{"2027-02-05T00:00:00Z", "2027-02-06T00:00:00Z"}},
		{"last sunday", "UTC", on(DayRule{time.Sunday, -1}), "2026-02-22T10:00:00Z",
			[2]string{"2026-02-22T00:00:00Z", "2026-02-23T00:00:00Z"}, [2]string{"2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"}},
		{"fifth monday", "UTC", on(DayRule{time.Monday, 5}), "2026-03-30T10:00:00Z",
			[2]string{"2026-03-30T00:00:00Z", "2026-03-31T00:00:00Z"}, [2]string{"2026-06-29T00:00:00Z", "2026-06-30T00:00:00Z"}},
		{"always", "UTC", Window{}, "2026-03-30T10:00:00Z", [2]string{"beginning", "forever"}, [2]string{}},
		{"all days of the week", "UTC", on(DayRule{Weekday: 0}, DayRule{Weekday: 1}, DayRule{Weekday: 2}, DayRule{Weekday: 3}, DayRule{Weekday: 4},
			DayRule{Weekday: 5}, DayRule{Weekday: 6}),
			"2026-03-30T10:00:00Z", [2]string{"beginning", "forever"}, [2]string{}},
		{"all days, in other words", "UTC", allWeekdaysByNumber(), "2026-03-30T10:00:00Z", [2]string{"beginning", "forever"}, [2]string{}},
		{"from a date on", "Europe/Berlin", Window{From: date(t, "2026-12-01"), HasFrom: true}, "2030-01-01T00:00:00Z",
			[2]string{"2026-11-30T23:00:00Z", "forever"}, [2]string{}},
		{"round the clock from six to six", "UTC", Window{From: date(t, "2026-12-01"), HasFrom: true, Until: date(t, "2026-12-02"),
			HasUntil: true, Hours: between(6, 6)},
			"2026-12-03T05:00:00Z", [2]string{"2026-12-01T06:00:00Z", "2026-12-03T06:00:00Z"}, [2]string{}},
		{"to 24:00", "UTC", Window{Hours: between(20, 24)}, "2026-12-03T23:59:59Z",
			[2]string{"2026-12-03T20:00:00Z", "2026-12-04T00:00:00Z"}, [2]string{"2026-12-04T20:00:00Z", "2026-12-05T00:00:00Z"}},
		{"closed only in the gap", "Europe/Berlin", Window{Hours: between(3, 2)}, "2026-03-29T12:00:00Z",
			[2]string{"2026-03-28T02:00:00Z", "2026-03-30T00:00:00Z"}, [2]string{"2026-03-30T01:00:00Z", "2026-03-31T00:00:00Z"}},
		{"thursday and saturday, without a friday", "Pacific/Apia", on(DayRule{Weekday: time.Thursday}, DayRule{Weekday: time.Saturday}), "2011-12-30T12:00:00Z",
			[2]string{"2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z"}, [2]string{"2012-01-04T10:00:00Z", "2012-01-05T10:00:00Z"}},
		{"cron", "Europe/Berlin", Window{Cron: daily(18, 0), OpenFor: Duration{2, Hour}}, "2026-12-01T18:59:59Z",
			[2]string{"2026-12-01T17:00:00Z", "2026-12-01T19:00:00Z"}, [2]string{"2026-12-02T17:00:00Z", "2026-12-02T19:00:00Z"}},
		{"cron for a day keeps the clock", "Europe/Berlin",
			Window{Cron: &Cron{1, 1 << 18, CronStar, everyMonth, 1 << 6}, OpenFor: Duration{1, Day}}, "2026-03-29T12:00:00Z",
			[2]string{"2026-03-28T17:00:00Z", "2026-03-29T16:00:00Z"}, [2]string{"2026-04-04T16:00:00Z", "2026-04-05T16:00:00Z"}},
		{"cron that fires while open extends", "UTC", Window{Cron: &Cron{1, 1<<9 | 1<<10 | 1<<12, CronStar, everyMonth, CronStar}, OpenFor: Duration{90, Minute}},
			"2026-12-01T09:00:00Z",
			[2]string{"2026-12-01T09:00:00Z", "2026-12-01T11:30:00Z"}, [2]string{"2026-12-01T12:00:00Z", "2026-12-01T13:30:00Z"}},
		{"cron that never closes", "UTC", Window{Cron: daily(0, 0), OpenFor: Duration{1, Day}}, "2026-12-01T09:00:00Z",
			[2]string{"beginning", "forever"}, [2]string{}},
		{"cron on some days", "UTC", Window{Days: []DayRule{{Weekday: time.Monday}}, Cron: daily(22, 0), OpenFor: Duration{4, Hour}}, "2026-12-07T01:00:00Z",
			[2]string{"2026-12-07T00:00:00Z", "2026-12-07T02:00:00Z"}, [2]string{"2026-12-07T22:00:00Z", "2026-12-08T00:00:00Z"}},
	} {
		calendar := monday(t, c.zone)
		inside := at(t, c.inside)
		require.True(t, c.window.Contains(calendar, inside), c.name)
		start, end, open := c.window.At(calendar, inside)
		require.True(t, open, c.name)
		require.Equal(t, c.want, stretchOf(start, end), c.name)
		from, to, ok := c.window.Next(calendar, inside)
		require.Equal(t, c.next != [2]string{}, ok, c.name)
		if ok {
			require.Equal(t, c.next, stretchOf(from, to), c.name)
		}
		if start != Beginning {
			require.True(t, c.window.Contains(calendar, start), c.name)
			require.False(t, c.window.Contains(calendar, start-1), c.name)
			first, last, ok := c.window.Next(calendar, start-1)
			require.True(t, ok, c.name)
			require.Equal(t, c.want, stretchOf(first, last), c.name)
		}
		if end != Forever {
			require.True(t, c.window.Contains(calendar, end-1), c.name)
			_, _, open = c.window.At(calendar, end)
			require.False(t, open, c.name)
		}
	}
}

func dates(t *testing.T, from, until string) Window {
	return Window{From: date(t, from), HasFrom: true, Until: date(t, until), HasUntil: true}
}

// allWeekdaysByNumber is open every day, but says so with the five occurrences of each weekday.
func allWeekdaysByNumber() (w Window) {
	for weekday := time.Sunday; weekday <= time.Saturday; weekday++ {
		for nth := 1; nth <= 5; nth++ {
			w.Days = append(w.Days, DayRule{weekday, nth})
		}
	}
	return w
}

func TestClosedWindows(t *testing.T) {
	c := monday(t, "Europe/Berlin")
	gap := Window{From: date(t, "2026-03-29"), HasFrom: true, Until: date(t, "2026-03-29"), HasUntil: true, Hours: between(2, 3)}
	for name, w := range map[string]Window{
		"SCH-05, only in a gap":       gap,
		"over":                        dates(t, "2020-01-01", "2020-12-31"),
		"ends before it begins":       dates(t, "2026-12-31", "2026-12-01"),
		"cron that never fires":       {Cron: &Cron{}, OpenFor: Duration{1, Hour}},
		"cron that opens for nothing": {Cron: daily(9, 0)},
		"a day without that time":     {Days: []DayRule{{time.Monday, 0}}, Hours: between(1, 2), Cron: daily(9, 0), OpenFor: Duration{1, Hour}},
	} {
		_, _, ok := w.Next(c, at(t, "2026-01-01T00:00:00Z"))
		require.False(t, ok, name)
		for i := at(t, "2026-03-28T00:00:00Z"); i < at(t, "2026-03-31T00:00:00Z"); i = i.Add(10 * time.Minute) {
			require.False(t, w.Contains(c, i), name)
			_, _, open := w.At(c, i)
			require.False(t, open, name)
		}
	}
}

// randomWindow combines parts; its dates lie around the middle.
func randomWindow(r *rand.Rand, middle Date) (w Window) {
	if r.IntN(3) == 0 {
		w.From, w.HasFrom = middle+Date(r.IntN(30)-25), true
	}
	if r.IntN(3) == 0 {
		w.Until, w.HasUntil = middle+Date(r.IntN(30)-5), true
	}
	for range r.IntN(4) * r.IntN(2) {
		w.Days = append(w.Days, DayRule{time.Weekday(r.IntN(7)), max(-1, r.IntN(12)-6)})
	}
	if r.IntN(2) == 0 {
		w.Hours = &Hours{time.Duration(r.IntN(96)) * 15 * time.Minute, time.Duration(r.IntN(97)) * 15 * time.Minute}
	}
	if r.IntN(2) == 0 {
		w.Cron = randomCron(r)
		w.OpenFor = [...]Duration{{30, Minute}, {3, Hour}, {30, Hour}, {1, Day}, {3, Day}, {1, Week}}[r.IntN(6)]
	}
	return w
}

// slowStretches lists the open stretches of a window from its definition, over the dates from first to last.
func slowStretches(w *Window, c Calendar, first, last Date) [][2]Instant {
	var days, schedule [][2]Instant
	for d := first; d <= last; d++ {
		_, month, dom := d.Civil()
		_, weekLater, _ := (d + 7).Civil()
		on := len(w.Days) == 0
		for _, rule := range w.Days {
			nth := rule.Nth == 0 || rule.Nth == (dom+6)/7 || rule.Nth == -1 && weekLater != month
			on = on || rule.Weekday == d.Weekday() && nth
		}
		if !on || w.HasFrom && d < w.From || w.HasUntil && d > w.Until {
			continue
		}
		hours := Hours{0, 24 * time.Hour}
		if w.Hours != nil {
			hours = *w.Hours
		}
		to := c.Zone.At(d, hours.To)
		if hours.To <= hours.From {
			to = c.Zone.At(d+1, hours.To)
		}
		days = append(days, [2]Instant{c.Zone.At(d, hours.From), to})
	}
	if w.Cron == nil {
		return joined(days)
	}
	for _, i := range occurrences(w.Cron, c.Zone, first, last) {
		schedule = append(schedule, [2]Instant{i, c.After(i, w.OpenFor)})
	}
	var both [][2]Instant
	for _, a := range joined(days) {
		for _, b := range joined(schedule) {
			if start, end := max(a[0], b[0]), min(a[1], b[1]); start < end {
				both = append(both, [2]Instant{start, end})
			}
		}
	}
	return both
}

// joined drops empty stretches and joins those that touch.
func joined(stretches [][2]Instant) (all [][2]Instant) {
	for _, s := range stretches {
		if s[0] >= s[1] {
			continue
		}
		if n := len(all); n > 0 && s[0] <= all[n-1][1] {
			all[n-1][1] = max(all[n-1][1], s[1])
			continue
		}
		all = append(all, s)
	}
	return all
}

func TestWindowsAgainstTheirDefinition(t *testing.T) {
	r := random(t)
	zones := everyZone(t)
	compared := 0
	for range 500 {
		z := zones[r.IntN(len(zones))]
		c := Calendar{Zone: z.Zone}
		middle := civil(1990+r.IntN(45), 1+r.IntN(12), 1+r.IntN(28))
		if transitions := z.transitions(2024, 2026); len(transitions) > 0 && r.IntN(2) == 0 {
			middle = z.Date(Instant(transitions[r.IntN(len(transitions))] * second))
		}
		w := randomWindow(r, middle)
		all := slowStretches(&w, c, middle-60, middle+60)
		lower, upper := z.Start(middle-40), z.Start(middle+40)
		for range 20 {
			i := z.Start(middle-20) + Instant(r.Int64N(40*day))
			if n := len(all); n > 0 && r.IntN(2) == 0 {
				i = min(max(all[r.IntN(n)][r.IntN(2)]-Instant(r.IntN(2)), lower), upper)
			}
			k, _ := slices.BinarySearchFunc(all, i, func(s [2]Instant, i Instant) int { return int(min(s[1]-i-1, 1)) >> 1 })
			open := k < len(all) && all[k][0] <= i
			require.Equal(t, open, w.Contains(c, i), "%s %+v at %v", z.Name(), w, i)
			start, end, opened := w.At(c, i)
			require.Equal(t, open, opened)
			// What reaches the edge of the dates that were listed may go on beyond.
			if open && all[k][0] > lower && all[k][1] < upper {
				require.Equal(t, stretchOf(all[k][0], all[k][1]), stretchOf(start, end), "%s %+v at %v", z.Name(), w, i)
				compared++
			}
			if open {
				k++
			}
			if k < len(all) && all[k][1] < upper {
				start, end, ok := w.Next(c, i)
				require.True(t, ok, "%s %+v after %v", z.Name(), w, i)
				require.Equal(t, stretchOf(all[k][0], all[k][1]), stretchOf(start, end), "%s %+v after %v", z.Name(), w, i)
				compared++
			}
		}
	}
	t.Logf("%d stretches compared", compared)
	require.Greater(t, compared, 2_500)
}

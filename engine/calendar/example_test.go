package calendar_test

import (
	"fmt"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
)

func Example() {
	berlin, err := calendar.LoadZone("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	c := calendar.Calendar{Zone: berlin, WeekStart: time.Monday}
	earned, _ := calendar.ParseInstant("2026-01-15T10:00:00Z")
	term, _ := calendar.ParseDuration("12 months")

	fmt.Println("earned in week", c.Label(calendar.Week, c.Key(calendar.Week, earned)))
	fmt.Println("spendable until", c.EndOfDayAfter(earned, term))
	// Output:
	// earned in week 2026-W03
	// spendable until 2027-01-15T23:00:00Z
}

// The clocks of Berlin go from 02:00 to 03:00 on 29 March 2026, and from 03:00 to 02:00 on 25 October.
func ExampleZone_At() {
	berlin, _ := calendar.LoadZone("Europe/Berlin")
	gap, _ := calendar.ParseDate("2026-03-29")
	overlap, _ := calendar.ParseDate("2026-10-25")
	fmt.Println(berlin.At(gap, 2*time.Hour+30*time.Minute))
	fmt.Println(berlin.At(overlap, 2*time.Hour+30*time.Minute))
	// Output:
	// 2026-03-29T01:00:00Z
	// 2026-10-25T00:30:00Z
}

func ExampleWindow_Next() {
	firstFriday := calendar.Window{
		Days:  []calendar.DayRule{{Weekday: time.Friday, Nth: 1}},
		Hours: &calendar.Hours{From: 22 * time.Hour, To: 2 * time.Hour},
	}
	now, _ := calendar.ParseInstant("2026-12-05T12:00:00Z")
	start, end, _ := firstFriday.Next(calendar.Calendar{}, now)
	fmt.Println(start, end)
	// Output:
	// 2027-01-01T22:00:00Z 2027-01-02T02:00:00Z
}

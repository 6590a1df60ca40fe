package engine

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// dated is a text that names a day, such as 2027-03-31, or an instant with its offset. Of a day it is the beginning, and next that of the day
// after it; of an instant both are itself.
func dated(text string, cal calendar.Calendar) (at, next calendar.Instant, ok bool) {
	if day, err := calendar.ParseDate(text); err == nil {
		return cal.Zone.Start(day), cal.Zone.Start(day.AddDays(1)), true
	}
	at, err := calendar.ParseInstant(text)
	return at, at, err == nil
}

// undated is the error of a text that is neither.
func undated(location string) event.FieldError {
	return event.FieldError{Location: location, Code: "wrong_time", Message: "a day such as 2027-03-31, or a time with its offset, is expected"}
}

package clock

// NewClock is a clock of a machine whose clocks a test sets.
var NewClock = newClock

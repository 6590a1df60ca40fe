// Package calendar answers every question about dates, clocks and time zones (semantics: Time).
//
// [Instant] is a point in time, [Date] a day of the civil calendar, [Zone] the rules that connect the two somewhere on
// Earth. A [Calendar] is a Zone with a first day of the week; it cuts time into the periods hour, day, week, month,
// quarter and year and numbers them with a [Key], adds a [Duration] to an instant, and says when a [Window] is open.
//
// Everything rests on one idea. The wall clock of a zone jumps, forward and back, so the package uses its running
// maximum: while a clock that was turned back repeats what it has already shown, wall time stands still. Wall time never
// falls, so "the first instant at which wall time reaches L" always exists and is unique, and it is the rule of the design
// for both oddities: in a gap it is the instant of the transition, in an overlap the first occurrence. Dates, hours,
// windows and schedules are then plain arithmetic on wall time, and each family of intervals [start, end) covers all of
// time without overlap.
//
// One consequence needs words: a date, once begun, is not left again. Where clocks go back over midnight (St. John's until
// 2011, 00:01 to 23:01), the repeated hour belongs to the new day although the clock shows the old one.
//
// The time zone data is embedded, so that the same log gives the same answers on every machine. Other data ([Zones]) can take
// its place from an instant on, and then every zone is as if its clocks had been set at that instant: what was before stays.
package calendar

package calendar

import (
	"testing"
	"time"
)

// sink keeps the compiler from dropping what is measured.
var sink int64

func BenchmarkLoadZone(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sink += int64(len(Embedded().read("Europe/Berlin").spans))
	}
}

func BenchmarkReadZones(b *testing.B) {
	archive := Embedded().Archive()
	b.ReportAllocs()
	for b.Loop() {
		z, err := ReadZones(archive)
		if err != nil {
			b.Fatal(err)
		}
		sink += int64(len(z.Hash()))
	}
}

func BenchmarkZone(b *testing.B) {
	z := zone(b, "Europe/Berlin")
	i, d := at(b, "2026-07-01T10:00:00Z"), date(b, "2026-07-01")
	for name, op := range map[string]func(){
		"date":      func() { sink += int64(z.Date(i)) },
		"date_2700": func() { sink += int64(z.Date(i + 700*365*day)) },
		"clock":     func() { sink += int64(z.Clock(i)) },
		"start":     func() { sink += int64(z.Start(d)) },
		"at":        func() { sink += int64(z.At(d, 14*time.Hour)) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				op()
			}
		})
	}
}

func BenchmarkKey(b *testing.B) {
	c := monday(b, "Europe/Berlin")
	i := at(b, "2026-07-01T10:00:00Z")
	for p := Hour; p <= Year; p++ {
		b.Run(p.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink += int64(c.Key(p, i))
			}
		})
	}
}

func BenchmarkWindow(b *testing.B) {
	c := monday(b, "Europe/Berlin")
	i := at(b, "2026-12-01T14:00:00Z")
	hour := Window{
		From: date(b, "2026-01-01"), HasFrom: true, Days: []DayRule{{Weekday: time.Tuesday}, {Weekday: time.Friday, Nth: 1}}, Hours: between(14, 16),
	}
	schedule := Window{Cron: daily(14, 0), OpenFor: Duration{2, Hour}}
	for name, op := range map[string]func(){
		"contains":      func() { hour.Contains(c, i) },
		"contains_cron": func() { schedule.Contains(c, i) },
		"at":            func() { hour.At(c, i) },
		"next":          func() { hour.Next(c, i) },
		"next_cron":     func() { schedule.Next(c, i) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				op()
			}
		})
	}
}

func BenchmarkEndOfDayAfter(b *testing.B) {
	c := monday(b, "Europe/Berlin")
	i, d := at(b, "2026-12-01T14:00:00Z"), Duration{12, Month}
	b.ReportAllocs()
	for b.Loop() {
		sink += int64(c.EndOfDayAfter(i, d))
	}
}

func BenchmarkUnmarshalText(b *testing.B) {
	text := []byte("2026-12-01T14:00:00.25+01:00")
	var i Instant
	b.ReportAllocs()
	for b.Loop() {
		_ = i.UnmarshalText(text)
	}
}

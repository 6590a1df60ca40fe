package calendar

import (
	"fmt"
	"testing"
	"time"
)

func TestQ(t *testing.T) {
	z, err := LoadZone("Europe/Berlin")
	fmt.Println(err, len(z.spans))
	d, _ := ParseDate("2026-03-29")
	fmt.Println(z.Start(d), z.Start(d+1), z.At(d, 150*time.Minute))
	fmt.Println(LoadZone("europe/berlim"))
	fmt.Println(LoadZone("Berlin"))
	fmt.Println(LoadZone(""))
	fmt.Println(LoadZone("xxyyzz"))
	for _, n := range []string{"Africa/Casablanca", "Pacific/Apia", "America/Juneau"} {
		z, _ := LoadZone(n)
		fmt.Println(n, len(z.spans))
		for _, s := range z.spans[:8] {
			fmt.Println(s.from, s.offset/3600e6)
		}
	}
}
func BenchmarkDate(b *testing.B) {
	z, _ := LoadZone("Europe/Berlin")
	i, _ := ParseInstant("2026-07-01T10:00:00Z")
	var d Date
	for b.Loop() {
		d += z.Date(i)
		i += 1000000
	}
	_ = d
}

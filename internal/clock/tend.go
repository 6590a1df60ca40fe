package clock

import (
	"context"
	"log/slog"
	"time"
)

// AskEvery is how often those who may vouch for a clock that is not believed are asked, and how often what they said is logged.
const AskEvery = 5 * time.Second

// Tend has a clock that is not believed vouched for as soon as somebody can, and logs what becomes of it, until ctx is over.
func (c *Clock) Tend(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(AskEvery)
	defer ticker.Stop()
	was := Holds("")
	for {
		is := Holds("")
		var because error
		if !c.Ask(ctx) {
			if a := c.Alarm(); a != nil {
				is, because = a.Holds, a
			}
		}
		switch is {
		case was:
		case "":
			log.Warn("the machine's clock is believed again")
		default:
			log.Error("the machine's clock is not believed", "holds", is, "because", because)
		}
		was = is
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

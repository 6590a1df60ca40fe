package api

import (
	"encoding/json"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// promotion is a promotion as the catalogue shows it. Instants that are not known are null: when one that has no end closes,
// when one that a call opens opens next.
type promotion struct {
	Promotion string  `json:"promotion"`
	Title     string  `json:"title"`
	About     string  `json:"about,omitempty"`
	OnCall    bool    `json:"on_call"`
	Open      bool    `json:"open"`
	OpenedAt  *string `json:"opened_at"`
	ClosesAt  *string `json:"closes_at"`
	OpensNext *string `json:"opens_next_at"`
	Mine      *openTo `json:"member,omitempty"`
}

// openTo is what a promotion is to a member.
type openTo struct {
	Open   bool   `json:"open"`
	Reason string `json:"reason,omitempty"` // why not: window, who or limit
}

// listPromotions answers with what is open now and when the others open next, and with ?member= whether each is open for that member.
func listPromotions(c call) error {
	member, _, err := c.asked()
	if err != nil {
		return err
	}
	var reasons map[string]string
	if member != "" {
		found := false
		if reasons, found, err = c.program.PromotionsFor(member); err != nil {
			return err
		} else if !found {
			return c.noMember(member)
		}
	}
	now := c.program.Present()
	list := []promotion{}
	for _, p := range c.program.Rules().Promotions {
		s := c.program.PromotionAt(p, now)
		one := promotion{Promotion: p.ID, Title: p.Title, About: p.About, OnCall: p.OnCall, Open: s.Open, OpensNext: known(s.OpensNext)}
		if s.Open {
			one.OpenedAt, one.ClosesAt = known(s.OpenedAt), known(s.ClosesAt)
		}
		if member != "" {
			one.Mine = &openTo{reasons[p.ID] == "", reasons[p.ID]}
		}
		list = append(list, one)
	}
	return listed(c, list)
}

// known is an instant as text, nil for one that is not known.
func known(i calendar.Instant) *string {
	if i == 0 || i == calendar.Beginning || i == calendar.Forever {
		return nil
	}
	text := i.String()
	return &text
}

// firePromotion opens a promotion now: {"open_for", "reason"}, both optional. One that is open is extended to the later end.
func firePromotion(c call) error {
	id, key, f, err := c.firing(true)
	if err != nil {
		return err
	}
	return c.once(engine.NewFire(key, id, f.openFor, f.reason))
}

// closePromotion closes a promotion that a call has opened: {"reason"}, optional.
func closePromotion(c call) error {
	id, key, f, err := c.firing(false)
	if err != nil {
		return err
	}
	return c.once(engine.NewClose(key, id, f.reason))
}

// firing is what a promotion is opened or closed with.
type firing struct {
	openFor calendar.Duration
	reason  string
}

func (c call) firing(opens bool) (id, key string, f firing, err error) {
	if id, err = c.id("promotion"); err != nil {
		return "", "", f, err
	}
	if key, err = c.idempotencyKey(); err != nil {
		return "", "", f, err
	}
	if err := c.takes(mediaJSON); err != nil {
		return "", "", f, err
	}
	body := c.http.Context().Request.Body()
	if len(body) == 0 {
		return id, key, f, nil
	}
	fields := []string{"reason"}
	if opens {
		fields = append(fields, "open_for")
	}
	var wrong []event.FieldError
	errs := event.ParseObject(body, "", fields, func(name string, value []byte) {
		var text string
		failed := json.Unmarshal(value, &text)
		expected := "a text is expected"
		if name == "reason" {
			f.reason = text
		} else if failed == nil {
			expected = "a duration is expected, such as \"90 minutes\""
			f.openFor, failed = calendar.ParseDuration(text)
		}
		if failed != nil {
			wrong = append(wrong, event.FieldError{Location: name, Code: "wrong_type", Message: expected})
		}
	})
	if errs = append(errs, wrong...); len(errs) > 0 {
		return "", "", f, malformed("invalid_body", "the body does not say how the promotion is opened or closed", errs)
	}
	return id, key, f, nil
}

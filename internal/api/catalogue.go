package api

import (
	"cmp"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// challenge is a challenge as the catalogue shows it. Progress is the member's, null without one.
type challenge struct {
	Challenge string                    `json:"challenge"`
	Title     string                    `json:"title"`
	About     string                    `json:"about,omitempty"`
	Image     string                    `json:"image,omitempty"`
	OptIn     bool                      `json:"opt_in"`
	Every     string                    `json:"every"`
	Goals     []decimal.Decimal         `json:"goals"`
	Gives     []goalShown               `json:"gives"`
	Steps     []step                    `json:"steps,omitempty"`
	Winners   int                       `json:"winners,omitempty"`
	Progress  *engine.ChallengeProgress `json:"progress,omitempty"`
}

type step struct {
	Step  string          `json:"step"`
	Title string          `json:"title"`
	Goal  decimal.Decimal `json:"goal"`
}

// listChallenges answers with the challenges there are, and with ?member= where the member is in each. A hidden one shows
// only to a member who has begun it.
func listChallenges(c call) error {
	if err := c.settled(); err != nil {
		return err
	}
	member := cmp.Or(c.self, c.query("member"))
	var progress map[string]engine.ChallengeProgress
	if member != "" {
		if !event.ValidID(member) {
			return wrongParameter("query.member", "this cannot be an id", "")
		}
		p, found, err := c.progressAt(member, c.program.Present())
		if err != nil {
			return err
		}
		if !found {
			return c.noMember(member)
		}
		progress = p.Challenges
	}
	list := []challenge{}
	for _, ch := range c.program.Rules().Challenges {
		one := newChallenge(ch)
		p, begun := progress[ch.ID]
		if ch.Hidden && !begun {
			continue
		}
		if begun {
			one.Progress = &p
		}
		list = append(list, one)
	}
	return listed(c, list)
}

func newChallenge(ch *engine.Challenge) challenge {
	out := challenge{Challenge: ch.ID, Title: ch.Title, About: ch.About, Image: ch.Image, OptIn: ch.OptIn, Every: ch.Every.String(),
		Goals: []decimal.Decimal{}, Gives: goalsOf(ch.Goals), Winners: ch.Winners}
	for _, g := range ch.Goals {
		out.Goals = append(out.Goals, g.At)
	}
	for _, s := range ch.Steps {
		out.Steps = append(out.Steps, step{Step: s.ID, Title: s.Title, Goal: s.Goal})
	}
	return out
}

// counter is the value of a public counter that everyone adds to, in its present period.
type counter struct {
	Counter string          `json:"counter"`
	Title   string          `json:"title"`
	Period  string          `json:"period"`
	Value   decimal.Decimal `json:"value"`
	Seq     uint64          `json:"seq"` // the last event that changed it
}

func showCounter(c call) error {
	if err := c.settled(); err != nil {
		return err
	}
	id, err := c.id("counter")
	if err != nil {
		return err
	}
	rules := c.program.Rules()
	for _, k := range rules.Counters {
		if k.ID != id || !k.Public || k.By != engine.ByEveryone {
			continue
		}
		now := c.program.Present()
		value, seq, err := c.program.Everyone(k, now)
		if err != nil {
			return err
		}
		answer := counter{Counter: k.ID, Title: k.Title, Value: value, Seq: seq,
			Period: rules.Calendar.Label(k.Every, rules.Calendar.Key(k.Every, now))}
		return c.show(answer)
	}
	return notFound("public counter")
}

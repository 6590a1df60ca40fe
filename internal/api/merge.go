package api

import (
	"encoding/json"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

// mergeMember merges another member into one: {"from"}. What the other has and did is the one's from then on, and the other's id leads
// to it.
func mergeMember(c call) error {
	member, err := c.id("member")
	if err != nil {
		return err
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	if err := c.takes(mediaJSON); err != nil {
		return err
	}
	from, given := "", false
	const wrong = "the body does not say which member is to be merged"
	err = c.fields([]string{"from"}, wrong, func(_ string, value []byte) (string, error) {
		given = true
		return "a text is expected", json.Unmarshal(value, &from)
	})
	if err == nil && !given {
		err = malformed("invalid_body", wrong, []event.FieldError{{Location: "from", Code: "missing_field", Message: "this field is required"}})
	}
	if err != nil {
		return err
	}
	return c.once(engine.NewMerge(key, member, from))
}

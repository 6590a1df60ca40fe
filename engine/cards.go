package engine

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// commandCard issues a member's card, replaces it or blocks it. A card is a number by which a till finds the member: rows of its own
// (store_keys.go), and no part of the member's state, so that nobody who has no card pays for it and no event reads it.
const commandCard = "member.card"

// What a command does with a card.
const (
	cardIssue  = "issue"
	cardRotate = "rotate"
	cardBlock  = "block"
)

// States of cards.
const (
	CardActive   = "active"
	CardBlocked  = "blocked"
	CardReplaced = "replaced"
)

// carding is the data of a command about cards. Ends is found out by Process.
type carding struct {
	Do     string   `json:"do"`
	Number string   `json:"number,omitempty"` // of the new card; block: the one to block, "" for all that are active
	Ends   []string `json:"ends,omitempty"`   // the cards that are active no more
}

// Card is a card of a member.
type Card struct {
	Number string            `json:"number"`
	State  string            `json:"state"`
	Issued calendar.Instant  `json:"issued_at"`
	Ended  *calendar.Instant `json:"ended_at"` // when it was blocked or replaced
	Member string            `json:"-"`
}

// CardChange is what a command did to the cards of its member.
type CardChange struct {
	Issued  string   // the number of the new card, "" for none
	Ended   []string // the numbers of those that are active no more
	Blocked bool     // whether these are blocked, or replaced
}

// NewCard is the event that issues the first card of a member, with a number made by CardNumber.
func NewCard(id, member, number string) *event.Event {
	return &event.Event{ID: event.Own + "card/" + id, Kind: event.Command, Type: commandCard, Member: member,
		Data: encodeJSON(carding{Do: cardIssue, Number: number})}
}

// NewCardRotation is the event that issues a card with a number made by CardNumber in the place of those that the member has. Under the
// same id it is the same rotation, whatever number it brings.
func NewCardRotation(id, member, number string) *event.Event {
	return newKeyed(id, commandCard, member, encodeJSON(carding{Do: cardRotate, Number: number}))
}

// NewCardBlock is the event that blocks a card of a member, or with no number all that are active.
func NewCardBlock(id, member, number string) *event.Event {
	return &event.Event{ID: event.Own + "card/" + id, Kind: event.Command, Type: commandCard, Member: member,
		Data: encodeJSON(carding{Do: cardBlock, Number: number})}
}

// cardDigits is how long a card's number is: 2^128 has 39 digits, and one is there to notice slips.
const cardDigits = 40

// CardNumber spells a random number of 128 bits as cards do: 39 digits, and one by the Luhn formula. Digits are what Code 128 writes
// most densely, what a scanner that types cannot get wrong by the layout of a keyboard, and what a person can read out and type on any
// till.
func CardNumber(random [16]byte) string {
	digits := new(big.Int).SetBytes(random[:]).String()
	digits = strings.Repeat("0", cardDigits-1-len(digits)) + digits
	return digits + string(luhn(digits))
}

// luhn is the digit that follows others.
func luhn(digits string) byte {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return "0987654321"[sum%10]
}

// ReadCardNumber reads a card's number as it is scanned or typed, with or without spaces and hyphens; ok is false for what cannot be one.
func ReadCardNumber(text string) (number string, ok bool) {
	number = cardGaps.Replace(text)
	if len(number) != cardDigits || strings.Trim(number, "0123456789") != "" {
		return "", false
	}
	return number, luhn(number[:cardDigits-1]) == number[cardDigits-1]
}

var cardGaps = strings.NewReplacer(" ", "", "-", "")

// Shown is the number as people read it, in groups of four.
func (c *Card) Shown() string {
	return strings.Join(slices.Collect(func(yield func(string) bool) {
		for group := range slices.Chunk([]byte(c.Number), 4) {
			if !yield(string(group)) {
				return
			}
		}
	}), " ")
}

// Rows of cards.

func encodeCard(c *Card) []byte { return encoded(c, (*codec).card) }

func decodeCard(number string, b []byte) *Card {
	c := decoded(b, (*codec).card, "card of", func(c *Card) string { return c.Member })
	c.Number = number
	return c
}

func (c *codec) card(card *Card) {
	c.format()
	c.Text(&card.Member)
	c.Text(&card.State)
	c.At(&card.Issued)
	ended := calendar.Instant(0)
	if card.Ended != nil {
		ended = *card.Ended
	}
	c.At(&ended)
	card.Ended = instantOrNil(ended)
}

// FindCard is the card with a number, nil for one that nobody has.
func (p *Processor) FindCard(number string) (*Card, error) {
	value, err := p.row(cardKey(number))
	if err != nil || value == nil {
		return nil, err
	}
	return decodeCard(number, value), nil
}

// Cards are those of a member, in the order in which they were issued.
func (p *Processor) Cards(member string) (list []Card, err error) {
	var numbers []string
	if err = p.scan(cardsRange(member), "", func(_ string, value []byte) { numbers = append(numbers, string(value)) }); err != nil {
		return nil, err
	}
	for _, number := range numbers {
		c, err := p.FindCard(number)
		if err != nil {
			return nil, err
		}
		if c != nil {
			list = append(list, *c)
		}
	}
	return list, nil
}

// decideCard finds out what a command does to the cards of its member, and writes it into the command; or refuses it.
func (p *Processor) decideCard(e *event.Event) (*Refusal, error) {
	var data carding
	if json.Unmarshal(e.Data, &data) != nil {
		return &Refusal{Code: "invalid_json", Message: "the command is not well-formed JSON"}, nil
	}
	data.Ends = nil
	list, err := p.Cards(e.Member)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if c := &list[i]; c.State == CardActive && (data.Do != cardBlock || data.Number == "" || c.Number == data.Number) {
			data.Ends = append(data.Ends, c.Number)
		}
	}
	mine := func(c Card) bool { return data.Number == "" || c.Number == data.Number }
	switch {
	case data.Do == cardBlock && len(list) == 0:
		return &Refusal{Code: CodeNotFound, Message: "this member has no card yet"}, nil
	case data.Do == cardBlock && !slices.ContainsFunc(list, mine):
		return noCard, nil
	case data.Do == cardBlock && len(data.Ends) == 0:
		return &Refusal{Code: CodeCardEnded, Message: "this card is blocked or replaced already"}, nil
	case data.Do == cardIssue && len(list) > 0:
		return &Refusal{Code: CodeCardIssued, Message: "this member has a card: replace it instead"}, nil
	case data.Do != cardBlock:
		if refusal, err := p.newNumber(data.Number); refusal != nil || err != nil {
			return refusal, err
		}
	}
	e.Data = encodeJSON(data)
	return nil, nil
}

var noCard = &Refusal{Code: CodeNotFound, Message: "this member has no such card"}

// newNumber refuses what cannot be the number of a new card.
func (p *Processor) newNumber(number string) (*Refusal, error) {
	if read, ok := ReadCardNumber(number); !ok || read != number {
		return &Refusal{Code: CodeDoesNotFit, Message: "this cannot be the number of a card",
			Errors: []event.FieldError{{Location: "number", Code: "wrong_value", Message: "a number made by CardNumber is expected"}}}, nil
	}
	known, err := p.FindCard(number)
	if err != nil || known == nil {
		return nil, err
	}
	return &Refusal{Code: CodeCardIssued, Message: "a card has this number: draw another one"}, nil
}

// sameCarding compares what was asked: the number of a new card is drawn for every call, and the rest is found out.
func sameCarding(a, b *event.Event) bool {
	var x, y carding
	if a.Member != b.Member || json.Unmarshal(a.Data, &x) != nil || json.Unmarshal(b.Data, &y) != nil {
		return false
	}
	return x.Do == y.Do && (x.Do != cardBlock || x.Number == y.Number)
}

// cardCommand tells what the command does.
func (a *applier) cardCommand(e *event.Event) {
	var data carding
	if json.Unmarshal(e.Data, &data) != nil {
		return
	}
	a.out.Card = &CardChange{Ended: data.Ends, Blocked: data.Do == cardBlock}
	if data.Do != cardBlock {
		a.out.Card.Issued = data.Number
	}
}

// cardRows writes what a command did to cards.
func (p *Processor) cardRows(out *Outcome, e *event.Event) {
	if out.Card == nil {
		return
	}
	for _, number := range out.Card.Ended {
		c, err := p.FindCard(number)
		if err != nil {
			p.fail(err)
		}
		if c == nil {
			continue
		}
		if c.State = CardReplaced; out.Card.Blocked {
			c.State = CardBlocked
		}
		at := e.Arrived
		c.Ended = &at
		p.put(Row{Key: cardKey(number), Value: encodeCard(c)})
	}
	if number := out.Card.Issued; number != "" {
		p.put(Row{Key: cardKey(number), Value: encodeCard(&Card{Member: e.Member, State: CardActive, Issued: e.Arrived})})
		p.put(Row{Key: cardsRange(e.Member) + ordered(out.Seq), Value: []byte(number)})
	}
}

// forgetCards deletes the cards of a member: nobody finds anything by their numbers any more.
func (p *Processor) forgetCards(member string) {
	err := p.scan(cardsRange(member), "", func(key string, value []byte) {
		p.put(Row{Key: key})
		p.put(Row{Key: cardKey(string(value))})
	})
	if err != nil {
		p.fail(err)
	}
}

// moveCards makes the cards of a member another's: those that were active stay so.
func (p *Processor) moveCards(from, to string) {
	err := p.scan(cardsRange(from), "", func(key string, value []byte) {
		c, err := p.FindCard(string(value))
		if err != nil || c == nil {
			p.failed(err)
			return
		}
		c.Member = to
		p.put(Row{Key: key})
		p.put(Row{Key: cardsRange(to) + ordered(seqOf(key)), Value: slices.Clone(value)})
		p.put(Row{Key: cardKey(c.Number), Value: encodeCard(c)})
	})
	p.failed(err)
}

// failed notes an error of the store, if there is one.
func (p *Processor) failed(err error) {
	if err != nil {
		p.fail(err)
	}
}

func (w *writer) carded(c *CardChange) {
	w.text(c.Issued)
	w.texts(c.Ended)
	w.flag(c.Blocked)
}

func (r *reader) carded() *CardChange {
	return &CardChange{Issued: r.text(), Ended: list(r, func(s *string) { *s = r.text() }), Blocked: r.flag()}
}

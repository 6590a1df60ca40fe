package api

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
)

// cardShown is a card with its number as people read it.
type cardShown struct {
	engine.Card
	Shown string `json:"shown"`
}

func showCardOf(card engine.Card) cardShown { return cardShown{card, card.Shown()} }

// showCard answers with the member's card. The first time somebody asks it is issued, once however many ask at the same time. A member
// whose card is blocked has that card until it is replaced.
func showCard(c call) error {
	card, err := c.card()
	if err != nil {
		return err
	}
	return c.show(showCardOf(card))
}

// showCardSVG and showCardPNG answer with the card as a picture, for a screen or a printer: ?code=qr or code128.
func showCardSVG(c call) error { return c.showCardAs("image/svg+xml", drawSVG) }
func showCardPNG(c call) error { return c.showCardAs("image/png", drawPNG) }

func (c call) showCardAs(media string, draw func(code *barcode) ([]byte, error)) error {
	encode := barcodes[c.query("code")]
	if encode == nil {
		return wrongParameter("query.code", "it is qr or code128", "")
	}
	card, err := c.card()
	if err != nil {
		return err
	}
	if err := endedCard(&card); err != nil {
		return err
	}
	code, err := encode(&card)
	if err != nil {
		return err
	}
	picture, err := draw(code)
	if err != nil {
		return err
	}
	if err := c.showTagged(picture, tagOf(picture)); err != nil {
		return err
	}
	c.http.Response().Header.SetContentType(media)
	return nil
}

// card is the member's present card, issued now where there was none.
func (c call) card() (engine.Card, error) {
	id, err := c.member()
	if err != nil {
		return engine.Card{}, err
	}
	list, found, err := c.program.Cards(id)
	if err == nil && found && len(list) == 0 {
		var p *problem
		if _, err = c.accept(engine.NewCard(newEventID(id), id, newCardNumber())); errors.As(err, &p) && p.code == engine.CodeCardIssued {
			err = nil // by somebody else meanwhile
		}
		if err == nil {
			list, found, err = c.program.Cards(id)
		}
	}
	if err != nil {
		return engine.Card{}, err
	}
	if !found || len(list) == 0 {
		return engine.Card{}, c.noMember(id)
	}
	return presentCard(list), nil
}

// presentCard is the last of some cards that is active, or the last one where none is.
func presentCard(list []engine.Card) engine.Card {
	for _, card := range slices.Backward(list) {
		if card.State == engine.CardActive {
			return card
		}
	}
	return list[len(list)-1]
}

// newCardNumber draws the number of a card, which nobody can guess.
func newCardNumber() string {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		panic("api: the system has no randomness: " + err.Error())
	}
	return engine.CardNumber(random)
}

// rotateCard gives the member a new card in the place of those that there are, and answers with it.
func rotateCard(c call) error {
	id, err := c.id("member")
	if err != nil {
		return err
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	if err := c.noBody(); err != nil {
		return err
	}
	out, err := c.accept(engine.NewCardRotation(key, id, newCardNumber()))
	if p := (*problem)(nil); errors.As(err, &p) && p.code == engine.CodeConflict {
		return refuse("idempotency_key_reused", "this Idempotency-Key was used for another request: take a new one")
	}
	if err != nil {
		return err
	}
	return c.answerCard(id, out.Card.Issued)
}

// blockCard blocks the member's card, or {"number"}, one of theirs. Doing it again is harmless.
func blockCard(c call) error {
	id, err := c.id("member")
	if err != nil {
		return err
	}
	number, err := c.readCard()
	if err != nil {
		return err
	}
	_, err = c.accept(engine.NewCardBlock(newEventID(id), id, number))
	if p := (*problem)(nil); errors.As(err, &p) && p.code == engine.CodeCardEnded {
		err = nil
	}
	if err != nil {
		return err
	}
	return c.answerCard(id, number)
}

// readCard reads {"number"}, which may be left out.
func (c call) readCard() (number string, err error) {
	if err := c.takes(mediaJSON); err != nil || len(c.http.Context().Request.Body()) == 0 {
		return "", err
	}
	err = c.fields([]string{"number"}, "the body does not say which card", func(_ string, value []byte) (string, error) {
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return "a text is expected", err
		}
		var ok bool
		if number, ok = engine.ReadCardNumber(text); !ok {
			return "the number of a card is expected", errors.New("no number of a card")
		}
		return "", nil
	})
	return number, err
}

// answerCard answers with a card of a member's: the one with a number, or the present one.
func (c call) answerCard(member, number string) error {
	list, found, err := c.program.Cards(member)
	if err != nil {
		return err
	}
	if !found || len(list) == 0 {
		return c.noMember(member)
	}
	card := presentCard(list)
	for i := range list {
		if list[i].Number == number {
			card = list[i]
		}
	}
	return c.write(200, showCardOf(card))
}

// cardFound is what a till sees of who shows a card.
type cardFound struct {
	engine.Summary
	Card    cardShown               `json:"card"`
	Rewards []engine.RewardProgress `json:"rewards"`
}

// findCard answers with whose a card is: what a till wants on one screen.
func findCard(c call) error {
	if err := c.settled(); err != nil {
		return err
	}
	text, err := url.PathUnescape(strings.Clone(c.http.Params("number")))
	if err != nil {
		return notFound("card")
	}
	number, ok := engine.ReadCardNumber(text)
	if !ok {
		return refuse("not_found", "this is no card's number, of which the last digit must fit the others; the code of a reward is looked up at GET /v1/codes/{code}")
	}
	found, err := c.program.FindCard(number)
	if err != nil {
		return err
	}
	if found == nil {
		return notFound("card")
	}
	if err := endedCard(&found.Card); err != nil {
		return err
	}
	return c.show(cardFound{Card: showCardOf(found.Card), Summary: found.Member, Rewards: found.Rewards})
}

// endedCard is why a card is not taken any more, nil where it is.
func endedCard(card *engine.Card) error {
	switch card.State {
	case engine.CardBlocked:
		return refuse("card_blocked", "this card was blocked on "+card.Ended.String()+"; the member can have a new one: POST /v1/members/{member}/card/rotate")
	case engine.CardReplaced:
		return refuse("card_replaced", "this card was replaced by a new one on "+card.Ended.String()+": take the member's present card")
	}
	return nil
}

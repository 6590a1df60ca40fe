package api_test

import (
	"bytes"
	"encoding/xml"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"sync"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/keys"
)

// card is a card as clients read it.
type card struct {
	Number, Shown, State string
	Ended                *string `json:"ended_at"`
}

func cardIn(a *answer) (c card) {
	a.ok().json(&c)
	return c
}

// A card is issued once, shown as a picture, found at a till, replaced, blocked and erased.
func TestCards(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 201, w.bravo("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`).status)
	w.sale("s1")
	w.bravo("GET", "/v1/members/nobody/card", "").problem(404, "member_unknown")
	w.bravo("POST", "/v1/members/bob/card/block", "").problem(404, "not_found")
	first := cardIn(w.bravo("GET", "/v1/members/bob/card", ""))
	require.Equal(t, first, cardIn(w.bravo("GET", "/v1/members/bob/card", "")))
	require.Equal(t, "active", first.State)
	require.Equal(t, first.Number, strings.ReplaceAll(first.Shown, " ", ""))

	_, secret := w.key(keys.Request{Program: "bravo", Name: "till", Scopes: []keys.Scope{keys.CardsRead}})
	till := as(secret)
	find := func(number string) *answer { return w.do("GET", "/v1/cards/"+number, "", till...) }
	find(first.Number).ok().holds(t, `"id":"bob"`, `"balances":{"miles":`, `"card":{"number":"`+first.Number, `"rewards":[]`, `"last_event_at":"2`)
	find(strings.ReplaceAll(first.Shown, " ", "%20")).ok()
	find(strings.ReplaceAll(first.Shown, " ", "-")).ok()
	w.do("GET", "/v1/members/bob", "", till...).problem(403, "scope_missing")
	w.bravo("POST", "/v1/admin/rewards/card/codes", "AAA-1\n", "Content-Type", "text/plain").ok()
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"card"}`, "Idempotency-Key", "c1").ok()
	w.bravo("POST", "/v1/claims/c1/confirm", "").ok()
	held := find(first.Number).ok()
	held.holds(t, `"rewards":[{"id":"c1","reward":"card","title":"A gift card"`)
	require.NotContains(t, string(held.body), "AAA-1", "who may find a card does not see codes")

	p := find("12345").problem(404, "not_found")
	require.Contains(t, p.Detail, "/v1/codes/{code}")
	p = w.bravo("GET", "/v1/codes/"+first.Number, "").problem(404, "not_found")
	require.Contains(t, p.Detail, "/v1/cards/{number}")
	slip := []byte(first.Number)
	slip[20] = '0' + (slip[20]-'0'+1)%10
	find(string(slip)).problem(404, "not_found")
	find("0000000000000000000000000000000000000000").problem(404, "not_found")
	w.do("GET", "/v1/cards/"+first.Number, "").problem(404, "not_found") // of another program

	w.bravo("POST", "/v1/members/bob/card/rotate", "").problem(400, "idempotency_key_missing")
	second := cardIn(w.bravo("POST", "/v1/members/bob/card/rotate", "", "Idempotency-Key", "r1"))
	require.NotEqual(t, first.Number, second.Number)
	require.Equal(t, second, cardIn(w.bravo("POST", "/v1/members/bob/card/rotate", "", "Idempotency-Key", "r1")))
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"tea"}`, "Idempotency-Key", "r1").problem(422, "idempotency_key_reused")
	require.Equal(t, second, cardIn(w.bravo("GET", "/v1/members/bob/card", "")))
	p = find(first.Number).problem(410, "card_replaced")
	require.NotContains(t, p.Detail, "bob")
	find(second.Number).ok()

	w.bravo("POST", "/v1/members/bob/card/block", `{"number":"1"}`).problem(400, "invalid_body")
	w.bravo("POST", "/v1/members/bob/card/block", `{"number":"0000000000000000000000000000000000000000"}`).problem(404, "not_found")
	blocked := cardIn(w.bravo("POST", "/v1/members/bob/card/block", ""))
	require.Equal(t, "blocked", blocked.State)
	require.NotNil(t, blocked.Ended)
	require.Equal(t, blocked, cardIn(w.bravo("POST", "/v1/members/bob/card/block", `{"number":"`+second.Shown+`"}`)))
	require.Equal(t, blocked, cardIn(w.bravo("GET", "/v1/members/bob/card", "")), "asking again makes no new one")
	find(second.Number).problem(410, "card_blocked")
	w.bravo("GET", "/v1/members/bob/card.svg", "").problem(410, "card_blocked")
	third := cardIn(w.bravo("POST", "/v1/members/bob/card/rotate", "", "Idempotency-Key", "r2"))
	find(third.Number).ok()
	w.bravo("GET", "/v1/members/bob/export", "").ok().holds(t, `"cards":[{"number":"`+first.Number+`","state":"replaced"`,
		`{"number":"`+second.Number+`","state":"blocked"`, `{"number":"`+third.Number+`","state":"active"`)

	require.Equal(t, 200, w.bravo("DELETE", "/v1/members/bob", "").status)
	for _, c := range []card{first, second, third} {
		find(c.Number).problem(404, "not_found")
	}
	for _, call := range [][2]string{{"GET", ""}, {"GET", ".svg"}, {"POST", "/rotate"}, {"POST", "/block"}} {
		w.bravo(call[0], "/v1/members/bob/card"+call[1], "", "Idempotency-Key", "r3").problem(410, "member_erased")
	}
	require.NotContains(t, w.log.String(), first.Number)
}

// A member who was merged with another shows a card that is taken, whichever of both was blocked.
func TestTheCardShownIsOneThatIsTaken(t *testing.T) {
	w := newWorld(t)
	for _, member := range []string{"ann", "bob"} {
		w.do("PUT", "/v1/members/"+member, `{"name":"A"}`)
	}
	first, second := cardIn(w.get("/v1/members/ann/card")), cardIn(w.get("/v1/members/bob/card"))
	w.do("POST", "/v1/members/ann/merge", `{"from":"bob"}`, "Idempotency-Key", "m1").ok()
	w.get("/v1/cards/"+second.Number).ok().holds(t, `"id":"ann"`)
	require.Equal(t, second, cardIn(w.get("/v1/members/ann/card")), "the one that was issued last")
	w.do("POST", "/v1/members/ann/card/block", `{"number":"`+second.Number+`"}`).ok().holds(t, second.Number, `"state":"blocked"`)
	require.Equal(t, first, cardIn(w.get("/v1/members/ann/card")))
	w.get("/v1/members/bob/card").problem(410, "merged")
	w.do("POST", "/v1/members/bob/card/rotate", "", "Idempotency-Key", "r1").problem(410, "merged")
}

// However many ask for a card at once, it is one.
func TestACardIsIssuedOnce(t *testing.T) {
	w := newWorld(t)
	w.do("PUT", "/v1/members/ann", `{"name":"Ann"}`)
	before := w.journal()
	numbers := make([]string, 64)
	ann := as(w.token("ann"))
	var group sync.WaitGroup
	for i := range numbers {
		group.Go(func() {
			path, headers := "/v1/members/ann/card", []string(nil)
			if i%2 == 1 {
				path, headers = "/v1/me/card", ann
			}
			numbers[i] = cardIn(w.do("GET", path, "", headers...)).Number
		})
	}
	group.Wait()
	for _, number := range numbers {
		require.Equal(t, numbers[0], number)
	}
	require.Equal(t, before+1, w.journal())
}

// What is drawn is read by a reader of other people's.
func TestPicturesOfCards(t *testing.T) {
	w := newWorld(t)
	w.do("PUT", "/v1/members/ann", `{"name":"Ann"}`)
	mine := cardIn(w.get("/v1/members/ann/card"))
	ann := as(w.token("ann"))
	readers := map[string]gozxing.Reader{"": qrcode.NewQRCodeReader(), "?code=qr": qrcode.NewQRCodeReader(), "?code=code128": oned.NewCode128Reader()}
	for query, reader := range readers {
		for _, of := range []string{"/v1/members/ann/card", "/v1/me/card"} {
			headers := []string(nil)
			if of == "/v1/me/card" {
				headers = ann
			}
			drawn := w.get(of+".png"+query, headers...).ok()
			require.Equal(t, "image/png", drawn.header.Get("Content-Type"))
			picture, err := png.Decode(bytes.NewReader(drawn.body))
			require.NoError(t, err)
			require.Equal(t, mine.Number, read(t, reader, picture))
			if query == "?code=code128" {
				require.Equal(t, 3*275, picture.Bounds().Dx(), "two digits a symbol: at a quarter of a millimetre it fits on a bank card")
			}
			drawn = w.get(of+".svg"+query, headers...).ok()
			require.Equal(t, "image/svg+xml", drawn.header.Get("Content-Type"))
			require.Contains(t, string(drawn.body), mine.Shown)
			require.Equal(t, mine.Number, read(t, reader, render(t, drawn.body)))
			require.Equal(t, 304, w.get(of+".svg"+query, append(headers, "If-None-Match", drawn.header.Get("ETag"))...).status)
		}
	}
	w.get("/v1/members/ann/card.svg?code=ean13").problem(400, "wrong_parameter")
	w.get("/v1/members/ann/card?code=qr").problem(400, "wrong_parameter")
}

func read(t *testing.T, reader gozxing.Reader, picture image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	require.NoError(t, err)
	found, err := reader.Decode(bitmap, nil)
	require.NoError(t, err)
	return found.GetText()
}

// render draws the rectangles of an SVG, four pixels to its unit.
func render(t *testing.T, svg []byte) image.Image {
	t.Helper()
	var drawing struct {
		ViewBox string `xml:"viewBox,attr"`
		Rects   []struct {
			X      int    `xml:"x,attr"`
			Y      int    `xml:"y,attr"`
			Width  int    `xml:"width,attr"`
			Height int    `xml:"height,attr"`
			Fill   string `xml:"fill,attr"`
		} `xml:"rect"`
	}
	require.NoError(t, xml.Unmarshal(svg, &drawing))
	const scale = 4
	whole := drawing.Rects[0]
	picture := image.NewGray(image.Rect(0, 0, whole.Width*scale, whole.Height*scale))
	for _, r := range drawing.Rects {
		ink := color.Black
		if r.Fill == "#fff" {
			ink = color.White
		}
		at := image.Rect(r.X*scale, r.Y*scale, (r.X+r.Width)*scale, (r.Y+r.Height)*scale)
		draw.Draw(picture, at, image.NewUniform(ink), image.Point{}, draw.Src)
	}
	return picture
}

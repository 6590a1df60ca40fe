package api

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"

	bars "github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"

	"github.com/laurel-engine/laurel/engine"
)

// barcode is a card's number as a scanner reads it, in modules: the smallest black or white there is. Around it is the quiet that the
// kind of code asks for.
type barcode struct {
	modules       bars.Barcode
	quiet         int
	width, height int // of the picture, in modules
	scale         int // pixels of a module
	title         string
}

// Measures of pictures, in modules.
const (
	qrQuiet   = 4
	qrScale   = 10
	barQuiet  = 10
	barHeight = 60
	barScale  = 3
)

// barcodes are the kinds of codes, by name.
var barcodes = map[string]func(*engine.Card) (*barcode, error){"": qrOf, "qr": qrOf, "code128": code128Of}

func qrOf(card *engine.Card) (*barcode, error) {
	modules, err := qr.Encode(card.Number, qr.M, qr.Numeric)
	if err != nil {
		return nil, fmt.Errorf("drawing a card: %w", err)
	}
	side := modules.Bounds().Dx() + 2*qrQuiet
	return &barcode{modules: modules, quiet: qrQuiet, width: side, height: side, scale: qrScale, title: card.Shown()}, nil
}

func code128Of(card *engine.Card) (*barcode, error) {
	modules, err := code128.Encode(card.Number)
	if err != nil {
		return nil, fmt.Errorf("drawing a card: %w", err)
	}
	return &barcode{modules: modules, quiet: barQuiet, width: modules.Bounds().Dx() + 2*barQuiet, height: barHeight, scale: barScale,
		title: card.Shown()}, nil
}

// black reports whether a module of the picture is black.
func (b *barcode) black(x, y int) bool {
	at := image.Pt(x-b.quiet, y-b.quiet)
	if bounds := b.modules.Bounds(); bounds.Dy() == 1 { // bars, as high as the picture
		at.Y = 0
	}
	if !at.In(b.modules.Bounds()) {
		return false
	}
	r, _, _, _ := b.modules.At(at.X, at.Y).RGBA()
	return r == 0
}

// drawPNG draws a code in black and white.
func drawPNG(b *barcode) ([]byte, error) {
	picture := image.NewPaletted(image.Rect(0, 0, b.width*b.scale, b.height*b.scale), color.Palette{color.White, color.Black})
	for y := range b.height * b.scale {
		for x := range b.width * b.scale {
			if b.black(x/b.scale, y/b.scale) {
				picture.SetColorIndex(x, y, 1)
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, fmt.Errorf("drawing a card: %w", err)
	}
	return out.Bytes(), nil
}

// drawSVG draws a code as rectangles, one a run of black modules, which are as sharp at any size.
func drawSVG(b *barcode) ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" shape-rendering="crispEdges" role="img">`,
		b.width, b.height, b.width*b.scale, b.height*b.scale)
	fmt.Fprintf(&out, `<title>%s</title><rect width="%d" height="%d" fill="#fff"/>`, b.title, b.width, b.height)
	rows, high := b.height, 1
	if b.modules.Bounds().Dy() == 1 {
		rows, high = 1, b.height
	}
	for y := range rows {
		for x := 0; x < b.width; x++ {
			from := x
			for x < b.width && b.black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&out, `<rect x="%d" y="%d" width="%d" height="%d"/>`, from, y, x-from, high)
			}
		}
	}
	out.WriteString("</svg>\n")
	return out.Bytes(), nil
}

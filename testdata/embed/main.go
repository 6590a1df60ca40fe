// Command loyalty is a Go program with Laurel in it: a module of its own, which can import what is public and nothing else.
package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/laurel-engine/laurel"
)

//go:embed cafe/*.yaml
var cafe embed.FS

// run lets ann buy a coffee, which she has bought before where the directory is not new, and says what she has then.
func run(out io.Writer, dir string) (loyalty *laurel.Program, err error) {
	if loyalty, err = laurel.Open(dir, laurel.FS(cafe, "cafe"), laurel.Options{}); err != nil {
		return nil, err
	}
	ctx := context.Background()
	coffee := laurel.Event{ID: "o1", Type: "purchase", Member: "ann", Data: purchase{Order: "o1", Amount: 12.50}}
	if _, err := loyalty.Send(ctx, coffee); err != nil {
		return loyalty, err
	}
	progress, err := loyalty.Progress(ctx, "ann")
	if err != nil {
		return loyalty, err
	}
	_, err = fmt.Fprintf(out, "ann has %s stars\n", progress.Points["stars"].Spendable)
	return loyalty, err
}

// purchase is the data of an event, as a type of the program's own.
type purchase struct {
	Order  string  `json:"order"`
	Amount float64 `json:"amount"`
}

func main() {
	loyalty, err := run(os.Stdout, os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	if len(os.Args) > 2 {
		os.Exit(1) // as if it had been killed: nothing is closed
	}
	if err := loyalty.Close(); err != nil {
		log.Fatal(err)
	}
}

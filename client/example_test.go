package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/laurel-engine/laurel/client"
)

// server is one of the program of these examples.
func server() (base, key string, closed func()) {
	e := &example{}
	w := newWorld(e)
	return w.proxy.URL, w.key, func() {
		for _, f := range e.cleanups {
			f()
		}
	}
}

type example struct{ cleanups []func() }

func (e *example) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (e *example) FailNow()                          { panic("failed") }
func (e *example) Cleanup(f func())                  { e.cleanups = append([]func(){f}, e.cleanups...) }

func Example() {
	base, key, closed := server()
	defer closed()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	c, err := client.New(base, key)
	if err != nil {
		panic(err)
	}
	out, err := c.Send(ctx, &client.Event{ID: "order-17", Type: "purchase", Member: "ann",
		Data: map[string]any{"order": "17", "amount": json.Number("12.50")}})
	if err != nil {
		panic(err)
	}
	fmt.Println(out.Effects[0].Rule, "gives", out.Effects[0].Amount, out.Effects[0].Points)

	claim, err := c.Claim(ctx, "ann", "free_drink", "")
	if err != nil {
		panic(err)
	}
	if _, err := c.Confirm(ctx, claim.Claim(), client.Confirmation{Used: true, At: "till-7"}); err != nil {
		panic(err)
	}
	_, err = c.Claim(ctx, "ann", "free_drink", "")
	if client.Code(err) == "insufficient" {
		fmt.Println("no second drink")
	}

	progress, err := c.Progress(ctx, "ann")
	if err != nil {
		panic(err)
	}
	fmt.Println("left:", progress.Points["stars"].Spendable)
	// Output:
	// stars_per_euro gives 25 stars
	// no second drink
	// left: 5
}

func ExampleClient_Stream() {
	base, key, closed := server()
	defer closed()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := client.New(base, key)
	if err != nil {
		panic(err)
	}
	if _, err := c.Send(ctx, &client.Event{ID: "v1", Type: "visit", Member: "ann"}); err != nil {
		panic(err)
	}

	var place uint64 // what your database has from the last time
	for m, err := range c.Stream(ctx, client.Topics{Events: true, After: &place}) {
		if err != nil {
			panic(err)
		}
		fmt.Println(m.Event.Member, m.Event.Type)
		place = m.After // keep it in the transaction that acts on the message
		break
	}
	// Output: ann visit
}

func ExampleWebhook() {
	hook := client.Webhook{Secrets: []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="}}
	http.HandleFunc("POST /laurel", func(w http.ResponseWriter, r *http.Request) {
		m, err := hook.Read(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Println(m.ID, m.Type, m.Member)
	})
}

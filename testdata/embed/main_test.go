package main

import (
	"log"
	"os"
	"path/filepath"
)

func Example() {
	dir, err := os.MkdirTemp("", "loyalty")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for range 2 { // started again, it knows what it answered
		loyalty, err := run(os.Stdout, filepath.Join(dir, "data"))
		if err != nil {
			log.Fatal(err)
		}
		if err := loyalty.Close(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// ann has 25 stars
	// ann has 25 stars
}

//go:build race

package main

import "os"

// Under the race detector so is the binary, and a server that has a race ends by it: whoever waits for its answer fails.
func init() {
	built = append(built, "-race")
	_ = os.Setenv("GORACE", "halt_on_error=1")
}

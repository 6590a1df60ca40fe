package program

import (
	"crypto/rand"

	"github.com/laurel-engine/laurel/internal/settings"
)

// secretPrefix is what the keys of all secrets start with.
const secretPrefix = "secret/"

// secretBytes is how long a program's secret is.
const secretBytes = 32

// Secret is the secret of a program, made the first time that it is asked for: whoever asks at the same time, all get the same. It lies
// beside the journal and goes wherever that goes: a journal without it would not know the ids of erased members again.
func Secret(s settings.Store, program string) ([]byte, error) {
	secret := make([]byte, secretBytes)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	r, _, err := settings.Insert(s, secretPrefix+program, secret)
	return r.Value, err
}

package program

import (
	"crypto/rand"
	"slices"
)

// secretBytes is how long a program's secret is.
const secretBytes = 32

// Secret is the secret of a program, made the first time that it is asked for. It lies beside the journal and goes wherever
// that goes: a journal without it would not know the ids of erased members again.
func Secret(s Settings, program string) (secret []byte, err error) {
	name := "secret/" + program
	err = s.List(name, func(key string, value []byte) bool {
		if key == name {
			secret = slices.Clone(value)
		}
		return secret == nil
	})
	if err != nil || secret != nil {
		return secret, err
	}
	secret = make([]byte, secretBytes)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	return secret, s.Put(name, secret)
}

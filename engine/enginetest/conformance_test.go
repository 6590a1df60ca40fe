package enginetest_test

import (
	"testing"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/enginetest"
)

func TestMemoryConforms(t *testing.T) {
	enginetest.Conformance(t, enginetest.Harness{
		Open:     func(*testing.T) engine.Store { return enginetest.NewFenced() },
		Reopen:   func(_ *testing.T, s engine.Store) engine.Store { return s },
		TakeOver: func(_ *testing.T, s engine.Store) engine.Store { return s.(*enginetest.Fenced).TakeOver() },
	})
}

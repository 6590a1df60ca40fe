package engine_test

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// The text of a request may be overwritten once it is answered; what a command keeps of it stays.
func TestACommandKeepsItsKey(t *testing.T) {
	request := []byte("key-1")
	key := unsafe.String(&request[0], len(request))
	claim, void := engine.NewClaim(key, "ann", "mug", 0), engine.NewVoid("a").Keyed(key)
	copy(request, "other")
	require.Equal(t, "key-1", claim.Key)
	require.Equal(t, "key-1", void.Key)
	require.Equal(t, "laurel:key/key-1", void.ID)
}

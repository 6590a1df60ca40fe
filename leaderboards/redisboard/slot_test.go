package redisboard_test

import "strings"

// slot is the cluster slot of a key as the cluster specification has it: CRC16 (XMODEM) of what is between the first
// brace and the next closing one, or of the whole name if there is nothing between them.
func slot(name string) uint16 {
	if _, after, open := strings.Cut(name, "{"); open {
		if tag, _, closed := strings.Cut(after, "}"); closed && tag != "" {
			name = tag
		}
	}
	var crc uint16
	for _, b := range []byte(name) {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc % 16384
}

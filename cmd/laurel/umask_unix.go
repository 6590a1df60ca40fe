//go:build unix

package main

import "syscall"

// restrictFiles lets what is made be read by its owner and group alone: data, and what an import writes.
func restrictFiles() { syscall.Umask(0o027) }

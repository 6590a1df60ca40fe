package main

import "golang.org/x/sys/unix"

// fileSystem names the kind of file system of a directory where data is not safe on it, "" elsewhere.
func fileSystem(dir string) string {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return ""
	}
	switch s.Type {
	case unix.TMPFS_MAGIC, unix.RAMFS_MAGIC:
		return "in memory"
	case unix.OVERLAYFS_SUPER_MAGIC:
		return "that of a container (overlayfs), which goes with it: mount a volume"
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC:
		return "on a network"
	}
	return ""
}

// SPDX-License-Identifier: MPL-2.0

package leaktest

import (
	"os"
	"strconv"
)

// fdDir lists the open descriptors of the process, each as a symbolic link.
const fdDir = "/proc/self/fd"

// openFDs returns the open descriptors and what each refers to.
func openFDs() (map[int]string, error) {
	dir, err := os.Open(fdDir)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	fds := make(map[int]string, len(names))
	for _, name := range names {
		target, err := os.Readlink(fdDir + "/" + name)
		if err != nil {
			continue // closed by another goroutine since the listing
		}
		if fd, err := strconv.Atoi(name); err == nil {
			fds[fd] = target
		}
	}
	delete(fds, int(dir.Fd()))
	return fds, nil
}

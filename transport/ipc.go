// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/panjf2000/gnet/v2/pkg/socket"
	"golang.org/x/sys/unix"
)

// connectIPC connects to a path. It never is in progress: a Unix domain connect
// either finds room in the backlog or fails.
func connectIPC(path string) (int, error) {
	fd, _, err := socket.UnixSocket("unix", path, false, nil, nil)
	return fd, err
}

// ipcFile is what a listener put into the file system, to be taken away again.
type ipcFile struct {
	path string // "" for an abstract name and a descriptor of the user's
	dir  string // the wildcard's own directory, or ""
	dev  uint64 // with ino: the file we made
	ino  uint64
}

// pathsMu makes one step of taking a path over and of giving one up, among the
// listeners of this process: a listener that has found the file to be its own must
// not take away the one by which another has just replaced it. Between processes a
// few microseconds stay, for which the file system has no remedy.
var pathsMu sync.Mutex

// listenIPC binds and listens. Source: libzmq ipc_listener_t::set_local_address.
func listenIPC(addr string, o *Options) (fd int, file ipcFile, err error) {
	if addr == wildcard {
		if file.dir, err = wildcardDir(); err != nil {
			return -1, file, err
		}
		addr = filepath.Join(file.dir, "socket")
	}
	fd, err = bindIPC(addr, o, &file)
	if err != nil && file.dir != "" {
		_ = os.Remove(file.dir)
	}
	return fd, file, err
}

// bindIPC opens the listening socket of one concrete address and notes its file.
func bindIPC(addr string, o *Options, file *ipcFile) (int, error) {
	if errno := checkIPC(addr, true); errno != 0 {
		return -1, errno
	}
	fd, err := file.takePath(addr)
	if err != nil {
		return -1, err
	}
	fd, err = setBacklog(fd, o)
	if err != nil && file.path != "" {
		_ = file.givePath()
	}
	return fd, err
}

// takePath binds a descriptor to addr. An abstract name leaves no file.
func (f *ipcFile) takePath(addr string) (int, error) {
	if addr[0] == '@' {
		fd, _, err := socket.UnixSocket("unix", addr, true, nil, nil)
		return fd, err
	}
	pathsMu.Lock()
	defer pathsMu.Unlock()
	removeSocket(addr)
	fd, _, err := socket.UnixSocket("unix", addr, true, nil, nil)
	if err == nil {
		f.path = addr
		f.dev, f.ino, _ = identify(addr)
	}
	return fd, err
}

// removeSocket makes room for a new socket: one that a crashed process left
// cannot be bound again, and a live server's path is taken over (edge case 143).
// libzmq unlinks whatever is there; we leave anything but a socket alone, so
// that a mistyped address costs nobody a file, and bind says EADDRINUSE.
func removeSocket(path string) {
	var st unix.Stat_t
	if unix.Lstat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFSOCK {
		_ = unix.Unlink(path)
	}
}

// wildcardDir makes a directory that only we can enter, where libzmq would
// (create_ipc_wildcard_address): in the first of the usual variables that names
// a directory, or else in the working directory. The path is absolute, so that
// Close finds it from wherever the process has gone.
func wildcardDir() (string, error) {
	parent := "."
	for _, name := range [...]string{"TMPDIR", "TEMPDIR", "TMP"} {
		dir := os.Getenv(name)
		if info, err := os.Stat(dir); dir != "" && err == nil && info.IsDir() {
			parent = dir
			break
		}
	}
	parent, err := filepath.Abs(parent)
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(parent, "tmp")
}

// identify returns what tells the file at path from a later one of that name.
func identify(path string) (dev, ino uint64, found bool) {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil {
		return 0, 0, false
	}
	return uint64(st.Dev), uint64(st.Ino), true
}

// remove takes away what listenIPC made. libzmq does so only for the wildcard;
// a plain path it leaves behind, where a connecting peer finds a dead socket
// (ECONNREFUSED) and a directory fills up with them. We remove it too, but only
// if it is still the file we bound: another server may have taken the path over.
//
// Precondition: the listening descriptor is still open. It keeps the inode, so
// its number cannot have been given to the successor's file meanwhile.
func (f ipcFile) remove() error {
	if f.path == "" {
		return nil
	}
	err := f.givePath()
	if f.dir == "" {
		return err
	}
	if dirErr := os.Remove(f.dir); err == nil && !errors.Is(dirErr, unix.ENOENT) {
		err = dirErr
	}
	return err
}

// givePath unlinks the file if it is the one we made.
func (f ipcFile) givePath() error {
	pathsMu.Lock()
	defer pathsMu.Unlock()
	if dev, ino, found := identify(f.path); !found || dev != f.dev || ino != f.ino {
		return nil
	}
	return unix.Unlink(f.path)
}
